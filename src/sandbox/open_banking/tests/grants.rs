//! Tokens for an assertion (RFC 7523) and for another token (RFC 8693), and every reason why not.

use super::*;

const JWT_BEARER: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
const EXCHANGE: (&str, &str) = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

#[tokio::test]
async fn an_assertion_buys_one_token_for_the_client_or_the_person_it_names() {
    let rig = Rig::start().await;
    for (sub, known) in [(rig.client_id.as_str(), Value::Null), ("ada", json!("ada"))] {
        let mut claims = rig.claims();
        claims["sub"] = sub.into();
        let assertion = rig.sign(&claims);
        let reply = rig.ask("/token", &[JWT_BEARER, ("assertion", &assertion)]).await;
        let body = reply.json();
        assert_eq!((reply.status, &body["token_type"]), (200, &json!("Bearer")), "{body}");
        assert!(body.get("refresh_token").is_none() && body.get("id_token").is_none(), "{body}");
        let token = body["access_token"].as_str().unwrap();
        assert_eq!(rig.introspect(token).await["sub"], known);
        assert_eq!(rig.accounts(token).await.status, 200);
        let again = rig.ask("/token", &[JWT_BEARER, ("assertion", &assertion)]).await;
        again.assert_refused(400, "invalid_grant", "used before");
    }
}

#[tokio::test]
async fn a_wrong_assertion_buys_nothing() {
    let rig = Rig::start().await;
    let now = rig.hands.now();
    for (claim, value, why) in [
        ("iss", json!("nobody"), "nobody who is known"),
        ("iss", Value::Null, "iss is missing"),
        ("sub", Value::Null, "sub is missing"),
        ("sub", json!("bo"), "neither"),
        ("sub", json!("another-client"), "neither"),
        ("aud", json!("https://elsewhere.example"), "aud"),
        ("aud", json!([ISSUER, "https://elsewhere.example"]), "aud"),
        ("exp", json!(now - 61), "exp"),
        ("exp", Value::Null, "exp is missing"),
        ("exp", json!("soon"), "number"),
        ("exp", json!(now + 4000), "1800"),
        ("iat", json!(now + 600), "future"),
        ("jti", Value::Null, "jti"),
    ] {
        let mut claims = rig.claims();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(claim);
        } else {
            claims[claim] = value;
        }
        let reply = rig.ask("/token", &[JWT_BEARER, ("assertion", &rig.sign(&claims))]).await;
        reply.assert_refused(400, "invalid_grant", why);
    }
    let stray = PrivateKey::generate().unwrap();
    let header = |typ| json!({ "alg": "PS256", "typ": typ, "kid": rig.key.public().thumbprint() });
    let forged = stray.jws_pss(&header("JWT"), &rig.claims()).unwrap();
    rig.ask("/token", &[JWT_BEARER, ("assertion", &forged)]).await.assert_refused(400, "invalid_grant", "signature");
    let other = rig.key.jws_pss(&header("client-authentication+jwt"), &rig.claims()).unwrap();
    rig.ask("/token", &[JWT_BEARER, ("assertion", &other)]).await.assert_refused(400, "invalid_grant", "typ");
    rig.ask("/token", &[JWT_BEARER]).await.assert_refused(400, "invalid_request", "assertion is missing");
    let good = rig.sign(&rig.claims());
    let asked = [JWT_BEARER, ("assertion", &good), ("scope", "admin")];
    rig.ask("/token", &asked).await.assert_refused(400, "invalid_scope", "scope");
}

#[tokio::test]
async fn a_token_is_exchanged_for_one_of_less_scope_for_one_service_that_ends_with_it() {
    let rig = Rig::start().await;
    let mut claims = rig.claims();
    claims["sub"] = "ada".into();
    let asked = [JWT_BEARER, ("assertion", &rig.sign(&claims)), ("scope", "accounts payments")];
    let subject = rig.token(&asked).await;
    rig.hands.forward(100);
    let actor = rig.own_token().await;
    let given = [EXCHANGE, ("subject_token", &subject), ("subject_token_type", ACCESS_TOKEN)];
    let more = [("actor_token", actor.as_str()), ("actor_token_type", ACCESS_TOKEN), ("scope", "accounts")];
    let asked = [&given[..], &more, &[("resource", "https://auth.openbank.countersign.example/accounts")]].concat();
    let reply = rig.ask("/token", &asked).await;
    let body = reply.json();
    assert_eq!((reply.status, &body["issued_token_type"]), (200, &json!(ACCESS_TOKEN)), "{body}");
    assert_eq!((&body["scope"], &body["expires_in"]), (&json!("accounts"), &json!(200)), "{body}");
    let first = body["access_token"].as_str().unwrap();
    let known = rig.introspect(first).await;
    assert_eq!((&known["sub"], &known["act"]), (&json!("ada"), &json!({ "sub": rig.client_id })));
    assert_eq!(known["aud"], format!("{ISSUER}/accounts"));
    assert_eq!(rig.accounts(first).await.status, 200);

    // exchanged again, whoever acted before is still told; for another service it is good for that alone
    let next = [EXCHANGE, ("subject_token", first), ("subject_token_type", ACCESS_TOKEN), ("audience", "payments")];
    let second = rig.token(&[&next[..], &more[..2]].concat()).await;
    let known = rig.introspect(&second).await;
    let act = json!({ "sub": rig.client_id, "act": { "sub": rig.client_id } });
    assert_eq!((&known["act"], &known["aud"]), (&act, &json!(format!("{ISSUER}/payments"))));
    rig.accounts(&second).await.assert_refused(401, "invalid_token", "another service");
    rig.hands.forward(201);
    assert_eq!(rig.introspect(&second).await, json!({ "active": false }));
}

#[tokio::test]
async fn a_wrong_exchange_is_refused_for_its_reason() {
    let rig = Rig::start().await;
    let token = rig.own_token().await;
    let id_token = "urn:ietf:params:oauth:token-type:id_token";
    let subject = ("subject_token", token.as_str());
    let kind = ("subject_token_type", ACCESS_TOKEN);
    for (asked, error, why) in [
        (&[kind][..], "invalid_request", "come together"),
        (&[], "invalid_request", "subject_token is missing"),
        (&[subject], "invalid_request", "come together"),
        (&[("subject_token", "nobody-gave-this"), kind], "invalid_request", "not known"),
        (&[subject, ("subject_token_type", id_token)], "invalid_request", "only access tokens"),
        (&[subject, kind, ("actor_token", &token)], "invalid_request", "come together"),
        (&[subject, kind, ("actor_token_type", ACCESS_TOKEN)], "invalid_request", "come together"),
        (&[subject, kind, ("requested_token_type", id_token)], "invalid_request", "issued here"),
        (&[subject, kind, ("scope", "openid")], "invalid_scope", "subject token"),
        (&[subject, kind, ("audience", "weather")], "invalid_target", "audience"),
        (&[subject, kind, ("resource", "https://elsewhere.example/accounts")], "invalid_target", "resource"),
        (&[subject, kind, ("audience", "accounts"), ("audience", "weather")], "invalid_target", "audience"),
    ] {
        let reply = rig.ask("/token", &[&[EXCHANGE], asked].concat()).await;
        reply.assert_refused(400, error, why);
    }
    rig.ask("/revoke", &[("token", &token)]).await;
    let reply = rig.ask("/token", &[EXCHANGE, subject, kind]).await;
    reply.assert_refused(400, "invalid_request", "not known");
}
