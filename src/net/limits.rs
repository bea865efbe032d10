//! How long an exchange may take and how much may come.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For name resolution, TCP and TLS together; a signature made by a slow key in the handshake counts.
    pub connect: Duration,
    /// The longest silence once the connection stands.
    pub idle: Duration,
    /// For everything.
    pub total: Duration,
    /// Bytes of status line and headers, interim (1xx) answers counted in.
    pub head: usize,
    /// Header lines.
    pub headers: usize,
    /// Bytes of content, counted after transfer and content encodings were undone.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_mins(1),
            head: 64 << 10,
            headers: 256,
            body: 64 << 20,
        }
    }
}

impl Limits {
    /// The usual limits, with another time for everything.
    pub fn within(total: Duration) -> Self {
        Self { total, ..Self::default() }
    }
}
