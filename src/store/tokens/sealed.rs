//! The folder of sealed token sets: a line that may be read by anybody who may read the folder, then an age file.
//!
//! ```text
//!   tokens/sealed-to.json              where the key that opens is kept, and the one that seals
//!   tokens/PROFILE.ENVIRONMENT.SET     {"profile":…,"ends":…}⏎ age-encryption.org/v1 …
//!   tokens/PROFILE.ENVIRONMENT.SET.lock
//! ```

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::set::{Label, TokenSet};
use crate::keys::{Home, KeyError, Opener, Recipient, Wrapping};
use crate::store::file::open_lock;
use crate::store::{StoreError, Whose, read_capped, write_private};

/// Larger files are no token sets.
const LIMIT: u64 = 1 << 20;
/// How long another spender may take: longer than any exchange.
const LOCK_WITHIN: Duration = Duration::from_secs(90);

pub(super) struct Sealed {
    dir: PathBuf,
    wrapping: Wrapping,
}

#[derive(Serialize, Deserialize)]
struct SealedTo {
    version: u32,
    kept_in: Home,
    recipient: String,
}

/// The place of one set in the folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot(String);

impl Slot {
    /// None: a name that cannot stand in a file name.
    pub fn of(whose: &Whose, set: &str) -> Option<Self> {
        let parts = [&whose.profile, &whose.environment, set];
        let safe = |t: &&str| {
            !t.is_empty() && t.len() <= 60 && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        parts.iter().all(safe).then(|| Self(parts.join(".")))
    }
}

fn failed(e: StoreError) -> KeyError {
    KeyError::new("key.store", e.text, e.hint)
}

impl Sealed {
    pub const fn new(dir: PathBuf, wrapping: Wrapping) -> Self {
        Self { dir, wrapping }
    }

    fn file(&self, slot: &Slot) -> PathBuf {
        self.dir.join(&slot.0)
    }

    fn sealed_to(&self) -> Result<Option<SealedTo>, KeyError> {
        let path = self.dir.join("sealed-to.json");
        if path.symlink_metadata().is_err() {
            return Ok(None);
        }
        let bytes = read_capped(&path, LIMIT).map_err(failed)?;
        let found = serde_json::from_slice(&bytes).ok().filter(|s: &SealedTo| s.version == 1);
        let wrong = || {
            let text = format!("{} does not say what tokens are sealed to", path.display());
            KeyError::new("key.unreadable", text, "put it back from a backup")
        };
        found.map(Some).ok_or_else(wrong)
    }

    /// To whom sets are sealed. None: nobody yet, and there is no place to keep what opens them; with `insist` somebody is
    /// asked for a passphrase to make one.
    pub async fn recipient(&self, insist: bool) -> Result<Option<Recipient>, KeyError> {
        if let Some(there) = self.sealed_to()? {
            return there.recipient.parse().map(Some);
        }
        let kept_in = match self.wrapping.home().await {
            Some(home) => home,
            None if insist => Home::Vault,
            None => return Ok(None),
        };
        // two instances that make a pair at the same moment would seal to one that is gone
        let _alone = self.alone(&Slot("sealed-to".to_owned())).await?;
        if let Some(there) = self.sealed_to()? {
            return there.recipient.parse().map(Some);
        }
        let recipient = self.wrapping.make(kept_in).await?;
        let there = SealedTo { version: 1, kept_in, recipient: recipient.to_string() };
        let text = serde_json::to_vec(&there)
            .map_err(|_| KeyError::new("key.store", "what tokens are sealed to could not be written", "try again"))?;
        write_private(&self.dir.join("sealed-to.json"), &text).map_err(failed)?;
        Ok(Some(recipient))
    }

    async fn opener(&self) -> Result<Option<Opener>, KeyError> {
        match self.sealed_to()? {
            Some(there) => self.wrapping.opener(there.kept_in).await.map(Some),
            None => Ok(None),
        }
    }

    pub fn has(&self, slot: &Slot) -> bool {
        self.file(slot).symlink_metadata().is_ok()
    }

    /// What stands before the sealed part.
    pub fn label(&self, slot: &Slot) -> Result<Option<Label>, KeyError> {
        if !self.has(slot) {
            return Ok(None);
        }
        let bytes = read_capped(&self.file(slot), LIMIT).map_err(failed)?;
        parts(&bytes).map(|(label, _)| Some(label))
    }

