//! JSON read without mercy: UTF-8, no byte order mark, one value, no member twice, no bottomless nesting.
//!
//! Two parsers that take different members of a pair read different tokens out of one signature (RFC 8725 §3.9 asks
//! for an unambiguous reading). Errors name members, never values.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::text;

/// How deep arrays and objects may nest.
pub const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    #[error("not UTF-8 at offset {at}")]
    NotUtf8 { at: usize },
    #[error("starts with a byte order mark")]
    ByteOrderMark,
    /// `path` is fit to be shown.
    #[error("the member “{path}” stands twice")]
    Duplicate { path: String },
    #[error("nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    #[error("something follows the value (line {line}, column {column})")]
    Trailing { line: usize, column: usize },
    #[error("ends too early")]
    Cut,
    #[error("not JSON (line {line}, column {column})")]
    Syntax { line: usize, column: usize },
    #[error("{what} was expected, {found} was found")]
    Kind { what: &'static str, found: &'static str },
}

impl JsonError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::NotUtf8 { .. } => {
                "JOSE texts are UTF-8 (RFC 7519 §7.1); the sender used another encoding or sent bytes"
            }
            Self::ByteOrderMark => "the sender's editor or library put U+FEFF in front: it has to be left out",
            Self::Duplicate { .. } => {
                "readers differ in which one they take, so it is refused (RFC 7515 §4, RFC 7519 §4)"
            }
            Self::TooDeep => "no bank's format nests this deep: it is broken or hostile",
            Self::Trailing { .. } => "one value is allowed: remove what stands after it",
            Self::Cut => "a part was lost: copy it again, whole",
            Self::Syntax { .. } => {
                "look at that place: a missing quote or comma, a lone surrogate, a number out of range"
            }
            Self::Kind { .. } => "the text is JSON, but not of the kind that belongs here",
        }
    }
}

/// # Errors
/// [`JsonError`]; never with a value of the text in it.
pub fn parse(bytes: &[u8]) -> Result<Value, JsonError> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return Err(JsonError::ByteOrderMark);
    }
    let text = std::str::from_utf8(bytes).map_err(|e| JsonError::NotUtf8 { at: e.valid_up_to() })?;
    let context = RefCell::new(Context::default());
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Strict(&context).deserialize(&mut deserializer);
    if let Some(fault) = context.into_inner().fault {
        return Err(fault);
    }
    let value = value.map_err(|e| syntax(&e))?;
    deserializer.end().map_err(|e| JsonError::Trailing { line: e.line(), column: e.column() })?;
    Ok(value)
}

/// The same, for a text that has to be an object.
///
/// # Errors
/// As [`parse`], and [`JsonError::Kind`] for any other value.
pub fn parse_object(bytes: &[u8]) -> Result<Map<String, Value>, JsonError> {
    match parse(bytes)? {
        Value::Object(map) => Ok(map),
        other => Err(JsonError::Kind { what: "an object", found: kind(&other) }),
    }
}

/// What a value is, in words.
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

fn syntax(error: &serde_json::Error) -> JsonError {
    if error.is_eof() { JsonError::Cut } else { JsonError::Syntax { line: error.line(), column: error.column() } }
}

/// What the visitor knows of where it stands, and the fault that serde's error type cannot carry.
#[derive(Default)]
struct Context {
    path: Vec<String>,
    fault: Option<JsonError>,
}

impl Context {
    fn path_to(&self, name: &str) -> String {
        let mut path = self.path.join(".");
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(name);
        let path = text::clean(&path);
        text::shorten(&path, 120).into_owned()
    }
}

#[derive(Clone, Copy)]
struct Strict<'c>(&'c RefCell<Context>);

impl Strict<'_> {
    fn enter<E: serde::de::Error>(self, step: String) -> Result<(), E> {
        let mut context = self.0.borrow_mut();
        context.path.push(step);
        if context.path.len() > MAX_DEPTH {
            return Err(stop(&mut context, JsonError::TooDeep));
        }
        Ok(())
    }

    fn leave(self) {
        self.0.borrow_mut().path.pop();
    }
}

