//! What happens to a refresh token that a request uses up (RFC 6749 §6, RFC 9700 §4.14.2).
//!
//! ```text
//!   in force ──leased, marked──► in flight ──answer──► successor kept ──► predecessor forgotten, or kept as a back-up
//!                                    │
//!                                    └── no answer was kept ──► in doubt: it may be spent, and it is still there
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::exchange::Exchange;
use crate::secret::Secret;

/// What a bank does with a refresh token that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// It is spent, and one that comes again ends every token of the consent.
    Rotate,
    /// It stays good until its successor is used for the first time.
    RotateWithBackup,
    /// It stays good until it ends.
    Reuse,
}

impl Policy {
    pub const ALL: [Self; 3] = [Self::Rotate, Self::RotateWithBackup, Self::Reuse];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Rotate => "rotate",
            Self::RotateWithBackup => "rotate_with_backup",
            Self::Reuse => "reuse",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.word() == word)
    }

    /// Whether one that may be spent already may be sent again without harm.
    pub const fn may_come_again(self) -> bool {
        !matches!(self, Self::Rotate)
    }
}

/// A request uses up a kept refresh token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// The set it belongs to.
    pub set: String,
    pub token: Secret,
    pub policy: Policy,
    /// A person or a rule went along with its being in doubt.
    pub doubt_known: bool,
}

/// What became of it.
pub struct Spent {
    /// None: another spender was faster, nothing was sent, and `tokens` are what it got.
    pub exchange: Option<Exchange>,
    /// The members of the set as they are kept now.
    pub tokens: Json,
    /// What a person has to know of the keeping.
    pub told: Option<String>,
}

impl fmt::Debug for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spent")
            .field("sent", &self.exchange.is_some())
            .field("told", &self.told)
            .finish_non_exhaustive()
    }
}
