//! The clients, and how each proves who it is: an assertion whose one audience is the issuer, or its certificate.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::header;
use axum::http::request::Parts;

use super::registration::{Means, Registration};
use super::{CALLBACK, ISSUER, OpenBanking, SCOPES, target};
use crate::sandbox::assertion::{self, Assertion};
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::{Fingerprint, Peer};
use crate::sandbox::rsa::PublicKey;
use crate::sandbox::scope;
use crate::sandbox::wso2::name;

#[derive(Clone)]
pub(super) struct Client {
    pub id: String,
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    /// Before the world began, for everything. No `signing`: its key is none that is taken here.
    Known { signing: Option<PublicKey>, certificate: Option<Fingerprint> },
    /// It registered itself.
    Registered(Box<Registration>),
}

impl Client {
    pub fn known(id: String, signing: Option<PublicKey>, leaf: Option<&[u8]>) -> Self {
        Self { id, kind: Kind::Known { signing, certificate: leaf.map(Fingerprint::of) } }
    }

    pub fn registered(id: String, registration: Registration) -> Self {
        Self { id, kind: Kind::Registered(Box::new(registration)) }
    }

    pub fn registration(&self) -> Option<&Registration> {
        match &self.kind {
            Kind::Known { .. } => None,
            Kind::Registered(registration) => Some(registration),
        }
    }

    pub fn key(&self, kid: &str) -> Option<&PublicKey> {
        match &self.kind {
            Kind::Known { signing, .. } => signing.as_ref().filter(|key| key.thumbprint() == kid),
            Kind::Registered(registration) => {
                registration.keys.iter().find(|(name, _)| name == kid).map(|(_, key)| key)
            }
        }
    }

    /// Whether its assertions prove who it is; its certificate may as well.
    fn asserts(&self) -> bool {
        self.registration().is_none_or(|r| r.means == Means::Assertion)
    }

    /// Whether that certificate proves who it is.
    fn shows(&self, peer: &Peer) -> bool {
        match &self.kind {
            Kind::Known { certificate, .. } => certificate.is_some() && *certificate == peer.certificate(),
            Kind::Registered(registration) => match &registration.means {
                Means::Assertion => false,
                Means::Subject(registered) => {
                    peer.leaf().and_then(name::subject).is_some_and(|shown| name::same(registered, &shown))
                }
            },
        }
    }

    pub fn may_use(&self, grant_type: &str) -> bool {
        self.registration().is_none_or(|r| r.grants.iter().any(|grant| grant == grant_type))
    }

    /// Whether it may ask for all of that, which is a list of scopes.
    pub fn may_ask(&self, asked: &str) -> bool {
        let own = self.registration().and_then(|r| r.scope.as_deref());
        let has = |value: &str| own.map_or_else(|| SCOPES.contains(&value), |own| own.split(' ').any(|s| s == value));
        scope::parse(asked).is_some_and(|all| all.into_iter().all(has))
    }

    pub fn goes_to(&self, redirect_uri: &str) -> bool {
        self.registration()
            .map_or(redirect_uri == CALLBACK, |r| r.redirect_uris.iter().any(|registered| registered == redirect_uri))
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
        // every change is one insertion or removal
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new one, or what a client is from now on.
    pub fn put(&self, client: Client) {
        self.lock().clients.insert(client.id.clone(), client);
    }

    pub fn find(&self, id: &str) -> Option<Client> {
        self.lock().clients.get(id).cloned()
    }

    pub fn delete(&self, id: &str) {
        self.lock().clients.remove(id);
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
        if !client.asserts() {
            return Err(assertion::refused("the client is registered for another method"));
        }
        // the issuer alone, since RFC 10070
        let proven = assertion.prove(|kid| client.key(kid), &[ISSUER], now)?;
        if !bank.clients.spend(&client.id, &proven.jti, proven.forget, now) {
            return Err(assertion::refused("its jti was used before"));
        }
        return Ok(client);
    }
    let id = form.get("client_id").ok_or_else(|| OAuthError::invalid_client("The client does not say who it is."))?;
    let client = bank.clients.find(id).ok_or_else(|| OAuthError::invalid_client("There is no such client."))?;
    if !client.shows(peer) {
        return Err(OAuthError::invalid_client("There is neither an assertion nor the client's certificate."));
    }
    Ok(client)
}
