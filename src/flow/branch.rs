//! Lines of a run: who stands before an earlier step again leaves one behind, and can go back to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::advance::fresh_step;
use super::edit::Edits;
use super::effect::Effect;
use super::run::{Phase, Run};
use super::state::State;
use super::view::{BranchView, Countdown, StepState, StepView};

/// Lines that can be gone back to; the oldest goes first.
const MOST: usize = 32;

/// A line that was left, as it was.
pub(super) struct Line {
    number: u32,
    state: State,
    before: Vec<Option<State>>,
    steps: Vec<StepView>,
    current: usize,
    countdowns: Vec<Countdown>,
    edits: BTreeMap<usize, Edits>,
    over: bool,
}

impl Run {
    /// Puts the line aside if there is something behind that step, and begins another there.
    pub(super) fn leave_branch(&mut self, index: usize) {
        let behind = &self.view.steps[index + 1..];
        if behind.iter().all(|s| s.state == StepState::Ready) {
            return;
        }
        self.put_aside();
        let parent = self.view.branch;
        let number = self.view.branches.iter().map(|b| b.number).max().unwrap_or(0) + 1;
        self.view.branches.push(BranchView {
            number,
            parent: Some(parent),
            from: index,
            steps: Arc::new([]),
            current: index,
            status: self.view.status,
        });
        self.view.branch = number;
    }

    /// Keeps the present line.
    fn put_aside(&mut self) {
        let number = self.view.branch;
        self.lines.retain(|line| line.number != number);
        if self.lines.len() == MOST {
            self.lines.remove(0);
        }
        let (steps, current) = (self.view.steps.clone(), self.view.current);
        if let Some(branch) = self.view.branches.iter_mut().find(|b| b.number == number) {
            (branch.steps, branch.current, branch.status) = (steps.clone().into(), current, self.view.status);
        }
        self.lines.push(Line {
            number,
            state: self.state.clone(),
            before: self.before.clone(),
            steps,
            current,
            countdowns: self.view.countdowns.clone(),
            edits: self.edits.clone(),
            over: self.view.status.is_over(),
        });
    }

    /// Whether that line is one of those that were left.
    pub(super) fn can_go_to_branch(&self, number: u32) -> bool {
        self.lines.iter().any(|line| line.number == number && number != self.view.branch)
    }

    /// Goes back to a line that was left; the present one is kept. What stood ready to be sent is made again first.
    pub(super) fn go_to_branch(&mut self, number: u32) -> Vec<Effect> {
        self.put_aside();
        let Some(at) = self.lines.iter().position(|line| line.number == number) else { return Vec::new() };
        let line = self.lines.remove(at);
        self.take_state(line.state);
        (self.before, self.edits, self.trial, self.detour) = (line.before, line.edits, None, None);
        let view = &mut self.view;
        (view.steps, view.current, view.countdowns) = (line.steps, line.current, line.countdowns);
        view.branch = number;
        self.phase = if line.over { Phase::Over } else { Phase::Standing };
        if !line.over && self.step().state != StepState::Ready {
            let step = self.current();
            let (attempt, earlier) = (self.step().attempt, std::mem::take(&mut self.step().earlier));
            *self.step() = StepView { attempt, earlier, ..fresh_step(&step) };
        }
        Vec::new()
    }
}
