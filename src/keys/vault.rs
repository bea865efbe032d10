//! `vault:NAME`: keys and other secrets in two files of the data directory, under one passphrase.
//!
//! ```text
//!   passphrase ──scrypt──► vault-key.age ──holds──► X25519 identity ──opens──► vault.age (JSON: keys, secrets, bin)
//! ```
//!
//! The passphrase costs about a second, once; every save after that is sealed to the identity and costs milliseconds. Both
//! files are plain age files (<https://age-encryption.org/v1>), so that a vault can be opened without this program:
//!
//! ```text
//!   age -d -i vault-key.age vault.age | jq -r '.keys["signing"].pem'
//! ```
//!
//! The vault locks again after a time without use. A key that is open then stays usable for who has it. Several instances
//! may use one vault: a change is made under a file lock, to what is on disk at that moment, and written whole.

mod content;
mod disk;
mod seal;
mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use age::x25519::Identity;
use tokio::sync::{Mutex, watch};

use content::{Content, Hidden, Kept};
use disk::Disk;
#[cfg(feature = "keyring")]
pub(super) use seal::seal_content;
pub(super) use seal::{identity, identity_text, new_identity, open_content, seal};

use super::{Key, KeyError, KeyStore, KeyUri, Unlock, Wanted, material};
use crate::clock::Clock;
use crate::jose::SecretJwk;
use crate::secret::Secret;

const SCHEME: &str = "vault";
/// How long a vault stays open without use.
pub const IDLE: Duration = Duration::from_mins(15);
/// The fewest letters of a new passphrase: nothing but the passphrase stands between a stolen file and the keys.
const SHORTEST: usize = 8;
/// The longest name, bytes.
const LONGEST_NAME: usize = 100;

/// Cheap to clone: clones share one vault.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    /// None: there is no data directory.
    disk: Option<Disk>,
    unlock: Arc<dyn Unlock>,
    clock: Arc<dyn Clock>,
    idle: Duration,
    work: u8,
    /// Held through each operation: they come one after another, and a passphrase is asked for once.
    identity: Mutex<Option<Identity>>,
    uses: AtomicU64,
    open: watch::Sender<bool>,
}

impl Vault {
    /// A vault in `dir`; nothing is touched before the first use.
    pub fn new(dir: Option<PathBuf>, unlock: Arc<dyn Unlock>, clock: Arc<dyn Clock>, idle: Duration) -> Self {
        Self::with_work(dir, unlock, clock, idle, seal::WORK)
    }

    fn with_work(
        dir: Option<PathBuf>,
        unlock: Arc<dyn Unlock>,
        clock: Arc<dyn Clock>,
        idle: Duration,
        work: u8,
    ) -> Self {
        let (identity, uses, open) = (Mutex::new(None), AtomicU64::new(0), watch::Sender::new(false));
        Self(Arc::new(Inner { disk: dir.map(Disk::new), unlock, clock, idle, work, identity, uses, open }))
    }

    /// Whether there is one on disk.
    pub fn exists(&self) -> bool {
        self.0.disk.as_ref().is_some_and(Disk::exists)
    }

    /// Whether it can be used without a passphrase now. Changes when it is opened and when it locks itself.
    pub fn watch_open(&self) -> watch::Receiver<bool> {
        self.0.open.subscribe()
    }

    /// Asks for the passphrase, where it is locked.
    ///
    /// # Errors
    /// `key.not-found` where there is no vault yet, `key.encrypted` where nobody answers, `key.passphrase`.
    pub async fn unlock(&self) -> Result<(), KeyError> {
        self.read(|_| Ok(())).await
    }

    /// Forgets what opens it.
    pub async fn lock(&self) {
        *self.0.identity.lock().await = None;
        self.0.open.send_replace(false);
    }

    /// Keeps a secret that is no key; one of the same name is replaced.
    pub async fn put_secret(&self, name: &str, secret: Secret) -> Result<(), KeyError> {
        let name = checked(name)?;
        self.change(move |c| {
            c.secrets.insert(name, Hidden(secret));
            Ok(())
        })
        .await
    }

    pub async fn get_secret(&self, name: &str) -> Result<Option<Secret>, KeyError> {
        if !self.exists() {
            return Ok(None);
        }
        let name = name.to_owned();
        self.read(move |c| Ok(c.secrets.get(&name).map(|s| s.0.clone()))).await
    }

    /// Whether there was one. It does not go to the bin.
    pub async fn delete_secret(&self, name: &str) -> Result<bool, KeyError> {
        if !self.exists() {
            return Ok(false);
        }
        let name = name.to_owned();
        self.change(move |c| Ok(c.secrets.remove(&name).is_some())).await
    }

