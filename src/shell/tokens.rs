//! What a person does with kept tokens, in one way for the screen and the command line.

use super::order::references;
use super::session::Session;
use crate::keys::KeyError;
use crate::store::Whose;
use crate::store::tokens::{Label, TokenSet};

impl Session {
    /// Whose a kept set is: the saved profile's, with the keys that it has now.
    fn owner(&self, label: &Label) -> Whose {
        let keys = self.library.load(&label.profile).map(|loaded| references(&loaded.profile)).unwrap_or_default();
        Whose::new(&label.profile, &label.environment, &keys)
    }

    /// One set, opened. May ask for the passphrase of the vault.
    ///
    /// # Errors
    /// What does not open.
    pub async fn token_set(&self, label: &Label) -> Result<Option<TokenSet>, KeyError> {
        self.tokens.get(&self.owner(label), &label.set).await
    }

    /// Forgets a set. The bank is not told.
    ///
    /// # Errors
    /// Where its file cannot be removed.
    pub async fn forget_token_set(&self, label: &Label) -> Result<(), KeyError> {
        self.tokens.forget(&self.owner(label), &format!("tokens.{}", label.set)).await
    }
}
