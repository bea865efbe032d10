//! The token endpoint: the happy path, and every rule that refuses.

use super::*;
use crate::sandbox::{Brought, Refusal, Trouble};

#[tokio::test]
async fn a_code_is_good_for_one_answer() {
    let rig = Rig::start().await;
    let code = rig.code().await;
    let reply = rig.redeem(&rig.fields(&code)).await;
    assert_eq!((reply.status, reply.header("cache-control"), reply.header("pragma")), (200, "no-store", "no-cache"));
    let body = reply.json();
    assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(body["id_token"].as_str().unwrap().split('.').count(), 5);
    assert_eq!(body.as_object().unwrap().len(), 4);
    rig.redeem(&rig.fields(&code)).await.assert_refused(400, "invalid_grant", "used before");
}

#[tokio::test]
async fn a_code_lives_sixty_seconds() {
    let rig = Rig::start().await;
    let (one, two) = (rig.code().await, rig.code().await);
    rig.hands.forward(60);
    assert_eq!(rig.redeem(&rig.fields(&one)).await.status, 200);
    rig.hands.forward(1);
    rig.redeem(&rig.fields(&two)).await.assert_refused(400, "invalid_grant", "60 seconds");
    rig.redeem(&rig.fields("never")).await.assert_refused(400, "invalid_grant", "No such code");
}

#[tokio::test]
async fn a_code_belongs_to_its_request() {
    let rig = Rig::start().await;
    let mut fields = rig.fields(&rig.code().await);
    fields.insert("redirect_uri", REDIRECT_URIS[1].to_owned());
    let reply = rig.redeem(&fields).await;
    reply.assert_refused(400, "invalid_grant", "redirect_uri");
    assert!(reply.json()["error_description"].as_str().unwrap().contains("{Trace ID:"));
    assert!(reply.json()["error_uri"].as_str().unwrap().ends_with("/errorcodes"));

    // the other id of the same broker is another client
    let code = rig.code().await;
    let mut fields = rig.fields(&code);
    fields.insert("client_id", rig.chained.clone());
    let assertion = rig.assertion().claim("iss", rig.chained.clone()).claim("sub", rig.chained.clone());
    fields.insert("client_assertion", assertion.sign(&rig.signing));
    rig.redeem(&fields).await.assert_refused(400, "invalid_grant", "another client");
    assert_eq!(rig.redeem(&rig.fields(&code)).await.status, 200, "the other client did not spend it");
}

#[tokio::test]
async fn both_client_ids_work() {
    let rig = Rig::start().await;
    let id = rig.chained.clone();
    let object = rig.object().claim("iss", id.clone()).claim("client_id", id.clone());
    let url = rig.url(&object).replace(&rig.id, &id);
    let page = rig.visit(&url).await;
    let code = parameters(&rig.decide(&page, &[("person", "0"), ("decision", "allow")]).await)["code"].clone();
    let mut fields = rig.fields(&code);
    fields.insert("client_id", id.clone());
    fields.insert(
        "client_assertion",
        rig.assertion().claim("iss", id.clone()).claim("sub", id.clone()).sign(&rig.signing),
    );
    assert_eq!(rig.redeem(&fields).await.status, 200);
}

