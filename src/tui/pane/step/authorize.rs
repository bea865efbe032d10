//! A person at the bank: where they were sent, what waits for them, and what happened so far.

use crate::flow::view::{AuthorizeView, RunView, StepView};
use crate::time::Timestamp;
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::Tone;
use crate::tui::span;
use crate::tui::widget::bar;

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView, sign_in: &AuthorizeView, now: Timestamp) {
    doc.line(doc.words().strong("Sign in at the bank, in your browser"));
    let url = view.redactor.mask_text(sign_in.for_browser());
    doc.push(doc.words().gap(2).plain(url), 2, Some(Item::Url));
    if sign_in.page.is_some() {
        let host = url::Url::parse(sign_in.url.expose()).ok().and_then(|u| u.host_str().map(str::to_owned));
        let host = host.unwrap_or_default();
        doc.push(
            doc.words().gap(2).dim(format!("the page of {host} as the embedded bank has it, on this machine")),
            2,
            None,
        );
    }
    let key =
        |words: crate::tui::words::Words, key: &str, text: &str| words.put(Tone::Key, key).gap(1).dim(text).gap(2);
    let keys = key(key(key(doc.words().gap(2), "o", "opens it again"), "y", "copies it"), "Q", "as a QR code");
    doc.push(keys, 2, None);
    doc.heading("The answer");
    doc.push(doc.words().gap(2).dim("comes to ").plain(&sign_in.redirect_uri), 4, None);
    doc.push(
        doc.words().gap(2).put(Tone::Key, "p").dim(" pastes the address that the browser ended on, or a form's body"),
        4,
        None,
    );
    if let Some(deadline) = sign_in.deadline {
        ends(doc, step, deadline, now);
    }
    seen(doc, view, step, &sign_in.seen, now);
}

/// How long anybody waits.
pub fn ends(doc: &mut Doc<'_>, step: &StepView, deadline: Timestamp, now: Timestamp) {
    if let Some(started) = step.started_at {
        doc.line(bar::life(doc.words().gap(2).dim("waiting ends "), now, started, deadline));
    }
}

/// What happened while somebody else is waited for.
pub fn seen(doc: &mut Doc<'_>, view: &RunView, step: &StepView, notes: &[(Timestamp, String)], now: Timestamp) {
    if notes.is_empty() {
        return;
    }
    doc.heading("Seen so far");
    let from = step.started_at.unwrap_or(now);
    for (at, note) in notes {
        let after = span::short(at.seconds() - from.seconds());
        doc.push(doc.words().gap(2).dim(format!("{after}  ")).plain(view.redactor.mask_text(note)), 9, None);
    }
}
