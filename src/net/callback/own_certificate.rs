//! The certificate that a listener shows where the redirect URI is https: made for one sign-in, signed by nobody else.
//! A browser warns of it; the person compares its fingerprint.

use std::net::IpAddr;
use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509NameBuilder};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::flow::exchange::NetError;
use crate::jose::SecretJwk;
use crate::keys::KeySpec;
use crate::net::fault::Fault;
use crate::net::provider::provider;
use crate::time::Timestamp;

/// Days, before and after now: clocks differ.
const DAY: i64 = 86_400;

/// With its key, ready to be shown.
pub struct OwnCertificate {
    acceptor: TlsAcceptor,
    sha256: [u8; 32],
}

/// Why no connection came about.
#[derive(Debug)]
pub enum NotTaken {
    /// The other side gave up: it does not know the certificate.
    Unsure,
    /// What came is no TLS.
    NoTls,
}

impl OwnCertificate {
    /// For that name of this machine.
    ///
    /// # Errors
    /// `callback.certificate`: the machine can make no key.
    pub fn make(host: &str, now: Timestamp) -> Result<Self, NetError> {
        let failed = |why: String| {
            let hint = "register a redirect URI with http on loopback, or paste the address that the browser ends on";
            Fault::new("callback.certificate", format!("no certificate for {host} could be made: {why}"), hint)
                .refused()
        };
        let key = SecretJwk::generate(KeySpec::P256).map_err(|e| failed(e.to_string()))?;
        let pkcs8 = key.to_pkcs8_der();
        let der = certificate(host, pkcs8.expose(), now).map_err(|e| failed(e.to_string()))?;
        let sha256 = openssl::sha::sha256(&der);
        let chain = vec![CertificateDer::from(der)];
        let key = PrivatePkcs8KeyDer::from(pkcs8.expose().to_vec());
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .and_then(|b| b.with_no_client_auth().with_single_cert(chain, key.into()))
            .map_err(|e| failed(e.to_string()))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), sha256 })
    }

    /// As browsers show it.
    pub fn fingerprint(&self) -> String {
        self.sha256.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":")
    }

    pub async fn accept(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, NotTaken> {
        self.acceptor.accept(stream).await.map_err(|e| {
            let alert = e.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>());
            if matches!(alert, Some(rustls::Error::AlertReceived(_))) { NotTaken::Unsure } else { NotTaken::NoTls }
        })
    }
}

fn certificate(host: &str, pkcs8: &[u8], now: Timestamp) -> Result<Vec<u8>, ErrorStack> {
    let key = PKey::private_key_from_pkcs8(pkcs8)?;
    let mut name = X509NameBuilder::new()?;
    name.append_entry_by_nid(Nid::COMMONNAME, "countersign on this machine")?;
    let name = name.build();
    let mut serial = BigNum::new()?;
    serial.rand(127, openssl::bn::MsbOption::ONE, false)?;
    let mut made = X509::builder()?;
    made.set_version(2)?;
    let serial = serial.to_asn1_integer()?;
    made.set_serial_number(&serial)?;
    made.set_subject_name(&name)?;
    made.set_issuer_name(&name)?;
    made.set_pubkey(&key)?;
    let at = |seconds: i64| Asn1Time::from_unix(now.seconds().saturating_add(seconds));
    let (from, until) = (at(-DAY)?, at(DAY)?);
    made.set_not_before(&from)?;
    made.set_not_after(&until)?;
    let mut names = SubjectAlternativeName::new();
    if host.parse::<IpAddr>().is_ok() {
        names.ip(host)
    } else {
        names.dns(host)
    };
    let names = names.build(&made.x509v3_context(None, None))?;
    made.append_extension(names)?;
    made.append_extension(BasicConstraints::new().critical().build()?)?;
    made.append_extension(ExtendedKeyUsage::new().server_auth().build()?)?;
    made.sign(&key, MessageDigest::sha256())?;
    made.build().to_der()
}
