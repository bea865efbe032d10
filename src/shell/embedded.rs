//! How the embedded banks are reached without being known: whoever starts the program hands a [`Link`] in.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::people::People;
use crate::jose::{PublicJwk, SecretJwk};
use crate::net::HostMap;

/// Everything that makes an environment a sandbox.
#[derive(Clone)]
pub struct Link {
    /// The profile's hosts, led to loopback; nothing else can be reached.
    pub hosts: HostMap,
    /// Values of the client that is registered there already.
    pub inputs: Vec<(String, String)>,
    pub keys: Vec<DemoKey>,
    /// Certificates that the sandbox issued for keys that were brought, by role: leaf first, DER.
    pub certified: Vec<(String, Vec<Vec<u8>>)>,
    pub people: Arc<dyn People>,
}

/// A key of the demo client, with its role.
#[derive(Clone)]
pub struct DemoKey {
    pub role: String,
    pub key: SecretJwk,
    /// Leaf first, DER.
    pub chain: Vec<Vec<u8>>,
}

/// A key that a person has bound to a role, to be used instead of the demo client's.
#[derive(Clone, Debug, PartialEq)]
pub struct Brought {
    pub role: String,
    pub public: PublicJwk,
    /// It comes with certificates of its own, and needs none of the sandbox's.
    pub certified: bool,
}

/// Starts the embedded banks when one is first needed.
pub trait Embedded: Send + Sync {
    /// The bank, and its client with the keys that were brought.
    fn link<'a>(&'a self, bank: &'a str, brought: &'a [Brought]) -> BoxFuture<'a, Result<Link, String>>;
}
