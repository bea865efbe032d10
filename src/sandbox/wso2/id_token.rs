//! ID tokens that bind the consent (UK Open Banking Security Profile; OIDC Core §3.3.2.11, FAPI 1 Advanced §5.2.2.1).

use std::io;

use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::Wso2;
use super::grants::Granted;
use crate::sandbox::b64;
use crate::sandbox::flaw::IdTokenFlaw as Flaw;
use crate::sandbox::rsa::signing_input;

const LIFETIME: i64 = 3600;

/// What goes along with the token, and is bound by it.
#[derive(Default)]
pub(super) struct Beside<'a> {
    pub code: Option<&'a str>,
    pub state: Option<&'a str>,
    pub token: Option<&'a str>,
}

/// The left half of SHA-256.
fn half(text: &str) -> Value {
    b64::encode(&sha256(text.as_bytes())[..16]).into()
}

pub(super) fn issue(
    bank: &Wso2,
    client_id: &str,
    granted: &Granted,
    beside: &Beside<'_>,
    now: i64,
) -> io::Result<String> {
    let flaw = bank.trouble.id_token();
    let pick = |wrong: Flaw, right: &str, instead: &str| Value::from(if flaw == Some(wrong) { instead } else { right });
    let exp = if flaw == Some(Flaw::Expired) { now - LIFETIME } else { now + LIFETIME };
    let mut claims = Map::from_iter([
        ("iss".to_owned(), pick(Flaw::WrongIssuer, bank.flavour.issuer, "https://issuer.elsewhere.example")),
        ("sub".to_owned(), granted.intent.as_str().into()),
        ("openbanking_intent_id".to_owned(), pick(Flaw::OtherConsent, &granted.intent, "another-consent")),
        ("aud".to_owned(), pick(Flaw::WrongAudience, client_id, "another-client")),
        ("iat".to_owned(), now.into()),
        ("exp".to_owned(), exp.into()),
        ("auth_time".to_owned(), granted.auth_time.into()),
        ("nonce".to_owned(), pick(Flaw::WrongNonce, &granted.nonce, "a-nonce-that-nobody-sent")),
        ("acr".to_owned(), pick(Flaw::WrongAcr, "urn:openbanking:psd2:sca", "urn:openbanking:psd2:none")),
    ]);
    let state = beside.state.filter(|_| flaw != Some(Flaw::NoStateHash));
    for (name, text) in [("c_hash", beside.code), ("s_hash", state), ("at_hash", beside.token)] {
        let hashed = |text| half(if flaw == Some(Flaw::WrongHash) { "another" } else { text });
        claims.extend(text.map(|text| (name.to_owned(), hashed(text))));
    }
    let claims = Value::Object(claims);
    let (right, stray) = (bank.signing_key()?, &bank.keys.stray);
    let (key, named) = match flaw {
        Some(Flaw::Unsigned) => return Ok(signing_input(&json!({ "alg": "none", "typ": "JWT" }), &claims) + "."),
        Some(Flaw::WrongKey) => (stray.get()?, right),
        Some(Flaw::UnknownKid) => (stray.get()?, stray.get()?),
        _ => (right, right),
    };
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": named.public().thumbprint() });
    Ok(key.jws_pss(&header, &claims)?)
}
