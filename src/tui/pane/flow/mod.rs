//! Pane 3, upper box: the steps of the run, or of the flow that could be started.

mod draw;
mod lane;
pub mod state;
pub mod waterfall;

pub use draw::{draw, is_loud, strip};
pub use lane::hops;

use crate::flow::view::{RunStatus, RunView, StepState};

/// Which step is looked at. It follows the run until a person looks elsewhere.
#[derive(Debug)]
pub struct FlowPane {
    pub selected: usize,
    pub top: usize,
    pub follow: bool,
}

impl Default for FlowPane {
    fn default() -> Self {
        Self { selected: 0, top: 0, follow: true }
    }
}

impl FlowPane {
    /// Follows the run: to the step it stands at or, while that one is not begun, to the one that was just done.
    pub fn settle(&mut self, view: &RunView) {
        if self.follow {
            let begun = |i: &usize| !matches!(view.steps[*i].state, StepState::Ready | StepState::Skipped);
            let ahead = view.status == RunStatus::Ready
                && view.steps.get(view.current).is_some_and(|s| s.state == StepState::Ready);
            let done = (0..view.current.min(view.steps.len())).rev().find(begun).filter(|_| ahead);
            self.selected = done.unwrap_or(view.current);
        }
        self.selected = self.selected.min(view.steps.len().saturating_sub(1));
    }

    pub fn go_to(&mut self, step: usize, current: usize) {
        self.selected = step;
        self.follow = step == current;
    }
}
