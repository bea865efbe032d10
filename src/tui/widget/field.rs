//! A field in which a text is typed or pasted. A secret one shows only how much was typed.

use unicode_segmentation::UnicodeSegmentation;
use zeroize::Zeroizing;

use crate::secret::{Class, Secret};
use crate::text::{clean, width};
use crate::tui::keymap::Action;
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

/// Longer texts belong into a file.
const MAX_BYTES: usize = 1024 * 1024;

#[derive(Clone, Debug, Default)]
pub struct Field {
    text: Zeroizing<String>,
    /// In bytes, always between two characters.
    cursor: usize,
    class: Class,
}

impl Field {
    pub fn new(text: &str, class: Class) -> Self {
        // room for a long secret: growing would leave copies behind
        let room = if class == Class::Secret { 4096 } else { text.len() };
        let mut own = Zeroizing::new(String::with_capacity(room.max(text.len())));
        own.push_str(text);
        Self { text: own, cursor: text.len(), class }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn secret(&self) -> Secret {
        Secret::new(self.text.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() <= MAX_BYTES {
            self.text.insert_str(self.cursor, text);
            self.cursor += text.len();
        }
    }

    /// Whether the action is one of typing, and was done.
    pub fn edit(&mut self, action: Action) -> bool {
        match action {
            Action::TypeLeft => self.cursor = self.before(self.cursor),
            Action::TypeRight => self.cursor = self.after(self.cursor),
            Action::TypeStart => self.cursor = 0,
            Action::TypeEnd => self.cursor = self.text.len(),
            Action::TypeBack => self.cut(self.before(self.cursor), self.cursor),
            Action::TypeDelete => self.cut(self.cursor, self.after(self.cursor)),
            Action::TypeKillWord => self.cut(self.word_before(), self.cursor),
            Action::TypeKillLine => self.cut(0, self.cursor),
            Action::TypeKillRest => self.cut(self.cursor, self.text.len()),
            _ => return false,
        }
        true
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
    }

    fn before(&self, at: usize) -> usize {
        self.text[..at].grapheme_indices(true).next_back().map_or(0, |(i, _)| i)
    }

    fn after(&self, at: usize) -> usize {
        self.text[at..].graphemes(true).next().map_or(at, |g| at + g.len())
    }

    fn word_before(&self) -> usize {
        let head = self.text[..self.cursor].trim_end();
        head.rfind(char::is_whitespace).map_or(0, |i| i + head[i..].chars().next().map_or(1, char::len_utf8))
    }

    /// The text as it shows in that many columns, and the column of the cursor: the end of a long one stays in view.
    pub fn show(&self, look: Look, columns: usize) -> (Words, usize) {
        if self.class == Class::Secret {
            let n = self.text.chars().count();
            let stars = "*".repeat(n.min(columns.saturating_sub(14).max(1)));
            let words = Words::new(look).put(Tone::Secret, &stars);
            let cursor = words.width();
            return (if n > 0 { words.dim(format!("  {n} chars")) } else { words }, cursor.min(columns));
        }
        let head = clean(&self.text[..self.cursor]);
        let tail = clean(&self.text[self.cursor..]);
        let mut start = 0;
        let mut shown = width(&head);
        for (i, g) in head.grapheme_indices(true) {
            if shown < columns.max(1) {
                break;
            }
            shown -= width(g);
            start = i + g.len();
        }
        let text = format!("{}{tail}", &head[start..]);
        (Words::new(look).plain(text), shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(actions: &[Action]) -> (String, usize) {
        let mut field = Field::new("scope=a bé", Class::Public);
        for action in actions {
            assert!(field.edit(*action));
        }
        (field.text().to_owned(), field.cursor)
    }

    #[test]
    fn keys_of_the_line_editor_work() {
        assert_eq!(edited(&[Action::TypeBack]), ("scope=a b".into(), 9));
        assert_eq!(edited(&[Action::TypeKillWord]), ("scope=a ".into(), 8));
        assert_eq!(edited(&[Action::TypeStart, Action::TypeDelete]), ("cope=a bé".into(), 0));
        assert_eq!(edited(&[Action::TypeLeft, Action::TypeKillRest]), ("scope=a b".into(), 9));
        assert_eq!(edited(&[Action::TypeKillLine, Action::TypeBack, Action::TypeLeft]), (String::new(), 0));
    }

    #[test]
    fn a_secret_shows_only_its_length() {
        let (words, _) = Field::new("hunter2", Class::Secret).show(Look::default(), 40);
        assert_eq!(words.line().to_string(), "*******  7 chars");
    }

    #[test]
    fn the_cursor_stays_in_view() {
        let (words, cursor) = Field::new("abcdefghij", Class::Public).show(Look::default(), 4);
        assert_eq!((words.line().to_string().as_str(), cursor), ("hij", 3));
    }
}
