//! A person's own keys: `keys.toml`, in which an action's id has a list of chords. They stand in the place of the table's.

use std::ops::Range;

use toml::de::DeValue;

use super::{Action, Binding, Chord, Context, Keymap, TABLE};
use crate::config::{Complaint, Reading};
use crate::flow::template::nearest;

const EXAMPLES: &str = "as j, S, ^k, <f5>, <enter>, <pgdn>, <a-x>";
/// Where letters are typed: there a letter cannot be a key.
const TYPED: [Context; 5] = [Context::Typing, Context::Line, Context::Choice, Context::Form, Context::Prompt];
/// What a terminal sends under another name.
const SAME: &[(char, &str)] =
    &[('i', "<tab>"), ('m', "<enter>"), ('j', "<enter>"), ('[', "<esc>"), ('h', "<backspace>")];

impl Keymap {
    /// The table with a person's own keys. `name` is the file's, for complaints.
    pub fn read(name: &str, text: &str) -> (Self, Vec<Complaint>) {
        let mut reading = Reading::new(name, text);
        let mut out = Self::default();
        let mut own: Vec<Option<Range<usize>>> = vec![None; TABLE.len()];
        for (key, value) in reading.table().unwrap_or_default() {
            let id = key.get_ref().as_ref();
            let Some(at) = TABLE.iter().position(|b| b.id == id) else {
                let near = nearest(id, TABLE.iter().map(|b| b.id));
                let hint = near.map_or_else(
                    || "countersign keymap lists the actions".to_owned(),
                    |n| format!("did you mean {n}? countersign keymap lists them"),
                );
                reading.unknown(&key.span(), id, hint);
                continue;
            };
            let DeValue::Array(items) = value.get_ref() else {
                let hint = format!("{id} = [\"j\", \"<down>\"]");
                reading.complain(Some(&value.span()), format!("the keys of `{id}` are a list of texts"), hint);
                continue;
            };
            let mut chords = Vec::new();
            for item in items {
                match chord(&TABLE[at], item.get_ref().as_str().unwrap_or_default()) {
                    Ok(chord) => chords.push(chord),
                    Err((what, hint)) => reading.complain(Some(&item.span()), format!("`{id}`: {what}"), hint),
                }
            }
            if chords.is_empty() && !items.is_empty() {
                continue; // nothing of it could be taken: the table's keys stay
            }
            if chords.is_empty() && TABLE[at].action == Action::Interrupt {
                reading.complain(Some(&value.span()), "without `interrupt` nobody gets out", "give it a key");
                continue;
            }
            out.chords[at] = chords;
            own[at] = Some(key.span());
        }
        out.settle_clashes(&own, &mut reading);
        (out.indexed(), reading.complaints)
    }

    /// A key that two actions want in one place goes to the person's own, and of two own ones to the first in the table.
    fn settle_clashes(&mut self, own: &[Option<Range<usize>>], reading: &mut Reading<'_>) {
        for winner in 0..TABLE.len() {
            for loser in 0..TABLE.len() {
                let loses = own[winner].is_some() && (own[loser].is_none() || loser > winner);
                if winner == loser || !loses || !meet(&TABLE[winner], &TABLE[loser]) {
                    continue;
                }
                let shared: Vec<Chord> =
                    self.chords[loser].iter().filter(|c| self.chords[winner].contains(c)).copied().collect();
                self.chords[loser].retain(|c| !shared.contains(c));
                for chord in shared {
                    let (to, from) = (TABLE[winner].id, TABLE[loser].id);
                    let what = format!("{chord} is `{to}` now, and `{from}` no more");
                    let hint = match self.chords[loser].first() {
                        Some(other) => format!("`{from}` still has {other}"),
                        None => format!("give `{from}` another key, or find it with : (palette)"),
                    };
                    let at = own[loser].as_ref().or(own[winner].as_ref());
                    reading.complain(at, what, hint);
                }
            }
        }
    }
}

/// Whether both hold in one place and mean different things.
fn meet(a: &Binding, b: &Binding) -> bool {
    a.action != b.action && Context::ALL.iter().any(|c| a.holds_in(*c) && b.holds_in(*c))
}

