//! A bank with dynamic client registration as WSO2's accelerator and the UK specification have it, and the directory that
//! vouches for software.
//!
//! ```text
//!  directory: client assertion ──► token ──► software statement
//!  gateway:   registration JWT with the statement ──► record ──► read, replace, delete
//!  server:    client assertion or certificate ──► access token bound to the certificate
//!  consent:   asked for at the gateway ──► granted by a person at the server ──► code ──► tokens ──► accounts
//! ```

mod authorize;
mod book;
mod consents;
mod directory;
mod discovery;
mod flavour;
mod grants;
mod id_token;
mod login;
mod manage;
mod metadata;
pub(super) mod name;
mod payments;
mod record;
mod redirects;
mod refused;
mod register;
mod request;
mod software;
mod statement;
#[cfg(test)]
mod tests;
mod token;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use futures_util::future::BoxFuture;
use serde_json::json;

use self::authorize::Asked;
use self::book::Book;
use self::consents::Consents;
pub(super) use self::flavour::{Flavour, UK, WSO2};
use self::grants::Granted;
use self::payments::Repeats;
use self::software::{Register, Software};
use super::bank::{Answer, Embedded, Site};
use super::ca::Authority;
use super::clock::BankClock;
use super::demo::{Brought, DemoClient, DemoKey, Known};
use super::event;
use super::grants::RefreshTokens;
use super::peer::Peer;
use super::qc::QcType;
use super::rsa::{LazyKey, PrivateKey, PublicKey};
use super::shelf::{Codes, Shelf};
use super::tls::Handshake;
use super::trouble::{Switches, Trouble};

/// The profile's key roles.
const SIGNING: &str = "signing";
const TRANSPORT: &str = "transport";

const CALLBACK: &str = "https://tpp.countersign.example/callback";
/// What a client may ask to be registered for.
const SCOPES: &[&str] = &["openid", "accounts", "payments", "fundsconfirmations"];
const SCOPE: &str = "openid accounts payments";

/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

#[derive(Default)]
struct Keys {
    /// Signs access tokens.
    bank: LazyKey,
    /// What a rotation brings.
    rotated: LazyKey,
    /// Signs software statements.
    directory: LazyKey,
    /// Somebody else's, for what is to be wrong.
    stray: LazyKey,
}

pub(super) struct Wso2 {
    flavour: &'static Flavour,
    qtsp: Arc<Authority>,
    clock: BankClock,
    trouble: Switches,
    keys: Keys,
    software: Register,
    book: Book,
    consents: Consents,
    repeats: Repeats,
    logins: Shelf<Asked>,
    codes: Codes<Granted>,
    refresh: RefreshTokens<Granted>,
    known: Known,
}

impl Wso2 {
    pub fn open(flavour: &'static Flavour, qtsp: &Arc<Authority>, clock: BankClock, trouble: Switches) -> Self {
        let (keys, software, book, consents) = Default::default();
        let (repeats, logins, codes, refresh, known) = Default::default();
        let qtsp = Arc::clone(qtsp);
        Self { flavour, qtsp, clock, trouble, keys, software, book, consents, repeats, logins, codes, refresh, known }
    }

