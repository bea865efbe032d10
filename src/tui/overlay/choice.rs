//! A list of things that can be done, narrowed by typing: the help of a pane and the palette. Enter runs the chosen one.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::{window, window_area};
use crate::secret::Class;
use crate::shell::HistoryOrder;
use crate::text::width;
use crate::tui::app::{App, Exploration, KeyChoice};
use crate::tui::doc::window_top;
use crate::tui::filter;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::layout::inside;
use crate::tui::look::{Look, Tone};
use crate::tui::pane::inspector::Rules;
use crate::tui::widget::field::Field;
use crate::tui::words::Words;

/// What an entry does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    Act(Action),
    /// What the key of that action does in that pane.
    ActIn(PaneId, Action),
    /// The cursor goes to that environment of a bank, and to that flow of it.
    GoToBank {
        profile: String,
        environment: String,
        flow: Option<String>,
    },
    GoToStep(usize),
    /// The cursor goes to that key, by its reference.
    GoToKey(String),
    /// The list of tokens, with the cursor on that one.
    GoToToken(usize),
    /// What a check or an error means.
    Explain(String),
    Key(KeyChoice),
    Explore(Exploration),
    /// None: no rules.
    HoldTo(Option<Rules>),
    /// In that form.
    WriteRun(HistoryOrder),
}

impl Does {
    /// One of several for a question that was asked, not a command.
    pub const fn is_a_pick(&self) -> bool {
        matches!(self, Self::Key(_) | Self::Explore(_) | Self::HoldTo(_) | Self::WriteRun(_))
    }
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

impl Entry {
    /// One without a key of its own, that can be done.
    pub fn new(does: Does, id: impl Into<String>, words: impl Into<String>) -> Self {
        Self { does, keys: String::new(), id: id.into(), words: words.into(), reason: None }
    }
}

/// Columns beside keys and words.
const LEFT: usize = 3;
/// Rows for the chosen entry in full, with a blank one above.
const FULL: u16 = 4;

/// An entry as it is compared: in lower case, and how long ago it was used.
struct Ready {
    id: String,
    words: String,
    used: usize,
}

pub struct Choice {
    pub title: String,
    field: Field,
    pub pane: PaneId,
    /// Every command: made anew when what it offers changes.
    pub is_palette: bool,
    entries: Vec<Entry>,
    ready: Vec<Ready>,
    /// What answers to the typed text, the best first.
    shown: Vec<usize>,
    cursor: usize,
}

impl Choice {
    pub fn new(title: impl Into<String>, pane: PaneId, entries: Vec<Entry>) -> Self {
        let field = Field::new("", Class::Public);
        let (title, is_palette) = (title.into(), false);
        Self { title, field, pane, is_palette, entries: Vec::new(), ready: Vec::new(), shown: Vec::new(), cursor: 0 }
            .offering(entries, &[])
    }

    /// The same with these entries; of equals, those used last come first.
    #[must_use]
    pub fn offering(mut self, entries: Vec<Entry>, recent: &[String]) -> Self {
        let used = |id: &String| recent.iter().position(|r| r == id).unwrap_or(usize::MAX);
        self.ready = entries
            .iter()
            .map(|e| Ready { id: e.id.to_lowercase(), words: e.words.to_lowercase(), used: used(&e.id) })
            .collect();
        self.entries = entries;
        self.narrow();
        self
    }

    fn narrow(&mut self) {
        let mut typed = filter::Typed::new(self.field.text());
        let mut ranked: Vec<_> = (self.ready.iter().zip(&self.entries).enumerate())
            .filter_map(|(i, (r, e))| {
                let cannot = self.is_palette && e.reason.is_some();
                typed.rank(&r.id, &r.words, &e.keys).map(|rank| (rank, r.used, cannot, i))
            })
            .collect();
        // letters in order answer to nearly everything: they are for who mistyped
        if ranked.iter().any(|(rank, ..)| !rank.is_faint()) {
            ranked.retain(|(rank, ..)| !rank.is_faint());
        }
        ranked.sort_unstable();
        self.shown = ranked.into_iter().map(|(.., i)| i).collect();
        self.cursor = self.cursor.min(self.shown.len().saturating_sub(1));
    }

    pub fn chosen(&self) -> Option<&Entry> {
        self.shown.get(self.cursor).and_then(|i| self.entries.get(*i))
    }

    /// Whether that row has the cursor.
    pub const fn is_at(&self, row: usize) -> bool {
        self.cursor == row
    }

    pub fn go_by(&mut self, by: isize) {
        self.go_to(self.cursor.saturating_add_signed(by));
    }

    pub fn go_to(&mut self, row: usize) {
        self.cursor = row.min(self.shown.len().saturating_sub(1));
    }

