//! Token sets that end with the program.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::TokenSet;
use crate::store::Whose;

/// Cheap to clone: clones share.
#[derive(Clone, Default)]
pub(super) struct Heap(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    sets: BTreeMap<(Whose, String), TokenSet>,
    turns: BTreeMap<(Whose, String), Arc<Turn<()>>>,
}

fn key(whose: &Whose, name: &str) -> (Whose, String) {
    (whose.clone(), name.to_owned())
}

impl Heap {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        // a poisoned lock only says that a thread panicked; each change below is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, whose: &Whose, name: &str) -> Option<TokenSet> {
        self.lock().sets.get(&key(whose, name)).cloned()
    }

    pub fn put(&self, set: TokenSet) {
        self.lock().sets.insert(key(&set.whose, &set.name), set);
    }

    pub fn remove(&self, whose: &Whose, name: &str) {
        self.lock().sets.remove(&key(whose, name));
    }

    pub fn names(&self, whose: &Whose) -> BTreeSet<String> {
        self.lock().sets.keys().filter(|(w, _)| w == whose).map(|(_, name)| name.clone()).collect()
    }

    pub fn all(&self) -> Vec<TokenSet> {
        self.lock().sets.values().cloned().collect()
    }

    fn turn(&self, whose: &Whose, name: &str) -> Arc<Turn<()>> {
        self.lock().turns.entry(key(whose, name)).or_default().clone()
    }

    /// Waits until nobody else spends of that set.
    pub async fn alone(&self, whose: &Whose, name: &str) -> OwnedMutexGuard<()> {
        self.turn(whose, name).lock_owned().await
    }

    pub fn is_busy(&self, whose: &Whose, name: &str) -> bool {
        self.turn(whose, name).try_lock().is_err()
    }
}
