//! Pane 2: the keys of every store, as each answers, and what is known of the chosen one. Only public halves come here.

pub mod card;
mod draw;

pub use card::suit_sign;
pub use draw::{below, card_width, draw, filter_rows, places_for, row_at};

use crate::shell::{KeyRow, RowState, Seat, StoreFacts, StoreRows};
use crate::time::Timestamp;
use crate::tui::filter;
use crate::tui::message::Number;
use crate::tui::overlay::Form;

/// One store, and what it answered so far.
#[derive(Debug)]
pub struct Store {
    pub facts: StoreFacts,
    /// What it answered last; until it has, one row says that it is asked.
    rows: Vec<KeyRow>,
    /// Keys can be put there.
    answered: bool,
}

/// Something that is being done with a key.
pub struct Work {
    pub number: Number,
    /// In words: `making signing in vault`.
    pub what: String,
    pub since: Timestamp,
    /// What the store says meanwhile.
    pub heard: Option<String>,
    /// The role that is to have the key that comes of it.
    pub then: Option<Seat>,
    /// What was typed, to be corrected where it fails.
    pub form: Option<Form>,
}

/// What can be taken back.
#[derive(Clone, Debug, PartialEq)]
pub enum Undo {
    Deletion { uri: String },
    Binding { seat: Seat, before: Option<String> },
}

/// A row, whatever its position.
type Place = (String, String);

#[derive(Default)]
pub struct KeysPane {
    stores: Vec<Store>,
    pub loaded: bool,
    pub filter: String,
    /// The row that a person went to stays under the cursor when others come and go. None: nobody has moved yet.
    at: Option<Place>,
    /// The row whose details are in view.
    shown: Option<Place>,
    /// A key that was made just now: the cursor goes to it when it is listed.
    expected: Option<String>,
    /// Position among those that pass the filter.
    pub cursor: usize,
    pub top: usize,
    /// First row of the details that is in view.
    pub details: usize,
    pub work: Option<Work>,
    pub undo: Vec<Undo>,
    /// A store was opened so that this role may choose from it, when it has answered.
    pub then_choose: Option<(String, Seat)>,
}

fn place(row: &KeyRow) -> Place {
    (row.store.clone(), row.uri.clone())
}

impl KeysPane {
    /// These stores are asked now; what they answered before stays until they answer again.
    pub fn ask(&mut self, stores: Vec<StoreFacts>) {
        self.loaded = true;
        let mut before = std::mem::take(&mut self.stores);
        for facts in stores {
            let kept = before.iter().position(|s| s.facts.scheme == facts.scheme).map(|i| before.swap_remove(i));
            let new = || Store { facts, rows: vec![KeyRow::asking(facts.scheme)], answered: false };
            self.stores.push(kept.map_or_else(new, |s| Store { facts, ..s }));
        }
    }

    pub fn set(&mut self, answer: StoreRows) {
        if let Some(store) = self.stores.iter_mut().find(|s| s.facts.scheme == answer.scheme) {
            (store.rows, store.answered) = (answer.rows, answer.answered);
        }
    }

    /// A key that was made just now, until its store is listed again.
    pub fn put(&mut self, row: KeyRow) {
        if let Some(store) = self.stores.iter_mut().find(|s| s.facts.scheme == row.store) {
            store.rows.retain(|r| r.uri != row.uri && !r.is_store());
            store.rows.push(row);
        }
    }

    /// Every row: keys first, then the stores that do not answer.
    pub fn all(&self) -> impl Iterator<Item = &KeyRow> {
        let dead = |r: &&KeyRow| r.is_store() && r.state == RowState::Trouble;
        let rows = || self.stores.iter().flat_map(|s| &s.rows);
        rows().filter(move |r| !dead(r)).chain(rows().filter(dead))
    }

    pub fn rows(&self) -> Vec<&KeyRow> {
        let text = |k: &KeyRow| format!("{} {} {} {} {}", k.label, k.uri, k.kind, k.alg, k.used_by.join(" "));
        self.all().filter(|k| self.filter.is_empty() || filter::keeps(&self.filter, &text(k))).collect()
    }

    pub fn selected(&self) -> Option<&KeyRow> {
        self.rows().get(self.cursor).copied()
    }

    /// What the store of the chosen row can do.
    pub fn store_here(&self) -> Option<StoreFacts> {
        let store = &self.selected()?.store;
        self.stores.iter().map(|s| s.facts).find(|f| f.scheme == store)
    }

