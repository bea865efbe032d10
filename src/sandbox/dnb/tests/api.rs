//! The pre-validation API and what it asks of a token.

use super::*;
use crate::sandbox::Trouble;
use crate::sandbox::dnb::{INTERNATIONAL, ISSUER};

const JSON: (&str, &str) = ("content-type", "application/json");
const VALIDATE: (&str, &str) = ("POST", "/v1/accounts/validate");

impl Rig {
    async fn bearer(&self, token: &str) -> Reply {
        self.api(("GET", "/"), &[("authorization", &format!("Bearer {token}"))], "").await
    }
}

#[tokio::test]
async fn a_token_opens_the_api_for_its_scopes() {
    let rig = Rig::start().await;
    let token = rig.access_token(NORWAY).await;
    let reply = rig.bearer(&token).await;
    assert_eq!((reply.status, reply.json()["client_id"].as_str()), (200, Some(rig.id.as_str())));
    let bearer = format!("Bearer {token}");
    let ask = async |body: &str| rig.api(VALIDATE, &[JSON, ("authorization", &bearer)], body).await;
    let reply = ask(r#"{"account_number":"86011117947"}"#).await;
    assert_eq!((reply.status, reply.json()["valid"].as_bool()), (200, Some(true)));
    assert_eq!(ask(r#"{"account_number":"86011117948"}"#).await.json()["valid"], false);
    let foreign = ask(r#"{"iban":"GB29NWBK60161331926819"}"#).await;
    foreign.assert_refused(403, "insufficient_scope", INTERNATIONAL);
    assert!(foreign.header("www-authenticate").contains(INTERNATIONAL));
    for body in
        ["{}", "[]", r#"{"account_number":1}"#, r#"{"iban":"x","account_number":"y"}"#, r#"{"iban":"a","iban":"b"}"#]
    {
        ask(body).await.assert_refused(400, "invalid_request", "account_number");
    }
}

#[tokio::test]
async fn both_scopes_validate_ibans_too() {
    let rig = Rig::start().await;
    let bearer = format!("Bearer {}", rig.access_token(&format!("{NORWAY} {INTERNATIONAL}")).await);
    let reply = rig.api(VALIDATE, &[JSON, ("authorization", &bearer)], r#"{"iban":"NO9386011117947"}"#).await;
    assert_eq!(reply.json(), json!({ "iban": "NO9386011117947", "valid": true }));
    let text = ("content-type", "text/plain");
    let reply = rig.api(VALIDATE, &[text, ("authorization", &bearer)], "{}").await;
    reply.assert_refused(415, "unsupported_media_type", "json");
    assert_eq!(rig.api(("GET", VALIDATE.1), &[("authorization", &bearer)], "").await.status, 405);
}

#[tokio::test]
async fn a_missing_or_misplaced_token_is_refused_as_rfc_6750_says() {
    let rig = Rig::start().await;
    let none = rig.api(("GET", "/"), &[], "").await;
    none.assert_refused(401, "unauthorized", "token");
    assert_eq!(none.header("www-authenticate"), format!("Bearer realm=\"{API_HOST}\""));
    let token = rig.access_token(NORWAY).await;
    let in_url = rig.api(("GET", &format!("/?access_token={token}")), &[], "").await;
    in_url.assert_refused(400, "invalid_request", "URL");
    let both = [("authorization", format!("Bearer {token}"))];
    let both = both.each_ref().map(|(n, v)| (*n, v.as_str()));
    rig.api(("GET", "/?access_token=x"), &both, "").await.assert_refused(400, "invalid_request", "URL");
}

#[tokio::test]
async fn tokens_that_are_old_foreign_or_forged_are_refused() {
    let rig = Rig::start().await;
    let token = rig.access_token(NORWAY).await;
    let refused = |reply: Reply, word: &str| {
        reply.assert_refused(401, "invalid_token", word);
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
    };
    refused(rig.bearer("opaque").await, "malformed");
    refused(rig.bearer(&rig.assertion().sign(&rig.key)).await, "not issued here");
    let (head, signature) = token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
    refused(rig.bearer(&format!("{head}.{flipped}{}", &signature[1..])).await, "not issued here");

    let thief = rig.caller_with(&rig.other_certificate());
    let bearer = format!("Bearer {token}");
    let stolen = thief.send(rig.addr(API_HOST), API_HOST, ("GET", "/"), &[("authorization", &bearer)], "").await;
    refused(stolen.unwrap(), "certificate");

    rig.hands.forward(3599);
    assert_eq!(rig.bearer(&token).await.status, 200);
    rig.hands.forward(1);
    refused(rig.bearer(&token).await, "expired");
}

#[tokio::test]
async fn a_token_outlives_the_rotation_of_the_key_that_signed_it() {
    let rig = Rig::start().await;
    let before = rig.access_token(NORWAY).await;
    rig.world.trouble().on(Trouble::RotatedKey);
    let after = rig.access_token(NORWAY).await;
    assert_eq!(rig.bearer(&before).await.status, 200);
    assert_eq!(rig.bearer(&after).await.status, 200);
    let kid = |token: &str| crate::sandbox::jwt::Jwt::parse(token).unwrap().kid().unwrap().to_owned();
    assert_ne!(kid(&before), kid(&after));
    let metadata = rig.ciam(("GET", "/.well-known/openid-configuration"), &[], "").await;
    assert_eq!(metadata.json()["issuer"], ISSUER);
}
