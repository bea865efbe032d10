//! Why a JWE was not opened.

use super::{Enc, KeyAlg};
use crate::jose::{B64Error, CompactError, JwkError};
use crate::text;

/// Everything that can be said before a key is used is said; of what a key found there is one word only
/// (RFC 7516 §11.5).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JweError {
    #[error("{0}")]
    Form(CompactError),
    #[error("{} parts where a JWE has 5{}", .0, if *.0 == 3 { ": this is a JWS" } else { "" })]
    Segments(usize),
    #[error("the header has no “{0}”")]
    Missing(&'static str),
    #[error("the header's “{member}” {rule}")]
    Header { member: &'static str, rule: &'static str },
    #[error("the header's “{member}” is {error}")]
    Base64 { member: &'static str, error: B64Error },
    #[error("“{member}” names {}, which is not known here", shown(.name))]
    Unknown { member: &'static str, name: String },
    #[error("“{member}” is {name}, which is not allowed here")]
    NotAllowed { member: &'static str, name: &'static str },
    #[error("the content is compressed, which is not allowed here")]
    Compressed,
    #[error("the {part} has {found} bytes; {expected} are due")]
    Length { part: &'static str, expected: usize, found: usize },
    #[error("the ciphertext has {0} bytes, which are no whole blocks")]
    Blocks(usize),
    #[error("the one-time key “epk”: {0}")]
    Epk(JwkError),
    #[error("the one-time key is on another curve than the reader's: {theirs} where {ours} is due")]
    Curve { ours: String, theirs: String },
    #[error("a key of the kind {kind} is not for {alg}{}", if kind == "Ed25519" { ": it signs, and agrees on nothing" } else { "" })]
    KeyKind { alg: KeyAlg, kind: String },
    #[error("the key is for {names} only, not for {alg}")]
    KeySays { alg: KeyAlg, names: String },
    #[error("the key is too weak: {0}")]
    Weak(String),
    #[error("the secret has {found} bytes; {alg} with {enc} needs {expected}")]
    SecretSize { alg: KeyAlg, enc: Enc, expected: usize, found: usize },
    #[error("the token was not opened with this key")]
    NotOpened,
    #[error("the content grows over {limit} bytes when it is inflated", limit = super::MAX_INFLATED)]
    TooLarge,
    #[error("the content is authentic, but its compression is broken")]
    Inflate,
    #[error("encrypting failed inside the library")]
    Backend,
}

impl JweError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Form(error) => error.hint(),
            Self::Segments(3) => "a signed token is read as it is: nothing has to be decrypted",
            Self::Segments(_) => "a JWE is header.key.iv.ciphertext.tag: the text was cut, or is no JWE",
            Self::Missing(_) | Self::Header { .. } => "the sender left it out or wrote it wrongly (RFC 7518 §4)",
            Self::Base64 { error, .. } => error.hint(),
            Self::Unknown { .. } => "names are compared with case; see RFC 7518 §4.1 and §5.1",
            Self::NotAllowed { .. } => "the bank and this client agreed on others: compare with the registration",
            Self::Compressed => "the sender should leave “zip” out: what is compressed and encrypted tells of itself",
            Self::Length { .. } | Self::Blocks(_) => "the token was cut or altered, or its algorithm is another",
            Self::Epk(error) => error.hint(),
            Self::Curve { .. } => "the sender encrypted to another key: compare the kid with your key's",
            Self::KeyKind { .. } => {
                "RSA-OAEP needs an RSA key, ECDH-ES an EC or X25519 key, the others a shared secret"
            }
            Self::KeySays { .. } => "a key's own “alg”, “use” and “key_ops” are obeyed (RFC 7517 §4)",
            Self::Weak(_) => "RSA keys have at least 2048 bits (RFC 7518 §4.3)",
            Self::SecretSize { .. } => "a shared secret has exactly the algorithm's size (RFC 7518 §4.4–4.7)",
            Self::NotOpened => {
                "it was encrypted to another key, or altered on its way: compare its kid with the keys that were published"
            }
            Self::TooLarge => "no token is this large: it was made to fill memory",
            Self::Inflate => "the sender's software is broken: ask for a token without “zip”",
            Self::Backend => "try again; if it stays, the recipient's key is damaged",
        }
    }
}

fn shown(name: &str) -> String {
    format!("“{}”", text::shorten(&text::clean(name), 40))
}
