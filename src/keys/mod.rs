//! Where keys live. One trait for a store, one for a key, an adapter per kind of store.
//!
//! Signing is asynchronous (a KMS is a network call), a private key may be unable to leave its store, and a store
//! may be slow or dead: every call returns a typed error with the next thing to try.

mod certified;
mod csr;
mod error;
pub mod file;
#[cfg(feature = "keyring")]
pub mod keyring;
#[cfg(feature = "kms")]
pub mod kms;
mod local;
mod material;
pub mod memory;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
mod stores;
mod unlock;
mod unwrap;
mod uri;
pub mod vault;
#[cfg(any(feature = "keyring", feature = "pkcs11"))]
mod worker;
mod wrapping;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use certified::certified;
pub use csr::csr;
pub use error::KeyError;
pub use local::belongs;
pub use stores::{Listing, StoreFacts, Stores};
pub use unlock::{Given, NobodyUnlocks, Unlock, Wanted};
pub use unwrap::unwrap;
pub use uri::KeyUri;
pub use wrapping::{Home, Opener, Recipient, Wrapping};

use crate::jose::{Alg, PublicJwk, SecretJwk};
use crate::time::Timestamp;

/// A place that holds keys.
pub trait KeyStore: Send + Sync {
    /// The scheme of its references: `file`, `memory`, `keyring`, …
    fn scheme(&self) -> &'static str;
    /// Every key it can name without being asked for one in particular.
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>>;
    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>>;
    /// What the last [`Self::list`] could not show: keys that cannot be used now, and that the list was cut.
    fn left_out(&self) -> Vec<LeftOut> {
        Vec::new()
    }
    /// The ability to make keys, where the store has it.
    fn as_generate(&self) -> Option<&dyn Generate> {
        None
    }
    /// The ability to take a key over, where the store has it.
    fn as_import(&self) -> Option<&dyn Import> {
        None
    }
    /// Why it takes no key over, where it has not that ability.
    fn why_no_import(&self) -> &'static str {
        ""
    }
    /// The ability to put certificates beside a key, where the store has it.
    fn as_certify(&self) -> Option<&dyn Certify> {
        None
    }
    /// The ability to be opened by a person before anything of it is used, where the store has it.
    fn as_lock(&self) -> Option<&dyn Lock> {
        None
    }
    /// The ability to delete, where the store has it.
    fn as_delete(&self) -> Option<&dyn Delete> {
        None
    }
}

/// Something a store has and cannot hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// None: it is about the list as a whole.
    pub uri: Option<KeyUri>,
    pub label: String,
    pub why: KeyError,
}

/// The ability of a locked store to be opened.
pub trait Lock: Send + Sync {
    /// Asks whoever unlocks, where it is locked.
    fn unlock(&self) -> BoxFuture<'_, Result<(), KeyError>>;
}

/// The ability to take over a key that was made elsewhere, with its certificates, leaf first.
pub trait Import: Send + Sync {
    fn import<'a>(
        &'a self,
        uri: &'a KeyUri,
        secret: SecretJwk,
        chain: Vec<Vec<u8>>,
    ) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>>;
}

/// The ability to keep the certificates that were issued for a key beside it, leaf first.
pub trait Certify: Send + Sync {
    fn certify<'a>(&'a self, uri: &'a KeyUri, chain: Vec<Vec<u8>>) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>>;
}

/// The ability to delete a key.
pub trait Delete: Send + Sync {
    /// Whether what is deleted can be brought back with certainty: nobody has to be warned then.
    fn has_bin(&self) -> bool {
        false
    }
    fn delete<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Deleted, KeyError>>;
    /// Brings back the key of that name that was deleted last.
    fn restore<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<(), KeyError>>;
}

/// What became of a deleted key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deleted {
    /// It is in the bin and can be brought back.
    Until { until: Timestamp },
    /// It cannot be used, and its store deletes it then, unless it is brought back.
    Scheduled { until: Timestamp },
    /// It is gone.
    ForGood,
}

/// The ability to make a key. It counts as made only after store, read-back and a test signature.
pub trait Generate: Send + Sync {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>>;
}

