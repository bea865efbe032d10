//! Reading with a limit, writing atomically with mode 0600.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use tempfile::NamedTempFile;

use super::kill;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct StoreError {
    pub text: String,
    pub hint: String,
}

impl StoreError {
    pub fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { text: text.into(), hint: hint.into() }
    }
    pub(super) fn io(what: &str, path: &Path, error: &io::Error) -> Self {
        let why = match error.kind() {
            io::ErrorKind::NotFound => "it is not there".to_owned(),
            io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
            io::ErrorKind::StorageFull => "the disk is full".to_owned(),
            io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
            _ => error.to_string(),
        };
        Self::new(
            format!("{} could not be {what}: {why}", path.display()),
            "look at the path and its permissions; --data-dir moves everything the program keeps",
        )
    }
}

/// The content of a regular file, refused when it is larger than `limit` bytes. Never blocks on a pipe or device.
#[expect(clippy::disallowed_methods, reason = "the path was looked at first: a regular file, read within a limit")]
pub fn read_capped(path: &Path, limit: u64) -> Result<Vec<u8>, StoreError> {
    let meta = std::fs::metadata(path).map_err(|e| StoreError::io("read", path, &e))?;
    if !meta.is_file() {
        return Err(StoreError::new(format!("{} is no regular file", path.display()), "give the path of a file"));
    }
    let file = File::open(path).map_err(|e| StoreError::io("read", path, &e))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| StoreError::io("read", path, &e))?;
    if bytes.len() as u64 > limit {
        return Err(StoreError::new(
            format!("{} is larger than {} kB", path.display(), limit / 1000),
            "give a smaller file",
        ));
    }
    Ok(bytes)
}

/// Replaces the file in one step: a new file beside it, synced, then renamed over it.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    write(path, content, |new| new.persist(path)).map_err(|e| StoreError::io("written", path, &e))
}

/// The same, where there is no file of that name; whoever made one meanwhile keeps it: `AlreadyExists`.
pub(super) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    write(path, content, |new| new.persist_noclobber(path))
}

type Persisted = Result<File, tempfile::PersistError>;

#[expect(clippy::disallowed_methods, reason = "a directory, opened to be synced")]
fn write(path: &Path, content: &[u8], persist: impl FnOnce(NamedTempFile) -> Persisted) -> io::Result<()> {
    let dir = path.parent().ok_or(io::ErrorKind::NotADirectory)?;
    create_private_dir(dir)?;
    // tempfile creates with O_EXCL and mode 0600
    let mut new = tempfile::Builder::new().prefix(".countersign-").tempfile_in(dir)?;
    kill::at("create");
    new.write_all(content)?;
    kill::at("write");
    new.as_file().sync_all()?;
    kill::at("fsync");
    persist(new).map_err(|e| e.error)?;
    kill::at("rename");
    #[cfg(unix)]
    File::open(dir).and_then(|d| d.sync_all())?;
    kill::at("synced");
    Ok(())
}

/// A file for locks alone, which stays.
pub(super) fn open_lock(path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), create_private_dir)?;
    File::options().create(true).truncate(false).write(true).open(path)
}

pub(super) fn create_private_dir(dir: &Path) -> io::Result<()> {
    if dir.is_dir() {
        return Ok(());
    }
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_is_whole_and_private() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("sub").join("a.toml");
        write_private(&path, b"one").expect("written");
        write_private(&path, b"two").expect("written again");
        assert_eq!(read_capped(&path, 10).expect("read"), b"two");
        assert!(read_capped(&path, 2).is_err());
        assert!(read_capped(dir.path(), 10).is_err());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |p: &Path| std::fs::metadata(p).expect("metadata").permissions().mode() & 0o777;
            assert_eq!(mode(&path), 0o600);
            assert_eq!(mode(&dir.path().join("sub")), 0o700);
        }
        let left: Vec<_> = std::fs::read_dir(dir.path().join("sub")).expect("listed").collect();
        assert_eq!(left.len(), 1, "no temporary file is left");
    }
}
