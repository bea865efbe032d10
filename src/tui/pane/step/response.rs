//! What came back: status and size, the body laid out, the headers, and how long each part took.

use super::parts::{field, masked, pair};
use crate::flow::exchange::{Completeness, Exchange, Phases};
use crate::flow::view::{Field, GrantedMember, GrantedView, RunView, StepView};
use crate::redact::Redactor;
use crate::secret::class_of_name;
use crate::tui::app::App;
use crate::tui::body::BodyPart;
use crate::tui::doc::Doc;
use crate::tui::item::Item;
use crate::tui::look::{Sign, Tone};
use crate::tui::span;
use crate::tui::words::Words;

pub fn show<'a>(doc: &mut Doc<'a>, app: &'a App, view: &'a RunView, step: &StepView, exchange: &Exchange) {
    let Some(response) = &exchange.response else {
        doc.text(Tone::Warn, "The connection ended before an answer came.");
        doc.blank();
        timing(doc, exchange);
        return;
    };
    let tone = if response.status >= 400 { Tone::Bad } else { Tone::Good };
    let kind = response.header("content-type").unwrap_or("no content type");
    let status = doc
        .words()
        .put(tone, format!("{} {}", response.status, response.reason))
        .dim(format!("  {kind}  {}", span::size(response.body.len())));
    doc.push(status, 2, None);
    match response.completeness {
        Completeness::Whole => {}
        Completeness::Incomplete => warn(doc, "incomplete: the connection ended before the announced length"),
        Completeness::OverLimit => warn(doc, "cut: more came than the limit allows"),
    }
    doc.blank();
    if let Some(view_of) = &step.granted {
        granted(doc, &view.redactor, view_of);
    }
    match app.body(BodyPart::Response) {
        _ if response.body.is_empty() => doc.text(Tone::Dim, "no body"),
        Some(body) => {
            doc.body(body, &view.redactor);
            if !body.is_whole() {
                doc.line(doc.words().sign(Tone::Busy, Sign::Busy).put(Tone::Busy, " counting the rest"));
            }
        }
        None => doc.text(Tone::Dim, "the body shows when the window is large enough"),
    }
    doc.heading("Headers");
    for (i, (name, value)) in response.headers.iter().enumerate() {
        let header = Field { name: name.clone(), value: value.clone(), class: class_of_name(name) };
        field(doc, &view.redactor, &header, ": ", Item::ResponseHeader(i), false);
    }
    if !step.outputs.is_empty() {
        doc.heading("Taken from it");
        for (i, output) in step.outputs.iter().enumerate() {
            field(doc, &view.redactor, output, " = ", Item::Output(i), false);
        }
    }
    doc.heading("Timing");
    timing(doc, exchange);
}

/// What was asked for against what was granted: what differs, then what the bank added.
fn granted(doc: &mut Doc<'_>, redactor: &Redactor, view: &GrantedView) {
    doc.line(doc.words().strong("Asked for, and granted"));
    let same = doc.words().gap(2).sign(Tone::Good, Sign::Ok).dim(format!(" {} as asked for", counted(view.same)));
    doc.line(same);
    for GrantedMember { asked, granted } in &view.changed {
        let (tone, was) = masked(redactor, &asked.name, &asked.value, asked.class);
        let words =
            doc.words().gap(2).sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Name, redactor.mask_text(&asked.name));
        let words = words.gap(1).put(tone, was).dim(" → ");
        let words = match granted {
            Some(now) => {
                let (tone, now) = masked(redactor, &asked.name, now, asked.class);
                words.put(tone, now)
            }
            None => words.put(Tone::Warn, "not in the answer"),
        };
        doc.push(words, 6, None);
    }
    if !view.added.is_empty() {
        let names: Vec<String> = view.added.iter().map(|f| redactor.mask_text(&f.name)).collect();
        doc.push(doc.words().gap(2).dim(format!("+ by the bank: {}", names.join(", "))), 4, None);
    }
    doc.blank();
}

fn counted(members: usize) -> String {
    if members == 1 { "1 member".to_owned() } else { format!("{members} members") }
}

fn warn(doc: &mut Doc<'_>, text: &str) {
    doc.push(doc.words().sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, text), 2, None);
}

/// Each phase with its length, in numbers and as a bar of the whole.
pub fn timing(doc: &mut Doc<'_>, exchange: &Exchange) {
    let Phases { dns, tcp, tls, wait, body } = exchange.phases;
    let total = exchange.phases.total();
    let cells = doc.width().saturating_sub(26).min(30);
    let micros = total.as_micros().max(1);
    let mut start = 0;
    for (name, phase) in [("dns", dns), ("tcp", tcp), ("tls", tls), ("wait", wait), ("body", body)] {
        let Some(phase) = phase else { continue };
        let length = usize::try_from(phase.as_micros() * cells as u128 / micros).unwrap_or(cells).max(1);
        let words = Words::new(doc.look())
            .cell_right(Tone::Plain, span::took(phase), 8)
            .gap(2 + start.min(cells))
            .put(Tone::Busy, "#".repeat(length));
        start += length;
        pair(doc, name, words);
    }
    let words = doc.words().cell_right(Tone::Strong, span::took(total), 8);
    pair(doc, "in all", words);
    if let Some(peer) = &exchange.peer {
        let words = doc.words().plain(peer);
        pair(doc, "answered by", words);
    }
}