    async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Content) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let disk = self.disk()?;
        if !disk.exists() {
            let hint = "the first key that is kept makes it: countersign keys new vault:NAME --alg ES256";
            return Err(KeyError::new("key.not-found", "there is no vault yet", hint));
        }
        let mut held = self.0.identity.lock().await;
        let identity = self.opened(&disk, &mut held).await?;
        let done = blocking(move || act(&disk.read(&identity)?)).await;
        self.used(&mut held);
        done
    }

    async fn change<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Content) -> Result<T, KeyError> + Send + 'static,
    ) -> Result<T, KeyError> {
        let disk = self.disk()?;
        let mut held = self.0.identity.lock().await;
        if !disk.exists() {
            *held = Some(self.make(&disk).await?);
        }
        let identity = self.opened(&disk, &mut held).await?;
        let now = self.0.clock.now();
        let alone = disk.clone().alone().await?;
        let done = blocking(move || {
            let _alone = alone;
            let mut content = disk.read(&identity)?;
            content.empty_bin(now);
            let done = act(&mut content)?;
            disk.write(&identity, &content)?;
            Ok(done)
        })
        .await;
        self.used(&mut held);
        done
    }

    fn disk(&self) -> Result<Disk, KeyError> {
        let text = "there is no place to keep a vault: no home directory was found";
        self.0.disk.clone().ok_or_else(|| KeyError::new("key.store", text, "give one with --data-dir"))
    }

    async fn opened(&self, disk: &Disk, held: &mut Option<Identity>) -> Result<Identity, KeyError> {
        if let Some(identity) = held {
            return Ok(identity.clone());
        }
        let passphrase = self.asked(Wanted::passphrase("the vault")).await?;
        let disk = disk.clone();
        let identity = blocking(move || seal::open_identity(&disk.sealed_identity()?, &passphrase)).await?;
        *held = Some(identity.clone());
        Ok(identity)
    }

    /// A new vault. The passphrase is asked for twice, since nobody could correct a slip later.
    async fn make(&self, disk: &Disk) -> Result<Identity, KeyError> {
        let refused = |text: String, hint| Err(KeyError::new("key.passphrase", text, hint));
        let warning = format!("at least {SHORTEST} letters; nobody can open the vault without it");
        let wanted = Wanted { warning: Some(warning), ..Wanted::passphrase("the new vault") };
        let passphrase = self.asked(wanted).await?;
        if passphrase.expose().chars().count() < SHORTEST {
            let text = format!("the passphrase of a vault has at least {SHORTEST} letters");
            return refused(text, "some words that only you put together are easy to keep and hard to guess");
        }
        if self.asked(Wanted::passphrase("the new vault, once more")).await? != passphrase {
            return refused("the two passphrases differ, so no vault was made".to_owned(), "begin again");
        }
        let alone = disk.clone().alone().await?;
        let (disk, work) = (disk.clone(), self.0.work);
        blocking(move || {
            let _alone = alone;
            if disk.exists() {
                // another instance was faster, perhaps with another passphrase
                return seal::open_identity(&disk.sealed_identity()?, &passphrase);
            }
            let identity = new_identity();
            disk.create(&identity, &seal::seal_identity(&identity, &passphrase, work)?)?;
            Ok(identity)
        })
        .await
    }

    async fn asked(&self, wanted: Wanted) -> Result<Secret, KeyError> {
        let hint = "give the passphrase in a terminal, or with --unlock-from FILE";
        let nobody = || KeyError::new("key.encrypted", "the vault is locked and nobody gave its passphrase", hint);
        self.0.unlock.ask(wanted).await.ok_or_else(nobody)
    }

    /// Begins the idle time anew.
    #[expect(clippy::disallowed_methods, reason = "ends by itself after the idle time, and keeps no vault alive")]
    fn used(&self, held: &mut Option<Identity>) {
        self.0.open.send_replace(held.is_some());
        let uses = self.0.uses.fetch_add(1, Ordering::Relaxed) + 1;
        let (vault, idle): (Weak<Inner>, Duration) = (Arc::downgrade(&self.0), self.0.idle);
        tokio::spawn(async move {
            tokio::time::sleep(idle).await;
            let Some(vault) = vault.upgrade().map(Self) else { return };
            let mut held = vault.0.identity.lock().await;
            if vault.0.uses.load(Ordering::Relaxed) == uses {
                *held = None;
                vault.0.open.send_replace(false);
            }
        });
    }

    /// Stores, reads back and proves a key; where that fails, nothing stays.
    async fn keep(&self, uri: &KeyUri, secret: &SecretJwk, chain: &[Vec<u8>]) -> Result<Arc<dyn Key>, KeyError> {
        let name = checked(uri.rest())?;
        super::belongs(secret.public(), chain)?;
        let (pem, since) = (material::to_pem(secret, chain), self.0.clock.now().seconds());
        let kept = name.clone();
        self.change(move |c| {
            c.free(&kept)?;
            c.keys.insert(kept, Kept { pem: Hidden(pem), since });
            Ok(())
        })
        .await?;
        let proven = async {
            let key = self.open(uri).await?;
            material::proven(&*key).await?;
            Ok(key)
        };
        let proven = proven.await;
        if proven.is_err() {
            // best effort: the error that is told is the first one
            let _ = self.change(move |c| Ok(c.keys.remove(&name).is_some())).await;
        }
        proven
    }
}

/// A name that can stand in a file, a list and an error.
pub(super) fn checked(name: &str) -> Result<String, KeyError> {
    if name.is_empty() || name.len() > LONGEST_NAME || name.trim() != name || name.chars().any(char::is_control) {
        let hint = format!("a name has 1 to {LONGEST_NAME} bytes and no space at its ends");
        return Err(KeyError::reference(name, hint));
    }
    Ok(name.to_owned())
}

pub(super) async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let broken = |_| Err(KeyError::new("key.store", "the vault could not be used", "try again"));
    tokio::task::spawn_blocking(act).await.unwrap_or_else(broken)
}
