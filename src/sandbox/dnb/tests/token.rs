//! The token endpoint: the happy path, and every rule that refuses.

use super::*;
use crate::sandbox::Trouble;
use crate::sandbox::dnb::{INTERNATIONAL, ISSUER};
use crate::sandbox::jwt::Jwt;
use crate::sandbox::peer::Fingerprint;

#[tokio::test]
async fn a_good_request_gets_a_token_bound_to_its_certificate() {
    let rig = Rig::start().await;
    let reply = rig.ask(&rig.assertion().sign(&rig.key), &format!("{NORWAY} {INTERNATIONAL}")).await;
    assert_eq!((reply.status, reply.header("cache-control")), (200, "no-store"));
    assert_eq!(reply.header("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
    let body = reply.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(3600)));
    assert_eq!(body.as_object().unwrap().len(), 3);

    let token = Jwt::parse(body["access_token"].as_str().unwrap()).unwrap();
    let jwk = rig.ciam(("GET", "/jwks"), &[], "").await.json()["keys"][0].clone();
    let key = crate::sandbox::jwk::PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap();
    assert!(token.signed_by(&key));
    assert_eq!(token.kid(), jwk["kid"].as_str());
    let leaf = &rig.world.client("dnb", &[]).unwrap().unwrap().keys[1].chain[0];
    assert_eq!(token.claims["cnf"]["x5t#S256"], Fingerprint::of(leaf).x5t());
    assert_eq!(token.text("iss"), Some(ISSUER));
    assert_eq!(token.text("client_id"), Some(rig.id.as_str()));
    assert_eq!(token.claims["exp"], NOW + 3600);
}

#[tokio::test]
async fn every_documented_spelling_of_the_assertion_is_taken() {
    let rig = Rig::start().await;
    let base = || rig.assertion();
    for draft in [
        base().claim("aud", json!([TOKEN_ENDPOINT])),
        base().claim("aud", ISSUER).header("typ", "client-authentication+jwt"),
        base().without("kid"),
        base().without("typ"),
        base().without("nbf"),
        base().claim("exp", NOW + 1200),
        base().claim("iat", NOW + 60).claim("nbf", NOW + 60),
        base().claim("iat", NOW - 300).claim("exp", NOW - 59),
        base().claim("iat", 1_789_999_999.5),
        base().header("x5t", "ignored"),
    ] {
        let shown = draft.claims.to_string();
        assert_eq!(rig.ask_with(draft).await.status, 200, "{shown}");
    }
    let with_id = form(&base().sign(&rig.key), NORWAY) + "&" + &encode(&[("client_id", &rig.id), ("unknown", "x")]);
    let content_type = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
    assert_eq!(rig.ciam(("POST", "/as/token.oauth2"), &[content_type], &with_id).await.status, 200);
}

#[tokio::test]
async fn claims_that_break_a_rule_are_refused() {
    let rig = Rig::start().await;
    let base = || rig.assertion();
    let jwk = rig.key.public().published();
    for (draft, word) in [
        (base().without("iss"), "iss or sub"),
        (base().without("sub"), "iss or sub"),
        (base().claim("iss", 7), "iss or sub"),
        (base().claim("sub", "someone"), "differ"),
        (base().claim("iss", "someone").claim("sub", "someone"), "no such client"),
        (base().without("aud"), "aud"),
        (base().claim("aud", "https://mtls.auth.dnb.no/as/token.oauth2"), "aud"),
        (base().claim("aud", format!("{TOKEN_ENDPOINT}/")), "aud"),
        (base().claim("aud", json!([TOKEN_ENDPOINT, ISSUER])), "aud"),
        (base().claim("aud", json!([ISSUER])), "aud"),
        (base().without("jti"), "jti"),
        (base().claim("jti", "123456789012345"), "16 characters"),
        (base().claim("jti", 1_234_567_890_123_456_i64), "jti"),
        (base().without("iat"), "iat is missing"),
        (base().without("exp"), "exp is missing"),
        (base().claim("iat", NOW.to_string()), "iat is not a number"),
        (base().claim("exp", (NOW + 240).to_string()), "exp is not a number"),
        (base().claim("nbf", Value::Null), "nbf is not a number"),
        (base().claim("iat", NOW + 61), "future"),
        (base().claim("iat", NOW * 1000).claim("exp", NOW * 1000 + 240), "future"),
        (base().claim("nbf", NOW + 61), "not valid yet"),
        (base().claim("exp", NOW - 60).claim("iat", NOW - 300), "expired"),
        (base().claim("exp", NOW), "not after its iat"),
        (base().claim("exp", NOW + 1201), "1200"),
        (base().claim("cnf", json!({ "jwk": jwk })), "registration"),
    ] {
        rig.ask_with(draft).await.assert_refused(401, "invalid_client", word);
    }
}

