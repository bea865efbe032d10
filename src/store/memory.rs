//! What runs of one session share: metadata, values, pins, the `jti` ledger. Ends with the program.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value as Json;

use super::Whose;
use crate::profile::model::Pin;
use crate::time::Timestamp;

/// Cheap to clone: clones share.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    places: BTreeMap<Whose, Place>,
    /// By profile and environment: whose keys we use says nothing of the bank's.
    pins: BTreeMap<(String, String), BTreeMap<String, Pin>>,
}

#[derive(Default)]
struct Place {
    metadata: Option<(Json, Timestamp)>,
    values: BTreeMap<String, Json>,
    jti: BTreeMap<String, i64>,
    skew: Option<i64>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // a poisoned lock only says that a thread panicked; each write below is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at<T>(&self, whose: &Whose, act: impl FnOnce(&mut Place) -> T) -> T {
        act(self.lock().places.entry(whose.clone()).or_default())
    }

    /// `inputs.NAME`: a value that a flow found.
    pub fn forget(&self, whose: &Whose, what: &str) {
        if let Some(input) = what.strip_prefix("inputs.") {
            self.at(whose, |p| p.values.remove(input));
        }
    }

    /// Metadata no older than `seconds`.
    pub fn metadata(&self, whose: &Whose, seconds: i64, now: Timestamp) -> Option<Json> {
        self.at(whose, |p| p.metadata.as_ref().filter(|(_, at)| at.plus_seconds(seconds) > now).map(|(m, _)| m.clone()))
    }

    pub fn keep_metadata(&self, whose: &Whose, metadata: Json, now: Timestamp) {
        self.at(whose, |p| p.metadata = Some((metadata, now)));
    }

    /// Values that a flow found (a client id), for later runs of this session.
    pub fn values(&self, whose: &Whose) -> Vec<(String, Json)> {
        self.at(whose, |p| p.values.iter().map(|(k, v)| (k.clone(), v.clone())).collect())
    }

    pub fn keep_value(&self, whose: &Whose, name: &str, value: Json) {
        self.at(whose, |p| p.values.insert(name.to_owned(), value));
    }

    /// Keys of others that a person approved, by name.
    pub fn pins(&self, whose: &Whose) -> BTreeMap<String, Pin> {
        self.lock().pins.get(&whose.client()).cloned().unwrap_or_default()
    }

    pub fn keep_pin(&self, whose: &Whose, name: &str, pin: Pin) {
        self.lock().pins.entry(whose.client()).or_default().insert(name.to_owned(), pin);
    }

    /// The bank's clock minus ours, seconds, as its last answer had it.
    pub fn skew(&self, whose: &Whose) -> Option<i64> {
        self.at(whose, |p| p.skew)
    }

    pub fn keep_skew(&self, whose: &Whose, seconds: i64) {
        self.at(whose, |p| p.skew = Some(seconds));
    }

    pub fn used_jti(&self, whose: &Whose, now: Timestamp) -> Vec<String> {
        self.at(whose, |p| {
            p.jti.retain(|_, until| *until > now.seconds());
            p.jti.keys().cloned().collect()
        })
    }

    pub fn use_jti(&self, whose: &Whose, jti: &str, until: i64) {
        self.at(whose, |p| p.jti.insert(jti.to_owned(), until));
    }
}
