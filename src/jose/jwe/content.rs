//! The content layer (RFC 7518 §5). Lengths are exact before anything is computed, and what is not authentic is never
//! decrypted.

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt, decrypt_aead, encrypt, encrypt_aead};
use zeroize::Zeroizing;

use super::{Aes, Enc};
use crate::secret::SecretBytes;

/// An encrypted content. Its lengths are those of its algorithm: the reader of the token made sure.
pub(super) struct Sealed<'a> {
    pub iv: &'a [u8],
    pub ciphertext: &'a [u8],
    pub tag: &'a [u8],
    pub aad: &'a [u8],
}

/// What came of an encryption: ciphertext and tag.
pub(super) type Made = (Vec<u8>, Vec<u8>);

/// None for whatever reason.
pub(super) fn open(enc: Enc, key: &[u8], sealed: &Sealed<'_>) -> Option<SecretBytes> {
    if key.len() != enc.key_bytes() || sealed.iv.len() != enc.iv_bytes() || sealed.tag.len() != enc.tag_bytes() {
        return None;
    }
    let Sealed { iv, ciphertext, tag, aad } = *sealed;
    let plain = match enc {
        Enc::Gcm(aes) => decrypt_aead(gcm(aes), key, Some(iv), aad, ciphertext, tag),
        Enc::CbcHs(aes) => {
            let (mac_key, enc_key) = key.split_at(aes.bytes());
            let found = mac(aes, mac_key, sealed).ok()?;
            if !openssl::memcmp::eq(&found, tag) {
                return None;
            }
            decrypt(cbc(aes), enc_key, Some(iv), ciphertext)
        }
    };
    plain.ok().map(SecretBytes::new)
}

pub(super) fn seal(enc: Enc, key: &[u8], iv: &[u8], aad: &[u8], plain: &[u8]) -> Result<Made, ErrorStack> {
    match enc {
        Enc::Gcm(aes) => {
            let mut tag = vec![0; enc.tag_bytes()];
            let ciphertext = encrypt_aead(gcm(aes), key, Some(iv), aad, plain, &mut tag)?;
            Ok((ciphertext, tag))
        }
        Enc::CbcHs(aes) => {
            let (mac_key, enc_key) = key.split_at(aes.bytes());
            let ciphertext = encrypt(cbc(aes), enc_key, Some(iv), plain)?;
            let tag = mac(aes, mac_key, &Sealed { iv, ciphertext: &ciphertext, tag: &[], aad })?;
            Ok((ciphertext, tag))
        }
    }
}

/// The first half of the HMAC over header, IV, ciphertext and the header's length in bits (RFC 7518 §5.2.2.1).
fn mac(aes: Aes, key: &[u8], sealed: &Sealed<'_>) -> Result<Vec<u8>, ErrorStack> {
    let digest = match aes {
        Aes::A128 => MessageDigest::sha256(),
        Aes::A192 => MessageDigest::sha384(),
        Aes::A256 => MessageDigest::sha512(),
    };
    let bits = (sealed.aad.len() as u64) * 8;
    let key = PKey::hmac(key)?;
    let mut signer = Signer::new(digest, &key)?;
    for part in [sealed.aad, sealed.iv, sealed.ciphertext, &bits.to_be_bytes()] {
        signer.update(part)?;
    }
    let mut whole = Zeroizing::new(signer.sign_to_vec()?);
    whole.truncate(aes.bytes());
    Ok(whole.to_vec())
}

pub(super) fn gcm(aes: Aes) -> Cipher {
    match aes {
        Aes::A128 => Cipher::aes_128_gcm(),
        Aes::A192 => Cipher::aes_192_gcm(),
        Aes::A256 => Cipher::aes_256_gcm(),
    }
}

fn cbc(aes: Aes) -> Cipher {
    match aes {
        Aes::A128 => Cipher::aes_128_cbc(),
        Aes::A192 => Cipher::aes_192_cbc(),
        Aes::A256 => Cipher::aes_256_cbc(),
    }
}
