//! Whom we believe: the system's authorities and the configured ones, or a mapped host's own. Verification is never off.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::time_provider::TimeProvider;
use rustls::{DigitallySignedStruct, Error as TlsError, RootCertStore, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::sync::OnceCell;

use super::fault::Fault;
use super::hosts::MappedHost;
use super::provider::provider;
use crate::clock::Clock;

/// The verifiers of one network. The system's authorities are read on the first connection that needs them.
#[derive(Debug, Default)]
pub(super) struct Trust {
    extra: Vec<CertificateDer<'static>>,
    system: OnceCell<Arc<dyn ServerCertVerifier>>,
}

impl Trust {
    /// `extra`: authorities besides the system's, DER. Refused (`net.config`) where one is no certificate.
    pub fn new(extra: &[Vec<u8>]) -> Result<Self, Fault> {
        roots(extra)?;
        Ok(Self { extra: extra.iter().cloned().map(CertificateDer::from).collect(), system: OnceCell::new() })
    }

    pub async fn verifier(&self, mapped: Option<&MappedHost>) -> Result<Arc<dyn ServerCertVerifier>, Fault> {
        match mapped {
            Some(host) if host.only_these_anchors => {
                let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots(&host.anchors)?), provider());
                verifier.build().map(|v| v as Arc<dyn ServerCertVerifier>).map_err(|_| no_anchor())
            }
            Some(host) if !host.anchors.is_empty() => {
                let own = host.anchors.iter().cloned().map(CertificateDer::from);
                system(self.extra.iter().cloned().chain(own).collect()).await
            }
            _ => self.system.get_or_try_init(|| system(self.extra.clone())).await.cloned(),
        }
    }
}

fn no_anchor() -> Fault {
    Fault::new("net.config", "no authority is given to trust for this host", "name at least one certificate")
}

fn roots(anchors: &[Vec<u8>]) -> Result<RootCertStore, Fault> {
    let mut store = RootCertStore::empty();
    for der in anchors {
        store.add(CertificateDer::from(der.clone())).map_err(|_| {
            Fault::new("net.config", "one of the extra authorities is not a certificate", "give it as an X.509 file")
        })?;
    }
    Ok(store)
}

/// Reads the system's store on a thread that may wait for the disk.
async fn system(extra: Vec<CertificateDer<'static>>) -> Result<Arc<dyn ServerCertVerifier>, Fault> {
    let none = || {
        let hint = "install the ca-certificates package, or name the bank's authority in the configuration";
        Fault::new("tls.trust-store", "this system's store of authorities cannot be read or is empty", hint)
    };
    let load = move || rustls_platform_verifier::Verifier::new_with_extra_roots(extra, provider());
    let verifier = tokio::task::spawn_blocking(load).await.map_err(|_| none())?.map_err(|_| none())?;
    Ok(Arc::new(verifier))
}

/// Asks the true verifier and remembers which certificates were shown: a refused chain is worth seeing. The verdict is
/// never changed.
#[derive(Debug)]
pub(super) struct Witness {
    inner: Arc<dyn ServerCertVerifier>,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// The server's certificates as they came, leaf first.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenChain(Arc<Mutex<Vec<Vec<u8>>>>);

impl SeenChain {
    pub fn all(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
    pub fn witness(&self, inner: Arc<dyn ServerCertVerifier>) -> Arc<Witness> {
        Arc::new(Witness { inner, seen: self.0.clone() })
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let chain = std::iter::once(leaf).chain(others).map(|c| c.to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        self.inner.verify_server_cert(leaf, others, name, ocsp, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls12_signature(message, cert, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        self.inner.verify_tls13_signature(message, cert, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Our clock, as rustls asks for it: a certificate is judged by the same time as everything else.
pub(super) struct TlsTime(pub Arc<dyn Clock>);

impl TimeProvider for TlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from(self.0.now().seconds()).ok()?;
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for TlsTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsTime")
    }
}
