//! Each extension with one right input and one wrong one: our check stops the wrong one before it is sent, and with the
//! check off the server refuses it.

use super::client::Client;
use super::person::Ending;
use super::program::{Home, Run, kept};

const CODE: &[&str] = &["authorization_code"];

/// A confidential client that signs, with that metadata.
fn signing(more: &str, metadata: &str) -> Client {
    Client::registered(more, "private_key_jwt", CODE, metadata)
}

impl Client {
    pub fn login(&self, more: &[&str]) -> Run {
        self.home.signs_in("login", &self.with(more), Ending::pasted)
    }
}

impl Run {
    /// The checks of the id that stopped it before it was sent.
    pub fn stopped_by(&self, id: &str) {
        assert_eq!((self.status, self.error(), self.checks(&["fail"])), (1, "check.failed", vec![id]), "{}", self.told);
    }

    /// It was sent, and the server said no with one of these codes.
    pub fn refused_with(&self, code: &str) {
        assert_eq!((self.status, self.error()), (1, code), "{}", self.told);
    }

    pub fn passed(&self, id: &str) {
        assert!(self.checks(&["pass"]).contains(&id), "{id} was not checked:\n{}", self.told);
    }

    /// The address a step's request went to.
    pub fn address(&self, step: &str) -> &str {
        let of = |e: &&serde_json::Value| e["event"] == "request" && e["step"] == step;
        self.events.iter().rfind(of).and_then(|e| e["url"].as_str()).expect("a request")
    }
}

