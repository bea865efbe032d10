//! Who is at the other end of a connection: the certificate chain it proved in the TLS handshake.

use std::sync::Arc;

use openssl::sha::sha256;
use rustls::ServerConnection;

use super::b64;

/// SHA-256 over a certificate in DER (RFC 8705 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub fn of(der: &[u8]) -> Self {
        Self(sha256(der))
    }
    /// As `x5t#S256` spells it.
    pub fn x5t(self) -> String {
        b64::encode(&self.0)
    }
}

/// In the extensions of every request.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    chain: Arc<[Vec<u8>]>,
}

impl Peer {
    pub fn of(connection: &ServerConnection) -> Self {
        Self { chain: connection.peer_certificates().unwrap_or_default().iter().map(|c| c.to_vec()).collect() }
    }
    /// The client certificate, DER.
    pub fn leaf(&self) -> Option<&[u8]> {
        self.chain.first().map(Vec::as_slice)
    }
    /// The client certificate; None where none was asked for or shown.
    pub fn certificate(&self) -> Option<Fingerprint> {
        self.chain.first().map(|der| Fingerprint::of(der))
    }
}
