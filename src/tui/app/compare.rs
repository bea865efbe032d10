//! Attempts and lines beside each other: what there is to choose from, and the comparison as a text.

use super::App;
use super::explore::{Exploration, explores};
use crate::flow::compare::{self, Compared};
use crate::flow::view::{StepState, StepView};
use crate::tui::overlay::choice::Entry;
use crate::tui::overlay::{Choice, Overlay, Report};
use crate::tui::pane::flow::state::ended;

/// Columns of a comparison.
const WIDE: u16 = 100;
/// The title of what the selected step is compared with.
const WITH: &str = "compare it with";
/// Said where there is nothing.
pub(super) const NOTHING: &str = "nothing to compare with: this is the only attempt so far";

impl App {
    /// What the selected step can be compared with, of this run.
    pub(super) fn comparable(&self) -> Vec<(Exploration, String)> {
        let Some((view, (index, step))) = self.view().zip(self.selected_step()) else { return Vec::new() };
        let attempts = step.earlier.iter().enumerate().rev().map(|(at, earlier)| {
            (Exploration::CompareAttempt(at), format!("attempt {}: {}", earlier.attempt, ended(earlier)))
        });
        let lines = view.branches.iter().filter(|b| b.number != view.branch).filter_map(|branch| {
            let other = branch.steps.get(index).filter(|s| s.state != StepState::Ready)?;
            Some((Exploration::CompareBranch(branch.number), format!("line {}: {}", branch.number, ended(other))))
        });
        attempts.chain(lines).collect()
    }

    pub(super) fn choose_comparison(&mut self) {
        let entries = entries(self.comparable());
        self.overlays.push(Overlay::Choice(Choice::new(WITH, self.focus, entries)));
    }

    pub(super) fn compare_attempt(&mut self, at: usize) {
        let Some((_, step)) = self.selected_step() else { return };
        let Some(before) = step.earlier.get(at) else { return };
        let title = format!("attempt {} ( - )  and attempt {} ( + )", before.attempt, step.attempt);
        self.show_comparison(title, &compare::of_steps(before, step));
    }

    /// A step of that line, or all of it, with where the run stands.
    pub(super) fn compare_line(&mut self, number: u32, step: Option<usize>) {
        let Some(view) = self.view() else { return };
        let Some(branch) = view.branches.iter().find(|b| b.number == number) else { return };
        let one = |steps: &[StepView]| step.and_then(|at| steps.get(at).cloned());
        let compared = match (one(&branch.steps), one(&view.steps)) {
            (Some(left), Some(right)) => compare::of_steps(&left, &right),
            _ => compare::of_lines(&branch.steps, &view.steps),
        };
        self.show_comparison(format!("line {number} ( - )  and line {} ( + )", view.branch), &compared);
    }

    fn show_comparison(&mut self, title: String, compared: &Compared) {
        let text = compared.to_text(self.redactor());
        self.overlays.push(Overlay::Report(Report { wide: WIDE, ..Report::new(title, "comparison", text, None) }));
    }
}

fn entries(all: Vec<(Exploration, String)>) -> Vec<Entry> {
    all.into_iter().map(|(what, words)| explores(what, words.clone(), words)).collect()
}
