//! JSON by lines, straight from the bytes: a step forward at a time, so that only the visible window is ever laid out.
//!
//! Members keep their order and numbers their digits, because nothing is parsed. What is not JSON becomes an odd word
//! and the next line; there is no error and no recursion.

use std::ops::Range;

use crate::secret::{Class, class_of_name};

/// One line of the laid-out text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub depth: u32,
    /// The member's name, with its quotes.
    pub name: Option<Range<usize>>,
    pub value: Value,
    pub comma: bool,
    /// Of what stands round it: a list under a secret name is secret.
    pub class: Class,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `{` or `[`.
    Open(u8),
    /// `}` or `]`.
    Close(u8),
    /// `{}` or `[]`, given by its first half.
    Empty(u8),
    /// With its quotes.
    Text(Range<usize>),
    Number(Range<usize>),
    /// `true`, `false`, `null`, or what should not be there.
    Word(Range<usize>),
    /// A name without a value.
    Missing,
}

/// Where the next line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub at: usize,
    pub depth: u32,
    /// Of the outermost object or list round it that has a secret or personal name, and how deep that stands.
    class: Class,
    above: u32,
}

impl Place {
    pub fn at(at: usize) -> Self {
        Self { at, ..Self::default() }
    }
}

/// The line that begins there, and where the next one does. None at the end.
pub fn line(bytes: &[u8], place: Place) -> Option<(Piece, Place)> {
    let mut at = blank(bytes, place.at);
    let mut depth = place.depth;
    let first = *bytes.get(at)?;
    if matches!(first, b'}' | b']') {
        depth = depth.saturating_sub(1);
        let (comma, next) = comma(bytes, at + 1);
        let class = if place.class > Class::Public && depth <= place.above { Class::Public } else { place.class };
        let piece = Piece { depth, name: None, value: Value::Close(first), comma, class: Class::Public };
        return Some((piece, Place { at: next, depth, class, above: place.above }));
    }
    let own = depth;
    let mut name = None;
    if first == b'"' {
        let end = string_end(bytes, at);
        let after = blank(bytes, end);
        if bytes.get(after) == Some(&b':') {
            name = Some(at..end);
            at = blank(bytes, after + 1);
        }
    }
    let (value, end) = match bytes.get(at) {
        Some(&open @ (b'{' | b'[')) => {
            let inside = blank(bytes, at + 1);
            let close = if open == b'{' { b'}' } else { b']' };
            if bytes.get(inside) == Some(&close) {
                (Value::Empty(open), inside + 1)
            } else {
                depth = depth.saturating_add(1);
                let (class, above) = match &name {
                    Some(name) if place.class == Class::Public => (named(bytes, name), own),
                    _ => (place.class, place.above),
                };
                let piece = Piece { depth: own, name, value: Value::Open(open), comma: false, class: Class::Public };
                return Some((piece, Place { at: at + 1, depth, class, above }));
            }
        }
        Some(b'"') => {
            let end = string_end(bytes, at);
            (Value::Text(at..end), end)
        }
        Some(b'}' | b']' | b',') | None => (Value::Missing, at),
        Some(&b) => {
            let end = word_end(bytes, at);
            let range = at..end;
            (if matches!(b, b'-' | b'0'..=b'9') { Value::Number(range) } else { Value::Word(range) }, end)
        }
    };
    let (comma, mut next) = comma(bytes, end);
    if next <= place.at {
        next = place.at + 1; // never the same place twice, whatever stands there
    }
    let piece = Piece { depth: own, name, value, comma, class: place.class };
    Some((piece, Place { at: next, depth, ..place }))
}

/// What stands under that name is.
fn named(bytes: &[u8], name: &Range<usize>) -> Class {
    std::str::from_utf8(&bytes[name.clone()]).map_or(Class::Public, |name| class_of_name(&unquote(name)))
}

/// The text between the quotes with its escapes undone; what is no escape stays.
pub fn unquote(token: &str) -> String {
    let inner = token.strip_prefix('"').unwrap_or(token);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    serde_json::from_str(&format!("\"{inner}\"")).unwrap_or_else(|_| inner.to_owned())
}

pub(super) fn blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

fn comma(bytes: &[u8], end: usize) -> (bool, usize) {
    let at = blank(bytes, end);
    if bytes.get(at) == Some(&b',') { (true, at + 1) } else { (false, end) }
}

