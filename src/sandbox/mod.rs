//! The embedded banks: strict servers on loopback that accept what the real bank accepts and refuse as it refuses.
//!
//! ```text
//!  World ── Authority ×2 (servers, demo QTSP) ── Switches (trouble)
//!    │
//!    └─ per host: listener ─ TLS, client certificate ─► front ─ trouble, Host, Date ─► the bank's router
//!       per bank: clients, keys, demo client, people
//! ```
//!
//! Nothing here uses the program's own JOSE, checks or flows: keys and signatures go through openssl, and JSON, base64url
//! and forms are read by the strict readers next door. One mistake must not sit on both sides of the wire.
//!
//! A bank is one folder, behind the trait of `bank`; what two banks share is a file beside it.

mod answer;
mod assertion;
mod b64;
mod bank;
mod bearer;
mod ca;
mod callback;
mod clients;
mod clock;
mod danske;
mod demo;
mod dnb;
mod event;
mod flaw;
mod form;
mod front;
mod grants;
mod json;
mod jwe;
mod jwk;
mod jwt;
mod listener;
mod message;
mod oauth_error;
mod open_banking;
mod page;
mod peer;
mod people;
mod qc;
mod random;
mod rsa;
mod scope;
mod shelf;
mod spv;
#[cfg(test)]
mod testing;
mod tls;
mod trouble;
mod wire;
mod world;
mod wso2;

pub use bank::{Answer, Bank};
pub use clock::Clock;
pub use demo::{Brought, DemoClient, DemoKey};
pub use flaw::{IdTokenFlaw, Refusal, RegistrationFlaw, StatementFlaw, TrustFlaw};
pub use people::People;
pub use trouble::{Switches, Trouble};
pub use world::World;
