//! What a run knows: inputs, `let`, outputs, keys. Cheap to clone, so that going back restores what was known.

mod hosts;
mod inputs;
mod keys;
mod recall;
mod tokens;

use inputs::FrameInputs;
use keys::ReadCertificate;
pub(super) use keys::read as read_certificate;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::Value;
use serde_json::{Value as Json, json};

pub use keys::KeySet;

use super::event::{KeyFacts, Loaded};
use super::personal;
use super::template::{EvalError, Ledger, Random, Scope, Text, from_json};
use crate::jose::PublicJwk;
use crate::profile::model::{Client, Environment, Flow, Pin, Profile};
use crate::redact::Redactor;
use crate::secret::{Class, Secret, class_of_name};
use crate::time::Timestamp;

/// How far two clocks may differ, seconds (RFC 7519 §4.1.4 "some small leeway").
pub const SKEW: i64 = 60;

/// Everything that expressions can see, for one run at one moment.
#[derive(Clone)]
pub struct State {
    pub profile: Arc<Profile>,
    pub flow: Arc<Flow>,
    pub environment: Arc<Environment>,
    /// What a person set for this run, by input name.
    overrides: BTreeMap<String, Secret>,
    pub keys: BTreeMap<String, KeyFacts>,
    /// By role; or why it cannot be read.
    pub(super) certificates: BTreeMap<String, Result<ReadCertificate, String>>,
    metadata: Option<Json>,
    /// The client as the bank last described it.
    registration: Option<Json>,
    tokens: Json,
    /// Tokens that a bank said are dead.
    pub dead: BTreeSet<String>,
    /// Whatever is good for one use, and had it.
    pub used: Ledger,
    /// Keys of others that a person approved, by name.
    pub pins: BTreeMap<String, Pin>,
    /// The keys themselves that tokens of this run brought under such a name.
    pub pin_keys: BTreeMap<String, Vec<PublicJwk>>,
    /// Key sets by address, and when they came.
    pub key_sets: BTreeMap<String, KeySet>,
    /// DPoP nonces, by the origin that wants them.
    pub nonces: BTreeMap<String, String>,
    frames: Vec<FrameState>,
    random: Random,
    pub redactor: Redactor,
}

#[derive(Clone, Default)]
struct FrameState {
    entered: bool,
    skipped: bool,
    inputs: BTreeMap<String, Value>,
    /// Why an input has no value, where an expression failed.
    faults: BTreeMap<String, EvalError>,
    lets: BTreeMap<String, Value>,
    /// Step id, or id of a used flow: what it published. None: skipped.
    steps: BTreeMap<String, Option<BTreeMap<String, Value>>>,
}

impl State {
    pub fn new(
        profile: Arc<Profile>,
        flow: Arc<Flow>,
        environment: Arc<Environment>,
        overrides: BTreeMap<String, Secret>,
        random: Random,
    ) -> Self {
        let mut key = [0; 32];
        key.copy_from_slice(&random.bytes(32));
        let frames = vec![FrameState::default(); flow.frames.len()];
        let redactor = Redactor::new(key);
        Self {
            profile,
            flow,
            environment,
            overrides,
            keys: BTreeMap::new(),
            certificates: BTreeMap::new(),
            metadata: None,
            registration: None,
            tokens: json!({}),
            dead: BTreeSet::new(),
            used: Ledger::default(),
            pins: BTreeMap::new(),
            pin_keys: BTreeMap::new(),
            key_sets: BTreeMap::new(),
            nonces: BTreeMap::new(),
            frames,
            random,
            redactor,
        }
    }

    pub fn random(&self) -> &Random {
        &self.random
    }

    pub fn absorb(&mut self, loaded: Loaded, now: Timestamp) {
        self.certificates = loaded
            .keys
            .iter()
            .filter_map(|(role, facts)| Some((role.clone(), keys::read(facts.chain.first()?))))
            .collect();
        self.keys = loaded.keys;
        self.metadata = loaded.metadata;
        self.registration = loaded.registration;
        self.pins = loaded.pins;
        self.tokens = if loaded.tokens.is_object() { loaded.tokens } else { json!({}) };
        self.used = Ledger(Arc::new(loaded.used_jti.into_iter().collect()));
        self.tokens.as_object().into_iter().flatten().for_each(|(_, set)| tokens::hide(&mut self.redactor, set));
        if self.metadata.is_some() && !self.is_of_this_issuer(now) {
            self.metadata = None;
        }
    }

