//! Servers for the tests: true TLS with certificates made on the spot, and raw sockets for what no true server says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::clock::SystemClock;
use crate::flow::exchange::{Exchange, NetError, Request};
use crate::jose::SecretJwk;
use crate::keys::memory::Memory;
use crate::keys::{Key, KeySpec};
use crate::net::provider::provider;
use crate::net::*;

pub const HOST: &str = "api.bank.example";

pub struct Authority {
    pub der: Vec<u8>,
    pub issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut p = CertificateParams::new(vec![]).unwrap();
        p.distinguished_name.push(DnType::CommonName, name);
        p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        p.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let der = p.self_signed(&key).unwrap().der().to_vec();
        Self { der, issuer: Issuer::new(p, key) }
    }

    /// A server's certificate and key.
    pub fn server(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> (Vec<u8>, KeyPair) {
        let mut p = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        change(&mut p);
        let key = KeyPair::generate().unwrap();
        (p.signed_by(&key, &self.issuer).unwrap().der().to_vec(), key)
    }

    /// A client's certificate for a key of ours.
    pub fn client(&self, key: Arc<dyn Key>, change: impl FnOnce(&mut CertificateParams)) -> ClientIdentity {
        let mut p = CertificateParams::new(vec![]).unwrap();
        p.distinguished_name = rcgen::DistinguishedName::new();
        p.distinguished_name.push(DnType::CountryName, "NO");
        p.distinguished_name.push(DnType::CommonName, key.info().label.clone());
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut p);
        let spki = rcgen::SubjectPublicKeyInfo::from_der(&key.info().public.to_spki_der()).unwrap();
        let leaf = p.signed_by(&spki, &self.issuer).unwrap().der().to_vec();
        ClientIdentity { chain: vec![leaf], key }
    }

    pub fn roots(&self) -> Arc<RootCertStore> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.der.clone())).unwrap();
        Arc::new(roots)
    }
}

pub fn config(
    (leaf, key): (Vec<u8>, KeyPair),
    clients: Option<&Authority>,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(provider()).with_protocol_versions(versions).unwrap();
    let builder = match clients {
        Some(ca) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(ca.roots(), provider()).build().unwrap(),
        ),
        None => builder.with_no_client_auth(),
    };
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let mut config = builder.with_single_cert(vec![CertificateDer::from(leaf)], key).unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

pub const BOTH: &[&SupportedProtocolVersion] = &[&rustls::version::TLS13, &rustls::version::TLS12];

pub trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
pub type Conn = Box<dyn Io>;

/// A server whose every connection is given to `script`; where TLS fails the script does not run.
pub struct Server {
    pub addr: SocketAddr,
    pub accepted: Arc<AtomicUsize>,
}

impl Server {
    pub async fn start<F, Fut>(tls: Option<Arc<ServerConfig>>, script: F) -> Self
    where
        F: Fn(Conn) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (count, script) = (accepted.clone(), Arc::new(script));
        tokio::spawn(async move {
            loop {
                let (tcp, _) = listener.accept().await.unwrap();
                tcp.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let (tls, script) = (tls.clone(), script.clone());
                tokio::spawn(async move {
                    match tls {
                        None => script(Box::new(tcp)).await,
                        Some(config) => {
                            if let Ok(stream) = tokio_rustls::TlsAcceptor::from(config).accept(tcp).await {
                                script(Box::new(stream)).await;
                            }
                        }
                    }
                });
            }
        });
        Self { addr, accepted }
    }

    /// Without TLS: reads a request, writes these bytes, closes.
    pub async fn says(answer: impl Into<Vec<u8>>) -> Self {
        let answer = Arc::new(answer.into());
        Self::start(None, move |mut conn| {
            let answer = answer.clone();
            async move {
                read_request(&mut conn).await;
                // The client may have seen enough before everything is written.
                let _ = conn.write_all(&answer).await;
                let _ = conn.shutdown().await;
            }
        })
        .await
    }

    pub fn connections(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }
}

/// Head and body of one request, by its content length. Shorter where the client left.
pub async fn read_request(conn: &mut Conn) -> Vec<u8> {
    let mut got = Vec::new();
    let mut buf = [0; 4096];
    loop {
        if let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
            if got.len() >= end + 4 + length {
                return got;
            }
        }
        match conn.read(&mut buf).await {
            Ok(n) if n > 0 => got.extend_from_slice(&buf[..n]),
            _ => return got,
        }
    }
}

/// Reads until the client is gone.
pub async fn until_gone(conn: &mut Conn) {
    let mut buf = vec![0; 1 << 16];
    while let Ok(n) = conn.read(&mut buf).await {
        if n == 0 {
            break;
        }
    }
}

pub fn get(url: &str) -> Request {
    Request { method: "GET".into(), url: url.into(), headers: vec![], body: vec![], mtls: None }
}

/// A network that reaches [`HOST`] at that address, with that authority, and nothing else.
pub fn closed_network(addr: SocketAddr, authority: &Authority) -> Network {
    let to = MappedHost { addr, anchors: vec![authority.der.clone()], only_these_anchors: true };
    let hosts = HostMap::closed().with(HOST, to);
    Network::new(NetConfig { hosts, ..NetConfig::new(Arc::new(SystemClock)) }).unwrap()
}

pub fn open_network() -> Network {
    Network::new(NetConfig::new(Arc::new(SystemClock))).unwrap()
}

pub fn allowed() -> Allowed {
    Allowed::new([HOST, "127.0.0.1", "localhost"]).unwrap()
}

/// A GET of a server without TLS.
pub async fn plain(server: &Server, limits: Limits) -> Result<Exchange, NetError> {
    open_network().send(&get(&server.url()), &allowed(), None, limits).await
}

/// A GET of [`HOST`] over TLS.
pub async fn secure(network: &Network, identity: Option<ClientIdentity>) -> Result<Exchange, NetError> {
    network.send(&get(&format!("https://{HOST}/")), &allowed(), identity, Limits::default()).await
}

pub const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

pub async fn answer_ok(mut conn: Conn) {
    read_request(&mut conn).await;
    conn.write_all(OK).await.unwrap();
    until_gone(&mut conn).await;
}

pub fn key(name: &str, spec: KeySpec) -> Arc<dyn Key> {
    Memory::new().insert(name, SecretJwk::generate(spec).unwrap(), vec![]).unwrap()
}
