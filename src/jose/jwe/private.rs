//! What a private key in memory does for a JWE.

use openssl::encrypt::Decrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, PKeyRef, Private};
use openssl::rsa::Padding;

use super::{Admitted, JweError, KeyAlg, Task, agree};
use crate::jose::SecretJwk;
use crate::secret::SecretBytes;

impl SecretJwk {
    /// The answer for [`Admitted::open`]; None where this key does not unwrap what was given.
    ///
    /// # Errors
    /// [`JweError`] where the key is of another kind, for something else, or weak.
    pub fn unwrap_for(&self, task: &Task) -> Result<Option<SecretBytes>, JweError> {
        let key = PKey::private_key_from_pkcs8(self.pkcs8().expose()).map_err(|_| JweError::Backend)?;
        match task {
            Task::Agree { epk } => {
                self.public().may_open(KeyAlg::EcdhEs).or_else(|e| self.says_agreement(e))?;
                if epk.spec() != self.spec() {
                    return Err(JweError::Curve { ours: self.public().kind(), theirs: epk.kind() });
                }
                Ok(agree::shared(&key, epk))
            }
            Task::Decrypt { alg, encrypted_key } => {
                self.public().may_open(*alg)?;
                Ok(decrypt(&key, *alg, encrypted_key).ok().map(SecretBytes::new))
            }
        }
    }

    /// A key may name any of the agreement algorithms; which one the token has is checked where the task is made.
    fn says_agreement(&self, error: JweError) -> Result<(), JweError> {
        let any = KeyAlg::ALL.into_iter().filter(|a| a.family() == super::Family::Agreement);
        if any.into_iter().any(|alg| self.public().opens(alg)) { Ok(()) } else { Err(error) }
    }

    /// Opens a token in one go.
    ///
    /// # Errors
    /// [`JweError`] before the key is used, [`JweError::NotOpened`] after.
    pub fn open_jwe(&self, token: &Admitted) -> Result<SecretBytes, JweError> {
        let answer = self.unwrap_for(&token.task(self.public())?)?;
        token.open(answer.as_ref())
    }
}

fn decrypt(key: &PKeyRef<Private>, alg: KeyAlg, encrypted: &[u8]) -> Result<Vec<u8>, ErrorStack> {
    let mut decrypter = Decrypter::new(key)?;
    match alg {
        KeyAlg::Rsa15 => decrypter.set_rsa_padding(Padding::PKCS1)?,
        KeyAlg::RsaOaep256 => {
            decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
            decrypter.set_rsa_oaep_md(MessageDigest::sha256())?;
            decrypter.set_rsa_mgf1_md(MessageDigest::sha256())?;
        }
        _ => decrypter.set_rsa_padding(Padding::PKCS1_OAEP)?,
    }
    let mut out = zeroize::Zeroizing::new(vec![0; decrypter.decrypt_len(encrypted)?]);
    let read = decrypter.decrypt(encrypted, &mut out)?;
    Ok(out[..read].to_vec())
}
