//! Refresh tokens, each for what somebody granted: each is good once, its use brings the next, and one that is used again ends
//! them all (RFC 9700 §4.14.2).

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::random;

struct Refresh<G> {
    client_id: String,
    granted: G,
    /// The same for each that came of the one before.
    family: String,
    spent: bool,
}

/// Why a refresh token is good for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoRefresh {
    Unknown,
    OtherClient,
    Reused,
}

impl NoRefresh {
    pub const fn why(&self) -> &'static str {
        match self {
            Self::Unknown => "No such refresh token is good here.",
            Self::OtherClient => "The refresh token was issued to another client.",
            Self::Reused => "The refresh token was used before: it and all that came of it are revoked.",
        }
    }
}

pub(super) struct RefreshTokens<G>(Mutex<HashMap<String, Refresh<G>>>);

impl<G> Default for RefreshTokens<G> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<G: Clone> RefreshTokens<G> {
    /// `family`: None for the first of its kind.
    pub fn issue(&self, client_id: &str, granted: G, family: Option<String>) -> io::Result<String> {
        let token = random::id()?;
        let family = family.map_or_else(random::id, Ok)?;
        let refresh = Refresh { client_id: client_id.to_owned(), granted, family, spent: false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), refresh);
        Ok(token)
    }

    /// What it stands for and its family, once.
    pub fn spend(&self, token: &str, client_id: &str) -> Result<(G, String), NoRefresh> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get_mut(token).ok_or(NoRefresh::Unknown)?;
        if found.client_id != client_id {
            return Err(NoRefresh::OtherClient);
        }
        let family = found.family.clone();
        if found.spent {
            all.retain(|_, other| other.family != family);
            return Err(NoRefresh::Reused);
        }
        found.spent = true;
        Ok((found.granted.clone(), family))
    }
}
