//! What somebody else is to send: where it is waited for, and what came so far.

use super::authorize::{ends, seen};
use crate::flow::view::{ListenView, RunView, StepView};
use crate::time::Timestamp;
use crate::tui::doc::Doc;
use crate::tui::look::Tone;

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView, wait: &ListenView, now: Timestamp) {
    doc.line(doc.words().strong("The bank is to send something here"));
    doc.push(doc.words().gap(2).dim("POST ").plain(&wait.url), 4, None);
    let paste = doc.words().gap(2).put(Tone::Key, "p").dim(" pastes what was sent elsewhere");
    doc.push(paste, 4, None);
    ends(doc, step, wait.deadline, now);
    seen(doc, view, step, &wait.seen, now);
}
