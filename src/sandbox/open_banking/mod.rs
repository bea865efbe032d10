//! A strict OAuth and OpenID server that has what the extensions ask for: pushed and signed requests, signed answers, the
//! issuer in the answer, tokens bound to a DPoP key or a certificate, decoupled approval, events.
//!
//! ```text
//!  registration ─► record of a client, managed elsewhere
//!
//!  assertion or certificate ─► who the client is ─┬─► pushed request ─► page for a person ─► code ─┐
//!                                                 ├─► device or back channel ─► a person approves ─┤
//!           assertion of a grant, token to swap ──┴─► token endpoint ◄────────────────────────────┘
//!                                    proof, nonce ─┘     └─► token ─► userinfo, accounts, introspection, revocation
//! ```

mod api;
mod bearer;
mod client;
mod decoupled;
mod details;
mod dpop;
mod exchange;
mod login;
mod metadata;
mod reach;
mod register;
mod registration;
mod request;
mod target;
#[cfg(test)]
mod tests;
mod token;
mod tokens;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;

use self::client::{Client, Clients};
use self::decoupled::Waiting;
use self::dpop::Proofs;
use self::request::{Asked, Granted};
use self::tokens::Tokens;
use super::bank::{Answer, Embedded, Site};
use super::ca::Authority;
use super::clock::BankClock;
use super::demo::{Brought, DemoClient, DemoKey, Known};
use super::form::Form;
use super::grants::RefreshTokens;
use super::qc::QcType;
use super::rsa::{LazyKey, PrivateKey, PublicKey};
use super::shelf::{Codes, Shelf};
use super::tls::Handshake;
use super::trouble::{Switches, Trouble};
use super::{event, jwk, random};

pub(super) const ID: &str = "open-banking";
const HOST: &str = "auth.openbank.countersign.example";
/// The same endpoints for clients that come with a certificate (RFC 8705 §5).
const MTLS_HOST: &str = "mtls.openbank.countersign.example";
const ISSUER: &str = "https://auth.openbank.countersign.example";
const MTLS: &str = "https://mtls.openbank.countersign.example";
const CALLBACK: &str = "https://tpp.countersign.example/callback";
const SCOPES: &[&str] = &["openid", "accounts", "payments", "offline_access"];
/// None of them lives. The second says no.
const PEOPLE: &[&str] = &["ada", "bo"];
/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;
/// Seconds that an access token lives.
const LIFETIME: i64 = 300;

#[derive(Default)]
struct Keys {
    bank: LazyKey,
    /// What a rotation brings.
    rotated: LazyKey,
}

pub(super) struct OpenBanking {
    qtsp: Arc<Authority>,
    clock: BankClock,
    trouble: Switches,
    keys: Keys,
    clients: Clients,
    proofs: Proofs,
    pushed: Shelf<(String, Form)>,
    logins: Shelf<Asked>,
    codes: Codes<Granted>,
    waiting: Waiting,
    tokens: Tokens,
    refresh: RefreshTokens<Granted>,
    known: Known,
}

impl OpenBanking {
    pub fn open(qtsp: &Arc<Authority>, clock: BankClock, trouble: Switches) -> io::Result<Self> {
        let (keys, clients, pushed, logins, codes) = Default::default();
        let (waiting, tokens, refresh, known) = Default::default();
        let (qtsp, proofs) = (Arc::clone(qtsp), Proofs::new()?);
        Ok(Self { qtsp, clock, trouble, keys, clients, proofs, pushed, logins, codes, waiting, tokens, refresh, known })
    }

    fn signing_key(&self) -> io::Result<&PrivateKey> {
        let rotated = self.trouble.has(Trouble::RotatedKey);
        Ok(if rotated { self.keys.rotated.get()? } else { self.keys.bank.get()? })
    }

    /// Registers a client: what is not brought is made.
    fn enrol(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        let find = |role: &str| brought.iter().find(|b| b.role == role);
        let (mut keys, mut certified) = (Vec::new(), Vec::new());
        let demo = |role: &str, pem, chain| DemoKey { role: role.to_owned(), pem, chain_pem: String::new(), chain };
        let signing = match find("signing") {
            Some(theirs) => PublicKey::from_spki(&theirs.spki).ok(),
            None => {
                let ours = PrivateKey::generate()?;
                keys.push(demo("signing", ours.to_pem()?, Vec::new()));
                Some(ours.public().clone())
            }
        };
        let certificate = match find("transport") {
            Some(theirs) if theirs.certified => None,
            Some(theirs) => {
                let chain = self.qtsp.certify(QcType::Web, &theirs.spki)?;
                let leaf = chain.first().cloned();
                certified.push(("transport".to_owned(), chain));
                leaf
            }
            None => {
                let ours = PrivateKey::generate()?;
                let chain = self.qtsp.certify(QcType::Web, &ours.spki()?)?;
                let leaf = chain.first().cloned();
                keys.push(demo("transport", ours.to_pem()?, chain));
                leaf
            }
        };
        if find("dpop").is_none() {
            keys.push(demo("dpop", jwk::PrivateKey::generate()?.to_pem()?, Vec::new()));
        }
        let id = random::letters::<20>()?;
        self.clients.put(Client::known(id.clone(), signing, certificate.as_deref()));
        let input = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let inputs = vec![
            input("client_id", &id),
            input("redirect_uri", CALLBACK),
            input("scope", "openid accounts offline_access"),
            input("login_hint", PEOPLE[0]),
            input("path", "/accounts"),
        ];
        Ok(DemoClient { inputs, keys, certified })
    }

    fn pages_of(self: Arc<Self>) -> Router {
        Router::new()
            .route("/authorize", get(login::authorize))
            .route("/login", post(login::submit))
            .route("/device", get(decoupled::page).post(decoupled::submit))
            .with_state(self)
    }
}

impl Embedded for OpenBanking {
    fn id(&self) -> &'static str {
        ID
    }

    fn sites(self: Arc<Self>) -> Vec<Site> {
        let endpoints = || {
            Router::new()
                .route("/.well-known/openid-configuration", get(metadata::metadata))
                .route("/jwks", get(metadata::jwks))
                .route("/register", post(register::register))
                .route("/clients/{id}", get(register::read).put(register::replace).delete(register::delete))
                .route("/par", post(request::push))
                .route("/token", post(token::token))
                .route("/introspect", post(api::introspect))
                .route("/revoke", post(api::revoke))
                .route("/device_authorization", post(decoupled::device))
                .route("/backchannel", post(decoupled::backchannel))
                .route("/userinfo", get(api::userinfo))
                .route("/accounts", get(api::accounts))
                .with_state(Arc::clone(&self))
                .merge(Arc::clone(&self).pages_of())
        };
        vec![
            Site { host: HOST, handshake: Handshake::Plain, router: endpoints() },
            Site { host: MTLS_HOST, handshake: Handshake::Mutual, router: endpoints() },
        ]
    }

    fn pages(self: Arc<Self>) -> Option<Site> {
        Some(Site { host: HOST, handshake: Handshake::Plain, router: self.pages_of() })
    }

    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        self.known.client(brought, |brought| self.enrol(brought))
    }

    fn answer<'a>(&'a self, _: &'a str, _: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async { None })
    }

    fn authorize<'a>(&'a self, url: &'a str, redirect_uri: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        Box::pin(async move { login::play(self, url, redirect_uri) })
    }

    fn event(&self, client_id: &str) -> Option<io::Result<String>> {
        let signed = |key| event::token(key, ISSUER, client_id, self.clock.now());
        Some(self.signing_key().and_then(signed))
    }
}
