//! One line of a body, and the rows it takes. A value is masked whole before anything of it is cut.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::json::{self, Piece, Place, Value};
use super::{Mode, RAW_LIMIT};
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};
use crate::tui::doc::Row;
use crate::tui::item::Item;
use crate::tui::look::{Look, Tone};
use crate::tui::span::grouped;

use crate::tui::words::Words;

/// A longer value is named by its length alone: nobody reads it, and it could not be masked in time.
const LONG: usize = 16 * 1024;
/// As much as is shown of one value.
const SHOWN: usize = 4 * 1024;
/// Deeper nesting is not indented further.
const DEEPEST: usize = 20;

/// A line of the source.
pub(super) enum Line {
    Json(Piece),
    Text(Range<usize>),
    Masked(Range<usize>),
    Hex(Range<usize>),
    Hidden(usize),
}

/// The line that begins there, and the place of the next.
pub(super) fn line(bytes: &[u8], mode: Mode, width: usize, place: Place) -> Option<(Line, Place)> {
    let at = place.at;
    let to = Place::at;
    match mode {
        Mode::Json => json::line(bytes, place).map(|(piece, next)| (Line::Json(piece), next)),
        Mode::Text => {
            let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
            let n = rest.iter().position(|&b| b == b'\n');
            let (end, next) = n.map_or((bytes.len(), bytes.len()), |n| (at + n, at + n + 1));
            let end = if end > at && bytes[end - 1] == b'\r' { end - 1 } else { end };
            Some((Line::Text(at..end), to(next)))
        }
        Mode::Masked => {
            let rest = bytes.get(at..).filter(|r| !r.is_empty())?;
            let n = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            if n <= width.max(4) {
                let end = at + n;
                let cut = if n > 0 && bytes[end - 1] == b'\r' { end - 1 } else { end };
                return Some((Line::Masked(at..cut), to((end + 1).min(bytes.len().max(at + 1)))));
            }
            let mut end = at + width.max(4);
            while end > at + 1 && bytes[end] & 0xc0 == 0x80 {
                end -= 1; // not inside a character
            }
            Some((Line::Masked(at..end), to(end)))
        }
        Mode::Hex => {
            let all = bytes.len().min(RAW_LIMIT);
            let end = (at + hex_bytes(width)).min(all);
            (at < all).then(|| (Line::Hex(at..end), to(end)))
        }
        Mode::Hidden => (at == 0).then(|| (Line::Hidden(bytes.len()), to(1))),
    }
}

/// All that is shown of a line.
pub(super) fn text(line: &Line, bytes: &[u8], width: usize, redactor: &Redactor) -> String {
    words(line, bytes, width, redactor, Look::default()).0.line().to_string()
}

/// The rows of a line.
pub(super) fn rows(line: &Line, bytes: &[u8], width: usize, redactor: &Redactor, look: Look) -> Vec<Row> {
    let (words, hang, fits, item) = words(line, bytes, width, redactor, look);
    if fits {
        return vec![Row { line: words.line(), item }];
    }
    words.wrap(width, hang).into_iter().map(|line| Row { line, item }).collect()
}

/// A line in words; where further rows of it begin, whether it is one row for sure, and what the cursor stands on there.
fn words(
    line: &Line,
    bytes: &[u8],
    width: usize,
    redactor: &Redactor,
    look: Look,
) -> (Words, usize, bool, Option<Item>) {
    match line {
        Line::Json(piece) => {
            let (words, hang) = json_row(piece, bytes, redactor, look);
            (words, hang, json_length(piece) <= width, json_item(piece))
        }
        Line::Text(range) => {
            let text = shown_text(bytes, range.clone(), redactor);
            (Words::new(look).plain(text), 0, range.len() <= width, None)
        }
        Line::Masked(range) => (Words::new(look).plain(lossy(bytes, range)), 0, true, None),
        Line::Hex(range) => (hex_words(bytes, range.clone(), width, look), 0, true, None),
        Line::Hidden(n) => {
            let text = format!("{} bytes, not text, with a secret inside: not shown. y b copies them.", grouped(*n));
            (Words::new(look).dim(text), 0, true, None)
        }
    }
}

/// How many rows [`rows`] makes, mostly without making them.
pub(super) fn height(line: &Line, bytes: &[u8], width: usize, redactor: &Redactor, look: Look) -> usize {
    let fits = match line {
        Line::Json(piece) => json_length(piece) <= width,
        Line::Text(range) => range.len() <= width,
        _ => true,
    };
    if fits { 1 } else { rows(line, bytes, width, redactor, look).len() }
}

fn indent(depth: u32) -> usize {
    (depth as usize).min(DEEPEST) * 2
}

