//! The stores there are, by the scheme of their references.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, Stream, StreamExt};

use super::{Delete, Key, KeyError, KeyInfo, KeyStore, KeyUri, LeftOut, Making};
use crate::jose::SecretJwk;

/// How long a store may take to list its keys.
const LIST_WITHIN: Duration = Duration::from_secs(2);

/// Every key store of this program.
pub struct Stores {
    stores: BTreeMap<&'static str, Arc<dyn KeyStore>>,
    list_within: Duration,
}

/// One store's answer to “what do you have”. A store that is dead or slow says so in its own row.
#[derive(Debug)]
pub struct Listing {
    pub scheme: &'static str,
    pub keys: Result<Vec<KeyInfo>, KeyError>,
    pub left_out: Vec<LeftOut>,
}

/// What a store can do, without asking it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFacts {
    pub scheme: &'static str,
    pub generates: bool,
    pub imports: bool,
    pub deletes: bool,
    /// What is deleted can be brought back.
    pub has_bin: bool,
    /// It may be locked, and a person can open it from here.
    pub unlocks: bool,
}

impl Default for Stores {
    fn default() -> Self {
        Self { stores: BTreeMap::new(), list_within: LIST_WITHIN }
    }
}

impl Stores {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a store; one of the same scheme is replaced.
    #[must_use]
    pub fn with(mut self, store: Arc<dyn KeyStore>) -> Self {
        self.stores.insert(store.scheme(), store);
        self
    }

    #[must_use]
    pub fn listing_within(self, list_within: Duration) -> Self {
        Self { list_within, ..self }
    }

