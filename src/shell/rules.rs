//! A bank's rules for a text that somebody brings: which of them, with which values and keys. Nothing is sent: the embedded
//! bank of a sandbox is not even started.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::sync::mpsc::unbounded_channel;

use super::order::{chains, environment, known_inputs, known_roles, references};
use super::performer::{Held, Performer};
use super::session::{Problem, ProblemKind, Session, memory_uri, seed};
use crate::flow::lint::{GIVEN_ROOTS, Lint, RuleSet, rule_sets};
use crate::flow::template::nearest;
use crate::flow::{Effect, Event, Op, Pace, Reply, Setup};
use crate::inspect::{KeyRing, task_for};
use crate::keys::{Key, KeyUri, unwrap};
use crate::net::Allowed;
use crate::profile::model::{Flow, Profile};
use crate::secret::Secret;
use crate::store::Whose;
use crate::text::clean;

/// Whose rules, and what is known of the exchange.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleOrder {
    /// `PROFILE/client` or `PROFILE/FLOW.STEP`.
    pub rules: String,
    /// None: the saved profile's own.
    pub environment: Option<String>,
    /// Inputs, and any other name that the rules read.
    pub given: BTreeMap<String, Secret>,
    pub bindings: BTreeMap<String, KeyUri>,
    /// Files of certificates, by role.
    pub chains: BTreeMap<String, String>,
}

/// The rules, ready, and the keys that the profile's roles have.
pub struct Ruled {
    pub name: String,
    pub lint: Lint,
    pub keys: Vec<(String, Arc<dyn Key>)>,
}

impl Session {
    /// # Errors
    /// Usage, with what could have been meant.
    pub async fn rules(&self, order: RuleOrder) -> Result<Ruled, Problem> {
        let Some((id, name)) = order.rules.split_once('/') else {
            let text = format!("`{}` names no rules", clean(&order.rules));
            return Err(Problem::usage(text, "PROFILE/client for a client assertion, or PROFILE/FLOW.STEP"));
        };
        let loaded =
            self.library.load(id).map_err(|r| Problem::usage(r.to_string(), "countersign profiles list shows them"))?;
        let profile = Arc::new(loaded.profile);
        let rules = RuleSet::find(&profile, name).ok_or_else(|| unknown(&profile, name))?;
        let environment = environment(&profile, order.environment.as_deref())?;
        let flow = Arc::new(profile.flows[rules.flow].clone());
        known_roles(&profile, order.bindings.keys().chain(order.chains.keys()))?;
        let (given_inputs, given) = sort(&profile, &flow, order.given)?;
        let of_flow: Vec<_> = flow.frames.iter().flat_map(|f| &f.inputs).collect();
        known_inputs(&profile, &of_flow, &given_inputs)?;
        let mut bindings = references(&profile);
        for role in profile.keys.iter().filter(|_| environment.sandbox.is_some()) {
            let uri = memory_uri(&profile.id, &role.name);
            if self.stores.open(&uri).await.is_ok() {
                bindings.insert(role.name.clone(), uri);
            }
        }
        bindings.extend(self.seated(&profile, &environment.name));
        bindings.extend(order.bindings);
        let mut inputs = self.remembered(&profile, &Whose::new(&profile.id, &environment.name, &bindings))?;
        inputs.extend(given_inputs);
        let seed = seed()?;
        let held = Held { bindings, chains: chains(&profile, &order.chains).await? };
        let nowhere = Allowed::new(Vec::<String>::new()).map_err(|e| Problem::usage(e.text, e.hint))?;
        let performer = Performer::new(
            self,
            profile.clone(),
            environment.clone(),
            loaded.own,
            held,
            self.network(None)?,
            nowhere,
            self.people.clone(),
        );
        let (events, mut incoming) = unbounded_channel();
        performer.perform(Effect::Load { op: Op(1), tokens: std::iter::empty().collect() }, &events);
        let Some(Event::Replied { reply: Reply::Loaded(loaded), .. }) = incoming.recv().await else {
            return Err(Problem::new(ProblemKind::Machine, "what the profile keeps could not be read", "try again"));
        };
        let name = format!("{}/{}", profile.id, rules.name);
        let setup = Setup { profile, flow, environment, inputs, seed, pace: Pace::Step };
        let lint = Lint::new(setup, rules, *loaded, given, self.clock.now());
        Ok(Ruled { name, lint, keys: performer.keys() })
    }
}

