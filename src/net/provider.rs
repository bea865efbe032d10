//! The one cryptography provider of every TLS connection: ring.

use std::sync::{Arc, OnceLock};

use rustls::crypto::CryptoProvider;

/// Makes ring the process's default provider, which a plain `reqwest` client takes. Does nothing the second time, and
/// nothing when somebody else was first. Our own connections name the provider and need no default.
pub fn install_provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    static RING: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    RING.get_or_init(|| Arc::new(rustls::crypto::ring::default_provider())).clone()
}
