//! Attempts, lines and runs beside each other: what there is to choose from, and the comparison as a text.

use super::App;
use super::explore::{Exploration, explores};
use crate::flow::compare::{self, Compared};
use crate::flow::view::{StepState, StepView};
use crate::history::status_sign;
use crate::shell::{Beside, HistoryOrder};
use crate::store::history::KeptRun;
use crate::time::Timestamp;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::choice::Entry;
use crate::tui::overlay::{Choice, Overlay, Report, history};
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

    /// Offers what this run has at once; kept runs of its flow come after, where some are kept.
    pub(super) fn choose_comparison(&mut self) {
        let entries = entries(self.comparable());
        if !entries.is_empty() {
            self.overlays.push(Overlay::Choice(Choice::new(WITH, self.focus, entries)));
        }
        if let (false, Some(with)) = (self.settings.demo, self.run_here()) {
            self.out.push(Command::History(HistoryOrder::Comparable { with }));
        }
    }

    /// The run on the screen as one that is kept; it has no id there.
    fn run_here(&self) -> Option<KeptRun> {
        let view = self.view()?;
        Some(KeptRun {
            run: view.id.clone(),
            profile: view.profile.clone(),
            flow: view.flow.clone(),
            environment: view.environment.clone(),
            ..KeptRun::default()
        })
    }

    /// Kept runs that were asked for: by the list of them, or by the run on the screen.
    pub(super) fn offer_runs(&mut self, with: &KeptRun, runs: Vec<KeptRun>, now: Timestamp) {
        if with.id.is_empty() {
            return self.offer_beside(with, runs, now);
        }
        if !self.history_is_open() {
            return;
        }
        if runs.is_empty() {
            return self.say(NoticeTone::Plain, "nothing to compare with: no other run is kept", now);
        }
        let all = runs.into_iter().map(|run| {
            let words = format!("{}  {} / {}: {}", in_words(&run), run.profile, run.environment, run.flow);
            // the older of the two stands left
            let is_left = run.is_before(with);
            let (left, right) = if is_left { (run.id, with.id.clone()) } else { (with.id.clone(), run.id) };
            (Exploration::CompareRuns { left, right: Some(right) }, words)
        });
        let entries = entries(all.collect());
        self.overlays.push(Overlay::Choice(Choice::new(format!("compare {} with", with.id), self.focus, entries)));
    }

    /// Puts kept runs under what the run on the screen has itself, unless the person is elsewhere by now.
    fn offer_beside(&mut self, with: &KeptRun, runs: Vec<KeptRun>, now: Timestamp) {
        if self.run_here().is_none_or(|here| here.run != with.run) {
            return;
        }
        let own = self.comparable();
        let had = !own.is_empty();
        let kept = runs.into_iter().map(|run| {
            let words = format!("the whole run with that of {}", in_words(&run));
            (Exploration::CompareRuns { left: run.id, right: None }, words)
        });
        let all: Vec<_> = own.into_iter().chain(kept).collect();
        match self.overlays.last() {
            Some(Overlay::Choice(choice)) if had && choice.title == WITH => {
                if let Some(Overlay::Choice(choice)) = self.overlays.pop() {
                    self.overlays.push(Overlay::Choice(choice.offering(entries(all), &[])));
                }
            }
            None if !had && all.is_empty() => {
                let text = "nothing to compare with: the only attempt so far, and no run of this flow before it";
                self.say(NoticeTone::Warn, text, now);
            }
            None if !had => self.overlays.push(Overlay::Choice(Choice::new(WITH, self.focus, entries(all)))),
            _ => {}
        }
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

    pub(super) fn compare_runs(&mut self, left: String, right: Option<String>) {
        let right = match (right, &self.run) {
            (Some(id), _) => Beside::Kept(id),
            (None, Some(run)) => Beside::Told(run.engine.told()),
            (None, None) => return,
        };
        self.out.push(Command::History(HistoryOrder::Compare { left, right }));
    }

    fn show_comparison(&mut self, title: String, compared: &Compared) {
        let text = compared.to_text(self.redactor());
        self.overlays.push(Overlay::Report(Report { wide: WIDE, ..Report::new(title, "comparison", text, None) }));
    }
}

fn entries(all: Vec<(Exploration, String)>) -> Vec<Entry> {
    all.into_iter().map(|(what, words)| explores(what, words.clone(), words)).collect()
}

/// `2027-01-15 07:00:00  ✗ failed invalid_client`
fn in_words(run: &KeptRun) -> String {
    let error = run.error.as_ref().map_or_else(String::new, |e| format!(" {e}"));
    // the lines of `run --json` do not say when
    let when = if run.started.is_empty() { &run.id } else { &history::when(&run.started) };
    format!("{when}  {} {}{error}", status_sign(&run.status), run.status)
}
