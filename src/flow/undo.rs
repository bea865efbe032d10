//! An earlier step, or no more: what a person may do with a step that was begun.

use super::advance::fresh_step;
use super::effect::Effect;
use super::run::{Pending, Phase, Run};
use super::state::State;
use super::view::{ErrorSource, StepError, StepState, StepView};
use crate::time::Timestamp;

impl Run {
    /// Stands before an earlier step with the state it began with; what came after is undone in the view.
    pub(super) fn restore(&mut self, index: usize) {
        self.detour = None;
        if let Some(state) = self.before[index].clone() {
            self.take_state(state);
        }
        let flow = self.state.flow.clone();
        for (step, view) in flow.steps.iter().zip(&mut self.view.steps).skip(index) {
            *view = StepView { stale: view.stale || view.state == StepState::Done, ..fresh_step(step) };
        }
        self.view.steps[index].stale = false;
        let later: Vec<String> = self.view.steps[index..].iter().map(|s| s.id.clone()).collect();
        self.view.countdowns.retain(|c| !later.contains(&c.step));
        self.view.current = index;
    }

    /// What was known then, with what holds for good.
    pub(super) fn take_state(&mut self, state: State) {
        let (redactor, pins) = (self.state.redactor.clone(), self.state.pins.clone());
        let dead = std::mem::take(&mut self.state.dead);
        let used = std::mem::take(&mut self.state.used);
        self.state = state;
        // a token that died stays dead, and what was used, used
        (self.state.dead, self.state.used) = (dead, used);
        // what was once secret stays masked
        self.state.redactor = redactor;
        // and what a person approved, approved
        self.state.pins = pins;
    }

    pub(super) fn cancel(&mut self, phase: Phase, now: Timestamp) -> Vec<Effect> {
        if matches!(phase, Phase::Over | Phase::Fresh) {
            return self.stay(phase);
        }
        let effects = self.abort(&phase);
        let sent = matches!(phase, Phase::Busy(_, Pending::Send(_)));
        let unknown = self.current().unknown.clone();
        let error = StepError {
            id: "cancelled".to_owned(),
            text: if sent {
                "cancelled after sending: whether the bank acted on it is unknown"
            } else {
                "cancelled; nothing was sent"
            }
            .to_owned(),
            likely: None,
            hint: Some(if sent {
                unknown.unwrap_or_else(|| {
                    "read at the bank what became of it, or retry: a new request gets a new jti".to_owned()
                })
            } else {
                "retry the step, or go back".to_owned()
            }),
            checks: Vec::new(),
            source: ErrorSource::Cancelled,
        };
        self.end_step(StepState::Cancelled, error, now);
        effects
    }

    pub(super) fn abort(&self, phase: &Phase) -> Vec<Effect> {
        match phase {
            Phase::Loading(op) | Phase::Busy(op, _) => vec![Effect::Abort { op: *op }],
            _ => Vec::new(),
        }
    }
}
