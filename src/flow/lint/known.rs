//! What of the names that rules read is known, where no run filled them.

use std::collections::BTreeSet;

use minijinja::Value;
use serde_json::{Map, Value as Json};

use crate::flow::template::{EvalError, Expr, Scope, from_json, to_json};
use crate::profile::model::Check;

/// Names of the scope that are the profile's or the text's own: nobody gives them.
const OWN: [&str; 13] =
    ["keys", "env", "header", "claims", "jwt", "jwe", "verdict", "key", "open", "now", "skew", "omit", "saved"];

/// Names that stand in every scope and can be given, beside those of steps.
pub const GIVEN_ROOTS: [&str; 8] =
    ["inputs", "let", "client", "metadata", "tokens", "request", "response", "assertion"];

/// Whether a person can give a name that begins like this.
pub(super) fn can_be_given(root: &str) -> bool {
    !OWN.contains(&root)
}

/// Whether the path begins with the id of a step.
pub(super) fn is_of_a_step(path: &[String]) -> bool {
    path.len() > 1 && can_be_given(&path[0]) && !GIVEN_ROOTS.contains(&path[0].as_str())
}

/// The paths below which everything is known.
pub(in crate::flow) struct Known(BTreeSet<Vec<String>>);

impl Known {
    pub(super) fn new(metadata: bool) -> Self {
        Self(metadata.then(|| vec!["metadata".to_owned()]).into_iter().collect())
    }

    /// Puts a value at its dotted name.
    pub(super) fn give(&mut self, scope: &mut Scope, name: &str, value: &Json) {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let Some((root, below)) = path.split_first().filter(|(root, _)| can_be_given(root)) else { return };
        let before = scope.get(root).and_then(to_json).unwrap_or(Json::Null);
        scope.set(root.as_str(), from_json(&put(before, below, value)));
        self.0.insert(path);
    }

    /// Marks what those checks read and nobody knows. `own`: what the text itself says, where not being there is a fact.
    pub(in crate::flow) fn mark<'c>(
        &self,
        scope: &mut Scope,
        checks: impl IntoIterator<Item = &'c Check>,
        own: &[&str],
    ) {
        let read = checks.into_iter().flat_map(|c| c.rule.names().iter().chain(c.when.iter().flat_map(Expr::names)));
        for path in read {
            let root = path[0].as_str();
            let stands = own.contains(&root) || matches!(root, "keys" | "now" | "skew" | "omit" | "saved");
            if !stands && !self.knows(scope, path) && scope.unknown(path).is_none() {
                let name = path.join(".");
                let why = scope.fault(path).map_or_else(|| format!("{name} is not given"), |e| reason(&e));
                scope.mark_unknown(name, why);
            }
        }
    }

    /// Something stands there, or at its second name, so that what is not below it is not there.
    fn knows(&self, scope: &Scope, path: &[String]) -> bool {
        let there = |path: &[String]| !is_nothing(&scope.lookup(path));
        there(path) || (path.len() > 2 && there(&path[..2])) || (1..=path.len()).any(|n| self.0.contains(&path[..n]))
    }
}

fn is_nothing(value: &Value) -> bool {
    value.is_undefined()
}

fn put(before: Json, path: &[String], value: &Json) -> Json {
    let Some((name, below)) = path.split_first() else { return value.clone() };
    let mut members = if let Json::Object(members) = before { members } else { Map::new() };
    let inner = members.remove(name).unwrap_or(Json::Null);
    members.insert(name.clone(), put(inner, below, value));
    Json::Object(members)
}

/// Why something is not known.
pub(in crate::flow) fn reason(error: &EvalError) -> String {
    match error.root() {
        EvalError::Missing(name) => format!("{name} is not given"),
        other => other.to_string(),
    }
}
