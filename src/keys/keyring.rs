//! `keyring:NAME`: keys in the operating system's keyring.
//!
//! Looking never opens a dialog: where the keyring is locked, that is the answer. Storing and deleting may wait for its
//! unlock dialog, and can be given up. Nothing is ever kept in the open instead. An item is PEM (key and certificates), with
//! the attributes `service=countersign` and `username=NAME`. Where the keyring has no room for it (Windows: 2,560 bytes)
//! the item holds an age identity, and the material lies sealed to it in `keyring/` of the data directory.

mod backend;
mod fault;
mod system;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use backend::{Backend, Connect};
use fault::{Fault, State};

use super::local::LocalKey;
use super::vault::{self, checked};
use super::worker::Worker;
use super::{
    Certify, Delete, Deleted, Generate, Import, Key, KeyError, KeyInfo, KeyStore, KeyUri, Making, NobodyUnlocks,
    Unlock, material,
};
use crate::jose::SecretJwk;
use crate::secret::{Secret, SecretBytes};
use crate::store::{read_capped, write_private};

const SCHEME: &str = "keyring";
const READ_WITHIN: Duration = Duration::from_secs(2);
/// As long as a person may take to type a password.
const WRITE_WITHIN: Duration = Duration::from_mins(1);
/// Bytes of one item, where there is a limit.
const ROOM: Option<usize> = if cfg!(target_os = "windows") { Some(2560) } else { None };
/// Wrapped material.
const LARGEST_FILE: u64 = 1 << 20;

/// The keyring, connected to at the first use.
pub struct Keyring {
    worker: Worker<dyn Backend, Fault>,
    /// For material that the keyring has no room for.
    dir: Option<PathBuf>,
    room: Option<usize>,
    read_within: Duration,
    write_within: Duration,
    /// Hears that an unlock dialog is waited for.
    unlock: Arc<dyn Unlock>,
}

impl Keyring {
    /// `data`: the data directory.
    pub fn new(data: Option<PathBuf>) -> Self {
        Self::on(Arc::new(system::System::connect), data, ROOM)
    }

    fn on(connect: Connect, data: Option<PathBuf>, room: Option<usize>) -> Self {
        let dir = data.map(|d| d.join(SCHEME));
        Self {
            worker: backend::worker(connect),
            dir,
            room,
            read_within: READ_WITHIN,
            write_within: WRITE_WITHIN,
            unlock: Arc::new(NobodyUnlocks),
        }
    }

    /// Tells somebody what it waits for.
    #[must_use]
    pub fn telling(self, unlock: Arc<dyn Unlock>) -> Self {
        Self { unlock, ..self }
    }

    /// As on a system whose items are limited to so many bytes.
    #[must_use]
    pub fn with_room(self, bytes: usize) -> Self {
        Self { room: Some(bytes), ..self }
    }

    fn silent(&self) -> Fault {
        Fault::Silent(self.read_within.as_secs())
    }

    /// How long a change may wait for the unlock dialog; 60 s where nothing else is said.
    #[must_use]
    pub fn waiting(self, write_within: Duration) -> Self {
        Self { write_within, ..self }
    }

    async fn get(&self, name: &str) -> Result<LocalKey, KeyError> {
        self.local(name, &self.item(name).await?)
    }

    async fn item(&self, name: &str) -> Result<SecretBytes, KeyError> {
        let asked = name.to_owned();
        let read = self.worker.call(self.read_within, self.silent(), move |b, _| match b.state()? {
            State::Locked => Err(Fault::Locked),
            State::Open => b.get(&asked),
        });
        read.await.map_err(|f| f.told(name))
    }

