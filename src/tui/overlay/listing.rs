//! Where one is in a list that lies over the panes, and the words that its rows have to hold.

use super::moved;
use crate::secret::Class;
use crate::text::clean;
use crate::tui::keymap::Action;
use crate::tui::widget::field::Field;

pub struct Listing {
    pub cursor: usize,
    pub words: Field,
    /// Letters go into the words.
    pub typing: bool,
}

/// What a key did to the list itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Another row, or the same.
    Moved,
    /// Other words: other rows, from the first one on.
    Sought,
    Closed,
}

impl Default for Listing {
    fn default() -> Self {
        Self { cursor: 0, words: Field::new("", Class::Public), typing: false }
    }
}

impl Listing {
    pub fn at(cursor: usize) -> Self {
        Self { cursor, ..Self::default() }
    }

    /// None: the key is for the chosen row.
    pub fn act(&mut self, action: Action, rows: usize) -> Option<Listed> {
        if self.typing && self.words.edit(action) {
            self.cursor = 0;
            return Some(Listed::Sought);
        }
        if let Some(at) = moved(action, self.cursor, rows.saturating_sub(1)) {
            self.cursor = at;
            return Some(Listed::Moved);
        }
        match action {
            Action::Submit if self.typing => self.typing = false,
            Action::Search => self.typing = true,
            Action::Close if self.typing || !self.words.is_empty() => {
                *self = Self::default();
                return Some(Listed::Sought);
            }
            Action::Close => return Some(Listed::Closed),
            _ => return None,
        }
        Some(Listed::Moved)
    }

    /// What was typed goes on.
    pub fn insert(&mut self, text: &str) {
        self.words.insert(text);
        self.cursor = 0;
    }

    /// `tokens that are kept / nord: 2`.
    pub fn title(&self, what: &str, rows: usize) -> String {
        let words = clean(self.words.text());
        match (self.typing, words.is_empty()) {
            (true, _) => format!("{what} / {words}_"),
            (false, true) => format!("{what}: {rows}"),
            (false, false) => format!("{what} / {words}: {rows}"),
        }
    }

    /// Said where no row is there: `none` where nothing is sought.
    pub fn nothing(&self, none: &'static str) -> &'static str {
        if self.words.is_empty() { none } else { "none in which all of these words stand" }
    }
}
