//! The vault as a key store.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::content::{Hidden, Kept};
use super::{SCHEME, Vault, checked};
use crate::jose::SecretJwk;
use crate::keys::local::LocalKey;
use crate::keys::{
    Certify, Delete, Deleted, Generate, Import, Key, KeyError, KeyInfo, KeyStore, KeyUri, Lock, Making, material,
};

fn local(name: &str, kept: &Kept) -> Result<LocalKey, KeyError> {
    let found = material::from_pem(&kept.pem.0)?;
    LocalKey::new(KeyUri::new(SCHEME, name), name.to_owned(), found.secret, found.chain)
}

impl KeyStore for Vault {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// Never asks for the passphrase: a locked vault says so.
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async {
            if !self.exists() {
                return Ok(Vec::new());
            }
            if !*self.0.open.borrow() {
                let hint = "it opens when a key of it is used, and in a terminal or with --unlock-from FILE";
                return Err(KeyError::new("key.locked", "the vault is locked", hint));
            }
            self.read(|c| c.keys.iter().map(|(n, k)| Ok(local(n, k)?.info().clone())).collect()).await
        })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let name = uri.rest().to_owned();
            Ok(self.read(move |c| local(&name, c.key(&name)?)).await?.shared())
        })
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

    fn as_lock(&self) -> Option<&dyn Lock> {
        Some(self)
    }

    fn as_delete(&self) -> Option<&dyn Delete> {
        Some(self)
    }
}

impl Generate for Vault {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            checked(uri.rest())?;
            self.keep(uri, &material::generate(making.spec).await?, &[]).await
        })
    }
}

impl Import for Vault {
    fn import<'a>(
        &'a self,
        uri: &'a KeyUri,
        secret: SecretJwk,
        chain: Vec<Vec<u8>>,
    ) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { self.keep(uri, &secret, &chain).await })
    }
}

impl Certify for Vault {
    fn certify<'a>(&'a self, uri: &'a KeyUri, chain: Vec<Vec<u8>>) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let name = uri.rest().to_owned();
            self.read(|_| Ok(())).await?;
            self.change(move |c| {
                let kept = c.key(&name)?;
                let (pem, since) = (material::certified(&kept.pem.0, chain)?, kept.since);
                c.keys.insert(name, Kept { pem: Hidden(pem), since });
                Ok(())
            })
            .await?;
            self.open(uri).await
        })
    }
}

impl Lock for Vault {
    fn unlock(&self) -> BoxFuture<'_, Result<(), KeyError>> {
        Box::pin(self.unlock())
    }
}

impl Delete for Vault {
    fn has_bin(&self) -> bool {
        true
    }

    fn delete<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Deleted, KeyError>> {
        Box::pin(async move {
            if !self.exists() {
                self.read(|_| Ok(())).await?;
            }
            let (name, now) = (uri.rest().to_owned(), self.0.clock.now());
            self.change(move |c| c.discard(&name, now)).await.map(|until| Deleted::Until { until })
        })
    }

    fn restore<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(async move {
            let name = uri.rest().to_owned();
            self.change(move |c| c.restore(&name)).await
        })
    }
}
