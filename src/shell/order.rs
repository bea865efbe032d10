//! What an order may say: whether its environment, flow, inputs and key roles are the profile's, and what is missing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::session::Problem;
use crate::flow::view::AskField;
use crate::keys::KeyUri;
use crate::keys::file::certificates;
use crate::profile::find_private_key;
use crate::profile::model::{Environment, Flow, Input, Profile};
use crate::secret::Secret;

/// The keys that a profile names.
pub(super) fn references(profile: &Profile) -> BTreeMap<String, KeyUri> {
    let named = profile.keys.iter().filter_map(|r| Some((r.name.clone(), r.reference.as_ref()?.parse().ok()?)));
    named.collect()
}

pub(super) fn environment(profile: &Profile, wanted: Option<&str>) -> Result<Arc<Environment>, Problem> {
    let usable = || {
        profile
            .environments
            .iter()
            .filter(|e| e.disabled.is_none())
            .map(|e| e.name.clone())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(name) = wanted.or(profile.environment.as_deref()) else {
        return Err(Problem::usage(
            format!("{} is a bank, so an environment has to be chosen", profile.id),
            format!("--env with one of: {}", usable()),
        ));
    };
    let Some(found) = profile.environment(name) else {
        return Err(Problem::usage(
            format!("{} has no environment `{}`", profile.id, crate::text::clean(name)),
            format!("it has: {}", usable()),
        ));
    };
    if let Some(why) = &found.disabled {
        return Err(Problem::usage(
            format!("{} / {name} cannot be used: {why}", profile.id),
            format!("choose one of: {}", usable()),
        ));
    }
    Ok(Arc::new(found.clone()))
}

pub(super) fn flow(profile: &Profile, id: &str) -> Result<Arc<Flow>, Problem> {
    profile.flow(id).map(|f| Arc::new(f.clone())).ok_or_else(|| {
        let ids: Vec<&str> = profile.flows.iter().map(|f| f.id.as_str()).collect();
        let near = crate::flow::template::nearest(id, ids.iter().copied());
        let hint = near.map_or_else(
            || format!("it has: {}", ids.join(", ")),
            |n| format!("did you mean `{n}`? It has: {}", ids.join(", ")),
        );
        Problem::usage(format!("{} has no flow `{}`", profile.id, crate::text::clean(id)), hint)
    })
}

/// Inputs of the profile that the flow reads and that have no value from anywhere.
pub(super) fn needs(
    profile: &Profile,
    flow: &Flow,
    environment: &Environment,
    given: &BTreeMap<String, Secret>,
) -> Vec<AskField> {
    let has = |name: &str| given.contains_key(name) || profile.values.iter().any(|(n, _)| n == name);
    let open = profile.wants(flow, Some(environment)).filter(|i| !has(&i.name));
    open.map(AskField::of).collect()
}

/// The certificates that the profile and a person name files for, by role.
pub(super) async fn chains(
    profile: &Profile,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Vec<Vec<u8>>>, Problem> {
    let mut chains = BTreeMap::new();
    for role in &profile.keys {
        if let Some(path) = given.get(&role.name).or(role.chain.as_ref()) {
            let chain = certificates(path).await.map_err(|e| Problem::usage(e.text, e.hint))?;
            chains.insert(role.name.clone(), chain);
        }
    }
    Ok(chains)
}

pub(super) fn known_roles<'a>(profile: &Profile, mut bound: impl Iterator<Item = &'a String>) -> Result<(), Problem> {
    let names = || profile.keys.iter().map(|k| k.name.as_str());
    let Some(role) = bound.find(|role| profile.role(role).is_none()) else { return Ok(()) };
    let hint = crate::flow::template::nearest(role, names()).map_or_else(
        || format!("roles: {}", names().collect::<Vec<_>>().join(", ")),
        |n| format!("did you mean `{n}`?"),
    );
    Err(Problem::usage(format!("{} has no key role `{role}`", profile.id), hint))
}

/// Whether every given value has an input of the profile or among `more`, and its form.
pub(super) fn known_inputs(
    profile: &Profile,
    more: &[&Input],
    given: &BTreeMap<String, Secret>,
) -> Result<(), Problem> {
    let all: Vec<&Input> = profile.inputs.iter().chain(more.iter().copied()).collect();
    for (name, value) in given {
        let Some(input) = all.iter().find(|i| i.name == *name) else {
            let mut names: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
            names.dedup();
            let near = crate::flow::template::nearest(name, names.iter().copied());
            let hint = near.map_or_else(|| format!("it has: {}", names.join(", ")), |n| format!("did you mean `{n}`?"));
            return Err(Problem::usage(
                format!("{} has no input `{}` here", profile.id, crate::text::clean(name)),
                hint,
            ));
        };
        let text = value.expose();
        if let Some((what, _)) = find_private_key(text) {
            let hint = "a key is bound to a role by its reference: --bind ROLE=file:PATH";
            return Err(Problem::usage(format!("{name} holds {what}, and would be shown and sent"), hint));
        }
        let options = input.options.is_empty() || input.options.iter().any(|o| o == text);
        if !options {
            return Err(Problem::usage(
                format!("{name} is not one of its options"),
                format!("one of: {}", input.options.join(", ")),
            ));
        }
        let fits = input
            .pattern
            .as_ref()
            .is_none_or(|p| regex_lite::Regex::new(&format!("^(?:{p})$")).is_ok_and(|r| r.is_match(text)));
        if !fits {
            return Err(Problem::usage(
                format!("{name} does not have the form it should have"),
                format!("it has to match {}", input.pattern.clone().unwrap_or_default()),
            ));
        }
        if !crate::flow::fits_kind(input.kind, text) {
            return Err(Problem::usage(format!("{name} is of the wrong type"), "see `countersign profiles show`"));
        }
    }
    Ok(())
}
