//! JOSE as this program needs it: strict parsing, keys, signatures, encryption. Pure: no I/O, no clock, and no random numbers but
//! those openssl needs for making a key or a signature.
//!
//! | to | use |
//! | --- | --- |
//! | take a token apart | [`Compact`], then [`verify`] or [`verify_hmac`] |
//! | make one | [`compact::signing_input`], a key's signature, [`compact::assemble`] |
//! | sign what travels elsewhere | [`compact::detached`], [`Compact::detached`] |
//! | open or make an encrypted one | [`jwe::Jwe`], [`jwe::Sealing`] |
//! | take a key in | [`PublicJwk`], [`SecretJwk`], [`JwkSet`] |
//! | turn a KMS's signature | [`der::to_raw`] |
//!
//! josekit makes and checks the signatures. What it accepts and should not is refused here before it sees it.

mod alg;
pub mod b64;
pub mod compact;
mod confirmation;
pub mod der;
mod error;
pub mod json;
pub mod jwe;
mod jwk;
pub mod pem;
mod secret_jwk;
mod set;
mod signer;
mod slots;
mod thumbprint;
mod verdict;
pub(crate) mod verifier;

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;

pub use alg::Alg;
pub use b64::B64Error;
pub use compact::{Compact, CompactError};
pub use confirmation::Bound;
pub use der::DerError;
pub use error::JoseError;
pub use json::JsonError;
pub use jwk::{JwkError, PublicJwk};
pub use pem::PemError;
pub use secret_jwk::SecretJwk;
pub use set::{JwkSet, OctKey, Skipped};
pub use signer::sign_hmac;
pub use verdict::Verdict;
pub use verifier::{VerifyError, verify, verify_hmac};
