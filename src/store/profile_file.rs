//! A change of one file of a person's profiles: made once, taken back, made again. Only where the file is what it was.

use std::fmt;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{StoreError, open_lock, read_capped, write_new, write_private};
use super::profile_bin as bin;
use crate::config::Places;
use crate::time::Timestamp;

/// Larger files are no profiles.
pub(super) const LIMIT: u64 = 1_000_000;

/// What stands in the file before and after. None: there is no file.
#[derive(Clone, PartialEq, Eq)]
pub struct FileChange {
    pub path: PathBuf,
    pub before: Option<Arc<str>>,
    pub after: Option<Arc<str>>,
}

/// Why a change was not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmade {
    /// The file is not what it was before the change: it stays as it is.
    Overtaken(StoreError),
    /// It could not be read or written.
    Failed(StoreError),
}

impl From<StoreError> for Unmade {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl From<Unmade> for StoreError {
    fn from(unmade: Unmade) -> Self {
        match unmade {
            Unmade::Overtaken(error) | Unmade::Failed(error) => error,
        }
    }
}

impl fmt::Debug for FileChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileChange({})", self.path.display())
    }
}

impl FileChange {
    /// The same the other way round.
    #[must_use]
    pub fn reversed(&self) -> Self {
        Self { path: self.path.clone(), before: self.after.clone(), after: self.before.clone() }
    }

    /// Makes it. A file that goes is in the bin afterwards; one that comes back from there is not.
    ///
    /// # Errors
    /// Where the file is not what it was before, or cannot be written.
    pub fn make(&self, places: &Places, now: Timestamp) -> Result<(), Unmade> {
        let _alone = alone(&self.path)?;
        let there = read_profile(&self.path)?;
        if there.as_deref() != self.before.as_deref() {
            let path = self.path.display();
            let changed = "a binding, a run or somebody else wrote to it: it stays as it is now";
            return Err(Unmade::Overtaken(match (&self.before, &there) {
                (None, _) => there_already(&self.path),
                (_, None) => StoreError::new(format!("{path} is not there any more"), "somebody deleted or moved it"),
                _ => StoreError::new(format!("{path} was changed meanwhile"), changed),
            }));
        }
        match (&self.before, &self.after) {
            (Some(_), Some(text)) => write_private(&self.path, text.as_bytes())?,
            (None, Some(text)) => {
                save_new(&self.path, text)?;
                bin::take_out(places, &self.path, text);
            }
            (Some(text), None) => bin::take_in(places, &self.path, text, now)?,
            (None, None) => {}
        }
        Ok(())
    }
}

/// Until it is dropped, no other task or instance of this program changes a profile of that folder.
pub(super) fn alone(path: &Path) -> Result<File, StoreError> {
    let lock = open_lock(&path.with_file_name(".lock")).map_err(|e| StoreError::io("written", path, &e))?;
    // another one keeps it for milliseconds
    lock.lock().map_err(|_| {
        let text = format!("{} could not be locked against other instances", path.display());
        StoreError::new(text, "look at its folder; file locks do not work on some network shares")
    })?;
    Ok(lock)
}

/// Writes a new file.
///
/// # Errors
/// Where there is one of that name, which stays as it is, or it cannot be written.
pub fn save_new(path: &Path, text: &str) -> Result<(), Unmade> {
    write_new(path, text.as_bytes()).map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => Unmade::Overtaken(there_already(path)),
        _ => Unmade::Failed(StoreError::io("written", path, &e)),
    })
}

fn there_already(path: &Path) -> StoreError {
    StoreError::new(format!("{} is there already", path.display()), "choose another id, or delete that one first")
}

