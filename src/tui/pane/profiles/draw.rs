//! How pane 1 is drawn: the filter, the list, what is known of the chosen row, and what Enter would do.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{ProfilesPane, RowId};
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::focus::PaneId;
use crate::tui::layout::inside;
use crate::tui::look::{Look, Tone};
use crate::tui::widget::filter_line::{filter_line, filter_rows};
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

/// Rows below the list that tell of the chosen row, where there is room.
const DETAILS: u16 = 9;

/// Where the list stands below its filter, of `taken` rows, and the rows below it.
fn list_in(app: &App, area: Rect, taken: u16) -> (Rect, u16, Doc<'static>) {
    let mut inner = inside(area);
    let taken = taken.min(inner.height);
    inner.y += taken;
    inner.height -= taken;
    let details = details(app, inner.width);
    let wanted = u16::try_from(details.len()).unwrap_or(DETAILS).min(DETAILS) + 1;
    let below = if inner.height >= wanted + 8 { wanted } else { inner.height.min(4) / 4 };
    (Rect { height: inner.height - below, ..inner }, below, details)
}

/// The row that stands there, in a pane of that area.
pub fn row_at(app: &App, area: Rect, at: Position) -> Option<RowId> {
    let pane = &app.profiles;
    let list = list_in(app, area, filter_rows(app, PaneId::Profiles, &pane.filter, inside(area))).0;
    let rows = pane.rows();
    let top = top(pane, &rows, usize::from(list.height));
    list.contains(at).then(|| rows.get(top + usize::from(at.y - list.y)).copied())?
}

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let look = app.look();
    let pane = &app.profiles;
    let focused = app.focus == PaneId::Profiles;
    let rows = pane.rows();
    let banks = rows.iter().filter(|r| matches!(r, RowId::Bank(_))).count();
    let right = if pane.all.is_empty() { String::new() } else { format!("{banks}/{}", pane.all.len()) };
    let border = Border { right: &right, ..Border::new(look, focused, "1 Profiles") };
    let inner = border.draw(buffer, area);
    if inner.height == 0 {
        return;
    }
    let taken = filter_line(app, PaneId::Profiles, &pane.filter, buffer, inner);
    let (list, below, details) = list_in(app, area, taken);
    if rows.is_empty() {
        let text = if !pane.loaded {
            "reading profiles"
        } else if pane.all.is_empty() {
            "no profiles"
        } else {
            "nothing passes the filter"
        };
        buffer.set_line(list.x, list.y, &Words::new(look).gap(2).dim(text).line(), list.width);
        return;
    }
    let cursor = rows.iter().position(|r| pane.selected == Some(*r)).unwrap_or(0);
    let top = top(pane, &rows, usize::from(list.height));
    for (y, (i, row)) in (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top)) {
        let chosen = i == cursor && pane.selected.is_some();
        buffer.set_line(list.x, y, &row_words(app, *row, chosen, usize::from(list.width)).line(), list.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(focused));
        }
    }
    let skip =
        if usize::from(below) <= details.len().min(usize::from(DETAILS)) { details.len().saturating_sub(1) } else { 0 };
    let start = list.bottom() + u16::from(below > 1);
    for (y, row) in (start..inner.bottom()).zip(details.window(skip, usize::from(below))) {
        buffer.set_line(inner.x, y, &row.line, inner.width);
    }
}

/// The first row that shows. The heading of the first bank stays in view with its first environment.
pub fn top(pane: &ProfilesPane, rows: &[RowId], height: usize) -> usize {
    let cursor = rows.iter().position(|r| pane.selected == Some(*r)).unwrap_or(0);
    let top = window_top(pane.top, cursor, rows.len(), height);
    let heading = matches!(cursor.checked_sub(1).map(|i| rows[i]), Some(RowId::Bank(_)));
    if heading && top == cursor { top - 1 } else { top }
}

fn row_words(app: &App, row: RowId, chosen: bool, width: usize) -> Words {
    let look = app.look();
    let pane = &app.profiles;
    let mark = if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
    match row {
        RowId::Bank(p) => {
            let Some(bank) = pane.all.get(p) else { return mark };
            let note = if bank.saved { "saved" } else { bank.country.as_deref().unwrap_or_default() };
            let note = Words::new(look).dim(note).gap(1);
            let room = width.saturating_sub(note.width() + 2);
            Words::new(look).gap(1).cell(Tone::Strong, &bank.name, room).right(note, width)
        }
        RowId::Environment(p, e) => {
            let Some(env) = pane.environment(p, e) else { return mark };
            let (tone, tag) = environment_tag(env.production, env.sandbox, env.disabled.is_some());
            let tag = Words::new(look).put(tone, tag).gap(1);
            let sign = if pane.is_open(p, e) { "- " } else { "+ " };
            let room = width.saturating_sub(tag.width() + 6);
            let name_tone = if env.disabled.is_some() { Tone::Dim } else { Tone::Plain };
            mark.gap(1).dim(sign).cell(name_tone, env_name(&env.label, &env.name), room).right(tag, width)
        }
        RowId::Flow(p, _, f) => {
            let Some(flow) = pane.flow(p, f) else { return mark };
            let n = flow.steps.len();
            let note = match flow.unverified {
                true if width < 44 => Words::new(look).put(Tone::Warn, "?").gap(1),
                true => Words::new(look).put(Tone::Warn, "unverified").gap(1),
                false => Words::new(look).dim(format!("{n} step{}", if n == 1 { "" } else { "s" })).gap(1),
            };
            let room = width.saturating_sub(note.width() + 7);
            mark.gap(4).cell(Tone::Plain, &flow.title, room).right(note, width)
        }
    }
}

fn env_name<'a>(label: &'a str, name: &'a str) -> &'a str {
    if label.is_empty() { name } else { label }
}

/// The word that stands for where a request goes.
pub const fn environment_tag(production: bool, sandbox: bool, disabled: bool) -> (Tone, &'static str) {
    match (disabled, sandbox, production) {
        (true, ..) => (Tone::Dim, "off"),
        (_, true, _) => (Tone::Good, "SANDBOX"),
        (.., true) => (Tone::Bad, "PRODUCTION"),
        _ => (Tone::Warn, "TEST"),
    }
}

fn details(app: &App, width: u16) -> Doc<'static> {
    let look: Look = app.look();
    let pane = &app.profiles;
    let mut doc = Doc::new(look, width.saturating_sub(1));
    let Some((bank, env)) = pane.place() else { return doc };
    let pair = |name: &str, value: &str| Words::new(look).gap(1).cell(Tone::Dim, name, 8).gap(1).plain(value);
    doc.push(pair("bank", &bank.name), 10, None);
    doc.push(pair("goes to", env_name(&env.label, &env.name)), 10, None);
    let of_flow = pane.chosen_flow().and_then(|f| f.evidence.as_ref());
    if let Some(evidence) = of_flow.or(bank.evidence.as_ref()) {
        doc.push(pair("facts", evidence), 10, None);
    }
    if let Some(reason) = &env.disabled {
        doc.push(Words::new(look).gap(1).put(Tone::Warn, "! not available: ").plain(reason), 3, None);
    } else if let Some(flow) = pane.chosen_flow() {
        if let Some(about) = flow.about.as_ref().or(bank.about.as_ref()) {
            doc.push(pair("about", about), 10, None);
        }
        let start = Words::new(look).gap(1).put(Tone::Key, "Enter").plain(" starts: ").strong(&flow.title);
        doc.push(start, 3, None);
    } else {
        doc.push(Words::new(look).gap(1).put(Tone::Key, "Enter").plain(" shows its flows"), 3, None);
    }
    doc
}
