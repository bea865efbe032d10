//! Takes what somebody else posts to this machine (RFC 8935): one request per connection, a few seconds, a few kilobytes. The
//! sender waits until it was looked at.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::connection::read_head;
use super::head::Head;
use super::own_certificate::OwnCertificate;
use super::place::Place;
use super::{Desk, MOST_NOTES, READ, serve, sockets};
use crate::flow::delivery::{Delivery, LONGEST, Receipt};
use crate::flow::exchange::NetError;
use crate::time::Timestamp;

/// For it to be looked at: its keys may have to be fetched.
const JUDGED: Duration = Duration::from_mins(1);
const WRITE: Duration = Duration::from_secs(2);
/// Kinds of body: an event (RFC 8935 §2.1), as the UK's banks send it, or a ping (CIBA §10.2).
const KINDS: [&str; 4] = ["application/secevent+jwt", "application/jwt", "application/jose", "application/json"];

/// Listens until it is dropped, which closes the port and every connection at once.
pub struct Inbox {
    came: mpsc::Receiver<Posted>,
    notes: mpsc::Receiver<&'static str>,
    pub addresses: Vec<std::net::SocketAddr>,
    /// SHA-256 of the certificate that is shown, where it listens with https.
    pub fingerprint: Option<String>,
    /// Aborted when dropped.
    _tasks: JoinSet<()>,
}

/// One request, whose sender waits.
pub struct Posted {
    pub delivery: Delivery,
    receipt: oneshot::Sender<Receipt>,
    written: oneshot::Receiver<()>,
}

impl Posted {
    /// Tells the sender, and waits until they have it, or are gone.
    pub async fn answer(self, receipt: Receipt) {
        if self.receipt.send(receipt).is_ok() {
            // an error: the connection ended
            let _ = self.written.await;
        }
    }
}

/// What an inbox has to tell.
pub enum Heard {
    Posted(Posted),
    Note(&'static str),
}

struct Door {
    place: Place,
    own: Option<OwnCertificate>,
    came: mpsc::Sender<Posted>,
    /// Full: who floods it is not noted any more.
    notes: mpsc::Sender<&'static str>,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Inbox {
    /// # Errors
    /// `callback.port` where it cannot be opened, `callback.certificate` where none can be made.
    pub async fn open(place: Place, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) -> Result<Self, NetError> {
        let own = place.tls.then(|| OwnCertificate::make(&place.host, clock())).transpose()?;
        let sockets = sockets(&place, "end what uses the port, choose another, or paste what was sent").await?;
        let fingerprint = own.as_ref().map(OwnCertificate::fingerprint);
        let addresses = sockets.iter().filter_map(|s| s.local_addr().ok()).collect();
        // one at a time: the next waits in its connection
        let (came, heard) = mpsc::channel(1);
        let (notes, noted) = mpsc::channel(MOST_NOTES);
        let door = Arc::new(Door { place, own, came, notes, clock });
        let mut tasks = JoinSet::new();
        for socket in sockets {
            tasks.spawn(serve(socket, door.clone()));
        }
        Ok(Self { came: heard, notes: noted, addresses, fingerprint, _tasks: tasks })
    }

    /// Loses nothing when it is dropped before its end.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            Some(note) = self.notes.recv() => Heard::Note(note),
            Some(posted) = self.came.recv() => Heard::Posted(posted),
            else => std::future::pending().await,
        }
    }
}

impl Desk for Door {
    async fn serve(self: Arc<Self>, stream: TcpStream) {
        match &self.own {
            None => self.speak(stream).await,
            Some(own) => {
                if let Ok(Ok(stream)) = tokio::time::timeout(READ, own.accept(stream)).await {
                    self.speak(stream).await;
                }
            }
        }
    }
}

impl Door {
    async fn speak(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
        let (text, written) = match tokio::time::timeout(READ, self.read(&mut stream)).await {
            Ok(Some(Ok(delivery))) => self.judged(delivery).await,
            Ok(Some(Err(refusal))) => (refusal.response(), None),
            // what came is no request, and gets no answer
            Ok(None) | Err(_) => return,
        };
        let write = async {
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        };
        let _ = tokio::time::timeout(WRITE, write).await;
        if let Some(written) = written {
            // whoever waited for that may be gone
            let _ = written.send(());
        }
    }

    async fn judged(&self, delivery: Delivery) -> (String, Option<oneshot::Sender<()>>) {
        let (receipt, told) = oneshot::channel();
        let (written, heard) = oneshot::channel();
        let posted = Posted { delivery, receipt, written: heard };
        let look = async {
            self.came.send(posted).await.ok()?;
            told.await.ok()
        };
        match tokio::time::timeout(JUDGED, look).await {
            Ok(Some(receipt)) => (spoken(&receipt), Some(written)),
            _ => (Refusal::Busy.response(), None),
        }
    }