    /// Whether the action is one of typing, and was done.
    pub fn edit(&mut self, action: Action) -> bool {
        let edited = self.field.edit(action);
        if edited {
            self.cursor = 0;
            self.narrow();
        }
        edited
    }

    pub fn insert(&mut self, text: &str) {
        self.field.insert(text);
        self.cursor = 0;
        self.narrow();
    }

    /// Where the list stands, below what is typed, and below the list the chosen entry in full where its row cuts it.
    fn places(&self, inner: Rect) -> (Rect, Rect) {
        let list = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
        let wide =
            |e: &Entry| LEFT + self.key_columns() + width(&e.words) + e.reason.as_ref().map_or(0, |r| width(r) + 11);
        let cut = self.chosen().is_some_and(|e| wide(e) > usize::from(inner.width));
        let below = if cut && list.height > 8 { FULL } else { 0 };
        let list = Rect { height: list.height - below, ..list };
        (list, Rect { y: list.bottom(), height: below, ..list })
    }

    /// Columns of the keys.
    fn key_columns(&self) -> usize {
        self.rows().map(|e| e.keys.len()).max().unwrap_or(0).clamp(4, 16)
    }

    /// The first row that shows in a list of that height.
    pub fn top(&self, height: usize) -> usize {
        window_top(0, self.cursor, self.shown.len(), height)
    }

    fn rows(&self) -> impl Iterator<Item = &Entry> {
        self.shown.iter().filter_map(|i| self.entries.get(*i))
    }
}

fn wish(choice: &Choice, body: Rect) -> (u16, u16) {
    let rows = u16::try_from(choice.entries.len()).unwrap_or(u16::MAX).saturating_add(2);
    (84, rows.min(body.height.saturating_sub(2)))
}

/// What an entry does, and why not.
fn said(look: Look, entry: &Entry) -> Words {
    let words = Words::new(look);
    match &entry.reason {
        Some(reason) if entry.does.is_a_pick() => words.dim(&entry.words).put(Tone::Warn, format!("  no: {reason}")),
        Some(reason) => words.dim(&entry.words).put(Tone::Warn, format!("  not now: {reason}")),
        None => words.plain(&entry.words),
    }
}

/// The row that stands there: its place among those that are shown.
pub fn row_at(choice: &Choice, body: Rect, at: Position) -> Option<usize> {
    let inner = inside(window_area(wish(choice, body), body));
    let list = choice.places(inner).0;
    let row = choice.top(usize::from(list.height)) + usize::from(at.y.saturating_sub(list.y));
    (list.contains(at) && row < choice.shown.len()).then_some(row)
}

pub fn draw(app: &App, choice: &Choice, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let inner = window(look, &choice.title, wish(choice, body), buffer, body, is_top);
    if inner.height < 2 {
        return;
    }
    let (text, cursor) = choice.field.show(look, usize::from(inner.width).saturating_sub(6));
    let empty = choice.field.is_empty();
    let words = Words::new(look).gap(1).put(Tone::Key, ">").gap(1).join(text);
    let words = if empty { words.gap(1).dim("type to find; Enter takes it") } else { words };
    buffer.set_line(inner.x, inner.y, &words.line(), inner.width);
    let x = inner.x + 3 + u16::try_from(cursor).unwrap_or(0);
    if x < inner.right() {
        buffer.set_style(Rect { x, y: inner.y, width: 1, height: 1 }, look.selected(true));
    }
    let (list, full) = choice.places(inner);
    let keys = choice.key_columns();
    let top = choice.top(usize::from(list.height));
    for (y, (i, entry)) in (list.y..list.bottom()).zip(choice.rows().enumerate().skip(top)) {
        let chosen = i == choice.cursor;
        let mark = if chosen { Words::new(look).put(Tone::Key, ">").gap(1) } else { Words::new(look).gap(2) };
        let words = mark.cell(Tone::Key, &entry.keys, keys).gap(1).join(said(look, entry));
        buffer.set_line(list.x, y, &words.line(), list.width);
        if chosen {
            buffer.set_style(Rect { y, height: 1, ..list }, look.selected(true));
        }
    }
    if let Some(entry) = choice.chosen().filter(|_| full.height > 1) {
        let columns = usize::from(full.width).saturating_sub(LEFT);
        let rows = said(look, entry).wrap(columns, 0);
        for (y, line) in (full.y + 1..full.bottom()).zip(rows) {
            buffer.set_line(full.x + 2, y, &line, full.width.saturating_sub(2));
        }
    }
    if choice.shown.is_empty() {
        buffer.set_line(list.x, list.y, &Words::new(look).gap(2).dim("nothing answers to that").line(), list.width);
    }
}
