//! Registration through the contact form, by its stand-in over HTTP and by the staff.

use super::*;
use crate::sandbox::dnb::{INTERNATIONAL, REGISTRATION_AUDIENCE};
use std::collections::BTreeMap;

const MONTH: i64 = 30 * 86_400;

fn registration(key: &PrivateKey) -> Draft {
    let mut jwk = key.public().published();
    jwk.as_object_mut().unwrap().retain(|name, _| !["use", "alg"].contains(&name.as_str()));
    Draft {
        header: json!({ "alg": "ES256" }),
        claims: json!({ "aud": REGISTRATION_AUDIENCE, "cnf": { "jwk": jwk }, "iat": NOW, "exp": NOW + MONTH }),
    }
}

impl Rig {
    async fn submit(&self, jwt: &str) -> Reply {
        self.ciam(("POST", "/contact/clients"), &[("content-type", "text/plain; charset=utf-8")], jwt).await
    }
}

#[tokio::test]
async fn a_registered_key_gets_tokens_with_the_certificate_it_first_came_with() {
    let rig = Rig::start().await;
    let key = PrivateKey::generate().unwrap();
    let reply = rig.submit(&(registration(&key).sign(&key) + "\n")).await;
    assert_eq!(reply.status, 201);
    let id = reply.json()["client_id"].as_str().unwrap().to_owned();
    assert_ne!(id, rig.id);

    let (first, second) = (rig.caller_with(&rig.other_certificate()), &rig.caller);
    let ask = async |caller: &Caller| {
        let draft = rig.assertion().claim("iss", id.as_str()).claim("sub", id.as_str());
        let body = form(&draft.header("kid", key.public().thumbprint()).sign(&key), INTERNATIONAL);
        caller.send(rig.addr(CIAM_HOST), CIAM_HOST, ("POST", "/as/token.oauth2"), &[FORM], &body).await.unwrap()
    };
    assert_eq!(ask(&first).await.status, 200);
    ask(second).await.assert_refused(401, "invalid_client", "certificate");
    assert_eq!(ask(&first).await.status, 200);
}

#[tokio::test]
async fn staff_answer_with_a_client_id_or_say_why_not() {
    let rig = Rig::start().await;
    let people = rig.world.people();
    let jwt = registration(&rig.key).sign(&rig.key);
    let show = |jwt: &str| BTreeMap::from([("jwt".to_owned(), jwt.to_owned())]);
    let answer = people.answer("dnb", "submit", &show(&jwt)).await.unwrap().unwrap();
    assert_eq!(answer.keys().collect::<Vec<_>>(), ["client_id"]);
    assert_eq!(answer["client_id"].len(), 36);
    let refusal = people.answer("dnb", "submit", &show(&jwt[1..])).await.unwrap().unwrap_err();
    assert!(refusal.starts_with("The JWT cannot be used"), "{refusal}");
    assert!(people.answer("dnb", "submit", &BTreeMap::new()).await.unwrap().is_err());
    assert!(people.answer("dnb", "other", &show(&jwt)).await.is_none());
    assert!(people.answer("nobody", "submit", &show(&jwt)).await.is_none());
    rig.hands.forward(MONTH);
    let late = people.answer("dnb", "submit", &show(&jwt)).await.unwrap().unwrap_err();
    assert!(late.contains("expired"), "{late}");
}

#[tokio::test]
async fn a_kid_and_a_typ_in_the_header_are_let_through() {
    let rig = Rig::start().await;
    let draft = registration(&rig.key).header("typ", "JWT").header("kid", rig.key.public().thumbprint());
    assert_eq!(rig.submit(&draft.sign(&rig.key)).await.status, 201);
    let skewed = registration(&rig.key).claim("iat", NOW + 60);
    assert_eq!(rig.submit(&skewed.sign(&rig.key)).await.status, 201);
}

#[tokio::test]
async fn registrations_that_break_a_rule_are_refused() {
    let rig = Rig::start().await;
    let base = || registration(&rig.key);
    let with_jwk = |change: &dyn Fn(&mut Value)| {
        let mut draft = base();
        change(&mut draft.claims["cnf"]["jwk"]);
        draft
    };
    let assertion = rig.assertion();
    for (draft, error, word) in [
        (base().header("alg", "RS256"), "invalid_jwt", "alg"),
        (base().header("jwk", json!({})), "invalid_jwt", "header"),
        (base().header("typ", "at+jwt"), "invalid_jwt", "typ"),
        (base().header("kid", "other"), "invalid_jwt", "kid"),
        (assertion, "invalid_claims", "registration"),
        (base().claim("cnf", json!({ "x5t#S256": "x" })), "invalid_claims", "jwk"),
        (base().claim("cnf", json!({ "jwk": rig.key.public().published(), "kid": "x" })), "invalid_claims", "jwk"),
        (base().claim("aud", "https://api.ciam.dnb.no"), "invalid_claims", "aud"),
        (base().claim("aud", json!([REGISTRATION_AUDIENCE])), "invalid_claims", "aud"),
        (base().without("aud"), "invalid_claims", "aud"),
        (base().without("iat"), "invalid_claims", "iat is missing"),
        (base().claim("iat", NOW.to_string()), "invalid_claims", "iat is not a number"),
        (base().claim("exp", json!("2026-10-01")), "invalid_claims", "exp is not a number"),
        (base().claim("iat", NOW + 61), "invalid_claims", "future"),
        (base().claim("exp", NOW), "invalid_claims", "expired"),
        (base().claim("iat", NOW + 30).claim("exp", NOW + 10), "invalid_claims", "after iat"),
        (base().claim("exp", NOW + MONTH + 1), "invalid_claims", "30 days"),
        (with_jwk(&|jwk| jwk["d"] = json!("AA")), "unsupported_key", "private"),
        (with_jwk(&|jwk| jwk["kid"] = Value::Null), "unsupported_key", "kid"),
        (with_jwk(&|jwk| jwk["kty"] = json!("RSA")), "unsupported_key", "EC"),
        (with_jwk(&|jwk| jwk["crv"] = json!("secp256k1")), "unsupported_key", "P-256"),
        (with_jwk(&|jwk| jwk["y"] = jwk["x"].clone()), "unsupported_key", "curve"),
    ] {
        rig.submit(&draft.sign(&rig.key)).await.assert_refused(400, error, word);
    }
    let stranger = base().sign(&PrivateKey::generate().unwrap());
    rig.submit(&stranger).await.assert_refused(400, "invalid_jwt", "cnf.jwk");
    let der = format!("{}.{}", base().input(), b64::encode(&rig.key.sign_der(base().input().as_bytes())));
    rig.submit(&der).await.assert_refused(400, "invalid_jwt", "DER");
    rig.submit("").await.assert_refused(400, "invalid_jwt", "three segments");
}

#[tokio::test]
async fn the_form_takes_text_only() {
    let rig = Rig::start().await;
    let jwt = registration(&rig.key).sign(&rig.key);
    let post = async |kind| rig.ciam(("POST", "/contact/clients"), &[("content-type", kind)], &jwt).await;
    assert_eq!(post("application/jose").await.status, 201);
    post("application/json").await.assert_refused(415, "unsupported_media_type", "text/plain");
    assert_eq!(rig.ciam(("GET", "/contact/clients"), &[], "").await.status, 405);
}