    /// None: no request.
    async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<Result<Delivery, Refusal>> {
        let (head, rest) = read_head(stream).await?;
        Some(match self.refused(&head) {
            Some(refusal) => Err(refusal),
            None => self.body(stream, head, rest).await,
        })
    }

    fn note(&self, note: &'static str) {
        let _ = self.notes.try_send(note);
    }

    fn refused(&self, head: &Head) -> Option<Refusal> {
        let ours = |host: &str| {
            let listening = self.place.addresses().any(|a| host.eq_ignore_ascii_case(&a.to_string()));
            listening || host.eq_ignore_ascii_case(&self.place.authority)
        };
        if !matches!(head.one("host"), Ok(Some(host)) if ours(host)) {
            self.note("a request for another name came, and was refused");
            return Some(Refusal::Misdirected);
        }
        // no browser is waited for
        if head.one("origin") != Ok(None) {
            self.note("a request from a page in a browser came, and was refused");
            return Some(Refusal::Foreign);
        }
        if head.path != self.place.path {
            return Some(Refusal::NotFound);
        }
        (head.method != "POST").then_some(Refusal::Method)
    }

    async fn body(
        &self,
        stream: &mut (impl AsyncRead + Unpin),
        head: Head,
        mut body: Vec<u8>,
    ) -> Result<Delivery, Refusal> {
        let is_known = |kind: &str| {
            let kind = kind.split(';').next().unwrap_or_default().trim();
            KINDS.iter().any(|known| kind.eq_ignore_ascii_case(known))
        };
        if !matches!(head.one("content-type"), Ok(Some(kind)) if is_known(kind)) {
            self.note("a body of another kind came, and was refused");
            return Err(Refusal::MediaType);
        }
        let length = head.one("content-length").ok().flatten().filter(|l| l.bytes().all(|b| b.is_ascii_digit()));
        let Some(length) =
            length.and_then(|l| l.parse::<usize>().ok()).filter(|_| head.one("transfer-encoding") == Ok(None))
        else {
            return Err(Refusal::Length);
        };
        if length > LONGEST {
            self.note("more came than is read, and was refused");
            return Err(Refusal::TooLarge);
        }
        while body.len() < length {
            if stream.read_buf(&mut body).await.unwrap_or(0) == 0 {
                return Err(Refusal::Cut);
            }
        }
        body.truncate(length);
        let body = String::from_utf8(body).map_err(|_| Refusal::Cut)?;
        Ok(Delivery { headers: head.into_headers(), body, received_at: (self.clock)() })
    }
}

/// What is not looked at.
#[derive(Clone, Copy)]
enum Refusal {
    Cut,
    Foreign,
    NotFound,
    Method,
    Length,
    TooLarge,
    MediaType,
    Misdirected,
    Busy,
}

impl Refusal {
    fn response(self) -> String {
        let (status, why) = match self {
            Self::Cut => ("400 Bad Request", "The body is not whole, or no UTF-8."),
            Self::Foreign => ("403 Forbidden", "Nothing is taken from pages in a browser."),
            Self::NotFound => ("404 Not Found", "Nothing is waited for here."),
            Self::Method => ("405 Method Not Allowed", "POST alone is taken."),
            Self::Length => ("411 Length Required", "Content-Length is wanted."),
            Self::TooLarge => ("413 Content Too Large", "At most 64 kB are read."),
            Self::MediaType => ("415 Unsupported Media Type", "application/secevent+jwt is wanted."),
            Self::Misdirected => ("421 Misdirected Request", "Nothing is waited for under that name."),
            Self::Busy => ("503 Service Unavailable", "It could not be looked at: send it again."),
        };
        let allow = if matches!(self, Self::Method) { "Allow: POST\r\n" } else { "" };
        whole(status, allow, Some(("invalid_request", why)))
    }
}

fn spoken(receipt: &Receipt) -> String {
    let status = match receipt.status {
        200 => "200 OK",
        202 => "202 Accepted",
        204 => "204 No Content",
        401 => "401 Unauthorized",
        503 => "503 Service Unavailable",
        other if (200..300).contains(&other) => "202 Accepted",
        _ => "400 Bad Request",
    };
    let mut more =
        receipt.interaction.as_ref().map_or_else(String::new, |id| format!("x-fapi-interaction-id: {id}\r\n"));
    if receipt.status == 401 {
        more.push_str("WWW-Authenticate: Bearer\r\n");
    }
    whole(status, &more, receipt.error.as_ref().map(|(code, why)| (*code, why.as_str())))
}

/// The whole response; `error` as RFC 8935 §2.3 wants it.
fn whole(status: &str, more: &str, error: Option<(&str, &str)>) -> String {
    let body = error
        .map_or_else(String::new, |(err, description)| json!({ "err": err, "description": description }).to_string());
    let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\nContent-Language: en\r\n" };
    let length = if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("HTTP/1.1 {status}\r\n{more}{kind}{length}Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}")
}
