//! A moment, as a value. Reading the wall clock is [`crate::clock`]'s.

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }
    /// Epoch seconds, rounded down: what RFC 7519 §2 calls a NumericDate.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// Milliseconds from `earlier` to this moment, never negative.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        let d = self.0.saturating_sub(earlier.0);
        if d < 0 { 0 } else { d }
    }
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1000)))
    }
}
