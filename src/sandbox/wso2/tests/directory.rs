//! The directory: its tokens, statements and keys.

use super::*;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::rsa::testing::from_jwk;

impl Rig {
    async fn directory(&self, request: (&str, &str), headers: &[(&str, &str)], body: &str) -> Reply {
        let nobody = Caller::new(self.servers.root_der(), None, &self.hands.clock());
        self.at(&nobody, WSO2.directory, request, headers, body).await
    }

    async fn statement(&self, token: &str, org: &str, software: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        let path = format!("/api/v1rc2/tpp/{org}/ssa/{software}");
        self.directory(("GET", &path), &[("authorization", &bearer)], "").await
    }
}

#[tokio::test]
async fn a_statement_is_given_to_its_own_software_and_verifies() {
    let rig = Rig::start().await;
    let (org, software) = (rig.input("org_id").to_owned(), rig.input("software_client_id").to_owned());
    let assertion = rig.assertion(&software, WSO2.directory_token_endpoint);
    let reply = rig.directory(("POST", "/token"), &[FORM], &rig.form(&assertion)).await;
    let token = reply.json()["access_token"].as_str().unwrap().to_owned();
    let again = rig.directory(("POST", "/token"), &[FORM], &rig.form(&assertion)).await;
    again.assert_refused(401, "invalid_client", "used before");
    let bank = rig.assertion(&software, WSO2.token_endpoint);
    let elsewhere = rig.directory(("POST", "/token"), &[FORM], &rig.form(&bank)).await;
    elsewhere.assert_refused(401, "invalid_client", "aud");

    let reply = rig.statement(&token, &org, &software).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/jwt"));
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let jwt = Jwt::parse_any(&text).unwrap();
    let keys = rig.directory(("GET", "/jwks"), &[], "").await.json();
    let key = from_jwk(&keys["keys"][0]);
    let (input, signature) = jwt.signed_parts();
    assert!(key.verifies_pss(input, signature) && jwt.kid() == keys["keys"][0]["kid"].as_str());
    assert_eq!((jwt.text("software_id"), jwt.text("org_id")), (Some(software.as_str()), Some(org.as_str())));
    assert_eq!(rig.register(&rig.good().claim("software_statement", text)).await.status, 201);

    rig.statement(&token, &org, "another").await.assert_refused(401, "invalid_token", "not good");
    rig.statement(&token, "another", &software).await.assert_refused(404, "not_found", "");
    rig.statement("nobody-gave-this", &org, &software).await.assert_refused(401, "invalid_token", "not good");
    rig.hands.forward(601);
    rig.statement(&token, &org, &software).await.assert_refused(401, "invalid_token", "not good");
}

#[tokio::test]
async fn the_softwares_keys_are_published_under_their_sha1_kid() {
    let rig = Rig::start().await;
    let statement = Jwt::parse_any(rig.input("ssa")).unwrap();
    let path = |claim: &str| {
        let prefix = format!("https://{}", WSO2.directory);
        statement.text(claim).unwrap().strip_prefix(&prefix).unwrap().to_owned()
    };
    let get = async |path: &str| rig.directory(("GET", path), &[], "").await;
    let keys = get(&path("software_jwks_endpoint")).await.json();
    assert_eq!(keys["keys"][0]["kid"], rig.key.public().thumbprint_sha1());
    assert_eq!((keys["keys"].as_array().unwrap().len(), &keys["keys"][0]["alg"]), (1, &json!("PS256")));
    for claim in ["org_jwks_endpoint", "org_jwks_revoked_endpoint", "software_jwks_revoked_endpoint"] {
        assert_eq!(get(&path(claim)).await.json(), json!({ "keys": [] }), "{claim}");
    }
    get("/another/another2.jwks").await.assert_refused(404, "not_found", "");
}
