//! A client's life from its registration to its deletion (RFC 7591, RFC 7592), and what is not registered.

use super::*;

const JSON: (&str, &str) = ("content-type", "application/json");

impl Rig {
    fn metadata(&self) -> Value {
        let mut jwk = self.key.public().published_as("mine", "PS256");
        jwk["use"] = "sig".into();
        json!({ "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"],
                "jwks": { "keys": [jwk] }, "scope": "accounts" })
    }

    async fn register(&self, metadata: &Value) -> Reply {
        self.send(("POST", "/register"), &[JSON], &metadata.to_string()).await
    }

    async fn manage(&self, method: &str, record: &Value, body: &str) -> Reply {
        let path = record["registration_client_uri"].as_str().unwrap().strip_prefix(ISSUER).unwrap();
        let bearer = format!("Bearer {}", record["registration_access_token"].as_str().unwrap());
        self.send((method, path), &[("authorization", &bearer), JSON], body).await
    }

    async fn ask_as(&self, record: &Value, parameters: &[(&str, &str)]) -> Reply {
        let mut claims = self.claims();
        (claims["iss"], claims["sub"]) = (record["client_id"].clone(), record["client_id"].clone());
        let header = json!({ "alg": "PS256", "typ": "JWT", "kid": "mine" });
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_assertion_type", CLIENT_JWT)
            .append_pair("client_assertion", &self.key.jws_pss(&header, &claims).unwrap())
            .extend_pairs(parameters)
            .finish();
        self.send(("POST", "/token"), &[FORM], &body).await
    }
}

#[tokio::test]
async fn a_client_registers_is_changed_and_gone_with_its_tokens() {
    let rig = Rig::start().await;
    let reply = rig.register(&rig.metadata()).await;
    let record = reply.json();
    assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"), "{record}");
    for (name, value) in rig.metadata().as_object().unwrap() {
        assert_eq!(record[name], *value, "{name}");
    }
    assert_eq!((&record["response_types"], &record["client_id_issued_at"]), (&json!([]), &json!(rig.hands.now())));
    assert!(!record["registration_client_uri"].as_str().unwrap().contains("/register"), "{record}");
    assert_eq!(rig.manage("GET", &record, "").await.json(), record);

    let credentials = ("grant_type", "client_credentials");
    let token = rig.ask_as(&record, &[credentials]).await.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(rig.accounts(&token).await.status, 200);
    rig.ask_as(&record, &[credentials, ("scope", "payments")]).await.assert_refused(400, "invalid_scope", "scope");
    let code = [("grant_type", "authorization_code"), ("code", "x")];
    rig.ask_as(&record, &code).await.assert_refused(400, "unauthorized_client", "registered");

    let mut wanted = rig.metadata();
    wanted["scope"] = "payments".into();
    rig.manage("PUT", &record, &wanted.to_string()).await.assert_refused(400, "invalid_client_metadata", "client_id");
    wanted["client_id"] = record["client_id"].clone();
    wanted["registration_access_token"] = record["registration_access_token"].clone();
    rig.manage("PUT", &record, &wanted.to_string()).await.assert_refused(400, "invalid_client_metadata", "server's");
    wanted.as_object_mut().unwrap().remove("registration_access_token");
    let changed = rig.manage("PUT", &record, &wanted.to_string()).await;
    assert_eq!((changed.status, &changed.json()["scope"]), (200, &json!("payments")), "{}", changed.json());
    let changed = changed.json();
    assert_eq!(rig.ask_as(&record, &[credentials, ("scope", "payments")]).await.status, 200);
    // the token of before the change is no more
    rig.manage("GET", &record, "").await.assert_refused(401, "invalid_token", "registration");

    let other = rig.register(&rig.metadata()).await.json();
    let mut mixed = changed.clone();
    mixed["registration_client_uri"] = other["registration_client_uri"].clone();
    for method in ["GET", "PUT", "DELETE"] {
        rig.manage(method, &mixed, "{}").await.assert_refused(401, "invalid_token", "registration");
    }
    assert_eq!(rig.manage("DELETE", &changed, "").await.status, 204);
    for method in ["GET", "PUT", "DELETE"] {
        let refused = rig.manage(method, &changed, "{}").await;
        refused.assert_refused(401, "invalid_token", "registration");
        assert!(refused.header("www-authenticate").starts_with("Bearer"));
    }
    rig.accounts(&token).await.assert_refused(401, "invalid_token", "not known");
    rig.ask_as(&changed, &[credentials]).await.assert_refused(401, "invalid_client", "no such client");
    assert_eq!(rig.manage("GET", &other, "").await.status, 200, "another's stays");
}

#[tokio::test]
async fn what_may_not_be_registered_is_refused_for_its_reason() {
    let rig = Rig::start().await;
    let metadata = "invalid_client_metadata";
    let private = json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB" }] });
    let short = json!({ "keys": [{ "kty": "RSA", "n": "AQAB", "e": "AQAB" }] });
    for (name, value, error, why) in [
        ("client_id", json!("mine"), metadata, "server's to give"),
        ("registration_access_token", json!("mine"), metadata, "server's to say"),
        ("token_endpoint_auth_method", json!("client_secret_basic"), metadata, "neither"),
        ("token_endpoint_auth_method", Value::Null, metadata, "neither"),
        ("token_endpoint_auth_method", json!("tls_client_auth"), metadata, "come together"),
        ("tls_client_auth_subject_dn", json!("CN=x"), metadata, "come together"),
        ("token_endpoint_auth_signing_alg", json!("RS256"), metadata, "PS256"),
        ("jwks", Value::Null, metadata, "RSA key"),
        ("jwks", json!({}), metadata, "set of keys"),
        ("jwks", private, metadata, "private members"),
        ("jwks", short, metadata, "2048"),
        ("grant_types", json!(["password"]), metadata, "grant type"),
        ("grant_types", json!("client_credentials"), metadata, "list"),
        ("grant_types", Value::Null, "invalid_redirect_uri", "wants a redirect URI"),
        ("response_types", json!(["token"]), metadata, "response type"),
        ("redirect_uris", json!(["http://tpp.example/back"]), "invalid_redirect_uri", "https"),
        ("redirect_uris", json!(["https://tpp.example/back#here"]), "invalid_redirect_uri", "fragment"),
        ("scope", json!("admin"), metadata, "scope"),
        ("software_statement", json!("e30.e30."), "unapproved_software_statement", "statements"),
    ] {
        let mut asked = rig.metadata();
        if value.is_null() {
            asked.as_object_mut().unwrap().remove(name);
        } else {
            asked[name] = value.clone();
        }
        let reply = rig.register(&asked).await;
        assert_eq!(reply.status, 400, "{name} {value}: {}", reply.json());
        reply.assert_refused(400, error, why);
    }
    assert_eq!(rig.send(("POST", "/register"), &[FORM], "a=b").await.status, 415);
    let twice = r#"{"scope":"accounts","scope":"accounts"}"#;
    rig.send(("POST", "/register"), &[JSON], twice).await.assert_refused(400, metadata, "unique");
}
