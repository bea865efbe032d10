//! A key whose certificates lie elsewhere: an HSM or KMS key with the file its issuer sent, or what a sandbox issued.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::file::leaf_first;
use super::{Key, KeyError, KeyInfo, Unwrap, belongs};
use crate::jose::Alg;

/// The same key, with these certificates in place of its own; the key's goes first.
///
/// # Errors
/// `key.certificate` where the leaf is for another key.
pub fn certified(key: Arc<dyn Key>, chain: Vec<Vec<u8>>) -> Result<Arc<dyn Key>, KeyError> {
    let chain = leaf_first(chain, &key.info().public);
    belongs(&key.info().public, &chain)?;
    let info = KeyInfo { chain, ..key.info().clone() };
    Ok(Arc::new(Certified { key, info }))
}

struct Certified {
    key: Arc<dyn Key>,
    info: KeyInfo,
}

impl Key for Certified {
    fn info(&self) -> &KeyInfo {
        &self.info
    }
    fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        self.key.sign(alg, input)
    }
    fn as_unwrap(&self) -> Option<&dyn Unwrap> {
        self.key.as_unwrap()
    }
}
