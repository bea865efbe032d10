//! What is or was to be sent, or what a step made that sends nothing.

use super::parts::{artefact, field, json, masked};
use super::{checks, preflight};
use crate::flow::edit::{Edits, Place};
use crate::flow::view::{RequestView, RunView, StepState, StepView};
use crate::redact::Redactor;
use crate::secret::Class;
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::{Sign, Tone};
use crate::tui::span;

pub fn show(doc: &mut Doc<'_>, view: &RunView, step: &StepView) {
    let redactor = &view.redactor;
    let undone = step.edits.next().map(|e| format!("   U makes the change of {} again", e.place.short()));
    if !step.edits.is_empty() {
        let places: Vec<String> = step.edits.iter().map(|e| e.place.to_string()).collect();
        let words = doc.words().put(Tone::Warn, "edited  ").plain(redactor.mask_text(&places.join(", ")));
        let words = words.dim("   u takes back the last").dim(redactor.mask_text(&undone.unwrap_or_default()));
        doc.push(words, 8, None);
        doc.blank();
    } else if let Some(undone) = undone {
        doc.push(doc.words().dim("as it was").dim(redactor.mask_text(&undone)), 8, None);
        doc.blank();
    }
    if let Some(note) = &step.note {
        doc.text(Tone::Dim, note);
    }
    match &step.request {
        Some(request) => {
            before_sending(doc, redactor, step);
            line(doc, redactor, request, &step.edits);
        }
        None if step.note.is_none() && step.artefacts.is_empty() && step.outputs.is_empty() => {
            doc.text(Tone::Dim, what_it_does(step));
        }
        None => {}
    }
    for (i, a) in step.artefacts.iter().enumerate() {
        artefact(doc, redactor, i, a);
    }
    if !step.outputs.is_empty() {
        doc.heading("Gave");
        for (i, output) in step.outputs.iter().enumerate() {
            field(doc, redactor, output, " = ", Item::Output(i), false);
        }
    }
    if step.request.is_none() && !step.checks.is_empty() {
        doc.heading("Checks");
        checks::short(doc, redactor, step);
    }
    preflight::show(doc, view, step);
    if let Some(reference) = &step.reference {
        doc.blank();
        doc.push(doc.words().dim("described in ").plain(reference), 4, None);
    }
}

const fn what_it_does(step: &StepView) -> &'static str {
    match step.verb.as_bytes() {
        b"http" => "Sends a request. It is built and shown before anything goes out.",
        b"authorize" => "Sends you to the bank to sign in. The address is built and shown before it is opened.",
        b"jwt" => "Makes and signs a token.",
        b"key" => "Picks or makes a key.",
        b"ask" => "Waits for a person.",
        b"save" => "Keeps what the flow found.",
        _ => "Nothing to show before it is taken.",
    }
}

/// While it can still be stopped, what was checked stands first.
fn before_sending(doc: &mut Doc<'_>, redactor: &Redactor, step: &StepView) {
    if !matches!(step.state, StepState::Armed | StepState::Blocked) || step.checks.is_empty() {
        return;
    }
    doc.line(doc.words().strong("Before sending"));
    checks::short(doc, redactor, step);
    doc.blank();
}

fn line(doc: &mut Doc<'_>, redactor: &Redactor, request: &RequestView, edits: &Edits) {
    let url = redactor.mask_text(&request.url);
    doc.push(doc.words().strong(&request.method).gap(1).plain(url), 4, Some(Item::Url));
    if let Some(role) = &request.mtls {
        doc.line(doc.words().dim("client certificate  ").plain(role).dim("  (mutual TLS)"));
    }
    if request.refreshed {
        doc.line(
            doc.words()
                .put(Tone::Busy, "refreshed: ")
                .dim("what is bound to the time was made again just before sending"),
        );
    }
    for (i, header) in request.headers.iter().enumerate() {
        field(doc, redactor, header, ": ", Item::RequestHeader(i), edits.touches(&Place::Header(header.name.clone())));
    }
    if !request.fields.is_empty() {
        doc.blank();
        let longest = request.fields.iter().map(|f| f.name.len()).max().unwrap_or(0).min(28);
        for (i, f) in request.fields.iter().enumerate() {
            let gap = " ".repeat(longest.saturating_sub(f.name.len()));
            let edited = edits.touches(&Place::Form(f.name.clone())) || edits.touches(&Place::member(&f.name));
            field(doc, redactor, f, &format!("{gap} = "), Item::RequestField(i), edited);
        }
    } else if !request.body.is_empty() {
        doc.blank();
        body(doc, redactor, request);
    }
}

/// A body without members: as text where it is one.
fn body(doc: &mut Doc<'_>, redactor: &Redactor, request: &RequestView) {
    match std::str::from_utf8(&request.body) {
        Ok(text) if text.len() <= super::raw::SHOWN => match serde_json::from_str(text) {
            Ok(value) => json(doc, redactor, &value, |_| None),
            Err(_) => {
                let (tone, shown) = masked(redactor, "", text, Class::Public);
                doc.text(tone, &shown);
            }
        },
        _ => doc.line(doc.words().dim(format!("body of {}", span::size(request.body.len())))),
    }
}

/// A sign and a text, for a check in one row.
pub fn sign_of(outcome: crate::flow::view::Outcome) -> (Sign, Tone) {
    use crate::flow::view::Outcome;
    match outcome {
        Outcome::Pass => (Sign::Ok, Tone::Good),
        Outcome::Fail => (Sign::Failed, Tone::Bad),
        Outcome::Warn => (Sign::Warn, Tone::Warn),
        Outcome::NotChecked => (Sign::NotChecked, Tone::Dim),
    }
}
