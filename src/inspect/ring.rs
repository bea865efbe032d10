//! The keys an inspection may use, each with where it comes from.

use crate::jose::{Alg, Compact, JwkSet, OctKey, PublicJwk, Verdict, VerifyError, verify, verify_hmac};
use crate::secret::SecretBytes;

use super::KeyUsed;

/// Public keys and shared secrets the person gave or the run knows. All of them are trusted.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    keys: Vec<(PublicJwk, String)>,
    secrets: Vec<(OctKey, String)>,
}

/// What came of trying the keys.
pub(super) struct Tried {
    pub verdict: Verdict,
    pub key: Option<KeyUsed>,
    pub error: Option<VerifyError>,
}

impl Tried {
    const NO_KEY: Self = Self { verdict: Verdict::NoKey, key: None, error: None };

    fn verified(thumbprint: Option<String>, from: &str) -> Self {
        Self { verdict: Verdict::Verified, key: Some(KeyUsed { thumbprint, from: from.to_owned() }), error: None }
    }
    const fn wrong(error: VerifyError) -> Self {
        Self { verdict: Verdict::Wrong, key: None, error: Some(error) }
    }
}

impl KeyRing {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn add(&mut self, key: PublicJwk, from: &str) {
        self.keys.push((key, from.to_owned()));
    }

    /// Every key of a set, and the shared secrets of a local one.
    pub fn add_set(&mut self, set: &JwkSet, from: &str) {
        self.keys.extend(set.keys().iter().map(|key| (key.clone(), from.to_owned())));
        self.secrets.extend(set.shared().iter().map(|key| (key.clone(), from.to_owned())));
    }

    /// A client secret, say.
    pub fn add_secret(&mut self, secret: SecretBytes, from: &str) {
        self.secrets.push((OctKey::bare(secret), from.to_owned()));
    }

    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.secrets.is_empty()
    }

    /// Tries the keys that `kid` and `alg` allow. A key of another `kid` may turn out right, but proves nothing wrong.
    pub(super) fn judge(&self, token: &Compact, alg: Alg) -> Tried {
        match alg {
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => self.judge_hmac(token, alg),
            _ => self.judge_public(token, alg),
        }
    }

    fn judge_public(&self, token: &Compact, alg: Alg) -> Tried {
        let named = |key: &PublicJwk| token.kid().is_some() && key.kid() == token.kid();
        let strange = |key: &PublicJwk| token.kid().is_some() && key.kid().is_some() && !named(key);
        let mut order: Vec<_> = self.keys.iter().filter(|(key, _)| named(key) || key.verifies(alg)).collect();
        order.sort_by_key(|(key, _)| (!named(key), strange(key)));
        let mut failed = None;
        for (key, from) in order {
            match verify(alg, key, token.signing_input(), token.signature()) {
                Ok(()) => return Tried::verified(Some(key.thumbprint()), from),
                Err(error) if !strange(key) => {
                    failed.get_or_insert(error);
                }
                Err(_) => {}
            }
        }
        failed.map_or(Tried::NO_KEY, Tried::wrong)
    }

    fn judge_hmac(&self, token: &Compact, alg: Alg) -> Tried {
        let mut failed = None;
        for (key, from) in self.secrets.iter().filter(|(key, _)| key.makes(alg)) {
            match verify_hmac(alg, key.secret.expose(), token.signing_input(), token.signature()) {
                Ok(()) => return Tried::verified(None, from),
                Err(error) if key.kid.is_none() || token.kid().is_none() || key.kid.as_deref() == token.kid() => {
                    failed.get_or_insert(error);
                }
                Err(_) => {}
            }
        }
        failed.map_or(Tried::NO_KEY, Tried::wrong)
    }
}
