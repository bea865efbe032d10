//! How a content key is wrapped under another key, and how such a key is derived (RFC 7518 §4.4, §4.6.2, §4.7, §4.8).

use openssl::aes::{AesKey, unwrap_key, wrap_key};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::sha::Sha256;
use openssl::symm::{decrypt_aead, encrypt_aead};

use super::{Aes, Enc, KeyAlg, content};
use crate::secret::SecretBytes;

/// What AES key wrap adds (RFC 3394 §2.2.1).
pub(super) const WRAP_ADDS: usize = 8;
pub(super) const GCM_IV: usize = 12;
pub(super) const GCM_TAG: usize = 16;

pub(super) fn aes_wrap(kek: &[u8], key: &[u8]) -> Option<Vec<u8>> {
    let kek = AesKey::new_encrypt(kek).ok()?;
    let mut out = vec![0; key.len() + WRAP_ADDS];
    (wrap_key(&kek, None, &mut out, key).ok()? == out.len()).then_some(out)
}

/// `wrapped` is a whole number of 8 bytes, two at least: the reader of the token made sure.
pub(super) fn aes_unwrap(kek: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    if wrapped.len() < 2 * WRAP_ADDS || !wrapped.len().is_multiple_of(WRAP_ADDS) {
        return None;
    }
    let kek = AesKey::new_decrypt(kek).ok()?;
    let mut out = zeroize::Zeroizing::new(vec![0; wrapped.len() - WRAP_ADDS]);
    let read = unwrap_key(&kek, None, &mut out, wrapped).ok()?;
    (read == out.len()).then(|| SecretBytes::new(std::mem::take(&mut *out)))
}

pub(super) fn gcm_wrap(aes: Aes, kek: &[u8], iv: &[u8], key: &[u8]) -> Option<content::Made> {
    let mut tag = vec![0; GCM_TAG];
    let wrapped = encrypt_aead(content::gcm(aes), kek, Some(iv), &[], key, &mut tag).ok()?;
    Some((wrapped, tag))
}

pub(super) fn gcm_unwrap(aes: Aes, kek: &[u8], iv: &[u8], tag: &[u8], wrapped: &[u8]) -> Option<SecretBytes> {
    decrypt_aead(content::gcm(aes), kek, Some(iv), &[], wrapped, tag).ok().map(SecretBytes::new)
}

/// The key that password and salt give (RFC 7518 §4.8.1.1).
pub(super) fn pbes2(aes: Aes, alg: KeyAlg, password: &[u8], salt: &[u8], count: u32) -> Option<SecretBytes> {
    let digest = match aes {
        Aes::A128 => MessageDigest::sha256(),
        Aes::A192 => MessageDigest::sha384(),
        Aes::A256 => MessageDigest::sha512(),
    };
    let salt = [alg.name().as_bytes(), &[0], salt].concat();
    let mut out = zeroize::Zeroizing::new(vec![0; aes.bytes()]);
    pbkdf2_hmac(password, &salt, count as usize, digest, &mut out).ok()?;
    Some(SecretBytes::new(std::mem::take(&mut *out)))
}

/// The names of the two sides, which go into the derivation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parties {
    pub apu: Vec<u8>,
    pub apv: Vec<u8>,
}

/// The key that a shared secret gives: Concat KDF with SHA-256 (RFC 7518 §4.6.2).
pub(super) fn agreed(shared: &[u8], alg: KeyAlg, enc: Enc, parties: &Parties) -> SecretBytes {
    let (name, size) = match alg {
        KeyAlg::EcdhEsKw(aes) => (alg.name(), aes.bytes()),
        _ => (enc.name(), enc.key_bytes()),
    };
    let mut out = Vec::with_capacity(64);
    let mut round: u32 = 1;
    while out.len() < size {
        let mut hash = Sha256::new();
        hash.update(&round.to_be_bytes());
        hash.update(shared);
        for part in [name.as_bytes(), &parties.apu, &parties.apv] {
            hash.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            hash.update(part);
        }
        hash.update(&(size as u32 * 8).to_be_bytes());
        out.extend_from_slice(&hash.finish());
        round += 1;
    }
    out.truncate(size);
    SecretBytes::new(out)
}
