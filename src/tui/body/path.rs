//! Where a value stands in its JSON: the normalized path of RFC 9535 §2.7, with names that are words after a dot (§2.5.1).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;

use super::json::{self, Piece, Place, Value};

/// Nothing is looked for further down than this, nor deeper: it is found while a key is answered.
const FURTHEST: usize = 4 * 1024 * 1024;
const DEEPEST: usize = 1000;

/// The path of the member or element whose line begins at that byte; None: no line does, or it is too far down.
pub fn path_at(bytes: &[u8], at: usize) -> Option<String> {
    if at > FURTHEST {
        return None;
    }
    let mut walk = Walk::default();
    let mut place = Place::default();
    while let Some((piece, next)) = json::line(bytes, place) {
        walk.enter(&piece, bytes);
        let found = begins(&piece, bytes, place) == at && !matches!(piece.value, Value::Close(_));
        if found {
            return Some(walk.path);
        }
        if walk.open.len() > DEEPEST || (next.at > at && !matches!(piece.value, Value::Open(_))) {
            return None;
        }
        walk.leave(&piece, place.at);
        place = next;
    }
    None
}

/// Where the values at these paths stand. Of a name that stands twice, the last.
pub fn spans(bytes: &[u8], wanted: &BTreeSet<String>) -> BTreeMap<String, Range<usize>> {
    let mut found = BTreeMap::new();
    let mut walk = Walk::default();
    let mut place = Place::default();
    while let Some((piece, next)) = json::line(bytes, place) {
        walk.enter(&piece, bytes);
        let start = value_start(&piece, bytes, place);
        let end = match &piece.value {
            Value::Text(r) | Value::Number(r) | Value::Word(r) => r.end,
            Value::Empty(_) => json::blank(bytes, start + 1) + 1,
            _ => start,
        };
        if !matches!(piece.value, Value::Close(_)) && wanted.contains(&walk.path) {
            found.insert(walk.path.clone(), start..end);
        }
        if let Some(closed) = walk.leave(&piece, start)
            && let Some(span) = found.get_mut(&walk.path).filter(|s| s.start == closed)
        {
            span.end = start + 1;
        }
        place = next;
    }
    found
}

/// The way to the line that is looked at.
#[derive(Default)]
struct Walk {
    path: String,
    /// Objects and lists that are open: where they begin, how many children came, and how long the way to them is.
    open: Vec<(usize, usize, usize)>,
}

impl Walk {
    /// On to that line.
    fn enter(&mut self, piece: &Piece, bytes: &[u8]) {
        let Some((_, count, way)) = self.open.last_mut() else { return "$".clone_into(&mut self.path) };
        self.path.truncate(*way);
        if matches!(piece.value, Value::Close(_)) {
            return;
        }
        match &piece.name {
            Some(name) => self.path += &member(&json::unquote(&String::from_utf8_lossy(&bytes[name.clone()]))),
            None => _ = write!(self.path, "[{count}]"),
        }
        *count += 1;
    }

    /// Past it, into what it opens at `at`, or out of what it closes: where that began.
    fn leave(&mut self, piece: &Piece, at: usize) -> Option<usize> {
        match piece.value {
            Value::Open(_) => self.open.push((at, 0, self.path.len())),
            Value::Close(_) => return self.open.pop().map(|(began, ..)| began),
            _ => {}
        }
        None
    }
}

/// Where the value of a line begins.
fn value_start(piece: &Piece, bytes: &[u8], place: Place) -> usize {
    match &piece.name {
        None => json::blank(bytes, place.at),
        // after the name and the colon
        Some(name) => json::blank(bytes, json::blank(bytes, name.end) + 1),
    }
}

/// Where a line begins: at its name, else at its value.
pub fn begins(piece: &Piece, bytes: &[u8], place: Place) -> usize {
    match (&piece.name, &piece.value) {
        (Some(name), _) => name.start,
        (None, Value::Text(r) | Value::Number(r) | Value::Word(r)) => r.start,
        _ => json::blank(bytes, place.at),
    }
}

/// `.exp`, or `['urn:…']` where the name is no word.
pub fn member(name: &str) -> String {
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if word {
        return format!(".{name}");
    }
    let quoted = serde_json::Value::from(name).to_string();
    let inner = quoted[1..quoted.len() - 1].replace("\\\"", "\"").replace('\'', "\\'");
    format!("['{inner}']")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_says_where_it_stands() {
        let text = r#"{"a":1, "urn:x":{"b":[true,[ "deep" ],{"c":null}],"e":{}},"z":"last"}"#;
        let path = |needle: &str| path_at(text.as_bytes(), text.find(needle).expect(needle));
        for (needle, expected) in [
            ("\"a\"", "$.a"),
            ("true", "$['urn:x'].b[0]"),
            ("\"deep\"", "$['urn:x'].b[1][0]"),
            ("\"c\"", "$['urn:x'].b[2].c"),
            ("\"e\"", "$['urn:x'].e"),
            ("\"urn:x\"", "$['urn:x']"),
            ("\"z\"", "$.z"),
            ("{", "$"),
        ] {
            assert_eq!(path(needle).as_deref(), Some(expected), "{needle}");
        }
        assert_eq!(path("ast\""), None, "inside a value nothing begins");
    }

    #[test]
    fn values_are_found_by_their_paths_with_the_digits_that_came() {
        let text = r#"{"a": 10.10, "b" : {"c":[ 1e400 , {} ,"x"]}, "a":100000000000000000.10,"e":[]}"#;
        let wanted = ["$.a", "$.b", "$.b.c[0]", "$.b.c[1]", "$.b.c[2]", "$.e", "$.nothing"].map(str::to_owned);
        let found = spans(text.as_bytes(), &wanted.into_iter().collect());
        let shown: Vec<(&str, &str)> = found.iter().map(|(path, span)| (path.as_str(), &text[span.clone()])).collect();
        assert_eq!(
            shown,
            [
                ("$.a", "100000000000000000.10"),
                ("$.b", r#"{"c":[ 1e400 , {} ,"x"]}"#),
                ("$.b.c[0]", "1e400"),
                ("$.b.c[1]", "{}"),
                ("$.b.c[2]", "\"x\""),
                ("$.e", "[]"),
            ]
        );
        let whole = spans(text.as_bytes(), &["$".to_owned()].into_iter().collect());
        assert_eq!(whole["$"], 0..text.len());
    }

    #[test]
    fn what_is_very_deep_or_far_down_has_no_path() {
        assert_eq!(path_at("[".repeat(DEEPEST + 9).as_bytes(), DEEPEST + 5), None);
        assert_eq!(path_at(b"[1]", FURTHEST + 1), None);
    }

    #[test]
    fn a_name_is_quoted_as_paths_want_it() {
        assert_eq!(member("it's"), r"['it\'s']");
        assert_eq!(member("a\"b\n"), "['a\"b\\n']");
        assert_eq!(member("x5t#S256"), "['x5t#S256']");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), at in 0_usize..200) {
            _ = path_at(&bytes, at);
            let all = ["$", "$[0]", "$.a"].map(str::to_owned).into_iter().collect();
            for span in spans(&bytes, &all).values() {
                proptest::prop_assert!(span.start <= span.end && span.start <= bytes.len() + 1);
            }
        }
    }
}
