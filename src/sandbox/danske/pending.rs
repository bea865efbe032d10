//! What waits: logins for their person, codes for their client.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use super::request_object::Asked;
use crate::sandbox::random;

/// Seconds that a code lives.
const CODE: i64 = 60;
/// Seconds that a spent or late code is still told from one that never was.
const REMEMBERED: i64 = 600;
/// Seconds that a login page can be answered.
const LOGIN: i64 = 600;
/// More than any test or person starts at once.
const MOST: usize = 1000;

/// Values under names nobody can guess, each good for one use.
struct Shelf<T>(Mutex<HashMap<String, (T, i64)>>);

impl<T> Shelf<T> {
    fn put(&self, value: T, until: i64, now: i64) -> io::Result<String> {
        let name = random::id()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until)| *until > now);
        if all.len() >= MOST {
            return Err(io::Error::other("too much is waiting"));
        }
        all.insert(name.clone(), (value, until));
        Ok(name)
    }

    fn with<R>(&self, name: &str, now: i64, look: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(name).filter(|(_, until)| *until > now).map(|(value, _)| look(value))
    }
}

impl<T: Clone> Shelf<T> {
    fn take(&self, name: &str, now: i64) -> Option<T> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(name).filter(|(_, until)| *until > now).map(|(value, _)| value)
    }
}

/// A person who signed in and agreed.
#[derive(Clone)]
pub(super) struct Consent {
    pub asked: Asked,
    /// An index into the people of the bank.
    pub person: usize,
    pub auth_time: i64,
}

struct Coded {
    consent: Consent,
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

pub(super) struct Pending {
    logins: Shelf<Asked>,
    codes: Shelf<Coded>,
}

impl Default for Pending {
    fn default() -> Self {
        Self { logins: Shelf(Mutex::default()), codes: Shelf(Mutex::default()) }
    }
}

impl Pending {
    /// Returns the name of the session.
    pub fn login(&self, asked: Asked, now: i64) -> io::Result<String> {
        self.logins.put(asked, now.saturating_add(LOGIN), now)
    }

    /// What was asked in that session, once.
    pub fn answered(&self, session: &str, now: i64) -> Option<Asked> {
        self.logins.take(session, now)
    }

    pub fn code(&self, consent: Consent, now: i64) -> io::Result<String> {
        self.codes.put(Coded { consent, spent: false }, now.saturating_add(REMEMBERED), now)
    }

    /// What a code stands for, once; another client cannot spend it.
    pub fn redeem(&self, code: &str, client: &str, now: i64) -> Result<Consent, NoGrant> {
        let look = |coded: &mut Coded| {
            if coded.consent.asked.client != client {
                return Err(NoGrant::OtherClient);
            }
            if coded.spent {
                return Err(NoGrant::Spent);
            }
            coded.spent = true;
            if now.saturating_sub(coded.consent.auth_time) > CODE {
                return Err(NoGrant::Late);
            }
            Ok(coded.consent.clone())
        };
        self.codes.with(code, now, look).unwrap_or(Err(NoGrant::Unknown))
    }
}
