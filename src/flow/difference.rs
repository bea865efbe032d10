//! What differs between two records: of one client then and now, or what was asked for and what was granted.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::view::{Field, GrantedMember, GrantedView};
use crate::secret::{Class, class_of_name};

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

fn plain(name: &str, value: &Json) -> Json {
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

/// The answer to a request, member by member.
pub(super) fn granted(asked: &Map<String, Json>, answer: &Map<String, Json>, class: Class) -> GrantedView {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let field = |name: &str, value: &Json| Field {
        name: name.to_owned(),
        value: text(value),
        class: class.max(class_of_name(name)),
    };
    let changes = drift(asked, answer);
    let mut view = GrantedView::default();
    view.same = asked.len() - changes.iter().filter(|c| c.before.is_some()).count();
    for Change { member, before, now } in &changes {
        match (before, now) {
            (Some(asked), now) => {
                let granted = now.as_ref().map(text);
                view.changed.push(GrantedMember { asked: field(member, asked), granted });
            }
            (None, Some(now)) => view.added.push(field(member, now)),
            (None, None) => {}
        }
    }
    view
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_granted_is_held_against_what_was_asked_for() {
        let object = |v: Json| v.as_object().cloned().unwrap();
        let asked =
            object(json!({ "scope": "openid accounts payments", "grant_types": ["a", "b"], "exact": 1, "left": "x" }));
        let answer = object(json!({ "scope": "accounts openid", "grant_types": ["b", "a"], "exact": 1,
                                    "client_id": "c1", "registration_access_token": "s3cret" }));
        let view = granted(&asked, &answer, Class::Public);
        assert_eq!(view.same, 2);
        let changed: Vec<_> = view.changed.iter().map(|m| (m.asked.name.as_str(), m.granted.as_deref())).collect();
        assert_eq!(changed, [("left", None), ("scope", Some("accounts openid"))]);
        let added: Vec<_> = view.added.iter().map(|f| (f.name.as_str(), f.class)).collect();
        assert_eq!(added, [("client_id", Class::Public), ("registration_access_token", Class::Secret)]);
    }
}
