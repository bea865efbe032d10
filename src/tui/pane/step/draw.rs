//! How a step is drawn: title, how it stands, its tabs, and the chosen tab scrolling below.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::headline::{counts, headline};
use super::{Tab, ask, authorize, checks, listen, raw, request, response, tabs, tls, trouble};
use crate::flow::view::{RunView, StepState, StepView};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, GUTTER};
use crate::tui::focus::PaneId;
use crate::tui::layout::{Shape, inside};
use crate::tui::look::Tone;
use crate::tui::pane::flow::{state, strip};
use crate::tui::span::grouped;
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

/// Rows above the text: how it stands, and the tabs.
const PINNED: u16 = 2;

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let focused = app.focus == PaneId::Step;
    let Some((view, (index, step))) = app.view().zip(app.selected_step()) else {
        welcome(app, buffer, area, focused);
        return;
    };
    let title = match strip_rows(app) {
        0 => format!("step {}  {}", index + 1, step.title),
        _ => format!("3 Flow  step {} of {}  {}", index + 1, view.steps.len(), step.title),
    };
    let right = attempt(step);
    let doc = doc(app, inside(area).width.saturating_sub(GUTTER), now).looking_for(&app.search);
    let text = doc_area(app, area);
    let place = place(&doc, app, usize::from(text.height));
    let loud = crate::tui::pane::flow::is_loud(app);
    let border = Border { right: &right, place: &place, loud, ..Border::new(look, focused, &title) };
    let inner = border.draw(buffer, area);
    if inner.height == 0 {
        return;
    }
    let width = usize::from(inner.width);
    let mut y = inner.y;
    if strip_rows(app) > 0 {
        buffer.set_line(
            inner.x + 1,
            y,
            &strip(app, view, width.saturating_sub(1)).line(),
            inner.width - 1.min(inner.width),
        );
        y += 1;
    }
    let rows = [
        Words::new(look).gap(1).join(headline(look, view, index, step, now)),
        Words::new(look).gap(1).join(tab_line(app, step).0),
    ];
    for (y, words) in (y..inner.bottom()).zip(rows) {
        buffer.set_line(inner.x, y, &words.line(), inner.width);
    }
    doc.draw(buffer, text, &app.step.doc, focused);
}

/// `attempt 2 [edited: aud]`.
fn attempt(step: &StepView) -> String {
    let edits = step.edits.to_words();
    let edited = if edits.is_empty() { String::new() } else { format!("[edited: {edits}]") };
    match step.attempt {
        1 => edited,
        n => format!("attempt {n} {edited}").trim_end().to_owned(),
    }
}

/// With one pane on the screen and the list of steps not on it, one line stands for the list.
fn strip_rows(app: &App) -> u16 {
    u16::from(app.focus == PaneId::Step && (app.zoom || Shape::of(app.size.width, app.size.height) == Shape::Narrow))
}

/// Where the text scrolls, in a pane of that area.
pub fn doc_area(app: &App, area: Rect) -> Rect {
    let inner = inside(area);
    let pinned = (PINNED + strip_rows(app)).min(inner.height);
    Rect { y: inner.y + pinned, height: inner.height - pinned, ..inner }
}

/// `12/340`, where there is more than fits.
fn place(doc: &Doc<'_>, app: &App, height: usize) -> String {
    let total = doc.len();
    let place = format!("{}/{}", grouped(app.step.doc.cursor + 1), grouped(total));
    match (app.count(doc, app.step.doc), total <= height) {
        (Some(count), true) => count,
        (Some(count), false) => format!("{count}  row {place}"),
        (None, true) => String::new(),
        (None, false) => place,
    }
}

/// The text of the chosen tab at that width.
pub fn doc(app: &App, width: u16, now: Timestamp) -> Doc<'_> {
    let mut doc = Doc::new(app.look(), width);
    let Some((view, (_, step))) = app.view().zip(app.selected_step()) else { return doc };
    match (app.step.tab(step), &step.exchange) {
        (Tab::Now, _) => now_tab(&mut doc, view, step, now),
        (Tab::Response, Some(exchange)) => response::show(&mut doc, app, view, step, exchange),
        (Tab::Checks, _) => checks::show(&mut doc, view, step),
        (Tab::Raw, Some(_)) => raw::show(&mut doc, app, view),
        (Tab::Tls, Some(exchange)) => tls::show(&mut doc, view, step, exchange, now),
        _ => request::show(&mut doc, view, step),
    }
    doc
}