/// A profile's text that turns a check off.
pub fn off(id: &str) -> String {
    format!("[levels]\n{id} = \"off\"\n")
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn discovery_takes_the_issuer_that_was_asked_for_and_no_other() {
    let home = Home::with(&kept("client.toml"));
    home.run("discover", &[]).clean().passed("MD-01");
    // the same server under another name: its certificate is good for both
    let other = format!("issuer={}", home.op.issuer.replace("localhost", "127.0.0.1"));
    let run = home.run("discover", &["--set", &other]);
    assert_eq!((run.status, run.error(), run.checks(&["fail"])), (1, "check.failed", vec!["MD-01"]), "{}", run.told);
    // and what is kept of the one says nothing of the other
    let run = home.run("token", &["--set", &other, "--set", "client_id=acme"]);
    assert_eq!(run.error(), "profile.value", "{}", run.told);
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn with_a_client_certificate_the_alias_is_called() {
    let grants = &["client_credentials"];
    let client = Client::registered("", "tls_client_auth", grants, "{}");
    let run = client.home.run("token", &client.with(&[])).clean();
    run.passed("TLS-06");
    let right = run.address("token").to_owned();
    assert!(!right.starts_with(&client.home.op.issuer), "{right}");

    let wrong = "[environments.server]\ntoken_endpoint = \"{{ metadata.token_endpoint }}\"\n";
    let client = Client::registered(wrong, "tls_client_auth", grants, "{}");
    client.home.run("token", &client.with(&[])).stopped_by("TLS-06");
    let client = Client::registered(&format!("{wrong}{}", off("TLS-06")), "tls_client_auth", grants, "{}");
    client.home.run("token", &client.with(&[])).refused_with("invalid_client");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_pushed_request_is_taken_and_one_without_pkce_is_not() {
    let client = signing("", r#"{"require_pushed_authorization_requests":true}"#);
    let run = client.login(&["--set", "par=true"]).clean();
    run.passed("PAR-01");
    let address = run.address("callback");
    assert!(address.contains("request_uri=") && !address.contains("redirect_uri="), "{address}");
    let run = client.login(&["--set", "par=true", "--set", "pkce=false"]);
    assert_eq!(run.checks(&["warn"]), ["PAR-01"], "{}", run.told);
    run.refused_with("invalid_request");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_signed_request_is_taken_and_one_that_has_ended_is_not() {
    let metadata = r#"{"request_object_signing_alg":"PS256","require_signed_request_object":true}"#;
    let ended = ["--set", "jar=true", "--set", "par=true", "--set", "jar_ttl=-120"];
    let client = signing("", metadata);
    for more in [&["--set", "jar=true"][..], &["--set", "jar=true", "--set", "par=true"]] {
        client.login(more).clean().passed("JAR-01");
    }
    client.login(&ended).stopped_by("JWT-02");
    signing(&off("JWT-02"), metadata).login(&ended).refused_with("invalid_request_object");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_signed_answer_is_opened_and_a_changed_one_is_not_redeemed() {
    let client = signing("", r#"{"authorization_signed_response_alg":"PS256"}"#);
    for mode in ["jwt", "query.jwt", "form_post.jwt"] {
        let run = client.login(&["--set", &format!("response_mode={mode}")]).clean();
        run.passed("JARM-01");
    }
    let run = client.home.signs_in("login", &client.with(&["--set", "response_mode=jwt"]), |ending| {
        // one bit of the signature, which is the last part
        let mut text = ending.pasted();
        let at = text.rfind('.').expect("a JWT") + 20;
        let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
        text.replace_range(at..=at, other);
        text
    });
    assert_eq!((run.status, run.error()), (1, "token.not-verified"), "{}", run.told);
    assert!(!run.told.contains("grant_type"), "no token was asked for");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn an_encrypted_answer_and_an_encrypted_id_token_are_opened_by_our_key_alone() {
    let metadata = r#"{"authorization_signed_response_alg":"PS256","authorization_encrypted_response_alg":"RSA-OAEP-256","authorization_encrypted_response_enc":"A256GCM","id_token_signed_response_alg":"PS256","id_token_encrypted_response_alg":"RSA-OAEP","id_token_encrypted_response_enc":"A128GCM"}"#;
    let client = signing("", metadata);
    let run = client.login(&["--set", "response_mode=jwt"]).clean();
    run.passed("JARM-01");
    let encrypted = run.checks(&["pass"]).iter().filter(|id| **id == "IDT-01").count();
    assert_eq!(encrypted, 2, "both came encrypted: {}", run.told);
    let other = format!("encryption=file:{}", client.home.op.folder.join("signing.pem").display());
    let run = client.login(&["--set", "response_mode=jwt", "--bind", &other]);
    assert!(run.status == 1 && run.error().starts_with("token."), "{}", run.told);
    assert!(!run.told.contains("grant_type"), "no token was asked for");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn an_answer_of_another_issuer_or_of_none_is_not_redeemed() {
    let client = signing("", "{}");
    client.login(&[]).clean();
    let issuer = client.home.op.issuer.clone();
    let encoded: String = url::form_urlencoded::byte_serialize(issuer.as_bytes()).collect();
    for other in ["&iss=https%3A%2F%2Fevil.example", ""] {
        let run = client.home.signs_in("login", &client.with(&[]), |ending| {
            let text = ending.pasted();
            assert!(text.contains(&format!("&iss={encoded}")), "{text}");
            text.replace(&format!("&iss={encoded}"), other)
        });
        assert_eq!((run.status, run.error()), (1, "callback.iss"), "{}", run.told);
        assert!(!run.told.contains("grant_type"), "no token was asked for");
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn rich_requests_are_granted_and_an_unknown_type_is_not() {
    let metadata = r#"{"authorization_details_types":["payment_initiation"]}"#;
    let right = r#"authorization_details=[{"type":"payment_initiation","instructedAmount":{"currency":"EUR","amount":"12.50"}}]"#;
    let resource = "resource=https://api.bank.example";
    let client = signing("", metadata);
    let run = client.login(&["--set", right, "--set", "par=true", "--set", resource]).clean();
    run.passed("RAR-01");
    let granted = &run.response("token")["body"]["authorization_details"][0];
    assert_eq!(granted["instructedAmount"]["amount"], "12.50", "{}", run.told);
    let wrong = ["--set", r#"authorization_details=[{"type":"gift"}]"#, "--set", "par=true"];
    client.login(&wrong).stopped_by("RAR-01");
    signing(&off("RAR-01"), metadata).login(&wrong).refused_with("invalid_authorization_details");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_resource_is_granted_and_one_with_a_fragment_is_not() {
    let grants = &["client_credentials"];
    let client = Client::registered("", "private_key_jwt", grants, "{}");
    let set = client.with(&["--set", "scope=accounts", "--set", "resource=https://api.bank.example"]);
    let token = client.home.print("token", "token.access_token", &set);
    client.home.write("token", &token);
    let path = client.home.path("token").display().to_string();
    let read = client.home.command(&["inspect", &path, "--json"]).output().expect("it runs");
    let read = super::program::json(&String::from_utf8_lossy(&read.stdout));
    assert!(read.to_string().contains("https://api.bank.example"), "{read}");

    let wrong = ["--set", "scope=accounts", "--set", "resource=https://api.bank.example/#a"];
    client.home.run("token", &client.with(&wrong)).stopped_by("RES-01");
    let client = Client::registered(&off("RES-01"), "private_key_jwt", grants, "{}");
    client.home.run("token", &client.with(&wrong)).refused_with("invalid_target");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_token_is_active_until_it_is_revoked() {
    let client = Client::registered("", "client_secret_basic", &["client_credentials"], "{}");
    let token = client.home.print("token", "token.access_token", &client.with(&[]));
    let secret = client.home.secret("token", &token);
    let secret: Vec<&str> = secret.iter().map(String::as_str).collect();
    let active = |expected: bool| {
        let run = client.home.run("introspect", &client.with(&secret)).clean();
        assert_eq!(run.response("introspect")["body"]["active"], expected, "{}", run.told);
        run.hides(&[&token]);
    };
    active(true);
    client.home.run("revoke", &client.with(&secret)).clean().hides(&[&token]);
    active(false);
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn the_person_is_named_plain_signed_and_encrypted_and_another_person_is_told() {
    for (kind, metadata) in [
        ("plain", "{}"),
        ("signed", r#"{"userinfo_signed_response_alg":"PS256"}"#),
        (
            "encrypted",
            r#"{"userinfo_signed_response_alg":"PS256","userinfo_encrypted_response_alg":"RSA-OAEP-256","userinfo_encrypted_response_enc":"A256GCM"}"#,
        ),
    ] {
        let client = signing("", metadata);
        let token = client.home.signs_in_for("login", "token.access_token", &client.with(&[]));
        let secret = client.home.secret("token", &token);
        let secret: Vec<&str> = secret.iter().map(String::as_str).collect();
        let (check, opened) = if kind == "plain" { ("UI-01", 0) } else { ("UI-01J", 1) };
        let run = client.home.run("userinfo", &client.with(&[&secret[..], &["--set", "sub=alice"]].concat())).clean();
        run.passed(check);
        let artefacts = run.events.iter().filter(|e| e["event"] == "artefact" && e["step"] == "opened").count();
        assert!(artefacts >= opened, "{kind}: {}", run.told);
        let run = client.home.run("userinfo", &client.with(&[&secret[..], &["--set", "sub=bob"]].concat()));
        assert_eq!((run.status, run.checks(&["fail"])), (1, vec![check]), "{kind}: {}", run.told);
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn the_hashes_of_an_id_token_hold_what_it_came_with() {
    let hybrid = r#"{"response_types":["code id_token"],"grant_types":["authorization_code","implicit"]}"#;
    let set = ["--set", "response_type=code id_token", "--set", "response_mode=form_post"];
    let client = signing("", hybrid);
    client.login(&set).clean().passed("IDT-05C");
    let run = client.home.signs_in("login", &client.with(&set), |ending| {
        let (before, after) =
            ending.pasted().split_once("code=").map(|(b, a)| (b.to_owned(), a.to_owned())).expect("a code");
        let rest = after.split_once('&').map_or("", |(_, rest)| rest);
        format!("{before}code=another-code&{rest}")
    });
    assert_eq!((run.status, run.checks(&["fail"])), (1, vec!["IDT-05C"]), "{}", run.told);
    assert!(!run.told.contains("grant_type"), "no token was asked for");

    // s_hash is FAPI's: the server sends one to a client of that kind alone
    let fapi = hybrid.replace(
        '{',
        r#"{"client_name":"FAPI","id_token_signed_response_alg":"PS256","request_object_signing_alg":"PS256","#,
    );
    let run = signing("", &fapi).login(&[&set[..], &["--set", "jar=true"]].concat()).clean();
    run.passed("IDT-05S");
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_person_who_says_no_on_their_device_ends_the_asking() {
    let grants = &["urn:openid:params:grant-type:ciba"];
    let client = Client::registered("", "private_key_jwt", grants, r#"{"backchannel_token_delivery_mode":"poll"}"#);
    let asked = |more: &[&str]| client.home.run("ciba", &client.with(&[&["--set", "scope=openid"], more].concat()));
    asked(&["--set", "login_hint=alice", "--set", "binding_message=say no"]).refused_with("access_denied");
    asked(&[]).stopped_by("CB-01");
}