    /// What another issuer said of itself, in a run for which a person named that one, says nothing of this server
    /// (RFC 8414 §3.3).
    fn is_of_this_issuer(&self, now: Timestamp) -> bool {
        let said = self.metadata.as_ref().and_then(|m| m.get("issuer")).and_then(Json::as_str);
        let scope = self.profile_scope(now, &self.profile_inputs(now));
        let wanted = scope.lookup(&["env".to_owned(), "issuer".to_owned()]);
        said.zip(wanted.as_str()).is_none_or(|(said, wanted)| said == wanted)
    }

    pub fn registration(&self) -> Option<&Json> {
        self.registration.as_ref()
    }

    pub fn set_metadata(&mut self, metadata: Json) {
        self.metadata = Some(metadata);
    }

    pub fn has_metadata(&self) -> bool {
        self.metadata.is_some()
    }

    pub fn is_used(&self, once: &str) -> bool {
        self.used.0.contains(once)
    }

    /// A `jti`, a code, a pushed request: from now on it counts as used.
    pub fn use_up(&mut self, once: &str) {
        let mut all = (*self.used.0).clone();
        all.insert(once.to_owned());
        self.used = Ledger(Arc::new(all));
    }

    /// The names that stand everywhere, without inputs of a flow.
    fn base(&self, now: Timestamp) -> Scope {
        let mut scope = Scope::default();
        scope.set_random(&self.random);
        scope.set_ledger(self.used.clone());
        scope.set_json("now", &json!(now.seconds()));
        scope.set_json("skew", &json!(SKEW));
        let saved: Vec<&str> = self.profile.values.iter().map(|(name, _)| name.as_str()).collect();
        scope.set_json("saved", &json!(saved));
        // a set that was never saved is empty, so that a rule can ask for a member of it
        let mut tokens = self.tokens.clone();
        if let Some(all) = tokens.as_object_mut() {
            for set in all.values_mut().filter_map(Json::as_object_mut) {
                set.retain(|_, value| !self.is_dead(value));
            }
            for set in &self.profile.token_sets {
                all.entry(set).or_insert_with(|| json!({}));
            }
        }
        scope.set_json("tokens", &tokens);
        match &self.metadata {
            Some(m) => scope.set_json("metadata", m),
            None => scope.set_json("metadata", &json!({})),
        }
        scope
    }

    /// What a profile's own texts see: its inputs, the environment, keys, the client.
    fn profile_scope(&self, now: Timestamp, inputs: &BTreeMap<String, Value>) -> Scope {
        let mut scope = self.base(now);
        scope.set("inputs", Value::from_pairs(inputs.iter().map(|(k, v)| (k.clone(), v.clone()))));
        let mut env: Vec<(String, Value)> = vec![
            ("production".to_owned(), Value::from(self.environment.production)),
            ("name".to_owned(), Value::from(self.environment.name.as_str())),
        ];
        for (name, tree) in &self.environment.values {
            scope.set("env", Value::from_pairs(env.clone()));
            match tree.eval(&scope) {
                Ok(Some(value)) => env.push((name.clone(), from_json(&value))),
                Ok(None) => {}
                Err(e) => scope.mark_fault(format!("env.{name}"), e),
            }
        }
        scope.set("env", Value::from_pairs(env));
        let keys: Vec<(String, Value)> =
            self.profile.keys.iter().map(|role| (role.name.clone(), self.key_value(role, &mut scope, now))).collect();
        scope.set("keys", Value::from_pairs(keys));
        if let Some(client) = self.profile.clients.first() {
            let value = self.client_value(client, &scope);
            scope.set("client", value);
        }
        scope
    }

    pub(super) fn client_value(&self, client: &Client, scope: &Scope) -> Value {
        let mut members: Vec<(&str, Value)> = Vec::new();
        for (name, text) in [("id", Some(&client.id)), ("auth", Some(&client.auth)), ("mtls", client.mtls.as_ref())] {
            match text.map(|t| t.eval_text(scope)) {
                Some(Ok(Some(value))) => members.push((name, Value::from(value))),
                Some(Ok(None)) | None => members.push((name, Value::from(()))),
                Some(Err(_)) => {}
            }
        }
        Value::from_pairs(members)
    }

