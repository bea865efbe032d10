//! Checks: what was compared, how it came out, and where the rule is written. What failed stands first.

use super::request::sign_of;
use crate::flow::view::{CheckView, Level, Outcome, RunView, StepView};
use crate::redact::Redactor;
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::Tone;

const ORDER: [Outcome; 4] = [Outcome::Fail, Outcome::Warn, Outcome::NotChecked, Outcome::Pass];

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView) {
    for outcome in ORDER {
        let mut first = true;
        for (i, check) in step.checks.iter().enumerate().filter(|(_, c)| c.outcome == outcome) {
            if first {
                doc.heading(match outcome {
                    Outcome::Fail => "Failed",
                    Outcome::Warn => "Warnings",
                    Outcome::NotChecked => "Not checked",
                    Outcome::Pass => "Passed",
                });
                first = false;
            }
            one(doc, &view.redactor, check, Some(Item::Check(i)), true);
        }
    }
}

/// One check: a line with the clause, and what was expected and found where that is news.
pub fn one(doc: &mut Doc<'_>, redactor: &Redactor, check: &CheckView, item: Option<Item>, with_source: bool) {
    let (sign, tone) = sign_of(check.outcome);
    let level = match (check.outcome, check.level) {
        (Outcome::Fail, Level::Must) => " must",
        _ => "",
    };
    let right = if with_source {
        doc.words().dim(format!("{}  {}", check.reference, check.id))
    } else {
        doc.words().dim(&check.reference)
    };
    let left = doc.words().sign(tone, sign).gap(1).plain(redactor.mask_text(&check.say)).put(Tone::Bad, level);
    let width = doc.width();
    if left.width() + right.width() + 2 <= width {
        doc.push(left.right(right, width), 2, item);
    } else {
        doc.push(left, 2, item);
        doc.push(doc.words().gap(4).join(right), 4, item);
    }
    match check.outcome {
        Outcome::Fail | Outcome::Warn => {
            if !check.expected.is_empty() && check.expected != check.say {
                doc.push(doc.words().gap(4).dim("expected  ").plain(redactor.mask_text(&check.expected)), 14, item);
            }
            if !check.found.is_empty() {
                doc.push(doc.words().gap(4).dim("found     ").put(tone, redactor.mask_text(&check.found)), 14, item);
            }
        }
        Outcome::NotChecked if !check.found.is_empty() => {
            doc.push(doc.words().gap(4).dim(redactor.mask_text(&check.found)), 4, item);
        }
        _ => {}
    }
}

/// What needs a look in full, and the rest as a count.
pub fn short(doc: &mut Doc<'_>, redactor: &Redactor, step: &StepView) {
    let passed = step.checks.iter().filter(|c| c.outcome == Outcome::Pass).count();
    for outcome in [Outcome::Fail, Outcome::Warn] {
        for (i, check) in step.checks.iter().enumerate().filter(|(_, c)| c.outcome == outcome) {
            one(doc, redactor, check, Some(Item::Check(i)), false);
        }
    }
    let (sign, tone) = sign_of(Outcome::Pass);
    if passed > 0 {
        let all = if passed == step.checks.len() { "all " } else { "" };
        let text = format!(" {all}{passed} check{} passed", if passed == 1 { "" } else { "s" });
        doc.line(doc.words().sign(tone, sign).plain(text));
    }
    let open = step.checks.iter().filter(|c| c.outcome == Outcome::NotChecked).count();
    if open > 0 {
        let (sign, tone) = sign_of(Outcome::NotChecked);
        doc.line(doc.words().sign(tone, sign).dim(format!(" {open} not checked yet")));
    }
}
