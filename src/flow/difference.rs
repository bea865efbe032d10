//! What differs between two records of one client.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

/// One member that is not what it was.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub member: String,
    /// None: it was not there.
    pub before: Option<Json>,
    /// None: it is gone.
    pub now: Option<Json>,
}

/// Members of lists have no order (RFC 7591 §2), and `scope` is a list with spaces.
pub fn drift(before: &Map<String, Json>, now: &Map<String, Json>) -> Vec<Change> {
    let members: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let changed = members.into_iter().filter(|name| {
        let plain = |all: &Map<String, Json>| all.get(*name).map(|value| plain(name, value));
        plain(before) != plain(now)
    });
    changed
        .map(|name| Change { member: name.clone(), before: before.get(name).cloned(), now: now.get(name).cloned() })
        .collect()
}

pub(super) fn plain(name: &str, value: &Json) -> Json {
    match value {
        Json::Array(items) if items.iter().all(Json::is_string) => {
            let mut sorted: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
            sorted.sort_unstable();
            Json::from(sorted)
        }
        Json::String(text) if name == "scope" => {
            let mut sorted: Vec<&str> = text.split(' ').collect();
            sorted.sort_unstable();
            Json::from(sorted)
        }
        other => other.clone(),
    }
}
