//! Registration and what follows it: the script of the UK's own conformance tool first, then every rule that refuses.

use super::*;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::{RegistrationFlaw, Trouble};

#[tokio::test]
async fn the_conformance_tools_script_goes_as_it_expects() {
    let rig = Rig::start().await;
    let reply = rig.register(&rig.good()).await;
    assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"));
    let record = reply.json();
    assert_eq!(
        (&record["client_id_issued_at"], &record["software_statement"]),
        (&json!(NOW), &json!(rig.input("ssa")))
    );
    assert!(
        ["iss", "aud", "exp", "jti", "client_secret", "registration_access_token"]
            .iter()
            .all(|m| record.get(*m).is_none())
    );
    for draft in [
        rig.good().without("redirect_uris"),
        rig.good().without("software_statement"),
        rig.good().without("token_endpoint_auth_method"),
        rig.good().claim("exp", NOW - 1),
        rig.good().claim("response_types", json!(["token"])),
    ] {
        assert_eq!(rig.register(&draft).await.status, 400, "{}", draft.claims);
    }
    let id = record["client_id"].as_str().unwrap();
    let token = rig.token(id).await;
    let read = rig.manage("GET", id, &token, "").await;
    assert_eq!((read.status, read.json()), (200, record.clone()));
    rig.manage("GET", id, "nobody-gave-this", "").await.assert_refused(401, "invalid_token", "not good");
    let changed = rig.good().claim("scope", "openid accounts").sign(&rig.key);
    let replaced = rig.manage("PUT", id, &token, &changed).await;
    assert_eq!((replaced.status, &replaced.json()["scope"]), (200, &json!("openid accounts")));
    assert_eq!(rig.manage("GET", id, &token, "").await.json(), replaced.json(), "long-lived tokens survive an update");
    for method in ["GET", "PUT"] {
        let token = rig.token(id).await;
        let wrong = rig.manage(method, "another", &token, &rig.good().sign(&rig.key)).await;
        wrong.assert_refused(401, "invalid_token", "not good");
        assert!(wrong.header("www-authenticate").starts_with("Bearer"));
        rig.manage("GET", id, &token, "").await.assert_refused(401, "invalid_token", "not good");
    }
    let deleted = rig.manage("DELETE", id, &token, "").await;
    assert_eq!((deleted.status, deleted.body.len()), (204, 0));
    rig.manage("GET", id, &token, "").await.assert_refused(401, "invalid_token", "not good");
    rig.ask(&rig.assertion(id, WSO2.token_endpoint)).await.assert_refused(401, "invalid_client", "no such client");
}

#[tokio::test]
async fn a_token_is_bound_to_its_certificate_and_good_while_it_lasts() {
    let rig = Rig::start().await;
    let (id, token) = rig.client().await;
    let jwt = Jwt::parse_any(&token).unwrap();
    let leaf = &rig.demo.keys.iter().find(|k| k.role == "transport").unwrap().chain[0];
    assert_eq!(jwt.claims["cnf"]["x5t#S256"], Fingerprint::of(leaf).x5t());
    assert_eq!((jwt.text("client_id"), jwt.text("iss")), (Some(id.as_str()), Some(WSO2.issuer)));
    let path = format!("{}/{id}", WSO2.registration_path);
    let bearer = format!("Bearer {token}");
    let get =
        async |caller: &Caller| rig.at(caller, WSO2.gateway, ("GET", &path), &[("authorization", &bearer)], "").await;
    assert_eq!(get(&rig.caller).await.status, 200);
    let none = Caller::new(rig.servers.root_der(), None, &rig.hands.clock());
    get(&none).await.assert_refused(401, "invalid_client", "certificate");
    rig.hands.forward(3601);
    rig.manage("GET", &id, &token, "").await.assert_refused(401, "invalid_token", "not good");
    let fresh = rig.token(&id).await;
    let theirs = format!("Bearer {fresh}");
    let stolen = rig.at(&rig.stranger(), WSO2.gateway, ("GET", &path), &[("authorization", &theirs)], "").await;
    stolen.assert_refused(401, "invalid_token", "not good");
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused_with_its_code() {
    let rig = Rig::start().await;
    let metadata = "invalid_client_metadata";
    let statement = rig.input("ssa").to_owned();
    let own = rig.draft(Jwt::parse_any(&statement).unwrap().claims.into()).sign(&rig.key);
    for (draft, error, word) in [
        (rig.good().claim("iss", "someone"), metadata, "iss"),
        (rig.good().claim("aud", "https://elsewhere.example"), metadata, "aud"),
        (rig.good().claim("exp", NOW + 1801), metadata, "1800"),
        (rig.good().claim("iat", "now"), metadata, "iat is not a number"),
        (rig.good().claim("jti", "short"), metadata, "jti"),
        (rig.good().claim("client_id", "mine"), metadata, "client_id"),
        (rig.good().claim("registration_client_uri", "https://x"), metadata, "bank's to say"),
        (rig.good().claim("software_id", "other"), metadata, "software_id"),
        (rig.good().claim("scope", "accounts  payments"), metadata, "scope"),
        (rig.good().claim("grant_types", json!([])), metadata, "grant type"),
        (rig.good().claim("response_types", json!([])), metadata, "together"),
        (rig.good().claim("id_token_signed_response_alg", "RS256"), metadata, "PS256"),
        (rig.good().claim("id_token_encrypted_response_enc", "A256GCM"), metadata, "stands without"),
        (rig.good().claim("backchannel_token_delivery_mode", "poll"), metadata, "CIBA"),
        (rig.good().header("alg", "RS256"), metadata, "alg"),
        (rig.good().header("jku", "https://x"), metadata, "brings a key"),
        (rig.good().header("kid", rig.key.public().thumbprint()), metadata, "kid"),
        (rig.good().without("typ"), metadata, "typ"),
        (
            rig.good().claim("redirect_uris", json!(["https://tpp.countersign.example/third"])),
            "invalid_redirect_uri",
            "statement",
        ),
        (
            rig.good().claim("software_statement", statement.replace('.', "..")),
            "invalid_software_statement",
            "segments",
        ),
        (rig.good().claim("software_statement", own), "invalid_software_statement", "directory's JWKS"),
    ] {
        rig.register(&draft).await.assert_refused(400, error, word);
    }
    let draft = rig.good();
    let stranger = draft.sign(&PrivateKey::generate().unwrap());
    let post = async |body: &str| rig.gateway(("POST", WSO2.registration_path), &[JWT], body).await;
    post(&stranger).await.assert_refused(400, metadata, "signature");
    post(&format!("{}\n", draft.sign(&rig.key))).await.assert_refused(400, metadata, "base64url");
    assert_eq!(rig.register(&draft).await.status, 201, "a refused request is not spent");
    rig.register(&draft).await.assert_refused(400, metadata, "used before");
}

#[tokio::test]
async fn bodies_of_three_kinds_are_read_and_no_others() {
    let rig = Rig::start().await;
    let post = async |kind: &str, body: &str| {
        rig.gateway(("POST", WSO2.registration_path), &[("content-type", kind)], body).await
    };
    assert_eq!(post("application/jose", &rig.good().sign(&rig.key)).await.status, 201);
    assert_eq!(post("application/json; charset=UTF-8", &rig.good().claims.to_string()).await.status, 201);
    post("application/json", "[]").await.assert_refused(400, "invalid_client_metadata", "JSON object");
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        post(kind, &rig.good().sign(&rig.key)).await.assert_refused(415, "unsupported_media_type", "application/jwt");
    }
    post("application/jwt", &"a".repeat(70_000)).await.assert_refused(413, "payload_too_large", "");
    let (stranger, body) = (rig.stranger(), rig.good().sign(&rig.key));
    let theirs = rig.at(&stranger, WSO2.gateway, ("POST", WSO2.registration_path), &[JWT], &body).await;
    theirs.assert_refused(401, "invalid_client", "another organisation");
    let get = rig.gateway(("GET", WSO2.registration_path), &[], "").await;
    get.assert_refused(405, "method_not_allowed", "");
}

