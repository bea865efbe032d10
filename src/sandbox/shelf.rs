//! What waits: values under names nobody can guess, and authorization codes among them (RFC 6749 §4.1.2).

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::random;

/// Seconds that a code lives.
const CODE: i64 = 60;
/// Seconds that a spent or late code is still told from one that never was.
const REMEMBERED: i64 = 600;
/// More than any test or person starts at once.
const MOST: usize = 1000;

/// Values under names nobody can guess, each good for one use.
pub(super) struct Shelf<T>(Mutex<HashMap<String, (T, i64)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Shelf<T> {
    pub fn put(&self, value: T, until: i64, now: i64) -> io::Result<String> {
        let name = random::id()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until)| *until > now);
        if all.len() >= MOST {
            return Err(io::Error::other("too much is waiting"));
        }
        all.insert(name.clone(), (value, until));
        Ok(name)
    }

    /// Looks at a value, which stays.
    fn with<R>(&self, name: &str, now: i64, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(name).filter(|(_, until)| *until > now).map(|(value, _)| look(value))
    }
}

impl<T: Clone> Shelf<T> {
    /// Takes a value away.
    pub fn take(&self, name: &str, now: i64) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(name).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }
}

/// Authorization codes, each for one client, once.
pub(super) struct Codes<T>(Shelf<Coded<T>>);

struct Coded<T> {
    client: String,
    value: T,
    issued: i64,
    spent: bool,
}

/// Why a code is good for nothing.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoGrant {
    Unknown,
    Late,
    Spent,
    OtherClient,
}

impl NoGrant {
    pub const fn why(&self) -> &'static str {
        match self {
            Self::Unknown => "No such code was issued.",
            Self::Late => "The code is older than 60 seconds.",
            Self::Spent => "The code was used before.",
            Self::OtherClient => "The code was issued to another client.",
        }
    }
}

impl<T> Default for Codes<T> {
    fn default() -> Self {
        Self(Shelf::default())
    }
}

impl<T: Clone> Codes<T> {
    pub fn issue(&self, client: &str, value: T, now: i64) -> io::Result<String> {
        let coded = Coded { client: client.to_owned(), value, issued: now, spent: false };
        self.0.put(coded, now.saturating_add(REMEMBERED), now)
    }

    /// What a code stands for, once; another client cannot spend it.
    pub fn redeem(&self, code: &str, client: &str, now: i64) -> Result<T, NoGrant> {
        let look = |coded: &mut Coded<T>| {
            if coded.client != client {
                return Err(NoGrant::OtherClient);
            }
            if coded.spent {
                return Err(NoGrant::Spent);
            }
            coded.spent = true;
            if now.saturating_sub(coded.issued) > CODE {
                return Err(NoGrant::Late);
            }
            Ok(coded.value.clone())
        };
        self.0.with(code, now, look).unwrap_or(Err(NoGrant::Unknown))
    }
}
