//! What was asked for against what was granted: an answer may say less, and more.

use serde_json::{Map, Value as Json};

use super::difference::{Change, drift};
use super::view::Field;
use crate::secret::{Class, class_of_name};

/// What was asked for against what was granted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GrantedView {
    /// Members that were granted as they were asked for.
    pub same: usize,
    /// Asked for, and granted otherwise or not at all.
    pub changed: Vec<GrantedMember>,
    /// Not asked for, and there: the bank's own.
    pub added: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct GrantedMember {
    pub asked: Field,
    /// None: it is not in the answer.
    pub granted: Option<String>,
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
    let same = asked.len() - changes.iter().filter(|c| c.before.is_some()).count();
    let mut view = GrantedView { same, ..GrantedView::default() };
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
