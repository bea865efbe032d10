//! The TLS handshake of one exchange, and what is known after it.
//!
//! Every exchange has a configuration and a handshake of its own: no session, ticket or certificate choice of one identity
//! can reach another's, and each exchange shows whether the server asked for our certificate.

use std::io;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ClientConnection, Resumption};
use rustls::{ClientConfig, Error as TlsError, HandshakeKind, ProtocolVersion};
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::dn::Facts;
use super::fault::{Fault, cause};
use super::mtls::{Asked, ClientIdentity, Patience, Resolver, SharedAsked};
use super::provider::provider;
use super::target::Target;
use super::tls_fault::Scene;
use super::trust::{SeenChain, TlsTime};
use crate::clock::Clock;
use crate::flow::exchange::{ClientCertificate, NetPhase, TlsFacts};

/// One handshake to be made. Keeps what was seen also when it fails.
#[derive(Debug)]
pub(super) struct Handshake {
    clock: Arc<dyn Clock>,
    ours: Vec<Vec<u8>>,
    asked: SharedAsked,
    seen: SeenChain,
}

impl Handshake {
    pub fn new(clock: Arc<dyn Clock>, identity: Option<&ClientIdentity>) -> Self {
        let ours = identity.map(|i| i.chain.clone()).unwrap_or_default();
        Self { clock, ours, asked: SharedAsked::default(), seen: SeenChain::default() }
    }

    pub async fn make(
        &self,
        tcp: TcpStream,
        target: &Target,
        verifier: Arc<dyn ServerCertVerifier>,
        identity: Option<&ClientIdentity>,
        patience: Patience,
    ) -> Result<(TlsStream<TcpStream>, TlsFacts), Fault> {
        let resolver = Resolver::new(identity, self.asked.clone(), patience);
        let config = config(&self.clock, self.seen.witness(verifier), Arc::new(resolver))?;
        let name = ServerName::try_from(target.bare_host().to_owned())
            .map_err(|_| self.fault(target, &TlsError::UnsupportedNameType))?;
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp).await.map_err(|e| self.io(target, &e))?;
        let facts = self.facts(Some(stream.get_ref().1));
        Ok((stream, facts))
    }

    /// The fault for an error of the handshake, or for an alert that came with the first read.
    pub fn io(&self, target: &Target, error: &io::Error) -> Fault {
        use io::ErrorKind as K;
        match (cause::<TlsError>(error), error.kind()) {
            (Some(tls), _) => self.fault(target, tls),
            (None, K::UnexpectedEof) => self.scene(target, |s| s.cut(false)),
            (None, K::ConnectionReset | K::BrokenPipe | K::ConnectionAborted) => self.scene(target, |s| s.cut(true)),
            (None, _) => Fault::broken(error).at(NetPhase::Tls),
        }
    }

    pub fn fault(&self, target: &Target, error: &TlsError) -> Fault {
        self.scene(target, |scene| scene.fault(error))
    }

    /// What our certificate, or that there is none, may have to do with a server that left without a word: with TLS 1.3
    /// it looks at the certificate when the handshake is over here. None: it did not ask for one.
    pub fn about_our_certificate(&self, target: &Target) -> Option<String> {
        self.scene(target, |scene| {
            scene.asked.asked.then(|| match scene.asked.sent {
                true => format!("the server may not like our client certificate: {}", scene.notes()),
                false => "the server asked for a client certificate and got none: give this request one (mtls)".into(),
            })
        })
    }

    fn scene<T>(&self, target: &Target, look: impl FnOnce(Scene<'_>) -> T) -> T {
        let (server, asked) = (self.seen.all(), self.asked.lock());
        look(Scene {
            host: target.bare_host(),
            server: &server,
            ours: &self.ours,
            asked: &asked,
            now: self.clock.now(),
        })
    }

    /// What is known of TLS. Where the handshake did not end, version and cipher are empty. None: nothing was seen.
    pub fn partial_facts(&self) -> Option<TlsFacts> {
        let facts = self.facts(None);
        let nothing = facts.server_chain.is_empty() && facts.client_certificate == ClientCertificate::NotAsked;
        (!nothing).then_some(facts)
    }

    fn facts(&self, conn: Option<&ClientConnection>) -> TlsFacts {
        let asked = self.asked.lock();
        TlsFacts {
            version: conn.and_then(|c| c.protocol_version()).map(version).unwrap_or_default(),
            cipher: conn.and_then(|c| c.negotiated_cipher_suite()).map(|s| iana(s.suite())).unwrap_or_default(),
            group: conn.and_then(|c| c.negotiated_key_exchange_group()).map(|g| format!("{:?}", g.name())),
            alpn: conn.and_then(|c| c.alpn_protocol()).map(|a| String::from_utf8_lossy(a).into_owned()),
            resumed: conn.is_some_and(|c| c.handshake_kind() == Some(HandshakeKind::Resumed)),
            server_chain: self.seen.all(),
            client_certificate: certificate(&asked, &self.ours),
            acceptable_issuers: asked.issuers.clone(),
            our_issuers: if asked.sent { issuers(&self.ours) } else { Vec::new() },
        }
    }
}

fn config(
    clock: &Arc<dyn Clock>,
    verifier: Arc<dyn ServerCertVerifier>,
    resolver: Arc<Resolver>,
) -> Result<ClientConfig, Fault> {
    let time = Arc::new(TlsTime(clock.clone()));
    let builder = ClientConfig::builder_with_details(provider(), time)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|_| Fault::new("net.internal", "TLS cannot be set up", "report this"))?;
    // `dangerous` is rustls' word for a verifier of one's own: this one asks the true verifier and obeys it.
    let mut config = builder.dangerous().with_custom_certificate_verifier(verifier).with_client_cert_resolver(resolver);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.resumption = Resumption::disabled();
    // rustls' default, said here because it must stay so: no SSLKEYLOGFILE.
    config.key_log = Arc::new(rustls::NoKeyLog);
    Ok(config)
}

fn certificate(asked: &Asked, ours: &[Vec<u8>]) -> ClientCertificate {
    match (asked.asked, asked.sent, ours.first()) {
        (false, ..) => ClientCertificate::NotAsked,
        (true, true, Some(leaf)) => ClientCertificate::Sent {
            subject: Facts::of(leaf).map(|f| f.subject).unwrap_or_default(),
            x5t_s256: super::dn::thumbprint(leaf),
        },
        _ => ClientCertificate::AskedNoneSent,
    }
}

fn issuers(chain: &[Vec<u8>]) -> Vec<String> {
    chain.iter().filter_map(|der| Facts::of(der)).map(|f| f.issuer).collect()
}

fn version(v: ProtocolVersion) -> String {
    match v {
        ProtocolVersion::TLSv1_3 => "TLS 1.3".into(),
        ProtocolVersion::TLSv1_2 => "TLS 1.2".into(),
        other => format!("{other:?}"),
    }
}

/// rustls writes `TLS13_AES_…` for what the registry calls `TLS_AES_…` (RFC 8446 §B.4).
fn iana(suite: rustls::CipherSuite) -> String {
    format!("{suite:?}").replacen("TLS13_", "TLS_", 1)
}
