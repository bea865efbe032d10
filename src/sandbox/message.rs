//! Message signing of the UK Read/Write API: a detached JWS over the body, in a header beside it (RFC 7515 App. F), with the
//! body encoded or as it is (RFC 7797).

use std::io;

use serde_json::{Map, Value, json};

use super::rsa::{PrivateKey, PublicKey};
use super::{b64, json};

pub(super) const HEADER: &str = "x-jws-signature";
pub(super) const TRUST_ANCHOR: &str = "openbanking.org.uk";
const IAT: &str = "http://openbanking.org.uk/iat";
const ISS: &str = "http://openbanking.org.uk/iss";
const TAN: &str = "http://openbanking.org.uk/tan";
const MAX_LENGTH: usize = 8 * 1024;
/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;

/// Whether the body went into the signature encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
    Encoded,
    AsItIs,
}

fn input(header: &str, body: &[u8], payload: Payload) -> Vec<u8> {
    let body = if payload == Payload::Encoded { b64::encode(body).into_bytes() } else { body.to_vec() };
    [header.as_bytes(), b".", &body].concat()
}

/// Whether `iss` signed that body with the key that `key` finds for its `kid`.
pub(super) fn verify<'k>(
    text: &str,
    body: &[u8],
    iss: &str,
    now: i64,
    key: impl FnOnce(&str) -> Option<&'k PublicKey>,
) -> Result<Payload, &'static str> {
    if text.len() > MAX_LENGTH {
        return Err("it is longer than 8 kB");
    }
    let segments: Vec<&str> = text.split('.').collect();
    let [part, "", signature] = segments[..] else { return Err("it is not header..signature") };
    let header = b64::decode(part).and_then(|bytes| json::object(&bytes));
    let header = header.ok_or("its header is not a JSON object with unique members")?;
    let signature = b64::decode(signature).ok_or("its signature is not base64url without padding")?;
    if header.get("alg").is_none_or(|alg| alg != "PS256") {
        return Err("its alg is not PS256");
    }
    if header.get("typ").is_some_and(|typ| typ != "JOSE") {
        return Err("its typ is not JOSE");
    }
    if header.get("cty").is_some_and(|cty| cty != "application/json" && cty != "json") {
        return Err("its cty is not that of the body");
    }
    let payload = critical(&header)?;
    let text = |name| header.get(name).and_then(Value::as_str);
    let key = text("kid").and_then(key).ok_or("its kid is not among the signer's keys")?;
    match header.get(IAT).map(Value::as_i64) {
        Some(Some(iat)) if iat <= now.saturating_add(SKEW) => {}
        Some(Some(_)) => return Err("it was made in the future"),
        _ => return Err("its iat is not a number of seconds"),
    }
    if text(ISS) != Some(iss) {
        return Err("its iss is not the signer");
    }
    if text(TAN) != Some(TRUST_ANCHOR) {
        return Err("its tan is not openbanking.org.uk");
    }
    let holds = key.verifies_pss(&input(part, body, payload), &signature);
    if holds { Ok(payload) } else { Err("it does not fit the body") }
}

/// RFC 7515 §4.1.11: exactly the three names of the specification, and `b64` where it is there (RFC 7797 §6).
fn critical(header: &Map<String, Value>) -> Result<Payload, &'static str> {
    let all = header.get("crit").and_then(Value::as_array).ok_or("it has no crit")?;
    let names: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
    let twice = names.iter().enumerate().any(|(i, n)| names[..i].contains(n));
    if names.len() != all.len() || twice || names.iter().any(|n| ![IAT, ISS, TAN, "b64"].contains(n)) {
        return Err("its crit names what is not understood, or something twice");
    }
    if [IAT, ISS, TAN].iter().any(|n| !names.contains(n)) {
        return Err("its crit does not name iat, iss and tan");
    }
    if names.contains(&"b64") != header.contains_key("b64") {
        return Err("crit and header disagree about b64");
    }
    match header.get("b64") {
        None | Some(Value::Bool(true)) => Ok(Payload::Encoded),
        Some(Value::Bool(false)) => Ok(Payload::AsItIs),
        Some(_) => Err("its b64 is neither true nor false"),
    }
}