/// The keys of roles, and what those that can decrypt make of that text.
pub async fn ring(keys: Vec<(String, Arc<dyn Key>)>, text: &str) -> KeyRing {
    let mut ring = KeyRing::new();
    add_keys(&mut ring, keys, text).await;
    ring
}

/// As [`ring`], beside other keys.
pub async fn add_keys(ring: &mut KeyRing, keys: Vec<(String, Arc<dyn Key>)>, text: &str) {
    for (role, key) in keys {
        let (public, from) = (&key.info().public, format!("our key for {role}"));
        let task = task_for(text, public).filter(|_| !key.info().costly && key.as_unwrap().is_some());
        if let Some(task) = task
            && let Ok(answer) = unwrap(&*key, &task).await
        {
            ring.add_answer(public.with_kid(&public.thumbprint()), answer, &from);
        }
        // with a kid, so that a token of somebody else is not said to be wrong
        ring.add_own(public.with_kid(&public.thumbprint()), &from);
    }
}

fn unknown(profile: &Profile, name: &str) -> Problem {
    let sets = rule_sets(profile);
    let names: Vec<&str> = sets.iter().map(|s| s.name.as_str()).collect();
    let all = format!("{} has rules for: {}", profile.id, names.join(", "));
    let flow = name.split_once('.').map(|(flow, _)| flow).filter(|f| profile.flow(f).is_none() && *f != "client");
    let near = nearest(name, names.iter().copied()).map(|n| format!("{}/{n}", profile.id)).or_else(|| {
        flow.and_then(|flow| nearest(flow, profile.flows.iter().map(|f| f.id.as_str()))).map(str::to_owned)
    });
    let what = match flow {
        Some(flow) => format!("{} has no flow `{}`", profile.id, clean(flow)),
        None => format!("{} has no rules for a text under `{}`", profile.id, clean(name)),
    };
    Problem::usage(what, near.map_or_else(|| all.clone(), |near| format!("did you mean `{near}`? {all}")))
}

type Given = (BTreeMap<String, Secret>, BTreeMap<String, Json>);

/// Inputs, and other names with their values.
fn sort(profile: &Profile, flow: &Flow, given: BTreeMap<String, Secret>) -> Result<Given, Problem> {
    let (mut inputs, mut others) = (BTreeMap::new(), BTreeMap::new());
    let inputs_of_flow = || flow.frames.iter().flat_map(|f| &f.inputs).chain(&profile.inputs).map(|i| i.name.as_str());
    let steps = || flow.steps.iter().map(|s| s.id.as_str()).chain(flow.frames.iter().map(|f| f.step.as_str()));
    for (name, value) in given {
        let input = name.strip_prefix("inputs.").unwrap_or(&name);
        if inputs_of_flow().any(|known| known == input) {
            inputs.insert(input.to_owned(), value);
            continue;
        }
        let root = name.split('.').next().unwrap_or_default();
        if name.starts_with("inputs.") || !(GIVEN_ROOTS.contains(&root) || steps().any(|step| step == root)) {
            let near = nearest(input, inputs_of_flow()).or_else(|| nearest(root, steps().chain(GIVEN_ROOTS)));
            let hint = near.map_or_else(
                || {
                    "an input of the profile, or what the rules read of a run: let.nonce, request.url, STEP.OUTPUT"
                        .to_owned()
                },
                |near| format!("did you mean `{near}`?"),
            );
            return Err(Problem::usage(format!("{} knows no `{}` here", profile.id, clean(&name)), hint));
        }
        let value = json(root, value.expose());
        others.insert(name, value);
    }
    Ok((inputs, others))
}

/// Objects, lists, truth and quoted texts are JSON; digits are a number in what a step or an answer left, and a text elsewhere.
fn json(root: &str, text: &str) -> Json {
    let digits = !text.is_empty() && text.len() <= 15 && text.bytes().all(|b| b.is_ascii_digit());
    let is_json = text.starts_with(['{', '[', '"'])
        || matches!(text, "true" | "false")
        || (digits && (root == "response" || !GIVEN_ROOTS.contains(&root)));
    let parsed = is_json.then(|| crate::jose::json::parse(text.as_bytes()).ok()).flatten();
    parsed.unwrap_or_else(|| Json::String(text.to_owned()))
}
