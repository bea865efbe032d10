//! `zip: DEF` (RFC 7516 §4.1.3), never without an end.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::JweError;
use crate::secret::SecretBytes;

/// What a content may grow to.
pub const MAX_INFLATED: usize = 250_000;

pub(super) fn inflate(packed: &[u8]) -> Result<SecretBytes, JweError> {
    let mut out = zeroize::Zeroizing::new(vec![0; MAX_INFLATED + 1]);
    let mut machine = Decompress::new(false);
    let status = machine.decompress(packed, &mut out, FlushDecompress::Finish).map_err(|_| JweError::Inflate)?;
    let grown = usize::try_from(machine.total_out()).unwrap_or(usize::MAX);
    match status {
        _ if grown > MAX_INFLATED => Err(JweError::TooLarge),
        Status::StreamEnd => Ok(SecretBytes::new(out[..grown].to_vec())),
        Status::Ok | Status::BufError => Err(JweError::Inflate),
    }
}

pub(super) fn deflate(plain: &[u8]) -> Result<Vec<u8>, JweError> {
    let mut machine = Compress::new(Compression::default(), false);
    let mut out = Vec::with_capacity(plain.len() + plain.len() / 1000 + 64);
    match machine.compress_vec(plain, &mut out, FlushCompress::Finish) {
        Ok(Status::StreamEnd) => Ok(out),
        _ => Err(JweError::Backend),
    }
}
