//! How a step ends that does not end well.

use std::sync::Arc;

use super::effect::Effect;
use super::event::OpError;
use super::run::{Phase, Run};
use super::sign::not_bound;
use super::template::EvalError;
use super::view::{ErrorSource, StepError, StepState};
use crate::time::Timestamp;

impl Run {
    /// Ends the run at the current step, not well.
    pub(super) fn fail(&mut self, error: StepError, now: Timestamp) -> Vec<Effect> {
        if self.is_looking() {
            let status = if error.source == ErrorSource::Bank { 400 } else { 503 };
            return self.refuse(error, status, now);
        }
        self.end_step(StepState::Failed, error, now);
        self.phase = Phase::Over;
        Vec::new()
    }

    /// Ends the current step not well; in a detour also the step that waits for it.
    pub(super) fn end_step(&mut self, state: StepState, error: StepError, now: Timestamp) {
        let waiting = self.detour.take().map(|detour| detour.back_to);
        for index in [Some(self.view.current), waiting].into_iter().flatten() {
            self.view.current = index;
            let step = self.step();
            step.state = state;
            step.ended_at = Some(now);
            step.error = Some(error.clone());
        }
        self.judge_trial(Some(&error));
    }

    pub(super) fn fail_eval(&mut self, error: &EvalError, now: Timestamp) -> Vec<Effect> {
        if let EvalError::Missing(name) = error.root()
            && let Some(role) = name.strip_prefix("keys.").and_then(|rest| rest.split('.').next())
            && self.state.profile.role(role).is_some()
            && !self.state.keys.contains_key(role)
        {
            return self.fail(not_bound(role), now);
        }
        let hint = match error.root() {
            EvalError::Missing(name) => missing_hint(name, &self.state.environment.name),
            _ => "correct the value or the profile".to_owned(),
        };
        if let EvalError::Missing(name) = error.root() {
            self.view.unbound = self.role_in(name);
        }
        let error = StepError {
            id: "profile.value".to_owned(),
            text: error.to_string(),
            likely: None,
            hint: Some(hint),
            checks: Vec::new(),
            source: ErrorSource::Profile,
        };
        self.fail(error, now)
    }

    pub(super) fn broke(&mut self, error: OpError, now: Timestamp) -> Vec<Effect> {
        if let OpError::Net(net) = &error
            && let Some(partial) = &net.partial
        {
            self.step().exchange = Some(Arc::new((**partial).clone()));
        }
        let error = self.explain(&error);
        self.fail(error, now)
    }

    pub(super) fn note_missing(&mut self, role: &str, error: &OpError) {
        let error = self.explain(error);
        let text = format!("{role}: {}", error.text);
        if let Some(first) = self.view.steps.first_mut() {
            first.note = Some(first.note.as_ref().map_or(text.clone(), |n| format!("{n}\n{text}")));
        }
    }
}

fn missing_hint(name: &str, environment: &str) -> String {
    match name.split_once('.') {
        Some(("inputs", input)) => {
            format!("give it with --set {input}=…, fill it in on screen, or save it in the profile")
        }
        Some(("keys", _)) => "bind a key to that role, for example --bind ROLE=file:key.pem".to_owned(),
        Some(("tokens", _)) => "run the flow that gets the token first".to_owned(),
        Some(("metadata", _)) => "run the flow that reads the bank's metadata first".to_owned(),
        Some(("env", _)) => format!(
            "run the flow that reads the bank's metadata (discover); what they do not name is written into the profile, under [environments.{environment}]"
        ),
        _ => "an earlier step did not give it".to_owned(),
    }
}
