//! What a state knows of a frame that no run went through: a text is only looked at. Nothing is drawn by chance, and what has
//! no value is told rather than refused.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::{FrameInputs, State};
use crate::flow::template::{EvalError, from_json};
use crate::time::Timestamp;

/// What an expression cannot say twice alike.
const BY_CHANCE: [&str; 3] = ["random", "random_hex", "uuid"];

impl State {
    /// Enters a frame, and those around it. `lets`: what a person says that was drawn. Why the others have no value comes
    /// back, by name.
    pub fn recall(&mut self, index: usize, lets: &Map<String, Json>, now: Timestamp) -> BTreeMap<String, EvalError> {
        let flow = self.flow.clone();
        let frame = &flow.frames[index];
        let outer = match frame.parent {
            Some(parent) => {
                self.recall(parent, &Map::new(), now);
                self.scope(parent, now)
            }
            None => self.profile_scope(now, &self.profile_inputs(now)),
        };
        let FrameInputs { inputs, faults, .. } = self.inputs_of(frame, &outer, now);
        self.register_inputs(frame, &inputs);
        let known = &mut self.frames[index];
        (known.inputs, known.faults, known.entered) = (inputs, faults, true);
        let mut why = BTreeMap::new();
        for (name, tree) in &frame.lets {
            let value = match lets.get(name) {
                Some(given) => Ok(Some(given.clone())),
                None if tree.exprs().iter().any(|e| BY_CHANCE.iter().any(|f| e.calls(f))) => {
                    Err(EvalError::Missing(format!("let.{name}")))
                }
                None => tree.eval(&self.scope(index, now)),
            };
            match value {
                Ok(Some(value)) => {
                    self.frames[index].lets.insert(name.clone(), from_json(&value));
                }
                Ok(None) => {}
                Err(e) => {
                    why.insert(name.clone(), e);
                }
            }
        }
        why
    }
}
