//! The embedded banks: strict servers on loopback that accept what the real bank accepts and refuse as it refuses.

mod b64;
mod ca;
mod json;
mod jwk;
mod jwt;
mod qc;