/// What a new key is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Making {
    pub spec: KeySpec,
    /// A sentence about it, where the store keeps one.
    pub description: Option<String>,
    /// Names and values that a store hangs on the key; one that knows no tags leaves them.
    pub tags: Vec<(String, String)>,
    /// A second region that is to have the key too.
    pub replica: Option<String>,
}

impl From<KeySpec> for Making {
    fn from(spec: KeySpec) -> Self {
        Self { spec, description: None, tags: Vec::new(), replica: None }
    }
}

/// One key, opened. The private part may live elsewhere.
pub trait Key: Send + Sync {
    fn info(&self) -> &KeyInfo;
    /// Signs `input` (the whole message, hashed here or in the store) and returns the JWS form of the signature:
    /// `r ‖ s` for ECDSA (RFC 7518 §3.4), the plain value for RSA and EdDSA.
    fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>>;
    /// The ability to unwrap a content encryption key, where the key has it.
    fn as_unwrap(&self) -> Option<&dyn Unwrap> {
        None
    }
}

/// The ability to open a JWE's encrypted key (RFC 7516 §5.2). What does not unwrap is answered with `key.unwrap` alone,
/// whatever was wrong with it; every other error is of the store.
pub trait Unwrap: Send + Sync {
    /// The content key, of `RSA-OAEP` and the like.
    fn unwrap<'a>(&'a self, alg: &'a str, encrypted_key: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>>;
    /// The secret shared with a sender's one-time key, of `ECDH-ES` and the like: the x coordinate, of the field's
    /// size (RFC 7518 §4.6).
    fn agree<'a>(&'a self, epk: &'a PublicJwk) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        let error = KeyError::new(
            "key.algorithm",
            format!("this key agrees on no secret with a key of the kind {}", epk.kind()),
            "ask the bank to encrypt with RSA-OAEP, or bind an EC key whose store can do ECDH",
        );
        Box::pin(async move { Err(error) })
    }
}

/// What may be known of a key by anybody.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyInfo {
    pub uri: KeyUri,
    pub label: String,
    pub spec: KeySpec,
    pub public: PublicJwk,
    /// Whether the private part can be read out of its store.
    pub exportable: bool,
    /// Whether using it costs something a person notices: a PIN, a call that is billed.
    pub costly: bool,
    /// The certificate chain that comes with the key, leaf first, DER. Empty: none.
    pub chain: Vec<Vec<u8>>,
    /// What a person should know about how the key is kept: a file that others can read.
    pub warning: Option<String>,
}

/// Kind and size of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeySpec {
    P256,
    P384,
    P521,
    Ed25519,
    /// Agrees on keys (RFC 7748), and signs nothing.
    X25519,
    /// Modulus length in bits.
    Rsa(u32),
}

impl KeySpec {
    /// The kind of key an algorithm needs, for keys that are to be made. RSA keys get 2048 bits.
    pub fn for_alg(alg: Alg) -> Option<Self> {
        match alg {
            Alg::Es256 => Some(Self::P256),
            Alg::Es384 => Some(Self::P384),
            Alg::Es512 => Some(Self::P521),
            Alg::EdDsa => Some(Self::Ed25519),
            Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 => Some(Self::Rsa(2048)),
            Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => None,
        }
    }

    /// What a person may ask for: a signature algorithm, or X25519, whose keys have none.
    pub fn named(name: &str) -> Option<Self> {
        if name == "X25519" { Some(Self::X25519) } else { Alg::parse(name).and_then(Self::for_alg) }
    }

    /// Whether a key of this kind can sign with `alg` (RFC 7518 §3.1, RFC 8037 §3.1).
    pub fn signs(self, alg: Alg) -> bool {
        match (self, alg) {
            (Self::Rsa(_), a) => matches!(Self::for_alg(a), Some(Self::Rsa(_))),
            (spec, a) => Self::for_alg(a) == Some(spec),
        }
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::P256 => f.write_str("EC P-256"),
            Self::P384 => f.write_str("EC P-384"),
            Self::P521 => f.write_str("EC P-521"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::X25519 => f.write_str("X25519"),
            Self::Rsa(bits) => write!(f, "RSA {bits}"),
        }
    }
}
