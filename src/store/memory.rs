//! What runs of one session share: tokens, metadata, the `jti` ledger. Ends with the program.
//!
//! An encrypted store on disk will stand behind the same calls; until then nothing secret is ever written.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value as Json};

use crate::keys::KeyUri;
use crate::profile::model::Pin;
use crate::time::Timestamp;

/// Cheap to clone: clones share.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Kept>>);

/// Whose things they are: a client is known to a bank by its keys, and a token may be bound to a certificate
/// (RFC 8705 §3), so that what was got with one set of keys is of no use with another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whose {
    profile: String,
    environment: String,
    /// References by role.
    keys: BTreeMap<String, KeyUri>,
}

impl Whose {
    pub fn new(profile: &str, environment: &str, keys: &BTreeMap<String, KeyUri>) -> Self {
        Self { profile: profile.to_owned(), environment: environment.to_owned(), keys: keys.clone() }
    }

    fn bank(&self) -> (String, String) {
        (self.profile.clone(), self.environment.clone())
    }
}

#[derive(Default)]
struct Kept {
    places: BTreeMap<Whose, Place>,
    /// By profile and environment: whose keys we use says nothing of the bank's.
    pins: BTreeMap<(String, String), BTreeMap<String, Pin>>,
}

#[derive(Default)]
struct Place {
    tokens: BTreeMap<String, (Json, Option<Timestamp>)>,
    metadata: Option<(Json, Timestamp)>,
    values: BTreeMap<String, Json>,
    jti: BTreeMap<String, i64>,
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        // a poisoned lock only says that a thread panicked; each write below is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at<T>(&self, whose: &Whose, act: impl FnOnce(&mut Place) -> T) -> T {
        act(self.lock().places.entry(whose.clone()).or_default())
    }

    /// Token sets that have not ended, as `{SET: {NAME: VALUE}}`.
    pub fn tokens(&self, whose: &Whose, now: Timestamp) -> Json {
        self.at(whose, |p| {
            p.tokens.retain(|_, (_, ends)| ends.is_none_or(|e| e > now));
            Json::Object(p.tokens.iter().map(|(n, (v, _))| (n.clone(), v.clone())).collect::<Map<_, _>>())
        })
    }

    /// Keeps a set until its `expires_in` has passed, less half a minute.
    pub fn keep_tokens(&self, whose: &Whose, set: &str, members: Json, now: Timestamp) {
        let lives = members.get("expires_in").and_then(Json::as_i64).map(|s| now.plus_seconds(s.saturating_sub(30)));
        self.at(whose, |p| p.tokens.insert(set.to_owned(), (members, lives)));
    }

    pub fn forget(&self, whose: &Whose, what: &str) {
        self.at(whose, |p| match what.strip_prefix("tokens.") {
            Some(set) => {
                p.tokens.remove(set);
            }
            None if what == "tokens" => p.tokens.clear(),
            None => {
                if let Some(input) = what.strip_prefix("inputs.") {
                    p.values.remove(input);
                }
                if let Some(value) = what.strip_prefix("token:") {
                    p.tokens.retain(|_, (v, _)| {
                        v.as_object().is_none_or(|m| m.values().all(|v| v.as_str() != Some(value)))
                    });
                }
            }
        });
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
        self.lock().pins.get(&whose.bank()).cloned().unwrap_or_default()
    }

    pub fn keep_pin(&self, whose: &Whose, name: &str, pin: Pin) {
        self.lock().pins.entry(whose.bank()).or_default().insert(name.to_owned(), pin);
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
