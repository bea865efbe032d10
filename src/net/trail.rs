//! What has been seen of one exchange so far. Always complete enough to be shown, wherever the exchange ends.

use std::time::Duration;

use tokio::time::Instant;

use super::content::Content;
use super::convert::Outgoing;
use super::fault::Fault;
use super::head;
use super::tape::SharedTape;
use crate::flow::exchange::{Completeness, Exchange, NetError, NetPhase, Phases, Response, TlsFacts};
use crate::time::Timestamp;

#[derive(Debug)]
pub(super) struct Trail {
    pub phase: NetPhase,
    pub phases: Phases,
    pub tls: Option<TlsFacts>,
    pub peer: Option<String>,
    pub started_at: Timestamp,
    pub tape: SharedTape,
    /// Bytes of our head and body, known before they are written.
    head_length: usize,
    body_length: usize,
    /// From hyper, which has judged the head.
    pub status: Option<u16>,
    pub content: Option<Content>,
    pub completeness: Completeness,
}

impl Trail {
    pub fn new(started_at: Timestamp, head_limit: usize, outgoing: &Outgoing) -> Self {
        Self {
            phase: NetPhase::Dns,
            phases: Phases::default(),
            tls: None,
            peer: None,
            started_at,
            tape: SharedTape::new(head_limit),
            head_length: outgoing.head.len(),
            body_length: outgoing.body_length,
            status: None,
            content: None,
            completeness: Completeness::Incomplete,
        }
    }

    pub fn end(self, now: Timestamp) -> Exchange {
        self.exchange(now)
    }

    pub fn fail(self, fault: Fault, now: Timestamp) -> NetError {
        let sent = self.tape.lock().first_sent.is_some();
        let phase = fault.phase.unwrap_or_else(|| self.phase_now());
        let partial = Some(Box::new(self.exchange(now)));
        NetError { id: fault.id, phase, text: fault.text, hint: fault.hint, sent, key: fault.key, partial }
    }

    /// Once the connection stands, the tape knows best.
    pub fn phase_now(&self) -> NetPhase {
        if self.phase != NetPhase::Send {
            return self.phase;
        }
        if self.status.is_some() {
            NetPhase::Body
        } else if self.tape.lock().sent.len() < self.head_length + self.body_length {
            NetPhase::Send
        } else {
            NetPhase::Wait
        }
    }

    fn exchange(mut self, ended_at: Timestamp) -> Exchange {
        let mut tape = self.tape.lock();
        let mut request_head = std::mem::take(&mut tape.sent);
        let request_body = request_head.split_off(self.head_length.min(request_head.len()));
        self.phases.wait = tape.first_sent.zip(tape.first_received).map(|(sent, came)| came - sent);
        let response = self.status.zip(tape.head.complete()).map(|(status, raw)| {
            let (reason, headers) = head::parts(raw);
            let body = self.content.as_mut().map(Content::take).unwrap_or_default();
            Response { status, reason, head: raw.to_vec(), headers, body, completeness: self.completeness }
        });
        drop(tape);
        Exchange {
            request_head,
            request_body,
            response,
            phases: self.phases,
            tls: self.tls,
            peer: self.peer,
            started_at: self.started_at,
            ended_at,
        }
    }

    /// How long the body took so far: from the end of the head.
    pub fn body_time(&self) -> Option<Duration> {
        self.tape.lock().head_at.map(|at| Instant::now() - at)
    }
}
