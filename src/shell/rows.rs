//! The key store pane's and `keys list`'s rows: every key that can be named, and why a store cannot be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{Stream, StreamExt};

use super::card::KeyCard;
use super::session::Session;
use crate::jose::Alg;
use crate::keys::file::Files;
use crate::keys::{KeyError, KeyInfo, KeyStore, KeyUri, LeftOut, Listing, Stores};
use crate::profile::Summary;
use crate::time::Timestamp;

/// Who names a reference: `nordbank signing`, by reference.
pub type KeyUses = BTreeMap<String, Vec<String>>;

/// What profiles say of keys.
#[derive(Clone, Debug, Default)]
pub struct FromProfiles {
    pub uses: KeyUses,
    /// Those that can be used.
    pub profiles: Vec<Summary>,
}

/// What a row is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RowState {
    #[default]
    Usable,
    /// A store that has not answered yet.
    Asking,
    /// A store or a file that a person can open from here.
    Locked,
    /// Something that cannot be used; the row says why.
    Trouble,
}

/// One line of the list: a key, or a store that did not answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyRow {
    /// Empty: the row stands for the store.
    pub uri: String,
    pub label: String,
    /// `EC P-256`, `RSA 2048`; empty for a store that did not answer.
    pub kind: String,
    /// What it signs with, `ES256`.
    pub alg: String,
    pub exportable: bool,
    /// Using it costs something a person notices.
    pub costly: bool,
    pub store: String,
    /// Profiles and roles that use it, `nordbank signing`.
    pub used_by: Vec<String>,
    /// Until its certificate ends; negative when it has ended. None: it has none.
    pub certificate_days_left: Option<i64>,
    pub thumbprint: String,
    pub state: RowState,
    /// Why the store or the key cannot be used, and what to do.
    pub problem: Option<String>,
    /// What a person should know about how it is kept.
    pub warning: Option<String>,
    /// None: it could not be read.
    pub card: Option<Arc<KeyCard>>,
}

impl KeyRow {
    /// Days before the end of a certificate from which the row warns.
    const SOON: i64 = 30;

    /// Whether a person should look at it.
    pub fn wants_attention(&self) -> bool {
        self.problem.is_some() || self.certificate_days_left.is_some_and(|d| d < Self::SOON)
    }

    pub const fn is_store(&self) -> bool {
        self.uri.is_empty()
    }

    /// A store that was asked and has not answered yet.
    pub fn asking(scheme: &str) -> Self {
        Self { label: scheme.to_owned(), store: scheme.to_owned(), state: RowState::Asking, ..Self::default() }
    }

    fn trouble(uri: String, label: String, store: &str, state: RowState, e: &KeyError) -> Self {
        // what is locked opens where the row stands: the hint is for who has no row
        let problem = Some(if state == RowState::Locked { e.text.clone() } else { format!("{e}: {}", e.hint) });
        Self { uri, label, store: store.to_owned(), state, problem, ..Self::default() }
    }
}

/// What one store holds, or one row that says why it cannot be told.
#[derive(Clone, Debug, PartialEq)]
pub struct StoreRows {
    pub scheme: &'static str,
    pub rows: Vec<KeyRow>,
    /// Whether it answered: keys can be put there.
    pub answered: bool,
}

impl Session {
    /// The rows of every store, or of one, each as it answers. Nobody is asked for a passphrase.
    pub fn key_rows(&self, only: Option<&str>, now: Timestamp) -> impl Stream<Item = StoreRows> + use<'_> {
        let told = Arc::new(self.from_profiles());
        self.stores.listings(only).then(move |listing| {
            let told = told.clone();
            async move {
                let mut rows = self.store_rows(listing, &told, now);
                if rows.scheme == "file" {
                    rows.rows = self.named_files(&told, now).await;
                }
                rows
            }
        })
    }

    fn store_rows(&self, listing: Listing, told: &FromProfiles, now: Timestamp) -> StoreRows {
        let uses = &told.uses;
        let scheme = listing.scheme;
        match listing.keys {
            Ok(keys) => {
                let mut rows: Vec<KeyRow> = keys.iter().map(|k| row(k, told, now)).collect();
                rows.extend(listing.left_out.into_iter().map(|l| left_out(l, scheme, uses)));
                // every role of every profile could have a key in memory: those are no promises
                let named = uses.keys().filter_map(|text| text.parse::<KeyUri>().ok());
                for uri in named.filter(|u| u.scheme() == scheme && scheme != "memory") {
                    let text = uri.to_string();
                    if !rows.iter().any(|r| r.uri == text) {
                        let hint = "look whether it was deleted there, or has another name in the list";
                        let e =
                            KeyError::new("key.not-found", "a profile names it, and its store does not list it", hint);
                        rows.push(named_trouble(&uri, uses, RowState::Trouble, &e));
                    }
                }
                StoreRows { scheme, rows, answered: true }
            }
            Err(e) => {
                let unlocks = self.stores.facts().any(|f| f.scheme == scheme && f.unlocks);
                let locked = unlocks && matches!(e.id, "key.locked" | "key.encrypted");
                let state = if locked { RowState::Locked } else { RowState::Trouble };
                let rows = vec![KeyRow::trouble(String::new(), scheme.to_owned(), scheme, state, &e)];
                StoreRows { scheme, rows, answered: locked }
            }
        }
    }

    /// Files are named, not looked for: those that profiles name, and those that were opened here.
    async fn named_files(&self, told: &FromProfiles, now: Timestamp) -> Vec<KeyRow> {
        let uses = &told.uses;
        let opened = self.opened();
        let mut rows: Vec<KeyRow> = opened.values().map(|info| row(info, told, now)).collect();
        let quiet = Files::default();
        for text in uses.keys().filter(|t| t.starts_with("file:") && !opened.contains_key(*t)) {
            let Ok(uri) = text.parse::<KeyUri>() else { continue };
            rows.push(match within(quiet.open(&uri)).await {
                Ok(key) => row(key.info(), told, now),
                Err(e) => {
                    let state = if e.id == "key.encrypted" { RowState::Locked } else { RowState::Trouble };
                    named_trouble(&uri, uses, state, &e)
                }
            });
        }
        rows
    }
}

