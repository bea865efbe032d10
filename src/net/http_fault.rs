//! Why HTTP failed on a connection that stood: the server left, was silent, or does not speak HTTP/1.1.

use std::io;

use rustls::Error as TlsError;

use super::fault::{Fault, cause, shown};
use super::handshake::Handshake;
use super::limits::Limits;
use super::tape::{HeadOverLimit, Silence};
use super::target::Target;
use crate::flow::exchange::NetPhase;

/// How a body ended that did not end well.
pub(super) enum BodyEnd {
    /// The connection is gone; what came is kept.
    Cut,
    Fault(Fault),
}

/// No complete head came.
pub(super) fn no_head(error: &hyper::Error, handshake: &Handshake, target: &Target, limits: &Limits) -> Fault {
    if let Some(known) = common(error, handshake, target, limits) {
        return known;
    }
    let fault = match cause::<io::Error>(error) {
        Some(io) => Fault::broken(io),
        None if error.is_incomplete_message() => Fault::closed(),
        // The connection ended and hyper no longer knows how.
        None if error.is_canceled() || error.is_closed() => Fault::closed(),
        None => malformed(target, error),
    };
    match handshake.about_our_certificate(target) {
        Some(hint) if matches!(fault.id, "net.reset" | "net.closed") => Fault { hint, ..fault },
        _ => fault,
    }
}

/// The head came; the body did not end as it should.
pub(super) fn body_end(error: &hyper::Error, handshake: &Handshake, target: &Target, limits: &Limits) -> BodyEnd {
    use io::ErrorKind as K;
    if let Some(known) = common(error, handshake, target, limits) {
        return BodyEnd::Fault(known.at(NetPhase::Body));
    }
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(K::UnexpectedEof | K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe) => BodyEnd::Cut,
        None if error.is_incomplete_message() || error.is_canceled() || error.is_closed() => BodyEnd::Cut,
        // hyper tells a broken chunk as an input error.
        _ => BodyEnd::Fault(malformed(target, error).at(NetPhase::Body)),
    }
}

fn common(error: &hyper::Error, handshake: &Handshake, target: &Target, limits: &Limits) -> Option<Fault> {
    let host = shown(&target.host);
    if cause::<Silence>(error).is_some() {
        return Some(Fault::timeout("net.timeout.read", &format!("nothing came from {host}"), limits.idle));
    }
    if cause::<HeadOverLimit>(error).is_some() || error.is_parse_too_large() {
        let text = format!("{host} sent more than {} headers or {} bytes of them", limits.headers, limits.head);
        return Some(Fault::new("net.head-too-large", text, "tell the bank; no client takes that much"));
    }
    cause::<TlsError>(error).map(|tls| handshake.fault(target, tls))
}

fn malformed(target: &Target, error: &hyper::Error) -> Fault {
    // hyper's own line names the rule that was broken and repeats nothing of what came.
    let text = format!("the answer of {} is not valid HTTP/1.1: {error}", shown(&target.host));
    Fault::new("net.malformed", text, "check host and port; another kind of server answers like this")
}
