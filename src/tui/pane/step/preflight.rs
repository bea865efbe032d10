//! What was looked at before the first step: what does not agree in full, with what to do, and the rest as a count.

use super::checks;
use crate::flow::view::{Outcome, RunView, StepState, StepView};
use crate::tui::doc::Doc;
use crate::tui::look::{Sign, Tone};

/// While the run stands before its first step.
pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView) {
    let first = view.steps.first().is_some_and(|first| first.id == step.id);
    if !first || step.state != StepState::Ready || view.preflight.is_empty() {
        return;
    }
    doc.heading("Preflight");
    let passed = view.preflight.iter().filter(|row| row.check.outcome == Outcome::Pass).count();
    for outcome in [Outcome::Fail, Outcome::Warn] {
        for row in view.preflight.iter().filter(|row| row.check.outcome == outcome) {
            checks::one(doc, &view.redactor, &row.check, None, true);
            if let Some(fix) = &row.fix {
                doc.push(doc.words().gap(4).dim("do        ").plain(fix), 14, None);
            }
        }
    }
    let all = if passed == view.preflight.len() { "all " } else { "" };
    let words = doc.words().sign(Tone::Good, Sign::Ok).gap(1);
    doc.push(
        words.plain(format!("{all}{passed} agree: keys, certificates, values, what is known of the server")),
        2,
        None,
    );
}
