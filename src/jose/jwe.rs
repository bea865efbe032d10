//! Compact JWE (RFC 7516), both ways.
//!
//! ```text
//!   text ──Jwe::parse──► Jwe ──admit(Policy)──► Admitted ──task(key)──► Task ──(a private key, wherever it is)──► answer
//!        bounded, strict      allowed algorithms,        └──────────────── open(answer) ──► content, or one error
//!                             exact lengths
//! ```
//!
//! Nothing is computed with a key before the header is found allowed and every length right. A key that does not unwrap
//! is stood in for by another one and the work goes on (RFC 7516 §11.5), so that neither words nor time tell why.

mod agree;
mod alg;
mod content;
mod error;
mod inflate;
mod parse;
mod policy;
mod private;
mod seal;
mod shared;
mod wrap;

pub use alg::{Aes, Enc, Family, KeyAlg};
pub use error::JweError;
pub use inflate::MAX_INFLATED;
pub use parse::Jwe;
pub use policy::{Admitted, Policy, Task};
pub use seal::{Recipient, Sealing};

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod vectors;