    /// May ask for the passphrase of the vault.
    pub async fn read(&self, slot: &Slot) -> Result<Option<TokenSet>, KeyError> {
        if !self.has(slot) {
            return Ok(None);
        }
        let opener = self.opener().await?.ok_or_else(damaged)?;
        // another instance may have replaced it while somebody was asked
        let bytes = match read_capped(&self.file(slot), LIMIT) {
            Ok(bytes) => bytes,
            Err(_) if !self.has(slot) => return Ok(None),
            Err(e) => return Err(failed(e)),
        };
        let set = TokenSet::read(&opener.open(parts(&bytes)?.1)?)?;
        // a file under another's name is not that other's
        if Slot::of(&set.whose, &set.name).as_ref() == Some(slot) { Ok(Some(set)) } else { Err(damaged()) }
    }

    pub fn write(&self, slot: &Slot, set: &TokenSet, recipient: &Recipient) -> Result<(), KeyError> {
        let mut bytes = serde_json::to_vec(&set.label()).map_err(|_| damaged())?;
        bytes.push(b'\n');
        bytes.extend(recipient.seal(&set.write()?)?);
        write_private(&self.file(slot), &bytes).map_err(failed)
    }

    pub fn remove(&self, slot: &Slot) -> Result<(), KeyError> {
        match std::fs::remove_file(self.file(slot)) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                let text = "a kept token set could not be removed";
                Err(KeyError::new("key.store", text, "look at the permissions of the data directory"))
            }
            _ => Ok(()),
        }
    }

    pub fn slots(&self) -> Vec<Slot> {
        let Ok(listed) = std::fs::read_dir(&self.dir) else { return Vec::new() };
        let names = listed.flatten().filter_map(|e| e.file_name().into_string().ok());
        let is_set = |n: &String| n.split('.').count() == 3 && !n.starts_with('.');
        let mut slots: Vec<Slot> = names.filter(is_set).map(Slot).collect();
        slots.sort();
        slots
    }

    /// Waits until nobody else spends of that set, in this instance or another. Dropping the file, or dying, lets the next
    /// one in.
    pub async fn alone(&self, slot: &Slot) -> Result<File, KeyError> {
        let path = self.lock_file(slot);
        let lock = tokio::task::spawn_blocking(move || {
            let file = open_lock(&path).ok()?;
            // a task that is given up gets the lock some time, and drops it at once
            file.lock().ok()?;
            Some(file)
        });
        let text = "the token set could not be locked against other instances";
        let hint = "look at the data directory; file locks do not work on some network shares";
        match tokio::time::timeout(LOCK_WITHIN, lock).await {
            Ok(Ok(Some(file))) => Ok(file),
            Ok(_) => Err(KeyError::new("key.store", text, hint)),
            Err(_) => {
                let text = format!("another instance has been spending this token for {} s", LOCK_WITHIN.as_secs());
                Err(KeyError::new("key.store", text, "end the other instance, or try again"))
            }
        }
    }

    /// Whether somebody spends of that set now.
    pub fn is_busy(&self, slot: &Slot) -> bool {
        let path = self.lock_file(slot);
        path.exists() && open_lock(&path).is_ok_and(|file| file.try_lock().is_err())
    }

    fn lock_file(&self, slot: &Slot) -> PathBuf {
        self.dir.join(format!("{}.lock", slot.0))
    }

    /// What a write that was cut off left behind.
    pub fn sweep(&self) {
        const OLD: Duration = Duration::from_mins(10);
        let Ok(listed) = std::fs::read_dir(&self.dir) else { return };
        for entry in listed.flatten().filter(|e| e.file_name().to_string_lossy().starts_with(".countersign-")) {
            let age = entry.metadata().ok().and_then(|m| m.modified().ok()).and_then(|t| t.elapsed().ok());
            if age.is_some_and(|age| age > OLD) {
                // best effort: what stays is sealed
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn parts(bytes: &[u8]) -> Result<(Label, &[u8]), KeyError> {
    let at = bytes.iter().position(|b| *b == b'\n').ok_or_else(damaged)?;
    let label = serde_json::from_slice(&bytes[..at]).map_err(|_| damaged())?;
    Ok((label, &bytes[at + 1..]))
}

fn damaged() -> KeyError {
    let text = "a kept token set is damaged, or is not what its name says";
    KeyError::new("key.unreadable", text, "the file is left as it is; put it back from a backup, or forget it")
}
