//! Records what crosses the connection, above TLS: what was sent, the head of what came, when each began. Also the one that
//! notices silence, because it sees every byte.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::head::HeadScan;

/// What one connection has shown so far.
#[derive(Debug)]
pub(super) struct Tape {
    pub sent: Vec<u8>,
    /// Taken before the write: on loopback an answer can be here before the write returns.
    pub first_sent: Option<Instant>,
    pub first_received: Option<Instant>,
    pub head: HeadScan,
    pub head_at: Option<Instant>,
}

/// A tape that the tap writes and the exchange reads.
#[derive(Clone, Debug)]
pub(super) struct SharedTape(Arc<Mutex<Tape>>);

impl SharedTape {
    pub fn new(head_limit: usize) -> Self {
        let head = HeadScan::new(head_limit);
        let tape = Tape { sent: Vec::new(), first_sent: None, first_received: None, head, head_at: None };
        Self(Arc::new(Mutex::new(tape)))
    }

    /// A panic elsewhere leaves a tape that is still true.
    pub fn lock(&self) -> MutexGuard<'_, Tape> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nothing came or went for the idle limit.
#[derive(Debug, thiserror::Error)]
#[error("silence")]
pub(super) struct Silence;

/// The head limit was passed.
#[derive(Debug, thiserror::Error)]
#[error("head too large")]
pub(super) struct HeadOverLimit;

pub(super) struct Tap<S> {
    inner: S,
    tape: SharedTape,
    idle: Duration,
    alarm: Pin<Box<Sleep>>,
}

impl<S> Tap<S> {
    pub fn new(inner: S, tape: SharedTape, idle: Duration) -> Self {
        Self { inner, tape, idle, alarm: Box::pin(tokio::time::sleep(idle)) }
    }

    fn moved(&mut self) {
        let next = Instant::now() + self.idle;
        self.alarm.as_mut().reset(next);
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buf);
        if result.is_pending() {
            return match self.alarm.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, Silence))),
                Poll::Pending => Poll::Pending,
            };
        }
        let new = &buf.filled()[before..];
        if !new.is_empty() {
            self.moved();
            let now = Instant::now();
            let mut tape = self.tape.lock();
            tape.first_received.get_or_insert(now);
            if tape.head.push(new).is_err() {
                return Poll::Ready(Err(io::Error::other(HeadOverLimit)));
            }
            if tape.head.complete().is_some() {
                tape.head_at.get_or_insert(now);
            }
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let before = Instant::now();
        let result = Pin::new(&mut self.inner).poll_write(cx, bytes);
        if let Poll::Ready(Ok(n)) = &result {
            self.moved();
            let mut tape = self.tape.lock();
            tape.first_sent.get_or_insert(before);
            tape.sent.extend_from_slice(&bytes[..*n]);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::net::fault::cause;

    #[tokio::test]
    async fn silence_is_an_error_and_what_came_before_it_is_on_the_tape() {
        let (near, mut far) = tokio::io::duplex(64);
        let tape = SharedTape::new(100);
        let idle = Duration::from_millis(20);
        let mut tap = Tap::new(near, tape.clone(), idle);
        far.write_all(b"HTTP").await.unwrap();
        let (mut buf, began) = ([0; 64], Instant::now());
        assert_eq!(tap.read(&mut buf).await.unwrap(), 4);
        let error = tap.read(&mut buf).await.unwrap_err();
        assert!(cause::<Silence>(&error).is_some() && began.elapsed() >= idle);
        assert!(tape.lock().first_received.is_some());
    }

    #[tokio::test]
    async fn an_endless_head_is_stopped() {
        let (near, mut far) = tokio::io::duplex(1 << 10);
        let mut tap = Tap::new(near, SharedTape::new(100), Duration::from_mins(1));
        far.write_all(&[b'x'; 101]).await.unwrap();
        let error = tap.read(&mut [0; 200]).await.unwrap_err();
        assert!(cause::<HeadOverLimit>(&error).is_some());
    }
}
