//! What may go wrong with a private key.

use super::{Alg, JwkError, PemError};
use crate::keys::KeySpec;

/// Never holds key material, nor the text of a library's error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoseError {
    #[error("{0}")]
    Pem(PemError),
    #[error("{0}")]
    Jwk(JwkError),
    #[error("the private key is encrypted")]
    Encrypted,
    #[error("no private key among the PEM blocks")]
    NoPrivateBlock,
    #[error("{0} private keys in one file")]
    SeveralKeys(usize),
    #[error("the private key cannot be read")]
    Unreadable,
    #[error("the private key is damaged: its parts do not fit each other")]
    Damaged,
    #[error("a key of the kind {spec} cannot sign {alg}")]
    Algorithm { alg: Alg, spec: KeySpec },
    #[error("the key is for {names} only, so it does not sign {alg}")]
    KeySays { alg: Alg, names: String },
    #[error("the key is too weak: {0}")]
    Weak(String),
    #[error("keys of the kind {0} are not made here")]
    NotMade(KeySpec),
    #[error("the secret has {found} bytes; {alg} needs at least {needed}")]
    ShortSecret { alg: Alg, found: usize, needed: usize },
    #[error("{0} is no HMAC algorithm")]
    NotSymmetric(Alg),
    #[error("signing failed inside the library")]
    Backend,
}

impl JoseError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Pem(error) => error.hint(),
            Self::Jwk(error) => error.hint(),
            Self::Encrypted => "decrypt it into a file only you can read: openssl pkcs8 -in key.pem -out plain.pem",
            Self::NoPrivateBlock => "a “PRIVATE KEY”, “EC PRIVATE KEY” or “RSA PRIVATE KEY” block is due",
            Self::SeveralKeys(_) => "keep one key in a file, so that which one is used is never a guess",
            Self::Unreadable => "PKCS#8, SEC1 and PKCS#1 are read; EC P-256, P-384, P-521, RSA, Ed25519 and X25519",
            Self::Damaged => "export the key again; a copy lost or changed something",
            Self::Algorithm { .. } => {
                "ES256 needs P-256, ES384 P-384, ES512 P-521, RS* and PS* RSA, EdDSA Ed25519; X25519 signs nothing"
            }
            Self::KeySays { .. } => {
                "a JWK's own “alg”, “use” and “key_ops” are obeyed: choose another key or change them"
            }
            Self::Weak(_) => "make a new key of at least 2048 bits",
            Self::NotMade(_) => {
                "RSA keys from 2048 to 8192 bits in steps of 8 are made, EC, Ed25519 and X25519 as they are"
            }
            Self::ShortSecret { .. } => "a secret has at least as many bytes as the hash (RFC 7518 §3.2)",
            Self::NotSymmetric(_) => "HS256, HS384 and HS512 are made with a shared secret",
            Self::Backend => "try again; if it stays, the key is damaged",
        }
    }
}
