//! Opening a JWE with a shared secret.

use super::policy::Needs;
use super::{Admitted, Aes, JweError, KeyAlg, wrap};
use crate::jose::OctKey;
use crate::secret::SecretBytes;

impl Admitted {
    /// The content, with a shared secret.
    ///
    /// # Errors
    /// [`JweError`] where the secret is not for this algorithm or of another size; [`JweError::NotOpened`] else.
    pub fn open_shared(&self, key: &OctKey) -> Result<SecretBytes, JweError> {
        let (alg, enc) = (self.alg, self.enc);
        key.may_open(alg, enc)?;
        let secret = key.secret.expose();
        let wrapped = &self.jwe().encrypted_key;
        let content_key = match (alg, &self.needs) {
            (KeyAlg::Kw(_), _) => wrap::aes_unwrap(secret, wrapped),
            (KeyAlg::GcmKw(aes), Needs::Gcm { iv, tag }) => wrap::gcm_unwrap(aes, secret, iv, tag, wrapped),
            (KeyAlg::Pbes2(aes), Needs::Password { salt, count }) => {
                let derived = wrap::pbes2(aes, alg, secret, salt, *count);
                derived.and_then(|kek| wrap::aes_unwrap(kek.expose(), wrapped))
            }
            (KeyAlg::Dir, _) => Some(key.secret.clone()),
            _ => return Err(JweError::KeyKind { alg, kind: "shared secret".to_owned() }),
        };
        self.open_with(content_key)
    }
}

impl OctKey {
    pub(super) fn may_open(&self, alg: KeyAlg, enc: super::Enc) -> Result<(), JweError> {
        let expected = match alg {
            KeyAlg::Kw(aes) | KeyAlg::GcmKw(aes) => Some(Aes::bytes(aes)),
            KeyAlg::Dir => Some(enc.key_bytes()),
            KeyAlg::Pbes2(_) => None,
            _ => return Err(JweError::KeyKind { alg, kind: "shared secret".to_owned() }),
        };
        // with `dir` the key may name what it encrypts with
        let named = |a: &str| a == alg.name() || (alg == KeyAlg::Dir && a == enc.name());
        let does: &[&str] = match alg {
            KeyAlg::Dir => &["decrypt", "encrypt"],
            KeyAlg::Pbes2(_) => &["deriveKey", "deriveBits", "unwrapKey", "wrapKey"],
            _ => &["unwrapKey", "wrapKey", "decrypt", "encrypt"],
        };
        if !(self.alg.as_deref().is_none_or(named) && self.is_for("enc", does)) {
            return Err(JweError::KeySays { alg, names: self.purpose() });
        }
        let found = self.secret.expose().len();
        match expected.filter(|n| *n != found) {
            Some(expected) => Err(JweError::SecretSize { alg, enc, expected, found }),
            None => Ok(()),
        }
    }

    /// Whether this secret may open what was encrypted with `alg` and `enc`.
    pub fn opens(&self, alg: KeyAlg, enc: super::Enc) -> bool {
        self.may_open(alg, enc).is_ok()
    }
}
