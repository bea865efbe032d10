//! A key whose private part is in this process: what the memory store and the file store hand out.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::{Key, KeyError, KeyInfo, KeyUri, Unwrap};
use crate::jose::jwe::{KeyAlg, Task};
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

    fn as_unwrap(&self) -> Option<&dyn Unwrap> {
        Some(self)
    }
}

impl LocalKey {
    fn answer(&self, task: &Task) -> Result<Vec<u8>, KeyError> {
        let answer = self.secret.unwrap_for(task).map_err(|e| KeyError::jwe(&e))?;
        answer.map(|bytes| bytes.expose().to_vec()).ok_or_else(KeyError::unwrap)
    }
}

impl Unwrap for LocalKey {
    fn unwrap<'a>(&'a self, alg: &'a str, encrypted_key: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            let alg = KeyAlg::parse(alg).ok_or_else(|| {
                let text = format!("“{}” is no key management algorithm that is known here", super::error::shown(alg));
                KeyError::new("key.algorithm", text, "RSA-OAEP and RSA-OAEP-256 are")
            })?;
            self.answer(&Task::Decrypt { alg, encrypted_key: encrypted_key.to_vec() })
        })
    }

    fn agree<'a>(&'a self, epk: &'a PublicJwk) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move { self.answer(&Task::Agree { epk: epk.clone() }) })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::jwe::{Enc, Jwe, Policy, Recipient, Sealing};
    use crate::keys::KeySpec;
    use crate::secret::SecretBytes;

    async fn asked(key: &dyn Key, task: Task) -> Result<Vec<u8>, KeyError> {
        let unwrap = key.as_unwrap().expect("it opens");
        match task {
            Task::Decrypt { alg, encrypted_key } => unwrap.unwrap(alg.name(), &encrypted_key).await,
            Task::Agree { epk } => unwrap.agree(&epk).await,
        }
    }

    #[tokio::test]
    async fn a_key_in_memory_opens_what_was_encrypted_to_it_and_nothing_else() {
        for (spec, alg) in
            [(KeySpec::Rsa(2048), "RSA-OAEP"), (KeySpec::P256, "ECDH-ES+A128KW"), (KeySpec::X25519, "ECDH-ES")]
        {
            let local = |name: &str| {
                let secret = SecretJwk::generate(spec).unwrap();
                LocalKey::new(KeyUri::new("memory", name), name.to_owned(), secret, Vec::new()).unwrap().shared()
            };
            let (own, other) = (local("own"), local("other"));
            let header = serde_json::Map::new();
            let alg = KeyAlg::parse(alg).unwrap();
            let sealing = Sealing { alg, enc: Enc::ALL[0], header: &header, compress: false, content: b"inside" };
            let token = sealing.seal(Recipient::Public(&own.info().public), &mut |b| b.fill(9)).unwrap();
            let token = Jwe::parse(&token).unwrap().admit(&Policy::sound()).unwrap();
            let answer = asked(&*own, token.task(&own.info().public).unwrap()).await.unwrap();
            assert_eq!(token.open(Some(&SecretBytes::new(answer))).unwrap().expose(), b"inside");
            let answer = asked(&*other, token.task(&other.info().public).unwrap()).await;
            match answer {
                Err(error) => assert_eq!(error.id, "key.unwrap"),
                Ok(bytes) => assert!(token.open(Some(&SecretBytes::new(bytes))).is_err()),
            }
        }
        let ed = SecretJwk::generate(KeySpec::Ed25519).unwrap();
        let ed = LocalKey::new(KeyUri::new("memory", "ed"), "ed".to_owned(), ed, Vec::new()).unwrap().shared();
        let task = Task::Decrypt { alg: KeyAlg::RsaOaep, encrypted_key: vec![0; 256] };
        assert_eq!(asked(&*ed, task).await.unwrap_err().id, "key.algorithm");
    }
}
