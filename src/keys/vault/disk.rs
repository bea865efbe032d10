//! The files of a vault: where they are, how they are read and replaced, and who may write now.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use age::x25519::Identity;

use super::blocking;
use super::content::Content;
use super::seal::{open_content, seal_content};
use crate::keys::KeyError;
use crate::store::{StoreError, read_capped, write_private};

/// Larger vaults are none.
const LIMIT: u64 = 16 << 20;
/// How long another instance may keep the lock: its changes take milliseconds.
const LOCK_WITHIN: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Disk {
    dir: PathBuf,
}

fn failed(e: StoreError) -> KeyError {
    KeyError::new("key.store", e.text, e.hint)
}

impl Disk {
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn identity_file(&self) -> PathBuf {
        self.dir.join("vault-key.age")
    }

    fn content_file(&self) -> PathBuf {
        self.dir.join("vault.age")
    }

    /// Either file counts: where one is missing, that is said when it is read, and nothing is made over the other.
    pub fn exists(&self) -> bool {
        self.identity_file().symlink_metadata().is_ok() || self.content_file().symlink_metadata().is_ok()
    }

    /// Waits until no other instance writes. Dropping the file, or dying, lets the next one in.
    pub async fn alone(self) -> Result<File, KeyError> {
        let text = "the vault could not be locked against other instances";
        let hint = "look at the data directory; file locks do not work on some network shares";
        let broken = move || KeyError::new("key.store", text, hint);
        let lock = blocking(move || {
            std::fs::create_dir_all(&self.dir).map_err(|_| broken())?;
            let path = self.dir.join("vault.lock");
            let file = File::options().create(true).truncate(false).write(true).open(path).map_err(|_| broken())?;
            // a task that is given up gets the lock some time, and drops it at once
            file.lock().map_err(|_| broken())?;
            Ok(file)
        });
        let busy = |_| {
            let text = format!("another instance has kept the vault for {} s", LOCK_WITHIN.as_secs());
            Err(KeyError::new("key.store", text, "end the other instance, or try again"))
        };
        tokio::time::timeout(LOCK_WITHIN, lock).await.unwrap_or_else(busy)
    }

    pub fn sealed_identity(&self) -> Result<Vec<u8>, KeyError> {
        read_capped(&self.identity_file(), LIMIT).map_err(failed)
    }

    pub fn read(&self, identity: &Identity) -> Result<Content, KeyError> {
        let sealed = read_capped(&self.content_file(), LIMIT).map_err(failed)?;
        Content::read(&open_content(identity, &sealed)?)
    }

    pub fn write(&self, identity: &Identity, content: &Content) -> Result<(), KeyError> {
        let sealed = seal_content(identity, content.write()?.expose())?;
        if sealed.len() as u64 > LIMIT {
            let text = format!("the vault would grow beyond {} MB", LIMIT >> 20);
            return Err(KeyError::new("key.too-large", text, "delete what is not needed"));
        }
        write_private(&self.content_file(), &sealed).map_err(failed)
    }

    /// The content first: a vault that cannot be opened holds nothing yet, and the key file makes it complete.
    pub fn create(&self, identity: &Identity, sealed_identity: &[u8]) -> Result<(), KeyError> {
        self.write(identity, &Content::new())?;
        write_private(&self.identity_file(), sealed_identity).map_err(failed)
    }
}
