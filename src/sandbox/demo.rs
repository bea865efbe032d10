//! The client that every embedded bank already knows when a world starts.

use crate::secret::Secret;

/// Everything a profile's inputs and key roles need to run as that client.
#[derive(Clone, Debug)]
pub struct DemoClient {
    /// Input name and value, as the bank's profile names them.
    pub inputs: Vec<(String, String)>,
    pub keys: Vec<DemoKey>,
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
