//! What signing keys there are in the region of AWS's own configuration, as far as a short time allows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_kms::types::{KeyManagerType, KeyUsageType};
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::time::{Instant, timeout_at};

use super::credentials::{Reach, nowhere};
use super::key::public;
use super::line::Line;
use super::reference::Reference;
use super::state::usable;
use super::{Inner, Place, configured_region, lock};
use crate::keys::error::shown;
use crate::keys::{KeyError, KeyInfo, LeftOut};

/// Within the time that every store has for its list.
const WITHIN: Duration = Duration::from_millis(1700);
/// A page of KMS's own, and the most keys that are looked at.
const MOST: i32 = 100;
const AT_ONCE: usize = 8;

enum Row {
    Key(Box<KeyInfo>),
    LeftOut(LeftOut),
    /// A key for something else than signing, or one of AWS's own.
    Other,
}

impl Inner {
    pub(super) async fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        lock(&self.left_out).clear();
        if !self.traces.any() {
            return Err(nowhere(&self.traces));
        }
        let until = Instant::now() + WITHIN;
        let place = Place { region: configured_region(None).await?, profile: None };
        let late = || {
            let text = format!("AWS KMS in {} did not answer within {} s", place.region, WITHIN.as_secs_f64());
            KeyError::new(
                "key.unreachable",
                text,
                "see whether this machine is online; a key that is named still opens",
            )
        };
        let begun = timeout_at(until, async {
            let line = self.line(&place, Reach::Configured).await?;
            let asked = || line.client.list_keys().limit(MOST).send();
            let found = line.told("kms:ListKeys", "this account", asked).await?;
            let names = aliases(&line).await;
            Ok((line, found, names))
        });
        let (line, found, names) = begun.await.map_err(|_| late())??;
        let ids: Vec<String> = found.keys().iter().filter_map(|k| k.key_id().map(str::to_owned)).collect();
        let all = ids.len();
        let mut rows = Box::pin(
            stream::iter(ids)
                .map(|id| {
                    let (line, alias) = (line.clone(), names.get(&id).cloned());
                    async move { row(&line, &id, alias).await }
                })
                .buffer_unordered(AT_ONCE),
        );
        let (mut keys, mut left_out, mut seen) = (Vec::new(), Vec::new(), 0);
        while let Ok(Some(row)) = timeout_at(until, rows.next()).await {
            seen += 1;
            match row {
                Row::Key(info) => keys.push(*info),
                Row::LeftOut(row) => left_out.push(row),
                Row::Other => {}
            }
        }
        if seen < all || found.truncated() {
            let more = if found.truncated() { " and more" } else { "" };
            let text = format!("this list is cut: {seen} of {all}{more} keys in {} were looked at", place.region);
            let why = KeyError::new("key.store", text, "a key that is named opens all the same: awskms:key-id=…");
            left_out.push(LeftOut { uri: None, label: "AWS KMS".to_owned(), why });
        }
        keys.sort_by(|a, b| a.label.cmp(&b.label));
        left_out.sort_by(|a, b| a.label.cmp(&b.label));
        *lock(&self.left_out) = left_out;
        Ok(keys)
    }
}

/// Key ids with their first alias. Names only: without the right to list them there are none.
async fn aliases(line: &Arc<Line>) -> BTreeMap<String, String> {
    let Ok(found) = line.ask("kms:ListAliases", || line.client.list_aliases().limit(MOST).send()).await else {
        return BTreeMap::new();
    };
    let mut names = BTreeMap::new();
    for alias in found.aliases() {
        if let (Some(id), Some(name)) = (alias.target_key_id(), alias.alias_name()) {
            names.entry(id.to_owned()).or_insert_with(|| name.to_owned());
        }
    }
    names
}

async fn row(line: &Line, id: &str, alias: Option<String>) -> Row {
    let name = alias.unwrap_or_else(|| id.to_owned());
    let uri = Reference::uri(&name, &line.region, line.profile.as_deref());
    let label = shown(&name);
    let left_out = |why| Row::LeftOut(LeftOut { uri: Some(uri.clone()), label: label.clone(), why });
    let described = match line.told("kms:DescribeKey", id, || line.client.describe_key().key_id(id).send()).await {
        Ok(described) => described,
        Err(why) => return left_out(why),
    };
    let Some(key) = described.key_metadata() else { return Row::Other };
    let ours = key.key_manager() != Some(&KeyManagerType::Aws);
    if !ours || key.key_usage() != Some(&KeyUsageType::SignVerify) {
        return Row::Other;
    }
    let read = async { Ok((usable(key, &name)?, public(line, id, &name).await?)) };
    match read.await {
        Ok((spec, public)) => Row::Key(Box::new(KeyInfo {
            uri: uri.clone(),
            label: label.clone(),
            spec,
            public,
            exportable: false,
            costly: true,
            chain: Vec::new(),
            warning: None,
        })),
        Err(why) => left_out(why),
    }
}
