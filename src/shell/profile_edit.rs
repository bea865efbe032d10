//! What of a saved profile a form may change: its name, its environment, and the values of public inputs. What else
//! stands in the file, comments and order too, stays as it is.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use toml_edit::{DocumentMut, Item, TableLike};

use super::order::known_inputs;
use super::own_profiles::OwnFile;
use super::session::Problem;
use crate::flow::template::Tree;
use crate::flow::typed;
use crate::flow::view::AskField;
use crate::profile::model::{Input, InputKind, Profile};
use crate::secret::{Class, Secret};
use crate::store::toml_value;

/// A saved profile, field by field.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    pub of: OwnFile,
    pub fields: Vec<AskField>,
    /// Inputs that it does not offer: secret, personal, or asked for each time.
    pub left: Vec<String>,
    /// Why it is asked for once more.
    pub note: Option<String>,
}

const NAME: &str = "name";
const ENVIRONMENT: &str = "environment";
const VALUES: &str = "values";

/// The field of an input; its name is the path of its member.
fn field_name(input: &Input) -> String {
    format!("{VALUES}.{}", input.name)
}

/// Public, kept, and short enough for a line.
fn is_offered(input: &Input) -> bool {
    input.class == Class::Public && input.save && input.kind != InputKind::Document
}

impl Sheet {
    /// # Errors
    /// Where the file is no TOML.
    pub fn of(of: OwnFile, profile: &Profile) -> Result<Self, Problem> {
        let doc = parsed(&of)?;
        let text = |name: &str| doc.get(name).and_then(Item::as_str).map(str::to_owned);
        let name = AskField { default: text(NAME), ..AskField::public(NAME, "name", "") };
        let usable = profile.environments.iter().filter(|e| e.disabled.is_none());
        let environment = AskField {
            default: text(ENVIRONMENT),
            options: usable.map(|e| e.name.clone()).collect(),
            ..AskField::public(ENVIRONMENT, "environment", "")
        };
        let (offered, left): (Vec<_>, Vec<_>) = profile.inputs.iter().partition(|i| is_offered(i));
        let field = |input: &Input| {
            let mut field = AskField::of(input);
            if input.kind == InputKind::Bool && field.options.is_empty() {
                field.options = ["true", "false"].map(str::to_owned).to_vec();
            }
            if field.label != input.name {
                field.label = format!("{}  {}", field.label, input.name);
            }
            // it may be left out of the file: then its bank's own holds
            if let Some(own) = input.default.as_ref().and_then(plain) {
                let help = field.help.map_or_else(String::new, |help| format!("{help}; "));
                field.help = Some(format!("{help}empty: {own}"));
            }
            AskField { name: field_name(input), default: value_of(&doc, &input.name), optional: true, ..field }
        };
        let mut fields: Vec<AskField> = offered.into_iter().map(field).collect();
        // what has a value is what a person comes to change
        fields.sort_by_key(|f| f.default.is_none());
        fields.splice(0..0, [name, environment]);
        Ok(Self { of, fields, left: left.into_iter().map(|i| i.name.clone()).collect(), note: None })
    }

    /// The same with what was typed into those fields.
    #[must_use]
    pub(super) fn typed_over(mut self, names: &[String], answers: &BTreeMap<String, Secret>) -> Self {
        for field in self.fields.iter_mut().filter(|f| names.contains(&f.name)) {
            field.default = answers.get(&field.name).map(|typed| typed.expose().to_owned());
        }
        self
    }
}

/// A default that is the same in every run.
pub(super) fn plain(default: &Tree) -> Option<String> {
    match default {
        Tree::Text(text) => text.as_literal().map(str::to_owned).filter(|text| !text.is_empty()),
        Tree::Plain(json) => Some(json.to_string()),
        Tree::List(_) | Tree::Map(_) => None,
    }
}

fn parsed(of: &OwnFile) -> Result<DocumentMut, Problem> {
    of.text()
        .parse()
        .map_err(|_| Problem::usage(format!("{} is no TOML", of.path.display()), "E opens it in your editor"))
}

