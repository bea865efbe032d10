//! JWTs as the banks read and make them: compact JWS only, strict in every byte.
//!
//! This is deliberately not the program's own JOSE code: a mistake there must not be excused here.

use serde_json::{Map, Value, json};

use super::b64;
use super::json;
use super::jwk::{PrivateKey, PublicKey};

/// Longer than any assertion or registration has reason to be.
const MAX_LENGTH: usize = 16 * 1024;

/// A JWT taken apart. Nothing in it is trustworthy before [`Jwt::signed_by`].
#[derive(Debug)]
pub(super) struct Jwt {
    pub header: Map<String, Value>,
    pub claims: Map<String, Value>,
    signing_input: String,
    signature: Vec<u8>,
}

impl Jwt {
    /// Takes a compact JWS apart and holds its header to ES256 (RFC 7515 §7.1, §4.1).
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let jwt = Self::parse_any(text)?;
        if jwt.alg() == Some("ES256") { Ok(jwt) } else { Err("its alg is not ES256") }
    }

    /// The same with any `alg`, for a bank that takes several.
    pub fn parse_any(text: &str) -> Result<Self, &'static str> {
        if text.len() > MAX_LENGTH {
            return Err("it is longer than 16 kB");
        }
        let segments: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = segments[..] else {
            return Err("it does not have three segments");
        };
        let segment = |s| b64::decode(s).ok_or("a segment is not base64url without padding");
        let claims = json::object(&segment(payload)?);
        let jwt = Self {
            header: json::object(&segment(header)?).ok_or("its header is not a JSON object with unique members")?,
            claims: claims.ok_or("its payload is not a JSON object with unique members")?,
            signing_input: format!("{header}.{payload}"),
            signature: segment(signature)?,
        };
        if jwt.header.contains_key("crit") || jwt.header.contains_key("b64") {
            return Err("its header asks for an extension that is not understood");
        }
        match jwt.header.get("kid") {
            None | Some(Value::String(_)) => Ok(jwt),
            Some(_) => Err("its kid is not a string"),
        }
    }

    pub fn signed_by(&self, key: &PublicKey) -> bool {
        key.verifies(self.signing_input.as_bytes(), &self.signature)
    }

    /// What to say of a signature that does not verify.
    pub fn why_not_signed(&self) -> &'static str {
        match (self.signature.len(), self.signature.first()) {
            (64, _) => "its signature does not verify with the registered key",
            (_, Some(0x30)) => "its signature is DER encoded, not the 64 bytes r and s of ES256",
            _ => "its signature is not the 64 bytes r and s of ES256",
        }
    }

    pub fn alg(&self) -> Option<&str> {
        self.header.get("alg").and_then(Value::as_str)
    }

    /// What was signed, and the signature.
    pub fn signed_parts(&self) -> (&[u8], &[u8]) {
        (self.signing_input.as_bytes(), &self.signature)
    }

    pub fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Value::as_str)
    }

    pub fn text(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// A time claim: `Ok(None)` where it is absent; only a JSON number will do (RFC 7519 §2). Fractions are dropped.
    pub fn time(&self, claim: &str) -> Result<Option<i64>, NotANumber> {
        match self.claims.get(claim) {
            None => Ok(None),
            Some(Value::Number(n)) => n.as_i64().or_else(|| whole(n.as_f64()?)).map(Some).ok_or(NotANumber),
            Some(_) => Err(NotANumber),
        }
    }
}

/// A time claim that is there but is no number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NotANumber;

#[expect(clippy::cast_possible_truncation, reason = "the range is checked first")]
fn whole(value: f64) -> Option<i64> {
    (value.abs() < 1e15).then(|| value.floor() as i64)
}

/// Makes a JWT signed by a bank's key.
pub(super) fn sign(key: &PrivateKey, typ: &str, claims: &Value) -> Result<String, openssl::error::ErrorStack> {
    let header = json!({ "alg": "ES256", "typ": typ, "kid": key.public().thumbprint() });
    let input =
        format!("{}.{}", b64::encode(header.to_string().as_bytes()), b64::encode(claims.to_string().as_bytes()));
    let signature = b64::encode(&key.sign(input.as_bytes())?);
    Ok(format!("{input}.{signature}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compact(header: &str, payload: &str) -> String {
        format!("{}.{}.{}", b64::encode(header.as_bytes()), b64::encode(payload.as_bytes()), b64::encode(&[1; 64]))
    }

    #[test]
    fn what_is_signed_is_read_back() {
        let key = PrivateKey::generate().unwrap();
        let text = sign(&key, "at+jwt", &json!({"iss": "me", "exp": 10.5})).unwrap();
        let jwt = Jwt::parse(&text).unwrap();
        assert!(jwt.signed_by(key.public()));
        assert!(!jwt.signed_by(PrivateKey::generate().unwrap().public()));
        assert_eq!((jwt.text("iss"), jwt.time("exp"), jwt.time("nbf")), (Some("me"), Ok(Some(10)), Ok(None)));
        assert_eq!(jwt.kid(), Some(key.public().thumbprint().as_str()));
    }

    #[test]
    fn malformed_texts_say_what_is_wrong() {
        let good = r#"{"alg":"ES256"}"#;
        for (text, why) in [
            (String::new(), "three segments"),
            (compact(good, "{}") + ".", "three segments"),
            (compact(good, "{}") + "=", "base64url"),
            (compact(good, "{}").replace('.', "\n."), "base64url"),
            (compact("[]", "{}"), "header"),
            (compact(r#"{"alg":"ES256","alg":"ES256"}"#, "{}"), "header"),
            (compact(good, r#"{"iss":"a","iss":"b"}"#), "payload"),
            (compact(good, "text"), "payload"),
            (compact(r#"{"alg":"none"}"#, "{}"), "alg"),
            (compact(r#"{"alg":"es256"}"#, "{}"), "alg"),
            (compact("{}", "{}"), "alg"),
            (compact(r#"{"alg":"ES256","crit":["exp"],"exp":1}"#, "{}"), "extension"),
            (compact(r#"{"alg":"ES256","b64":false}"#, "{}"), "extension"),
            (compact(r#"{"alg":"ES256","kid":1}"#, "{}"), "kid"),
            (compact(good, &" ".repeat(MAX_LENGTH)), "16 kB"),
        ] {
            assert!(Jwt::parse(&text).unwrap_err().contains(why), "{why}: {text:.60}");
        }
    }

    #[test]
    fn times_are_numbers_and_nothing_else() {
        let jwt = Jwt::parse(&compact(r#"{"alg":"ES256"}"#, r#"{"a":"1","b":1e300,"c":null,"d":-7}"#)).unwrap();
        assert_eq!(["a", "b", "c"].map(|c| jwt.time(c)), [Err(NotANumber), Err(NotANumber), Err(NotANumber)]);
        assert_eq!(jwt.time("d"), Ok(Some(-7)));
    }

    #[test]
    fn a_der_signature_is_named_as_such() {
        let key = PrivateKey::generate().unwrap();
        let input = format!("{}.{}", b64::encode(br#"{"alg":"ES256"}"#), b64::encode(b"{}"));
        let jwt = Jwt::parse(&format!("{input}.{}", b64::encode(&key.sign_der(input.as_bytes())))).unwrap();
        assert!(!jwt.signed_by(key.public()) && jwt.why_not_signed().contains("DER"));
    }
}