/// In bytes, never less than in columns of what is shown unmasked.
fn json_length(piece: &Piece) -> usize {
    let value = match &piece.value {
        Value::Text(r) | Value::Number(r) | Value::Word(r) => r.len(),
        Value::Missing => 0,
        _ => 2,
    };
    indent(piece.depth) + piece.name.as_ref().map_or(0, |n| n.len() + 2) + value + usize::from(piece.comma)
}

const fn json_item(piece: &Piece) -> Option<Item> {
    match &piece.value {
        Value::Text(r) | Value::Number(r) | Value::Word(r) => Some(Item::Body(match &piece.name {
            Some(name) => name.start,
            None => r.start,
        })),
        _ => None,
    }
}

/// A piece in words, and where further rows of it begin.
pub(super) fn json_row(piece: &Piece, bytes: &[u8], redactor: &Redactor, look: Look) -> (Words, usize) {
    (json_words(piece, bytes, redactor, look), indent(piece.depth) + 4)
}

fn json_words(piece: &Piece, bytes: &[u8], redactor: &Redactor, look: Look) -> Words {
    let mut words = Words::new(look).gap(indent(piece.depth));
    let mut class = piece.class;
    if let Some(range) = &piece.name {
        let name = lossy(bytes, range);
        class = class.max(class_of_name(&json::unquote(&name)));
        words = words.put(Tone::Name, short_text(&name, redactor)).plain(": ");
    }
    let secret = class != Class::Public;
    words = match &piece.value {
        Value::Open(b) | Value::Close(b) => words.plain(char::from(*b).to_string()),
        Value::Empty(b) => words.plain(if *b == b'{' { "{}" } else { "[]" }),
        Value::Missing => words,
        Value::Text(r) if secret => {
            let value = json::unquote(&lossy(bytes, r));
            words.put(Tone::Secret, redactor.mask_value(&value, class))
        }
        Value::Text(r) if r.len() > LONG => {
            words.dim(format!("\"{}\" {} chars", look.ellipsis(), grouped(r.len() - 2)))
        }
        Value::Text(r) => {
            let text = lossy(bytes, r);
            let shown = masked_token(&text, redactor);
            let tone = if shown == text { Tone::Text } else { Tone::Secret };
            words.put(tone, cut(&shown, look))
        }
        Value::Number(r) | Value::Word(r) if secret && lossy(bytes, r) != "null" => {
            words.put(Tone::Secret, redactor.mask_value(&lossy(bytes, r), class))
        }
        Value::Number(r) => words.put(Tone::Number, short_text(&lossy(bytes, r), redactor)),
        Value::Word(r) => words.put(Tone::Literal, short_text(&lossy(bytes, r), redactor)),
    };
    if piece.comma { words.plain(",") } else { words }
}

/// Masks what is secret in a JSON text as it stands, and also as it reads with its escapes undone.
fn masked_token(token: &str, redactor: &Redactor) -> String {
    let masked = redactor.mask_text(token);
    if masked == token && token.contains('\\') {
        let plain = json::unquote(token);
        let masked_plain = redactor.mask_text(&plain);
        if masked_plain != plain {
            return masked_plain;
        }
    }
    masked
}

fn shown_text(bytes: &[u8], range: Range<usize>, redactor: &Redactor) -> String {
    if range.len() > LONG {
        return format!("(a line of {} bytes)", grouped(range.len()));
    }
    cut(&redactor.mask_text(&lossy(bytes, &range)), Look::default())
}

fn short_text(text: &str, redactor: &Redactor) -> String {
    if text.len() > LONG {
        format!("({} chars)", grouped(text.len()))
    } else {
        cut(&redactor.mask_text(text), Look::default())
    }
}

fn cut(text: &str, look: Look) -> String {
    if text.len() <= SHOWN {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(SHOWN);
    format!("{}{} {} more chars", &text[..end], look.ellipsis(), grouped(text[end..].chars().count()))
}

fn lossy<'a>(bytes: &'a [u8], range: &Range<usize>) -> Cow<'a, str> {
    String::from_utf8_lossy(&bytes[range.clone()])
}

const fn hex_bytes(width: usize) -> usize {
    match width {
        77.. => 16,
        44.. => 8,
        _ => 4,
    }
}

fn hex_words(bytes: &[u8], range: Range<usize>, width: usize, look: Look) -> Words {
    let n = hex_bytes(width);
    let mut hex = String::with_capacity(n * 3);
    let mut text = String::with_capacity(n);
    for &b in &bytes[range.clone()] {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{b:02x} ");
        text.push(if matches!(b, 0x20..=0x7e) { char::from(b) } else { '.' });
    }
    Words::new(look)
        .dim(format!("{:08x}  ", range.start))
        .plain(format!("{hex:<w$}", w = n * 3))
        .dim(format!(" {text}"))
}