    /// A text that is no key. None: there is no such item.
    pub async fn get_secret(&self, name: &str) -> Result<Option<Secret>, KeyError> {
        match self.item(name).await {
            Ok(item) => {
                let text = std::str::from_utf8(item.expose()).map_err(|_| Fault::Unreadable.told(name))?;
                Ok(Some(Secret::new(text)))
            }
            Err(e) if e.id == "key.not-found" => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// Keeps a text that is no key; refused where the name is taken.
    pub async fn put_secret(&self, name: &str, secret: &Secret) -> Result<(), KeyError> {
        self.set(name, SecretBytes::new(secret.expose().as_bytes().to_vec())).await
    }

    fn local(&self, name: &str, item: &SecretBytes) -> Result<LocalKey, KeyError> {
        let found = material::from_pem(&self.pem(name, item)?).map_err(|_| Fault::Unreadable.told(name))?;
        LocalKey::new(KeyUri::new(SCHEME, name), name.to_owned(), found.secret, found.chain)
    }

    /// Key and certificates, from the item itself or from the file that it wraps.
    fn pem(&self, name: &str, item: &SecretBytes) -> Result<Secret, KeyError> {
        let unreadable = |_| Fault::Unreadable.told(name);
        match wrapping(item) {
            None => Ok(Secret::new(std::str::from_utf8(item.expose()).map_err(|_| Fault::Unreadable.told(name))?)),
            Some(identity) => {
                let sealed = read_capped(&self.file(name)?, LARGEST_FILE)
                    .map_err(|e| KeyError::new("key.store", e.text, "put the data directory back from a backup"))?;
                let opened = vault::open_content(&vault::identity(identity).map_err(unreadable)?, &sealed)
                    .map_err(|_| Fault::Unreadable.told(name))?;
                Ok(Secret::new(std::str::from_utf8(opened.expose()).map_err(|_| Fault::Unreadable.told(name))?))
            }
        }
    }

    /// Names become hexadecimal: a file system may not tell upper from lower case.
    fn file(&self, name: &str) -> Result<PathBuf, KeyError> {
        let hex: String = name.bytes().map(|b| format!("{b:02x}")).collect();
        self.dir.as_ref().map(|d| d.join(format!("{hex}.age"))).ok_or_else(|| Fault::TooLarge.told(name))
    }

    /// Whether it is open, and how long a change may take.
    async fn before_change(&self, name: &str) -> Result<(Duration, Fault), KeyError> {
        let state = self.worker.call(self.read_within, self.silent(), |b, _| b.state()).await;
        let seconds = self.write_within.as_secs();
        Ok(match state.map_err(|f| f.told(name))? {
            State::Open => (self.write_within, Fault::Silent(seconds)),
            State::Locked => {
                self.unlock.hear("the keyring is locked: waiting for its unlock dialog to be answered");
                (self.write_within, Fault::Unanswered(seconds))
            }
        })
    }

    async fn set(&self, name: &str, item: SecretBytes) -> Result<(), KeyError> {
        let (within, late) = self.before_change(name).await?;
        let asked = name.to_owned();
        let stored = self.worker.call(within, late, move |b, given_up| {
            match b.get(&asked) {
                Err(Fault::Missing) => {}
                Ok(_) => return Err(Fault::Exists),
                Err(fault) => return Err(fault),
            }
            if given_up.now() {
                return Err(late);
            }
            b.set(&asked, &item)?;
            if given_up.now() {
                // it was said that nothing was kept, and so it must be
                b.delete(&asked)?;
            }
            Ok(())
        });
        stored.await.map_err(|f| f.told(name))
    }

    async fn remove(&self, name: &str) -> Result<(), KeyError> {
        let (within, late) = self.before_change(name).await?;
        let asked = name.to_owned();
        let gone = self.worker.call(within, late, move |b, given_up| match given_up.now() {
            true => Err(late),
            false => b.delete(&asked),
        });
        gone.await.map_err(|f| f.told(name))?;
        if let Ok(file) = self.file(name) {
            // mostly there is none; one that stays is sealed to what is gone
            let _ = std::fs::remove_file(file);
        }
        Ok(())
    }

    async fn keep(&self, uri: &KeyUri, secret: &SecretJwk, chain: &[Vec<u8>]) -> Result<Arc<dyn Key>, KeyError> {
        let name = checked(uri.rest())?;
        super::belongs(secret.public(), chain)?;
        let pem = material::to_pem(secret, chain);
        if self.room.is_some_and(|room| pem.expose().len() > room) {
            let file = self.file(&name)?;
            let identity = vault::new_identity();
            let sealed = vault::seal_content(&identity, pem.expose().as_bytes())?;
            let text = vault::identity_text(&identity);
            // the keyring first: it knows whether the name is taken, and a file of that name would be its key's
            self.set(&name, SecretBytes::new(text.expose().as_bytes().to_vec())).await?;
            if let Err(e) = write_private(&file, &sealed) {
                let _ = self.remove(&name).await;
                return Err(KeyError::new("key.store", e.text, e.hint));
            }
        } else {
            self.set(&name, SecretBytes::new(pem.expose().as_bytes().to_vec())).await?;
        }
        let proven = async {
            let key = self.get(&name).await?;
            material::proven(&key).await?;
            Ok(key.shared())
        };
        let proven = proven.await;
        if proven.is_err() {
            // best effort: the error that is told is the first one
            let _ = self.remove(&name).await;
        }
        proven
    }
}

/// The age identity in an item whose material lies in a file.
fn wrapping(item: &SecretBytes) -> Option<&str> {
    let text = std::str::from_utf8(item.expose()).ok()?;
    text.starts_with("AGE-SECRET-KEY-1").then(|| text.trim())
}

impl KeyStore for Keyring {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// Only this program's items; one that is no key is left out.
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async {
            let read = self.worker.call(self.read_within, self.silent(), |b, given_up| {
                if b.state()? == State::Locked {
                    return Err(Fault::Locked);
                }
                let mut items = Vec::new();
                for name in b.names()? {
                    if given_up.now() {
                        break;
                    }
                    if let Ok(item) = b.get(&name) {
                        items.push((name, item));
                    }
                }
                Ok(items)
            });
            let items = read.await.map_err(|f| f.told("countersign"))?;
            Ok(items.iter().filter_map(|(name, item)| Some(self.local(name, item).ok()?.info().clone())).collect())
        })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { Ok(self.get(uri.rest()).await?.shared()) })
    }

    fn as_generate(&self) -> Option<&dyn Generate> {
        Some(self)
    }

    fn as_import(&self) -> Option<&dyn Import> {
        Some(self)
    }

    fn as_certify(&self) -> Option<&dyn Certify> {
        Some(self)
    }

    fn as_delete(&self) -> Option<&dyn Delete> {
        Some(self)
    }
}

