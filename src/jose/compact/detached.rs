//! A JWS without its payload, which travels elsewhere byte for byte (RFC 7515 App. F); also with the payload signed as it
//! is, not encoded (RFC 7797). `header..signature`.

use serde_json::{Map, Value};

use super::{Compact, CompactError, MAX_TOKEN, b64, describe_crit, json, segments};

/// Names that the standards define, and `crit` may not hold (RFC 7515 §4.1.11, RFC 7516 §4.1).
const STANDARD: &[&str] =
    &["alg", "enc", "zip", "jku", "jwk", "kid", "x5u", "x5c", "x5t", "x5t#S256", "typ", "cty", "crit"];

/// What the signature is over.
pub fn signing_input(header: &Map<String, Value>, payload: &[u8]) -> Vec<u8> {
    over(&encoded(header), is_encoded(header), payload)
}

pub fn assemble(header: &Map<String, Value>, signature: &[u8]) -> String {
    format!("{}..{}", encoded(header), b64::encode(signature))
}

fn encoded(header: &Map<String, Value>) -> String {
    b64::encode(Value::Object(header.clone()).to_string().as_bytes())
}

/// RFC 7797 §3: it is, unless the header says otherwise.
fn is_encoded(header: &Map<String, Value>) -> bool {
    header.get("b64") != Some(&Value::Bool(false))
}

fn over(header: &str, is_encoded: bool, payload: &[u8]) -> Vec<u8> {
    let mut input = header.as_bytes().to_vec();
    input.push(b'.');
    if is_encoded {
        input.extend(b64::encode(payload).into_bytes())
    } else {
        input.extend(payload)
    }
    input
}

impl Compact {
    /// `understood`: names that `crit` may demand, because whoever reads it looks at them; `b64` is looked at here.
    ///
    /// # Errors
    /// [`CompactError`] for anything but a whole, strictly encoded signature without its payload.
    pub fn detached(token: &str, payload: &[u8], understood: &[String]) -> Result<Self, CompactError> {
        let [header, middle, signature] = segments(token)?;
        if !middle.is_empty() {
            return Err(CompactError::Attached);
        }
        if payload.len() > MAX_TOKEN {
            return Err(CompactError::TooLarge(payload.len()));
        }
        let part = |text, part| b64::decode(text).map_err(|error| CompactError::Base64 { part, error });
        let header_bytes = part(header, "header")?;
        if header_bytes.is_empty() {
            return Err(CompactError::EmptyHeader);
        }
        let map = json::parse_object(&header_bytes).map_err(CompactError::Header)?;
        demands(&map, understood)?;
        Ok(Self {
            signing_input: over(header, is_encoded(&map), payload),
            header: map,
            header_bytes,
            payload: payload.to_vec(),
            signature: part(signature, "signature")?,
        })
    }
}

