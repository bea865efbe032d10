//! ID tokens: a JWT signed by the bank, within a JWE for the client (OIDC Core §2, RFC 7519 §5.2).

use std::io;

use serde_json::{Map, Value, json};

use super::clients::Client;
use super::pending::Consent;
use super::person::PEOPLE;
use super::{ACR, Danske, ISSUER};
use crate::sandbox::flaw::IdTokenFlaw as Flaw;
use crate::sandbox::jwe::{self, Enc, Wrap};
use crate::sandbox::random;
use crate::sandbox::rsa::signing_input;

const LIFETIME: i64 = 600;
const HOUR: i64 = 3600;

pub(super) fn issue(danske: &Danske, client: &Client, consent: &Consent, now: i64) -> io::Result<String> {
    let flaw = danske.trouble.id_token();
    let inner = signed(danske, &claims(client, consent, now, flaw)?, flaw)?;
    if flaw == Some(Flaw::NotEncrypted) {
        return Ok(inner);
    }
    let algs = match flaw {
        Some(Flaw::OtherEnc) => (Wrap::RsaOaep, Enc::A256Gcm),
        Some(Flaw::OtherKeyAlg) => (Wrap::RsaOaep256, Enc::A128Gcm),
        _ => (Wrap::RsaOaep, Enc::A128Gcm),
    };
    let theirs = &client.agreement.encryption;
    let recipient = if flaw == Some(Flaw::OtherRecipient) { danske.keys.stray.get()?.public() } else { theirs };
    // as documented: typ, and no cty
    let header = [("kid", theirs.thumbprint().into()), ("typ", "JWT".into())];
    jwe::seal(recipient, algs, &header, inner.as_bytes())
}

fn claims(client: &Client, consent: &Consent, now: i64, flaw: Option<Flaw>) -> io::Result<Value> {
    let asked = &consent.asked;
    let pick = |wrong: Flaw, right: &str, instead: &str| Value::from(if flaw == Some(wrong) { instead } else { right });
    let iat = match flaw {
        Some(Flaw::Old) => now - 2 * LIFETIME,
        Some(Flaw::Expired) => now - HOUR,
        _ => now,
    };
    let exp = match flaw {
        Some(Flaw::Expired) => iat + LIFETIME,
        _ => now + LIFETIME,
    };
    let auth_time = if flaw == Some(Flaw::OldSignIn) { consent.auth_time - HOUR } else { consent.auth_time };
    let date = |at: i64| if flaw == Some(Flaw::DatesAsTexts) { Value::from(at.to_string()) } else { at.into() };
    let mut claims = Map::from_iter([
        ("iss".to_owned(), pick(Flaw::WrongIssuer, ISSUER, "https://issuer.elsewhere.example")),
        ("sub".to_owned(), random::hex()?.into()),
        ("aud".to_owned(), pick(Flaw::WrongAudience, &client.id, "another-client")),
        ("exp".to_owned(), date(exp)),
        ("iat".to_owned(), date(iat)),
        ("auth_time".to_owned(), date(auth_time)),
        ("nonce".to_owned(), pick(Flaw::WrongNonce, &asked.nonce, "a-nonce-that-nobody-sent")),
        ("acr".to_owned(), pick(Flaw::WrongAcr, ACR, "http://ftn.ficora.fi/2017/loa3")),
    ]);
    let person = PEOPLE.get(consent.person).filter(|_| asked.person && flaw != Some(Flaw::NoPerson));
    claims.extend(person.map(|person| person.claims(flaw == Some(Flaw::WrongControlCharacter))).unwrap_or_default());
    Ok(Value::Object(claims))
}

fn signed(danske: &Danske, claims: &Value, flaw: Option<Flaw>) -> io::Result<String> {
    let (right, stray) = (danske.signing_key()?, &danske.keys.stray);
    let (alg, key, named) = match flaw {
        Some(Flaw::Unsigned) => {
            return Ok(signing_input(&json!({ "alg": "none", "typ": "JWT" }), claims) + ".");
        }
        Some(Flaw::OtherAlg) => ("RS384", right, right),
        Some(Flaw::WrongKey) => ("RS256", stray.get()?, right),
        Some(Flaw::UnknownKid) => ("RS256", stray.get()?, stray.get()?),
        _ => ("RS256", right, right),
    };
    Ok(key.jws(&json!({ "alg": alg, "typ": "JWT", "kid": named.public().thumbprint() }), claims)?)
}
