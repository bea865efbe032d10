//! Where a value stands in its JSON: the normalized path of RFC 9535 §2.7, with names that are words after a dot (§2.5.1).

use std::fmt::Write as _;

use super::json::{self, Piece, Place, Value};

/// The path of the member or element whose line begins at that byte; None: no line does.
pub fn path_at(bytes: &[u8], at: usize) -> Option<String> {
    let mut place = Place::default();
    // one step for every object or list that is open
    let mut way: Vec<Step> = Vec::new();
    while let Some((piece, next)) = json::line(bytes, place) {
        if let Value::Close(_) = piece.value {
            way.pop();
            place = next;
            continue;
        }
        if let Some(step) = way.last_mut() {
            step.count(&piece);
        }
        if begins(&piece, bytes, place) == at {
            return Some(way.iter().fold("$".to_owned(), |path, step| step.onto(path, bytes)));
        }
        if next.at > at && !matches!(piece.value, Value::Open(_)) {
            return None;
        }
        if let Value::Open(_) = piece.value {
            way.push(Step::default());
        }
        place = next;
    }
    None
}

/// Where a line begins: at its name, else at its value.
pub fn begins(piece: &Piece, bytes: &[u8], place: Place) -> usize {
    match (&piece.name, &piece.value) {
        (Some(name), _) => name.start,
        (None, Value::Text(r) | Value::Number(r) | Value::Word(r)) => r.start,
        _ => json::blank(bytes, place.at),
    }
}

/// Which child of an open object or list is looked at.
#[derive(Default)]
struct Step {
    name: Option<std::ops::Range<usize>>,
    /// How many came before, and this one.
    count: usize,
}

impl Step {
    fn count(&mut self, piece: &Piece) {
        self.name.clone_from(&piece.name);
        self.count += 1;
    }

    fn onto(&self, mut path: String, bytes: &[u8]) -> String {
        match &self.name {
            Some(name) => path += &member(&json::unquote(&String::from_utf8_lossy(&bytes[name.clone()]))),
            None => _ = write!(path, "[{}]", self.count.saturating_sub(1)),
        }
        path
    }
}

/// `.exp`, or `['urn:…']` where the name is no word.
fn member(name: &str) -> String {
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
    fn a_name_is_quoted_as_paths_want_it() {
        assert_eq!(member("it's"), r"['it\'s']");
        assert_eq!(member("a\"b\n"), "['a\"b\\n']");
        assert_eq!(member("x5t#S256"), "['x5t#S256']");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_have_an_answer(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), at in 0_usize..200) {
            _ = path_at(&bytes, at);
        }
    }
}
