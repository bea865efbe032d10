//! How the embedded banks are reached without being known: whoever starts the program hands a [`Link`] in.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::people::People;
use crate::jose::SecretJwk;
use crate::net::HostMap;

/// Everything that makes an environment a sandbox.
#[derive(Clone)]
pub struct Link {
    /// The profile's hosts, led to loopback; nothing else can be reached.
    pub hosts: HostMap,
    /// Values of the client that is registered there already.
    pub inputs: Vec<(String, String)>,
    pub keys: Vec<DemoKey>,
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

/// Starts the embedded banks when one is first needed.
pub trait Embedded: Send + Sync {
    fn link<'a>(&'a self, bank: &'a str) -> BoxFuture<'a, Result<Link, String>>;
}
