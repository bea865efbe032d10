//! The token endpoint and the accounts API.

use serde_json::json;

use super::*;
use crate::sandbox::Trouble;
use crate::sandbox::spv::AUDIENCE;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const TOKEN: (&str, &str) = ("POST", "/oauth/token");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ACCOUNTS: (&str, &str) = ("GET", "/v1/accounts");

impl Rig {
    fn body(&self) -> Value {
        json!({ "client_id": self.input("client_id"), "client_secret": self.input("client_secret"),
                "audience": AUDIENCE, "grant_type": "client_credentials" })
    }

    async fn ask(&self, body: &Value) -> Reply {
        self.send(TOKEN_HOST, TOKEN, &[JSON], &body.to_string()).await
    }

    async fn bearer(&self) -> String {
        let reply = self.ask(&self.body()).await;
        format!("Bearer {}", reply.json()["access_token"].as_str().unwrap())
    }

    async fn accounts(&self, bearer: &str, psu: &str) -> Reply {
        self.send(API_HOST, ACCOUNTS, &[("authorization", bearer), ("psu-id", psu)], "").await
    }
}

fn encode(pairs: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[tokio::test]
async fn a_partner_gets_a_token_by_json_by_form_and_by_basic() {
    let rig = Rig::start().await;
    let (id, secret) = (rig.input("client_id").to_owned(), rig.input("client_secret").to_owned());
    let grant = [("grant_type", "client_credentials"), ("audience", AUDIENCE)];
    let posted = encode(&[&grant[..], &[("client_id", &id), ("client_secret", &secret)]].concat());
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let replies = [
        rig.ask(&rig.body()).await,
        rig.send(TOKEN_HOST, TOKEN, &[FORM], &posted).await,
        rig.send(TOKEN_HOST, TOKEN, &[FORM, ("authorization", &basic)], &encode(&grant)).await,
    ];
    for reply in replies {
        let body = reply.json();
        assert_eq!((reply.status, &body["token_type"], &body["expires_in"]), (200, &json!("Bearer"), &json!(86_400)));
        let bearer = format!("Bearer {}", body["access_token"].as_str().unwrap());
        let accounts = rig.accounts(&bearer, rig.input("psu_id")).await;
        assert_eq!((accounts.status, accounts.json()["accounts"].as_array().unwrap().len()), (200, 2));
    }
}

#[tokio::test]
async fn token_requests_are_refused_as_auth0_refuses_them() {
    let rig = Rig::start().await;
    let with = |name: &str, value: Value| {
        let mut body = rig.body();
        body[name] = value;
        body
    };
    let without = |name: &str| {
        let mut body = rig.body();
        body.as_object_mut().unwrap().remove(name);
        body
    };
    for (body, status, error, word) in [
        (with("client_secret", json!("wrong")), 401, "access_denied", "Unauthorized"),
        (with("client_id", json!("nobody")), 401, "access_denied", "Unauthorized"),
        (without("client_secret"), 401, "access_denied", "Unauthorized"),
        (without("client_id"), 400, "invalid_request", "client_id"),
        (without("grant_type"), 400, "invalid_request", "grant_type"),
        (with("grant_type", json!("password")), 403, "unsupported_grant_type", "grant type"),
        (with("audience", json!(format!("{AUDIENCE}/"))), 403, "access_denied", "Service not found"),
        (with("audience", json!("a\"b\u{1b}")), 403, "access_denied", "Service not found: a?b?"),
        (without("audience"), 403, "access_denied", "audience"),
        (with("audience", json!([AUDIENCE])), 400, "invalid_request", "no text"),
    ] {
        rig.ask(&body).await.assert_refused(status, error, word);
    }
    let body = rig.body().to_string();
    let unquoted = r#"{"client_id":[client_id],"grant_type":"client_credentials"}"#;
    rig.send(TOKEN_HOST, TOKEN, &[JSON], unquoted).await.assert_refused(400, "invalid_request", "JSON object");
    rig.send(TOKEN_HOST, TOKEN, &[], &body).await.assert_refused(400, "invalid_request", "neither JSON nor a form");
    let in_url = rig.send(TOKEN_HOST, ("POST", "/oauth/token?a=b"), &[JSON], &body).await;
    in_url.assert_refused(400, "invalid_request", "URL");
    let basic = |text: &str| format!("Basic {}", STANDARD.encode(text));
    for (header, word) in [(basic("a:b"), "more than one"), ("Basic !".into(), "Basic"), (basic("no colon"), "Basic")] {
        let reply = rig.send(TOKEN_HOST, TOKEN, &[JSON, ("authorization", &header)], &body).await;
        reply.assert_refused(400, "invalid_request", word);
    }
    assert_eq!(rig.send(TOKEN_HOST, ("GET", "/oauth/token"), &[], "").await.status, 405);
    rig.world.trouble().on(Trouble::NotGranted);
    rig.ask(&rig.body()).await.assert_refused(403, "unauthorized_client", "client-grant");
}

#[tokio::test]
async fn the_api_wants_a_token_of_its_own_and_a_customer_it_knows() {
    let rig = Rig::start().await;
    let (bearer, psu) = (rig.bearer().await, rig.input("psu_id").to_owned());
    for (number, status, error) in [
        ("0101545006", 400, "invalid_request"),
        ("01015450069", 400, "invalid_request"),
        ("41015450051", 403, "access_denied"),
    ] {
        rig.accounts(&bearer, number).await.assert_refused(status, error, "");
    }
    let none = rig.send(API_HOST, ACCOUNTS, &[("authorization", &bearer)], "").await;
    none.assert_refused(400, "invalid_request", "PSU-ID is missing");
    let twice = [("authorization", bearer.as_str()), ("psu-id", &psu), ("psu-id", &psu)];
    rig.send(API_HOST, ACCOUNTS, &twice, "").await.assert_refused(400, "invalid_request", "PSU-ID");
    rig.accounts("Bearer $access_token", &psu).await.assert_refused(400, "invalid_request", "Bearer");
    rig.accounts("Bearer opaque", &psu).await.assert_refused(401, "invalid_token", "malformed");
    let forged = format!("{}.AAAA", bearer.rsplit_once('.').unwrap().0);
    rig.accounts(&forged, &psu).await.assert_refused(401, "invalid_token", "not issued here");
    let other = Rig::start().await.bearer().await;
    rig.accounts(&other, &psu).await.assert_refused(401, "invalid_token", "not issued here");
    rig.world.trouble().on(Trouble::NotGranted);
    rig.accounts(&bearer, &psu).await.assert_refused(403, "access_denied", "customer");
    rig.world.trouble().clear();
    rig.hands.forward(86_399);
    assert_eq!(rig.accounts(&bearer, &psu).await.status, 200);
    rig.hands.forward(1);
    rig.accounts(&bearer, &psu).await.assert_refused(401, "invalid_token", "expired");
}

#[tokio::test]
async fn limits_and_gateways_answer_on_demand() {
    let rig = Rig::start().await;
    rig.world.trouble().on(Trouble::TooManyRequests);
    let reply = rig.ask(&rig.body()).await;
    reply.assert_refused(429, "too_many_requests", "limit");
    assert_eq!((reply.header("retry-after"), reply.header("x-ratelimit-remaining")), ("7", "0"));
    rig.world.trouble().clear();
    rig.world.trouble().on(Trouble::HtmlPage);
    let reply = rig.ask(&rig.body()).await;
    assert!(reply.status == 502 && reply.body.starts_with(b"<!doctype html>"));
}
