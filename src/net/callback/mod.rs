//! Takes the answer of the bank's page on this machine: a listener on exactly the redirect URI, for one sign-in.
//!
//! What does not hold the right `state` gets a fixed page, and the listener waits on. Nothing that comes in is ever
//! repeated in a page. Written by hand, because everything about it is a limit: one request per connection, a few
//! seconds, a few kilobytes.

mod connection;
mod head;
pub mod inbox;
mod own_certificate;
mod page;
mod place;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use crate::flow::callback::{Authorization, Params};
use crate::flow::exchange::NetError;
use crate::net::fault::Fault;
use crate::time::Timestamp;
use own_certificate::OwnCertificate;
pub use place::Place;

/// Connections at a time; one more ends the oldest.
const MOST: usize = 64;
/// Notes of one listener: who floods it floods nobody else.
const MOST_NOTES: usize = 20;
/// For a whole request to come.
const READ: Duration = Duration::from_secs(5);
/// How long a port may still be held by a listener that ends.
const TAKEN: Duration = Duration::from_secs(1);

/// Listens until it is dropped, which closes the port and every connection at once.
pub struct Listener {
    answers: mpsc::Receiver<Params>,
    notes: mpsc::UnboundedReceiver<&'static str>,
    pub addresses: Vec<SocketAddr>,
    /// SHA-256 of the certificate that is shown, if the redirect URI is https: hex in upper case, with colons.
    pub fingerprint: Option<String>,
    /// Aborted when dropped.
    _tasks: JoinSet<()>,
}

/// What every connection knows.
pub(super) struct Gate {
    place: Place,
    /// None: plain http.
    own: Option<OwnCertificate>,
    request: Authorization,
    /// Origins from which a form may be posted.
    origins: Vec<String>,
    /// For a whole request to come.
    read: Duration,
    answered: AtomicBool,
    answers: mpsc::Sender<Params>,
    notes: mpsc::UnboundedSender<&'static str>,
    noted: AtomicUsize,
}

impl Gate {
    fn note(&self, note: &'static str) {
        if self.noted.fetch_add(1, Ordering::Relaxed) < MOST_NOTES {
            // nobody may listen any more
            let _ = self.notes.send(note);
        }
    }

    /// Whether this is the first answer.
    fn is_first(&self) -> bool {
        !self.answered.swap(true, Ordering::SeqCst)
    }
}

impl Listener {
    /// Opens the port. `origins` may post to it; a certificate that it needs is good from `now` on.
    ///
    /// # Errors
    /// `callback.port` where it cannot be opened, `callback.certificate` where none can be made.
    pub async fn open(
        place: Place,
        request: Authorization,
        origins: Vec<String>,
        now: Timestamp,
    ) -> Result<Self, NetError> {
        Self::open_for(place, request, origins, READ, now).await
    }

    async fn open_for(
        place: Place,
        request: Authorization,
        origins: Vec<String>,
        read: Duration,
        now: Timestamp,
    ) -> Result<Self, NetError> {
        let own = place.tls.then(|| OwnCertificate::make(&place.host, now)).transpose()?;
        let sockets = sockets(&place, "end what uses the port, or paste the address that the browser ends on").await?;
        let fingerprint = own.as_ref().map(OwnCertificate::fingerprint);
        let addresses = sockets.iter().filter_map(|s| s.local_addr().ok()).collect();
        // room for the one answer that is taken
        let (answers, heard) = mpsc::channel(1);
        let (notes, noted) = mpsc::unbounded_channel();
        let gate = Arc::new(Gate {
            place,
            own,
            request,
            origins,
            read,
            answered: AtomicBool::new(false),
            answers,
            notes,
            noted: AtomicUsize::new(0),
        });
        let mut tasks = JoinSet::new();
        for socket in sockets {
            tasks.spawn(serve(socket, gate.clone()));
        }
        Ok(Self { answers: heard, notes: noted, addresses, fingerprint, _tasks: tasks })
    }

    /// The answer, or a word about something else that came. Loses nothing when it is dropped before its end.
    pub async fn next(&mut self) -> Heard {
        tokio::select! {
            biased;
            Some(note) = self.notes.recv() => Heard::Note(note),
            Some(params) = self.answers.recv() => Heard::Answer(params),
            else => std::future::pending().await,
        }
    }
}

/// What a listener has to tell.
#[derive(Debug)]
pub enum Heard {
    Answer(Params),
    Note(&'static str),
}

/// Every address of the place that can be listened on.
async fn sockets(place: &Place, hint: &'static str) -> Result<Vec<TcpListener>, NetError> {
    let mut sockets = Vec::new();
    let mut refused = None;
    for address in place.addresses() {
        match bind(address).await {
            Ok(socket) => sockets.push(socket),
            Err(e) => refused = Some((address, e)),
        }
    }
    match refused.filter(|_| sockets.is_empty()) {
        None => Ok(sockets),
        Some((address, error)) => {
            let text = format!("{address} cannot be listened on: {}", reason(&error));
            Err(Fault::new("callback.port", text, hint).refused())
        }
    }
}

/// A port that an earlier sign-in of ours is leaving is free in a moment.
async fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let retry = async {
        loop {
            match TcpListener::bind(address).await {
                Err(e) if e.kind() == io::ErrorKind::AddrInUse => tokio::time::sleep(TAKEN / 10).await,
                done => return done,
            }
        }
    };
    match tokio::time::timeout(TAKEN, retry).await {
        Ok(done) => done,
        Err(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

fn reason(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "another program uses the port",
        io::ErrorKind::PermissionDenied => "the system does not allow that port",
        io::ErrorKind::AddrNotAvailable => "this machine does not have that address",
        _ => "the system refuses",
    }
}

/// What is done with one connection.
trait Desk: Send + Sync + 'static {
    fn serve(self: Arc<Self>, stream: TcpStream) -> impl Future<Output = ()> + Send;
}

impl Desk for Gate {
    fn serve(self: Arc<Self>, stream: TcpStream) -> impl Future<Output = ()> + Send {
        connection::serve(stream, self)
    }
}

async fn serve(socket: TcpListener, desk: Arc<impl Desk>) {
    let mut connections = JoinSet::new();
    let mut oldest: VecDeque<AbortHandle> = VecDeque::new();
    loop {
        tokio::select! {
            accepted = socket.accept() => match accepted {
                Ok((stream, _)) => {
                    oldest.retain(|c| !c.is_finished());
                    if oldest.len() >= MOST && let Some(first) = oldest.pop_front() {
                        first.abort();
                    }
                    oldest.push_back(connections.spawn(desk.clone().serve(stream)));
                }
                // no descriptor is free: the next moment may have one
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
