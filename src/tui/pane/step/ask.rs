//! What a person has to do: the words of the flow, what to hand over, what to type in, and until when.

use super::parts::masked;
use crate::flow::view::{AskView, RunView, StepState, StepView};
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
        doc.heading("To be typed in");
        for field in &ask.ask {
            let words = doc.words().gap(2).sign(Tone::Dim, Sign::Waits).gap(1).plain(&field.label);
            doc.push(words, 4, None);
            if let Some(help) = &field.help {
                doc.push(doc.words().gap(4).dim(help), 4, None);
            }
        }
        if step.state == StepState::Waiting {
            doc.line(doc.words().gap(2).put(Tone::Key, "Enter").dim(" opens the form"));
        }
    }
    if let (Some(deadline), StepState::Waiting) = (ask.deadline, step.state) {
        doc.blank();
        let started = step.started_at.unwrap_or(now);
        let words = bar::life(doc.words().dim("ends "), now, started, deadline);
        doc.line(words);
    }
}