/// RFC 7515 §4.1.11, RFC 7797 §6.
fn demands(header: &Map<String, Value>, understood: &[String]) -> Result<(), CompactError> {
    let wrong = |why: &str| Err(CompactError::Critical(why.to_owned()));
    let names: Vec<&str> = match header.get("crit") {
        None => Vec::new(),
        Some(Value::Array(all)) if !all.is_empty() && all.iter().all(Value::is_string) => {
            all.iter().filter_map(Value::as_str).collect()
        }
        Some(other) => return Err(CompactError::Critical(describe_crit(other))),
    };
    let known = |name: &str| name == "b64" || understood.iter().any(|u| u == name);
    if names.iter().enumerate().any(|(i, n)| names[..i].contains(n) || !known(n)) {
        return Err(CompactError::Critical(describe_crit(&names.clone().into())));
    }
    if names.iter().any(|n| STANDARD.contains(n)) {
        return wrong("names what every reader knows");
    }
    if names.iter().any(|n| !header.contains_key(*n)) {
        return wrong("names what the header does not have");
    }
    match header.get("b64") {
        None => Ok(()),
        Some(Value::Bool(_)) if names.contains(&"b64") => Ok(()),
        Some(Value::Bool(_)) => wrong("does not name b64, which the header has"),
        Some(_) => wrong("names b64, which is neither true nor false"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::{Alg, SecretJwk, verify};
    use crate::keys::KeySpec;

    const IAT: &str = "http://openbanking.org.uk/iat";
    const BODY: &[u8] = br#"{"Data":{"Amount":"10.00"}}"#;

    fn read(header: &Value, body: &[u8]) -> Result<Compact, CompactError> {
        Compact::detached(&assemble(header.as_object().unwrap(), b"sig"), body, &[IAT.to_owned()])
    }

    #[test]
    fn the_signature_is_over_the_payload_that_is_not_there() {
        let key = SecretJwk::generate(KeySpec::P256).unwrap();
        for header in [json!({ "alg": "ES256" }), json!({ "alg": "ES256", "b64": false, "crit": ["b64"] })] {
            let header = header.as_object().unwrap();
            let signature = key.sign(Alg::Es256, &signing_input(header, BODY)).unwrap();
            let token = assemble(header, &signature);
            let holds = |body: &[u8]| {
                let read = Compact::detached(&token, body, &[]).unwrap();
                verify(Alg::Es256, key.public(), read.signing_input(), read.signature()).is_ok()
            };
            assert!(holds(BODY));
            assert!(!holds(br#"{"Data":{"Amount":"99.00"}}"#));
        }
    }

    #[test]
    fn a_payload_that_is_not_encoded_is_signed_as_it_is() {
        // RFC 7797 §4.2: the example's payload, in both forms
        let plain = json!({ "alg": "HS256" });
        assert!(signing_input(plain.as_object().unwrap(), b"$.02").ends_with(b".JC4wMg"));
        let open = json!({ "alg": "HS256", "b64": false, "crit": ["b64"] });
        let input = signing_input(open.as_object().unwrap(), b"$.02");
        assert_eq!(input, b"eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19.$.02");
    }

    #[test]
    fn headers_that_demand_or_deceive_are_refused() {
        assert!(read(&json!({ "alg": "PS256", IAT: 1, "crit": [IAT] }), BODY).is_ok());
        assert!(read(&json!({ "alg": "PS256", IAT: 1, "b64": true, "crit": ["b64", IAT] }), BODY).is_ok());
        for (header, why) in [
            (json!({ "alg": "PS256", "crit": [] }), "is empty"),
            (json!({ "alg": "PS256", "crit": IAT, IAT: 1 }), "where a list is due"),
            (json!({ "alg": "PS256", "crit": [IAT, IAT], IAT: 1 }), "twice"),
            (json!({ "alg": "PS256", "crit": [IAT] }), "does not have"),
            (json!({ "alg": "PS256", "crit": ["x"], "x": 1 }), "demands x"),
            (json!({ "alg": "PS256", "b64": false }), "does not name b64"),
            (json!({ "alg": "PS256", "b64": "no", "crit": ["b64"] }), "neither true nor false"),
        ] {
            let error = read(&header, BODY).unwrap_err();
            assert!(error.to_string().contains(why), "{header}: {error}");
        }
        let standard = Compact::detached(
            &assemble(json!({ "alg": "PS256", "crit": ["alg"] }).as_object().unwrap(), b"s"),
            BODY,
            &["alg".to_owned()],
        );
        assert!(standard.unwrap_err().to_string().contains("every reader"));
        assert_eq!(Compact::detached("e30.e30.c2ln", BODY, &[]), Err(CompactError::Attached));
        assert_eq!(
            Compact::detached("e30..c2ln", &vec![b' '; MAX_TOKEN + 1], &[]),
            Err(CompactError::TooLarge(MAX_TOKEN + 1))
        );
        assert!(matches!(Compact::detached("e30.c2ln", BODY, &[]), Err(CompactError::Segments(2))));
    }
}
