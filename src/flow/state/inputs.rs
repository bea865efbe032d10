//! Where the value of an input comes from, and who may see it.

use std::collections::BTreeMap;

use minijinja::Value;

use super::State;
use crate::flow::template::{EvalError, Scope, Tree, from_json};
use crate::flow::typed::typed;
use crate::profile::model::{Frame, Input};
use crate::secret::Class;
use crate::time::Timestamp;

impl State {
    /// Evaluates the inputs of the profile itself.
    pub(super) fn profile_inputs(&self, now: Timestamp) -> BTreeMap<String, Value> {
        let mut out = BTreeMap::new();
        for input in &self.profile.inputs {
            // a default may read inputs that stand before it, and everything that does not need inputs
            let scope = self.profile_scope(now, &out);
            if let Ok(Some(value)) = self.input_value(input, None, &scope) {
                out.insert(input.name.clone(), value);
            }
        }
        out
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
