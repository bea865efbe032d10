//! What is in a vault: keys, other secrets, and the bin. JSON, so that whoever opens it with `age` can read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

use crate::keys::KeyError;
use crate::keys::error::shown;
use crate::secret::{Secret, SecretBytes};
use crate::time::Timestamp;

const VERSION: u32 = 1;
/// How long a deleted key can be brought back, seconds.
pub(super) const BIN: i64 = 30 * 86_400;

/// A text that is wiped.
pub(super) struct Hidden(pub Secret);

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.0.expose())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|s| Self(Secret::new(s)))
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    /// Private key and certificates, leaf first.
    pub pem: Hidden,
    /// When it came in, seconds.
    pub since: i64,
}

#[derive(Serialize, Deserialize)]
struct Binned {
    name: String,
    kept: Kept,
    deleted: i64,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    version: u32,
    pub keys: BTreeMap<String, Kept>,
    pub secrets: BTreeMap<String, Hidden>,
    bin: Vec<Binned>,
}

impl Content {
    pub const fn new() -> Self {
        Self { version: VERSION, keys: BTreeMap::new(), secrets: BTreeMap::new(), bin: Vec::new() }
    }

    /// The text of serde's error may hold a key: it is dropped.
    pub fn read(bytes: &SecretBytes) -> Result<Self, KeyError> {
        let newer = || {
            let text = "the vault was written by another version of this program, or by hand and wrongly";
            KeyError::new("key.store", text, "use the newest version; the files are left as they are")
        };
        let content: Self = serde_json::from_slice(bytes.expose()).map_err(|_| newer())?;
        if content.version == VERSION { Ok(content) } else { Err(newer()) }
    }

    pub fn write(&self) -> Result<SecretBytes, KeyError> {
        let pems = self.keys.values().chain(self.bin.iter().map(|b| &b.kept)).map(|k| k.pem.0.expose().len());
        let size: usize = pems.chain(self.secrets.values().map(|s| s.0.expose().len())).sum();
        // escapes at most double what PEM and tokens need; names and braces come on top
        let mut out = Zeroizing::new(Vec::with_capacity(2 * size + (1 << 16)));
        serde_json::to_writer(&mut *out, self)
            .map_err(|_| KeyError::new("key.store", "the vault could not be written", "try again"))?;
        Ok(SecretBytes::new(std::mem::take(&mut *out)))
    }

    pub fn key(&self, name: &str) -> Result<&Kept, KeyError> {
        self.keys.get(name).ok_or_else(|| {
            let binned = self.bin.iter().any(|b| b.name == name);
            let hint = match binned {
                true => "it is in the bin: countersign keys restore vault:NAME",
                false => "countersign keys list shows what is there; names are exact",
            };
            KeyError::new("key.not-found", format!("there is no key “{}” in the vault", shown(name)), hint)
        })
    }

    pub fn free(&self, name: &str) -> Result<(), KeyError> {
        if !self.keys.contains_key(name) {
            return Ok(());
        }
        let text = format!("there is already a key “{}” in the vault", shown(name));
        Err(KeyError::new("key.exists", text, "choose another name, or delete that key first"))
    }

    /// Until when it can be brought back.
    pub fn discard(&mut self, name: &str, now: Timestamp) -> Result<Timestamp, KeyError> {
        self.key(name)?;
        if let Some(kept) = self.keys.remove(name) {
            self.bin.push(Binned { name: name.to_owned(), kept, deleted: now.seconds() });
        }
        Ok(now.plus_seconds(BIN))
    }

    /// Takes the one that was deleted last.
    pub fn restore(&mut self, name: &str) -> Result<(), KeyError> {
        self.free(name)?;
        let at = self.bin.iter().rposition(|b| b.name == name).ok_or_else(|| {
            let text = format!("there is no key “{}” in the vault's bin", shown(name));
            KeyError::new("key.not-found", text, "deleted keys stay there for 30 days")
        })?;
        let Binned { name, kept, .. } = self.bin.remove(at);
        self.keys.insert(name, kept);
        Ok(())
    }

    pub fn empty_bin(&mut self, now: Timestamp) {
        self.bin.retain(|b| b.deleted.saturating_add(BIN) > now.seconds());
    }
}
