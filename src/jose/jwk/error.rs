//! Why a JWK was not taken.

use crate::jose::{B64Error, PemError};
use crate::text;

/// Names members and rules, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwkError {
    #[error("the JWK is no JSON object")]
    NotAnObject,
    #[error("the JWK has no “{0}”")]
    Missing(&'static str),
    #[error("“{0}” is no string")]
    NotAString(&'static str),
    #[error("“{member}” is {error}")]
    Base64 { member: &'static str, error: B64Error },
    #[error("{what} is not supported: {}", shown(.name))]
    Unsupported { what: &'static str, name: String },
    #[error("“{member}” has {found} bytes; {expected} are due")]
    Size { member: &'static str, expected: usize, found: usize },
    #[error("“{member}” {rule}")]
    Range { member: &'static str, rule: &'static str },
    #[error("the point (x, y) is not on the curve")]
    NotOnCurve,
    #[error("“{0}” is a private member: this key is no longer a secret")]
    Private(&'static str),
    #[error("a symmetric key (“oct”) is not a public key")]
    Symmetric,
    #[error("the private part is no part of this key: “{0}” does not fit")]
    Mismatch(&'static str),
    #[error("the private key's “{0}” is missing")]
    NotPrivate(&'static str),
    #[error("not a public key in DER (SubjectPublicKeyInfo)")]
    NotSpki,
    #[error("not a certificate in DER")]
    NotACertificate,
    #[error("no public key and no certificate among the PEM blocks")]
    NoPublicBlock,
    #[error("{0}")]
    Pem(PemError),
    #[error("a key set is an object with an array “keys”")]
    NotASet,
    #[error("the set has {0} keys; at most {max} are read", max = crate::jose::set::MAX_KEYS)]
    TooMany(usize),
    #[error("the set has two keys with the kid “{}”", shown(.0))]
    DuplicateKid(String),
    #[error("the set mixes symmetric and public keys")]
    Mixed,
}

fn shown(name: &str) -> String {
    text::shorten(&text::clean(name), 40).into_owned()
}

impl JwkError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotAnObject | Self::Missing(_) | Self::NotAString(_) => {
                "a JWK is an object with “kty” and the members of that type (RFC 7518 §6)"
            }
            Self::Base64 { error, .. } => error.hint(),
            Self::Unsupported { .. } => "EC P-256, P-384, P-521, RSA, Ed25519 and X25519 keys are known here",
            Self::Size { .. } => "coordinates have their full length, with leading zeros kept (RFC 7518 §6.2.1.2)",
            Self::Range { .. } => "the number is wrong: export the key again with another tool",
            Self::NotOnCurve => "a coordinate was altered, or “crv” names another curve",
            Self::Private(_) => {
                "publish the public part alone; a key whose private part was published has to be replaced"
            }
            Self::Symmetric => "a shared secret goes in as such, from a local file; it never stands in a published set",
            Self::Mismatch(_) => "public and private members come from different keys: export the key again",
            Self::NotPrivate(_) => {
                "this is a public key, or a private one with members left out (RFC 7518 §6.2.2, §6.3.2)"
            }
            Self::NotSpki => "a public key starts with “-----BEGIN PUBLIC KEY-----” or is its DER form",
            Self::NotACertificate => "one X.509 certificate in DER is due, with nothing after it",
            Self::NoPublicBlock => "a “PUBLIC KEY” or “CERTIFICATE” block is due; private keys are opened as such",
            Self::Pem(error) => error.hint(),
            Self::NotASet => "a JWKS looks like {\"keys\":[…]} (RFC 7517 §5)",
            Self::TooMany(_) => "no bank publishes this many keys: check the address",
            Self::DuplicateKid(_) => "which of the two is meant cannot be told, so the set is refused (RFC 7517 §4.5)",
            Self::Mixed => "a public key could be taken for a shared secret there: the set is refused (RFC 8725 §2.1)",
        }
    }
}