fn now_tab(doc: &mut Doc<'_>, view: &RunView, step: &StepView, now: Timestamp) {
    if let Some(error) = &step.error {
        trouble::show(doc, view, step, error);
    } else if step.state == StepState::Blocked {
        trouble::blocked(doc, view, step);
    }
    if let Some(ask) = &step.ask {
        if doc.len() > 0 {
            doc.blank();
        }
        ask::show(doc, view, step, ask, now);
    }
    if let Some(sign_in) = step.authorize.as_ref().filter(|_| step.state == StepState::Waiting) {
        if doc.len() > 0 {
            doc.blank();
        }
        authorize::show(doc, view, step, sign_in, now);
    }
    if let Some(wait) = step.listen.as_ref().filter(|_| step.state == StepState::Waiting) {
        if doc.len() > 0 {
            doc.blank();
        }
        listen::show(doc, view, step, wait, now);
    }
    if view.sandbox && step.state == StepState::Waiting && !view.proposes() {
        doc.blank();
        doc.push(doc.words().put(Tone::Key, "P").dim(" lets the embedded bank's people do it"), 2, None);
    }
}

/// The tabs in one line, and for each the columns it takes.
pub fn tab_line(app: &App, step: &StepView) -> (Words, Vec<(Tab, std::ops::Range<usize>)>) {
    let chosen = app.step.tab(step);
    let mut words = Words::new(app.look());
    let mut places = Vec::new();
    for tab in tabs(step) {
        let start = words.width();
        let name = match tab {
            Tab::Now if step.error.is_some() || step.state == StepState::Blocked => "what to do",
            Tab::Now => "to do",
            Tab::Request if step.request.is_some() => "request",
            Tab::Request if step.artefacts.is_empty() && step.outputs.is_empty() => "about",
            Tab::Request => "made",
            Tab::Response => "response",
            Tab::Checks => "checks",
            Tab::Raw => "raw",
            Tab::Tls => "tls",
        };
        words = if tab == chosen { words.put(Tone::Key, format!("[{name}]")) } else { words.gap(1).dim(name).gap(1) };
        match tab {
            Tab::Response => {
                if let Some(status) = state::status(step) {
                    let tone = if status >= 400 { Tone::Bad } else { Tone::Plain };
                    words = words.put(tone, format!(" {status}"));
                }
            }
            Tab::Checks => words = counts(words, step),
            _ => {}
        }
        places.push((tab, start..words.width()));
        words = words.gap(2);
    }
    (words, places)
}

/// The tab whose name stands there, in a pane of that area.
pub fn tab_at(app: &App, area: Rect, at: Position) -> Option<Tab> {
    let (_, step) = app.selected_step()?;
    let inner = inside(area);
    // below the line that tells how it stands
    let column = usize::from(at.x.checked_sub(inner.x + 1)?);
    let here = at.y == inner.y + strip_rows(app) + 1;
    tab_line(app, step).1.into_iter().find(|(_, place)| here && place.contains(&column)).map(|(tab, _)| tab)
}

/// Before the first run.
fn welcome(app: &App, buffer: &mut Buffer, area: Rect, focused: bool) {
    let look = app.look();
    let inner = Border::new(look, focused, "Step").draw(buffer, area);
    let mut doc = Doc::new(look, inner.width.saturating_sub(4));
    let key = |doc: &mut Doc<'_>, key: &str, text: &str| {
        let words = Words::new(look).cell(Tone::Key, key, 8).plain(text);
        doc.push(words, 8, None);
    };
    if let Some(flow) = app.profiles.chosen_flow() {
        doc.line(Words::new(look).strong(&flow.title));
        if let Some(about) = &flow.about {
            doc.text(Tone::Plain, about);
        }
        doc.blank();
    }
    if app.settings.demo {
        doc.text(Tone::Plain, "This is the demo: the banks answer inside this program, and nothing is kept.");
        doc.blank();
    }
    key(&mut doc, "Enter", "in pane 1 starts the chosen flow, step by step");
    key(&mut doc, "Enter", "on a step builds its request; Enter again sends it");
    key(&mut doc, "S", "runs on until something waits or fails");
    key(&mut doc, "y", "copies a token, claims, a request as curl");
    key(&mut doc, "p", "a token to look at: paste it, or press p");
    key(&mut doc, "?", "every key, searchable");
    for (y, row) in (inner.y + 1..inner.bottom()).zip(doc.window(0, usize::from(inner.height))) {
        buffer.set_line(inner.x + 2, y, &row.line, inner.width.saturating_sub(2));
    }
}
