//! The embedded banks: strict servers on loopback that accept what the real bank accepts and refuse as it refuses.

mod answer;
mod b64;
mod bearer;
mod ca;
mod clients;
mod clock;
mod form;
mod front;
mod json;
mod jwk;
mod jwt;
mod listener;
mod oauth_error;
mod peer;
mod qc;
mod random;
mod scope;
#[cfg(test)]
mod testing;
mod tls;
mod trouble;
mod wire;

pub use clock::Clock;
pub use trouble::{Switches, Trouble};
