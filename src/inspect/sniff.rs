//! What a text may be, by its looks; the reader of that kind says whether it is.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::jose::{b64, compact};

pub(super) enum Guess {
    Jws,
    Jwe,
    Json,
    Pem,
    /// DER that was base64.
    Certificate(Vec<u8>),
    Opaque,
}

pub(super) fn guess(text: &str) -> Guess {
    let start = text.trim_start();
    if start.starts_with(['{', '[']) {
        return Guess::Json;
    }
    if text.contains("--BEGIN ") {
        return Guess::Pem;
    }
    let bare = stripped(text);
    if has_jose_header(&bare) {
        return if bare.split('.').count() == 5 { Guess::Jwe } else { Guess::Jws };
    }
    match STANDARD.decode(&bare) {
        Ok(der) if x509_parser::parse_x509_certificate(&der).is_ok() => Guess::Certificate(der),
        _ => Guess::Opaque,
    }
}

/// The text without white space; of an Authorization header the token alone.
pub(super) fn stripped(text: &str) -> String {
    match text.split_whitespace().last() {
        Some(last) if last.contains('.') && has_jose_header(last) => last.to_owned(),
        _ => compact::strip(text),
    }
}

/// Whether there are dots, and before the first of them an encoded `{`.
fn has_jose_header(text: &str) -> bool {
    let Some((header, _)) = text.split_once('.') else { return false };
    let mut head = header.char_indices().map(|(i, _)| i).chain([header.len()]).take(65).last().unwrap_or(0);
    head -= head % 4;
    let head = if head == 0 { header } else { header.get(..head).unwrap_or_default() };
    b64::decode(head).is_ok_and(|bytes| bytes.trim_ascii_start().starts_with(b"{")) || header.starts_with("eyJ")
}
