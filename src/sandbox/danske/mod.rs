//! Danske Bank's identity provider in the Finnish Trust Network: a signed request, a person who signs in, an encrypted
//! ID token.
//!
//! ```text
//!  entity statement ──► signed JWK set            what a client trusts
//!  request object ──► connect/authorize ──► login page ──► code ──► connect/token ──► ID token
//! ```

mod assertion;
mod authorize;
mod clients;
mod hetu;
mod id_token;
mod intake;
mod login;
mod page;
mod pending;
mod person;
mod refused;
mod request_object;
#[cfg(test)]
mod tests;
mod token;
mod trust;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;

use self::clients::{Agreement, Clients};
use self::pending::Pending;
use super::bank::{Answer, Embedded, Site};
use super::clock::BankClock;
use super::demo::{Brought, DemoClient, DemoKey, Known};
use super::flaw::Refusal;
use super::random;
use super::rsa::{LazyKey, PrivateKey, PublicKey};
use super::tls::Handshake;
use super::trouble::{Switches, Trouble};

const HOST: &str = "sandbox-userapi2.danskebank.com";
const ISSUER: &str = "https://sandbox-userapi2.danskebank.com/ftn-idp";
const JWKS_URI: &str = "https://sandbox-userapi2.danskebank.com/sandbox/external/ftn/idp-oidc/signed-jwks";
const AUTHORIZATION_ENDPOINT: &str =
    "https://sandbox-userapi2.danskebank.com/sandbox/external/ftn/idp-oidc/connect/authorize";
const TOKEN_ENDPOINT: &str = "https://sandbox-userapi2.danskebank.com/sandbox/external/ftn/idp-oidc/connect/token";
const ERROR_PAGE: &str = "https://sandbox-userapi2.danskebank.com/sandbox/external/ftn/idp-oidc/errorcodes";
/// The path of everything but the issuer.
const DOMAIN: &str = "/sandbox/external/ftn/idp-oidc";
/// Where the login page is posted to; the sandbox's own path.
const LOGIN_PATH: &str = "/sandbox/external/ftn/idp-oidc/login";
const ACR: &str = "http://ftn.ficora.fi/2017/loatest2";

/// The profile's key roles.
const SIGNING: &str = "signing";
const ENCRYPTION: &str = "encryption";
const ENTITY: &str = "entity";

/// What was agreed with every client.
const REDIRECT_URIS: &[&str] = &[
    "https://tpp.countersign.example/callback",
    "https://tpp.countersign.example/ftn?client=demo",
    "https://localhost:8447/callback",
];
/// Where the client publishes about itself.
const BASE_URI: &str = "https://tpp.countersign.example/ftn";
const SERVICE_NAME: &str = "Countersign Demo";

/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

/// The bank's keys.
#[derive(Default)]
struct Keys {
    entity: LazyKey,
    signing: LazyKey,
    /// Published beside the signing key, which it is to follow.
    next: LazyKey,
    /// What a rotation brings.
    rotated: LazyKey,
    /// Somebody else's, for what is to be wrong.
    stray: LazyKey,
}

pub(super) struct Danske {
    clock: BankClock,
    trouble: Switches,
    clients: Clients,
    pending: Pending,
    keys: Keys,
    known: Known,
}

impl Danske {
    pub fn open(clock: BankClock, trouble: Switches) -> Self {
        let (clients, pending, keys, known) = Default::default();
        Self { clock, trouble, clients, pending, keys, known }
    }

    /// Registers a client under two ids, one of them for chained authentication: what is not brought is made.
    fn register(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        let mut keys = Vec::new();
        let mut key = |role: &str| -> io::Result<PublicKey> {
            let theirs = brought.iter().find(|b| b.role == role).map(|b| PublicKey::from_spki(&b.spki));
            if let Some(Ok(theirs)) = theirs {
                return Ok(theirs);
            }
            let ours = PrivateKey::generate()?;
            // in place of a key that the bank would send back, the client is known by one that nobody has
            if theirs.is_none() {
                keys.push(DemoKey {
                    role: role.to_owned(),
                    pem: ours.to_pem()?,
                    chain_pem: String::new(),
                    chain: vec![],
                });
            }
            Ok(ours.public().clone())
        };
        let (signing, encryption, entity) = (key(SIGNING)?, key(ENCRYPTION)?, key(ENTITY)?);
        let agreement = Arc::new(Agreement {
            signing,
            encryption,
            entity,
            redirect_uris: REDIRECT_URIS,
            service_name: SERVICE_NAME,
        });
        let (id, chained) = (random::uuid()?, random::uuid()?);
        self.clients.add(&id, &agreement);
        self.clients.add(&chained, &agreement);
        let input = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let inputs = vec![
            input("client_id", &id),
            input("client_id_chained", &chained),
            input("redirect_uri", REDIRECT_URIS[0]),
            input("ftn_spname", SERVICE_NAME),
            input("base_uri", BASE_URI),
        ];
        Ok(DemoClient { inputs, keys, certified: vec![] })
    }

    fn signing_key(&self) -> io::Result<&PrivateKey> {
        let rotated = self.trouble.has(Trouble::RotatedKey);
        Ok(if rotated { self.keys.rotated.get()? } else { self.keys.signing.get()? })
    }
}

async fn error_codes() -> Response {
    page::codes(&Refusal::ALL.iter().map(|refusal| refusal.code()).collect::<Vec<_>>())
}

impl Embedded for Danske {
    fn id(&self) -> &'static str {
        "danske-ftn"
    }

    fn sites(self: Arc<Self>) -> Vec<Site> {
        let domain = Router::new()
            .route("/entity-statement", get(trust::entity_statement))
            .route("/signed-jwks", get(trust::signed_jwks))
            .route("/connect/authorize", get(authorize::authorize))
            .route("/connect/token", post(token::token))
            .route("/login", post(login::submit))
            .route("/errorcodes", get(error_codes))
            .with_state(self);
        let router = Router::new().nest(DOMAIN, domain);
        vec![Site { host: HOST, handshake: Handshake::Plain, router }]
    }

    fn pages(self: Arc<Self>) -> Option<Site> {
        let domain = Router::new()
            .route("/connect/authorize", get(authorize::authorize))
            .route("/login", post(login::submit))
            .route("/errorcodes", get(error_codes))
            .with_state(self);
        Some(Site { host: HOST, handshake: Handshake::Plain, router: Router::new().nest(DOMAIN, domain) })
    }

    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        self.known.client(brought, |brought| self.register(brought))
    }

    fn answer<'a>(&'a self, step: &'a str, show: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move { (step == "hand_over").then(|| intake::staff(self, show)) })
    }

    fn authorize<'a>(&'a self, url: &'a str, redirect_uri: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        Box::pin(async move { login::play(self, url, redirect_uri) })
    }
}
