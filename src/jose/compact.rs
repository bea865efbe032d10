//! The compact serialisation of a JWS (RFC 7515 §7.1): taking one apart, and putting one together.
//!
//! Taking apart is bounded and says nothing of the signature; [`super::verify`] does.

pub mod detached;

use serde_json::{Map, Value};

use super::{Alg, B64Error, JsonError, b64, json};
use crate::text;

/// Longer texts are not looked at.
pub const MAX_TOKEN: usize = 1 << 20;

/// Why a text is no compact JWS that this program would go on with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CompactError {
    #[error("the token is empty")]
    Empty,
    #[error("the token has {0} bytes; at most {MAX_TOKEN} are read")]
    TooLarge(usize),
    /// White space inside or around; [`strip`] takes it out.
    #[error("white space inside the token at offset {at}")]
    Whitespace { at: usize },
    #[error("{} parts where a JWS has 3{}", .0, if *.0 == 5 { ": this is a JWE" } else { "" })]
    Segments(usize),
    #[error("the {part} is {error}")]
    Base64 { part: &'static str, error: B64Error },
    #[error("the header is empty")]
    EmptyHeader,
    #[error("the header is no JSON object: {0}")]
    Header(JsonError),
    #[error("the header's “crit” {0}")]
    Critical(String),
    #[error("the header's “b64” is not supported in the compact form")]
    Unencoded,
    #[error("the signature brings a payload of its own, where it has to be over what it came with")]
    Attached,
}

impl CompactError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Empty => "paste the whole token: three parts joined by dots",
            Self::TooLarge(_) => "no bank's token is this long: check what was pasted or sent",
            Self::Whitespace { .. } => "white space came in by copying; strip it and look again",
            Self::Segments(5) => {
                "an encrypted token has five parts: it has to be decrypted before a signature can be seen"
            }
            Self::Segments(_) => {
                "a JWS is header.payload.signature: the text was cut, joined with something, or is no JWS"
            }
            Self::Base64 { error, .. } => error.hint(),
            Self::EmptyHeader => "the text starts with a dot: its first part is missing",
            Self::Header(error) => error.hint(),
            Self::Critical(_) => "“crit” demands extensions that are not understood here: refused (RFC 7515 §4.1.11)",
            Self::Unencoded => "RFC 7797 payloads come detached; this token cannot be read as it stands",
            Self::Attached => "a detached signature has nothing between its two dots (RFC 7515 App. F)",
        }
    }
}

/// A compact JWS in its parts. Nothing in it is verified.
#[derive(Clone, PartialEq)]
pub struct Compact {
    header: Map<String, Value>,
    header_bytes: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signing_input: Vec<u8>,
}

/// Without the contents: the payload may be a secret.
impl std::fmt::Debug for Compact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Compact(payload of {} bytes, signature of {})", self.payload.len(), self.signature.len())
    }
}

impl Compact {
    /// # Errors
    /// [`CompactError`] for anything but a whole, strictly encoded token without demands we do not know.
    pub fn parse(token: &str) -> Result<Self, CompactError> {
        let compact = Self::dissect(token)?;
        compact.demands()?;
        Ok(compact)
    }

    /// [`Self::parse`] without [`Self::demands`]: for showing a token that is going to be refused.
    pub(crate) fn dissect(token: &str) -> Result<Self, CompactError> {
        let [header, payload, signature] = segments(token)?;
        let part = |text, part| b64::decode(text).map_err(|error| CompactError::Base64 { part, error });
        let header_bytes = part(header, "header")?;
        if header_bytes.is_empty() {
            return Err(CompactError::EmptyHeader);
        }
        let map = json::parse_object(&header_bytes).map_err(CompactError::Header)?;
        Ok(Self {
            header: map,
            header_bytes,
            payload: part(payload, "payload")?,
            signature: part(signature, "signature")?,
            signing_input: format!("{header}.{payload}").into_bytes(),
        })
    }

    pub(crate) fn demands(&self) -> Result<(), CompactError> {
        Self::header_demands(&self.header)
    }