#[tokio::test]
async fn headers_and_signatures_that_break_a_rule_are_refused() {
    let rig = Rig::start().await;
    let base = || rig.assertion();
    for (draft, word) in [
        (base().header("alg", "none"), "alg"),
        (base().header("alg", "RS256"), "alg"),
        (base().header("alg", "HS256"), "alg"),
        (base().header("kid", "VT8VpJCLznY5Hn304q4OHCQq0FVCaX"), "kid"),
        (base().header("typ", "at+jwt"), "typ"),
        (base().header("crit", json!(["exp"])), "extension"),
    ] {
        rig.ask_with(draft).await.assert_refused(401, "invalid_client", word);
    }
    let draft = base();
    let (input, good) = (draft.input(), draft.sign(&rig.key));
    let der = format!("{input}.{}", b64::encode(&rig.key.sign_der(input.as_bytes())));
    let stranger = draft.sign(&PrivateKey::generate().unwrap());
    for (text, word) in [
        (der.as_str(), "DER"),
        (&format!("{input}."), "64 bytes"),
        (&format!("{input}.{}", b64::encode(&[0; 64])), "signature"),
        (&stranger, "signature"),
        (&format!("{good}="), "base64url"),
        (&format!("{good}\n"), "base64url"),
        (&format!("{good}.x"), "three segments"),
        (&input, "three segments"),
        ("not a jwt", "three segments"),
    ] {
        rig.ask(text, NORWAY).await.assert_refused(401, "invalid_client", word);
    }
    assert_eq!(rig.ask(&good, NORWAY).await.status, 200, "a refused assertion is not spent");
}

#[tokio::test]
async fn an_assertion_is_good_for_one_use() {
    let rig = Rig::start().await;
    let assertion = rig.assertion();
    assert_eq!(rig.ask_with(assertion.clone()).await.status, 200);
    rig.ask_with(assertion.clone()).await.assert_refused(401, "invalid_client", "used before");
    let again = assertion.claim("exp", NOW + 300);
    rig.ask_with(again).await.assert_refused(401, "invalid_client", "used before");
    let spent_by_scope = rig.assertion();
    rig.ask(&spent_by_scope.sign(&rig.key), "other").await.assert_refused(400, "invalid_scope", "granted");
    rig.ask_with(spent_by_scope).await.assert_refused(401, "invalid_client", "used before");
}

#[tokio::test]
async fn a_clock_that_is_ten_minutes_off_is_refused_both_ways() {
    let rig = Rig::start().await;
    for (skew, word) in [(600, "expired"), (-600, "future")] {
        rig.world.trouble().on(Trouble::ClockSkew(skew));
        rig.ask_with(rig.assertion()).await.assert_refused(401, "invalid_client", word);
    }
    rig.world.trouble().on(Trouble::ClockSkew(50));
    assert_eq!(rig.ask_with(rig.assertion()).await.status, 200);
}

