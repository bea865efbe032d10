//! The only place that reads the wall clock. Everything else is given a [`Clock`], or a moment as a value.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;

use crate::time::Timestamp;

/// Where the machine is; UTC where it does not say. Looked up when first asked for: that reads the whole database.
pub fn zone() -> &'static TimeZone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(TimeZone::system);
    &ZONE
}

/// Tells what time it is. Not monotonic: a person may set the machine's clock while we run.
pub trait Clock: fmt::Debug + Send + Sync {
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one reader of the wall clock")]
    fn now(&self) -> Timestamp {
        // A clock before 1970 or past the year 292 million reads as the nearest moment that can be said.
        let millis = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |ms| -ms),
        };
        Timestamp::from_millis(millis)
    }
}

/// A clock that stands still until it is set: for tests and for replaying a run.
#[derive(Debug, Default)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    pub fn new(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.millis()))
    }
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.millis(), Ordering::Relaxed);
    }
    /// Moves it, backwards where negative.
    pub fn advance_seconds(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }
}

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::Relaxed))
    }
}

/// Another clock, off by so many seconds: what a machine with a wrong clock sees.
#[derive(Clone, Debug)]
pub struct ShiftedClock {
    inner: Arc<dyn Clock>,
    seconds: i64,
}

impl ShiftedClock {
    pub fn new(inner: Arc<dyn Clock>, seconds: i64) -> Self {
        Self { inner, seconds }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Timestamp {
        self.inner.now().plus_seconds(self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written() {
        assert!(SystemClock.now() > Timestamp::from_seconds(1_760_000_000));
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = FixedClock::new(Timestamp::from_seconds(100));
        assert_eq!(clock.now(), Timestamp::from_seconds(100));
        clock.advance_seconds(-40);
        assert_eq!(clock.now(), Timestamp::from_seconds(60));
    }

    #[test]
    fn a_shifted_clock_follows_the_one_below() {
        let below = Arc::new(FixedClock::new(Timestamp::from_seconds(1000)));
        let wrong = ShiftedClock::new(below.clone(), 600);
        below.advance_seconds(5);
        assert_eq!(wrong.now(), Timestamp::from_seconds(1605));
    }
}