#[tokio::test]
async fn a_client_of_a_certificate_asks_without_an_assertion() {
    let rig = Rig::start().await;
    let leaf = &rig.demo.keys.iter().find(|k| k.role == "transport").unwrap().chain[0];
    let subject = crate::sandbox::wso2::name::subject(leaf).unwrap();
    let draft =
        rig.good().without("token_endpoint_auth_signing_alg").claim("token_endpoint_auth_method", "tls_client_auth");
    rig.register(&draft.clone().claim("tls_client_auth_subject_dn", "CN=x")).await.assert_refused(
        400,
        "invalid_client_metadata",
        "subject",
    );
    let by_number = subject.replace("organizationIdentifier", "2.5.4.97");
    let reply = rig.register(&draft.claim("jti", rig.jti()).claim("tls_client_auth_subject_dn", by_number)).await;
    let id = reply.json()["client_id"].as_str().unwrap().to_owned();
    let ask =
        async |caller: &Caller, body: &str| rig.at(caller, WSO2.server, ("POST", WSO2.token_path), &[FORM], body).await;
    let body = format!("grant_type=client_credentials&client_id={id}");
    let granted = ask(&rig.caller, &body).await;
    assert_eq!((granted.status, &granted.json()["scope"]), (200, &json!("openid accounts payments")));
    ask(&rig.stranger(), &body).await.assert_refused(401, "invalid_client", "certificate");
    ask(&rig.caller, "grant_type=client_credentials").await.assert_refused(400, "invalid_request", "client_id");
    rig.ask(&rig.assertion(&id, WSO2.token_endpoint)).await.assert_refused(401, "invalid_client", "another method");
}

#[tokio::test]
async fn an_assertion_that_breaks_a_rule_is_refused() {
    let rig = Rig::start().await;
    let id = rig.input("client_id").to_owned();
    let good = || rig.assertion(&id, WSO2.token_endpoint);
    for (draft, word) in [
        (good().claim("aud", "https:/localhost:9446/oauth2/token"), "aud"),
        (good().claim("exp", NOW - 1), "after its iat"),
        (good().claim("jti", "1684099813"), "16 characters"),
        (good().claim("sub", "other"), "differ"),
        (good().header("kid", "other"), "kid"),
        (good().header("alg", "RS256"), "alg"),
    ] {
        rig.ask(&draft).await.assert_refused(401, "invalid_client", word);
    }
    let draft = good().without("typ");
    assert_eq!(rig.ask(&draft).await.status, 200);
    rig.ask(&draft).await.assert_refused(401, "invalid_client", "used before");
}

#[tokio::test]
async fn the_registration_access_token_opens_its_own_record_alone() {
    let rig = Rig::start().await;
    rig.world.trouble().on(Trouble::Registration(RegistrationFlaw::AccessToken));
    let record = rig.register(&rig.good()).await.json();
    let (id, token) = (record["client_id"].as_str().unwrap(), record["registration_access_token"].as_str().unwrap());
    assert_eq!(record["registration_client_uri"], format!("{}/{id}", WSO2.registration_endpoint));
    assert_eq!(rig.manage("GET", id, token, "").await.status, 200);
    let other = rig.input("client_id").to_owned();
    rig.manage("GET", &other, token, "").await.assert_refused(401, "invalid_token", "not good");
}
