//! `ask`: a person has to hand something over, or to bring something back. Leaves what was asked for, by name;
//! a step that does not wait leaves what it shows.

use std::collections::BTreeMap;

use minijinja::Value;
use serde_json::Value as Json;

use crate::flow::effect::{Effect, Op};
use crate::flow::run::{Held, Outputs, Pace, Pending, Run};
use crate::flow::template::{EvalError, Scope, from_json};
use crate::flow::typed::typed;
use crate::flow::view::{AskField, AskView, ErrorSource, Field, StepError, StepState};
use crate::profile::find_private_key;
use crate::profile::model::{Ask, Input, Verb};
use crate::secret::{Class, Secret, class_of_name};
use crate::time::Timestamp;

impl Run {
    pub(in crate::flow) fn begin_ask(&mut self, ask: &Ask, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        let view = match self.question(ask, scope) {
            Ok(view) => view,
            Err(e) => return self.fail_eval(&e, now),
        };
        let step = self.current();
        let checks = self.bank_checks(&step);
        self.run_checks(&checks, &step.path, scope);
        self.step().ask = Some(view.clone());
        if !ask.wait {
            let shown = view.show.iter().map(|f| (f.name.clone(), f.value.as_str().into()));
            return self.hold(Held::Outputs(shown.collect()), false, now);
        }
        if ask.proposal {
            if self.pace == Pace::Straight || self.detour.is_some() {
                return self.take_proposal(now);
            }
            self.step().state = StepState::Waiting;
            let op = self.op();
            self.phase_ask(op);
            return Vec::new();
        }
        self.step().state = StepState::Waiting;
        self.busy(Pending::Ask, |op| Effect::Ask {
            op,
            step: step.addresses.first().cloned().unwrap_or(step.path),
            ask: view,
        })
    }

    fn question(&self, ask: &Ask, scope: &Scope) -> Result<AskView, EvalError> {
        let step_class = self.current().class;
        let mut show = Vec::new();
        for (name, text) in &ask.show {
            if let Some(value) = text.eval_text(scope)? {
                // a secret of this run stays one, also as a part of what is shown
                let known = self.state.redactor.mask_text(&value) != value;
                let class = if known { Class::Secret } else { step_class.max(class_of_name(name)) };
                show.push(Field { name: name.clone(), value, class });
            }
        }
        let mut fields = Vec::new();
        for input in &ask.ask {
            let default = input.default.as_ref().and_then(|t| t.eval(scope).ok().flatten()).and_then(as_typed);
            let offers = input.offers.as_ref().map(|t| t.eval(scope)).transpose()?.flatten();
            let offers = offers.as_ref().and_then(Json::as_array).into_iter().flatten();
            let offers: Vec<String> = offers.filter_map(|v| v.as_str().map(str::to_owned)).collect();
            let field = AskField::of(input);
            let options = if offers.is_empty() { field.options } else { offers };
            fields.push(AskField { default, options, ..field });
        }
        let deadline = ask.deadline.as_ref().map(|t| t.eval(scope)).transpose()?.flatten().and_then(|v| v.as_i64());
        Ok(AskView {
            text: ask.text.eval_text(scope)?.unwrap_or_default(),
            show,
            ask: fields,
            proposal: ask.proposal,
            deadline: deadline.map(Timestamp::from_seconds),
        })
    }

    /// What is proposed is the answer, also where a person would have to say more: the rules of what is made of it say so.
    pub(in crate::flow) fn take_proposal(&mut self, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Verb::Ask(ask) = &step.verb else { return Vec::new() };
        let proposed: BTreeMap<String, String> = self
            .step()
            .ask
            .iter()
            .flat_map(|a| &a.ask)
            .filter_map(|f| Some((f.name.clone(), f.default.clone()?)))
            .collect();
        let mut outputs = Outputs::new();
        for input in &ask.ask {
            let value = proposed.get(&input.name).map_or_else(|| ().into(), |text| self.accept(input, text));
            outputs.insert(input.name.clone(), value);
        }
        self.step().error = None;
        self.finish(outputs, now)
    }

    fn accept(&mut self, input: &Input, text: &str) -> Value {
        self.state.redactor.register(text, input.class);
        let field = Field { name: input.name.clone(), value: text.to_owned(), class: input.class };
        self.step().outputs.push(field);
        from_json(&typed(input, text))
    }

    pub(in crate::flow) fn answered(
        &mut self,
        op: Op,
        mut answers: BTreeMap<String, Secret>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let step = self.current();
        let Verb::Ask(ask) = &step.verb else { return Vec::new() };
        let mut outputs = Outputs::new();
        for input in &ask.ask {
            let given = answers.remove(&input.name).filter(|s| !s.expose().trim().is_empty());
            match given.as_ref().map(|s| s.expose().trim()) {
                None if input.optional => {
                    outputs.insert(input.name.clone(), ().into());
                }
                Some(text) if matches(input, text) => {
                    let value = self.accept(input, text);
                    outputs.insert(input.name.clone(), value);
                }
                found => {
                    let text = match found {
                        None => format!("{} is wanted", input.label),
                        Some(_) => format!("{} does not have the form that the bank gives", input.label),
                    };
                    self.step().error = Some(StepError {
                        id: "answer.form".into(),
                        text,
                        likely: None,
                        hint: Some("type it again".into()),
                        checks: Vec::new(),
                        source: ErrorSource::Person,
                    });
                    self.phase_ask(op);
                    return Vec::new();
                }
            }
        }
        self.step().error = None;
        self.finish(outputs, now)
    }
}

/// A value as a person types it.
fn as_typed(value: Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        Json::Null => None,
        other => Some(other.to_string()),
    }
}

fn matches(input: &Input, text: &str) -> bool {
    let options = input.options.is_empty() || input.options.iter().any(|o| o == text);
    let pattern = input
        .pattern
        .as_ref()
        .is_none_or(|p| regex_lite::Regex::new(&format!("^(?:{p})$")).is_ok_and(|r| r.is_match(text)));
    let printable = input.class == Class::Secret || !text.chars().any(char::is_control);
    options && pattern && printable && find_private_key(text).is_none()
}
