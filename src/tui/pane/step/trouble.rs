//! Why a step failed: what happened, what is likely, what to do, and the checks to look at.

use super::checks;
use crate::flow::view::{ErrorSource, Level, Outcome, RunView, StepError, StepView};
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::{Sign, Tone};

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView, error: &StepError) {
    let redactor = &view.redactor;
    let title = doc.words().sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, redactor.mask_text(&error.text));
    let id = doc.words().dim(redactor.mask_text(&error.id));
    let width = doc.width();
    if title.width() + id.width() + 2 <= width {
        doc.push(title.right(id, width), 2, None);
    } else {
        doc.push(title, 2, None);
        doc.push(doc.words().gap(2).join(id), 2, None);
    }
    row(doc, "whose", whose(error.source));
    if let Some(likely) = &error.likely {
        row(doc, "likely", &redactor.mask_text(likely));
    }
    if let Some(role) = &view.unbound {
        row(doc, "do", &format!("Enter chooses a key for {role}, or makes one, and goes on"));
    } else if let Some(hint) = &error.hint {
        row(doc, "do", &redactor.mask_text(hint));
    }
    let mut listed = false;
    for (i, check) in step.checks.iter().enumerate() {
        let named = error.checks.contains(&check.id);
        if named || check.outcome == Outcome::Fail {
            if !listed {
                doc.heading("Look at");
                listed = true;
            }
            checks::one(doc, redactor, check, Some(Item::Check(i)), true);
        }
    }
    // Checks of other steps that the bank's error points to.
    for other in view.steps.iter().filter(|s| s.id != step.id) {
        for check in other.checks.iter().filter(|c| error.checks.contains(&c.id)) {
            if !listed {
                doc.heading("Look at");
                listed = true;
            }
            doc.push(doc.words().gap(2).dim(format!("in step {}", other.title)), 4, None);
            checks::one(doc, redactor, check, None, true);
        }
    }
}

fn row(doc: &mut Doc<'_>, label: &str, text: &str) {
    let words = doc.words().gap(2).cell(Tone::Dim, label, 8).gap(1).plain(text);
    doc.push(words, 11, None);
}

const fn whose(source: ErrorSource) -> &'static str {
    match source {
        ErrorSource::Bank => "the bank refused, or what it sent is wrong",
        ErrorSource::Profile => "the profile, the flow or a value that was given",
        ErrorSource::Key => "the key or its store",
        ErrorSource::Network => "the network or TLS",
        ErrorSource::Person => "a person is needed, and nobody answered",
        ErrorSource::Cancelled => "cancelled here",
    }
}

/// A step that was stopped before it sent anything.
pub fn blocked(doc: &mut Doc<'_>, view: &RunView, step: &StepView) {
    let words =
        doc.words().sign(Tone::Bad, Sign::Warn).put(Tone::Bad, " Nothing was sent: a check that must hold failed.");
    doc.push(words, 2, None);
    doc.blank();
    for (i, check) in step.checks.iter().enumerate() {
        if check.outcome == Outcome::Fail && check.level == Level::Must {
            checks::one(doc, &view.redactor, check, Some(Item::Check(i)), true);
        }
    }
    doc.blank();
    row(doc, "do", "mend the profile or the values and press r, or B to stand before an earlier step");
    let words =
        doc.words().gap(2).cell(Tone::Dim, "or", 8).gap(1).put(Tone::Key, "!").plain(" sends it anyway; it asks first");
    doc.push(words, 11, None);
}