/// The chord, or what is wrong with it and what to write.
fn chord(binding: &Binding, text: &str) -> Result<Chord, (String, String)> {
    let shown = crate::text::shorten(&crate::text::clean(text), 24).into_owned();
    let chord = Chord::parse(text).ok_or_else(|| (format!("“{shown}” is no key"), EXAMPLES.to_owned()))?;
    if let Some((_, same)) = chord.control().and_then(|c| SAME.iter().find(|(letter, _)| *letter == c)) {
        return Err((format!("a terminal sends {chord} as {same}"), format!("write {same}, or take another key")));
    }
    if chord.typed().is_some() && binding.contexts.iter().any(|c| TYPED.contains(c)) {
        let why = format!("{chord} is typed there, so it cannot be a key");
        return Err((why, "a key with Control, or a named one".to_owned()));
    }
    Ok(chord)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Keymap, Vec<String>) {
        let (keymap, complaints) = Keymap::read("keys.toml", text);
        (keymap, complaints.into_iter().map(|c| format!("{} ({})", c.text, c.hint)).collect())
    }

    fn at(keymap: &Keymap, context: Context, chord: &str) -> Option<Action> {
        keymap.action(context, Chord::parse(chord).unwrap())
    }

    #[test]
    fn own_keys_stand_in_the_place_of_the_tables() {
        let (keymap, complaints) = read("zoom = [\"z\", \"<f5>\"]\nmessages = []\n");
        assert!(complaints.is_empty(), "{complaints:?}");
        assert_eq!(at(&keymap, Context::Flow, "z"), Some(Action::Zoom));
        assert_eq!(at(&keymap, Context::Keys, "<f5>"), Some(Action::Zoom));
        assert_eq!(at(&keymap, Context::Flow, "Z"), None);
        assert_eq!(at(&keymap, Context::Flow, "M"), None);
        let zoom = TABLE.iter().find(|b| b.id == "zoom").unwrap();
        assert_eq!(keymap.keys(zoom), "z F5");
        assert_eq!(keymap.short(Action::Zoom).as_deref(), Some("z"));
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_line() {
        let (keymap, complaints) =
            read("zom = [\"z\"]\n\nzoom = \"z\"\nundo = [\"^i\", \"zz\"]\nchoice-run = [\"x\"]\n");
        let parts = [
            ":1: `zom` is not known and was left out (did you mean zoom?",
            ":3: the keys of `zoom` are a list",
            ":4: `undo`: a terminal sends ^i as <tab>",
            ":4: `undo`: “zz” is no key",
            ":5: `choice-run`: x is typed there",
        ];
        assert_eq!(complaints.len(), parts.len(), "{complaints:?}");
        for part in parts {
            assert!(complaints.iter().any(|c| c.contains(part)), "{part}: {complaints:?}");
        }
        assert_eq!(at(&keymap, Context::Flow, "Z"), Some(Action::Zoom));
        assert_eq!(at(&keymap, Context::Keys, "u"), Some(Action::Undo), "nothing of its line could be taken");
        assert!(read("zoom = = 1").1[0].contains("no TOML"));
        assert!(read("interrupt = []").1[0].contains("nobody gets out"));
    }

    #[test]
    fn a_clash_is_told_and_the_person_s_own_key_wins() {
        let (keymap, complaints) = read("zoom = [\"y\"]\n");
        assert_eq!(at(&keymap, Context::Flow, "y"), Some(Action::Zoom));
        assert!(
            complaints.len() == 1 && complaints[0].contains(":1: y is `zoom` now, and `copy` no more"),
            "{complaints:?}"
        );
        // where `copy` has another, that is said
        let (_, complaints) = read("zoom = [\"j\"]\n");
        assert!(complaints.iter().any(|c| c.contains("`down` still has Down")), "{complaints:?}");
        // two of the person's own: the first of the table keeps it
        let (keymap, complaints) = read("zoom = [\"z\"]\nretry = [\"z\"]\n");
        assert_eq!(at(&keymap, Context::Flow, "z"), Some(Action::Retry));
        assert!(
            complaints.len() == 1 && complaints[0].contains(":1: z is `retry` now, and `zoom` no more"),
            "{complaints:?}"
        );
    }
}
