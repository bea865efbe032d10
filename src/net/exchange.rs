//! One exchange on one connection.
//!
//! ```text
//!   resolve ─► connect ─► TLS ─► Tap ─► Spell ─► hyper ─► content
//!                        Handshake   (records)  (spells)  (frames)   (decodes, limits)
//! ```
//!
//! One request, one connection, closed afterwards; no redirect is followed, nothing is tried twice. What was seen is in the
//! [`Trail`], whichever way it ends.

use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, timeout, timeout_at};

use super::content::{Content, Fed};
use super::convert::Outgoing;
use super::dial::{self, Resolve};
use super::fault::Fault;
use super::handshake::Handshake;
use super::hosts::MappedHost;
use super::http_fault::{BodyEnd, body_end, no_head};
use super::limits::Limits;
use super::mtls::{ClientIdentity, Patience};
use super::spell::Spell;
use super::tape::Tap;
use super::target::{Target, not_https};
use super::trail::Trail;
use super::trust::Trust;
use crate::clock::Clock;
use crate::flow::exchange::{Completeness, Exchange, NetError, NetPhase};

/// What all exchanges of a network share.
#[derive(Debug)]
pub(super) struct Ground {
    pub clock: Arc<dyn Clock>,
    pub trust: Trust,
    pub resolver: Arc<dyn Resolve>,
}

/// One exchange, ready to begin.
pub(super) struct Job {
    pub ground: Arc<Ground>,
    pub target: Target,
    pub mapped: Option<MappedHost>,
    pub outgoing: Outgoing,
    pub identity: Option<ClientIdentity>,
    pub limits: Limits,
}

/// `given_up` ends a signature that is being waited for; everything else ends when this future is dropped.
pub(super) async fn run(job: Job, given_up: watch::Receiver<()>) -> Result<Exchange, NetError> {
    let (clock, total) = (job.ground.clock.clone(), job.limits.total);
    let mut trail = Trail::new(clock.now(), job.limits.head, &job.outgoing);
    let handshake = Handshake::new(clock.clone(), job.identity.as_ref());
    let ended = timeout(total, walk(job, given_up, &handshake, &mut trail)).await;
    if trail.tls.is_none() {
        trail.tls = handshake.partial_facts();
    }
    match ended {
        Ok(Ok(())) => Ok(trail.end(clock.now())),
        Ok(Err(fault)) => Err(trail.fail(fault, clock.now())),
        Err(_) => Err(trail.fail(Fault::timeout("net.timeout.total", "the exchange did not end", total), clock.now())),
    }
}

async fn walk(job: Job, given_up: watch::Receiver<()>, handshake: &Handshake, trail: &mut Trail) -> Result<(), Fault> {
    let until = Instant::now() + job.limits.connect.min(job.limits.total);
    let opened = timeout_at(until, open(&job, handshake, Patience { until, given_up }, trail)).await;
    let stream = opened.unwrap_or_else(|_| Err(too_slow(&job, trail.phase)))?;

    trail.phase = NetPhase::Send;
    let tap = Tap::new(stream, trail.tape.clone(), job.limits.idle);
    let mut builder = http1::Builder::new();
    builder.max_headers(job.limits.headers).max_header_size(job.limits.head);
    let broken = |e: &hyper::Error| no_head(e, handshake, &job.target, &job.limits);
    let io = TokioIo::new(Spell::new(tap, job.outgoing.head));
    let (mut sender, connection) = builder.handshake(io).await.map_err(|e| broken(&e))?;
    let mut line = Line(Some(Box::pin(connection)));
    let response = line.drive(sender.send_request(job.outgoing.request)).await.map_err(|e| broken(&e))?;

    trail.status = Some(response.status().as_u16());
    let encodings = response.headers().get_all(http::header::CONTENT_ENCODING);
    trail.content = Some(Content::new(encodings.iter().filter_map(|v| v.to_str().ok()), job.limits.body));
    let ended = read_body(&mut line, response.into_body(), trail).await;
    trail.phases.body = trail.body_time();
    match ended {
        Ok(completeness) => trail.completeness = completeness,
        Err(error) => match body_end(&error, handshake, &job.target, &job.limits) {
            BodyEnd::Cut => trail.completeness = Completeness::Incomplete,
            BodyEnd::Fault(fault) => return Err(fault),
        },
    }
    if trail.completeness == Completeness::Whole {
        drop(sender);
        line.close().await;
    }
    Ok(())
}

