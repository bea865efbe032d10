//! DNB: a client is registered by staff from a signed JWT, and asks for tokens with `private_key_jwt` over mutual TLS.
//!
//! ```text
//!  registration JWT ──► contact form ──► client id
//!  client assertion ──► /as/token.oauth2 ──► access token bound to the certificate ──► pre-validation API
//! ```

mod access_token;
mod account;
mod assertion;
mod contact;
mod metadata;
mod prevalidation;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;

use super::bank::{Answer, Embedded, Site};
use super::ca::Authority;
use super::clients::{Client, Clients};
use super::clock::BankClock;
use super::demo::{DemoClient, DemoKey};
use super::jwk::PrivateKey;
use super::peer::Fingerprint;
use super::qc::QcType;
use super::random;
use super::trouble::{Switches, Trouble};

const CIAM_HOST: &str = "api.ciam.dnb.no";
const API_HOST: &str = "prevalidation.api.dnb.no";
const ISSUER: &str = "https://api.ciam.dnb.no";
const TOKEN_ENDPOINT: &str = "https://api.ciam.dnb.no/as/token.oauth2";
const REGISTRATION_AUDIENCE: &str = "https://api.ciam.dnb.no/clients/v1";
const API_AUDIENCE: &str = "https://prevalidation.api.dnb.no/";

const NORWAY: &str = "openbanking.prevalidation.norway:validate";
const INTERNATIONAL: &str = "openbanking.prevalidation.international:validate";
/// What every client is granted.
const SCOPES: &[&str] = &[NORWAY, INTERNATIONAL];

/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

pub(super) struct Dnb {
    clock: BankClock,
    trouble: Switches,
    clients: Clients,
    /// The signing key, and the one that a rotation brings.
    keys: [PrivateKey; 2],
    demo: DemoClient,
}

impl Dnb {
    pub fn open(qtsp: &Authority, clock: BankClock, trouble: Switches) -> io::Result<Self> {
        let (id, signing, transport) = (random::uuid()?, PrivateKey::generate()?, qtsp.client(QcType::Seal)?);
        let clients = Clients::default();
        clients.add(Client {
            id: id.clone(),
            key: signing.public().clone(),
            kid: signing.public().thumbprint(),
            scopes: SCOPES,
            certificate: transport.chain.first().map(|der| Fingerprint::of(der)),
        });
        let bare = DemoKey { role: "signing".into(), pem: signing.to_pem()?, chain_pem: String::new(), chain: vec![] };
        let sealed = DemoKey {
            role: "transport".into(),
            pem: transport.key_pem,
            chain_pem: transport.chain_pem,
            chain: transport.chain,
        };
        let demo = DemoClient { inputs: vec![("client_id".into(), id)], keys: vec![bare, sealed] };
        Ok(Self { clock, trouble, clients, keys: [PrivateKey::generate()?, PrivateKey::generate()?], demo })
    }

    fn signing_key(&self) -> &PrivateKey {
        let [usual, next] = &self.keys;
        if self.trouble.has(Trouble::RotatedKey) { next } else { usual }
    }
}

impl Embedded for Dnb {
    fn id(&self) -> &'static str {
        "dnb"
    }

    fn sites(self: Arc<Self>) -> Vec<Site> {
        let ciam = Router::new()
            .route("/.well-known/openid-configuration", get(metadata::metadata))
            .route("/jwks", get(metadata::jwks))
            .route("/as/token.oauth2", post(token::token))
            .route("/contact/clients", post(contact::submit))
            .with_state(Arc::clone(&self));
        let api = Router::new()
            .route("/", get(prevalidation::about))
            .route("/v1/accounts/validate", post(prevalidation::validate))
            .with_state(self);
        vec![Site { host: CIAM_HOST, router: ciam }, Site { host: API_HOST, router: api }]
    }

    fn client(&self) -> &DemoClient {
        &self.demo
    }

    fn answer<'a>(&'a self, step: &'a str, show: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move { (step == "submit").then(|| contact::staff(self, show)) })
    }
}
