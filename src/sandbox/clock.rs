//! What time it is: for the world, and for a bank whose clock may be wrong.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rustls::time_provider::TimeProvider;
use rustls_pki_types::UnixTime;

use super::trouble::Switches;

/// Epoch seconds, from outside: the sandbox never reads the wall clock itself.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The clock on a bank's wall: the world's, off by [`super::Trouble::ClockSkew`].
#[derive(Clone)]
pub(super) struct BankClock {
    clock: Clock,
    trouble: Switches,
}

impl BankClock {
    pub fn new(clock: Clock, trouble: Switches) -> Self {
        Self { clock, trouble }
    }
    pub fn now(&self) -> i64 {
        (self.clock)().saturating_add(self.trouble.clock_skew())
    }
}

/// The world's clock for certificates: a bank whose clock is wrong still completes handshakes.
pub(super) struct TlsClock(pub Clock);

impl TimeProvider for TlsClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = u64::try_from((self.0)()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}

impl fmt::Debug for TlsClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TlsClock")
    }
}
