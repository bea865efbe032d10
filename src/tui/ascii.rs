//! The signs of our own writing in ASCII, for terminals and fonts that have no others. Letters of other scripts stay: a
//! name is not ours to respell.

use std::borrow::Cow;

use crate::text::shorten;

/// A text with every sign of ours in ASCII; it may be longer.
pub fn spelled(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| sign(c).is_none()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match sign(c) {
            Some(ascii) => out.push_str(ascii),
            None => out.push(c),
        }
        // a sign before a number is a word before it: sec. 3.1
        if c == '§' && rest.peek().is_some_and(|next| !next.is_whitespace() && *next != '§') {
            out.push(' ');
        }
    }
    Cow::Owned(out)
}

/// Cut to that many columns, with a sign for what is missing.
pub fn cut(text: &str, columns: usize) -> String {
    // nothing is left of the sign but what the cut itself puts there
    shorten(&spelled(text), columns).replace('…', "~")
}

const fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '…' => "...",
        '“' | '”' | '„' => "\"",
        '‘' | '’' => "'",
        '–' | '—' | '−' | '─' | '·' => "-",
        '×' => "x",
        '§' => "sec.",
        '→' | '►' => "->",
        '←' | '◄' => "<-",
        '≤' => "<=",
        '≥' => ">=",
        '‖' => "||",
        '│' | '├' => "|",
        '└' => "`",
        '✓' => "ok",
        '✗' => "xx",
        '⟳' => "..",
        // pictures of controls, and of what is no character
        '\u{2400}'..='\u{2426}' | '\u{fffd}' => "?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_spelled_and_names_stay() {
        assert_eq!(spelled("“Bjørn” … §3.1–3.2, r‖s ≤ 5"), "\"Bjørn\" ... sec. 3.1-3.2, r||s <= 5");
        assert_eq!(spelled("plain"), "plain");
    }

    #[test]
    fn what_is_cut_keeps_its_columns() {
        assert_eq!(cut("RFC 7519 §4.1.4", 12), "RFC 7519 se~");
        assert_eq!(cut("short", 12), "short");
        assert_eq!(cut("a…", 12), "a...");
    }
}
