//! A client for the sandbox's own tests: rustls and hyper, nothing of the program's network code.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::http::{HeaderMap, Request, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::crypto::ring::default_provider;
use rustls::{AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::clock::{Clock, TlsClock};
use crate::secret::Secret;

/// When the tests take place.
pub const NOW: i64 = 1_790_000_000;

/// A clock that stands still until it is set.
#[derive(Clone)]
pub struct Hands(Arc<AtomicI64>);

impl Hands {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW)))
    }
    pub fn clock(&self) -> Clock {
        let hands = Arc::clone(&self.0);
        Arc::new(move || hands.load(Ordering::Relaxed))
    }
    pub fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

/// A chain, leaf first, and its key.
pub type Identity<'a> = (&'a [Vec<u8>], &'a Secret);

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
    /// `error` of an error answer.
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
    /// Status and error at once, and some word of the description.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, error: &str, word: &str) {
        let said = self.json()["error_description"].as_str().unwrap_or_default().to_owned();
        assert_eq!((self.status, self.error().as_str()), (status, error), "{said}");
        assert!(said.contains(word), "{said:?} does not speak of {word:?}");
        assert_eq!(self.header("cache-control"), "no-store");
    }
}

/// A client with one set of trusted roots and perhaps one certificate.
#[derive(Clone)]
pub struct Caller(Arc<ClientConfig>);

impl Caller {
    pub fn new(root: &[u8], identity: Option<Identity<'_>>, clock: &Clock) -> Self {
        Self::with_versions(root, identity, clock, rustls::DEFAULT_VERSIONS)
    }

    pub fn with_versions(
        root: &[u8],
        identity: Option<Identity<'_>>,
        clock: &Clock,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(root.to_vec())).unwrap();
        let time = Arc::new(TlsClock(Arc::clone(clock)));
        let builder = ClientConfig::builder_with_details(Arc::new(default_provider()), time)
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots);
        Self(Arc::new(match identity {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(
                    chain.iter().cloned().map(CertificateDer::from).collect(),
                    PrivateKeyDer::from_pem_slice(key.expose().as_bytes()).unwrap(),
                )
                .unwrap(),
        }))
    }

    pub async fn connect(&self, addr: SocketAddr, host: &str) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).unwrap();
        TlsConnector::from(Arc::clone(&self.0)).connect(name, TcpStream::connect(addr).await?).await
    }

    /// One request on a connection of its own. The headers may replace `Host`.
    pub async fn send(
        &self,
        addr: SocketAddr,
        host: &str,
        request: (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Reply> {
        let stream = self.connect(addr, host).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let mut builder = Request::builder().method(request.0).uri(request.1);
        if !headers.iter().any(|(name, _)| *name == "host") {
            builder = builder.header(header::HOST, host);
        }
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        let request = builder.body(Full::new(Bytes::from(body.to_owned()))).unwrap();
        let response = sender.send_request(request).await.map_err(io::Error::other)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// The alert that ends a handshake, which TLS 1.3 shows on the first read only.
    pub async fn alert(&self, addr: SocketAddr, host: &str) -> AlertDescription {
        let attempt = async {
            let mut stream = self.connect(addr, host).await?;
            stream.write_all(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes()).await?;
            stream.read_exact(&mut [0; 16]).await
        };
        let error = attempt.await.expect_err("the handshake was to be refused");
        match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::AlertReceived(alert)) => *alert,
            other => panic!("no alert but {error:?} ({other:?})"),
        }
    }
}

/// One request over plain HTTP, as a browser on this machine sends it: status, `Location`, body.
pub async fn plainly(url: &str, method: &str, body: &str) -> (u16, String, String) {
    use http_body_util::{BodyExt as _, Full};
    use hyper::body::Bytes;
    let (address, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    let mut driving = tokio::task::JoinSet::new();
    driving.spawn(connection);
    let request = axum::http::Request::builder().method(method).uri(format!("/{path}"));
    let request = request.header("host", address).header("content-type", "application/x-www-form-urlencoded");
    let response = sender.send_request(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    let location = head.headers.get("location").map_or("", |v| v.to_str().unwrap()).to_owned();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status.as_u16(), location, String::from_utf8(body.to_vec()).unwrap())
}
