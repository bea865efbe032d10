//! What people granted, and the refresh tokens that stand for it: each is good once, its use brings the next, and one that
//! is used again ends them all (RFC 9700 §4.14.2).

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::sandbox::random;

/// A person's consent, as a code or a refresh token stands for it.
#[derive(Clone)]
pub(super) struct Granted {
    pub scope: String,
    pub intent: String,
    pub nonce: String,
    pub challenge: Option<String>,
    pub redirect_uri: String,
    /// An index into the people of the bank.
    pub person: usize,
    pub auth_time: i64,
}

struct Refresh {
    client_id: String,
    granted: Granted,
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

#[derive(Default)]
pub(super) struct RefreshTokens(Mutex<HashMap<String, Refresh>>);

impl RefreshTokens {
    /// `family`: None for the first of its kind.
    pub fn issue(&self, client_id: &str, granted: Granted, family: Option<String>) -> io::Result<String> {
        let token = random::id()?;
        let family = family.map_or_else(random::id, Ok)?;
        let refresh = Refresh { client_id: client_id.to_owned(), granted, family, spent: false };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(token.clone(), refresh);
        Ok(token)
    }

    /// What it stands for and its family, once.
    pub fn spend(&self, token: &str, client_id: &str) -> Result<(Granted, String), NoRefresh> {
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
