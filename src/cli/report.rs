//! What a run prints: JSON lines, or a few words per step. Secrets are masked in both.

use std::collections::BTreeSet;

use super::args::RunArgs;
use crate::flow::view::{Outcome, PreflightView, RunView, StepState, StepView};
use crate::history::{LARGEST_PRINTED, Telling, counts, done, field_text, shown};

pub struct Report {
    form: Form,
    telling: Telling,
    /// What was said already: step, attempt, and what of it.
    said: BTreeSet<(usize, u32, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Words,
    /// `--print`: nothing but the one value.
    Silent,
}

impl Report {
    pub fn new(args: &RunArgs) -> Self {
        let form = if args.json {
            Form::Json
        } else if args.print.is_some() {
            Form::Silent
        } else {
            Form::Words
        };
        Self { form, telling: Telling::new(LARGEST_PRINTED), said: BTreeSet::new() }
    }

    pub fn started(&self, view: &RunView) {
        match self.form {
            Form::Json => say_json!(Telling::run(view)),
            Form::Words => {
                let place = if view.sandbox {
                    " [SANDBOX]"
                } else if view.production {
                    " [PRODUCTION]"
                } else {
                    ""
                };
                let unverified = if view.unverified { "  (unverified)" } else { "" };
                eprintln!("{} / {}{place}: {}{unverified}", view.profile, view.environment, view.flow_title);
            }
            Form::Silent => {}
        }
    }

    /// Tells what is new since the last time.
    pub fn progress(&mut self, view: &RunView) {
        match self.form {
            Form::Json => self.telling.news(view).iter().for_each(|event| say_json!(event)),
            Form::Words => {
                self.preflight(view);
                for (index, step) in view.steps.iter().enumerate().filter(|(_, s)| s.state != StepState::Ready) {
                    self.step_in_words(index, step, view);
                }
            }
            Form::Silent => {}
        }
    }

    /// What does not agree before the first step.
    fn preflight(&mut self, view: &RunView) {
        let bad = |row: &&PreflightView| matches!(row.check.outcome, Outcome::Fail | Outcome::Warn);
        for PreflightView { check, fix } in view.preflight.iter().filter(bad) {
            if !self.once(usize::MAX, 0, format!("{} {}", check.id, check.on)) {
                continue;
            }
            let mark = if check.outcome == Outcome::Fail { "✗" } else { "!" };
            eprintln!("  {mark} before the first step: {}  ({})", check.say, check.found);
            if let Some(fix) = fix {
                eprintln!("      {fix}");
            }
        }
    }

    fn once(&mut self, index: usize, attempt: u32, what: impl Into<String>) -> bool {
        self.said.insert((index, attempt, what.into()))
    }

    fn step_in_words(&mut self, index: usize, step: &StepView, view: &RunView) {
        if let Some(wait) = &step.listen {
            if self.once(index, step.attempt, "listen") {
                eprintln!("    waiting for a POST to {}", view.redactor.mask_text(&wait.url));
            }
            for (number, (_, note)) in wait.seen.iter().enumerate() {
                if self.once(index, step.attempt, format!("seen {number}")) {
                    eprintln!("    {}", view.redactor.mask_text(note));
                }
            }
        }
        let over = matches!(
            step.state,
            StepState::Done
                | StepState::Failed
                | StepState::Cancelled
                | StepState::Skipped
                | StepState::Blocked
                | StepState::Waiting
        );
        if !over || !self.once(index, step.attempt, format!("{:?}", step.state)) {
            return;
        }
        let mark = match step.state {
            StepState::Done => "✓",
            StepState::Skipped => "-",
            StepState::Waiting => "…",
            _ => "✗",
        };
        let status = step
            .exchange
            .as_ref()
            .and_then(|e| e.response.as_ref())
            .map(|r| format!("  {}", r.status))
            .unwrap_or_default();
        eprintln!("{mark} {}  {}{status}", step.id, step.title);
        troubles(step);
        if step.state == StepState::Done {
            if let Some(ask) = step.ask.as_ref().filter(|ask| ask.ask.is_empty()) {
                eprintln!("    {}", view.redactor.mask_text(&ask.text));
            }
            for field in step.outputs.iter().chain(shown(step)) {
                say!("{}.{} = {}", step.id, field.name, field_text(view, field));
            }
        }
    }

    pub fn failed(&self, view: &RunView, end: &Option<(String, String, String)>) {
        let error = view.steps.iter().filter_map(|s| s.error.as_ref()).next_back();
        if let Some(e) = error {
            eprintln!("✗ {}: {}", e.id, e.text);
            if let Some(likely) = &e.likely {
                eprintln!("  likely: {likely}");
            }
            if let Some(hint) = &e.hint {
                eprintln!("  try: {hint}");
            }
        }
        if let Some((id, text, hint)) = end {
            eprintln!("✗ {id}: {text}\n  try: {hint}");
        }
    }

    pub fn ended(&mut self, view: &RunView, status: &str, end: &Option<(String, String, String)>) {
        self.progress(view);
        match self.form {
            Form::Json => say_json!(done(view, status, end.as_ref())),
            Form::Words => {
                // a dry run ends before the step does
                if let Some(step) = view.steps.get(view.current).filter(|s| s.state == StepState::Armed) {
                    eprintln!("… {}  {}", step.id, step.title);
                    troubles(step);
                }
                let (pass, fail, warn, not) = counts(view);
                self.failed(view, end);
                eprintln!("{status}: {pass} checks passed, {fail} failed, {warn} warned, {not} not checked");
            }
            Form::Silent => {}
        }
    }
}

/// The checks that did not hold.
fn troubles(step: &StepView) {
    for check in step.checks.iter().filter(|c| matches!(c.outcome, Outcome::Fail | Outcome::Warn)) {
        let mark = if check.outcome == Outcome::Fail { "✗" } else { "!" };
        eprintln!("    {mark} {}: {}  (found: {})  {}", check.id, check.say, check.found, check.reference);
    }
}
