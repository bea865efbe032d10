//! Between hyper and the connection: writes the head of the request as the caller spelt it.
//!
//! hyper 1.12 writes header names in lower case or Title-Case and groups repeated ones; its map of original spellings has
//! no public constructor. So the head it writes is dropped here, up to its empty line, and ours is written instead. Both
//! mean the same: framing headers are never the caller's (see [`super::convert`]).
//!
//! A write that fails because the server is gone is not told to hyper: the server may have said why before it left (a TLS
//! alert, an early answer), and only reading on finds out.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

pub(super) struct Spell<S> {
    inner: S,
    state: State,
}

enum State {
    /// hyper's head is going by; so many bytes of its end were matched.
    Dropping {
        matched: usize,
        ours: Vec<u8>,
    },
    /// Ours is going out; so many bytes are written.
    Writing {
        at: usize,
        ours: Vec<u8>,
    },
    Passing,
    /// Nobody takes bytes any more.
    Gone,
}

const END: &[u8] = b"\r\n\r\n";

impl<S> Spell<S> {
    pub fn new(inner: S, head: Vec<u8>) -> Self {
        Self { inner, state: State::Dropping { matched: 0, ours: head } }
    }
}

impl<S: AsyncWrite + Unpin> Spell<S> {
    /// Writes what is left of our head.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let State::Writing { at, ours } = &mut self.state {
            if *at == ours.len() {
                self.state = State::Passing;
                break;
            }
            match ready!(Pin::new(&mut self.inner).poll_write(cx, &ours[*at..])) {
                Ok(0) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Ok(n) => *at += n,
                Err(e) if left(&e) => self.state = State::Gone,
                Err(e) => return Poll::Ready(Err(e)),
            }
        }
        Poll::Ready(Ok(()))
    }
}

fn left(error: &io::Error) -> bool {
    use io::ErrorKind as K;
    matches!(error.kind(), K::BrokenPipe | K::ConnectionReset | K::ConnectionAborted | K::NotConnected)
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Spell<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let State::Dropping { matched, ours } = &mut self.state {
            for (i, byte) in bytes.iter().enumerate() {
                *matched = match (*byte == END[*matched], *byte) {
                    (true, _) => *matched + 1,
                    (false, b'\r') => 1,
                    _ => 0,
                };
                if *matched == END.len() {
                    let ours = std::mem::take(ours);
                    self.state = State::Writing { at: 0, ours };
                    return Poll::Ready(Ok(i + 1));
                }
            }
            return Poll::Ready(Ok(bytes.len()));
        }
        ready!(self.poll_head(cx))?;
        if matches!(self.state, State::Gone) {
            return Poll::Ready(Ok(bytes.len()));
        }
        match ready!(Pin::new(&mut self.inner).poll_write(cx, bytes)) {
            Err(e) if left(&e) => {
                self.state = State::Gone;
                Poll::Ready(Ok(bytes.len()))
            }
            done => Poll::Ready(done),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_head(cx))?;
        if matches!(self.state, State::Gone) {
            return Poll::Ready(Ok(()));
        }
        match ready!(Pin::new(&mut self.inner).poll_flush(cx)) {
            Err(e) if left(&e) => {
                self.state = State::Gone;
                Poll::Ready(Ok(()))
            }
            done => Poll::Ready(done),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Spell<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn ours_goes_out_however_the_other_is_cut() {
        let theirs = b"GET / HTTP/1.1\r\na: b\r\r\n\r\n";
        for cut in 1..theirs.len() {
            let (near, mut far) = tokio::io::duplex(3);
            let write = async move {
                let mut spell = Spell::new(near, b"OUR HEAD\r\n\r\n".to_vec());
                spell.write_all(&theirs[..cut]).await.unwrap();
                spell.write_all(&theirs[cut..]).await.unwrap();
                spell.write_all(b"body").await.unwrap();
                spell.flush().await.unwrap();
            };
            let mut got = String::new();
            tokio::join!(write, async { far.read_to_string(&mut got).await.unwrap() });
            assert_eq!(got, "OUR HEAD\r\n\r\nbody", "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_server_that_left_does_not_stop_the_reading() {
        let (near, mut far) = tokio::io::duplex(64);
        far.write_all(b"HTTP/1.1 413 No\r\n\r\n").await.unwrap();
        drop(far);
        let mut spell = Spell::new(near, b"HEAD\r\n\r\n".to_vec());
        spell.write_all(b"x\r\n\r\nbody").await.unwrap();
        spell.flush().await.unwrap();
        let mut got = String::new();
        spell.read_to_string(&mut got).await.unwrap();
        assert!(got.starts_with("HTTP/1.1 413"));
    }
}
