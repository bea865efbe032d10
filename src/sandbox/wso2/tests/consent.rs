//! Consents and the sign-in that grants them: a good walk to the accounts, then every rule that refuses.

use std::collections::BTreeMap;

use super::*;
use crate::sandbox::flaw::Refusal;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::testing::plainly;
use crate::sandbox::{Trouble, b64};
use openssl::sha::sha256;

const STATE: &str = "a-state-nobody-guesses";
const NONCE: &str = "a-nonce-nobody-guesses";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const JSON: (&str, &str) = ("content-type", "application/json");
const CONSENTS: &str = super::super::consents::PATH;
const ACCOUNTS: &str = super::super::consents::ACCOUNTS;

impl Rig {
    async fn api(&self, method: &str, path: &str, token: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        self.gateway((method, path), &[("authorization", &bearer), JSON, ("x-fapi-interaction-id", "i-1")], body).await
    }

    async fn intent(&self, token: &str) -> String {
        let body = json!({ "Data": { "Permissions": ["ReadAccountsBasic"] }, "Risk": {} }).to_string();
        let reply = self.api("POST", CONSENTS, token, &body).await;
        assert_eq!((reply.status, reply.header("x-fapi-interaction-id")), (201, "i-1"), "{}", reply.json());
        assert_eq!(reply.json()["Data"]["Status"], "AwaitingAuthorisation");
        reply.json()["Data"]["ConsentId"].as_str().unwrap().to_owned()
    }

    fn object(&self, id: &str, intent: &str) -> Draft {
        let now = self.hands.now();
        self.draft(json!({
            "iss": id, "aud": WSO2.issuer, "client_id": id, "nbf": now, "iat": now, "exp": now + 300,
            "response_type": "code id_token", "redirect_uri": CALLBACK, "scope": "openid accounts",
            "state": STATE, "nonce": NONCE, "code_challenge_method": "S256",
            "code_challenge": b64::encode(&sha256(VERIFIER.as_bytes())),
            "claims": { "id_token": { "openbanking_intent_id": { "value": intent, "essential": true } } },
        }))
    }

    fn url(&self, object: &Draft) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for name in ["client_id", "response_type", "scope"] {
            query.append_pair(name, object.claims[name].as_str().unwrap_or_default());
        }
        format!("{}?{}", WSO2.authorization_endpoint, query.append_pair("request", &object.sign(&self.key)).finish())
    }

    /// What the account holder's browser ends on.
    async fn granted(&self, object: &Draft) -> Result<String, String> {
        self.world.people().authorize(WSO2.id, &self.url(object), CALLBACK).await.unwrap()
    }

    async fn redeem(&self, id: &str, fields: &[(&str, &str)]) -> Reply {
        let assertion = self.assertion(id, WSO2.token_endpoint).sign(&self.key);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .append_pair("client_assertion_type", JWT_BEARER)
            .append_pair("client_assertion", &assertion)
            .finish();
        self.at(&self.caller, WSO2.server, ("POST", WSO2.token_path), &[FORM], &body).await
    }
}

