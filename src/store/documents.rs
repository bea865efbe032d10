//! Long texts that inputs of a saved profile have, each in a file of its own: `documents/PROFILE/INPUT` of the data
//! directory. A profile's own file holds no token, not even one that is no secret.

use std::path::PathBuf;

use super::file::{StoreError, read_capped, write_private};
use crate::config::Places;

const LIMIT: u64 = 1_000_000;

fn path(places: &Places, profile: &str, input: &str) -> Option<PathBuf> {
    let safe = |t: &str| {
        !t.is_empty() && t.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    };
    let data = places.data.as_ref().filter(|_| safe(profile) && safe(input))?;
    Some(data.join("documents").join(profile).join(input))
}

/// None where nothing was kept.
///
/// # Errors
/// [`StoreError`] where something was, and cannot be read.
pub fn read_document(places: &Places, profile: &str, input: &str) -> Result<Option<String>, StoreError> {
    let Some(path) = path(places, profile, input).filter(|p| p.exists()) else { return Ok(None) };
    let name = path.display().to_string();
    String::from_utf8(read_capped(&path, LIMIT)?)
        .map(Some)
        .map_err(|_| StoreError::new(format!("{name} is no UTF-8 text"), "remove it, and give the document again"))
}

/// # Errors
/// [`StoreError`] where there is no data directory, or it cannot be written.
pub fn keep_document(places: &Places, profile: &str, input: &str, text: &str) -> Result<(), StoreError> {
    let path = path(places, profile, input)
        .ok_or_else(|| StoreError::new("there is no place to keep a document", "give one with --data-dir"))?;
    write_private(&path, text.as_bytes())
}