/// Signs a body, in the form in which the client signed its own.
pub(super) fn sign(
    key: &PrivateKey,
    kid: &str,
    iss: &str,
    body: &[u8],
    payload: Payload,
    now: i64,
) -> io::Result<String> {
    let mut header = json!({ "alg": "PS256", "typ": "JOSE", "cty": "application/json", "kid": kid,
                             IAT: now, ISS: iss, TAN: TRUST_ANCHOR, "crit": [IAT, ISS, TAN] });
    if payload == Payload::AsItIs {
        header["b64"] = false.into();
        header["crit"] = json!(["b64", IAT, ISS, TAN]);
    }
    let part = b64::encode(header.to_string().as_bytes());
    let signature = key.sign_pss(&input(&part, body, payload))?;
    Ok(format!("{part}..{}", b64::encode(&signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"Data":{}}"#;

    #[test]
    fn what_is_signed_is_read_back_and_every_other_thing_is_refused_by_name() {
        let (key, stray) = (PrivateKey::generate().unwrap(), PrivateKey::generate().unwrap());
        let read = |text: &str, body: &[u8]| {
            verify(text, body, "o/s", 1000, |kid| Some(key.public()).filter(|k| k.thumbprint() == kid))
        };
        for payload in [Payload::Encoded, Payload::AsItIs] {
            let good = sign(&key, &key.public().thumbprint(), "o/s", BODY, payload, 1000).unwrap();
            assert_eq!(read(&good, BODY), Ok(payload));
            assert!(read(&good, br#"{"Data":{} }"#).unwrap_err().contains("body"));
            let (header, signature) = good.split_once("..").unwrap();
            assert!(read(&format!("{header}.e30.{signature}"), BODY).unwrap_err().contains("header..signature"));
            // the same signature under a header that says something else
            let edited = |name: &str, value: Value| {
                let mut map = json::object(&b64::decode(header).unwrap()).unwrap();
                if value.is_null() {
                    map.remove(name)
                } else {
                    map.insert(name.to_owned(), value)
                };
                let part = b64::encode(Value::Object(map).to_string().as_bytes());
                let signed = key.sign_pss(&input(&part, BODY, payload)).unwrap();
                read(&format!("{part}..{}", b64::encode(&signed)), BODY).unwrap_err()
            };
            for (name, value, why) in [
                ("alg", json!("RS256"), "alg"),
                ("typ", json!("JWT"), "typ"),
                ("cty", json!("text/plain"), "cty"),
                ("kid", json!("another"), "kid"),
                ("crit", Value::Null, "no crit"),
                ("crit", json!([IAT, ISS]), "iat, iss and tan"),
                ("crit", json!([IAT, ISS, TAN, "x"]), "understood"),
                ("crit", json!([IAT, ISS, TAN, TAN]), "twice"),
                (IAT, json!(2000), "future"),
                (IAT, json!("1000"), "number"),
                (ISS, json!("another"), "iss"),
                (TAN, json!("another"), "tan"),
            ] {
                let found = edited(name, value);
                assert!(found.contains(why), "{name}: {found}");
            }
        }
        let forged = sign(&stray, &stray.public().thumbprint(), "o/s", BODY, Payload::Encoded, 1000).unwrap();
        assert!(read(&forged, BODY).unwrap_err().contains("kid"));
        let good = sign(&key, &key.public().thumbprint(), "o/s", BODY, Payload::Encoded, 1000).unwrap();
        let mut map = json::object(&b64::decode(good.split_once("..").unwrap().0).unwrap()).unwrap();
        map.insert("b64".to_owned(), json!(false));
        let part = b64::encode(Value::Object(map).to_string().as_bytes());
        assert!(read(&format!("{part}..AAAA"), BODY).unwrap_err().contains("disagree about b64"));
    }
}
