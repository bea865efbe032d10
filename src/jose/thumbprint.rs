//! The name a key has by itself: a digest over its required members (RFC 7638).

use serde_json::Value;

use super::b64;

/// The text RFC 7638 §3 hashes: the required members in lexicographic order, nothing between them.
fn input(jwk: &Value) -> String {
    let members: &[&str] = match jwk.get("kty").and_then(Value::as_str) {
        Some("EC") => &["crv", "kty", "x", "y"],
        Some("RSA") => &["e", "kty", "n"],
        _ => &["crv", "kty", "x"],
    };
    let parts: Vec<String> =
        members.iter().filter_map(|m| jwk.get(*m).map(|v| format!("{}:{v}", Value::from(*m)))).collect();
    format!("{{{}}}", parts.join(","))
}

pub(super) fn sha256(jwk: &Value) -> String {
    b64::encode(&openssl::sha::sha256(input(jwk).as_bytes()))
}

/// Some directories of open banking name keys by this one.
pub(super) fn sha1(jwk: &Value) -> String {
    b64::encode(&openssl::sha::sha1(input(jwk).as_bytes()))
}
