//! Why an exchange broke, in words a person can act on. What else was seen of it is added by [`super::trail`].
//!
//! Never given a URL's query, a header or a body. Text from a certificate passes [`shown`].

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use crate::flow::exchange::{NetError, NetPhase};
use crate::keys::KeyError;
use crate::text;

#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub id: &'static str,
    pub text: String,
    pub hint: String,
    /// Where it belongs, when that is not where the exchange stood: a refused certificate is a matter of TLS even
    /// when TLS 1.3 tells it on the first read.
    pub phase: Option<NetPhase>,
    pub key: bool,
}

impl Fault {
    pub fn new(id: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { id, text: text.into(), hint: hint.into(), phase: None, key: false }
    }

    pub fn at(mut self, phase: NetPhase) -> Self {
        self.phase = Some(phase);
        self
    }

    /// The key store's own words, not a TLS error.
    pub fn key(error: &KeyError) -> Self {
        Self { key: true, ..Self::new(error.id, error.text.clone(), error.hint.clone()).at(NetPhase::Tls) }
    }

    pub fn timeout(id: &'static str, what: &str, after: Duration) -> Self {
        let seconds = after.as_secs_f64();
        Self::new(
            id,
            format!("{what} within {seconds} s"),
            "try again; if it stays, the server or the way to it is down",
        )
    }

    /// An error of the operating system on a connection that stood.
    pub fn broken(error: &io::Error) -> Self {
        use io::ErrorKind as K;
        match error.kind() {
            K::UnexpectedEof => Self::closed(),
            K::ConnectionReset | K::ConnectionAborted | K::BrokenPipe => Self::reset(),
            _ => Self::new("net.io", format!("the connection failed: {}", error.kind()), "try again"),
        }
    }

    pub fn reset() -> Self {
        Self::new(
            "net.reset",
            "the server reset the connection",
            "try again; a server that asks for a client certificate may also do this when it gets none",
        )
    }

    pub fn closed() -> Self {
        Self::new("net.closed", "the server closed the connection before it had answered", "try again")
    }

    /// Nothing was opened: the request itself is at fault.
    pub fn refused(self) -> NetError {
        let phase = NetPhase::Refused;
        NetError { id: self.id, phase, text: self.text, hint: self.hint, sent: false, key: self.key, partial: None }
    }
}

/// The first error of type `E` in the chain of causes. `io::Error` hides its inner error from `source()`: it is looked
/// into as well.
pub(super) fn cause<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(now) = next {
        if let Some(found) = now.downcast_ref::<E>() {
            return Some(found);
        }
        next = match now.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => now.source(),
        };
    }
    None
}

/// Text of foreign origin for an error: nothing a terminal would act on, and not endless.
pub(super) fn shown(foreign: &str) -> String {
    const COLUMNS: usize = 120;
    text::shorten(&text::clean(foreign), COLUMNS).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_inside_an_io_error_inside_an_io_error_is_found() {
        let alert = rustls::Error::AlertReceived(rustls::AlertDescription::UnknownCA);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, alert.clone()));
        assert_eq!(cause::<rustls::Error>(&wrapped), Some(&alert));
        assert!(cause::<KeyError>(&wrapped).is_none());
    }
}