    /// What a header demands of its reader (RFC 7515 §4.1.11, RFC 7797). No extension is known here, so any is refused.
    pub(crate) fn header_demands(header: &Map<String, Value>) -> Result<(), CompactError> {
        if let Some(crit) = header.get("crit") {
            return Err(match crit {
                Value::Array(names) if names.iter().any(|n| n == "b64") => CompactError::Unencoded,
                other => CompactError::Critical(describe_crit(other)),
            });
        }
        match header.get("b64") {
            None | Some(Value::Bool(true)) => Ok(()),
            Some(_) => Err(CompactError::Unencoded),
        }
    }

    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }
    pub fn header_bytes(&self) -> &[u8] {
        &self.header_bytes
    }
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
    /// What the signature is over: the first two parts as they came; of a detached one, the payload as it came.
    pub fn signing_input(&self) -> &[u8] {
        &self.signing_input
    }

    /// The payload as a JSON object, members in the order they came.
    ///
    /// # Errors
    /// [`JsonError`] where it is none.
    pub fn claims(&self) -> Result<Value, JsonError> {
        json::parse_object(&self.payload).map(Value::Object)
    }

    /// None where `alg` is missing, no string, `none` in any spelling, or unknown here.
    pub fn alg(&self) -> Option<Alg> {
        self.alg_name().and_then(Alg::parse)
    }
    /// `alg` as it stands.
    pub fn alg_name(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }
    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }
}

/// The three parts as text.
fn segments(token: &str) -> Result<[&str; 3], CompactError> {
    bounded(token)?;
    let mut parts = token.split('.');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(header), Some(payload), Some(signature), None) => Ok([header, payload, signature]),
        _ => Err(CompactError::Segments(token.split('.').count())),
    }
}

/// What has to hold before a token of either serialisation is looked at.
pub(crate) fn bounded(token: &str) -> Result<(), CompactError> {
    if token.is_empty() {
        return Err(CompactError::Empty);
    }
    if token.len() > MAX_TOKEN {
        return Err(CompactError::TooLarge(token.len()));
    }
    match token.char_indices().find(|(_, c)| c.is_whitespace()) {
        Some((at, _)) => Err(CompactError::Whitespace { at }),
        None => Ok(()),
    }
}

/// Whether a text has the looks of a compact JWS: three parts of the right letters.
pub fn looks_signed(text: &str) -> bool {
    text.split('.').count() == 3
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && !text.starts_with('.')
}

/// The text without any white space.
pub fn strip(token: &str) -> String {
    token.split_whitespace().collect()
}

fn describe_crit(crit: &Value) -> String {
    match crit {
        Value::Array(names) if names.is_empty() => "is empty".to_owned(),
        Value::Array(names) => {
            let names: Vec<_> = names.iter().map(|n| n.as_str().unwrap_or("(no string)")).collect();
            let doubled = names.iter().enumerate().any(|(i, n)| names[..i].contains(n));
            let list = text::clean(&names.join(", ")).into_owned();
            let list = text::shorten(&list, 60);
            if doubled { format!("names something twice: {list}") } else { format!("demands {list}") }
        }
        other => format!("is {} where a list is due", json::kind(other)),
    }
}

/// The text a signature is made over. Members keep their order; nothing is put between them.
pub fn signing_input(header: &Map<String, Value>, payload: &[u8]) -> String {
    let header = Value::Object(header.clone()).to_string();
    format!("{}.{}", b64::encode(header.as_bytes()), b64::encode(payload))
}

