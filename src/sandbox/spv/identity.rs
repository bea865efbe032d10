//! The partners: who has which secret.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::sandbox::random;
use crate::secret::Secret;

#[derive(Default)]
pub(super) struct Partners(Mutex<HashMap<String, Secret>>);

impl Partners {
    /// A new partner's id and secret.
    pub fn add(&self) -> io::Result<(String, Secret)> {
        let (id, secret) = (random::id()?, Secret::new(random::id()? + &random::id()?));
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(id.clone(), secret.clone());
        Ok((id, secret))
    }

    /// Compared in constant time. An id that nobody has and a wrong secret are not told apart.
    pub fn is(&self, id: &str, secret: &str) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).is_some_and(|right| {
            let (right, given) = (right.expose().as_bytes(), secret.as_bytes());
            right.len() == given.len() && openssl::memcmp::eq(right, given)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_secret_fits() {
        let partners = Partners::default();
        let [(a, a_secret), (b, b_secret)] = [partners.add().unwrap(), partners.add().unwrap()];
        assert!(partners.is(&a, a_secret.expose()) && partners.is(&b, b_secret.expose()));
        for (id, secret) in [(&a, b_secret.expose()), (&a, ""), (&a, &a_secret.expose()[1..]), (&String::new(), "")] {
            assert!(!partners.is(id, secret));
        }
    }
}