/// A byte stream, with or without TLS.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn open(
    job: &Job,
    handshake: &Handshake,
    patience: Patience,
    trail: &mut Trail,
) -> Result<Box<dyn Stream>, Fault> {
    let target = &job.target;
    let addrs = match &job.mapped {
        Some(mapped) => vec![mapped.addr],
        None => {
            let began = Instant::now();
            let found = dial::addresses(&*job.ground.resolver, target.bare_host(), target.port).await?;
            trail.phases.dns = Some(began.elapsed());
            found
        }
    };
    // Without TLS the name alone is not enough: it has to lead to this machine.
    if !target.tls && !addrs.iter().map(SocketAddr::ip).all(|ip| ip.is_loopback()) {
        return Err(not_https(&target.host).at(NetPhase::Refused));
    }
    trail.phase = NetPhase::Connect;
    let began = Instant::now();
    let (tcp, peer) = dial::connect(&addrs).await?;
    trail.phases.tcp = Some(began.elapsed());
    trail.peer = Some(peer.to_string());
    if !target.tls {
        return Ok(Box::new(tcp));
    }
    trail.phase = NetPhase::Tls;
    let verifier = job.ground.trust.verifier(job.mapped.as_ref()).await?;
    let began = Instant::now();
    let (stream, facts) = handshake.make(tcp, target, verifier, job.identity.as_ref(), patience).await?;
    trail.phases.tls = Some(began.elapsed());
    trail.tls = Some(facts);
    Ok(Box::new(stream))
}

fn too_slow(job: &Job, phase: NetPhase) -> Fault {
    let host = &job.target.host;
    let what = match phase {
        NetPhase::Dns => format!("the address of {host} was not found"),
        NetPhase::Connect => format!("{host} did not take the connection"),
        _ => format!("{host} did not end the TLS handshake"),
    };
    Fault::timeout("net.timeout.connect", &what, job.limits.connect.min(job.limits.total))
}

async fn read_body<C>(line: &mut Line<C>, body: Incoming, trail: &mut Trail) -> Result<Completeness, hyper::Error>
where
    C: Future<Output = Result<(), hyper::Error>>,
{
    let mut body = body;
    // Set just before; a body without a place to go would be lost.
    let Some(content) = &mut trail.content else { return Ok(Completeness::Incomplete) };
    while let Some(frame) = line.drive(body.frame()).await {
        // Trailers are let by: nothing here reads them.
        let Ok(data) = frame?.into_data() else { continue };
        match content.feed(&data) {
            Fed::More => {}
            Fed::Full => return Ok(Completeness::OverLimit),
            Fed::Broken => return Ok(Completeness::Incomplete),
        }
    }
    Ok(match content.finish() {
        Fed::More => Completeness::Whole,
        Fed::Full => Completeness::OverLimit,
        Fed::Broken => Completeness::Incomplete,
    })
}

/// The connection's own work, done while something is waited for. Not a task: dropping the exchange drops the socket.
struct Line<C>(Option<Pin<Box<C>>>);

impl<C: Future<Output = Result<(), hyper::Error>>> Line<C> {
    async fn drive<F: Future>(&mut self, work: F) -> F::Output {
        let mut work = pin!(work);
        std::future::poll_fn(|cx| {
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done);
            }
            let Some(connection) = &mut self.0 else { return Poll::Pending };
            if connection.as_mut().poll(cx).is_ready() {
                self.0 = None;
                // Its result is told to whoever waits for the response or the body.
                return work.as_mut().poll(cx);
            }
            Poll::Pending
        })
        .await
    }

    /// Says goodbye (TLS `close_notify`), unless the server does not listen.
    async fn close(&mut self) {
        const AT_MOST: std::time::Duration = std::time::Duration::from_millis(100);
        if let Some(connection) = self.0.take() {
            let _ = timeout(AT_MOST, connection).await;
        }
    }
}
