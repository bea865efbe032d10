//! What can be made to go wrong, at run time, in every bank of a world.

use std::mem::discriminant;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::flaw::{IdTokenFlaw, Refusal, RegistrationFlaw, StatementFlaw, TrustFlaw};

/// One thing that goes wrong while it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Every answer waits this many milliseconds first.
    Slow(u64),
    /// The connection is reset once a request has come.
    Reset,
    /// Every request is answered 503 with `Retry-After`.
    Status503,
    /// The metadata names another issuer.
    WrongIssuer,
    /// The banks' clocks are off by this many seconds: `Date`, and every time they compare or write.
    ClockSkew(i64),
    /// The bank signs with a new key, and its JWKS holds that one alone.
    RotatedKey,
    /// The servers show a certificate that ended yesterday.
    ExpiredCertificate,
    /// Every request is answered 429 with `Retry-After`.
    TooManyRequests,
    /// The client is known but granted nothing: no audience, no customer, no fallback.
    NotGranted,
    /// A gateway answers in the bank's place: 502 and a page of HTML.
    HtmlPage,
    /// The authorization endpoint refuses every request with this error.
    AtAuthorize(Refusal),
    /// The token endpoint refuses every request with this error.
    AtToken(Refusal),
    /// ID tokens have this flaw.
    IdToken(IdTokenFlaw),
    /// The entity statement or the signed JWK set has this flaw.
    Trust(TrustFlaw),
    /// The registration endpoint refuses every request, or its records have this flaw.
    Registration(RegistrationFlaw),
    /// The directory's software statements have this flaw.
    Statement(StatementFlaw),
}

/// The switchboard. Clones share their state; what is changed holds from the next handshake or request on.
#[derive(Clone, Default)]
pub struct Switches(Arc<Mutex<Vec<Trouble>>>);

impl Switches {
    /// Turns a trouble on, in place of one of the same kind.
    pub fn on(&self, trouble: Trouble) {
        let mut active = self.lock();
        active.retain(|t| discriminant(t) != discriminant(&trouble));
        active.push(trouble);
    }

    /// Turns a trouble off, whatever its measure.
    pub fn off(&self, trouble: Trouble) {
        self.lock().retain(|t| discriminant(t) != discriminant(&trouble));
    }

    /// Everything as it should be again.
    pub fn clear(&self) {
        self.lock().clear();
    }

    /// What is on, in the order in which it was turned on.
    pub fn active(&self) -> Vec<Trouble> {
        self.lock().clone()
    }

    pub(super) fn has(&self, trouble: Trouble) -> bool {
        self.lock().contains(&trouble)
    }

    pub(super) fn clock_skew(&self) -> i64 {
        self.lock().iter().find_map(|t| if let Trouble::ClockSkew(s) = t { Some(*s) } else { None }).unwrap_or(0)
    }

    pub(super) fn delay(&self) -> Option<Duration> {
        self.lock().iter().find_map(|t| if let Trouble::Slow(ms) = t { Some(Duration::from_millis(*ms)) } else { None })
    }

    pub(super) fn at_authorize(&self) -> Option<Refusal> {
        self.lock().iter().find_map(|t| if let Trouble::AtAuthorize(r) = t { Some(*r) } else { None })
    }

    pub(super) fn at_token(&self) -> Option<Refusal> {
        self.lock().iter().find_map(|t| if let Trouble::AtToken(r) = t { Some(*r) } else { None })
    }

    pub(super) fn id_token(&self) -> Option<IdTokenFlaw> {
        self.lock().iter().find_map(|t| if let Trouble::IdToken(flaw) = t { Some(*flaw) } else { None })
    }

    pub(super) fn trust(&self) -> Option<TrustFlaw> {
        self.lock().iter().find_map(|t| if let Trouble::Trust(flaw) = t { Some(*flaw) } else { None })
    }

    pub(super) fn registration(&self) -> Option<RegistrationFlaw> {
        self.lock().iter().find_map(|t| if let Trouble::Registration(flaw) = t { Some(*flaw) } else { None })
    }

    pub(super) fn statement(&self) -> Option<StatementFlaw> {
        self.lock().iter().find_map(|t| if let Trouble::Statement(flaw) = t { Some(*flaw) } else { None })
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Trouble>> {
        // A list of plain values is never half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_replaces_its_kind_and_goes_off_whatever_its_measure() {
        let switches = Switches::default();
        switches.on(Trouble::ClockSkew(10));
        switches.on(Trouble::Reset);
        switches.clone().on(Trouble::ClockSkew(-600));
        assert_eq!(switches.active(), [Trouble::Reset, Trouble::ClockSkew(-600)]);
        assert_eq!((switches.clock_skew(), switches.delay()), (-600, None));
        switches.off(Trouble::ClockSkew(0));
        assert_eq!(switches.active(), [Trouble::Reset]);
        switches.clear();
        assert!(!switches.has(Trouble::Reset));
    }
}
