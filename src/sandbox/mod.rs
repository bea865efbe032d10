//! The embedded banks: strict servers on loopback that accept what the real bank accepts and refuse as it refuses.

mod answer;
mod b64;
mod ca;
mod clock;
mod front;
mod json;
mod jwk;
mod jwt;
mod listener;
mod peer;
mod qc;
#[cfg(test)]
mod testing;
mod tls;
mod trouble;
mod wire;

pub use clock::Clock;
pub use trouble::{Switches, Trouble};
