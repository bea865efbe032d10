//! A key whose private part is in this process: what the memory store and the file store hand out.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Key, KeyError, KeyInfo, KeyUri};
use crate::jose::{Alg, PublicJwk, SecretJwk};

pub(super) struct LocalKey {
    info: KeyInfo,
    secret: SecretJwk,
}

impl LocalKey {
    /// `key.certificate` where the chain's leaf is for another key.
    pub fn new(uri: KeyUri, label: String, secret: SecretJwk, chain: Vec<Vec<u8>>) -> Result<Self, KeyError> {
        belongs(secret.public(), &chain)?;
        let public = secret.public().clone();
        let spec = secret.spec();
        let info = KeyInfo { uri, label, spec, public, exportable: true, costly: false, chain, warning: None };
        Ok(Self { info, secret })
    }

    pub fn warn(mut self, warning: Option<String>) -> Self {
        self.info.warning = warning;
        self
    }

    pub fn shared(self) -> Arc<dyn Key> {
        Arc::new(self)
    }
}

impl Key for LocalKey {
    fn info(&self) -> &KeyInfo {
        &self.info
    }

    fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            if !self.info.spec.signs(alg) {
                return Err(KeyError::algorithm(self.info.spec, alg));
            }
            self.secret.sign(alg, input).map_err(|e| KeyError::jose(&e))
        })
    }
}

/// Whether the first certificate is for that key; an empty chain belongs to every key.
///
/// # Errors
/// `key.certificate`, with both thumbprints.
pub fn belongs(public: &PublicJwk, chain: &[Vec<u8>]) -> Result<(), KeyError> {
    let Some(leaf) = chain.first() else { return Ok(()) };
    let theirs = PublicJwk::from_certificate_der(leaf)
        .map_err(|e| KeyError::new("key.certificate", format!("the certificate cannot be used: {e}"), e.hint()))?;
    if theirs.thumbprint() == public.thumbprint() {
        return Ok(());
    }
    let text = format!(
        "the certificate is for another key: it has the thumbprint {}, the key {}",
        theirs.thumbprint(),
        public.thumbprint()
    );
    Err(KeyError::new(
        "key.certificate",
        text,
        "take the certificate that was issued for this key (RFC 7638 thumbprints)",
    ))
}
