//! The pair of keys that tokens are sealed to on disk. Anybody may seal, without being asked for anything; only what lies in
//! the operating system's keyring, or in the vault, opens.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use age::x25519;
use serde::{Deserialize, Serialize};

#[cfg(feature = "keyring")]
use super::keyring::Keyring;
use super::vault::{self, Vault};
use super::{KeyError, Stores};
use crate::secret::{Secret, SecretBytes};

/// Under which the private half is kept.
const NAME: &str = "what opens the kept tokens";

/// Where the private half is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Home {
    Keyring,
    Vault,
}

/// To whom something is sealed: no secret.
#[derive(Clone)]
pub struct Recipient(x25519::Recipient);

impl Recipient {
    /// # Errors
    /// `key.store`.
    pub fn seal(&self, content: &SecretBytes) -> Result<Vec<u8>, KeyError> {
        vault::seal(&self.0, content.expose())
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Recipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.parse().map_err(|_| {
            KeyError::new(
                "key.unreadable",
                "what tokens are sealed to is no age recipient",
                "put it back from a backup",
            )
        })?;
        Ok(Self(text))
    }
}

/// What opens. Its `Debug` shows nothing.
pub struct Opener(x25519::Identity);

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opener(********)")
    }
}

impl Opener {
    /// # Errors
    /// `key.unreadable`, for what was changed, cut, or sealed to another.
    pub fn open(&self, sealed: &[u8]) -> Result<SecretBytes, KeyError> {
        vault::open_content(&self.0, sealed).map_err(|_| {
            let text = "a kept token does not open: its file was changed or cut, or sealed to another key";
            KeyError::new("key.unreadable", text, "the file is left as it is; put it back from a backup, or forget it")
        })
    }
}

/// Makes the pair, and finds it again.
#[derive(Clone)]
pub struct Wrapping {
    stores: Arc<Stores>,
    vault: Vault,
    #[cfg(feature = "keyring")]
    keyring: Arc<Keyring>,
}

impl Wrapping {
    #[cfg(feature = "keyring")]
    pub const fn new(stores: Arc<Stores>, vault: Vault, keyring: Arc<Keyring>) -> Self {
        Self { stores, vault, keyring }
    }

    #[cfg(not(feature = "keyring"))]
    pub const fn new(stores: Arc<Stores>, vault: Vault) -> Self {
        Self { stores, vault }
    }

    /// Where a new private half would go; None: nowhere without a person who thinks of a passphrase for a new vault.
    pub async fn home(&self) -> Option<Home> {
        match self.stores.home().await {
            "keyring" => Some(Home::Keyring),
            _ => self.vault.exists().then_some(Home::Vault),
        }
    }

    /// Makes the pair, or takes the one that is there. May ask for the passphrase of the vault, and for that of a new one.
    ///
    /// # Errors
    /// The store's own.
    pub async fn make(&self, home: Home) -> Result<Recipient, KeyError> {
        if let Some(text) = self.kept(home).await? {
            return Ok(Recipient(vault::identity(text.expose())?.to_public()));
        }
        let identity = vault::new_identity();
        let text = vault::identity_text(&identity);
        match home {
            Home::Vault => self.vault.put_secret(NAME, text).await?,
            #[cfg(feature = "keyring")]
            Home::Keyring => self.keyring.put_secret(NAME, &text).await?,
            #[cfg(not(feature = "keyring"))]
            Home::Keyring => return Err(no_keyring()),
        }
        Ok(Recipient(identity.to_public()))
    }

    /// May ask for the passphrase of the vault.
    ///
    /// # Errors
    /// The store's own; `key.not-found` where the private half is gone.
    pub async fn opener(&self, home: Home) -> Result<Opener, KeyError> {
        let text = self.kept(home).await?.ok_or_else(|| {
            let text = "the key that opens the kept tokens is gone from where it was kept";
            KeyError::new(
                "key.not-found",
                text,
                "put the keyring or the vault back from a backup, or forget the tokens",
            )
        })?;
        vault::identity(text.expose()).map(Opener)
    }

    async fn kept(&self, home: Home) -> Result<Option<Secret>, KeyError> {
        match home {
            Home::Vault => self.vault.get_secret(NAME).await,
            #[cfg(feature = "keyring")]
            Home::Keyring => self.keyring.get_secret(NAME).await,
            #[cfg(not(feature = "keyring"))]
            Home::Keyring => Err(no_keyring()),
        }
    }
}

#[cfg(not(feature = "keyring"))]
fn no_keyring() -> KeyError {
    let text = "the kept tokens open with a key of the keyring, which this build does not know";
    KeyError::new("key.absent", text, "use a build with the `keyring` feature")
}
