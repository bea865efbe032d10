//! `memory:NAME`: keys that end with the program. Demonstrations, sandboxes and tests use them.
//!
//! They count as exportable: nothing but this process keeps them in, and a face should not show them as held fast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use super::error::shown;
use super::local::LocalKey;
use super::{Generate, Key, KeyError, KeyInfo, KeyStore, KeyUri, Making, material};
use crate::jose::SecretJwk;

const SCHEME: &str = "memory";

/// The keys of one program run.
#[derive(Default)]
pub struct Memory(Mutex<BTreeMap<String, Arc<dyn Key>>>);

impl Memory {
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps a key, with its certificates, leaf first.
    ///
    /// # Errors
    /// `key.exists` where the name is taken, `key.certificate` where the leaf is for another key.
    pub fn insert(&self, name: &str, secret: SecretJwk, chain: Vec<Vec<u8>>) -> Result<Arc<dyn Key>, KeyError> {
        let key = LocalKey::new(KeyUri::new(SCHEME, name), name.to_owned(), secret, chain)?.shared();
        let mut keys = self.keys();
        if keys.contains_key(name) {
            let text = format!("there is already a key “{}” in memory", shown(name));
            return Err(KeyError::new("key.exists", text, "choose another name, or forget that key first"));
        }
        keys.insert(name.to_owned(), key.clone());
        Ok(key)
    }

    /// Whether there was one. Who has it open keeps it until done.
    pub fn forget(&self, name: &str) -> bool {
        self.keys().remove(name).is_some()
    }

    fn keys(&self) -> MutexGuard<'_, BTreeMap<String, Arc<dyn Key>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, uri: &KeyUri) -> Result<Arc<dyn Key>, KeyError> {
        self.keys().get(uri.rest()).cloned().ok_or_else(|| {
            let text = format!("there is no key “{}” in memory", shown(uri.rest()));
            KeyError::new("key.not-found", text, "keys in memory end with the program: make it again, or use a file")
        })
    }
}

impl KeyStore for Memory {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async { Ok(self.keys().values().map(|k| k.info().clone()).collect()) })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async { self.find(uri) })
    }

    fn as_generate(&self) -> Option<&dyn Generate> {
        Some(self)
    }
}

impl Generate for Memory {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            if self.find(uri).is_ok() {
                let text = format!("there is already a key “{}” in memory", shown(uri.rest()));
                return Err(KeyError::new("key.exists", text, "choose another name, or forget that key first"));
            }
            self.insert(uri.rest(), material::generate(making.spec).await?, Vec::new())?;
            // Store, read back, sign: only then is it there.
            let key = self.find(uri)?;
            if let Err(e) = material::proven(&*key).await {
                self.forget(uri.rest());
                return Err(e);
            }
            Ok(key)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{Alg, verify};
    use crate::keys::KeySpec;

    fn uri(name: &str) -> KeyUri {
        KeyUri::new(SCHEME, name)
    }

    #[tokio::test]
    async fn a_key_is_made_listed_opened_and_signs() {
        let store = Memory::new();
        for (name, spec, alg) in [
            ("a", KeySpec::P256, Alg::Es256),
            ("b", KeySpec::P521, Alg::Es512),
            ("c", KeySpec::Ed25519, Alg::EdDsa),
            ("d", KeySpec::Rsa(2048), Alg::Ps256),
        ] {
            store.generate(&uri(name), &spec.into()).await.unwrap();
            let key = store.open(&uri(name)).await.unwrap();
            let signature = key.sign(alg, b"x").await.unwrap();
            assert!(verify(alg, &key.info().public, b"x", &signature).is_ok());
            assert_eq!((key.info().spec, key.info().uri.to_string()), (spec, format!("memory:{name}")));
        }
        let listed: Vec<String> = store.list().await.unwrap().into_iter().map(|i| i.label).collect();
        assert_eq!(listed, ["a", "b", "c", "d"]);
    }

    #[tokio::test]
    async fn a_key_that_only_agrees_is_made_too_and_signs_nothing() {
        let key = Memory::new().generate(&uri("x"), &KeySpec::X25519.into()).await.unwrap();
        assert!(key.as_unwrap().is_some());
        assert_eq!(key.sign(Alg::EdDsa, b"x").await.unwrap_err().id, "key.algorithm");
    }

    #[tokio::test]
    async fn a_wrong_algorithm_a_taken_name_and_a_missing_key_are_named() {
        let store = Memory::new();
        let key = store.generate(&uri("a"), &KeySpec::P256.into()).await.unwrap();
        for alg in Alg::ALL.into_iter().filter(|a| *a != Alg::Es256) {
            assert_eq!(key.sign(alg, b"x").await.unwrap_err().id, "key.algorithm", "{alg}");
        }
        assert_eq!(store.generate(&uri("a"), &KeySpec::P256.into()).await.map(|_| ()).unwrap_err().id, "key.exists");
        assert_eq!(
            store.generate(&uri("b"), &KeySpec::Rsa(512).into()).await.map(|_| ()).unwrap_err().id,
            "key.algorithm"
        );
        assert!(store.forget("a") && !store.forget("a"));
        assert_eq!(store.open(&uri("a")).await.map(|_| ()).unwrap_err().id, "key.not-found");
    }
}
