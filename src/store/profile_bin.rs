//! Where profiles go that were deleted or replaced: `bin/profiles/NAME.WHEN.toml` of the data directory, for 30 days.

use std::path::{Path, PathBuf};

use super::file::{StoreError, create_private_dir, write_private};
use super::profile_file::read_profile;
use crate::config::Places;
use crate::time::Timestamp;

/// As long as keys are kept in theirs.
pub const BIN_DAYS: i64 = 30;

/// Of one name in one millisecond.
const MOST_AT_ONCE: i64 = 1000;

fn folder(places: &Places) -> Option<PathBuf> {
    places.data.as_ref().map(|d| d.join("bin").join("profiles"))
}

/// Name of the profile's file, and when it came here, in milliseconds.
fn label(path: &Path) -> Option<(&str, i64)> {
    let name = path.file_name()?.to_str()?.strip_suffix(".toml")?;
    let (name, when) = name.rsplit_once('.')?;
    Some((name, when.parse().ok()?))
}

fn all(places: &Places) -> Vec<PathBuf> {
    let listed = folder(places).and_then(|dir| std::fs::read_dir(dir).ok());
    listed.into_iter().flatten().flatten().map(|e| e.path()).filter(|p| label(p).is_some()).collect()
}

/// A file in the bin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binned {
    /// Of the profile's file, which is its id.
    pub name: String,
    pub since: Timestamp,
    pub path: PathBuf,
}

/// What is in the bin, the newest first.
pub fn binned(places: &Places) -> Vec<Binned> {
    let one = |path: PathBuf| {
        let (name, when) = label(&path)?;
        Some(Binned { name: name.to_owned(), since: Timestamp::from_millis(when), path })
    };
    let mut all: Vec<Binned> = all(places).into_iter().filter_map(one).collect();
    all.sort_by(|a, b| b.since.cmp(&a.since).then_with(|| a.name.cmp(&b.name)));
    all
}

/// Keeps the text of a profile's file that is replaced, and says where: once, and from now on, however often it is put
/// there.
///
/// # Errors
/// Where it cannot be kept: then it must not go.
pub fn put(places: &Places, path: &Path, text: &str, now: Timestamp) -> Result<PathBuf, StoreError> {
    let kept = free(places, path, now)?;
    let copy = copy_of(places, path, text);
    if copy.is_none_or(|copy| std::fs::rename(copy, &kept).is_err()) {
        write_private(&kept, text.as_bytes())?;
    }
    Ok(kept)
}

/// What stands there as it is to be kept.
fn copy_of(places: &Places, path: &Path, text: &str) -> Option<PathBuf> {
    let of_file = |p: &PathBuf| label(p).map(|(name, _)| name) == path.file_stem().and_then(|s| s.to_str());
    let mut of_file = all(places).into_iter().filter(of_file);
    of_file.find(|p| read_profile(p).ok().flatten().as_deref() == Some(text))
}

/// The same, and the file itself goes.
///
/// # Errors
/// Where it cannot be kept: then it stays where it is.
pub fn take_in(places: &Places, path: &Path, text: &str, now: Timestamp) -> Result<(), StoreError> {
    let fail = |e: std::io::Error| StoreError::io("deleted", path, &e);
    let kept = free(places, path, now)?;
    kept.parent().map_or(Ok(()), create_private_dir).map_err(fail)?;
    // a link would point to nothing there
    let is_link = path.symlink_metadata().is_ok_and(|m| m.is_symlink());
    if !is_link && std::fs::rename(path, &kept).is_ok() {
        return Ok(());
    }
    // on another disk
    write_private(&kept, text.as_bytes())?;
    std::fs::remove_file(path).map_err(fail)
}

/// A name for it in the bin; what was there longer than it has to goes for good.
fn free(places: &Places, path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let nowhere = || StoreError::new("there is no place for a bin", "give one with --data-dir");
    let dir = folder(places).ok_or_else(nowhere)?;
    let oldest = now.plus_seconds(-BIN_DAYS * 86_400).millis();
    for old in all(places).iter().filter(|p| label(p).is_some_and(|(_, when)| when < oldest)) {
        // one that stays is tried again next time
        let _ = std::fs::remove_file(old);
    }
    let name = path.file_stem().ok_or_else(nowhere)?.to_string_lossy().into_owned();
    let free = (0..MOST_AT_ONCE)
        .map(|n| now.millis() + n)
        .map(|when| dir.join(format!("{name}.{when}.toml")))
        .find(|p| !p.exists());
    free.ok_or_else(nowhere)
}

/// What came back needs no copy in the bin; one that cannot be removed harms nobody.
pub fn take_out(places: &Places, path: &Path, text: &str) {
    if let Some(copy) = copy_of(places, path, text) {
        let _ = std::fs::remove_file(copy);
    }
}
