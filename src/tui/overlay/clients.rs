//! Registrations that are known: what of each ends when, and what the bank's last answer changed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::inspect::moment;
use crate::shell::{ClientRow, change_in_words, end_in_words};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span::short;
use crate::tui::words::Words;

/// As wide as it is where there is room.
const WIDE: u16 = 110;

pub fn draw(app: &App, cursor: usize, now: Timestamp, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let title = format!("registrations that are known: {}", app.clients.len());
    let text_width = WIDE.min(body.width.saturating_sub(2)).saturating_sub(2);
    let Some(chosen) = app.clients.get(cursor) else {
        let mut doc = Doc::new(look, text_width);
        doc.text(Tone::Dim, "none yet: those that flows make or read are written down here, without a secret");
        let inner = window(look, &title, (WIDE, height_of(&doc)), buffer, body, is_top);
        return text(&doc, buffer, inner);
    };
    let doc = details(look, chosen, text_width, now);
    let rows = u16::try_from(app.clients.len()).unwrap_or(u16::MAX);
    let inner =
        window(look, &title, (WIDE, rows.saturating_add(1).saturating_add(height_of(&doc))), buffer, body, is_top);
    // the list keeps three rows where there is little room
    let least = 3.min(inner.height);
    let list = Rect { height: rows.min(inner.height.saturating_sub(height_of(&doc) + 1).max(least)), ..inner };
    let top = window_top(0, cursor, app.clients.len(), usize::from(list.height));
    for (y, (i, row)) in (list.y..list.bottom()).zip(app.clients.iter().enumerate().skip(top)) {
        buffer.set_line(list.x, y, &line(look, row, i == cursor, usize::from(list.width), now).line(), list.width);
        if i == cursor {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(true));
        }
    }
    let below = list.bottom().saturating_add(1).min(inner.bottom());
    text(&doc, buffer, Rect { y: below, height: inner.bottom() - below, ..inner });
}

fn height_of(doc: &Doc<'_>) -> u16 {
    u16::try_from(doc.len()).unwrap_or(u16::MAX / 2)
}

fn text(doc: &Doc<'_>, buffer: &mut Buffer, area: Rect) {
    for (y, row) in (area.y..area.bottom()).zip(doc.window(0, usize::from(area.height))) {
        buffer.set_line(area.x + 1.min(area.width), y, &row.line, area.width.saturating_sub(1));
    }
}

fn line(look: Look, row: &ClientRow, chosen: bool, width: usize, now: Timestamp) -> Words {
    let words = Words::new(look).put(Tone::Key, if chosen { ">" } else { " " }).gap(1);
    let name = format!("{} / {}", row.profile, row.environment);
    let words = words.cell(Tone::Plain, name, (width * 3 / 10).clamp(10, 34)).gap(1);
    let words = words.cell(Tone::Plain, &row.client.client_id, (width / 3).clamp(10, 38)).gap(1);
    if row.client.deleted.is_some() {
        return words.dim("deleted");
    }
    let words = match (row.urgent(now), row.ends.first()) {
        (Some(end), _) if end.at <= now.seconds() => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, "ended"),
        (Some(end), _) => {
            let left = format!("{} left", short(end.at - now.seconds()));
            words.sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, left)
        }
        (None, Some(end)) => words.dim(format!("{} left", short(end.at - now.seconds()))),
        (None, None) => words.dim("no end known"),
    };
    if row.drift().is_empty() { words } else { words.gap(1).put(Tone::Warn, "changed") }
}

fn details(look: Look, row: &ClientRow, width: u16, now: Timestamp) -> Doc<'static> {
    let client = &row.client;
    let mut doc = Doc::new(look, width);
    let last = client.answers.last().map_or(client.since, |a| a.at);
    let times = format!("{}; as answered {}", moment(client.since), moment(last));
    doc.push(Words::new(look).dim("since     ").plain(times), 10, None);
    if let Some(at) = client.deleted {
        doc.push(Words::new(look).dim("deleted   ").plain(moment(at)), 10, None);
        return doc;
    }
    if let Some(uri) = &client.registration_client_uri {
        doc.push(Words::new(look).dim("managed at").gap(1).plain(uri), 11, None);
    }
    for key in &client.keys {
        let words = Words::new(look).dim("key       ").plain(format!("{} = {}", key.role, key.reference));
        doc.push(words, 10, None);
    }
    for end in &row.ends {
        let soon = row.urgent(now).is_some_and(|first| end.at <= first.at) || end.at <= now.seconds();
        let tone = if soon { Tone::Warn } else { Tone::Plain };
        doc.push(Words::new(look).dim("          ").put(tone, end_in_words(end, now)), 10, None);
        doc.push(Words::new(look).dim("            then ").dim(end.breaks), 17, None);
    }
    for change in row.drift() {
        doc.push(Words::new(look).dim("changed   ").put(Tone::Warn, change_in_words(&change)), 10, None);
    }
    doc
}
