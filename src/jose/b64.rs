//! Base64url as RFC 7515 §2 and appendix C want it: no padding, no white space, no other alphabet, no stray bits.
//!
//! What is lenient elsewhere lets two texts stand for one token; here a text has one reading or none.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where a text stops being base64url, and why. Shows at most the one offending character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64url: {fault} at offset {at}")]
pub struct B64Error {
    /// Byte offset in the text, from 0.
    pub at: usize,
    pub fault: B64Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum B64Fault {
    /// `=`
    Padding,
    WhiteSpace,
    /// `+` or `/`: the alphabet of ordinary base64.
    StandardAlphabet(char),
    Other(char),
    /// One character more than whole bytes need.
    Length,
    /// The last character carries bits that belong to no byte.
    TrailingBits,
}

impl std::fmt::Display for B64Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Padding => f.write_str("padding (“=”)"),
            Self::WhiteSpace => f.write_str("white space"),
            Self::StandardAlphabet(c) => write!(f, "“{c}”"),
            Self::Other(c) if c.is_ascii_graphic() => write!(f, "“{c}”"),
            Self::Other(c) => write!(f, "character U+{:04X}", u32::from(*c)),
            Self::Length => f.write_str("one character too many or some too few, seen"),
            Self::TrailingBits => f.write_str("stray bits in the last character,"),
        }
    }
}

impl B64Error {
    pub const fn hint(&self) -> &'static str {
        match self.fault {
            B64Fault::Padding => "drop the “=” at the end: JOSE leaves padding out (RFC 7515 §2)",
            B64Fault::WhiteSpace => "remove line breaks and spaces that came with a copy or an e-mail",
            B64Fault::StandardAlphabet(_) => "this is ordinary base64: base64url has “-” for “+” and “_” for “/”",
            B64Fault::Other(_) => "only A–Z a–z 0–9 - _ may stand here; was the text cut, escaped or typed by hand?",
            B64Fault::Length => "a part is cut short or has a character too many: copy it again, whole",
            B64Fault::TrailingBits => "the last character is wrong: the text was cut or altered there",
        }
    }
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// # Errors
/// [`B64Error`] with the offset of the first thing that is not base64url.
pub fn decode(text: &str) -> Result<Vec<u8>, B64Error> {
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
        let fault = match c {
            '=' => B64Fault::Padding,
            '+' | '/' => B64Fault::StandardAlphabet(c),
            c if c.is_whitespace() => B64Fault::WhiteSpace,
            c => B64Fault::Other(c),
        };
        return Err(B64Error { at, fault });
    }
    if text.len() % 4 == 1 {
        return Err(B64Error { at: text.len() - 1, fault: B64Fault::Length });
    }
    // The alphabet and the length are right: only the bits of the last character can be wrong now.
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| B64Error { at: text.len().saturating_sub(1), fault: B64Fault::TrailingBits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_text_has_one_reading() {
        assert_eq!(decode("").unwrap(), b"");
        assert_eq!(decode("AQAB").unwrap(), [1, 0, 1]);
        for (text, at, fault) in [
            ("AQAB=", 4, B64Fault::Padding),
            ("AQ\nAB", 2, B64Fault::WhiteSpace),
            (" AQAB", 0, B64Fault::WhiteSpace),
            ("a+b", 1, B64Fault::StandardAlphabet('+')),
            ("ab/_", 2, B64Fault::StandardAlphabet('/')),
            ("abé", 2, B64Fault::Other('é')),
            ("ab.c", 2, B64Fault::Other('.')),
            ("AQABA", 4, B64Fault::Length),
            ("AB", 1, B64Fault::TrailingBits),
            ("AAB", 2, B64Fault::TrailingBits),
        ] {
            let error = decode(text).unwrap_err();
            assert_eq!((error.at, error.fault), (at, fault), "{text:?}");
            assert!(error.to_string().contains(&format!("offset {at}")), "{error}");
            assert!(!error.hint().is_empty());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn what_decodes_encodes_to_itself(text in "[A-Za-z0-9_-]{0,40}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
