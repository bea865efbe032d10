//! Who is registered, which tokens are out, and what was used up.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value};

use super::software::Software;
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::random;

#[derive(Clone)]
pub(super) struct Registration {
    pub client_id: String,
    pub issued_at: i64,
    pub metadata: Map<String, Value>,
    pub software: Arc<Software>,
    /// Good for this registration alone (RFC 7592 §3).
    pub access_token: String,
}

impl Registration {
    pub fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name).and_then(Value::as_str)
    }
}

/// An access token that is out.
#[derive(Clone)]
pub(super) struct Out {
    pub client_id: String,
    pub scope: String,
    /// The consent that it is good for; None: it is the application's own.
    pub intent: Option<String>,
    pub certificate: Option<Fingerprint>,
    pub ends: i64,
}

#[derive(Default)]
pub(super) struct Book(Mutex<Pages>);

#[derive(Default)]
struct Pages {
    clients: HashMap<String, Registration>,
    tokens: HashMap<String, Out>,
    /// Who and `jti`, and when it may be forgotten.
    spent: HashMap<(String, String), i64>,
}

impl Book {
    /// Registers a client under a new id, which comes back.
    pub fn enter(&self, metadata: Map<String, Value>, software: &Arc<Software>, now: i64) -> io::Result<String> {
        let (client_id, access_token) = (random::letters::<28>()?, random::hex()?);
        let software = Arc::clone(software);
        let registration =
            Registration { client_id: client_id.clone(), issued_at: now, metadata, software, access_token };
        self.lock().clients.insert(client_id.clone(), registration);
        Ok(client_id)
    }

    pub fn find(&self, client_id: &str) -> Option<Registration> {
        self.lock().clients.get(client_id).cloned()
    }

    /// What was registered before is gone: what is left out is deleted (RFC 7592 §2.2).
    pub fn replace(&self, client_id: &str, metadata: Map<String, Value>) -> Option<Registration> {
        let mut pages = self.lock();
        let registration = pages.clients.get_mut(client_id)?;
        registration.metadata = metadata;
        Some(registration.clone())
    }

    /// The client, and every token it has.
    pub fn delete(&self, client_id: &str) {
        let mut pages = self.lock();
        pages.clients.remove(client_id);
        pages.tokens.retain(|_, out| out.client_id != client_id);
    }

    /// False: it was used before.
    pub fn spend(&self, who: &str, jti: &str, forget: i64, now: i64) -> bool {
        let mut pages = self.lock();
        pages.spent.retain(|_, forget| *forget > now);
        pages.spent.insert((who.to_owned(), jti.to_owned()), forget).is_none()
    }

    pub fn give(&self, token: &str, out: Out) {
        self.lock().tokens.insert(token.to_owned(), out);
    }

    pub fn revoke(&self, token: &str) {
        self.lock().tokens.remove(token);
    }

    /// Whose token this is, by the name it was given to.
    pub fn holder(&self, token: &str, now: i64) -> Option<String> {
        self.lock().tokens.get(token).filter(|out| out.ends > now).map(|out| out.client_id.clone())
    }

    /// What an access token is good for, shown with the certificate that it was given to.
    pub fn out(&self, token: &str, certificate: Option<Fingerprint>, now: i64) -> Option<Out> {
        let pages = self.lock();
        let out = pages.tokens.get(token).filter(|out| out.ends > now && out.certificate == certificate)?;
        pages.clients.contains_key(&out.client_id).then(|| out.clone())
    }

    /// The client whose token this is, shown with the certificate that it was given to.
    pub fn bearer(&self, token: &str, certificate: Option<Fingerprint>, now: i64) -> Option<Registration> {
        let pages = self.lock();
        if let Some(own) = pages.clients.values().find(|c| c.access_token == token) {
            return Some(own.clone());
        }
        let out = pages.tokens.get(token).filter(|out| out.ends > now && out.certificate == certificate)?;
        pages.clients.get(&out.client_id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        // each change is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
