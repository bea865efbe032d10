//! The software that the directory knows, with the keys that it publishes for each.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use super::CALLBACK;
use crate::sandbox::random;
use crate::sandbox::rsa::PublicKey;

/// As a directory spells ids (UK DCR: 1 to 18, 1 to 22 letters and digits).
pub(super) fn org_id() -> io::Result<String> {
    random::letters::<18>()
}

pub(super) fn software_id() -> io::Result<String> {
    random::letters::<22>()
}

pub(super) struct Software {
    pub org: String,
    /// Also its client id at the directory.
    pub id: String,
    /// None: its key is none that the directory takes.
    pub signing: Option<PublicKey>,
    pub redirect_uris: Vec<String>,
}

impl Software {
    pub fn new(org: String, id: String, signing: Option<PublicKey>) -> Self {
        let redirect_uris = vec![CALLBACK.to_owned(), "https://tpp.countersign.example/second".to_owned()];
        Self { org, id, signing, redirect_uris }
    }

    /// The key that the directory publishes under that `kid`.
    pub fn key(&self, kid: &str) -> Option<&PublicKey> {
        self.signing.as_ref().filter(|key| key.thumbprint_sha1() == kid)
    }
}

#[derive(Default)]
pub(super) struct Register(Mutex<HashMap<String, Arc<Software>>>);

impl Register {
    pub fn add(&self, software: Arc<Software>) {
        // one insertion
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(software.id.clone(), software);
    }

    pub fn find(&self, id: &str) -> Option<Arc<Software>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }
}
