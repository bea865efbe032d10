//! `file:PATH`: a key in a file of the user's, read where it lies and never copied or written.
//!
//! PEM (private key, certificates, or both in one file), a private JWK, or a JWK Set; of a set, `#KID` or `#INDEX` after the
//! path chooses the key. `~` is not expanded; a relative path begins at the working directory. Encrypted files are not read.

mod content;
mod read;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::error::shown;
use super::local::LocalKey;
use super::{Key, KeyError, KeyInfo, KeyStore, KeyUri};

/// The file system, as a key store. It lists nothing: files are named, not looked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Files;

impl KeyStore for Files {
    fn scheme(&self) -> &'static str {
        "file"
    }

    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let uri = uri.clone();
            // A disk may be a network share that does not answer: it may block its own thread.
            let opened = tokio::task::spawn_blocking(move || open(&uri)).await;
            opened.unwrap_or_else(|_| Err(KeyError::new("key.store", "the key file could not be read", "try again")))
        })
    }
}

fn open(uri: &KeyUri) -> Result<Arc<dyn Key>, KeyError> {
    let (path, chosen) = split(uri.rest());
    let read = read::read(&path)?;
    let name = path.file_name().map(|n| shown(&n.to_string_lossy())).unwrap_or_default();
    let at_file = |e: KeyError| KeyError { text: format!("{name}: {}", e.text), ..e };
    let found = content::parse(read.bytes.expose(), chosen.as_deref()).map_err(at_file)?;
    let label = chosen.map_or(name.clone(), |c| format!("{name}#{}", shown(&c)));
    let key = LocalKey::new(uri.clone(), label, found.secret, found.chain).map_err(at_file)?;
    Ok(key.warn(read.warning).shared())
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