#[tokio::test]
async fn pkce_is_held_where_it_is_used() {
    let rig = Rig::start().await;
    // RFC 7636 appendix B
    let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned();
    let object = || {
        let object = rig.object().claim("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        object.claim("code_challenge_method", "S256")
    };
    for (sent, word) in [(None, "missing"), (Some("wrong".to_owned()), "not the one")] {
        let mut fields = rig.fields(&rig.code_for(&object()).await);
        fields.extend(sent.map(|v| ("code_verifier", v)));
        rig.redeem(&fields).await.assert_refused(400, "invalid_grant", word);
    }
    let mut fields = rig.fields(&rig.code_for(&object()).await);
    fields.insert("code_verifier", verifier.clone());
    assert_eq!(rig.redeem(&fields).await.status, 200);
    let mut fields = rig.fields(&rig.code().await);
    fields.insert("code_verifier", verifier);
    rig.redeem(&fields).await.assert_refused(400, "invalid_grant", "no code_challenge");
}

#[tokio::test]
async fn assertions_that_break_a_rule_are_refused_and_cost_nothing() {
    let rig = Rig::start().await;
    let code = rig.code().await;
    let base = || rig.assertion();
    for (draft, word) in [
        (base().header("alg", "RS384"), "alg"),
        (base().header("typ", "client-authentication+jwt"), "typ"),
        (base().header("kid", "other"), "kid"),
        (base().without("kid"), "kid"),
        (base().header("crit", json!(["exp"])), "extension"),
        (base().without("iss"), "iss"),
        (base().claim("iss", "someone"), "iss"),
        (base().without("sub"), "sub"),
        (base().claim("sub", "d71a4edca5504b93a585f03dfb14267a"), "sub"),
        (base().without("aud"), "aud"),
        (base().claim("aud", json!([TOKEN_ENDPOINT])), "aud"),
        (base().claim("aud", format!("{TOKEN_ENDPOINT}/")), "aud"),
        (base().without("exp"), "exp is missing"),
        (base().claim("exp", (NOW + 120).to_string()), "exp is not a number"),
        (base().claim("exp", NOW + 601), "10 minutes"),
        (base().claim("exp", NOW - 60), "expired"),
        (base().claim("iat", NOW + 61), "not valid yet"),
        (base().without("jti"), "jti"),
        (base().claim("jti", 7), "jti"),
    ] {
        let mut fields = rig.fields(&code);
        fields.insert("client_assertion", draft.sign(&rig.signing));
        rig.redeem(&fields).await.assert_refused(401, "invalid_client", word);
    }
    let mut fields = rig.fields(&code);
    fields.insert("client_assertion", rig.assertion().sign(&PrivateKey::generate().unwrap()));
    rig.redeem(&fields).await.assert_refused(401, "invalid_client", "signature");
    let issuer = rig.assertion().claim("aud", ISSUER).without("iat");
    fields.insert("client_assertion", issuer.sign(&rig.signing));
    assert_eq!(rig.redeem(&fields).await.status, 200);
}

#[tokio::test]
async fn a_jti_comes_once_in_ten_minutes() {
    let rig = Rig::start().await;
    let jti = "00112233-4455-4677-8899-aabbccddeeff";
    let fields = async || {
        let mut fields = rig.fields(&rig.code().await);
        fields.insert("client_assertion", rig.assertion().claim("jti", jti).sign(&rig.signing));
        fields
    };
    assert_eq!(rig.redeem(&fields().await).await.status, 200);
    rig.redeem(&fields().await).await.assert_refused(401, "invalid_client", "used before");
    rig.hands.forward(599);
    rig.redeem(&fields().await).await.assert_refused(401, "invalid_client", "used before");
    rig.hands.forward(600);
    assert_eq!(rig.redeem(&fields().await).await.status, 200);
}

#[tokio::test]
async fn the_request_is_read_strictly() {
    let rig = Rig::start().await;
    let good = rig.fields("code");
    for name in good.keys() {
        let mut fields = good.clone();
        fields.remove(name);
        rig.redeem(&fields).await.assert_refused(400, "invalid_request", name);
    }
    let with = |name: &'static str, value: &str| {
        let mut fields = good.clone();
        fields.insert(name, value.to_owned());
        fields
    };
    for (fields, status, error, word) in [
        (with("grant_type", "refresh_token"), 400, "unsupported_grant_type", "authorization_code"),
        (with("client_assertion_type", &JWT_BEARER.replace("jwt-", "jwt_")), 400, "invalid_request", "JWTs"),
        (with("client_secret", "s"), 400, "invalid_request", "more than one way"),
        (with("client_id", "nobody"), 401, "unauthorized_client", "No such client"),
        (with("client_assertion", "x"), 401, "invalid_client", "three segments"),
    ] {
        rig.redeem(&fields).await.assert_refused(status, error, word);
    }
    let (path, json_type) = (path_of("/connect/token"), ("content-type", "application/json"));
    for (uri, headers, body, word) in [
        (path.as_str(), vec![json_type], "{}", "form"),
        (&path, vec![], "", "form"),
        (&path, vec![FORM, json_type], "", "form"),
        (&format!("{path}?code=x"), vec![FORM], "", "URL"),
        (&path, vec![FORM, ("authorization", "Basic YTpi")], "a=b", "more than one way"),
        (&path, vec![FORM], "a=1&a=2", "more than once"),
    ] {
        rig.send(("POST", uri), &headers, body).await.assert_refused(400, "invalid_request", word);
    }
    let long = format!("x={}", "a".repeat(64 * 1024));
    rig.send(("POST", &path), &[FORM], &long).await.assert_refused(413, "payload_too_large", "");
    rig.send(("GET", &path), &[], "").await.assert_refused(405, "method_not_allowed", "");
}

#[tokio::test]
async fn every_error_can_be_had_on_demand() {
    let rig = Rig::start().await;
    for refusal in Refusal::ALL {
        rig.world.trouble().on(Trouble::AtToken(*refusal));
        let reply = rig.redeem(&rig.fields(&rig.code().await)).await;
        let status = match refusal {
            Refusal::InvalidClient | Refusal::UnauthorizedClient => 401,
            Refusal::ServerError => 500,
            _ => 400,
        };
        reply.assert_refused(status, refusal.code(), "switched on");
    }
}

#[tokio::test]
async fn brought_keys_are_registered() {
    let rig = Rig::start().await;
    let key = PrivateKey::generate().unwrap();
    let brought =
        |role: &str, key: &PrivateKey| Brought { role: role.to_owned(), spki: key.spki().unwrap(), certified: false };
    let entity = PrivateKey::generate().unwrap();
    let all = [brought("signing", &key), brought("encryption", &rig.encryption), brought("entity", &entity)];
    let client = rig.world.client(BANK, &all).unwrap().unwrap();
    assert!(client.keys.is_empty() && client.certified.is_empty());
    assert_eq!(client.inputs, rig.world.client(BANK, &all).unwrap().unwrap().inputs, "the same keys, the same client");
    let id = client.inputs[0].1.clone();
    assert_ne!(id, rig.id);
    let object = rig.object().claim("iss", id.clone()).claim("client_id", id.clone());
    let object = object.header("kid", key.public().thumbprint());
    let pairs = [
        ("client_id", id.as_str()),
        ("response_type", "code"),
        ("scope", "openid ftn_hetu"),
        ("request", &object.sign(&key)),
    ];
    assert_eq!(rig.visit(&format!("{AUTHORIZATION_ENDPOINT}?{}", encode(&pairs))).await.status, 200);

    let one = rig.world.client(BANK, &[brought("signing", &key)]).unwrap().unwrap();
    assert_eq!(one.keys.iter().map(|k| k.role.as_str()).collect::<Vec<_>>(), ["encryption", "entity"]);
}
