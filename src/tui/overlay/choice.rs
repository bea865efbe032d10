//! A list of things that can be done, narrowed by typing: the help of a pane and the palette. Enter runs the chosen one.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::secret::Class;
use crate::tui::app::{App, KeyChoice};
use crate::tui::doc::window_top;
use crate::tui::filter;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::look::Tone;
use crate::tui::pane::{inspector::Rules, profiles};
use crate::tui::widget::field::Field;
use crate::tui::words::Words;

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    Act(Action),
    Start(profiles::Choice),
    GoToStep(usize),
    Key(KeyChoice),
    /// None: no rules.
    HoldTo(Option<Rules>),
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub does: Does,
    /// Its keys, for reading.
    pub keys: String,
    /// A stable word that finds it.
    pub id: String,
    pub words: String,
    /// Why it cannot be done now.
    pub reason: Option<String>,
}

pub struct Choice {
    pub title: String,
    pub field: Field,
    pub pane: PaneId,
    entries: Vec<Entry>,
    pub cursor: usize,
}

impl Choice {
    pub fn new(title: impl Into<String>, pane: PaneId, entries: Vec<Entry>) -> Self {
        Self { title: title.into(), field: Field::new("", Class::Public), pane, entries, cursor: 0 }
    }

    /// What answers to the typed text, the best first.
    pub fn shown(&self) -> Vec<&Entry> {
        let typed = self.field.text();
        let mut ranked: Vec<(usize, &Entry)> = self
            .entries
            .iter()
            .filter_map(|e| filter::rank(typed, &e.id, &format!("{} {}", e.keys, e.words)).map(|r| (r, e)))
            .collect();
        ranked.sort_by_key(|(rank, _)| *rank);
        ranked.into_iter().map(|(_, e)| e).collect()
    }

    pub fn chosen(&self) -> Option<&Entry> {
        self.shown().get(self.cursor).copied()
    }

    pub fn go_by(&mut self, by: isize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(self.shown().len().saturating_sub(1));
    }
}

pub fn draw(app: &App, choice: &Choice, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let shown = choice.shown();
    let rows =
        u16::try_from(choice.entries.len()).unwrap_or(u16::MAX).saturating_add(2).min(body.height.saturating_sub(2));
    let inner = window(look, &choice.title, (84, rows), buffer, body, is_top);
    if inner.height < 2 {
        return;
    }
    let width = usize::from(inner.width);
    let (text, cursor) = choice.field.show(look, width.saturating_sub(6));
    let empty = choice.field.is_empty();
    let words = Words::new(look).gap(1).put(Tone::Key, ">").gap(1).join(text);
    let words = if empty { words.gap(1).dim("type to find; Enter takes it") } else { words };
    buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
    let x = inner.x + 3 + u16::try_from(cursor).unwrap_or(0);
    if x < inner.right() {
        buffer.set_style(Rect { x, y: inner.y, width: 1, height: 1 }, look.selected(true));
    }
    let list = Rect { y: inner.y + 1, height: inner.height - 1, ..inner };
    let keys = shown.iter().map(|e| e.keys.len()).max().unwrap_or(0).clamp(4, 16);
    let top = window_top(0, choice.cursor, shown.len(), usize::from(list.height));
    for (y, (i, entry)) in (list.y..list.bottom()).zip(shown.iter().enumerate().skip(top)) {
        let chosen = i == choice.cursor;
        let mark = if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
        let words = mark.cell(Tone::Key, &entry.keys, keys).gap(1);
        let words = match &entry.reason {
            Some(reason) if matches!(entry.does, Does::Key(_)) => {
                words.dim(&entry.words).put(Tone::Warn, format!("  no: {reason}"))
            }
            Some(reason) => words.dim(&entry.words).put(Tone::Warn, format!("  not now: {reason}")),
            None => words.plain(&entry.words),
        };
        buffer.set_line(list.x, y, &words.line(), list.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(true));
        }
    }
    if shown.is_empty() {
        buffer.set_line(list.x, list.y, &Words::new(look).gap(2).dim("nothing answers to that").line(), list.width);
    }
}
