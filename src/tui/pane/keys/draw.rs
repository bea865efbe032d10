//! How the key store is drawn: the list, what is being done, and below it the card of the chosen row.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::card;
use crate::shell::{KeyRow, RowState};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::focus::PaneId;
use crate::tui::layout::inside;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::widget::filter_line;
use crate::tui::widget::frame::Border;
use crate::tui::words::Words;

/// From this width on the list has all its columns, and their names above them.
const TABLE: usize = 70;

/// Where list and card stand in a pane of that area, below `taken` rows.
fn places(app: &App, area: Rect, taken: u16) -> (Rect, Rect) {
    places_for(app, area, taken, below(app, card_width(area)).len())
}

/// Columns of the card's text.
pub fn card_width(area: Rect) -> u16 {
    inside(area).width.saturating_sub(1)
}

/// The same for a card of `wanted` rows.
pub fn places_for(app: &App, area: Rect, taken: u16, wanted: usize) -> (Rect, Rect) {
    let mut inner = inside(area);
    let taken = (taken + u16::from(app.keys.work.is_some())).min(inner.height);
    inner.y += taken;
    inner.height -= taken;
    let rows = u16::try_from(app.keys.rows().len()).unwrap_or(u16::MAX);
    let listed = rows.saturating_add(u16::from(usize::from(inner.width) >= TABLE));
    let wanted = u16::try_from(wanted).unwrap_or(u16::MAX).saturating_add(1);
    let below = wanted.min(inner.height.saturating_sub(listed.min(inner.height / 2).max(1)));
    let below = if below < 3 { 0 } else { below };
    let list = Rect { height: inner.height - below, ..inner };
    (list, Rect { y: list.bottom() + 1.min(below), height: below.saturating_sub(1), ..inner })
}

/// What stands below the list: the card of the chosen row; without any key, how to get one.
pub fn below(app: &App, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(app.look(), width);
    let Some(row) = app.keys.selected() else { return doc };
    if app.keys.all().all(|r| r.is_store() && r.state == RowState::Trouble) {
        first_key(&mut doc);
        doc.blank();
    }
    card::add(&mut doc, row);
    doc
}

fn first_key(doc: &mut Doc<'_>) {
    let words = doc.words().dim("No keys yet: ").put(Tone::Key, "a").dim(" makes one, ");
    doc.push(words.put(Tone::Key, "i").dim(" takes one from a file"), 0, None);
}

/// Rows that the filter takes.
pub fn filter_rows(app: &App, area: Rect) -> u16 {
    filter_line::filter_rows(app, PaneId::Keys, &app.keys.filter, inside(area))
}

/// The row that stands there, in a pane of that area.
pub fn row_at(app: &App, area: Rect, at: Position) -> Option<usize> {
    let mut list = places(app, area, filter_rows(app, area)).0;
    if usize::from(list.width) >= TABLE && list.height > 1 {
        list.y += 1;
        list.height -= 1;
    }
    let rows = app.keys.rows().len();
    let row = window_top(app.keys.top, app.keys.cursor, rows, usize::from(list.height))
        + usize::from(at.y - list.y.min(at.y));
    (list.contains(at) && row < rows).then_some(row)
}

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect, now: Timestamp) {
    let look = app.look();
    let pane = &app.keys;
    let focused = app.focus == PaneId::Keys;
    let rows = pane.rows();
    let keys = rows.iter().filter(|r| !r.is_store()).count();
    let right = if pane.loaded { keys.to_string() } else { String::new() };
    let doc = self::below(app, card_width(area));
    let total = doc.len();
    let below = places_for(app, area, filter_rows(app, area), total).1;
    let more = total > usize::from(below.height) && below.height > 0;
    let last = (pane.details + usize::from(below.height)).min(total);
    let place = if more && focused { format!("PgDn {last}/{total}") } else { String::new() };
    let border = Border { right: &right, place: &place, ..Border::new(look, focused, "2 Keys") };
    let inner = border.draw(buffer, area);
    if inner.height == 0 {
        return;
    }
    let taken = filter_line::filter_line(app, PaneId::Keys, &pane.filter, buffer, inner);
    if let Some(work) = &pane.work {
        let seconds = now.millis_since(work.since).max(0) / 1000;
        let words = Words::new(look).sign(Tone::Busy, Sign::Busy).gap(1).put(Tone::Busy, &work.what);
        let words = match &work.heard {
            Some(heard) => Words::new(look).sign(Tone::Busy, Sign::Busy).gap(1).put(Tone::Busy, heard),
            None => words.dim(format!("  {:02}:{:02}", seconds / 60, seconds % 60)),
        };
        buffer.set_line(inner.x + 1.min(inner.width), inner.y + taken, &words.line(), inner.width.saturating_sub(1));
    }
    let (mut list, below) = places_for(app, area, taken, total);
    if rows.is_empty() {
        return nothing(app, buffer, list);
    }
    let width = usize::from(list.width);
    if width >= TABLE && list.height > 1 {
        buffer.set_line(list.x, list.y, &columns(look, width).line(), list.width);
        list.y += 1;
        list.height -= 1;
    }
    let top = window_top(pane.top, pane.cursor, rows.len(), usize::from(list.height));
    for (y, (i, key)) in (list.y..list.bottom()).zip(rows.iter().enumerate().skip(top)) {
        let chosen = i == pane.cursor;
        let words = if width >= TABLE { table_row(look, key, chosen, width) } else { row(look, key, chosen, width) };
        buffer.set_line(list.x, y, &words.line(), list.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(focused));
        }
    }
    for (y, row) in (below.y..below.bottom()).zip(doc.window(pane.details, usize::from(below.height))) {
        buffer.set_line(below.x + 1.min(below.width), y, &row.line, below.width.saturating_sub(1));
    }
}

