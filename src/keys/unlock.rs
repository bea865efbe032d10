//! Who gives the passphrase of something that is sealed, the PIN of a token, and hears what a store waits for.

use futures_util::future::BoxFuture;

use crate::secret::Secret;

/// What a store wants to know, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// `Passphrase of signing.p12`, `PIN of the token “QSeal”`.
    pub what: String,
    /// What a wrong answer would cost: `2 tries left`.
    pub warning: Option<String>,
}

impl Wanted {
    pub fn passphrase(of: &str) -> Self {
        Self { what: format!("Passphrase of {of}"), warning: None }
    }
}

/// Somebody who knows passphrases and PINs. A store asks once for each thing it opens and never again by itself.
pub trait Unlock: Send + Sync {
    /// None: nobody is there, or they gave up.
    fn ask(&self, wanted: Wanted) -> BoxFuture<'_, Option<Secret>>;
    /// What a store that needs long is doing, as it does it: `AWS KMS is throttling: again in 0.4 s`.
    fn hear(&self, _progress: &str) {}
}

/// Nobody is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NobodyUnlocks;

impl Unlock for NobodyUnlocks {
    fn ask(&self, _: Wanted) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async { None })
    }
}

/// One passphrase, given beforehand, for whatever is asked.
#[derive(Clone, Debug)]
pub struct Given(pub Secret);

impl Unlock for Given {
    fn ask(&self, _: Wanted) -> BoxFuture<'_, Option<Secret>> {
        Box::pin(async { Some(self.0.clone()) })
    }
}