fn parameters(text: &str) -> BTreeMap<String, String> {
    let query = text.split_once(['#', '?']).map_or(text, |(_, q)| q);
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

fn half(text: &str) -> String {
    b64::encode(&sha256(text.as_bytes())[..16])
}

fn code(code: &str) -> [(&str, &str); 4] {
    [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", CALLBACK), ("code_verifier", VERIFIER)]
}

#[tokio::test]
async fn a_granted_consent_leads_to_the_accounts_and_is_refreshed() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let app = rig.token(&id).await;
    let intent = rig.intent(&app).await;
    rig.api("GET", ACCOUNTS, &app, "").await.assert_refused(401, "invalid_token", "No consent");

    let back = rig.granted(&rig.object(&id, &intent)).await.unwrap();
    assert!(back.starts_with(&format!("{CALLBACK}#")), "{back}");
    let back = parameters(&back);
    assert_eq!(back["state"], STATE);
    let front = Jwt::parse_any(&back["id_token"]).unwrap().claims;
    assert_eq!(
        (&front["c_hash"], &front["s_hash"], &front["nonce"], &front["openbanking_intent_id"]),
        (&json!(half(&back["code"])), &json!(half(STATE)), &json!(NONCE), &json!(intent))
    );

    let tokens = rig.redeem(&id, &code(&back["code"])).await;
    assert_eq!(tokens.status, 200, "{}", tokens.json());
    let tokens = tokens.json();
    let text = |name: &str| tokens[name].as_str().unwrap();
    let claims = Jwt::parse_any(text("id_token")).unwrap().claims;
    assert_eq!(claims["at_hash"], half(text("access_token")));
    let accounts = rig.api("GET", ACCOUNTS, text("access_token"), "").await;
    assert_eq!((accounts.status, accounts.header("x-fapi-interaction-id")), (200, "i-1"));
    let consent = rig.api("GET", &format!("{CONSENTS}/{intent}"), &app, "").await;
    assert_eq!(consent.json()["Data"]["Status"], "Authorised");
    rig.redeem(&id, &code(&back["code"])).await.assert_refused(400, "invalid_grant", "used before");

    // each refresh token once; used again it ends the one that followed it
    let refresh = |token: &str| [("grant_type", "refresh_token".to_owned()), ("refresh_token", token.to_owned())];
    let spend = async |token: &str| {
        let fields = refresh(token);
        rig.redeem(&id, &fields.each_ref().map(|(n, v)| (*n, v.as_str()))).await
    };
    let second = spend(text("refresh_token")).await;
    assert_eq!(second.status, 200, "{}", second.json());
    let second = second.json();
    assert_eq!(rig.api("GET", ACCOUNTS, second["access_token"].as_str().unwrap(), "").await.status, 200);
    spend(text("refresh_token")).await.assert_refused(400, "invalid_grant", "used before");
    spend(second["refresh_token"].as_str().unwrap()).await.assert_refused(400, "invalid_grant", "No such");
}

#[tokio::test]
async fn the_account_holder_may_refuse() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let app = rig.token(&id).await;
    let intent = rig.intent(&app).await;
    let url = rig.world.for_browser(&rig.url(&rig.object(&id, &intent))).unwrap();
    let (_, _, page) = plainly(&url, "GET", "").await;
    assert!(page.contains("ReadAccountsBasic"), "{page}");
    let session = page.split_once("name=\"session\" value=\"").unwrap().1.split('"').next().unwrap();
    let to = rig.world.for_browser(&format!("https://{}{}", WSO2.server, WSO2.login_path)).unwrap();
    let (_, location, _) = plainly(&to, "POST", &format!("session={session}&decision=deny")).await;
    assert_eq!(parameters(&location)["error"], "access_denied");
    let consent = rig.api("GET", &format!("{CONSENTS}/{intent}"), &app, "").await;
    assert_eq!(consent.json()["Data"]["Status"], "Rejected");
    let again = rig.granted(&rig.object(&id, &intent)).await.unwrap();
    assert_eq!(parameters(&again)["error"], "invalid_request");
}