impl Generate for Keyring {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let name = checked(uri.rest())?;
            // no key is made that could not be kept
            if self.room.is_some_and(|room| material::largest_pem(making.spec) > room) {
                self.file(&name)?;
            }
            self.keep(uri, &material::generate(making.spec).await?, &[]).await
        })
    }
}

impl Certify for Keyring {
    fn certify<'a>(&'a self, uri: &'a KeyUri, chain: Vec<Vec<u8>>) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let name = checked(uri.rest())?;
            let item = self.item(&name).await?;
            let pem = material::certified(&self.pem(&name, &item)?, chain)?;
            if let Some(identity) = wrapping(&item) {
                let sealed = vault::seal_content(&vault::identity(identity)?, pem.expose().as_bytes())?;
                write_private(&self.file(&name)?, &sealed).map_err(|e| KeyError::new("key.store", e.text, e.hint))?;
            } else if self.room.is_some_and(|room| pem.expose().len() > room) {
                let text = "the keyring has no room for the key together with its certificates";
                return Err(KeyError::new("key.too-large", text, "name their file in the profile: keys.ROLE.chain"));
            } else {
                let (within, late) = self.before_change(&name).await?;
                let (asked, item) = (name.clone(), SecretBytes::new(pem.expose().as_bytes().to_vec()));
                let replaced = self.worker.call(within, late, move |b, given_up| match given_up.now() {
                    true => Err(late),
                    false => b.set(&asked, &item),
                });
                replaced.await.map_err(|f| f.told(&name))?;
            }
            Ok(self.get(&name).await?.shared())
        })
    }
}

impl Import for Keyring {
    fn import<'a>(
        &'a self,
        uri: &'a KeyUri,
        secret: SecretJwk,
        chain: Vec<Vec<u8>>,
    ) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { self.keep(uri, &secret, &chain).await })
    }
}

impl Delete for Keyring {
    fn delete<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Deleted, KeyError>> {
        Box::pin(async move { self.remove(uri.rest()).await.map(|()| Deleted::ForGood) })
    }

    fn restore<'a>(&'a self, _: &'a KeyUri) -> BoxFuture<'a, Result<(), KeyError>> {
        let text = "the keyring has no bin: what was deleted there is gone";
        Box::pin(async move { Err(KeyError::new("key.not-found", text, "import the key again from where it came")) })
    }
}