    /// Enters a frame when its first step is reached: its inputs and its `let`, once.
    pub fn enter(&mut self, index: usize, now: Timestamp) -> Result<(), EvalError> {
        if self.frames[index].entered {
            return Ok(());
        }
        let flow = self.flow.clone();
        let frame = &flow.frames[index];
        if let Some(parent) = frame.parent {
            self.enter(parent, now)?;
        }
        let outer = match frame.parent {
            Some(parent) => self.scope(parent, now),
            None => self.profile_scope(now, &self.profile_inputs(now)),
        };
        let skipped = frame.parent.is_some_and(|p| self.frames[p].skipped)
            || match &frame.when {
                Some(when) => !when.holds(&outer)?,
                None => false,
            };
        let FrameInputs { inputs, faults, failed } = self.inputs_of(frame, &outer, now);
        if let Some(failed) = failed {
            return Err(failed);
        }
        self.register_inputs(frame, &inputs);
        (self.frames[index].inputs, self.frames[index].faults) = (inputs, faults);
        self.frames[index].skipped = skipped;
        self.frames[index].entered = true;
        if skipped {
            self.publish_skipped(index);
            return Ok(());
        }
        for (name, tree) in &frame.lets {
            let scope = self.scope(index, now);
            if let Some(value) = tree.eval(&scope)? {
                if let (Json::String(text), Class::Secret) = (&value, class_of_name(name)) {
                    self.redactor.register(text, Class::Secret);
                }
                self.frames[index].lets.insert(name.clone(), from_json(&value));
            }
        }
        Ok(())
    }

    /// What an answer brought is hidden from now on.
    pub fn register_answered(&mut self, found: Vec<(String, Class)>) {
        for (text, class) in found {
            // what stands in a public input (the client id, a scope) does not become personal by being answered
            if class == Class::Secret || !self.is_public_input(&text) {
                self.redactor.register(&text, class);
            }
        }
    }

    /// What a step of that frame sees.
    pub fn scope(&self, frame: usize, now: Timestamp) -> Scope {
        let state = &self.frames[frame];
        let mut scope = self.profile_scope(now, &state.inputs);
        for (name, fault) in &state.faults {
            scope.mark_fault(format!("inputs.{name}"), fault.clone());
        }
        scope.set("let", Value::from_pairs(state.lets.iter().map(|(k, v)| (k.clone(), v.clone()))));
        for (id, outputs) in &state.steps {
            match outputs {
                Some(members) => {
                    scope.set(id.clone(), Value::from_pairs(members.iter().map(|(k, v)| (k.clone(), v.clone()))))
                }
                None => {
                    scope.set(id.clone(), Value::from_pairs([("skipped", Value::from(true))]));
                    scope.mark_unknown(id.clone(), format!("step {id} was skipped"));
                }
            }
        }
        personal::mark(&self.flow, frame, &mut scope);
        scope
    }

    pub fn is_skipped(&self, frame: usize) -> bool {
        self.frames[frame].skipped
    }

    /// A step's outputs become readable to the steps after it; None: it was skipped, every output is none.
    pub fn publish(&mut self, frame: usize, step: &str, outputs: Option<BTreeMap<String, Value>>) {
        self.frames[frame].steps.insert(step.to_owned(), outputs);
    }

    /// Closes a frame after its last step: its outputs and steps become one name in its parent.
    pub fn leave(&mut self, index: usize, now: Timestamp) -> Result<(), EvalError> {
        let flow = self.flow.clone();
        let Some(parent) = flow.frames[index].parent else { return Ok(()) };
        let scope = self.scope(index, now);
        let mut published = BTreeMap::new();
        for (id, outputs) in &self.frames[index].steps {
            let value = outputs
                .as_ref()
                .map_or(Value::from(()), |m| Value::from_pairs(m.iter().map(|(k, v)| (k.clone(), v.clone()))));
            published.insert(id.clone(), value);
        }
        for (name, text) in &flow.frames[index].outputs {
            published.insert(name.clone(), text.eval(&scope)?);
        }
        self.publish(parent, &flow.frames[index].step.clone(), Some(published));
        Ok(())
    }

    fn publish_skipped(&mut self, index: usize) {
        if let Some(parent) = self.flow.frames[index].parent {
            let step = self.flow.frames[index].step.clone();
            self.publish(parent, &step, None);
        }
    }

    pub fn text(&self, text: Option<&Text>, scope: &Scope) -> Result<Option<String>, EvalError> {
        text.map_or(Ok(None), |t| t.eval_text(scope))
    }
}
