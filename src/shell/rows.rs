//! The key store pane's and `keys list`'s rows: every key that can be named, and why a store cannot be read.

use std::collections::BTreeMap;

use crate::jose::Alg;
use crate::keys::{KeyInfo, Stores};
use crate::time::Timestamp;
use crate::x509::Passport;

/// One line of the list: a key, or a store that did not answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRow {
    pub uri: String,
    pub label: String,
    /// `EC P-256`, `RSA 2048`; empty for a store that did not answer.
    pub kind: String,
    /// What it signs with, `ES256`.
    pub alg: String,
    pub exportable: bool,
    pub store: String,
    /// Profiles and roles that use it, `nordbank signing`.
    pub used_by: Vec<String>,
    /// Until its certificate ends; negative when it has ended. None: it has none.
    pub certificate_days_left: Option<i64>,
    pub thumbprint: String,
    pub public_jwk: String,
    /// What a person should know about how it is kept, or about using it.
    pub warning: Option<String>,
    /// Why the store or the key cannot be used.
    pub problem: Option<String>,
}

impl KeyRow {
    /// Days before the end of a certificate from which the row warns.
    const SOON: i64 = 30;

    /// Whether a person should look at it.
    pub fn wants_attention(&self) -> bool {
        self.problem.is_some() || self.certificate_days_left.is_some_and(|d| d < Self::SOON)
    }
}

/// Lists every store at once; `uses` maps a reference to the roles that name it.
pub async fn key_rows(stores: &Stores, uses: &BTreeMap<String, Vec<String>>, now: Timestamp) -> Vec<KeyRow> {
    let mut rows = Vec::new();
    for listing in stores.list().await {
        let scheme = listing.scheme;
        match listing.keys {
            Ok(keys) => rows.extend(keys.iter().map(|k| row(k, uses, now))),
            Err(e) => rows.push(KeyRow {
                uri: String::new(),
                label: scheme.to_owned(),
                store: scheme.to_owned(),
                problem: Some(format!("{e}: {}", e.hint)),
                ..KeyRow::default()
            }),
        }
        rows.extend(listing.left_out.into_iter().map(|l| {
            let uri = l.uri.map(|u| u.to_string()).unwrap_or_default();
            KeyRow {
                used_by: uses.get(&uri).cloned().unwrap_or_default(),
                uri,
                label: l.label,
                store: scheme.to_owned(),
                problem: Some(format!("{}: {}", l.why, l.why.hint)),
                ..KeyRow::default()
            }
        }));
    }
    rows
}

pub fn row(key: &KeyInfo, uses: &BTreeMap<String, Vec<String>>, now: Timestamp) -> KeyRow {
    let uri = key.uri.to_string();
    KeyRow {
        used_by: uses.get(&uri).cloned().unwrap_or_default(),
        label: key.label.clone(),
        kind: key.spec.to_string(),
        alg: Alg::ALL.into_iter().find(|a| key.spec.signs(*a)).map_or_else(String::new, |a| a.name().to_owned()),
        exportable: key.exportable,
        store: key.uri.scheme().to_owned(),
        certificate_days_left: key.chain.first().and_then(|der| days_left(der, now)),
        thumbprint: key.public.thumbprint(),
        public_jwk: key.public.as_value().to_string(),
        warning: key.warning.clone(),
        problem: None,
        uri,
    }
}

fn days_left(der: &[u8], now: Timestamp) -> Option<i64> {
    Some(Passport::read(der).ok()?.days_left(now))
}
