//! A text as a receiver would read it, with the way back from each of its bytes to where it stands in the text.

/// One decoding of a text.
pub(super) struct Decoded {
    text: String,
    /// Where byte `i` of `text` begins in the original; one more at the end.
    origin: Vec<u32>,
}

impl Decoded {
    /// Every decoding that may differ from the text itself. Takes texts below 4 GiB.
    pub(super) fn views(text: &str) -> Vec<Self> {
        let mut views = Vec::new();
        if text.contains('%') {
            let once = decode(text, percent, |at| at as u32);
            // A URL inside a URL is encoded twice.
            if once.text.contains('%') {
                views.push(decode(&once.text, percent, |at| once.origin[at]));
            }
            views.push(once);
        }
        if text.contains('\\') {
            views.push(decode(text, json, |at| at as u32));
        }
        views
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a piece of [`Self::text`] stands in the original.
    pub(super) fn place(&self, (start, end): (usize, usize)) -> (usize, usize) {
        (self.origin[start] as usize, self.origin[end] as usize)
    }
}

/// `unit` reads one escape at the start of the bytes: writes what it stands for, and gives its length.
fn decode(source: &str, unit: fn(&[u8], &mut Vec<u8>) -> Option<usize>, place: impl Fn(usize) -> u32) -> Decoded {
    let source = source.as_bytes();
    let mut bytes = Vec::with_capacity(source.len());
    let mut origin = Vec::with_capacity(source.len() + 1);
    let mut at = 0;
    while at < source.len() {
        let length = unit(&source[at..], &mut bytes).unwrap_or_else(|| {
            bytes.push(source[at]);
            1
        });
        origin.resize(bytes.len(), place(at));
        at += length;
    }
    origin.push(place(source.len()));
    Decoded { text: lossless(bytes), origin }
}

/// As text of the same length: bytes that are no UTF-8 become one-byte placeholders, so that places stay right.
fn lossless(mut bytes: Vec<u8>) -> String {
    let mut good = 0;
    while let Err(error) = std::str::from_utf8(&bytes[good..]) {
        good += error.valid_up_to();
        bytes[good] = 0;
    }
    // Nothing is lost here: the loop ends when all of it is UTF-8.
    String::from_utf8(bytes).unwrap_or_default()
}

fn percent(source: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let [b'%', high, low, ..] = source else { return None };
    let digit = |b: &u8| char::from(*b).to_digit(16);
    out.push((digit(high)? * 16 + digit(low)?) as u8);
    Some(3)
}

fn json(source: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let [b'\\', kind, rest @ ..] = source else { return None };
    let byte = match kind {
        b'"' | b'\\' | b'/' => *kind,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(rest, out),
        _ => return None,
    };
    out.push(byte);
    Some(2)
}

/// `\uXXXX`, alone or as a surrogate pair.
fn unicode(rest: &[u8], out: &mut Vec<u8>) -> Option<usize> {
    let unit = |digits: &[u8]| u16::from_str_radix(std::str::from_utf8(digits.get(..4)?).ok()?, 16).ok();
    let first = unit(rest)?;
    let second = match rest.get(4..6) {
        Some(b"\\u") => unit(&rest[6..]),
        _ => None,
    };
    let pair = second.map(|second| [first, second]);
    let (c, length) = match (pair, char::from_u32(u32::from(first))) {
        (_, Some(c)) => (c, 6),
        (Some(pair), None) => (char::decode_utf16(pair).next()?.ok()?, 12),
        (None, None) => return None,
    };
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(length)
}