    pub fn stores(&self) -> impl Iterator<Item = (StoreFacts, bool)> {
        self.stores.iter().map(|s| (s.facts, s.answered))
    }

    /// Stores that can make a key now, the one to be proposed first: the operating system's keyring, then the vault.
    pub fn makers(&self) -> Vec<&'static str> {
        let rank = |scheme: &str| match scheme {
            "keyring" => 0,
            "vault" => 1,
            "memory" => 9,
            _ => 5,
        };
        let mut able: Vec<_> =
            self.stores().filter(|(f, answered)| f.generates && *answered).map(|(f, _)| f.scheme).collect();
        able.sort_by_key(|scheme| rank(scheme));
        able
    }

    pub fn go_by(&mut self, by: isize) {
        let last = self.rows().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
        self.at = self.selected().map(place);
        self.expected = None;
        self.details = 0;
    }

    /// The cursor goes to that key as soon as it is listed.
    pub fn expect(&mut self, uri: &str) {
        self.expected = Some(uri.to_owned());
    }

    pub fn settle(&mut self) {
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        let found = |p: &dyn Fn(&KeyRow) -> bool| rows.iter().position(|r| p(r));
        let expected = self.expected.as_ref().and_then(|uri| found(&|r| r.uri == *uri));
        let same = self.at.as_ref().and_then(|at| found(&|r| place(r) == *at));
        let cursor = expected.or(same).unwrap_or(self.cursor).min(last);
        let shown = rows.get(cursor).map(|r| place(r));
        if expected.is_some() {
            (self.expected, self.at) = (None, shown.clone());
        }
        if shown != self.shown {
            self.details = 0;
        }
        (self.cursor, self.shown) = (cursor, shown);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(scheme: &'static str) -> StoreFacts {
        StoreFacts { scheme, generates: true, imports: true, deletes: true, has_bin: true, unlocks: true }
    }

    fn answer(scheme: &'static str, names: &[&str]) -> StoreRows {
        let row = |name: &&str| KeyRow {
            uri: format!("{scheme}:{name}"),
            label: (*name).to_owned(),
            store: scheme.to_owned(),
            ..KeyRow::default()
        };
        StoreRows { scheme, rows: names.iter().map(row).collect(), answered: true }
    }

    fn labels(pane: &KeysPane) -> Vec<&str> {
        pane.rows().iter().map(|r| r.label.as_str()).collect()
    }

    #[test]
    fn stores_fill_in_as_they_answer_and_the_cursor_stays_on_its_key() {
        let mut pane = KeysPane::default();
        pane.ask(vec![facts("keyring"), facts("vault")]);
        pane.settle();
        assert_eq!(labels(&pane), ["keyring", "vault"]);
        assert!(pane.rows().iter().all(|r| r.state == RowState::Asking));
        pane.set(answer("keyring", &["x"]));
        pane.settle();
        assert_eq!(pane.cursor, 0, "nobody has moved: the first row it is");
        pane.ask(vec![facts("vault")]);
        pane.ask(vec![facts("keyring"), facts("vault")]);
        pane.set(answer("vault", &["b"]));
        pane.go_by(1);
        pane.settle();
        assert_eq!(pane.selected().map(|r| r.label.as_str()), Some("b"));
        pane.set(answer("keyring", &["x", "y", "z"]));
        pane.settle();
        assert_eq!(pane.selected().map(|r| r.label.as_str()), Some("b"));
        // asked again, nothing moves until there is another answer
        pane.ask(vec![facts("keyring"), facts("vault")]);
        pane.settle();
        assert_eq!(labels(&pane), ["x", "y", "z", "b"]);
        pane.expect("vault:a");
        pane.set(answer("vault", &["a", "b"]));
        pane.settle();
        assert_eq!(pane.selected().map(|r| r.label.as_str()), Some("a"));
    }

    #[test]
    fn the_keyring_is_proposed_where_it_answers_and_memory_last() {
        let mut pane = KeysPane::default();
        pane.ask(vec![facts("keyring"), facts("memory"), facts("vault")]);
        assert!(pane.makers().is_empty());
        pane.set(answer("memory", &[]));
        pane.set(answer("vault", &[]));
        assert_eq!(pane.makers(), ["vault", "memory"]);
        pane.set(answer("keyring", &[]));
        assert_eq!(pane.makers(), ["keyring", "vault", "memory"]);
    }
}
