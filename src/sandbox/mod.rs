//! The embedded banks: strict servers on loopback that accept what the real bank accepts and refuse as it refuses.

mod ca;
mod qc;
