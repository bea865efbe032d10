//! Sparebanken Vest: partners get tokens at Auth0 with their secret and name the customer in a header; third parties
//! without an agreement show two headers to the online bank, or a QWAC to the PSD2 interface.
//!
//! ```text
//!  client id, secret ──► /oauth/token ──► access token ──► accounts API, with PSU-ID
//!  QSeal certificate and JWT in two headers ──► online bank (fallback)
//!  QWAC in the handshake ──► /v1/consents ──► the customer signs ──► /v1/accounts
//! ```

mod access_token;
mod accounts;
mod certificate;
mod consents;
mod fallback;
mod identity;
mod person;
mod seal;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use futures_util::future::BoxFuture;

use super::bank::{Answer, Embedded, Site};
use super::ca::{Authority, Issued};
use super::clock::BankClock;
use super::demo::{Brought, DemoClient, DemoKey, Known};
use super::qc::QcType;
use super::random;
use super::tls::Handshake;
use super::trouble::Switches;
use access_token::Signer;
use consents::Consents;
use fallback::Seen;
use identity::Partners;

const TENANT: &str = "countersign-demo";
const DOMAIN: &str = "countersign-demo";
const TOKEN_HOST: &str = "countersign-demo.eu.auth0.com";
const API_HOST: &str = "account.countersign-demo.no";
const FALLBACK_HOST: &str = "nettbank.countersign-demo.no";
const PSD2_HOST: &str = "psd2-sandbox.spvapi.no";
const ISSUER: &str = "https://countersign-demo.eu.auth0.com/";
const AUDIENCE: &str = "https://openbanking.countersign-demo.no";
const FALLBACK_AUDIENCE: &str = "spv fallback prod";

/// The profile's key roles, and what kind of certificate each has.
const ROLES: [(&str, QcType); 2] = [("qseal", QcType::Seal), ("qwac", QcType::Web)];

/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

pub(super) struct Spv {
    clock: BankClock,
    trouble: Switches,
    qtsp: Arc<Authority>,
    partners: Partners,
    signer: Signer,
    seen: Seen,
    consents: Consents,
    known: Known,
}

impl Spv {
    pub fn open(qtsp: &Arc<Authority>, clock: BankClock, trouble: Switches) -> io::Result<Self> {
        let bank = Self {
            clock,
            trouble,
            qtsp: Arc::clone(qtsp),
            partners: Partners::default(),
            signer: Signer::default(),
            seen: Seen::default(),
            consents: Consents::default(),
            known: Known::default(),
        };
        bank.client(&[])?;
        Ok(bank)
    }

    /// A new partner. Keys are certified, not registered: the bank knows a third party by its certificate.
    fn register(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        let (mut keys, mut certified) = (Vec::new(), Vec::new());
        for (role, kind) in ROLES {
            match brought.iter().find(|b| b.role == role) {
                // the bank finds out who issued it
                Some(key) if key.certified => {}
                Some(key) => certified.push((role.to_owned(), self.qtsp.certify(kind, &key.spki)?)),
                None => {
                    let Issued { chain, chain_pem, key_pem, .. } = self.qtsp.client(kind)?;
                    keys.push(DemoKey { role: role.into(), pem: key_pem, chain_pem, chain });
                }
            }
        }
        let (id, secret) = self.partners.add()?;
        let inputs = [
            ("auth0_tenant", TENANT),
            ("env_domain", DOMAIN),
            ("client_id", &id),
            ("client_secret", secret.expose()),
            ("psu_id", person::CUSTOMERS[0]),
            ("fallback_base", &format!("https://{FALLBACK_HOST}")),
            ("psd2_base", &format!("https://{PSD2_HOST}")),
            ("psu_ip", "192.0.2.10"),
            ("redirect_uri", "https://tpp.countersign.example/callback"),
        ];
        let inputs = inputs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(DemoClient { inputs, keys, certified })
    }
}

impl Embedded for Spv {
    fn id(&self) -> &'static str {
        "spv"
    }

    fn sites(self: Arc<Self>) -> Vec<Site> {
        let auth0 = Router::new().route("/oauth/token", post(token::token)).with_state(Arc::clone(&self));
        let api = Router::new().route("/v1/accounts", get(accounts::list)).with_state(Arc::clone(&self));
        let online = Router::new()
            .route("/", any(fallback::page))
            .route("/elsewhere", any(fallback::elsewhere))
            .route("/{*path}", any(fallback::page))
            .with_state(Arc::clone(&self));
        let psd2 = Router::new()
            .route("/v1/consents", post(consents::create))
            .route("/v1/consents/{id}/status", get(consents::status))
            .route("/v1/accounts", get(consents::accounts))
            .with_state(self);
        let site = |host, handshake, router| Site { host, handshake, router };
        vec![
            site(TOKEN_HOST, Handshake::Plain, auth0),
            site(API_HOST, Handshake::Plain, api),
            site(FALLBACK_HOST, Handshake::Plain, online),
            site(PSD2_HOST, Handshake::Mutual, psd2),
        ]
    }

    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        self.known.client(brought, |brought| self.register(brought))
    }

    fn answer<'a>(&'a self, step: &'a str, show: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async move { (step == "sign").then(|| self.consents.sign(show)) })
    }
}
