//! Whether a certificate is what a role of a profile wants: one answer for whoever shows or checks it.

use serde_json::{Value, json};

use super::model::KeyRole;
use super::summary::{RoleSummary, Summary};
use crate::jose::{Alg, PublicJwk};
use crate::time::Timestamp;
use crate::x509::{Passport, Standing, Use, Wish, assess};

/// How a certificate stands with one role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suit {
    pub use_: Use,
    pub standing: Standing,
    /// What keeps it from being good, or what is doubtful about it. Empty: nothing.
    pub why: String,
}

/// [`Suit`] with the profile and the role it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankSuit {
    pub profile: String,
    pub role: String,
    pub suit: Suit,
}

impl Suit {
    fn of(p: &Passport, wish: &Wish, takes: impl FnOnce(&PublicJwk) -> Result<(), String>, now: Timestamp) -> Self {
        let verdict = assess(p, wish, now);
        let key = match &p.key.jwk {
            Some(jwk) => takes(jwk),
            None => Err(format!("{} is used by nobody here", p.key.kind)),
        };
        let (use_, why) = (verdict.use_, verdict.why());
        match key {
            Ok(()) => Self { use_, standing: verdict.standing, why },
            Err(key) => {
                // a doubt is no reason beside it
                let why = if verdict.standing == Standing::Ok { String::new() } else { format!("; {why}") };
                Self { use_, standing: Standing::Unfit, why: format!("key type ({key}){why}") }
            }
        }
    }

    pub fn is_ok(&self) -> bool {
        self.standing == Standing::Ok
    }

    /// `ok`, or the exact reason.
    pub fn words(&self) -> String {
        match (self.standing, self.why.is_empty()) {
            (Standing::Ok, true) => self.standing.word().to_owned(),
            (Standing::Ok, false) => format!("ok, but {}", self.why),
            _ => self.why.clone(),
        }
    }
}

impl BankSuit {
    /// Of every role that wants a certificate at a bank; saved profiles want what their bank does.
    pub fn all(p: &Passport, profiles: &[Summary], now: Timestamp) -> Vec<Self> {
        let roles = profiles.iter().filter(|s| !s.saved).flat_map(|s| s.roles.iter().map(move |r| (s, r)));
        let suits = roles
            .filter_map(|(s, r)| Some(Self { profile: s.id.clone(), role: r.name.clone(), suit: r.suit(p, now)? }));
        suits.collect()
    }

    /// The stable form that scripts read.
    pub fn to_json(&self) -> Value {
        let Suit { use_, standing, why } = &self.suit;
        json!({
            "profile": self.profile, "role": self.role, "use": use_.word(), "ok": self.suit.is_ok(),
            "standing": standing.word(), "why": why,
        })
    }

    /// `transport, mTLS client: ok`.
    pub fn words(&self) -> String {
        format!("{}, {}: {}", self.role, self.suit.use_.word(), self.suit.words())
    }
}

/// Whether what is wanted can be done with that kind of key.
fn takes(algs: &[Alg], min_bits: Option<u32>, key: &PublicJwk) -> Result<(), String> {
    if !algs.is_empty() && !algs.iter().any(|a| key.spec().signs(*a)) {
        let names = algs.iter().map(|a| a.name()).collect::<Vec<_>>().join(", ");
        return Err(format!("the role wants {names}, and this is {}", key.kind()));
    }
    match min_bits {
        Some(least) if key.kty() == "RSA" && key.bits() < least => Err(format!("the role wants {least} bits")),
        _ => Ok(()),
    }
}

impl KeyRole {
    /// None: the role wants no certificate.
    pub fn suit(&self, p: &Passport, now: Timestamp) -> Option<Suit> {
        Some(Suit::of(p, self.wish.as_ref()?, |key| takes(&self.algs, self.min_bits, key), now))
    }
}

impl RoleSummary {
    /// None: the role wants no certificate.
    pub fn suit(&self, p: &Passport, now: Timestamp) -> Option<Suit> {
        Some(Suit::of(p, self.wish.as_ref()?, |key| self.takes(key), now))
    }

    /// Whether it can be done with that kind of key.
    ///
    /// # Errors
    /// The reason, for a person.
    pub fn takes(&self, key: &PublicJwk) -> Result<(), String> {
        takes(&self.algs, self.min_bits, key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Library;
    use crate::x509::testing::{NOW, Plan, make};

    #[test]
    fn a_saved_profile_adds_no_lines_to_those_of_its_bank() {
        let p = Passport::read(&make(&Plan::seal(), None).der()).unwrap();
        let mut library = Library::embedded();
        let lines = |library: &Library| {
            let profiles: Vec<Summary> = library.summaries().flatten().collect();
            (profiles.len(), BankSuit::all(&p, &profiles, NOW))
        };
        let (banks, before) = lines(&library);
        assert!(!before.is_empty());
        library
            .add("a.toml", "schema = 1\nid = \"a\"\nname = \"A\"\nextends = \"dnb\"\nenvironment = \"production\"\n");
        let (all, after) = lines(&library);
        assert_eq!((all, after), (banks + 1, before));
    }
}