#[tokio::test]
async fn another_certificate_of_the_same_qtsp_is_refused() {
    let rig = Rig::start().await;
    let caller = rig.caller_with(&rig.other_certificate());
    let body = form(&rig.assertion().sign(&rig.key), NORWAY);
    let reply =
        caller.send(rig.addr(CIAM_HOST), CIAM_HOST, ("POST", "/as/token.oauth2"), &[FORM], &body).await.unwrap();
    reply.assert_refused(401, "invalid_client", "certificate");
}

#[tokio::test]
async fn scopes_are_those_that_were_granted() {
    let rig = Rig::start().await;
    let ask = async |scope: &str| rig.ask(&rig.assertion().sign(&rig.key), scope).await;
    for scope in ["", "  ", &format!("{NORWAY}  {INTERNATIONAL}"), &format!("{NORWAY},{INTERNATIONAL}"), "openid", "å"]
    {
        ask(scope).await.assert_refused(400, "invalid_scope", "");
    }
    assert_eq!(ask(INTERNATIONAL).await.status, 200);
}

#[tokio::test]
async fn the_form_is_read_strictly() {
    let rig = Rig::start().await;
    let good = || form(&rig.assertion().sign(&rig.key), NORWAY);
    let post = async |body: &str| rig.ciam(("POST", "/as/token.oauth2"), &[FORM], body).await;
    for (body, error, word) in [
        (good() + "&scope=x", "invalid_request", "more than once"),
        (good() + "&grant_type=client_credentials", "invalid_request", "more than once"),
        (good() + "&x=%zz", "invalid_request", "percent"),
        (good().replace('&', "\n&"), "invalid_request", "line break"),
        (good().replace("grant_type=client_credentials", "x=y"), "invalid_request", "grant_type"),
        (good().replace("client_credentials", "password"), "unsupported_grant_type", "client_credentials"),
        (good().replace("client_assertion_type", "x"), "invalid_request", "client_assertion_type"),
        (good() + "&client_secret=s", "invalid_request", "more than one way"),
        (String::new(), "invalid_request", "grant_type"),
    ] {
        post(&body).await.assert_refused(400, error, word);
    }
    for (body, word) in [
        (good().replace("jwt-bearer", "saml2-bearer"), "client_assertion_type"),
        (good().replace("client_assertion=", "x="), "there is none"),
        (good() + "&client_id=someone", "client_id"),
    ] {
        let reply = post(&body).await;
        reply.assert_refused(401, "invalid_client", word);
        assert_eq!(reply.header("pragma"), "no-cache");
        assert!(!reply.headers.contains_key("www-authenticate"));
    }
}

#[tokio::test]
async fn the_request_around_the_form_is_read_strictly() {
    let rig = Rig::start().await;
    let good = || form(&rig.assertion().sign(&rig.key), NORWAY);
    let path = "/as/token.oauth2";
    let json_type = ("content-type", "application/json");
    for (uri, headers, word) in [
        (path, vec![], "form"),
        (path, vec![json_type], "form"),
        (path, vec![FORM, json_type], "form"),
        ("/as/token.oauth2?grant_type=client_credentials", vec![FORM], "URL"),
        (path, vec![FORM, ("authorization", "Basic YTpi")], "more than one way"),
    ] {
        rig.ciam(("POST", uri), &headers, &good()).await.assert_refused(400, "invalid_request", word);
    }
    let basic = rig.ciam(("POST", path), &[FORM, ("authorization", "Basic YTpi")], "grant_type=client_credentials");
    let basic = basic.await;
    basic.assert_refused(401, "invalid_client", "private_key_jwt");
    assert!(basic.header("www-authenticate").starts_with("Basic"));
    for method in ["GET", "PUT", "DELETE"] {
        let reply = rig.ciam((method, path), &[], "").await;
        reply.assert_refused(405, "method_not_allowed", "");
        assert_eq!(reply.header("allow"), "POST");
    }
    let long = good() + "&x=" + &"a".repeat(64 * 1024);
    rig.ciam(("POST", path), &[FORM], &long).await.assert_refused(413, "payload_too_large", "");
}
