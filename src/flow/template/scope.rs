//! What an expression can see: the roots of its names, and the run's random numbers and `jti` ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use minijinja::Value;
use minijinja::value::{Object, ObjectRepr};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::convert::from_json;
use super::expr::EvalError;

/// Names that functions look up and no expression can write.
pub(super) const RANDOM: &str = "random__";
pub(super) const LEDGER: &str = "ledger__";

/// The names an expression may read. Cheap to clone: values are shared.
#[derive(Clone, Default)]
pub struct Scope {
    roots: BTreeMap<String, Value>,
    /// Dotted prefixes that cannot be known here, and why: a rule that reads below one is *not checked*.
    unknown: BTreeMap<String, String>,
    /// Dotted names that have no value because an expression failed.
    faults: BTreeMap<String, EvalError>,
    /// Paths at which an answer about a person begins: a check does not show what stands there.
    personal: Vec<Vec<String>>,
}

impl Scope {
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.roots.insert(name.into(), value);
    }
    pub fn set_json(&mut self, name: impl Into<String>, value: &serde_json::Value) {
        self.set(name, from_json(value));
    }
    pub fn remove(&mut self, name: &str) {
        self.roots.remove(name);
    }
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.roots.get(name)
    }
    pub fn set_random(&mut self, random: &Random) {
        self.set(RANDOM, Value::from_object(random.clone()));
    }
    pub fn set_ledger(&mut self, ledger: Ledger) {
        self.set(LEDGER, Value::from_object(ledger));
    }
    pub fn mark_unknown(&mut self, prefix: impl Into<String>, why: impl Into<String>) {
        self.unknown.insert(prefix.into(), why.into());
    }
    pub fn forget_unknown(&mut self, prefix: &str) {
        self.unknown.remove(prefix);
    }
    /// Why the value at this path cannot be known, if so.
    pub fn unknown(&self, path: &[String]) -> Option<&str> {
        (1..=path.len()).find_map(|n| self.unknown.get(&path[..n].join("."))).map(String::as_str)
    }
    pub fn mark_fault(&mut self, name: impl Into<String>, why: EvalError) {
        self.faults.insert(name.into(), why);
    }

    /// Why the name that this path begins with has no value, where its expression failed.
    pub fn fault(&self, path: &[String]) -> Option<EvalError> {
        let (name, cause) = (1..=path.len()).find_map(|n| self.faults.get_key_value(&path[..n].join(".")))?;
        Some(EvalError::Within { name: name.clone(), cause: Box::new(cause.clone()) })
    }

    pub fn mark_personal(&mut self, path: Vec<String>) {
        self.personal.push(path);
    }
    pub fn personal(&self) -> &[Vec<String>] {
        &self.personal
    }
    /// The value at a dotted path, undefined where something on the way is missing.
    pub fn lookup(&self, path: &[String]) -> Value {
        let mut names = path.iter();
        let Some(mut at) = names.next().and_then(|n| self.roots.get(n)).cloned() else { return Value::UNDEFINED };
        for name in names {
            at = match at.get_attr(name) {
                Ok(v) => v,
                Err(_) => return Value::UNDEFINED,
            };
        }
        at
    }
    pub(super) fn context(&self) -> Value {
        Value::from_pairs(self.roots.iter().map(|(k, v)| (k.clone(), v.clone())))
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scope({})", self.roots.keys().cloned().collect::<Vec<_>>().join(" "))
    }
}

/// The run's random numbers: ChaCha20 over a seed from the operating system, never shown or saved.
#[derive(Clone)]
pub struct Random(Arc<Mutex<ChaCha20Rng>>);

impl Random {
    pub fn new(seed: [u8; 32]) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed))))
    }
    pub fn bytes(&self, n: usize) -> Vec<u8> {
        let mut out = vec![0; n];
        // a poisoned lock only means that another thread panicked while drawing: the generator itself is sound
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).fill_bytes(&mut out);
        out
    }
    /// A version 4 UUID (RFC 9562 §5.4).
    pub fn uuid(&self) -> String {
        let mut b = self.bytes(16);
        b[6] = (b[6] & 0x0f) | 0x40;
        b[8] = (b[8] & 0x3f) | 0x80;
        let hex: String = b.iter().map(|b| format!("{b:02x}")).collect();
        format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

impl fmt::Debug for Random {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Random(…)")
    }
}

impl Object for Random {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

/// The `jti` values already used with this client.
#[derive(Clone, Debug, Default)]
pub struct Ledger(pub Arc<BTreeSet<String>>);

impl Object for Ledger {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}
