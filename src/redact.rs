//! Takes the secrets of a run out of any text: the bytes of an exchange, an error, a log line.
//!
//! It knows secrets by their text, not by their place, so a secret that turns up where nobody looked for it is hidden
//! too. It must not know what a text is about.

mod decoded;
mod masked;

use std::fmt;
use std::sync::Arc;

use zeroize::{Zeroize, Zeroizing};

use crate::secret::Class;
use decoded::Decoded;
pub use masked::Masked;

pub const MASK: &str = "********";
/// Shorter texts would hide harmless ones.
const MIN_CHARS: usize = 4;

/// Cheap to clone; a clone that learns another secret does not teach it to the others.
///
/// `Default` has a key of zeros, so that what it shows of a secret can be looked up by guessing: for tests only.
#[derive(Clone, Default)]
pub struct Redactor(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    key: Zeroizing<[u8; 32]>,
    needles: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Redactor({} texts)", self.0.needles.len())
    }
}

impl Redactor {
    /// `key` is random and new for each run: equal secrets look equal within it and tell nothing outside.
    pub fn new(key: [u8; 32]) -> Self {
        Self(Arc::new(Inner { key: Zeroizing::new(key), needles: Vec::new() }))
    }

    /// From now on `text` is hidden wherever it occurs. Of a compact JWS the part without the signature is hidden also.
    pub fn register(&mut self, text: &str, class: Class) {
        if class == Class::Public {
            return;
        }
        self.learn(text);
        if let Some((signed, _)) =
            text.rsplit_once('.').filter(|(signed, _)| text.starts_with("eyJ") && signed.contains('.'))
        {
            self.learn(signed);
        }
    }

    fn learn(&mut self, text: &str) {
        if text.chars().count() < MIN_CHARS || self.0.needles.iter().any(|n| n.as_str() == text) {
            return;
        }
        let needles = &mut Arc::make_mut(&mut self.0).needles;
        let place = needles.partition_point(|n| n.len() >= text.len());
        needles.insert(place, Zeroizing::new(text.to_owned()));
    }

    /// What may be shown of a value. A secret's four hexadecimal digits tell whether two of one run are the same.
    pub fn mask_value(&self, value: &str, class: Class) -> String {
        match class {
            Class::Public => value.to_owned(),
            Class::Personal => MASK.to_owned(),
            Class::Secret => {
                let [a, b, ..] = hmac_sha256(&self.0.key, value.as_bytes());
                format!("{MASK}  ({} chars, ~{a:02x}{b:02x})", value.chars().count())
            }
        }
    }

    /// The text with every registered one in it replaced: as it is, percent-encoded (also twice), JSON-escaped.
    pub fn mask_text(&self, text: &str) -> String {
        if self.0.needles.is_empty() {
            return text.to_owned();
        }
        if u32::try_from(text.len()).is_err() {
            return MASK.to_owned();
        }
        let mut hits = self.find(text);
        for view in Decoded::views(text) {
            hits.extend(self.find(view.text()).into_iter().map(|hit| view.place(hit)));
        }
        replace(text, hits)
    }

    /// Where any registered text stands in this one, also with the `+` that a form has for a space.
    fn find(&self, text: &str) -> Vec<(usize, usize)> {
        let mut hits = Vec::new();
        let mut search = |needle: &str| hits.extend(text.match_indices(needle).map(|(at, s)| (at, at + s.len())));
        for needle in &self.0.needles {
            search(needle);
            // also as a form has it, where what stands before it spoils the decoding (`%` and then the secret)
            if text.contains('%') {
                let encoded: Zeroizing<String> =
                    Zeroizing::new(url::form_urlencoded::byte_serialize(needle.as_bytes()).collect());
                if encoded.as_str() != needle.as_str() {
                    search(&encoded);
                }
            }
            if needle.contains(' ') {
                search(&Zeroizing::new(needle.replace(' ', "+")));
            }
        }
        hits
    }
}

/// Overlapping hits become one, so that no end of a secret stays behind.
fn replace(text: &str, mut hits: Vec<(usize, usize)>) -> String {
    if hits.is_empty() {
        return text.to_owned();
    }
    hits.sort_unstable();
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    let mut hits = hits.into_iter().peekable();
    while let Some((start, mut end)) = hits.next() {
        while let Some((_, further)) = hits.next_if(|(next, _)| *next < end) {
            end = end.max(further);
        }
        out.push_str(&text[done..start]);
        out.push_str(MASK);
        done = end;
    }
    out.push_str(&text[done..]);
    out
}

/// RFC 2104 with a key of half a block.
fn hmac_sha256(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    let mut pad = [0x36_u8; 64];
    for (p, k) in pad.iter_mut().zip(key) {
        *p ^= k;
    }
    let mut inner = openssl::sha::Sha256::new();
    inner.update(&pad);
    inner.update(message);
    for p in &mut pad {
        *p ^= 0x36 ^ 0x5c;
    }
    let mut outer = openssl::sha::Sha256::new();
    outer.update(&pad);
    outer.update(&inner.finish());
    pad.zeroize();
    outer.finish()
}

#[cfg(test)]
mod tests;
