//! The client that every embedded bank already knows when a world starts, and what becomes of keys that a person brings.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Mutex, PoisonError};

use crate::secret::Secret;

/// Everything a profile's inputs and key roles need to run as that client.
#[derive(Clone)]
pub struct DemoClient {
    /// Input name and value, as the bank's profile names them.
    pub inputs: Vec<(String, String)>,
    pub keys: Vec<DemoKey>,
    /// The demo QTSP's certificates for keys that were brought, by role: leaf first, DER.
    pub certified: Vec<(String, Vec<Vec<u8>>)>,
}

/// Names alone: an input may be the client's secret.
impl fmt::Debug for DemoClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<&str> = self.inputs.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("DemoClient").field("inputs", &inputs).field("keys", &self.keys).finish_non_exhaustive()
    }
}

/// The public half of a key that a person has bound to a role, to be used instead of the demo client's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Brought {
    pub role: String,
    /// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), DER.
    pub spki: Vec<u8>,
    /// It has certificates already, whoever issued them.
    pub certified: bool,
}

/// A private key for one role of the profile.
#[derive(Clone, Debug)]
pub struct DemoKey {
    pub role: String,
    /// PKCS#8 PEM.
    pub pem: Secret,
    /// The certificate chain, leaf first, without the root; empty for a bare key.
    pub chain_pem: String,
    /// The same chain, each certificate in DER.
    pub chain: Vec<Vec<u8>>,
}

/// A bank's clients by the keys that were brought: the same keys are the same client. The demo client brings nothing.
#[derive(Default)]
pub(super) struct Known(Mutex<HashMap<Vec<Brought>, DemoClient>>);

impl Known {
    pub fn client(
        &self,
        brought: &[Brought],
        register: impl FnOnce(&[Brought]) -> io::Result<DemoClient>,
    ) -> io::Result<DemoClient> {
        // each change is one insertion
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(brought) {
            return Ok(client.clone());
        }
        let client = register(brought)?;
        known.insert(brought.to_vec(), client.clone());
        Ok(client)
    }
}
