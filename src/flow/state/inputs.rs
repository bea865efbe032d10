//! Where the value of an input comes from, and who may see it.

use std::collections::BTreeMap;

use minijinja::Value;

use super::State;
use crate::flow::template::{EvalError, Scope, Tree, from_json};
use crate::flow::typed::typed;
use crate::profile::model::{Frame, Input};
use crate::secret::Class;
use crate::time::Timestamp;

/// The inputs of a frame.
pub(super) struct FrameInputs {
    pub inputs: BTreeMap<String, Value>,
    /// Why one has no value, where an expression failed.
    pub faults: BTreeMap<String, EvalError>,
    /// The first of those that were handed on to a flow which does not declare them.
    pub failed: Option<EvalError>,
}

impl State {
    /// Evaluates the inputs of the profile itself.
    pub(super) fn profile_inputs(&self, now: Timestamp) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        for input in &self.profile.inputs {
            // a default may read inputs that stand before it, and everything that does not need inputs; most read nothing
            let reads = input.default.as_ref().is_some_and(|default| !default.exprs().is_empty());
            let scope = if reads { self.profile_scope(now, &out) } else { Scope::default() };
            if let Ok(Some(value)) = self.input_value(input, None, &scope) {
                out.insert(input.name.clone(), value);
            }
        }
        out
    }

    /// `outer`: what the flow sees that uses this one.
    pub(super) fn inputs_of(&self, frame: &Frame, outer: &Scope, now: Timestamp) -> FrameInputs {
        let (mut inputs, mut faults, mut failed) = (self.profile_inputs(now), BTreeMap::new(), None);
        for (name, tree) in &frame.with {
            if !frame.inputs.iter().any(|i| i.name == *name) && !self.overrides.contains_key(name) {
                match tree.eval(outer) {
                    Ok(value) => {
                        inputs.insert(name.clone(), value.map_or(Value::from(()), |v| from_json(&v)));
                    }
                    Err(e) => {
                        inputs.remove(name);
                        failed.get_or_insert_with(|| e.clone());
                        faults.insert(name.clone(), e);
                    }
                }
            }
        }
        for input in &frame.inputs {
            let with = frame.with.iter().find(|(n, _)| *n == input.name).map(|(_, t)| t);
            // `with`, then the profile's input of that name, then this default
            let from_profile =
                with.is_none().then(|| inputs.get(&input.name).cloned()).flatten().filter(|v| !v.is_none());
            let value = from_profile.filter(|_| !self.overrides.contains_key(&input.name)).or_else(|| {
                let mut scope = outer.clone();
                if with.is_none() {
                    scope.set("inputs", Value::from_pairs(inputs.iter().map(|(k, v)| (k.clone(), v.clone()))));
                }
                self.input_value(input, with, &scope).unwrap_or_else(|e| {
                    faults.insert(input.name.clone(), e);
                    None
                })
            });
            match value {
                Some(value) => {
                    inputs.insert(input.name.clone(), value);
                }
                None => {
                    inputs.remove(&input.name);
                }
            }
        }
        FrameInputs { inputs, faults, failed }
    }

    /// Override, then `with`, then the saved value, then the default; an optional one without any is none. An error says
    /// why there is none.
    pub(super) fn input_value(
        &self,
        input: &Input,
        with: Option<&Tree>,
        scope: &Scope,
    ) -> Result<Option<Value>, EvalError> {
        if let Some(given) = self.overrides.get(&input.name) {
            return Ok(Some(from_json(&typed(input, given.expose()))));
        }
        let mut failed = None;
        let mut evaluated = |tree: &Tree| match tree.eval(scope) {
            Ok(value) => Some(value.map_or(Value::from(()), |v| from_json(&v))),
            Err(e) => {
                failed.get_or_insert(e);
                None
            }
        };
        if let Some(value) = with.and_then(&mut evaluated) {
            return Ok(Some(value));
        }
        if let Some((_, saved)) = self.profile.values.iter().find(|(n, _)| *n == input.name) {
            // a list that was given as a text is saved as one
            let value = saved.as_str().map_or_else(|| saved.clone(), |text| typed(input, text));
            return Ok(Some(from_json(&value)));
        }
        if let Some(value) = input.default.as_ref().and_then(&mut evaluated) {
            return Ok(Some(value));
        }
        match failed {
            _ if input.optional => Ok(Some(Value::from(()))),
            Some(e) => Err(e),
            None => Ok(None),
        }
    }

    /// Whether that text is the value of an input that anybody may see.
    pub fn is_public_input(&self, text: &str) -> bool {
        let public = |name: &str| self.profile.input(name).is_none_or(|i| i.class == Class::Public);
        self.frames.iter().flat_map(|f| &f.inputs).any(|(n, v)| v.as_str() == Some(text) && public(n))
    }

    pub(super) fn register_inputs(&mut self, frame: &Frame, inputs: &BTreeMap<String, Value>) {
        for input in self.profile.inputs.iter().chain(&frame.inputs) {
            if let Some(text) = inputs.get(&input.name).and_then(|v| v.as_str()) {
                self.redactor.register(text, input.class);
            }
        }
    }
}
