//! Evaluates checks. A check passes, fails, warns, or is *not checked*; never anything in between.

use minijinja::Value;
use minijinja::value::ValueKind;
use serde_json::Value as Json;

use super::personal::{self, About};
use super::template::{EvalError, Expr, Scope, decided, from_json, to_json};
use super::view::{CheckView, Level, Outcome};
use crate::profile::model::{Check, Profile};
use crate::redact::{MASK, Redactor};
use crate::secret::{Class, class_of_name};

/// When a rule can be evaluated: it follows from what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// Reads neither an answer nor an opened token.
    Before,
    After,
}

pub fn phase(check: &Check) -> When {
    let after = check.rule.names().iter().chain(check.when.iter().flat_map(Expr::names)).any(|n| n[0] == "response");
    if after { When::After } else { When::Before }
}

/// The level under this profile; None: the profile switched it off.
fn level(check: &Check, profile: &Profile) -> Option<Level> {
    profile.levels.get(&check.id).copied().unwrap_or(Some(check.level))
}

/// None: switched off, or its `when` says that it does not apply.
pub fn evaluate(check: &Check, on: &str, scope: &Scope, profile: &Profile, redactor: &Redactor) -> Option<CheckView> {
    let level = level(check, profile)?;
    let mut view = CheckView {
        id: check.id.clone(),
        on: on.to_owned(),
        level,
        outcome: Outcome::NotChecked,
        say: String::new(),
        expected: String::new(),
        found: String::new(),
        reference: check.reference.clone(),
    };
    view.say = check.say.eval_text(scope).ok().flatten().unwrap_or_else(|| bare(check.say.source()));
    view.expected.clone_from(&view.say);
    let unknown = |e: &Expr| e.names().iter().find_map(|path| scope.unknown(path)).map(str::to_owned);
    // whether it applies comes first: what does not, need not be known
    let not_known = match &check.when {
        None => None,
        Some(when) => match (unknown(when), when.holds(scope)) {
            (Some(why), _) => match decided(when, scope) {
                Some(true) => None,
                Some(false) => return None,
                None => Some(why),
            },
            (None, Ok(true)) => None,
            (None, Ok(false)) => return None,
            (None, Err(e)) => Some(redactor.mask_text(&e.to_string())),
        },
    };
    if let Some(why) = not_known {
        view.found = why;
        return Some(view);
    }
    let result = match unknown(&check.rule) {
        None => check.rule.holds(scope),
        Some(why) => match decided(&check.rule, scope) {
            Some(holds) => Ok(holds),
            None => {
                view.found = why;
                return Some(view);
            }
        },
    };
    view.outcome = match (&result, level) {
        (Ok(true), _) => Outcome::Pass,
        (_, Level::Must) => Outcome::Fail,
        (_, Level::Should | Level::Info) => Outcome::Warn,
    };
    view.found = match result {
        Ok(_) => found(check, scope, redactor),
        Err(e @ (EvalError::Missing(_) | EvalError::Within { .. })) => redactor.mask_text(&e.to_string()),
        Err(EvalError::Wrong(why)) => match found(check, scope, redactor) {
            values if values.is_empty() => redactor.mask_text(&why),
            // that something is not there is all that there is to say
            values if why.contains("undefined") && values.contains(ABSENT) => values,
            values => format!("{} ({values})", redactor.mask_text(&why)),
        },
    };
    Some(view)
}

/// Of a name that has no value.
const ABSENT: &str = "is not there";

/// A sentence with names where values are not known.
fn bare(source: &str) -> String {
    source.replace("{{ ", "").replace(" }}", "")
}

/// The values of the names the rule reads, masked by class.
fn found(check: &Check, scope: &Scope, redactor: &Redactor) -> String {
    let mut out = Vec::new();
    for path in check
        .rule
        .names()
        .iter()
        .filter(|p| p.len() > 1 || !matches!(p[0].as_str(), "omit" | "now" | "skew" | "keys" | "jwt"))
        .filter(|p| scope.unknown(p).is_none())
    {
        // the first name is a root of the scope (`request`, `token`), not a member
        let class = path.iter().skip(1).map(|p| class_of_name(p)).max().unwrap_or_default();
        let value = scope.lookup(path);
        let text = match personal::about(scope, path) {
            About::All if !value.is_undefined() && !value.is_none() => MASK.to_owned(),
            About::Claims if !value.is_undefined() => claims(&value, redactor),
            _ => shown(&value, class, redactor),
        };
        out.push(format!("{} {text}", path.join(".")));
    }
    out.join(", ")
}

/// Claims of a person: those of the protocol, and that there are others.
fn claims(value: &Value, redactor: &Redactor) -> String {
    let json = to_json(value).unwrap_or_default();
    let (ours, others) = personal::split(&json);
    let ours = shown(&from_json(&ours), Class::Public, redactor);
    if others == 0 { ours } else { format!("{ours} and {others} more: {MASK}") }
}

fn shown(value: &Value, class: Class, redactor: &Redactor) -> String {
    const LONGEST: usize = 200;
    let text = match value.kind() {
        ValueKind::Undefined => return ABSENT.to_owned(),
        ValueKind::Bytes => return format!("({} bytes)", value.as_bytes().map_or(0, <[u8]>::len)),
        _ => match to_json(value) {
            None => return "(no plain value)".to_owned(),
            Some(Json::String(text)) => masked(&text, class, redactor),
            Some(json) => masked_tree(&json, "", class, redactor).to_string(),
        },
    };
    let mut cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    crate::text::clean(&cut).into_owned()
}

fn masked(text: &str, class: Class, redactor: &Redactor) -> String {
    if class == Class::Public { redactor.mask_text(text) } else { redactor.mask_value(text, class) }
}

/// A JSON value with every text in it masked by the name it stands under.
pub fn masked_tree(value: &Json, name: &str, class: Class, redactor: &Redactor) -> Json {
    let class = class.max(class_of_name(name));
    match value {
        Json::Object(members) => members.iter().map(|(k, v)| (k.clone(), masked_tree(v, k, class, redactor))).collect(),
        Json::Array(items) => items.iter().map(|v| masked_tree(v, name, class, redactor)).collect(),
        Json::String(text) => Json::String(masked(text, class, redactor)),
        // a PIN, a date of birth, a telephone number
        Json::Number(_) if class > Class::Public => MASK.into(),
        other => other.clone(),
    }
}

/// Whether a `must` among them failed.
pub fn blocks(checks: &[CheckView]) -> bool {
    checks.iter().any(|c| c.level == Level::Must && c.outcome == Outcome::Fail)
}
