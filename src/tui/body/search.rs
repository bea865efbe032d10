//! Finding a text in a body: the rows whose line, as it is shown, holds it. What is masked is not found.
//!
//! The bytes are gone through once, quickly; only a line in which they match is laid out and looked at again. Large
//! bodies are searched away from the screen's thread, and what was found so far comes in portions.

use std::sync::{Arc, Weak};

use super::json::Place;
use super::{BodyKey, BodyView, Mode, Rows, Source, show};
use crate::redact::Redactor;
use crate::tui::look::Look;

/// More rows are not counted.
pub const MOST: usize = 100_000;
/// Bytes between two portions.
const PORTION: usize = 4 << 20;

/// What was found in a body so far.
#[derive(Clone, Debug, Default)]
pub struct Matches {
    pub needle: String,
    /// In order.
    pub rows: Vec<usize>,
    /// Bytes that were searched.
    pub looked: usize,
    pub done: bool,
    /// There are more than [`MOST`].
    pub cut: bool,
    /// Whoever still searches holds the other end, and stops when this one is gone.
    wanted: Arc<()>,
}

/// A portion of what is found.
#[derive(Debug)]
pub struct Portion {
    pub rows: Vec<usize>,
    pub looked: usize,
    pub done: bool,
    pub cut: bool,
}

/// A search to be made; for a thread that may take its time.
#[derive(Clone, Debug)]
pub struct Search {
    pub key: BodyKey,
    pub needle: String,
    source: Source,
    mode: Mode,
    rows: Arc<Rows>,
    redactor: Box<Redactor>,
    wanted: Weak<()>,
}

impl BodyView {
    /// Forgets what was found before, and begins to search for that.
    pub fn begin(&mut self, needle: &str, redactor: &Redactor) -> Search {
        let matches = Matches { needle: needle.to_owned(), ..Matches::default() };
        let wanted = Arc::downgrade(&matches.wanted);
        self.matches = Some(matches);
        Search {
            key: self.key,
            needle: needle.to_owned(),
            source: self.source.clone(),
            mode: self.mode,
            rows: Arc::clone(&self.rows),
            redactor: Box::new(redactor.clone()),
            wanted,
        }
    }

    pub fn forget_matches(&mut self) {
        self.matches = None;
    }

    pub const fn matches(&self) -> Option<&Matches> {
        self.matches.as_ref()
    }

    /// Bytes in all.
    pub fn size(&self) -> usize {
        self.source.bytes().len()
    }

    /// Takes in a portion of that search, if it is the one that is wanted.
    pub fn add(&mut self, needle: &str, portion: Portion) {
        if let Some(matches) = self.matches.as_mut().filter(|m| m.needle == needle && !m.done) {
            matches.rows.extend(portion.rows);
            (matches.looked, matches.done, matches.cut) = (portion.looked, portion.done, portion.cut);
        }
    }
}

impl Search {
    /// Goes through it all, or until nobody wants it any more.
    pub fn run(&self, mut found: impl FnMut(Portion)) {
        let bytes = self.source.bytes();
        let end = self.rows.counted(bytes.len());
        let width = usize::from(self.key.width);
        let lower = self.needle.to_lowercase();
        let (mut row, mut place) = (0, Place::default());
        let (mut at, mut total, mut told) = (0, 0, 0);
        let mut rows = Vec::new();
        loop {
            let stop = end.min(told + PORTION);
            // a match may begin before the end of a portion and reach over it
            let reach = end.min(stop.saturating_add(self.needle.len().saturating_sub(1)));
            while let Some(hit) = find(&bytes[at.min(reach)..reach], self.needle.as_bytes()).map(|n| n + at) {
                let (mark, from) = self.rows.mark_at(hit);
                if from.at > place.at {
                    (row, place) = (mark, from);
                }
                let (line, next) = loop {
                    let Some((line, next)) = show::line(bytes, self.mode, width, place) else { break (None, place) };
                    if next.at > hit {
                        break (Some(line), next);
                    }
                    row += show::height(&line, bytes, width, &self.redactor, Look::default());
                    place = next;
                };
                let Some(line) = line else { break };
                if show::text(&line, bytes, width, &self.redactor).to_lowercase().contains(&lower) {
                    rows.push(row);
                    total += 1;
                }
                at = next.at.max(hit + 1);
                if total >= MOST || self.wanted.strong_count() == 0 {
                    break;
                }
            }
            at = at.max(stop);
            told = stop;
            let cut = total >= MOST;
            let done = cut || stop >= end;
            if self.wanted.strong_count() == 0 {
                return;
            }
            found(Portion { rows: std::mem::take(&mut rows), looked: stop, done, cut });
            if done {
                return;
            }
        }
    }
}

/// Where the text stands first, in any ASCII case.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let candidates = memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), bytes);
    candidates
        .into_iter()
        .find(|at| bytes.get(*at..*at + needle.len()).is_some_and(|found| found.eq_ignore_ascii_case(needle)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::view;
    use super::*;

    fn found(body: &str, width: u16, needle: &str, redactor: &Redactor) -> (Vec<usize>, bool) {
        let mut view = view(body, width);
        let mut portions = Vec::new();
        view.begin(needle, redactor).run(|p| portions.push(p));
        for portion in portions {
            view.add(needle, portion);
        }
        let matches = view.matches().unwrap();
        assert!(matches.done);
        // every row that is counted shows it
        for row in &matches.rows {
            let shown = view.window(*row, 1, redactor, Look::default());
            assert!(shown[0].line.to_string().to_lowercase().contains(&needle.to_lowercase()), "{row}");
        }
        (matches.rows.clone(), matches.cut)
    }

    #[test]
    fn every_row_that_shows_it_is_found_once() {
        let body = r#"{"a":"Token","b":["x","token token",1],"tok":2}"#;
        let none = Redactor::default();
        assert_eq!(found(body, 60, "tok", &none).0, [1, 4, 7]);
        assert_eq!(found(body, 60, "nowhere", &none).0, Vec::<usize>::new());
    }

    #[test]
    fn what_is_masked_is_not_found() {
        let mut redactor = Redactor::default();
        redactor.register("hunter2-hunter2", crate::secret::Class::Secret);
        let body = r#"{"note":"hunter2-hunter2 is it","access_token":"hunter2x","n":"hunter"}"#;
        assert_eq!(found(body, 60, "hunter", &redactor).0, [3]);
    }

    #[test]
    fn a_large_body_comes_in_portions_and_a_search_that_nobody_wants_ends() {
        let item = format!("{{\"text\":\"{}\",\"needle\":true}},", "some words ".repeat(30));
        let body = format!("[{}null]", item.repeat(2 * PORTION / item.len() + 9));
        let mut view = view(&body, 60);
        let rows = super::super::count(&view.key, view.source(), &Redactor::default());
        view.set_rows(rows);
        let none = Redactor::default();
        let mut portions = 0;
        view.begin("needle", &none).run(|p| {
            assert!(p.rows.is_sorted() && !p.rows.is_empty());
            portions += 1;
        });
        assert!(portions >= 3, "{portions}");
        // many: they are not all counted
        let (rows, cut) = found(&"[\"x\"],".repeat(MOST + 5), 60, "x", &none);
        assert!(cut && rows.len() == MOST);
        let search = view.begin("needle", &none);
        view.forget_matches();
        search.run(|_| panic!("nobody wants it"));
    }
}
