//! What a field of a form takes: a text, one of several, or several of them.

use super::field::Field;
use crate::flow::view::AskField;
use crate::secret::Secret;
use crate::tui::keymap::Action;
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

#[derive(Clone, Debug)]
pub enum Entry {
    Text(Field),
    /// One of the options; where it may be left out, the first is empty.
    One {
        options: Vec<String>,
        at: usize,
    },
    /// Any of the options, by a mark each.
    Many {
        options: Vec<(String, bool)>,
        at: usize,
    },
}

impl Entry {
    pub fn of(ask: &AskField) -> Self {
        let given = ask.default.as_deref().unwrap_or_default();
        let several = serde_json::from_str::<Vec<String>>(given).ok().filter(|_| ask.many);
        if ask.options.is_empty() {
            let text = several.map_or_else(|| given.to_owned(), |all| all.join(" "));
            return Self::Text(Field::new(&text, ask.class));
        }
        if ask.many {
            let chosen = several.unwrap_or_default();
            let more = chosen.iter().filter(|c| !ask.options.contains(c));
            let all = ask.options.iter().chain(more);
            return Self::Many { options: all.map(|o| (o.clone(), chosen.contains(o))).collect(), at: 0 };
        }
        let known = given.is_empty() || ask.options.iter().any(|o| o == given);
        let more = [given.to_owned()].into_iter().filter(|_| !known);
        let none = [String::new()].into_iter().filter(|_| ask.optional);
        let options: Vec<String> = none.chain(ask.options.iter().cloned()).chain(more).collect();
        let at = options.iter().position(|o| o == given).unwrap_or(0);
        Self::One { options, at }
    }

    /// What was entered; several are a JSON array.
    pub fn secret(&self) -> Secret {
        match self {
            Self::Text(field) => field.secret(),
            Self::One { options, at } => Secret::new(options.get(*at).cloned().unwrap_or_default()),
            Self::Many { options, .. } => {
                let chosen: Vec<&String> = options.iter().filter(|(_, on)| *on).map(|(o, _)| o).collect();
                Secret::new(serde_json::json!(chosen).to_string())
            }
        }
    }

    /// Whether the action is one of typing or choosing, and was done.
    pub fn edit(&mut self, action: Action) -> bool {
        let (n, at) = match self {
            Self::Text(field) => return field.edit(action),
            Self::One { options, at } => (options.len(), at),
            Self::Many { options, at } => (options.len(), at),
        };
        match action {
            Action::TypeLeft => *at = (*at + n - 1) % n.max(1),
            Action::TypeRight => *at = (*at + 1) % n.max(1),
            Action::TypeStart => *at = 0,
            Action::TypeEnd => *at = n.saturating_sub(1),
            _ => return false,
        }
        true
    }

    /// A text that is typed or pasted. A blank chooses, a letter goes to the next option that begins with it.
    pub fn insert(&mut self, text: &str) {
        match self {
            Self::Text(field) => field.insert(text),
            Self::One { options, at } if text == " " => *at = (*at + 1) % options.len().max(1),
            Self::Many { options, at } if text == " " => {
                if let Some((_, on)) = options.get_mut(*at) {
                    *on = !*on;
                }
            }
            Self::One { options, at } => {
                let names: Vec<&str> = options.iter().map(String::as_str).collect();
                *at = next_with(&names, *at, text);
            }
            Self::Many { options, at } => {
                let names: Vec<&str> = options.iter().map(|(o, _)| o.as_str()).collect();
                *at = next_with(&names, *at, text);
            }
        }
    }

    /// The rows of it; the one of the cursor, and its column there. `offered`: what the other side has.
    pub fn show(&self, look: Look, columns: usize, here: bool, offered: &[String]) -> (Vec<Words>, usize, usize) {
        let mark = |words: Words, option: &str| match offered.iter().any(|o| o == option) || option.is_empty() {
            true => words,
            false => words.gap(1).put(Tone::Warn, "not offered"),
        };
        match self {
            Self::Text(field) => {
                let (words, cursor) = field.show(look, columns);
                (vec![words], 0, cursor)
            }
            Self::One { options, at } => {
                let option = options.get(*at).map_or("", String::as_str);
                let shown = if option.is_empty() { "(left out)" } else { option };
                let words = mark(Words::new(look).plain("< ").strong(shown).plain(" >"), option);
                let words = words.dim(format!("  {} of {}", at + 1, options.len()));
                (vec![if here { words.dim("  Space: the next") } else { words }], 0, 0)
            }
            Self::Many { options, at } if here => {
                let row = |(option, on): &(String, bool)| {
                    mark(Words::new(look).plain(if *on { "[x] " } else { "[ ] " }).plain(option), option)
                };
                let mut rows: Vec<Words> = options.iter().map(row).collect();
                rows.push(Words::new(look).dim(if look.ascii {
                    "Space marks, < > move"
                } else {
                    "Space marks, ← → move"
                }));
                (rows, *at, 1)
            }
            Self::Many { options, .. } => {
                let chosen: Vec<&str> = options.iter().filter(|(_, on)| *on).map(|(o, _)| o.as_str()).collect();
                let words = Words::new(look);
                let words = if chosen.is_empty() { words.dim("none") } else { words.plain(chosen.join(", ")) };
                (vec![words.dim(format!("  {} of {}", chosen.len(), options.len()))], 0, 0)
            }
        }
    }
}

fn next_with(options: &[&str], at: usize, text: &str) -> usize {
    let n = options.len();
    let near = (1..=n).map(|by| (at + by) % n.max(1)).find(|i| options[*i].starts_with(text));
    near.unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(many: bool, default: &str) -> Entry {
        Entry::of(&AskField {
            default: Some(default.into()),
            options: vec!["a".into(), "b".into()],
            many,
            ..AskField::public("x", "x", "")
        })
    }

    #[test]
    fn one_is_chosen_by_arrows_blanks_and_letters() {
        let mut one = entry(false, "b");
        assert_eq!(one.secret().expose(), "b");
        assert!(one.edit(Action::TypeRight));
        assert_eq!(one.secret().expose(), "a");
        one.insert("b");
        assert_eq!(one.secret().expose(), "b");
        one.insert(" ");
        assert_eq!(one.secret().expose(), "a");
    }

    #[test]
    fn several_are_marked_and_what_is_not_offered_says_so() {
        let mut many = entry(true, r#"["b","c"]"#);
        many.insert(" ");
        assert_eq!(many.secret().expose(), r#"["a","b","c"]"#);
        many.edit(Action::TypeEnd);
        many.insert(" ");
        assert_eq!(many.secret().expose(), r#"["a","b"]"#);
        let (rows, at, _) = many.show(Look::default(), 40, true, &["a".into(), "b".into()]);
        let texts: Vec<String> = rows.into_iter().map(|w| w.line().to_string()).collect();
        assert_eq!(
            (texts, at),
            (vec!["[x] a".to_owned(), "[x] b".into(), "[ ] c not offered".into(), "Space marks, ← → move".into()], 2)
        );
    }

    #[test]
    fn a_value_that_is_not_offered_stays_until_another_is_chosen() {
        let mut one = entry(false, "z");
        assert_eq!(one.secret().expose(), "z");
        one.edit(Action::TypeRight);
        assert_eq!(one.secret().expose(), "a");
    }
}
