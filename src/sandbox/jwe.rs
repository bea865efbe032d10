//! Compact JWEs as a bank makes them (RFC 7516 §5.1): RSAES-OAEP and AES-GCM.

use std::io;

use openssl::hash::MessageDigest;
use openssl::symm::{Cipher, encrypt_aead};
use serde_json::Value;

use super::rsa::PublicKey;
use super::{b64, random};

/// How the content key is wrapped (RFC 7518 §4.3).
#[derive(Clone, Copy)]
pub(super) enum Wrap {
    RsaOaep,
    RsaOaep256,
}

/// How the content is encrypted (RFC 7518 §5.3).
#[derive(Clone, Copy)]
pub(super) enum Enc {
    A128Gcm,
    A256Gcm,
}

/// `header` has the members besides `alg` and `enc`.
pub(super) fn seal(
    key: &PublicKey,
    (wrap, enc): (Wrap, Enc),
    header: &[(&str, Value)],
    content: &[u8],
) -> io::Result<String> {
    let (alg, hash) = match wrap {
        Wrap::RsaOaep => ("RSA-OAEP", MessageDigest::sha1()),
        Wrap::RsaOaep256 => ("RSA-OAEP-256", MessageDigest::sha256()),
    };
    let (name, cipher, length) = match enc {
        Enc::A128Gcm => ("A128GCM", Cipher::aes_128_gcm(), 16),
        Enc::A256Gcm => ("A256GCM", Cipher::aes_256_gcm(), 32),
    };
    let mut protected = serde_json::Map::from_iter([("alg".to_owned(), alg.into()), ("enc".to_owned(), name.into())]);
    protected.extend(header.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
    let protected = b64::encode(Value::Object(protected).to_string().as_bytes());
    let (content_key, iv, mut tag) = (random::bytes::<32>()?, random::bytes::<12>()?, [0; 16]);
    let content_key = &content_key[..length];
    let sealed = encrypt_aead(cipher, content_key, Some(&iv), protected.as_bytes(), content, &mut tag)?;
    let wrapped = key.wrap(content_key, hash)?;
    Ok([protected, b64::encode(&wrapped), b64::encode(&iv), b64::encode(&sealed), b64::encode(&tag)].join("."))
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use crate::sandbox::rsa::PrivateKey;
    use openssl::symm::decrypt_aead;

    /// Header and content, if the key opens it by the algorithms it names.
    pub fn open(token: &str, key: &PrivateKey) -> Option<(Value, Vec<u8>)> {
        let parts: Vec<&str> = token.split('.').collect();
        let [protected, wrapped, iv, sealed, tag] = parts[..] else { return None };
        let [wrapped, iv, sealed, tag] = [wrapped, iv, sealed, tag].map(|part| b64::decode(part).unwrap());
        let header: Value = serde_json::from_slice(&b64::decode(protected)?).ok()?;
        let hash = if header["alg"] == "RSA-OAEP" { MessageDigest::sha1() } else { MessageDigest::sha256() };
        let cipher = if header["enc"] == "A128GCM" { Cipher::aes_128_gcm() } else { Cipher::aes_256_gcm() };
        let content_key = key.unwrap(&wrapped, hash)?;
        let content = decrypt_aead(cipher, &content_key, Some(&iv), protected.as_bytes(), &sealed, &tag).ok()?;
        Some((header, content))
    }

    #[test]
    fn what_is_sealed_opens_for_its_key_alone() {
        let (key, other) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        for algs in [(Wrap::RsaOaep, Enc::A128Gcm), (Wrap::RsaOaep256, Enc::A256Gcm)] {
            let token = seal(key.public(), algs, &[("kid", "k".into())], b"content").unwrap();
            let (header, content) = open(&token, &key).unwrap();
            assert_eq!((header["kid"].as_str(), &content[..]), (Some("k"), &b"content"[..]));
            assert!(open(&token, &other).is_none());
            let changed = token.replacen('.', "A.", 1);
            assert!(changed != token && open(&changed, &key).is_none());
        }
    }
}
