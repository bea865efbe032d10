//! The members of a JWK: which are private, in what order they stand, how a text member is read.

use serde_json::{Map, Value};

use super::JwkError;
use crate::jose::b64;

/// Every member that is part of a secret, of any key type (RFC 7518 §6.2.2, §6.3.2, §6.4.1).
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

pub(crate) fn private_members(map: &Map<String, Value>) -> impl Iterator<Item = &'static str> {
    PRIVATE.into_iter().filter(|name| map.contains_key(*name))
}

pub(super) fn public_part(map: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    for (name, value) in map.iter().filter(|(name, _)| !PRIVATE.contains(&name.as_str())) {
        let value = match (name.as_str(), value) {
            ("key_ops", Value::Array(ops)) => Value::Array(ops.iter().map(public_operation).collect()),
            _ => value.clone(),
        };
        out.insert(name.clone(), value);
    }
    arrange(out)
}

/// What the public half does where the private one does this.
fn public_operation(operation: &Value) -> Value {
    match operation.as_str() {
        Some("sign") => Value::from("verify"),
        Some("decrypt") => Value::from("encrypt"),
        Some("unwrapKey") => Value::from("wrapKey"),
        _ => operation.clone(),
    }
}

/// The members that make the key first, in the order banks' examples have; what else there is follows as it came.
pub(super) fn arrange(mut map: Map<String, Value>) -> Map<String, Value> {
    let first: &[&str] = match map.get("kty").and_then(Value::as_str) {
        Some("RSA") => &["kty", "n", "e", "kid"],
        _ => &["crv", "kid", "kty", "x", "y"],
    };
    let mut out = Map::new();
    for name in first {
        if let Some((name, value)) = map.shift_remove_entry(*name) {
            out.insert(name, value);
        }
    }
    out.extend(map);
    out
}

pub(crate) fn text_member<'m>(map: &'m Map<String, Value>, name: &'static str) -> Result<&'m str, JwkError> {
    map.get(name).ok_or(JwkError::Missing(name))?.as_str().ok_or(JwkError::NotAString(name))
}

pub(super) fn bytes_member(map: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, JwkError> {
    b64::decode(text_member(map, member)?).map_err(|error| JwkError::Base64 { member, error })
}

/// A coordinate, which has its full length.
pub(super) fn sized_member(
    map: &Map<String, Value>,
    member: &'static str,
    expected: usize,
) -> Result<Vec<u8>, JwkError> {
    let bytes = bytes_member(map, member)?;
    if bytes.len() == expected { Ok(bytes) } else { Err(JwkError::Size { member, expected, found: bytes.len() }) }
}
