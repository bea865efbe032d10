//! What a value stands for, so that two spellings of one thing are the same.

use serde_json::{Value as Json, json};

use crate::flow::difference::plain;
use crate::jose::{Compact, json as jose_json, pem};
use crate::x509::{DnForm, Name, OrganizationForm, Passport};

/// Members that are new each time.
const VOLATILE: &[&str] = &[
    "jti",
    "iat",
    "exp",
    "nbf",
    "auth_time",
    "state",
    "nonce",
    "code",
    "code_verifier",
    "code_challenge",
    "at_hash",
    "c_hash",
    "s_hash",
    "ath",
    "access_token",
    "refresh_token",
    "id_token",
    "request",
    "request_uri",
    "client_assertion",
    "authorization",
    "dpop",
    "dpop-nonce",
    "date",
    "set-cookie",
    "content-length",
    "x-fapi-interaction-id",
    "x-request-id",
    "x-correlation-id",
    "traceparent",
];

pub(super) fn is_volatile(name: &str) -> bool {
    VOLATILE.iter().any(|v| name.eq_ignore_ascii_case(v))
}

/// A JWT is its header and claims, a certificate its content, an audience of one that one (RFC 7519 §4.1.3).
pub(super) fn meaning(name: &str, value: &Json) -> Json {
    match value {
        Json::String(text) => {
            let bare = ["Bearer ", "DPoP "].iter().find_map(|scheme| text.strip_prefix(scheme)).unwrap_or(text);
            token(bare)
                .or_else(|| certificate(name, text))
                .or_else(|| name.ends_with("_dn").then(|| Json::from(distinguished(text))))
                .unwrap_or_else(|| plain(name, value))
        }
        Json::Array(one) if name == "aud" && one.len() == 1 => one[0].clone(),
        Json::Array(items) if name == "x5c" => items.iter().map(|i| meaning(name, i)).collect(),
        other => plain(name, other),
    }
}

fn token(text: &str) -> Option<Json> {
    let read = Compact::parse(text).ok()?;
    let header = jose_json::parse(read.header_bytes()).ok()?;
    Some(json!({ "header": header, "claims": read.claims().ok()? }))
}

fn certificate(name: &str, text: &str) -> Option<Json> {
    let der = if name == "x5c" {
        openssl::base64::decode_block(text).ok()?
    } else {
        let block = text.contains("-----BEGIN CERTIFICATE").then(|| pem::blocks(text.as_bytes()).ok())??;
        block.into_iter().next()?.der.expose().to_vec()
    };
    let read = Passport::read(&der).ok()?;
    let name = |n: &Name| n.text(DnForm::Rfc4514, OrganizationForm::Name);
    Some(json!({
        "subject": name(&read.subject),
        "issuer": name(&read.issuer),
        "not_after": read.not_after.seconds(),
        "sha256": read.sha256_hex(),
    }))
}

/// Blanks between parts and the case of attribute types say nothing (RFC 4514 §2.4, §3).
fn distinguished(text: &str) -> String {
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) => format!("{}={}", name.trim().to_ascii_uppercase(), value.trim()),
        None => part.trim().to_owned(),
    };
    text.split(',').map(part).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_however_they_are_spaced() {
        let value = |text: &str| meaning("tls_client_auth_subject_dn", &Json::from(text));
        assert_eq!(value("CN=a, O=b"), value("cn=a,o = b"));
        assert_ne!(value("CN=a,O=b"), value("O=b,CN=a"));
    }

    #[test]
    fn a_certificate_is_its_content_whatever_its_line_ends() {
        let made = rcgen::generate_simple_self_signed(vec!["a.example".to_owned()]).unwrap();
        let pem = made.cert.pem();
        let value = |text: &str| meaning("tls_client_certificate", &Json::from(text));
        assert_eq!(value(&pem), value(&pem.replace('\n', "\r\n")));
        assert!(value(&pem).get("sha256").is_some());
    }
}