pub fn assemble(signing_input: &str, signature: &[u8]) -> String {
    format!("{signing_input}.{}", b64::encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use std::time::{Duration, Instant};

    fn token(header: &str, payload: &str) -> String {
        format!("{}.{}.c2ln", b64::encode(header.as_bytes()), b64::encode(payload.as_bytes()))
    }

    #[test]
    fn a_token_comes_apart_as_it_was_put_together() {
        let header = json!({"typ": "JWT", "alg": "ES256", "kid": "k1"});
        let input = signing_input(header.as_object().unwrap(), br#"{"z":1,"a":2}"#);
        let compact = Compact::parse(&assemble(&input, b"sig")).unwrap();
        assert_eq!(compact.header_bytes(), br#"{"typ":"JWT","alg":"ES256","kid":"k1"}"#);
        assert_eq!((compact.alg(), compact.kid()), (Some(Alg::Es256), Some("k1")));
        assert_eq!(compact.claims().unwrap().to_string(), r#"{"z":1,"a":2}"#);
        assert_eq!((compact.signature(), compact.signing_input()), (&b"sig"[..], input.as_bytes()));
        assert_eq!(format!("{compact:?}"), "Compact(payload of 13 bytes, signature of 3)");
    }

    #[test]
    fn the_number_of_parts_is_named() {
        for (text, parts) in [("a", 1), ("a.b", 2), ("a.b.c.d", 4), ("a.b.c.d.e", 5), ("a.b.c.d.e.f", 6)] {
            assert_eq!(Compact::parse(text), Err(CompactError::Segments(parts)));
        }
        assert!(CompactError::Segments(5).to_string().contains("JWE"));
        assert_eq!(Compact::parse(""), Err(CompactError::Empty));
        assert_eq!(Compact::parse("..").unwrap_err(), CompactError::EmptyHeader);
    }

    #[test]
    fn white_space_is_an_error_that_can_be_stripped() {
        let good = token(r#"{"alg":"ES256"}"#, "{}");
        for (i, space) in [(0, ' '), (7, '\n'), (good.len(), '\n'), (9, '\t'), (9, '\u{a0}')] {
            let mut bad = good.clone();
            bad.insert(i, space);
            assert_eq!(Compact::parse(&bad), Err(CompactError::Whitespace { at: i }));
            assert_eq!(strip(&bad), good);
        }
    }

    #[test]
    fn headers_that_demand_or_deceive_are_refused() {
        for (header, part) in [
            ("", "empty"),
            ("[]", "an object was expected"),
            (r#""x""#, "an object was expected"),
            (r#"{"alg":"ES256","alg":"none"}"#, "“alg” stands twice"),
            ("\u{feff}{}", "byte order mark"),
            (r#"{"alg":"ES256","crit":[]}"#, "is empty"),
            (r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, "demands exp"),
            (r#"{"alg":"ES256","crit":["x","x"]}"#, "twice"),
            (r#"{"alg":"ES256","crit":"exp"}"#, "a string where a list"),
            (r#"{"alg":"ES256","crit":null}"#, "null where a list"),
            (r#"{"alg":"ES256","crit":["b64"],"b64":false}"#, "b64"),
            (r#"{"alg":"ES256","b64":false}"#, "b64"),
        ] {
            let error = Compact::parse(&token(header, "{}")).unwrap_err();
            assert!(error.to_string().contains(part), "{header}: {error}");
            assert!(!error.hint().is_empty());
        }
        let bits = format!("{}B.e30.c2ln", b64::encode(br#"{"alg":"ES256"}"#));
        assert!(matches!(Compact::parse(&bits), Err(CompactError::Base64 { part: "header", .. })));
    }

    #[test]
    fn an_algorithm_that_is_none_is_no_algorithm() {
        for header in
            [r#"{}"#, r#"{"alg":1}"#, r#"{"alg":null}"#, r#"{"alg":"none"}"#, r#"{"alg":"NONE"}"#, r#"{"alg":"es256"}"#]
        {
            assert_eq!(Compact::parse(&token(header, "{}")).unwrap().alg(), None, "{header}");
        }
    }

    #[test]
    fn hostile_sizes_are_refused_at_once() {
        let start = Instant::now();
        let big = format!("eyJhbGciOiJFUzI1NiJ9.{}.AA", "A".repeat(10 << 20));
        assert_eq!(Compact::parse(&big), Err(CompactError::TooLarge(big.len())));
        assert_eq!(Compact::parse(&".".repeat(1_000_000)), Err(CompactError::Segments(1_000_001)));
        let deep = token(&"{\"a\":".repeat(200), "{}");
        assert_eq!(Compact::parse(&deep), Err(CompactError::Header(JsonError::TooDeep)));
        assert!(start.elapsed() < Duration::from_secs(10));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in r#"[A-Za-z0-9_\-.= \n]{0,120}|.{0,60}"#) {
            if let Err(error) = Compact::parse(&text) {
                let _ = (error.to_string(), error.hint());
            }
        }
    }
}
