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
use super::ca::{Authority, Issued};
use super::clients::{Client, Clients};
use super::clock::BankClock;
use super::demo::{Brought, DemoClient, DemoKey, Known};
use super::jwk::{PrivateKey, PublicKey};
use super::peer::Fingerprint;
use super::qc::QcType;
use super::random;
use super::tls::Handshake;
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

/// The profile's key roles.
const SIGNING: &str = "signing";
const TRANSPORT: &str = "transport";

/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

pub(super) struct Dnb {
    clock: BankClock,
    trouble: Switches,
    clients: Clients,
    /// The signing key, and the one that a rotation brings.
    keys: [PrivateKey; 2],
    qtsp: Arc<Authority>,
    known: Known,
}

impl Dnb {
    pub fn open(qtsp: &Arc<Authority>, clock: BankClock, trouble: Switches) -> io::Result<Self> {
        let (clients, known) = (Clients::default(), Known::default());
        let keys = [PrivateKey::generate()?, PrivateKey::generate()?];
        let bank = Self { clock, trouble, clients, keys, qtsp: Arc::clone(qtsp), known };
        bank.client(&[])?;
        Ok(bank)
    }

    /// Registers a client: what is not brought is made.
    fn register(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        let find = |role: &str| brought.iter().find(|b| b.role == role);
        let (id, mut keys, mut certified) = (random::uuid()?, Vec::new(), Vec::new());
        let key = match find(SIGNING).map(|b| PublicKey::from_spki(&b.spki)) {
            Some(Ok(theirs)) => theirs,
            // a key that staff would send back, or none: the client is known by one of ours
            refused_or_none => {
                let ours = PrivateKey::generate()?;
                if refused_or_none.is_none() {
                    let pem = ours.to_pem()?;
                    keys.push(DemoKey { role: SIGNING.into(), pem, chain_pem: String::new(), chain: vec![] });
                }
                ours.public().clone()
            }
        };
        let leaf = |chain: &[Vec<u8>]| chain.first().map(|der| Fingerprint::of(der));
        let certificate = match find(TRANSPORT) {
            // the bank finds out in the handshake who issued it
            Some(key) if key.certified => None,
            Some(key) => {
                let chain = self.qtsp.certify(QcType::Seal, &key.spki)?;
                let leaf = leaf(&chain);
                certified.push((TRANSPORT.to_owned(), chain));
                leaf
            }
            None => {
                let Issued { chain, chain_pem, key_pem, .. } = self.qtsp.client(QcType::Seal)?;
                let leaf = leaf(&chain);
                keys.push(DemoKey { role: TRANSPORT.into(), pem: key_pem, chain_pem, chain });
                leaf
            }
        };
        let kid = key.thumbprint();
        self.clients.add(Client { id: id.clone(), key, kid, scopes: SCOPES, certificate });
        Ok(DemoClient { inputs: vec![("client_id".into(), id)], keys, certified })
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
        let site = |host, router| Site { host, handshake: Handshake::Mutual, router };
        vec![site(CIAM_HOST, ciam), site(API_HOST, api)]
    }

    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        self.known.client(brought, |brought| self.register(brought))
    }

    fn answer<'a>(&'a self, step: &'a str, show: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move { (step == "submit").then(|| contact::staff(self, show)) })
    }
}