/// After the closing quote of the string that begins there, or the end of everything.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(&b) = bytes.get(at) {
        match b {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn word_end(bytes: &[u8], start: usize) -> usize {
    let ends = |b: u8| matches!(b, b',' | b'}' | b']' | b'{' | b'[' | b'"' | b' ' | b'\t' | b'\r' | b'\n');
    let end = bytes[start..].iter().position(|&b| ends(b)).map_or(bytes.len(), |n| start + n);
    end.max(start + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str) -> Vec<String> {
        let bytes = text.as_bytes();
        let mut place = Place::default();
        let mut out = Vec::new();
        while let Some((piece, next)) = line(bytes, place) {
            assert!(next.at > place.at, "no progress at {} of {text:?}", place.at);
            let mut row = "  ".repeat(piece.depth as usize);
            if let Some(name) = piece.name {
                row += &text[name];
                row += ": ";
            }
            row += &match piece.value {
                Value::Open(b) | Value::Close(b) => char::from(b).to_string(),
                Value::Empty(b'{') => "{}".into(),
                Value::Empty(_) => "[]".into(),
                Value::Text(r) | Value::Number(r) | Value::Word(r) => text[r].to_owned(),
                Value::Missing => String::new(),
            };
            if piece.comma {
                row.push(',');
            }
            out.push(row);
            place = next;
        }
        out
    }

    #[test]
    fn members_keep_their_order_and_numbers_their_digits() {
        let text = r#"{"b":1.50,"a":{"x":[],"y":[1e3,12345678901234567890]},"n":null}"#;
        assert_eq!(
            laid_out(text),
            [
                "{",
                "  \"b\": 1.50,",
                "  \"a\": {",
                "    \"x\": [],",
                "    \"y\": [",
                "      1e3,",
                "      12345678901234567890",
                "    ]",
                "  },",
                "  \"n\": null",
                "}"
            ]
        );
    }

    #[test]
    fn quotes_and_braces_inside_a_text_do_not_count() {
        assert_eq!(laid_out(r#"["a\"]{","b"]"#), ["[", r#"  "a\"]{","#, "  \"b\"", "]"]);
    }

    #[test]
    fn what_stands_below_a_secret_name_is_secret_and_what_comes_after_it_is_not() {
        let text = r#"{"client_secret":["a",{"b":[1]}],"c":"d","psu-id":{"e":"f"},"code":"g","h":1}"#;
        let mut place = Place::default();
        let mut classes = Vec::new();
        while let Some((piece, next)) = line(text.as_bytes(), place) {
            if let Value::Text(r) | Value::Number(r) = piece.value {
                classes.push((&text[r], piece.class));
            }
            place = next;
        }
        let (secret, personal, public) = (Class::Secret, Class::Personal, Class::Public);
        // a value's own name is looked at where it is drawn
        let expected = [
            ("\"a\"", secret),
            ("1", secret),
            ("\"d\"", public),
            ("\"f\"", personal),
            ("\"g\"", public),
            ("1", public),
        ];
        assert_eq!(classes, expected);
    }

    #[test]
    fn what_is_no_json_ends_too() {
        for text in [
            "",
            "{",
            "}}}}",
            "{\"a\":",
            "{\"a\" \"b\"}",
            ",,,",
            "\"open",
            "::",
            "{\"a\":}",
            "\"\\",
            "nonsense here",
            "[1 2",
        ] {
            laid_out(text);
        }
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = "[".repeat(100_000);
        assert_eq!(laid_out_len(deep.as_bytes()), 100_000);
    }

    fn laid_out_len(bytes: &[u8]) -> usize {
        let mut place = Place::default();
        let mut n = 0;
        while let Some((_, next)) = line(bytes, place) {
            place = next;
            n += 1;
        }
        n
    }

    #[test]
    fn a_text_is_unquoted_as_json_says() {
        assert_eq!(unquote(r#""a\/b\u00e9""#), "a/bé");
        assert_eq!(unquote(r#""broken\q""#), r"broken\q");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let mut place = Place::default();
            while let Some((_, next)) = line(&bytes, place) {
                proptest::prop_assert!(next.at > place.at);
                place = next;
            }
        }
    }
}