/// The value of an input as a person types it. None: the file has none.
fn value_of(doc: &DocumentMut, input: &str) -> Option<String> {
    let value = doc.get(VALUES)?.as_table_like()?.get(input)?.as_value()?;
    Some(match value {
        toml_edit::Value::String(text) => text.value().clone(),
        toml_edit::Value::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(toml_edit::Value::as_str).collect();
            texts.map_or_else(|| items.to_string(), |texts| Json::from(texts).to_string())
        }
        other => other.clone().decorated("", "").to_string(),
    })
}

/// The field's name without the table that its member stands in.
pub(super) fn plain_name(field: &str) -> &str {
    field.strip_prefix(VALUES).and_then(|rest| rest.strip_prefix('.')).unwrap_or(field)
}

/// The file with what was typed, and the fields of what is not as it was.
///
/// # Errors
/// Where a value does not have the form that its input wants.
pub(super) fn edited(
    of: &OwnFile,
    profile: &Profile,
    answers: &BTreeMap<String, Secret>,
) -> Result<(String, Vec<String>), Problem> {
    let mut doc = parsed(of)?;
    let mut changed = Vec::new();
    for name in [NAME, ENVIRONMENT] {
        let Some(typed) = answers.get(name).map(|s| s.expose().trim()).filter(|t| !t.is_empty()) else { continue };
        if doc.get(name).and_then(Item::as_str) != Some(typed) {
            put(doc.as_table_mut(), name, typed.into());
            changed.push(name.to_owned());
        }
    }
    for input in profile.inputs.iter().filter(|i| is_offered(i)) {
        let Some(text) = answers.get(&field_name(input)).map(|s| s.expose().trim()) else { continue };
        let before = value_of(&doc, &input.name);
        let empty = text.is_empty() || (input.kind == InputKind::List && text == "[]");
        match before {
            None if empty => continue,
            Some(before) if !empty && typed(input, &before) == typed(input, text) => continue,
            _ => changed.push(field_name(input)),
        }
        if empty {
            if let Some(values) = doc.get_mut(VALUES).and_then(Item::as_table_like_mut) {
                values.remove(&input.name);
            }
            continue;
        }
        if input.kind != InputKind::List {
            known_inputs(profile, &[], &BTreeMap::from([(input.name.clone(), Secret::new(text.to_owned()))]))?;
        }
        let values = doc.entry(VALUES).or_insert(toml_edit::table());
        let misplaced = || Problem::usage("`values` is no table", "E opens the file in your editor");
        put(values.as_table_like_mut().ok_or_else(misplaced)?, &input.name, toml_value(&typed(input, text)));
    }
    Ok((doc.to_string(), changed))
}

/// A comment behind the old value stays.
fn put(table: &mut dyn TableLike, name: &str, mut value: toml_edit::Value) {
    match table.get_mut(name) {
        Some(item) => {
            if let Some(old) = item.as_value() {
                *value.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(value);
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
}

/// The file under another id, and whether approved keys of others were left out: they are of one environment.
pub(super) fn renamed(of: &OwnFile, id: &str, environment: Option<&str>) -> Result<(String, bool), Problem> {
    let mut doc = parsed(of)?;
    let before = doc.get(NAME).and_then(Item::as_str).map(str::to_owned);
    let name = before.map(|name| match name.strip_suffix(&format!("({})", of.id)) {
        Some(bank) => format!("{bank}({id})"),
        None => format!("{name} ({id})"),
    });
    put(doc.as_table_mut(), "id", id.into());
    if let Some(name) = name {
        put(doc.as_table_mut(), NAME, name.into());
    }
    let other = environment.filter(|env| doc.get(ENVIRONMENT).and_then(Item::as_str) != Some(env));
    if let Some(environment) = other {
        put(doc.as_table_mut(), ENVIRONMENT, environment.into());
    }
    let left = other.is_some() && doc.remove("pins").is_some();
    Ok((doc.to_string(), left))
}
