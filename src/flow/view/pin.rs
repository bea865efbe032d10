//! Keys that wait for a person's word.

use crate::profile::model::Pin;

/// Keys of somebody else, before a person has approved them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinView {
    pub name: String,
    /// What came.
    pub keys: Vec<PinnedKey>,
    /// SHA-256 of the token that brought them, in hex.
    pub sha256: String,
    /// What was approved before; None: this is the first sight.
    pub before: Option<Pin>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedKey {
    /// RFC 7638.
    pub thumbprint: String,
    pub kid: Option<String>,
    /// `RSA 2048`.
    pub kind: String,
    /// It was approved before.
    pub known: bool,
}

impl PinView {
    /// Whether other keys were approved before.
    pub const fn is_changed(&self) -> bool {
        self.before.is_some()
    }
}