    pub fn schemes(&self) -> impl Iterator<Item = &'static str> {
        self.stores.keys().copied()
    }

    /// The schemes whose stores can make keys.
    pub fn generating(&self) -> impl Iterator<Item = &'static str> {
        self.stores.iter().filter(|(_, s)| s.as_generate().is_some()).map(|(scheme, _)| *scheme)
    }

    /// Where a new key goes when nobody says: the operating system's keyring where there is one, else the vault.
    pub async fn home(&self) -> &'static str {
        let listed = async {
            let keyring = self.stores.get("keyring")?;
            tokio::time::timeout(self.list_within, keyring.list()).await.ok()
        };
        match listed.await {
            Some(Ok(_)) => "keyring",
            Some(Err(e)) if e.id == "key.locked" => "keyring",
            _ => "vault",
        }
    }

    fn store(&self, uri: &KeyUri) -> Result<&Arc<dyn KeyStore>, KeyError> {
        self.stores.get(uri.scheme()).ok_or_else(|| {
            let known: Vec<&str> = self.schemes().collect();
            KeyError::reference(&uri.to_string(), format!("the stores of this program are: {}", known.join(", ")))
        })
    }

    /// Opens a key. There is no deadline: the store may be waiting for a person. Drop the future to give up.
    ///
    /// # Errors
    /// `key.reference` where no store has that scheme; the store's own [`KeyError`].
    pub async fn open(&self, uri: &KeyUri) -> Result<Arc<dyn Key>, KeyError> {
        self.store(uri)?.open(uri).await
    }

    /// Makes a key.
    ///
    /// # Errors
    /// As for [`Self::open`]; `key.store` where that store makes none.
    pub async fn generate(&self, uri: &KeyUri, making: &Making) -> Result<Arc<dyn Key>, KeyError> {
        let store = self.store(uri)?;
        let Some(generate) = store.as_generate() else {
            let able: Vec<&str> = self.generating().collect();
            let text = format!("the store “{}” makes no keys", store.scheme());
            return Err(KeyError::new("key.store", text, format!("stores that do: {}", able.join(", "))));
        };
        generate.generate(uri, making).await
    }

    /// Gives a store a key to keep.
    ///
    /// # Errors
    /// As for [`Self::open`]; `key.store` where that store takes none, `key.exists`, `key.certificate`.
    pub async fn import(&self, uri: &KeyUri, secret: SecretJwk, chain: Vec<Vec<u8>>) -> Result<Arc<dyn Key>, KeyError> {
        let store = self.store(uri)?;
        let Some(import) = store.as_import() else {
            let able = self.stores.iter().filter(|(_, s)| s.as_import().is_some()).map(|(scheme, _)| *scheme);
            let text = format!("the store “{}” takes no keys over{}", store.scheme(), store.why_no_import());
            let hint = format!("stores that do: {}", able.collect::<Vec<_>>().join(", "));
            return Err(KeyError::new("key.store", text, hint));
        };
        import.import(uri, secret, chain).await
    }

    /// Keeps certificates beside a key, leaf first.
    ///
    /// # Errors
    /// As for [`Self::open`]; `key.store` where that store keeps none, `key.certificate`.
    pub async fn certify(&self, uri: &KeyUri, chain: Vec<Vec<u8>>) -> Result<Arc<dyn Key>, KeyError> {
        let store = self.store(uri)?;
        let Some(certify) = store.as_certify() else {
            let able = self.stores.iter().filter(|(_, s)| s.as_certify().is_some()).map(|(scheme, _)| *scheme);
            let text = format!("the store “{}” takes no certificate for a key it has", store.scheme());
            let able = able.collect::<Vec<_>>().join(", ");
            return Err(KeyError::new("key.store", text, format!("stores that do: {able}; a file: append it there")));
        };
        certify.certify(uri, chain).await
    }

    /// The store's ability to delete.
    ///
    /// # Errors
    /// As for [`Self::open`]; `key.store` where that store deletes nothing.
    pub fn deleting(&self, uri: &KeyUri) -> Result<&dyn Delete, KeyError> {
        let store = self.store(uri)?;
        store.as_delete().ok_or_else(|| {
            let text = format!("the store “{}” deletes nothing", store.scheme());
            KeyError::new("key.store", text, "a file is the user's own: remove it yourself")
        })
    }

    /// What each store can do, in the order of their schemes.
    pub fn facts(&self) -> impl Iterator<Item = StoreFacts> {
        self.stores.iter().map(|(scheme, store)| StoreFacts {
            scheme,
            generates: store.as_generate().is_some(),
            imports: store.as_import().is_some(),
            deletes: store.as_delete().is_some(),
            has_bin: store.as_delete().is_some_and(Delete::has_bin),
            unlocks: store.as_lock().is_some(),
        })
    }

    /// Opens a store that is locked. There is no deadline: a person is asked.
    ///
    /// # Errors
    /// As for [`Self::open`]; `key.store` where that store is not opened from here.
    pub async fn unlock(&self, scheme: &str) -> Result<(), KeyError> {
        let store = self.store(&KeyUri::new(scheme, "*"))?;
        let Some(lock) = store.as_lock() else {
            let text = format!("the store “{}” is not opened from here", store.scheme());
            return Err(KeyError::new("key.store", text, "open it with the program of its own"));
        };
        lock.unlock().await
    }

    /// Asks all stores at once and gives their answers in order.
    pub async fn list(&self) -> Vec<Listing> {
        let mut all: Vec<Listing> = self.listings(None).collect().await;
        all.sort_by_key(|l| l.scheme);
        all
    }

    /// Asks all stores at once, or the one of that scheme, and gives each answer as it comes. Each has the same time, on a task of its own, so that one
    /// that hangs or panics is one row.
    #[expect(
        clippy::disallowed_methods,
        reason = "ended by its deadline, so that a store that hangs or panics is one row"
    )]
    pub fn listings(&self, only: Option<&str>) -> impl Stream<Item = Listing> + Send + use<> {
        let chosen = self.stores.iter().filter(|(scheme, _)| only.is_none_or(|o| o == **scheme));
        let asked = chosen.map(|(scheme, store)| {
            let (scheme, store, within) = (*scheme, store.clone(), self.list_within);
            async move {
                let asked = store.clone();
                let mut task = tokio::spawn(async move { asked.list().await });
                let keys = match tokio::time::timeout(within, &mut task).await {
                    Ok(Ok(keys)) => keys,
                    Ok(Err(_)) => Err(KeyError::new("key.store", format!("the store “{scheme}” failed"), "try again")),
                    Err(_) => {
                        task.abort();
                        let text = format!("the store “{scheme}” did not answer within {} s", within.as_secs_f64());
                        Err(KeyError::new("key.store", text, "see whether it is locked or its service is down"))
                    }
                };
                let left_out = if keys.is_ok() { store.left_out() } else { Vec::new() };
                Listing { scheme, keys, left_out }
            }
        });
        asked.collect::<FuturesUnordered<_>>()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;

    use super::*;
    use crate::keys::KeySpec;
    use crate::keys::file::Files;
    use crate::keys::memory::Memory;

    /// A store that never answers, or that panics.
    struct Bad(&'static str);

    impl KeyStore for Bad {
        fn scheme(&self) -> &'static str {
            self.0
        }
        fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
            match self.0 {
                "panics" => Box::pin(async { panic!("as it says") }),
                _ => Box::pin(std::future::pending()),
            }
        }
        fn open<'a>(&'a self, _: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
            Box::pin(std::future::pending())
        }
    }

    #[tokio::test]
    async fn a_dead_store_is_a_row_and_the_others_answer() {
        let stores = Stores::new()
            .with(Arc::new(Memory::new()))
            .with(Arc::new(Bad("hangs")))
            .with(Arc::new(Bad("panics")))
            .listing_within(Duration::from_millis(50));
        let uri = "memory:signing".parse().unwrap();
        stores.generate(&uri, &KeySpec::P256.into()).await.unwrap();
        let rows = stores.list().await;
        let short: Vec<_> = rows.iter().map(|r| (r.scheme, r.keys.as_ref().map(Vec::len).map_err(|e| e.id))).collect();
        assert_eq!(short, [("hangs", Err("key.store")), ("memory", Ok(1)), ("panics", Err("key.store"))]);
        assert_eq!(stores.open(&uri).await.unwrap().info().uri, uri);
    }

    #[tokio::test]
    async fn who_answers_first_is_told_first() {
        let stores = Stores::new().with(Arc::new(Memory::new())).with(Arc::new(Bad("hangs")));
        let stores = stores.listing_within(Duration::from_millis(50));
        let seen: Vec<_> = stores.listings(None).map(|l| l.scheme).collect().await;
        assert_eq!(seen, ["memory", "hangs"]);
    }

    #[tokio::test]
    async fn an_unknown_scheme_names_the_known_ones_and_a_file_is_not_made() {
        let stores = Stores::new().with(Arc::new(Memory::new())).with(Arc::new(Files::default()));
        let error = stores.open(&"keyring:x".parse().unwrap()).await.map(|_| ()).unwrap_err();
        assert_eq!(error.id, "key.reference");
        assert!(error.hint.contains("file, memory"));
        let error = stores.generate(&"file:x".parse().unwrap(), &KeySpec::P256.into()).await.map(|_| ()).unwrap_err();
        assert_eq!((error.id, error.hint.as_str()), ("key.store", "stores that do: memory"));
    }
}
