//! Who gives the passphrase of something that is sealed.

use futures_util::future::BoxFuture;

use crate::secret::Secret;

/// Somebody who knows passphrases. A store asks once for each thing it opens and never again by itself.
pub trait Unlock: Send + Sync {
    /// `what` is sealed, in words for a person: “signing.p12”, “the vault”. None: nobody is there, or they gave up.
    fn passphrase<'a>(&'a self, what: &'a str) -> BoxFuture<'a, Option<Secret>>;
}

/// Nobody is there.
#[derive(Clone, Copy, Debug, Default)]
pub struct NobodyUnlocks;

impl Unlock for NobodyUnlocks {
    fn passphrase<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(async { None })
    }
}

/// One passphrase, given beforehand, for whatever is asked.
#[derive(Clone, Debug)]
pub struct Given(pub Secret);

impl Unlock for Given {
    fn passphrase<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Option<Secret>> {
        Box::pin(async { Some(self.0.clone()) })
    }
}
