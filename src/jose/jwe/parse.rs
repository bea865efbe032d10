//! Taking a compact JWE apart (RFC 7516 §7.1). Says nothing of whether it can be opened.

use std::fmt;

use serde_json::{Map, Value};

use super::JweError;
use crate::jose::{CompactError, b64, compact, json};

/// The five parts. Nothing in them is authentic.
#[derive(Clone, PartialEq)]
pub struct Jwe {
    header: Map<String, Value>,
    /// The header as it came: what the tag is over.
    pub(super) aad: String,
    pub(super) encrypted_key: Vec<u8>,
    pub(super) iv: Vec<u8>,
    pub(super) ciphertext: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

impl fmt::Debug for Jwe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwe({} bytes)", self.ciphertext.len())
    }
}

impl Jwe {
    /// # Errors
    /// [`JweError`] for anything but five strictly encoded parts with a JSON object in front.
    pub fn parse(token: &str) -> Result<Self, JweError> {
        compact::bounded(token).map_err(JweError::Form)?;
        let mut parts = token.split('.');
        let five = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(header), Some(key), Some(iv), Some(ciphertext), Some(tag), None) = five else {
            return Err(JweError::Segments(token.split('.').count()));
        };
        let part = |text, part| b64::decode(text).map_err(|error| JweError::Form(CompactError::Base64 { part, error }));
        let bytes = part(header, "header")?;
        if bytes.is_empty() {
            return Err(JweError::Form(CompactError::EmptyHeader));
        }
        Ok(Self {
            header: json::parse_object(&bytes).map_err(|e| JweError::Form(CompactError::Header(e)))?,
            aad: header.to_owned(),
            encrypted_key: part(key, "encrypted key")?,
            iv: part(iv, "initialization vector")?,
            ciphertext: part(ciphertext, "ciphertext")?,
            tag: part(tag, "authentication tag")?,
        })
    }

    pub const fn header(&self) -> &Map<String, Value> {
        &self.header
    }
    pub fn kid(&self) -> Option<&str> {
        self.text("kid")
    }
    /// Whether the header says that the content is a JWT (RFC 7519 §5.2).
    pub fn says_nested(&self) -> bool {
        self.text("cty")
            .is_some_and(|cty| cty.eq_ignore_ascii_case("JWT") || cty.eq_ignore_ascii_case("application/jwt"))
    }
    fn text(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
}