    /// Enters a piece of software in the directory and registers it at the bank: what is not brought is made.
    fn enrol(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        let find = |role: &str| brought.iter().find(|b| b.role == role);
        let (mut keys, mut certified) = (Vec::new(), Vec::new());
        let mut ours = |role: &str, spki: Option<&Vec<u8>>, kind, org: &str| -> io::Result<()> {
            if let Some(spki) = spki {
                certified.push((role.to_owned(), self.qtsp.certify_software(kind, org, spki)?));
                return Ok(());
            }
            let key = PrivateKey::generate()?;
            let chain = self.qtsp.certify_software(kind, org, &key.spki()?)?;
            let (pem, chain_pem) = (key.to_pem()?, name::chain_pem(&chain)?);
            keys.push(DemoKey { role: role.to_owned(), pem, chain_pem, chain });
            Ok(())
        };
        let (org, id) = (software::org_id()?, software::software_id()?);
        for (role, kind) in [(SIGNING, QcType::Seal), (TRANSPORT, QcType::Web)] {
            match find(role) {
                // the bank finds out in the handshake who issued it
                Some(theirs) if theirs.certified => {}
                theirs => ours(role, theirs.map(|b| &b.spki), kind, &org)?,
            }
        }
        let signing = match find(SIGNING) {
            Some(theirs) => PublicKey::from_spki(&theirs.spki).ok(),
            None => keys.iter().find(|k| k.role == SIGNING).and_then(|k| name::key_of(&k.chain)),
        };
        // a key that the directory would send back is not entered: nothing it signs is accepted
        let software = Arc::new(Software::new(org, id, signing));
        self.software.add(Arc::clone(&software));
        let now = self.clock.now();
        let ssa = statement::issue(self, &software, now)?;
        let record = record::known_already(&software, &ssa);
        let client_id = self.book.enter(record, &software, now)?;
        let input = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut inputs = vec![
            input("client_id", &client_id),
            input("ssa", &ssa),
            input("redirect_uris", &json!([CALLBACK]).to_string()),
            input("redirect_uri", CALLBACK),
            input("dcr_audience", self.flavour.issuer),
            input("software_client_id", &software.id),
            input("org_id", &software.org),
        ];
        if self.flavour.pays {
            inputs.extend([input("amount", "10.00"), input("creditor", "20000012345678")]);
            inputs.push(input("creditor_name", "Ada Example"));
        }
        Ok(DemoClient { inputs, keys, certified })
    }

    fn signing_key(&self) -> io::Result<&PrivateKey> {
        let rotated = self.trouble.has(Trouble::RotatedKey);
        Ok(if rotated { self.keys.rotated.get()? } else { self.keys.bank.get()? })
    }

    /// Whether the client certificate was issued to that software's organisation.
    fn is_of(&self, peer: &Peer, software: &Software) -> bool {
        peer.leaf().and_then(name::organisation).is_some_and(|org| org == software.org)
    }
}

impl Embedded for Wso2 {
    fn id(&self) -> &'static str {
        self.flavour.id
    }

    fn sites(self: Arc<Self>) -> Vec<Site> {
        let flavour = self.flavour;
        let one = get(manage::read).put(manage::replace).delete(manage::delete);
        let gateway = Router::new()
            .route(flavour.registration_path, post(register::register))
            .route(&format!("{}/{{client_id}}", flavour.registration_path), one)
            .route(consents::PATH, post(consents::create))
            .route(&format!("{}/{{id}}", consents::PATH), get(consents::read))
            .route(consents::ACCOUNTS, get(consents::accounts))
            .route(payments::CONSENTS, post(payments::ask))
            .route(payments::PAYMENTS, post(payments::pay))
            .with_state(Arc::clone(&self));
        let server = Router::new()
            .route(flavour.discovery_path, get(discovery::metadata))
            .route(flavour.jwks_path, get(discovery::jwks))
            .route(flavour.token_path, post(token::token))
            .route(flavour.authorize_path, get(authorize::authorize))
            .route(flavour.login_path, post(login::submit))
            .with_state(Arc::clone(&self));
        vec![
            Site { host: flavour.gateway, handshake: Handshake::Optional, router: gateway },
            Site { host: flavour.server, handshake: Handshake::Optional, router: server },
            Site { host: flavour.directory, handshake: Handshake::Plain, router: directory::router(self) },
        ]
    }

    fn pages(self: Arc<Self>) -> Option<Site> {
        let flavour = self.flavour;
        let router = Router::new()
            .route(flavour.authorize_path, get(authorize::authorize))
            .route(flavour.login_path, post(login::submit))
            .with_state(self);
        Some(Site { host: flavour.server, handshake: Handshake::Plain, router })
    }

    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient> {
        self.known.client(brought, |brought| self.enrol(brought))
    }

    fn answer<'a>(&'a self, _: &'a str, _: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>> {
        Box::pin(async { None })
    }

    fn event(&self, client_id: &str) -> Option<io::Result<String>> {
        let signed = |key| event::token(key, self.flavour.issuer, client_id, self.clock.now());
        Some(self.signing_key().and_then(signed))
    }

    fn authorize<'a>(&'a self, url: &'a str, redirect_uri: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        Box::pin(async move { login::play(self, url, redirect_uri) })
    }
}
