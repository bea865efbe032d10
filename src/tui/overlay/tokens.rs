//! Tokens that are kept: each with its countdown, and how its refresh token stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::inspect::moment;
use crate::shell::{lineage_in_words, standing_in_words};
use crate::store::tokens::{Standing, TokenRow};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::{Doc, window_top};
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span::{bar, short};
use crate::tui::words::Words;

/// As wide as it is where there is room.
const WIDE: u16 = 100;

pub fn draw(app: &App, cursor: usize, now: Timestamp, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let title = format!("tokens that are kept: {}", app.tokens.len());
    let text_width = WIDE.min(body.width.saturating_sub(2)).saturating_sub(2);
    let Some(chosen) = app.tokens.get(cursor) else {
        let mut doc = Doc::new(look, text_width);
        doc.text(Tone::Dim, "none yet: those that flows get are kept here, sealed where the profile is a saved one");
        let inner = window(look, &title, (WIDE, height_of(&doc)), buffer, body, is_top);
        return text(&doc, buffer, inner);
    };
    let doc = details(app, chosen, text_width);
    let rows = u16::try_from(app.tokens.len()).unwrap_or(u16::MAX);
    let wish = rows.saturating_add(1).saturating_add(height_of(&doc));
    let inner = window(look, &title, (WIDE, wish), buffer, body, is_top);
    // the list keeps three rows where there is little room
    let least = 3.min(inner.height);
    let list = Rect { height: rows.min(inner.height.saturating_sub(height_of(&doc) + 1).max(least)), ..inner };
    let top = window_top(0, cursor, app.tokens.len(), usize::from(list.height));
    for (y, (i, row)) in (list.y..list.bottom()).zip(app.tokens.iter().enumerate().skip(top)) {
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

fn line(look: Look, row: &TokenRow, chosen: bool, width: usize, now: Timestamp) -> Words {
    let label = &row.label;
    let words = Words::new(look).put(Tone::Key, if chosen { ">" } else { " " }).gap(1);
    let name = format!("{} / {} {}", label.profile, label.environment, label.set);
    let words = words.cell(Tone::Plain, name, (width * 2 / 5).clamp(10, 40)).gap(1);
    access(words, row, width, now).gap(1).join(refresh(look, row))
}

fn access(words: Words, row: &TokenRow, width: usize, now: Timestamp) -> Words {
    let end = words.width() + if width >= 90 { 24 } else { 13 };
    let label = &row.label;
    let words = match label.ends.filter(|_| label.access) {
        Some(ends) if ends > now.seconds() => {
            let left = ends - now.seconds();
            let words = words.put(Tone::Good, format!("in {}", short(left)));
            match width {
                90.. => words.gap(1).dim(bar(left, ends - label.came, 10)),
                _ => words,
            }
        }
        Some(_) => words.put(Tone::Warn, "ended"),
        None if label.access => words.dim("no end said"),
        None => words.dim("no access"),
    };
    words.to(end)
}

fn refresh(look: Look, row: &TokenRow) -> Words {
    let words = Words::new(look);
    let Some(refresh) = &row.label.refresh else { return words.dim("no refresh token") };
    let words = match &refresh.standing {
        Standing::InForce => words.sign(Tone::Good, Sign::Ok).gap(1).plain("refresh token"),
        Standing::Sent { .. } if row.busy => words.sign(Tone::Busy, Sign::Busy).gap(1).plain("in flight"),
        Standing::Sent { .. } => words.sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, "in doubt"),
        Standing::Refused { .. } => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, "refused"),
    };
    match refresh.generation {
        0 => words,
        n => words.dim(format!(" (exchanged {n}×)").replace('×', if look.ascii { "x" } else { "×" })),
    }
}

fn details(app: &App, row: &TokenRow, width: u16) -> Doc<'static> {
    let look = app.look();
    let label = &row.label;
    let mut doc = Doc::new(look, width);
    let kept = if row.in_memory { "in memory: ends with the program" } else { "sealed on disk" };
    doc.push(Words::new(look).dim("kept      ").plain(format!("{kept}; came {}", moment(label.came))), 10, None);
    if let Some(scope) = &label.scope {
        doc.push(Words::new(look).dim("scope     ").plain(scope), 10, None);
    }
    if label.access {
        for (tone, text) in app.binding(&label.bound, label.token_type.as_deref()) {
            doc.push(Words::new(look).dim("bound to  ").put(tone, text), 10, None);
        }
    }
    if let Some(refresh) = &label.refresh {
        let tone = match &refresh.standing {
            Standing::InForce => Tone::Plain,
            Standing::Sent { .. } => Tone::Warn,
            Standing::Refused { .. } => Tone::Bad,
        };
        let text = standing_in_words(&refresh.standing, row.busy);
        doc.push(Words::new(look).dim("refresh   ").put(tone, text), 10, None);
        doc.push(Words::new(look).dim("lineage   ").plain(lineage_in_words(refresh)), 10, None);
    }
    doc
}