async fn within<T>(opening: impl Future<Output = Result<T, KeyError>>) -> Result<T, KeyError> {
    let late = KeyError::new("key.store", "the file did not answer within 2 s", "look at the disk it is on");
    tokio::time::timeout(std::time::Duration::from_secs(2), opening).await.unwrap_or(Err(late))
}

fn named_trouble(uri: &KeyUri, uses: &KeyUses, state: RowState, e: &KeyError) -> KeyRow {
    let text = uri.to_string();
    let label = uri.rest().rsplit('/').next().unwrap_or_default().to_owned();
    let used_by = uses.get(&text).cloned().unwrap_or_default();
    KeyRow { used_by, ..KeyRow::trouble(text, label, uri.scheme(), state, e) }
}

/// A key that its store has and cannot hand out, or that the list was cut.
fn left_out(l: LeftOut, scheme: &str, uses: &KeyUses) -> KeyRow {
    let uri = l.uri.map(|u| u.to_string()).unwrap_or_default();
    let used_by = uses.get(&uri).cloned().unwrap_or_default();
    KeyRow { used_by, ..KeyRow::trouble(uri, l.label, scheme, RowState::Trouble, &l.why) }
}

/// Lists every store at once.
pub async fn key_rows(stores: &Stores, told: &FromProfiles, now: Timestamp) -> Vec<KeyRow> {
    let mut rows = Vec::new();
    for listing in stores.list().await {
        let scheme = listing.scheme;
        match listing.keys {
            Ok(keys) => rows.extend(keys.iter().map(|k| row(k, told, now))),
            Err(e) => rows.push(KeyRow::trouble(String::new(), scheme.to_owned(), scheme, RowState::Trouble, &e)),
        }
        rows.extend(listing.left_out.into_iter().map(|l| left_out(l, scheme, &told.uses)));
    }
    rows
}

/// The row of a reference that a profile names and no store listed: it is opened, and whoever unlocks is asked.
pub async fn named_row(stores: &Stores, text: &str, told: &FromProfiles, now: Timestamp) -> KeyRow {
    let opened = match text.parse::<KeyUri>() {
        Ok(uri) => stores.open(&uri).await.map(|k| row(k.info(), told, now)),
        Err(e) => Err(e),
    };
    opened.unwrap_or_else(|e| {
        let scheme = text.split(':').next().unwrap_or_default();
        let used_by = told.uses.get(text).cloned().unwrap_or_default();
        let row = KeyRow::trouble(text.to_owned(), text.to_owned(), scheme, RowState::Trouble, &e);
        KeyRow { used_by, ..row }
    })
}

pub fn row(key: &KeyInfo, told: &FromProfiles, now: Timestamp) -> KeyRow {
    let uri = key.uri.to_string();
    let card = KeyCard::read(key, &told.profiles, now);
    KeyRow {
        used_by: told.uses.get(&uri).cloned().unwrap_or_default(),
        label: key.label.clone(),
        kind: key.spec.to_string(),
        alg: Alg::ALL.into_iter().find(|a| key.spec.signs(*a)).map_or_else(String::new, |a| a.name().to_owned()),
        exportable: key.exportable,
        costly: key.costly,
        store: key.uri.scheme().to_owned(),
        certificate_days_left: card.leaf().map(|leaf| leaf.days_left(now)),
        thumbprint: key.public.thumbprint(),
        state: RowState::Usable,
        problem: None,
        warning: key.warning.clone(),
        card: Some(Arc::new(card)),
        uri,
    }
}
