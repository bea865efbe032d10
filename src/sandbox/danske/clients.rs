//! The clients the bank has an agreement with, and the assertions it has seen of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sandbox::rsa::PublicKey;

/// What was agreed, and the keys that the client's signed JWK set names.
pub(super) struct Agreement {
    pub signing: PublicKey,
    pub encryption: PublicKey,
    /// Signs what the client publishes about itself.
    pub entity: PublicKey,
    pub redirect_uris: &'static [&'static str],
    pub service_name: &'static str,
}

/// A client id; a broker has a second one, for chained authentication.
#[derive(Clone)]
pub(super) struct Client {
    pub id: String,
    pub agreement: Arc<Agreement>,
}

#[derive(Default)]
pub(super) struct Clients(Mutex<Book>);

#[derive(Default)]
struct Book {
    agreements: HashMap<String, Arc<Agreement>>,
    /// Client and `jti`, and when it may be forgotten.
    spent: HashMap<(String, String), i64>,
}

impl Clients {
    pub fn add(&self, id: &str, agreement: &Arc<Agreement>) {
        self.lock().agreements.insert(id.to_owned(), Arc::clone(agreement));
    }

    pub fn find(&self, id: &str) -> Option<Client> {
        let agreement = self.lock().agreements.get(id).cloned()?;
        Some(Client { id: id.to_owned(), agreement })
    }

    /// What was agreed with the client whose entity key has that thumbprint.
    pub fn of_entity(&self, thumbprint: &str) -> Option<Arc<Agreement>> {
        self.lock().agreements.values().find(|a| a.entity.thumbprint() == thumbprint).cloned()
    }

    /// Whether the client has not used that `jti` before; it is remembered until `forget`.
    pub fn spend(&self, client: &Client, jti: &str, forget: i64, now: i64) -> bool {
        let mut book = self.lock();
        book.spent.retain(|_, forget| *forget > now);
        book.spent.insert((client.id.clone(), jti.to_owned()), forget).is_none()
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        // Every change is one insertion.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
