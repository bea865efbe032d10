//! How a bank's servers do TLS: which certificate they show, and whose certificates they take.
//!
//! Every handshake is a full one. Without tickets and sessions a switch of trouble holds at once, and a client's
//! identity is proved anew on each connection.

use std::io;
use std::sync::Arc;

use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{DEFAULT_VERSIONS, RootCertStore, ServerConfig};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::ca::{Authority, Issued};
use super::clock::{Clock, TlsClock};
use super::trouble::{Switches, Trouble};

/// Whether a server asks who its client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handshake {
    /// It asks for no certificate.
    Plain,
    /// It takes a client without a certificate, but none of a stranger.
    Optional,
    /// It refuses a client without a certificate of the QTSP.
    Mutual,
}

/// A server for `host`, certified by the first authority; the second is the one whose clients it takes.
pub(super) fn server(
    host: &str,
    handshake: Handshake,
    (servers, clients): (&Authority, &Authority),
    clock: &Clock,
    trouble: &Switches,
) -> io::Result<ServerConfig> {
    let provider = Arc::new(default_provider());
    let verifier = match handshake {
        Handshake::Plain => WebPkiClientVerifier::no_client_auth(),
        Handshake::Optional | Handshake::Mutual => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from(clients.root_der().to_vec())).map_err(io::Error::other)?;
            let builder = WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(&provider));
            let builder = if handshake == Handshake::Optional { builder.allow_unauthenticated() } else { builder };
            builder.build().map_err(io::Error::other)?
        }
    };
    let shown = Shown {
        good: certified(&servers.server(host)?)?,
        expired: certified(&servers.expired_server(host)?)?,
        trouble: trouble.clone(),
    };
    let mut config = ServerConfig::builder_with_details(provider, Arc::new(TlsClock(Arc::clone(clock))))
        .with_protocol_versions(DEFAULT_VERSIONS)
        .map_err(io::Error::other)?
        .with_client_cert_verifier(verifier)
        .with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    Ok(config)
}

fn certified(issued: &Issued) -> io::Result<Arc<CertifiedKey>> {
    let chain = issued.chain.iter().cloned().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(issued.key.serialize_der()));
    Ok(Arc::new(CertifiedKey::new(chain, any_supported_type(&key).map_err(io::Error::other)?)))
}

/// The two certificates a server can show.
struct Shown {
    good: Arc<CertifiedKey>,
    expired: Arc<CertifiedKey>,
    trouble: Switches,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = if self.trouble.has(Trouble::ExpiredCertificate) { &self.expired } else { &self.good };
        Some(Arc::clone(shown))
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}
