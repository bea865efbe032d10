//! What a key store may answer instead of a key.

use crate::jose::jwe::JweError;
use crate::jose::{Alg, JoseError};
use crate::text;

use super::KeySpec;

/// A key store's refusal, with the next thing to try. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct KeyError {
    /// Stable:
    ///
    /// | id | what |
    /// | --- | --- |
    /// | `key.reference` | the reference is wrong, or no store has its scheme |
    /// | `key.not-found` | the store has no such key |
    /// | `key.exists` | the name is taken |
    /// | `key.unreadable` | something is there and it is no usable key |
    /// | `key.encrypted` | the key is sealed and nobody gave its passphrase |
    /// | `key.passphrase` | the passphrase does not open it, or it was changed |
    /// | `key.locked` | the store is locked, and was not asked to open |
    /// | `key.absent` | this machine has no such store |
    /// | `key.gone` | the store went away while it was asked |
    /// | `key.unanswered` | the store's unlock dialog was not answered in time |
    /// | `key.too-large` | the store has no room for such a key |
    /// | `key.permission` | the store does not let us read it |
    /// | `key.ambiguous` | several keys fit the reference |
    /// | `key.certificate` | the certificate is missing or belongs to another key |
    /// | `key.credentials` | the store's own credentials are missing, wrong or have ended |
    /// | `key.clock` | this machine's clock is too far from the store's |
    /// | `key.unreachable` | the store cannot be reached over the network |
    /// | `key.throttled` | the store takes no more calls for now |
    /// | `key.disabled` | the key is there and was switched off |
    /// | `key.pending-deletion` | the key waits to be deleted |
    /// | `key.not-ready` | the key is being made or changed |
    /// | `key.usage` | the key is for something else than signing |
    /// | `key.half-made` | making the key broke off; what is there is told |
    /// | `key.changed` | another key stands behind the same name now |
    /// | `key.algorithm` | the key cannot or may not sign, or open, with that algorithm |
    /// | `key.unwrap` | what was encrypted was not encrypted to this key |
    /// | `key.request` | no certification request can be made of what was given |
    /// | `key.refused` | the store or a person said no |
    /// | `key.pin` | the PIN of a token is wrong, or cannot be used |
    /// | `key.pin-wanted` | the token wants its PIN and nobody gave it |
    /// | `key.pin-locked` | a wrong PIN was given too often |
    /// | `key.module` | a PKCS#11 module may not or cannot be loaded |
    /// | `key.signature` | a store gave a signature that is not the key's; it was kept back |
    /// | `key.store` | the store is absent, silent or broken |
    pub id: &'static str,
    pub text: String,
    pub hint: String,
}

impl KeyError {
    pub fn new(id: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { id, text: text.into(), hint: hint.into() }
    }

    /// The reference itself is wrong. Shown cut and without control characters: it may have been pasted.
    pub fn reference(text: &str, hint: impl Into<String>) -> Self {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
        Self::new("key.reference", format!("“{shown}” is not a key reference"), hint)
    }

    /// A PKCS#11 reference with `pin-value` or `pin-source`.
    pub(super) fn pin_in_reference(name: &str) -> Self {
        let text = format!("a reference holds no secret, and this one has {name}");
        Self::new("key.reference", text, "leave it out: the PIN is asked for, or read with --unlock-from FILE|-")
    }

    /// The key cannot sign with `alg`.
    pub fn algorithm(spec: KeySpec, alg: Alg) -> Self {
        Self::jose(&JoseError::Algorithm { alg, spec })
    }

    /// An error of a key in memory.
    pub fn jose(error: &JoseError) -> Self {
        let id = match error {
            JoseError::Algorithm { .. }
            | JoseError::KeySays { .. }
            | JoseError::NotSymmetric(_)
            | JoseError::NotMade(_) => "key.algorithm",
            JoseError::Encrypted => "key.encrypted",
            JoseError::SeveralKeys(_) => "key.ambiguous",
            JoseError::Backend => "key.store",
            _ => "key.unreadable",
        };
        Self::new(id, error.to_string(), error.hint())
    }

    /// An error of a key in memory that was to open something.
    pub fn jwe(error: &JweError) -> Self {
        let id = if *error == JweError::Backend { "key.unreadable" } else { "key.algorithm" };
        Self::new(id, error.to_string(), error.hint())
    }

    /// What was given was not encrypted to this key, or was altered: there is no telling which (RFC 7516 §11.5).
    pub fn unwrap() -> Self {
        let error = JweError::NotOpened;
        Self::new("key.unwrap", error.to_string(), error.hint())
    }
}

/// A name from outside, fit to stand in an error.
pub(super) fn shown(foreign: &str) -> String {
    const COLUMNS: usize = 80;
    text::shorten(&text::clean(foreign), COLUMNS).into_owned()
}
