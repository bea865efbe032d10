//! What of a JWE's header is gone along with, and what a token that passed wants of a key.

use serde_json::Value;

use super::wrap::{self, GCM_IV, GCM_TAG, Parties, WRAP_ADDS};
use super::{Enc, Family, Jwe, JweError, KeyAlg, content, inflate};
use crate::jose::{Compact, PublicJwk, b64};
use crate::keys::KeySpec;
use crate::secret::SecretBytes;

/// More rounds than this are work for nothing (RFC 7518 §8.8 leaves the limit to us).
const MAX_ROUNDS: u64 = 10_000;
/// RFC 7518 §4.8.1.1.
const MIN_SALT: usize = 8;

/// Which algorithms may be used at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    key_algs: Vec<KeyAlg>,
    encs: Vec<Enc>,
    compressed: bool,
}

impl Policy {
    /// Exactly these. Compressed contents are refused.
    pub fn only(key_algs: Vec<KeyAlg>, encs: Vec<Enc>) -> Self {
        Self { key_algs, encs, compressed: false }
    }
    /// Everything that has no known weakness.
    pub fn sound() -> Self {
        let key_algs = KeyAlg::ALL.into_iter().filter(|a| !a.is_risky()).collect();
        Self::only(key_algs, Enc::ALL.to_vec())
    }
    /// Compressed contents are opened too, up to [`super::MAX_INFLATED`].
    #[must_use]
    pub fn with_compressed(self) -> Self {
        Self { compressed: true, ..self }
    }
}

/// A token whose header is allowed and whose parts have their lengths.
#[derive(Clone, Debug, PartialEq)]
pub struct Admitted {
    jwe: Jwe,
    pub(super) alg: KeyAlg,
    pub(super) enc: Enc,
    compressed: bool,
    pub(super) needs: Needs,
}

/// What the header brings for its algorithm.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Needs {
    Nothing,
    Agreement { epk: PublicJwk, parties: Parties },
    Gcm { iv: Vec<u8>, tag: Vec<u8> },
    Password { salt: Vec<u8>, count: u32 },
}

/// What a private key has to do. The answer goes into [`Admitted::open`].
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Unwrap the content key; the answer is that key.
    Decrypt { alg: KeyAlg, encrypted_key: Vec<u8> },
    /// Agree with the sender's one-time key; the answer is the shared secret (RFC 7518 §4.6).
    Agree { epk: PublicJwk },
}

impl Jwe {
    /// Polices the header and the lengths, before any key is used.
    ///
    /// # Errors
    /// [`JweError`] names what is not allowed, missing or of the wrong size.
    pub fn admit(&self, policy: &Policy) -> Result<Admitted, JweError> {
        Compact::header_demands(self.header()).map_err(JweError::Form)?;
        let alg = self.named("alg", KeyAlg::parse)?;
        let enc = self.named("enc", Enc::parse)?;
        if !policy.key_algs.contains(&alg) {
            return Err(JweError::NotAllowed { member: "alg", name: alg.name() });
        }
        if !policy.encs.contains(&enc) {
            return Err(JweError::NotAllowed { member: "enc", name: enc.name() });
        }
        let compressed = match self.header().get("zip") {
            None => false,
            Some(Value::String(zip)) if zip == "DEF" => true,
            Some(_) => return Err(JweError::Header { member: "zip", rule: "is not DEF" }),
        };
        if compressed && !policy.compressed {
            return Err(JweError::Compressed);
        }
        for (part, bytes, expected) in
            [("initialization vector", &self.iv, enc.iv_bytes()), ("authentication tag", &self.tag, enc.tag_bytes())]
        {
            if bytes.len() != expected {
                return Err(JweError::Length { part, expected, found: bytes.len() });
            }
        }
        if matches!(enc, Enc::CbcHs(_)) && (self.ciphertext.is_empty() || !self.ciphertext.len().is_multiple_of(16)) {
            return Err(JweError::Blocks(self.ciphertext.len()));
        }
        let expected = match alg {
            KeyAlg::EcdhEs | KeyAlg::Dir => Some(0),
            KeyAlg::EcdhEsKw(_) | KeyAlg::Kw(_) | KeyAlg::Pbes2(_) => Some(enc.key_bytes() + WRAP_ADDS),
            KeyAlg::GcmKw(_) => Some(enc.key_bytes()),
            // as long as the reader's modulus: known with the key
            KeyAlg::RsaOaep | KeyAlg::RsaOaep256 | KeyAlg::Rsa15 => None,
        };
        if let Some(expected) = expected.filter(|n| *n != self.encrypted_key.len()) {
            return Err(JweError::Length { part: "encrypted key", expected, found: self.encrypted_key.len() });
        }
        Ok(Admitted { needs: self.needs(alg)?, jwe: self.clone(), alg, enc, compressed })
    }

