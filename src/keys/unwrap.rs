//! Asking a key, wherever it is, to do its part in opening an encrypted token.

use super::{Key, KeyError};
use crate::jose::jwe::Task;
use crate::secret::SecretBytes;

/// None: it was not encrypted to this key, or was altered.
///
/// # Errors
/// `key.algorithm` where the key decrypts nothing; the store's own [`KeyError`].
pub async fn unwrap(key: &dyn Key, task: &Task) -> Result<Option<SecretBytes>, KeyError> {
    let Some(able) = key.as_unwrap() else {
        let text = format!("the key {} cannot decrypt where it is kept", key.info().uri);
        return Err(KeyError::new("key.algorithm", text, "take a key whose store can: vault, keyring or file"));
    };
    let answer = match task {
        Task::Decrypt { alg, encrypted_key } => able.unwrap(alg.name(), encrypted_key).await,
        Task::Agree { epk } => able.agree(epk).await,
    };
    match answer {
        Ok(bytes) => Ok(Some(SecretBytes::new(bytes))),
        Err(e) if e.id == "key.unwrap" => Ok(None),
        Err(e) => Err(e),
    }
}
