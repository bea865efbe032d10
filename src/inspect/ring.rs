//! The keys an inspection may use, each with where it comes from.

use crate::jose::jwe::{Admitted, JweError};
use crate::jose::{Alg, Compact, JwkSet, OctKey, PublicJwk, SecretJwk, Verdict, VerifyError, verify, verify_hmac};
use crate::secret::SecretBytes;

use super::KeyUsed;

/// Public keys and shared secrets the person gave or the run knows. All of them are trusted.
#[derive(Clone, Debug, Default)]
pub struct KeyRing {
    keys: Vec<(PublicJwk, String)>,
    secrets: Vec<(OctKey, String)>,
    openers: Vec<(Opener, String)>,
    /// Thumbprints of keys that are our own: what they sign is not the bank's.
    own: Vec<String>,
}

/// Who can open what is encrypted.
#[derive(Clone, Debug)]
enum Opener {
    /// A private key that is at hand.
    Key(Box<SecretJwk>),
    /// What a private key elsewhere made of its task; None: it did not unwrap.
    Answer(Box<PublicJwk>, Option<SecretBytes>),
}

/// What came of trying to open something.
pub(super) enum Opened {
    Content(SecretBytes, KeyUsed),
    /// A key that should have opened it did not.
    Wrong(JweError),
    NoKey,
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

    /// A key of ours.
    pub fn add_own(&mut self, key: PublicJwk, from: &str) {
        self.own.push(key.thumbprint());
        self.add(key, from);
    }

    /// Every key of a set, and the shared secrets of a local one.
    pub fn add_set(&mut self, set: &JwkSet, from: &str) {
        self.keys.extend(set.keys().iter().map(|key| (key.clone(), from.to_owned())));
        self.secrets.extend(set.shared().iter().map(|key| (key.clone(), from.to_owned())));
        let own = |key: &SecretJwk| (Opener::Key(Box::new(key.clone())), from.to_owned());
        self.openers.extend(set.secrets().iter().map(own));
    }

    /// A client secret, say.
    pub fn add_secret(&mut self, secret: SecretBytes, from: &str) {
        self.secrets.push((OctKey::bare(secret), from.to_owned()));
    }

    /// What the private half of `key`, wherever it is, answered to [`super::task_for`].
    pub fn add_answer(&mut self, key: PublicJwk, answer: Option<SecretBytes>, from: &str) {
        self.openers.push((Opener::Answer(Box::new(key), answer), from.to_owned()));
    }

    /// Without a key that is known to be the reader's: its failure says nothing of a signature.
    pub(super) fn without(&self, key: &KeyUsed) -> Self {
        let mut ring = self.clone();
        ring.keys.retain(|(public, _)| key.thumbprint.as_ref() != Some(&public.thumbprint()));
        ring
    }

    /// The public keys that are not our own.
    pub(super) fn others(&self) -> Vec<PublicJwk> {
        self.keys.iter().map(|(key, _)| key).filter(|key| !self.own.contains(&key.thumbprint())).cloned().collect()
    }

    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.secrets.is_empty() && self.openers.is_empty()
    }

    /// Tries the keys that `kid` and `alg` allow. A key of another `kid` may turn out right, but proves nothing wrong.
    pub(super) fn judge(&self, token: &Compact, alg: Alg) -> Tried {
        match alg {
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => self.judge_hmac(token, alg),
            _ => self.judge_public(token, alg),
        }
    }

    /// Tries the keys that may open it, the one with the token's kid first.
    pub(super) fn open(&self, token: &Admitted) -> Opened {
        let kid = token.jwe().kid();
        let strange = |own: Option<&str>| kid.is_some() && own.is_some() && own != kid;
        let mut order: Vec<(&PublicJwk, &Opener, &str)> = Vec::new();
        for (opener, from) in &self.openers {
            let public = match opener {
                Opener::Key(key) => key.public(),
                Opener::Answer(key, _) => key,
            };
            if token.task(public).is_ok() {
                order.push((public, opener, from));
            }
        }
        order.sort_by_key(|(key, ..)| (kid.is_none() || key.kid() != kid, strange(key.kid())));
        let mut fault = None;
        for (public, opener, from) in order {
            let content = match opener {
                Opener::Key(key) => key.open_jwe(token),
                Opener::Answer(_, answer) => token.open(answer.as_ref()),
            };
            match content {
                Ok(content) => {
                    let thumbprint = Some(public.thumbprint());
                    return Opened::Content(content, KeyUsed { thumbprint, from: from.to_owned() });
                }
                Err(error) if !strange(public.kid()) => {
                    fault.get_or_insert(error);
                }
                Err(_) => {}
            }
        }
        for (key, from) in self.secrets.iter().filter(|(key, _)| key.opens(token.alg(), token.enc())) {
            match token.open_shared(key) {
                Ok(content) => {
                    return Opened::Content(content, KeyUsed { thumbprint: None, from: from.clone() });
                }
                Err(error) if !strange(key.kid.as_deref()) => {
                    fault.get_or_insert(error);
                }
                Err(_) => {}
            }
        }
        fault.map_or(Opened::NoKey, Opened::Wrong)
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