fn stop<E: serde::de::Error>(context: &mut Context, fault: JsonError) -> E {
    context.fault.get_or_insert(fault);
    E::custom("refused")
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::Number(v.into()))
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v).map(Value::Number).ok_or_else(|| E::custom("not a finite number"))
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(Value::String(v.to_owned()))
    }
    fn visit_string<E>(self, v: String) -> Result<Value, E> {
        Ok(Value::String(v))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        self.enter("0".to_owned())?;
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
            if let Some(step) = self.0.borrow_mut().path.last_mut() {
                *step = items.len().to_string();
            }
        }
        self.leave();
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        self.enter(String::new())?;
        while let Some(name) = access.next_key::<String>()? {
            if map.contains_key(&name) {
                self.leave();
                let mut context = self.0.borrow_mut();
                let path = context.path_to(&name);
                return Err(stop(&mut context, JsonError::Duplicate { path }));
            }
            if let Some(step) = self.0.borrow_mut().path.last_mut() {
                step.clone_from(&name);
            }
            let value = access.next_value_seed(self)?;
            map.insert(name, value);
        }
        self.leave();
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn error(text: &str) -> JsonError {
        parse(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_member_twice_is_named_by_its_path() {
        assert_eq!(error(r#"{"a":1,"b":2,"a":3}"#), JsonError::Duplicate { path: "a".into() });
        assert_eq!(
            error(r#"{"cnf":{"jwk":[{"x":0},{"k":1,"\u006b":2}]}}"#),
            JsonError::Duplicate { path: "cnf.jwk.1.k".into() }
        );
        assert_eq!(error(r#"{"":1,"":2}"#), JsonError::Duplicate { path: String::new() });
    }

    #[test]
    fn a_hostile_member_name_is_shown_harmless() {
        let shown = error("{\"\\u001b[2J\u{202e}\":1,\"\\u001b[2J\u{202e}\":2}").to_string();
        assert!(!shown.chars().any(char::is_control) && !shown.contains('\u{202e}'), "{shown:?}");
    }

    #[test]
    fn order_and_numbers_stay_as_sent() {
        let text = r#"{"z":1,"a":-2,"m":[1.5,18446744073709551615,true,null,"é"]}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn what_is_not_one_strict_value_is_refused() {
        let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(parse(deep(MAX_DEPTH).as_bytes()).is_ok());
        assert_eq!(error(&deep(MAX_DEPTH + 1)), JsonError::TooDeep);
        assert_eq!(error(&deep(100_000)), JsonError::TooDeep);
        assert_eq!(error(&"{\"a\":".repeat(200)), JsonError::TooDeep);
        assert_eq!(error("\u{feff}{}"), JsonError::ByteOrderMark);
        assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err(), JsonError::NotUtf8 { at: 6 });
        assert!(matches!(error("{} {}"), JsonError::Trailing { .. }));
        assert_eq!(error(""), JsonError::Cut);
        assert_eq!(error(r#"{"a":"#), JsonError::Cut);
        for text in [
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\udc00x"}"#,
            "{'a':1}",
            "{\"a\":1,}",
            "[NaN]",
            "[1e400]",
            "[01]",
            "[\"a\nb\"]",
            "nul",
        ] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse_object(b"[]").unwrap_err(), JsonError::Kind { what: "an object", found: "an array" });
    }

    #[test]
    fn huge_numbers_are_numbers_or_errors() {
        assert!(parse(b"[1e300]").is_ok());
        assert!(parse("9".repeat(300).as_bytes()).is_ok());
        assert!(parse("9".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn no_error_shows_a_value() {
        for text in [r#"{"password":"hunter2","password":"hunter2"}"#, r#"{"a":"hunter2" x}"#, r#"["hunter2"] hunter2"#]
        {
            assert!(!format!("{0} {0:?}", error(text)).contains("hunter2"));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn json_like_text_is_read_as_serde_reads_it(text in r#"[\[\]{}",:0-9ae\\u ]{0,40}"#) {
            if let Ok(value) = parse(text.as_bytes()) {
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap());
            }
        }
    }
}
