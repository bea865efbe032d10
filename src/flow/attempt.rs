//! A step once more, changed or not: what was tried before stays beside it.

use std::sync::Arc;

use super::advance::fresh_step;
use super::edit::Edits;
use super::effect::Effect;
use super::run::{Pace, Phase, Run};
use super::trial::Trial;
use super::view::{StepState, StepView};
use crate::time::Timestamp;

/// Attempts of one step that are kept, the latest.
const MOST: usize = 20;

impl Run {
    /// What a person changed of the current step.
    pub(super) fn edits(&self) -> &Edits {
        self.edits.get(&self.view.current).unwrap_or(Edits::NONE)
    }

    /// Whether that step can be done with changes; in production none may break a rule on purpose.
    pub(super) fn can_be_edited(&self, index: usize, trial: bool) -> bool {
        let spared = self.view.production && !self.view.sandbox;
        self.before.get(index).is_some_and(Option::is_some) && !(trial && spared)
    }

    /// Does a step with these changes, in place of those it had, up to where it would be sent. From an earlier step a new branch
    /// begins.
    pub(super) fn edit(
        &mut self,
        index: usize,
        edits: Edits,
        trial: Option<Box<Trial>>,
        now: Timestamp,
    ) -> Vec<Effect> {
        self.restart(index);
        self.edits.insert(index, edits);
        self.trial = trial;
        self.pace = Pace::Step;
        self.begin(now)
    }

    pub(super) fn again(&mut self, index: usize, now: Timestamp) -> Vec<Effect> {
        if self.before[index].is_none() {
            self.phase = Phase::Standing;
            return Vec::new();
        }
        // what broke a rule on purpose did so once
        let edits = self.edits.remove(&index).filter(|_| !self.view.steps[index].trial);
        self.restart(index);
        self.edits.extend(edits.map(|edits| (index, edits)));
        self.begin(now)
    }

    /// Stands before the step, what was tried of it beside it.
    pub(super) fn restart(&mut self, index: usize) {
        self.leave_branch(index);
        let old = self.view.steps[index].clone();
        self.restore(index);
        self.edits.retain(|at, _| *at < index);
        self.trial = None;
        let step = &mut self.view.steps[index];
        (step.attempt, step.earlier) = (old.attempt, old.earlier.clone());
        if was_tried(&old) {
            step.attempt += 1;
            step.earlier.push(Arc::new(StepView { earlier: Vec::new(), ..old }));
            let over = step.earlier.len().saturating_sub(MOST);
            step.earlier.drain(..over);
        }
    }

    /// The step as it is when it begins.
    pub(super) fn begun(&mut self, now: Timestamp) {
        let step = self.current();
        let (edits, trial) = (self.edits().clone(), self.trial.is_some());
        let view = self.step();
        let (attempt, earlier) = (view.attempt, std::mem::take(&mut view.earlier));
        let state = StepState::Drafting;
        *view = StepView { attempt, earlier, edits, trial, started_at: Some(now), state, ..fresh_step(&step) };
    }
}

/// Something came of it that can be compared.
fn was_tried(step: &StepView) -> bool {
    step.exchange.is_some() || matches!(step.state, StepState::Done | StepState::Failed | StepState::Cancelled)
}
