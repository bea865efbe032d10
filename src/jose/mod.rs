//! JOSE as this program needs it: strict parsing, keys, signatures. Pure: no I/O, no clock.

mod alg;
mod jwk;

pub use alg::Alg;
pub use jwk::PublicJwk;