    fn named<T>(&self, member: &'static str, parse: fn(&str) -> Option<T>) -> Result<T, JweError> {
        match self.header().get(member) {
            None => Err(JweError::Missing(member)),
            Some(Value::String(name)) => parse(name).ok_or_else(|| JweError::Unknown { member, name: name.clone() }),
            Some(_) => Err(JweError::Header { member, rule: "is no string" }),
        }
    }

    fn needs(&self, alg: KeyAlg) -> Result<Needs, JweError> {
        Ok(match alg {
            KeyAlg::EcdhEs | KeyAlg::EcdhEsKw(_) => {
                let epk = self.header().get("epk").ok_or(JweError::Missing("epk"))?;
                let epk = PublicJwk::from_value(epk).map_err(JweError::Epk)?;
                let apu = self.bytes("apu")?.unwrap_or_default();
                let apv = self.bytes("apv")?.unwrap_or_default();
                Needs::Agreement { epk, parties: Parties { apu, apv } }
            }
            KeyAlg::GcmKw(_) => Needs::Gcm { iv: self.exact("iv", GCM_IV)?, tag: self.exact("tag", GCM_TAG)? },
            KeyAlg::Pbes2(_) => {
                let salt = self.bytes("p2s")?.ok_or(JweError::Missing("p2s"))?;
                if salt.len() < MIN_SALT {
                    return Err(JweError::Length { part: "salt “p2s”", expected: MIN_SALT, found: salt.len() });
                }
                let count = self.header().get("p2c").ok_or(JweError::Missing("p2c"))?;
                let count = count.as_u64().filter(|n| (1..=MAX_ROUNDS).contains(n));
                let rule = "is no whole number from 1 to 10,000";
                let count = count.and_then(|n| u32::try_from(n).ok());
                Needs::Password { salt, count: count.ok_or(JweError::Header { member: "p2c", rule })? }
            }
            KeyAlg::RsaOaep | KeyAlg::RsaOaep256 | KeyAlg::Rsa15 | KeyAlg::Kw(_) | KeyAlg::Dir => Needs::Nothing,
        })
    }

    fn bytes(&self, member: &'static str) -> Result<Option<Vec<u8>>, JweError> {
        match self.header().get(member) {
            None => Ok(None),
            Some(Value::String(text)) => {
                b64::decode(text).map(Some).map_err(|error| JweError::Base64 { member, error })
            }
            Some(_) => Err(JweError::Header { member, rule: "is no string" }),
        }
    }

    fn exact(&self, member: &'static str, expected: usize) -> Result<Vec<u8>, JweError> {
        let bytes = self.bytes(member)?.ok_or(JweError::Missing(member))?;
        let part = if member == "iv" { "“iv” of the header" } else { "“tag” of the header" };
        if bytes.len() == expected { Ok(bytes) } else { Err(JweError::Length { part, expected, found: bytes.len() }) }
    }
}

impl Admitted {
    pub const fn jwe(&self) -> &Jwe {
        &self.jwe
    }
    pub const fn alg(&self) -> KeyAlg {
        self.alg
    }
    pub const fn enc(&self) -> Enc {
        self.enc
    }

