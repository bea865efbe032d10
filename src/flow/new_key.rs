//! `[keys.ROLE.new]` evaluated: what a new key of a role is to be, for one person's inputs.

use std::collections::BTreeMap;

use super::template::{EvalError, Expr, Scope, Text};
use super::typed;
use crate::profile::model::{NewKey, Profile};
use crate::secret::Secret;

/// What hangs on a key beside its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extras {
    pub description: Option<String>,
    pub replica: Option<String>,
    pub tags: Vec<(String, String)>,
}

/// Alias and region.
///
/// # Errors
/// [`EvalError`], where an input that they read has no value.
pub fn name(profile: &Profile, new: &NewKey, given: &BTreeMap<String, Secret>) -> Result<(String, String), EvalError> {
    let scope = scope(profile, given);
    Ok((wanted(&new.alias, &scope)?, wanted(&new.region, &scope)?))
}

/// # Errors
/// As for [`name`].
pub fn region(profile: &Profile, new: &NewKey, given: &BTreeMap<String, Secret>) -> Result<String, EvalError> {
    wanted(&new.region, &scope(profile, given))
}

fn wanted(text: &Text, scope: &Scope) -> Result<String, EvalError> {
    match empty(text, scope) {
        Some(path) => Err(EvalError::Missing(path.join("."))),
        None => text.eval_text(scope)?.ok_or_else(|| EvalError::Missing(text.source().to_owned())),
    }
}

/// What reads an input without a value is left out.
///
/// # Errors
/// [`EvalError`] for a value of the wrong kind.
pub fn extras(profile: &Profile, new: &NewKey, given: &BTreeMap<String, Secret>) -> Result<Extras, EvalError> {
    let scope = scope(profile, given);
    let text = |text: &Text| if empty(text, &scope).is_some() { Ok(None) } else { text.eval_text(&scope) };
    let optional = |t: &Option<Text>| t.as_ref().map_or(Ok(None), text);
    let mut tags = Vec::new();
    for (name, value) in &new.tags {
        tags.extend(text(value)?.map(|v| (name.clone(), v)));
    }
    Ok(Extras { description: optional(&new.description)?, replica: optional(&new.replica)?, tags })
}

fn scope(profile: &Profile, given: &BTreeMap<String, Secret>) -> Scope {
    let mut scope = Scope::default();
    let mut inputs = serde_json::Map::new();
    for input in &profile.inputs {
        let saved = || profile.values.iter().find(|(n, _)| *n == input.name).map(|(_, v)| v.clone());
        let value = match given.get(&input.name) {
            Some(text) => Some(typed(input, text.expose())),
            None => saved().or_else(|| input.default.as_ref()?.eval(&scope).ok()?),
        };
        inputs.insert(input.name.clone(), value.unwrap_or_default());
        scope.set_json("inputs", &serde_json::Value::Object(inputs.clone()));
    }
    scope
}

/// The first input it reads that has no value.
fn empty<'a>(text: &'a Text, scope: &Scope) -> Option<&'a [String]> {
    text.exprs().flat_map(Expr::names).map(Vec::as_slice).find(|path| path.len() > 1 && scope.lookup(path).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Library;

    fn given(all: &[(&str, &str)]) -> BTreeMap<String, Secret> {
        all.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect()
    }

    #[test]
    fn a_bank_names_tags_and_copies_its_clients_keys() {
        let profile = Library::embedded().load("dnb").unwrap().profile;
        let new = profile.role("signing").unwrap().new.clone().unwrap();
        let acme = given(&[("client_name", "acme")]);
        assert_eq!(name(&profile, &new, &acme), Ok(("alias/ciam-acme".to_owned(), "eu-west-1".to_owned())));
        let extras_of = |given: &BTreeMap<String, Secret>| extras(&profile, &new, given).unwrap();
        let all = extras_of(&acme);
        assert_eq!(all.tags, [("dnb:ciam:client-name".to_owned(), "acme".to_owned())]);
        assert_eq!((all.replica, all.description.is_some()), (None, true));
        let both = given(&[("client_name", "acme"), ("kms_replica_region", "eu-central-1")]);
        assert_eq!(extras_of(&both).replica.as_deref(), Some("eu-central-1"));

        assert_eq!(name(&profile, &new, &given(&[])), Err(EvalError::Missing("inputs.client_name".to_owned())));
        let bare = Extras { description: None, replica: None, tags: vec![] };
        assert_eq!(extras_of(&given(&[])), bare);
    }
}
