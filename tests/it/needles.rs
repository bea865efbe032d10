//! Something that must not be in what the program says or leaves behind, in the clothes it may wear.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

pub struct Needles(pub Vec<(&'static str, Vec<u8>)>);

impl Needles {
    /// Bytes: raw, hexadecimal, a list of numbers, base64 at each offset.
    pub fn of(secret: &[u8]) -> Self {
        let hex: String = secret.iter().map(|b| format!("{b:02x}")).collect();
        let list: Vec<String> = secret.iter().map(u8::to_string).collect();
        let mut all = vec![
            ("raw", secret.to_vec()),
            ("hexadecimal", hex.clone().into_bytes()),
            ("HEXADECIMAL", hex.to_uppercase().into_bytes()),
            ("a list", list.join(", ").into_bytes()),
            ("a list", list.join(",").into_bytes()),
        ];
        for skip in 0..3 {
            // whole groups of three bytes, so that the letters do not depend on what stands before or after
            let part = &secret[skip.min(secret.len())..];
            let part = &part[..part.len() / 3 * 3];
            all.push(("base64", STANDARD.encode(part).into_bytes()));
            all.push(("base64url", URL_SAFE_NO_PAD.encode(part).into_bytes()));
        }
        // what is left of a very short one would be found anywhere
        all.retain(|(_, needle)| needle.len() >= 4);
        Self(all)
    }

    /// A text: also percent-encoded, as a form has it, with JSON's escapes, in UTF-16, backwards.
    pub fn of_text(text: &str) -> Self {
        let mut all = Self::of(text.as_bytes()).0;
        let percent: String = text
            .bytes()
            .map(|b| match b {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(b).to_string(),
                b => format!("%{b:02X}"),
            })
            .collect();
        let escaped: String = text
            .encode_utf16()
            .map(|unit| match u8::try_from(unit) {
                Ok(b) if b.is_ascii() && b != b'"' && b != b'\\' => char::from(b).to_string(),
                _ => format!("\\u{unit:04x}"),
            })
            .collect();
        all.push(("percent", percent.replace("%20", "+").into_bytes()));
        all.push(("percent", percent.into_bytes()));
        all.push(("JSON", escaped.into_bytes()));
        all.push(("JSON", serde_json::to_string(text).expect("a text").trim_matches('"').as_bytes().to_vec()));
        all.push(("UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect()));
        all.push(("backwards", text.chars().rev().collect::<String>().into_bytes()));
        Self(all)
    }

    pub fn found(&self, hay: &[u8]) -> Option<&'static str> {
        // PEM breaks its lines, JSON writes the break as `\n`, a table wraps and indents
        let text = String::from_utf8_lossy(hay).replace("\\n", "");
        let unbroken: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
        let stands = |needle: &[u8], hay: &[u8]| hay.windows(needle.len()).any(|w| w == needle);
        self.0.iter().find(|(_, n)| stands(n, hay) || stands(n, &unbroken)).map(|(what, _)| *what)
    }
}
