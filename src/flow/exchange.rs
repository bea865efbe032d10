//! One HTTP exchange as plain data: what is to be sent, and what crossed the wire. No I/O here.

use std::fmt;
use std::time::Duration;

use crate::time::Timestamp;

/// A request, complete: nothing is added to it afterwards but `Host` and `Content-Length`.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    pub url: String,
    /// In the order and case in which they go out.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The key role whose certificate is offered in the TLS handshake.
    pub mtls: Option<String>,
}

/// Shows method, scheme and host; the rest may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.url.split(['?', '#']).next().unwrap_or_default();
        write!(f, "Request({} {shown}, {} headers, {} bytes)", self.method, self.headers.len(), self.body.len())
    }
}

/// Everything that was seen of one exchange.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// Request line and headers exactly as written to the connection, with their line ends.
    pub request_head: Vec<u8>,
    pub request_body: Vec<u8>,
    /// None: the connection broke before a complete status line and headers came.
    pub response: Option<Response>,
    pub phases: Phases,
    pub tls: Option<TlsFacts>,
    /// The socket address that answered.
    pub peer: Option<String>,
    pub started_at: Timestamp,
    pub ended_at: Timestamp,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Exchange(status {:?}, {:?})", self.response.as_ref().map(|r| r.status), self.phases)
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub reason: String,
    /// Status line and headers exactly as received, with their line ends.
    pub head: Vec<u8>,
    /// In wire order, names as spelt by the server, repeated names repeated.
    pub headers: Vec<(String, String)>,
    /// Content after transfer and content encodings were undone, cut at the size limit.
    pub body: Vec<u8>,
    /// What became of the body; anything but `Whole` fails a step.
    pub completeness: Completeness,
}

impl Exchange {
    /// The other clock minus ours, seconds, from the `Date` header (RFC 9110 §6.6.1).
    pub fn skew(&self) -> Option<i64> {
        let date = self.response.as_ref()?.header("date")?;
        let theirs = httpdate::parse_http_date(date).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(i64::try_from(theirs.as_secs()).ok()? - self.ended_at.seconds())
    }
}

impl Response {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes, {:?})", self.status, self.body.len(), self.completeness)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    Whole,
    /// The connection ended before the announced length.
    Incomplete,
    /// More came than the limit allows; the first part is kept.
    OverLimit,
}

/// How long each part took. None: that part did not happen or did not end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    pub dns: Option<Duration>,
    pub tcp: Option<Duration>,
    pub tls: Option<Duration>,
    /// From the first byte sent to the first byte received.
    pub wait: Option<Duration>,
    pub body: Option<Duration>,
}

impl Phases {
    pub fn total(&self) -> Duration {
        [self.dns, self.tcp, self.tls, self.wait, self.body].into_iter().flatten().sum()
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLS 1.3` or `TLS 1.2`.
    pub version: String,
    /// IANA name, `TLS13_AES_256_GCM_SHA384`.
    pub cipher: String,
    pub group: Option<String>,
    pub alpn: Option<String>,
    pub resumed: bool,
    /// The server's certificates, leaf first, DER.
    pub server_chain: Vec<Vec<u8>>,
    pub client_certificate: ClientCertificate,
    /// Distinguished names the server named in its certificate request, as RFC 4514 text.
    pub acceptable_issuers: Vec<String>,
    /// Who issued our certificate and those sent with it, as RFC 4514 text; empty: none was sent.
    pub our_issuers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificate {
    NotAsked,
    /// The server asked and we had none for this host.
    AskedNoneSent,
    /// `subject` as RFC 4514 text, `x5t_s256` of RFC 8705 §3.1.
    Sent {
        subject: String,
        x5t_s256: String,
    },
}

/// Where an exchange ended when it did not end well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetPhase {
    /// The host is not on the profile's allow list, or the URL is not one we may call: nothing was opened.
    Refused,
    Dns,
    Connect,
    Tls,
    Send,
    Wait,
    Body,
}

/// A failure of the network or of TLS, in words a person can act on. Never holds a URL's query, a header or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct NetError {
    /// Stable, `net.dns`, `net.refused`, `tls.certificate-required`, …
    pub id: &'static str,
    pub phase: NetPhase,
    pub text: String,
    /// The next thing to try.
    pub hint: String,
    /// Whether bytes of the request may have reached the server: then the outcome is unknown.
    pub sent: bool,
    /// The key store's own failure, where the handshake failed because a key refused.
    pub key: bool,
    /// What was seen before it broke.
    pub partial: Option<Box<Exchange>>,
}
