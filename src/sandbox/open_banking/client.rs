//! The clients, and how each proves who it is: an assertion whose one audience is the issuer, or its certificate.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::header;
use axum::http::request::Parts;

use super::{ISSUER, OpenBanking, target};
use crate::sandbox::assertion::{self, Assertion};
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::{Fingerprint, Peer};
use crate::sandbox::rsa::PublicKey;

#[derive(Clone)]
pub(super) struct Client {
    pub id: String,
    /// None: its key is none that is taken here.
    signing: Option<PublicKey>,
    certificate: Option<Fingerprint>,
}

impl Client {
    pub fn new(id: String, signing: Option<PublicKey>, leaf: Option<&[u8]>) -> Self {
        Self { id, signing, certificate: leaf.map(Fingerprint::of) }
    }

    pub fn key(&self, kid: &str) -> Option<&PublicKey> {
        self.signing.as_ref().filter(|key| key.thumbprint() == kid)
    }
}

#[derive(Default)]
pub(super) struct Clients(Mutex<Book>);

#[derive(Default)]
struct Book {
    clients: HashMap<String, Client>,
    /// Client and `jti`, and when it may be forgotten.
    spent: HashMap<(String, String), i64>,
}

impl Clients {
    fn lock(&self) -> MutexGuard<'_, Book> {
        // every change is one insertion
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, client: Client) {
        self.lock().clients.insert(client.id.clone(), client);
    }

    pub fn find(&self, id: &str) -> Option<Client> {
        self.lock().clients.get(id).cloned()
    }

    /// False: it was used before.
    pub fn spend(&self, id: &str, jti: &str, forget: i64, now: i64) -> bool {
        let mut book = self.lock();
        book.spent.retain(|_, forget| *forget > now);
        book.spent.insert((id.to_owned(), jti.to_owned()), forget).is_none()
    }
}

/// Parameters come in the body, as a form (RFC 6749 §3.2).
pub(super) fn parameters(head: &Parts, body: &[u8]) -> Result<Form, OAuthError> {
    if head.uri.query().is_some() {
        return Err(OAuthError::invalid_request("Parameters belong in the body, not in the URL."));
    }
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) {
        return Err(OAuthError::invalid_request("The body is not application/x-www-form-urlencoded."));
    }
    form::parse_repeating(body, target::REPEATED)
        .map_err(|why| OAuthError::invalid_request(format!("The form is not sound: {why}.")))
}

pub(super) fn authenticated(bank: &OpenBanking, peer: &Peer, form: &Form, now: i64) -> Result<Client, OAuthError> {
    if form.contains_key("client_assertion") {
        let assertion = Assertion::read(form)?;
        let client = bank.clients.find(&assertion.client_id).ok_or_else(|| assertion::refused("no such client"))?;
        // the issuer alone, since RFC 10070
        let proven = assertion.prove(|kid| client.key(kid), &[ISSUER], now)?;
        if !bank.clients.spend(&client.id, &proven.jti, proven.forget, now) {
            return Err(assertion::refused("its jti was used before"));
        }
        return Ok(client);
    }
    let id = form.get("client_id").ok_or_else(|| OAuthError::invalid_client("The client does not say who it is."))?;
    let client = bank.clients.find(id).ok_or_else(|| OAuthError::invalid_client("There is no such client."))?;
    if peer.certificate().is_none() || peer.certificate() != client.certificate {
        return Err(OAuthError::invalid_client("There is neither an assertion nor the client's certificate."));
    }
    Ok(client)
}