    /// What the private half of `key` has to do.
    ///
    /// # Errors
    /// [`JweError`] where that key is of another kind, for something else, weak, or of another size.
    pub fn task(&self, key: &PublicJwk) -> Result<Task, JweError> {
        key.may_open(self.alg)?;
        if let Needs::Agreement { epk, .. } = &self.needs {
            if epk.spec() != key.spec() {
                return Err(JweError::Curve { ours: key.kind(), theirs: epk.kind() });
            }
            return Ok(Task::Agree { epk: epk.clone() });
        }
        let (expected, found) = (key.bits().div_ceil(8) as usize, self.jwe.encrypted_key.len());
        if expected != found {
            return Err(JweError::Length { part: "encrypted key", expected, found });
        }
        Ok(Task::Decrypt { alg: self.alg, encrypted_key: self.jwe.encrypted_key.clone() })
    }

    /// The content, with what the private key answered to [`Self::task`]; None: the key did not unwrap.
    ///
    /// # Errors
    /// [`JweError::NotOpened`], whatever was wrong.
    pub fn open(&self, answer: Option<&SecretBytes>) -> Result<SecretBytes, JweError> {
        let key = match (&self.needs, answer) {
            (Needs::Agreement { parties, .. }, Some(shared)) => {
                let agreed = wrap::agreed(shared.expose(), self.alg, self.enc, parties);
                match self.alg {
                    KeyAlg::EcdhEs => Some(agreed),
                    _ => wrap::aes_unwrap(agreed.expose(), &self.jwe.encrypted_key),
                }
            }
            (_, answer) => answer.cloned(),
        };
        self.open_with(key)
    }

    /// Opens with the content key. One of the wrong size counts as none, and none ends as a wrong one does.
    pub(super) fn open_with(&self, key: Option<SecretBytes>) -> Result<SecretBytes, JweError> {
        let key = key.filter(|k| k.expose().len() == self.enc.key_bytes());
        // its value does not matter: what is opened with it is thrown away
        let stand_in = SecretBytes::new(vec![0x5c; self.enc.key_bytes()]);
        let sealed = content::Sealed {
            iv: &self.jwe.iv,
            ciphertext: &self.jwe.ciphertext,
            tag: &self.jwe.tag,
            aad: self.jwe.aad.as_bytes(),
        };
        let found = content::open(self.enc, key.as_ref().unwrap_or(&stand_in).expose(), &sealed);
        match (key, found) {
            (Some(_), Some(content)) if self.compressed => inflate::inflate(content.expose()),
            (Some(_), Some(content)) => Ok(content),
            _ => Err(JweError::NotOpened),
        }
    }
}

impl PublicJwk {
    /// Whether a token may be encrypted to this key and opened with its private half.
    pub(in crate::jose) fn may_open(&self, alg: KeyAlg) -> Result<(), JweError> {
        let fits = match alg.family() {
            Family::Rsa => self.kty() == "RSA",
            Family::Agreement => self.kty() == "EC" || self.spec() == KeySpec::X25519,
            Family::Shared => false,
        };
        if !fits {
            return Err(JweError::KeyKind { alg, kind: self.kind() });
        }
        let does: &[&str] = match alg.family() {
            Family::Agreement => &["deriveKey", "deriveBits"],
            // of the private half and of the public one
            _ => &["decrypt", "unwrapKey", "encrypt", "wrapKey"],
        };
        let says = self.alg().is_none_or(|a| a == alg.name())
            && self.use_().is_none_or(|u| u == "enc")
            && self.key_ops().is_none_or(|ops| ops.iter().any(|op| does.contains(op)));
        if !says {
            return Err(JweError::KeySays { alg, names: self.purpose() });
        }
        self.weakness().map_or(Ok(()), |why| Err(JweError::Weak(why)))
    }

    /// Whether this key may open what was encrypted with `alg`, by its kind and by what it says of itself.
    pub fn opens(&self, alg: KeyAlg) -> bool {
        self.may_open(alg).is_ok()
    }
}