/// The text of a profile's file. None: there is no such file.
///
/// # Errors
/// Where it is there and cannot be read, is too large, or no text.
pub fn read_profile(path: &Path) -> Result<Option<Arc<str>>, StoreError> {
    if !path.exists() {
        return Ok(None);
    }
    let text = String::from_utf8(read_capped(path, LIMIT)?)
        .map_err(|_| StoreError::new(format!("{} is no UTF-8 text", path.display()), "save it as UTF-8"))?;
    Ok(Some(text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn binned(data: &Path) -> Vec<String> {
        let Ok(listed) = std::fs::read_dir(data.join("bin").join("profiles")) else { return Vec::new() };
        let mut names: Vec<_> = listed.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_change_goes_back_and_forth_and_not_over_what_somebody_else_wrote() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().into()), data: Some(dir.path().into()) };
        let path = dir.path().join("profiles").join("acme.toml");
        let now = Timestamp::from_seconds(1_800_000_000);
        let made = FileChange { path: path.clone(), before: None, after: Some("one".into()) };
        made.make(&places, now).unwrap();
        let overtaken = |change: &FileChange| match change.make(&places, now) {
            Err(Unmade::Overtaken(e)) => e.text,
            other => panic!("{other:?}"),
        };
        assert!(overtaken(&made).contains("is there already"));
        let edited = FileChange { path: path.clone(), before: Some("one".into()), after: Some("two".into()) };
        edited.make(&places, now).unwrap();
        edited.reversed().make(&places, now).unwrap();
        assert_eq!(read_profile(&path).unwrap().as_deref(), Some("one"));
        std::fs::write(&path, "theirs").unwrap();
        assert!(overtaken(&edited).contains("was changed meanwhile"));
        assert!(made.reversed().make(&places, now).is_err());
        assert_eq!(read_profile(&path).unwrap().as_deref(), Some("theirs"));
        std::fs::remove_file(&path).unwrap();
        assert!(overtaken(&edited).contains("is not there any more"));
    }

    #[test]
    fn a_file_that_goes_is_in_the_bin_for_thirty_days_and_comes_back_from_there() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().into()), data: Some(dir.path().into()) };
        let path = dir.path().join("profiles").join("acme.toml");
        write_private(&path, b"one").unwrap();
        let first = Timestamp::from_seconds(1_800_000_000);
        let gone = FileChange { path: path.clone(), before: Some("one".into()), after: None };
        gone.make(&places, first).unwrap();
        assert!(!path.exists());
        assert_eq!(binned(dir.path()), ["acme.1800000000000.toml"]);
        gone.reversed().make(&places, first).unwrap();
        assert_eq!((path.exists(), binned(dir.path()).len()), (true, 0));
        gone.make(&places, first).unwrap();
        write_private(&path, b"one").unwrap();
        gone.make(&places, first.plus_seconds(29 * DAY)).unwrap();
        assert_eq!(binned(dir.path()).len(), 2);
        write_private(&path, b"one").unwrap();
        gone.make(&places, first.plus_seconds(31 * DAY)).unwrap();
        assert_eq!(binned(dir.path()).len(), 2, "the oldest is gone for good");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_goes_is_moved_and_of_a_link_what_it_points_to_is_kept() {
        use std::os::unix::fs::{MetadataExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().into()), data: Some(dir.path().into()) };
        let path = dir.path().join("profiles").join("acme.toml");
        let in_bin = || dir.path().join("bin").join("profiles").join(&binned(dir.path())[0]);
        let now = Timestamp::from_seconds(1_800_000_000);
        let gone = FileChange { path: path.clone(), before: Some("one".into()), after: None };
        write_private(&path, b"one").unwrap();
        let inode = std::fs::metadata(&path).unwrap().ino();
        gone.make(&places, now).unwrap();
        assert_eq!(std::fs::metadata(in_bin()).unwrap().ino(), inode, "it is the file itself");
        std::fs::remove_file(in_bin()).unwrap();
        let theirs = dir.path().join("profiles").join("shared.txt");
        std::fs::write(&theirs, "one").unwrap();
        symlink("shared.txt", &path).unwrap();
        gone.make(&places, now).unwrap();
        assert_eq!((path.exists(), theirs.exists()), (false, true));
        assert_eq!(std::fs::read_to_string(in_bin()).unwrap(), "one");
    }

    #[test]
    fn a_new_file_never_takes_the_place_of_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("acme.toml");
        let made: usize = std::thread::scope(|scope| {
            let all: Vec<_> = (0..8).map(|_| scope.spawn(|| save_new(&path, "mine"))).collect();
            all.into_iter().map(|t| usize::from(t.join().unwrap().is_ok())).sum()
        });
        assert_eq!(made, 1);
    }
}
