//! The bytes of a key file: a regular file, not too large, and whether others can read it too.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::secret::SecretBytes;

pub(super) struct ReadFile {
    pub bytes: SecretBytes,
    /// For a person: what is unsafe about the file.
    pub warning: Option<String>,
}

const LIMIT: u64 = 1 << 20;

#[expect(clippy::disallowed_methods, reason = "the path was looked at first: a regular file, read within a limit")]
pub(super) fn read(path: &Path) -> Result<ReadFile, KeyError> {
    let name = shown(&path.to_string_lossy());
    let failed = |e: io::Error| cannot(&name, &e);
    // Looked at before it is opened: opening a pipe waits for a writer, opening a device may do something.
    regular(&name, &std::fs::metadata(path).map_err(failed)?)?;
    let file = File::open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    // And again, in case it was exchanged in between.
    regular(&name, &meta)?;
    let mut bytes = Vec::with_capacity(usize::try_from(meta.len().min(LIMIT) + 1).unwrap_or_default());
    file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(failed)?;
    let bytes = SecretBytes::new(bytes);
    if bytes.expose().len() as u64 > LIMIT {
        let text = format!("{name} is larger than {} kB: that is no key file", LIMIT >> 10);
        return Err(KeyError::new("key.unreadable", text, "check the path"));
    }
    Ok(ReadFile { bytes, warning: open_to_others(&meta) })
}

fn regular(name: &str, meta: &Metadata) -> Result<(), KeyError> {
    if meta.is_file() {
        return Ok(());
    }
    let what = if meta.is_dir() { "a directory" } else { "a device or pipe" };
    Err(KeyError::new("key.unreadable", format!("{name} is {what}, not a file"), "name the key file itself"))
}

fn cannot(name: &str, error: &io::Error) -> KeyError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            let hint = "a relative path begins at the working directory; “~” is not expanded";
            KeyError::new("key.not-found", format!("there is no file {name}"), hint)
        }
        io::ErrorKind::PermissionDenied => {
            let text = format!("{name} may not be read by this user");
            KeyError::new("key.permission", text, "run as the user the key belongs to, or change the file's owner")
        }
        kind => KeyError::new("key.unreadable", format!("{name} cannot be read: {kind}"), "check the path"),
    }
}

#[cfg(unix)]
fn open_to_others(meta: &Metadata) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = meta.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| format!("other users may read or change this file (mode {mode:03o}); chmod 600 it"))
}

#[cfg(not(unix))]
fn open_to_others(_: &Metadata) -> Option<String> {
    None
}
