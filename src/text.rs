//! Text from outside, made fit to be printed. Every byte of a bank, a token, a file or an error passes here first.
//!
//! What a terminal would act on and what would fool a reader is replaced by something that can be seen. It knows
//! nothing of where a text comes from or goes to.

mod chars;
mod shell;

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

pub use shell::quoted;

use chars::{Kind, is_emoji, kind};

/// How many combining marks may stand on one character.
const MAX_MARKS: usize = 4;

/// One line: every control, also line feed and tab, becomes a symbol.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, 0x20..=0x7e)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    push_clean(&mut out, text);
    Cow::Owned(out)
}

/// Several lines: line feeds stay (CR LF becomes one), tabs become spaces up to the next multiple of four columns.
pub fn clean_multiline(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, 0x20..=0x7e | b'\n')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (i, line) in text.split('\n').enumerate() {
        if i > 0 {
            out.push('\n');
        }
        let start = out.len();
        for (j, part) in line.strip_suffix('\r').unwrap_or(line).split('\t').enumerate() {
            if j > 0 {
                let stop = 4 - width(&out[start..]) % 4;
                out.extend(std::iter::repeat_n(' ', stop));
            }
            push_clean(&mut out, part);
        }
    }
    Cow::Owned(out)
}

/// A JSON text whose strings stay what they are: what a terminal would act on, and what would fool a reader, is written
/// with JSON's own escapes.
pub fn clean_json(json: &str) -> Cow<'_, str> {
    use std::fmt::Write as _;
    let bare = |c: char| c == '\u{7f}' || chars::is_deceptive(c);
    if !json.contains(bare) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if bare(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Columns that a clean text takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { UnicodeWidthStr::width(text) }
}

/// What a reader takes for one character each. Takes clean text, in which an ASCII character stands alone.
pub fn clusters(text: &str) -> impl Iterator<Item = &str> {
    let (ascii, rest) = if text.is_ascii() { (text, "") } else { ("", text) };
    let each = (0..ascii.len()).map(move |at| &ascii[at..=at]);
    each.chain(rest.graphemes(true))
}

/// The text, cut to `columns` with `…` at its end where it is longer. Takes clean text.
pub fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    // No character takes more columns than bytes, so a text with few bytes fits.
    if text.len() <= columns || width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut taken = 1;
    if columns > 0 {
        for cluster in clusters(text) {
            taken += width(cluster);
            if taken > columns {
                break;
            }
            out.push_str(cluster);
        }
        out.push('…');
    }
    Cow::Owned(out)
}

fn push_clean(out: &mut String, text: &str) {
    let mut marks = None; // how many on the last character; None: there is none to carry one
    let mut last = None; // the last character that was kept as it is
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match kind(c) {
            Kind::Plain => {
                out.push(c);
                (marks, last) = (Some(0), Some(c));
            }
            Kind::Symbol(symbol) => {
                out.push(symbol);
                (marks, last) = (Some(0), None);
            }
            // Style and joiners mean something between pictures, and hide something everywhere else.
            Kind::Joins
                if last.is_some_and(is_emoji) && (c != '\u{200d}' || chars.peek().copied().is_some_and(is_emoji)) =>
            {
                out.push(c);
                if c != '\u{200d}' && chars.peek() == Some(&'\u{200d}') {
                    // The joiner after a style sign may still join.
                    let mut ahead = chars.clone();
                    ahead.next();
                    if ahead.peek().copied().is_some_and(is_emoji) {
                        out.push('\u{200d}');
                        chars.next();
                    }
                }
                last = None;
            }
            Kind::Joins | Kind::Escape => {
                push_escape(out, c);
                (marks, last) = (Some(0), None);
            }
            Kind::Mark => {
                match marks {
                    None => {
                        out.push('\u{25cc}');
                        out.push(c);
                    }
                    Some(n) if n < MAX_MARKS => out.push(c),
                    // One sign stands for all that are too many.
                    Some(MAX_MARKS) => out.push('\u{fffd}'),
                    Some(_) => {}
                }
                marks = Some(marks.map_or(1, |n| n.saturating_add(1)));
            }
        }
    }
}

fn push_escape(out: &mut String, c: char) {
    use std::fmt::Write as _;
    // Writing to a String cannot fail.
    let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
}

#[cfg(test)]
mod tests;
