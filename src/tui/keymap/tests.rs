use std::collections::{HashMap, HashSet};

use super::*;

fn chords(binding: &Binding) -> Vec<Chord> {
    binding
        .chords
        .iter()
        .map(|c| Chord::parse(c).unwrap_or_else(|| panic!("{c:?} of {} is no key", binding.id)))
        .collect()
}

#[test]
fn no_key_has_two_meanings_in_one_context() {
    for context in Context::ALL {
        let mut taken: HashMap<Chord, &str> = HashMap::new();
        for binding in bindings(context) {
            for chord in chords(binding) {
                if let Some(other) = taken.insert(chord, binding.id) {
                    // A text field's own key may go over one of the field's surroundings, never over another's.
                    panic!("{chord} in {context:?}: {other} and {}", binding.id);
                }
            }
        }
    }
}

#[test]
fn a_letter_means_the_same_in_every_pane() {
    let panes = [Context::Profiles, Context::Keys, Context::Flow, Context::Step, Context::Inspector];
    let mut meaning: HashMap<Chord, Action> = HashMap::new();
    for pane in panes {
        for binding in bindings(pane) {
            for chord in chords(binding) {
                let before = meaning.insert(chord, binding.action);
                assert!(before.is_none_or(|b| b == binding.action), "{chord} means two things");
            }
        }
    }
}

#[test]
fn letters_that_are_promised_to_later_commands_are_free() {
    // ui.md §5: jump; QR code and open in the list panes.
    for pane in [Context::Profiles, Context::Keys, Context::Flow, Context::Step, Context::Inspector] {
        assert_eq!(Keymap::default().action(pane, Chord::parse("f").unwrap()), None, "{pane:?}");
    }
    for letter in ["Q", "o"] {
        let chord = Chord::parse(letter).unwrap();
        assert_eq!(Keymap::default().action(Context::Keys, chord), None, "{letter}");
    }
}

#[test]
fn arrows_and_vim_keys_both_move() {
    let keymap = Keymap::default();
    for pane in [Context::Profiles, Context::Keys, Context::Flow, Context::Step, Context::Inspector] {
        for (vim, arrow) in
            [("j", "<down>"), ("k", "<up>"), ("h", "<left>"), ("l", "<right>"), ("g", "<home>"), ("G", "<end>")]
        {
            let find = |c: &str| keymap.action(pane, Chord::parse(c).unwrap());
            assert!(find(vim).is_some() && find(vim) == find(arrow), "{vim} and {arrow} in {pane:?}");
        }
    }
}

#[test]
fn nothing_is_only_on_a_chord_that_a_terminal_may_not_send() {
    // Taken by tmux, zellij, screen or the line editor.
    const TAKEN: &[char] = &['b', 'g', 'h', 'n', 'o', 'p', 'q', 's', 't'];
    for binding in TABLE.iter().filter(|b| !b.chords.is_empty()) {
        let safe = chords(binding)
            .iter()
            .any(|c| !c.needs_alt() && !c.is_function_key() && c.control().is_none_or(|l| !TAKEN.contains(&l)));
        assert!(safe, "{} has no safe key", binding.id);
    }
}

#[test]
fn ids_are_words_and_unique() {
    let mut seen = HashSet::new();
    for binding in TABLE {
        assert!(seen.insert(binding.id), "{} twice", binding.id);
        assert!(binding.id.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", binding.id);
        assert!(!binding.words.is_empty() && !binding.contexts.is_empty());
    }
}

#[test]
fn typing_swallows_letters() {
    let keymap = Keymap::default();
    for context in [Context::Line, Context::Choice, Context::Form, Context::Prompt] {
        for letter in ('a'..='z').chain('A'..='Z').chain("?/:![]12".chars()) {
            let chord = Chord::parse(&letter.to_string()).unwrap();
            assert_eq!(keymap.action(context, chord), None, "{letter} in {context:?}");
        }
    }
}

#[test]
fn help_is_there_in_every_pane() {
    for pane in PaneId::ALL {
        assert_eq!(Keymap::default().action(pane.into(), Chord::parse("?").unwrap()), Some(Action::Help));
    }
}