#[tokio::test]
async fn a_request_object_that_is_not_right_goes_back_with_the_reason() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let app = rig.token(&id).await;
    let intent = rig.intent(&app).await;
    let good = || rig.object(&id, &intent);
    let now = rig.hands.now();
    for (object, error, why) in [
        (good().header("alg", "RS256"), "invalid_request_object", "alg"),
        (good().header("kid", "another"), "invalid_request_object", "kid"),
        (good().claim("iss", "another"), "invalid_request_object", "iss"),
        (good().claim("aud", WSO2.token_path), "invalid_request_object", "aud"),
        (good().claim("request_uri", "https://tpp.countersign.example"), "invalid_request_object", "inside"),
        (good().without("nbf"), "invalid_request_object", "nbf is missing"),
        (good().claim("nbf", now - 3700).claim("exp", now + 60), "invalid_request_object", "60 minutes ago"),
        (good().claim("exp", now + 3700), "invalid_request_object", "longer"),
        (good().claim("exp", now), "invalid_request_object", "expired"),
        (good().claim("exp", "soon"), "invalid_request_object", "number"),
        (good().without("nonce"), "invalid_request_object", "nonce"),
        (good().claim("code_challenge_method", "plain"), "invalid_request_object", "S256"),
        (good().claim("claims", json!({})), "invalid_request_object", "openbanking_intent_id"),
        (rig.object(&id, "no-such-consent"), "invalid_request", "no such consent"),
        (good().claim("response_type", "code"), "unsupported_response_type", "registered"),
        (good().claim("response_mode", "query"), "invalid_request", "query"),
        (good().claim("scope", "openid"), "invalid_scope", "accounts"),
        (good().claim("scope", "openid accounts admin"), "invalid_scope", "registered"),
    ] {
        let back = parameters(&rig.granted(&object).await.unwrap());
        assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, STATE), "{back:?}");
        assert!(back["error_description"].contains(why), "{back:?}");
    }
    let stranger = PrivateKey::generate().unwrap();
    let url = rig.url(&good());
    let forged = url.replace(&good().sign(&rig.key), "").split_once("&request=").unwrap().0.to_owned();
    let forged = format!("{forged}&request={}", good().sign(&stranger));
    let back = rig.world.people().authorize(WSO2.id, &forged, CALLBACK).await.unwrap().unwrap();
    assert!(parameters(&back)["error_description"].contains("signature"), "{back}");
    // nowhere to go back to
    for object in [good().claim("redirect_uri", "https://evil.example/cb"), good().claim("client_id", "nobody")] {
        assert!(rig.granted(&object).await.is_err());
    }
    rig.world.trouble().on(Trouble::AtAuthorize(Refusal::ServerError));
    assert_eq!(parameters(&rig.granted(&good()).await.unwrap())["error"], "server_error");
}

#[tokio::test]
async fn a_code_is_good_for_its_own_client_with_its_verifier_for_a_minute() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let app = rig.token(&id).await;
    let intent = rig.intent(&app).await;
    let fresh = async || parameters(&rig.granted(&rig.object(&id, &intent)).await.unwrap())["code"].clone();
    let without = |code: &str, name: &str| {
        let all = [
            ("grant_type", "authorization_code".to_owned()),
            ("code", code.to_owned()),
            ("redirect_uri", CALLBACK.to_owned()),
            ("code_verifier", VERIFIER.to_owned()),
        ];
        all.into_iter().filter(|(n, _)| *n != name).collect::<Vec<_>>()
    };
    let send = async |fields: Vec<(&str, String)>| {
        rig.redeem(&id, &fields.iter().map(|(n, v)| (*n, v.as_str())).collect::<Vec<_>>()).await
    };
    send(without(&fresh().await, "code_verifier")).await.assert_refused(400, "invalid_grant", "code_verifier");
    send(without(&fresh().await, "redirect_uri")).await.assert_refused(400, "invalid_request", "redirect_uri");
    let (other, _) = rig.client().await;
    rig.redeem(&other, &code(&fresh().await)).await.assert_refused(400, "invalid_grant", "another client");
    let late = fresh().await;
    rig.hands.forward(61);
    rig.redeem(&id, &code(&late)).await.assert_refused(400, "invalid_grant", "60 seconds");
    rig.redeem(&id, &code("nobody-issued-this")).await.assert_refused(400, "invalid_grant", "No such");
}

#[tokio::test]
async fn the_api_takes_a_bound_token_for_accounts_and_a_whole_body() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let app = rig.token(&id).await;
    for (body, path) in [
        (json!({}), "Risk"),
        (json!({ "Data": { "Permissions": ["ReadAccountsBasic"] } }), "Risk"),
        (json!({ "Data": { "Permissions": [] }, "Risk": {} }), "Data.Permissions"),
        (json!({ "Data": { "Permissions": ["ReadMinds"] }, "Risk": {} }), "Data.Permissions"),
    ] {
        let reply = rig.api("POST", CONSENTS, &app, &body.to_string()).await;
        assert_eq!((reply.status, &reply.json()["Errors"][0]["Path"]), (400, &json!(path)), "{}", reply.json());
    }
    let bearer = format!("Bearer {app}");
    let headers = [("authorization", bearer.as_str()), JSON];
    let stolen = rig.at(&rig.stranger(), WSO2.gateway, ("POST", CONSENTS), &headers, "{}").await;
    stolen.assert_refused(401, "invalid_token", "another certificate");
    rig.api("GET", &format!("{CONSENTS}/another"), &app, "").await.assert_refused(404, "not_found", "no such");
}
