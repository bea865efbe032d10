//! A plain GET for what is no step of a flow: a key set or metadata that a person names (`inspect --jwks URL`).
//!
//! Nothing is recorded and no credential is sent. Host map and trust are the network's; there is no allow list, because the
//! person typed the URL.

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;

use super::Network;
use super::fault::{Fault, cause, shown};
use super::provider::{install_provider, provider};
use super::target::Target;
use super::tls_fault::Scene;
use super::trust::{SeenChain, TlsTime};
use crate::flow::exchange::{NetError, NetPhase};

/// What came, whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Fetched {
    pub status: u16,
    pub content_type: Option<String>,
    /// Its clock (RFC 9110 §6.6.1), epoch seconds.
    pub date: Option<i64>,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Fetched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fetched({}, {} bytes)", self.status, self.body.len())
    }
}

/// The most that is read, after decoding.
const LIMIT: usize = 1 << 20;
const CONNECT: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(10);
const TOTAL: Duration = Duration::from_secs(30);

impl Network {
    /// Gets a document of at most 1 MB. A redirect is not followed: its status comes back.
    ///
    /// # Errors
    /// [`NetError`] as for [`Network::send`], and `net.too-large`; never with a partial exchange.
    pub async fn fetch(&self, url: &str) -> Result<Fetched, NetError> {
        let target = Target::parse(url).map_err(Fault::refused)?;
        let seen = SeenChain::default();
        self.get(&target, &seen).await.map_err(|fault| NetError {
            phase: fault.phase.unwrap_or(NetPhase::Wait),
            // A GET without credentials: whether it was sent decides nothing.
            ..fault.refused()
        })
    }

    async fn get(&self, target: &Target, seen: &SeenChain) -> Result<Fetched, Fault> {
        let at = |error: reqwest::Error| self.explain(&error.without_url(), target, seen);
        let client = self.client(target, seen).await?;
        let (url, host) = self.place(target)?;
        let mut response = client.get(url).header(http::header::HOST, host).send().await.map_err(at)?;
        let status = response.status().as_u16();
        let content_type = response.headers().get(http::header::CONTENT_TYPE);
        let content_type = content_type.and_then(|v| v.to_str().ok()).map(str::to_owned);
        let date = response.headers().get(http::header::DATE).and_then(|v| v.to_str().ok());
        let date = date.and_then(|v| httpdate::parse_http_date(v).ok());
        let date =
            date.and_then(|d| d.duration_since(std::time::UNIX_EPOCH).ok()).and_then(|d| d.as_secs().try_into().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(at)? {
            if body.len() + chunk.len() > LIMIT {
                let text = format!("the document at {} is larger than {} kB", shown(&target.host), LIMIT >> 10);
                return Err(Fault::new("net.too-large", text, "save it to a file and give that").at(NetPhase::Body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Fetched { status, content_type, date, body })
    }

    /// Where the request goes and what its `Host` is. `reqwest` takes a port from the URL before that of a mapped address,
    /// so the URL has the mapped one.
    fn place(&self, target: &Target) -> Result<(url::Url, String), Fault> {
        let mut url = target.url.clone();
        if let Some(mapped) = self.hosts.find(target)? {
            // Refused for schemes without ports only; ours have them.
            let _ = url.set_port(Some(mapped.addr.port()));
        }
        Ok((url, target.authority()))
    }

    /// One client for one document: nothing is pooled.
    #[expect(clippy::disallowed_methods, reason = "this is where the clients are built")]
    async fn client(&self, target: &Target, seen: &SeenChain) -> Result<reqwest::Client, Fault> {
        install_provider();
        let internal = || Fault::new("net.internal", "the HTTP client cannot be set up", "report this");
        let mapped = self.hosts.find(target)?;
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .https_only(target.tls)
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .read_timeout(IDLE)
            .timeout(TOTAL);
        if let Some(mapped) = mapped {
            builder = builder.resolve(target.bare_host(), mapped.addr);
        }
        if target.tls {
            let verifier = seen.witness(self.ground.trust.verifier(mapped).await?);
            let time = Arc::new(TlsTime(self.ground.clock.clone()));
            let config = ClientConfig::builder_with_details(provider(), time)
                .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
                .map_err(|_| internal())?
                .dangerous()
                .with_custom_certificate_verifier(verifier)
                .with_no_client_auth();
            builder = builder.tls_backend_preconfigured(config);
        }
        builder.build().map_err(|_| internal())
    }

    fn explain(&self, error: &reqwest::Error, target: &Target, seen: &SeenChain) -> Fault {
        let host = shown(&target.host);
        if let Some(tls) = cause::<rustls::Error>(error) {
            let (server, asked, now) = (seen.all(), super::mtls::Asked::default(), self.ground.clock.now());
            return Scene { host: target.bare_host(), server: &server, ours: &[], asked: &asked, now }.fault(tls);
        }
        if error.is_timeout() {
            return Fault::timeout("net.timeout.total", &format!("{host} did not answer"), TOTAL);
        }
        let kind = cause::<std::io::Error>(error).map(std::io::Error::kind);
        match kind {
            Some(std::io::ErrorKind::ConnectionRefused) => {
                let text = format!("the connection to {host} was refused");
                Fault::new("net.refused", text, "check host and port").at(NetPhase::Connect)
            }
            _ if error.is_connect() => {
                let text = format!("{host} cannot be reached");
                Fault::new("net.unreachable", text, "check the host, and whether this machine is online")
                    .at(NetPhase::Connect)
            }
            _ => Fault::new("net.io", format!("the document at {host} did not come whole"), "try again"),
        }
    }
}