fn nothing(app: &App, buffer: &mut Buffer, inner: Rect) {
    let look = app.look();
    let mut doc = Doc::new(look, inner.width.saturating_sub(2));
    match (app.keys.loaded, app.keys.filter.is_empty()) {
        (false, _) => doc.text(Tone::Dim, "asking the key stores"),
        (true, false) => doc.text(Tone::Dim, "nothing passes the filter"),
        (true, true) => {
            first_key(&mut doc);
            doc.text(Tone::Dim, "A flow that needs one makes it, or asks for it.");
        }
    }
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(0, usize::from(inner.height))) {
        buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
    }
}

fn mark(look: Look, chosen: bool) -> Words {
    if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) }
}

/// What is to be said of a row at once, in two or three words.
fn note(look: Look, key: &KeyRow, width: usize) -> Words {
    let words = Words::new(look);
    let warn = |words: Words| words.sign(Tone::Warn, Sign::Warn).gap(1);
    match (key.state, key.certificate_days_left) {
        (RowState::Asking, _) => words.sign(Tone::Busy, Sign::Busy).put(Tone::Busy, " asking"),
        (RowState::Locked, _) if width < TABLE => warn(words).put(Tone::Warn, "locked"),
        (RowState::Locked, _) => warn(words).put(Tone::Warn, "locked: Enter opens"),
        (RowState::Trouble, _) if key.is_store() => words.sign(Tone::Dim, Sign::Waits).dim(" not usable"),
        (RowState::Trouble, _) => warn(words).put(Tone::Warn, "cannot be used"),
        (RowState::Usable, Some(d)) if d < 0 => warn(words).put(Tone::Bad, "cert ended"),
        (RowState::Usable, Some(d)) if key.wants_attention() => warn(words).put(Tone::Warn, format!("cert {d} d")),
        (RowState::Usable, Some(d)) => words.dim(format!("cert {d} d")),
        (RowState::Usable, None) if key.warning.is_some() => warn(words),
        (RowState::Usable, None) => words,
    }
    .gap(1)
}

fn kind(key: &KeyRow) -> &str {
    if key.alg.is_empty() { &key.kind } else { &key.alg }
}

fn row(look: Look, key: &KeyRow, chosen: bool, width: usize) -> Words {
    const KIND: usize = 7;
    const STORE: usize = 8;
    let note = note(look, key, width);
    let words = mark(look, chosen);
    if key.is_store() {
        let room = width.saturating_sub(note.width() + 3).max(4);
        return words.cell(Tone::Plain, &key.label, room.min(12)).right(note, width);
    }
    let store = if width > 44 { STORE + 1 } else { 0 };
    let room = width.saturating_sub(note.width() + KIND + store + 4).max(4);
    let words = words.cell(Tone::Plain, &key.label, room).gap(1);
    let words = if store > 0 { words.cell(Tone::Dim, &key.store, STORE).gap(1) } else { words };
    words.cell(Tone::Dim, kind(key), KIND).right(note, width)
}

/// Columns of the table, by how much room there is: key, store, kind, private, certificate.
const fn widths(width: usize) -> [usize; 5] {
    if width < 100 { [14, 8, 6, 7, 13] } else { [22, 8, 9, 8, 21] }
}

fn columns(look: Look, width: usize) -> Words {
    let names = ["key", "store", "kind", "private", "certificate"];
    let cells = names.into_iter().zip(widths(width));
    cells.fold(Words::new(look).gap(2), |words, (name, w)| words.cell(Tone::Dim, name, w).gap(1)).dim("used by")
}

fn table_row(look: Look, key: &KeyRow, chosen: bool, width: usize) -> Words {
    let [label, store, algorithm, leaves, state] = widths(width);
    let words = mark(look, chosen).cell(Tone::Plain, &key.label, label).gap(1);
    let leaves_word = match (key.card.is_some(), key.exportable) {
        (false, _) => "",
        (true, true) => "can go",
        (true, false) => "stays",
    };
    let store_word = if key.is_store() { "" } else { &key.store };
    let words = words.cell(Tone::Dim, store_word, store).gap(1).cell(Tone::Dim, kind(key), algorithm).gap(1);
    let words = words.cell(Tone::Dim, leaves_word, leaves).gap(1).join(note(look, key, width));
    let end = 2 + label + store + algorithm + leaves + state + 5;
    words.to(end).dim(key.used_by.join(", "))
}
