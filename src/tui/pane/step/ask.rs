//! What a person has to do: the words of the flow, what to hand over, what to type in, and until when.

use super::parts::masked;
use crate::flow::view::{AskField, AskView, RunView, StepState, StepView};
use crate::time::Timestamp;
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::{Sign, Tone};

use crate::tui::widget::bar;

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView, ask: &AskView, now: Timestamp) {
    doc.text(Tone::Plain, &view.redactor.mask_text(&ask.text));
    for (i, field) in ask.show.iter().enumerate() {
        doc.blank();
        let (tone, shown) = masked(&view.redactor, &field.name, &field.value, field.class);
        doc.push(doc.words().strong(&field.name), 0, Some(Item::Show(i)));
        doc.push(doc.words().gap(2).put(tone, shown), 2, Some(Item::Show(i)));
        doc.line(doc.words().gap(2).put(Tone::Key, "y").dim(" copies it, ").put(Tone::Key, "v").dim(" shows it"));
    }
    if !ask.ask.is_empty() {
        doc.heading(if ask.proposal { "Proposed" } else { "To be typed in" });
        for field in &ask.ask {
            let words = doc.words().gap(2).sign(Tone::Dim, Sign::Waits).gap(1).plain(&field.label);
            doc.push(words, 4, None);
            if ask.proposal {
                proposed(doc, view, field);
            } else if let Some(help) = &field.help {
                doc.push(doc.words().gap(4).dim(help), 4, None);
            }
        }
        if step.state == StepState::Waiting {
            let words = doc.words().gap(2).put(Tone::Key, "Enter").dim(" opens the form");
            let words =
                if ask.proposal { words.dim(", ").put(Tone::Key, "s").dim(" goes on with this") } else { words };
            doc.line(words);
        }
    }
    if let (Some(deadline), StepState::Waiting) = (ask.deadline, step.state) {
        doc.blank();
        let started = step.started_at.unwrap_or(now);
        let words = bar::life(doc.words().dim("ends "), now, started, deadline);
        doc.line(words);
    }
}

/// What going on takes, and what of it the other side does not have.
fn proposed(doc: &mut Doc<'_>, view: &RunView, field: &AskField) {
    let given = field.default.as_deref().unwrap_or_default();
    let each: Vec<String> = match serde_json::from_str(given) {
        Ok(several) if field.many => several,
        _ => Some(given.to_owned()).filter(|g| !g.is_empty()).into_iter().collect(),
    };
    if each.is_empty() {
        doc.line(doc.words().gap(4).dim("left out"));
    }
    for value in each {
        let (tone, shown) = masked(&view.redactor, &field.name, &value, field.class);
        let words = doc.words().gap(4).put(tone, shown);
        let words = match field.options.is_empty() || field.options.contains(&value) {
            true => words,
            false => words.gap(1).put(Tone::Warn, "not offered"),
        };
        doc.push(words, 4, None);
    }
}
