//! `file:PATH`: a key in a file of the user's, read where it lies and never copied or written.
//!
//! PEM (private key, certificates, or both in one file), a private JWK, or a JWK Set; of a set, `#KID` or `#INDEX` after the
//! path chooses the key. PKCS#12 and encrypted PKCS#8 are opened with a passphrase that is asked for once. `~` is not
//! expanded; a relative path begins at the working directory.

mod content;
mod read;
mod sealed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub(super) use content::{Found, leaf_first, parse};
use sealed::Sealed;

use super::error::shown;
use super::local::LocalKey;
use super::{Key, KeyError, KeyInfo, KeyStore, KeyUri, NobodyUnlocks, Unlock, Wanted};
use crate::jose::{SecretJwk, pem};

/// The file system, as a key store. It lists nothing: files are named, not looked for.
#[derive(Clone)]
pub struct Files {
    unlock: Arc<dyn Unlock>,
}

impl Default for Files {
    fn default() -> Self {
        Self::new(Arc::new(NobodyUnlocks))
    }
}

impl Files {
    pub fn new(unlock: Arc<dyn Unlock>) -> Self {
        Self { unlock }
    }

    /// Key and certificates (leaf first) of a file, for a store that takes them over. `rest` is what stands after `file:`.
    ///
    /// # Errors
    /// As for opening it as a key.
    pub async fn take(&self, rest: &str) -> Result<(SecretJwk, Vec<Vec<u8>>), KeyError> {
        let Loaded { found, .. } = self.load(rest).await?;
        Ok((found.secret, found.chain))
    }

    async fn load(&self, rest: &str) -> Result<Loaded, KeyError> {
        let (path, chosen) = split(rest);
        let name = path.file_name().map(|n| shown(&n.to_string_lossy())).unwrap_or_default();
        let at_file = |e: KeyError| KeyError { text: format!("{name}: {}", e.text), ..e };
        // A disk may be a network share that does not answer: it may block its own thread.
        let read = blocking(move || read::read(&path)).await?;
        let bytes = read.bytes;
        let label = chosen.as_deref().map_or(name.clone(), |c| format!("{name}#{}", shown(c)));
        let Some(sealed) = Sealed::of(bytes.expose()) else {
            let found = content::parse(bytes.expose(), chosen.as_deref()).map_err(at_file)?;
            return Ok(Loaded { found, label, warning: read.warning });
        };
        if chosen.is_some() {
            let text = format!("{name}: “#” after the path chooses a key of a JWK Set, and this is no set");
            return Err(KeyError::new("key.reference", text, "leave it out"));
        }
        let Some(passphrase) = self.unlock.ask(Wanted::passphrase(&name)).await else {
            let hint = "give the passphrase in a terminal, or with --unlock-from FILE";
            return Err(KeyError::new(
                "key.encrypted",
                format!("{name} is sealed and nobody gave its passphrase"),
                hint,
            ));
        };
        let weak = (sealed == Sealed::Pkcs12).then(|| Sealed::warning(bytes.expose())).flatten();
        let warning = [read.warning, weak].into_iter().flatten().reduce(|a, b| format!("{a}; {b}"));
        // deriving the key of a passphrase takes up to seconds
        let found = blocking(move || sealed.open(bytes.expose(), &passphrase)).await.map_err(at_file)?;
        Ok(Loaded { found, label, warning })
    }
}

/// The certificates of a PEM file, in their order; a private key beside them is not looked at.
///
/// # Errors
/// As for opening the file as a key; `key.certificate` where no certificate is in it.
pub async fn certificates(path: &str) -> Result<Vec<Vec<u8>>, KeyError> {
    let (name, path) = (shown(path), PathBuf::from(path));
    let bytes = blocking(move || read::read(&path)).await?.bytes;
    let chain = pem::blocks(bytes.expose()).map(|blocks| content::pem_chain(&blocks)).unwrap_or_default();
    if chain.is_empty() {
        let text = format!("{name} holds no certificate");
        return Err(KeyError::new("key.certificate", text, "name the PEM file that the issuer sent, leaf and issuers"));
    }
    Ok(chain)
}

/// What a file gave.
struct Loaded {
    found: Found,
    label: String,
    warning: Option<String>,
}

impl KeyStore for Files {
    fn scheme(&self) -> &'static str {
        "file"
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let Loaded { found, label, warning } = self.load(uri.rest()).await?;
            let at_file = |e: KeyError| KeyError { text: format!("{label}: {}", e.text), ..e };
            let key = LocalKey::new(uri.clone(), label.clone(), found.secret, found.chain).map_err(at_file)?;
            Ok(key.warn(warning).shared())
        })
    }
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, KeyError> + Send + 'static,
) -> Result<T, KeyError> {
    let broken = |_| Err(KeyError::new("key.store", "the key file could not be read", "try again"));
    tokio::task::spawn_blocking(act).await.unwrap_or_else(broken)
}

/// Path and choice. A file that has `#` in its name is taken as it is.
fn split(rest: &str) -> (PathBuf, Option<String>) {
    match rest.rsplit_once('#') {
        Some((path, choice)) if !Path::new(rest).exists() => (path.into(), Some(choice.to_owned())),
        _ => (rest.into(), None),
    }
}

#[cfg(test)]
mod tests;
