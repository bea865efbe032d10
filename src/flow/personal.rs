//! What a step whose class is personal got to know of a person: its whole answer, but for the claims that make a token
//! one of this bank, for this client, of this moment. A profile marks the step; no name of a bank or network is needed.

use serde_json::Value as Json;

use super::template::Scope;
use crate::profile::model::{Flow, Step};
use crate::secret::{Class, class_of_name};

/// Of RFC 7519 §4.1 and OpenID Connect Core §2, without `sub`.
const PROTOCOL: [&str; 14] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "azp",
    "acr",
    "amr",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
];

/// Outputs of a step that hold what was answered.
const ANSWERED: [&str; 3] = [CLAIMS, "json", "text"];
const CLAIMS: &str = "claims";

/// Whether a claim is one of those that make a token one of this bank, for this client, of this moment.
pub fn is_of_the_protocol(claim: &str) -> bool {
    PROTOCOL.contains(&claim)
}

/// Marks what personal steps left to the steps that see this frame.
pub(super) fn mark(flow: &Flow, frame: usize, scope: &mut Scope) {
    for step in flow.steps.iter().filter(|step| step.class == Class::Personal) {
        let Some(way) = way(flow, frame, step) else { continue };
        for name in ANSWERED {
            scope.mark_personal(way.iter().cloned().chain([name.to_owned()]).collect());
        }
    }
}

/// The names that lead to a step's outputs from a frame it is in.
fn way(flow: &Flow, frame: usize, step: &Step) -> Option<Vec<String>> {
    let (mut names, mut at) = (vec![step.id.clone()], step.frame);
    while at != frame {
        let inner = flow.frames.get(at)?;
        names.push(inner.step.clone());
        at = inner.parent?;
    }
    names.reverse();
    Some(names)
}

/// How much of a value is about a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    Nothing,
    /// An object of claims: some of it.
    Claims,
    All,
}

pub(super) fn about(scope: &Scope, path: &[String]) -> About {
    let of = |mark: &Vec<String>| match path.strip_prefix(mark.as_slice()) {
        Some(below) if mark.last().is_some_and(|name| name == CLAIMS) => match below.first() {
            None => About::Claims,
            Some(claim) if is_of_the_protocol(claim) => About::Nothing,
            Some(_) => About::All,
        },
        Some(_) => About::All,
        // what holds an answer among other things
        None if mark.starts_with(path) => About::All,
        None => About::Nothing,
    };
    let found: Vec<About> = scope.personal().iter().map(of).collect();
    [About::All, About::Claims].into_iter().find(|about| found.contains(about)).unwrap_or(About::Nothing)
}

/// What the protocol needs of claims, and how many others there are.
pub(super) fn split(claims: &Json) -> (Json, usize) {
    let members = claims.as_object().into_iter().flatten();
    let ours = members.filter(|(name, _)| is_of_the_protocol(name));
    let ours: serde_json::Map<_, _> = ours.map(|(name, value)| (name.clone(), value.clone())).collect();
    let others = claims.as_object().map_or(0, |all| all.len() - ours.len());
    (Json::Object(ours), others)
}

/// The texts of claims that are about a person.
pub(super) fn texts(claims: &Json) -> Vec<(String, Class)> {
    let mut found = Vec::new();
    let members = claims.as_object().into_iter().flatten();
    members
        .filter(|(name, _)| !is_of_the_protocol(name))
        .for_each(|(name, value)| collect(value, Class::Personal, name, &mut found));
    found
}

/// The texts of an answer with the class that they have by their step or by the name they stand under.
pub(super) fn collect(json: &Json, class: Class, name: &str, found: &mut Vec<(String, Class)>) {
    let class = class.max(class_of_name(name));
    match json {
        Json::String(text) if class > Class::Public => found.push((text.clone(), class)),
        Json::Array(items) => items.iter().for_each(|i| collect(i, class, name, found)),
        Json::Object(members) => members.iter().for_each(|(n, v)| collect(v, class, n, found)),
        _ => {}
    }
}
