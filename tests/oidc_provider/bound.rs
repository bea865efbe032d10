//! Tokens that are bound to a key or to a certificate: who has another is turned away.

use super::client::Client;
use super::person::Ending;
use super::program::{Run, json};

impl Client {
    /// Calls the server's API with that token.
    fn calls(&self, token: &str, more: &[&str]) -> Run {
        let run = self.home.run("call", &self.calling(&self.shown(token), more));
        run.hides(&[token]);
        run
    }

    /// What the API says the token is bound to. The run itself hides it, as it hides all that an API answers.
    fn bound_to(&self, token: &str, more: &[&str]) -> String {
        let answer = json(&self.home.print("call", "call.json", &self.calling(&self.shown(token), more)));
        answer["bound"].as_str().expect("a word").to_owned()
    }

    fn shown(&self, token: &str) -> Vec<String> {
        let api = format!("api={}/api/", self.home.op.issuer);
        let secret = self.home.secret("token", token);
        secret.into_iter().chain(["--set".into(), api, "--set".into(), "path=accounts".into()]).collect()
    }

    fn calling<'a>(&'a self, shown: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
        self.with(&[&shown.iter().map(String::as_str).collect::<Vec<_>>()[..], more].concat())
    }

    fn introspects(&self, token: &str, more: &[&str]) -> Run {
        let secret = self.home.secret("token", token);
        let secret: Vec<&str> = secret.iter().map(String::as_str).collect();
        self.home.run("introspect", &self.with(&[&secret[..], more].concat()))
    }
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_token_that_is_bound_to_a_dpop_key_is_good_with_its_proofs_alone() {
    let grants = &["client_credentials", "authorization_code", "refresh_token"];
    let client = Client::registered("", "private_key_jwt", grants, r#"{"dpop_bound_access_tokens":true}"#);
    let run = client.home.run("token", &client.with(&["--set", "dpop_bound=true"])).clean();
    assert_eq!(run.response("token")["body"]["token_type"], "DPoP");
    let token = client.home.print("token", "token.access_token", &client.with(&["--set", "dpop_bound=true"]));

    let run = client.calls(&token, &["--set", "dpop_bound=true"]).clean();
    assert_eq!(client.bound_to(&token, &["--set", "dpop_bound=true"]), "key");
    assert!(run.checks(&["pass"]).contains(&"DP-02"), "ath was checked");
    let run = client.introspects(&token, &[]).clean();
    assert!(run.checks(&["pass"]).contains(&"DP-03"), "{}", run.told);

    // without a proof, and with the proof of another key
    let other = format!("dpop=file:{}", client.home.op.folder.join("signing.pem").display());
    for more in [&[][..], &["--set", "dpop_bound=true", "--bind", &other]] {
        let run = client.calls(&token, more);
        assert_eq!((run.status, run.statuses()), (1, vec![401]), "{}", run.told);
    }
    let run = client.introspects(&token, &["--bind", &other]);
    assert_eq!((run.status, run.checks(&["fail"])), (1, vec!["DP-03"]), "{}", run.told);
    // the client must use DPoP
    let run = client.home.run("token", &client.with(&[]));
    assert_eq!((run.status, run.error()), (1, "invalid_grant"), "{}", run.told);
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_nonce_that_the_server_wants_is_sent_with_the_second_try() {
    let metadata = r#"{"client_name":"wants a nonce"}"#;
    let client = Client::registered("", "private_key_jwt", &["client_credentials"], metadata);
    let run = client.home.run("token", &client.with(&["--set", "dpop_bound=true"])).clean();
    assert_eq!(run.statuses(), [400, 200], "{}", run.told);
    let proofs: Vec<_> = run.events.iter().filter(|e| e["event"] == "artefact" && e["name"] == "dpop_proof").collect();
    assert!(proofs.last().is_some_and(|p| p["claims"]["nonce"].is_string()), "{}", run.told);
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_code_is_bound_to_the_key_that_redeems_it() {
    let login = |more: &str, set: &[&str]| {
        let client = Client::registered(more, "private_key_jwt", &["authorization_code"], "{}");
        client.home.signs_in("login", &client.with(set), Ending::pasted)
    };
    let run = login("", &["--set", "dpop_bound=true"]).clean();
    assert!(run.checks(&["pass"]).contains(&"DP-04"), "{}", run.told);
    let other = r#"extra={"dpop_jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}"#;
    let run = login("", &["--set", "dpop_bound=true", "--set", other]);
    assert_eq!((run.status, run.error(), run.checks(&["fail"])), (1, "check.failed", vec!["DP-04"]), "{}", run.told);
    let run = login("[levels]\nDP-04 = \"off\"\n", &["--set", "dpop_bound=true", "--set", other]);
    assert_eq!((run.status, run.error()), (1, "invalid_grant"), "{}", run.told);
}

#[test]
#[ignore = "needs oidc-provider (.ci/run provides it)"]
fn a_token_that_is_bound_to_a_certificate_is_good_with_that_certificate_alone() {
    let metadata = r#"{"tls_client_certificate_bound_access_tokens":true}"#;
    let client = Client::registered("", "private_key_jwt", &["client_credentials"], metadata);
    let token = client.home.print("token", "token.access_token", &client.with(&["--set", "client_certificate=true"]));
    let run = client.introspects(&token, &["--set", "client_certificate=true"]).clean();
    assert!(run.checks(&["pass"]).contains(&"TLS-07"), "{}", run.told);

    // the API is at the port that asks for certificates
    let alias = json(&client.home.print("discover", "fetch.json", &[]));
    let alias = alias["mtls_endpoint_aliases"]["token_endpoint"].as_str().expect("an alias").replace("/token", "/api/");
    let api = format!("api={alias}");
    assert_eq!(client.bound_to(&token, &["--set", "client_certificate=true", "--set", &api]), "certificate");

    let other = format!("transport=file:{}", client.home.op.folder.join("other.pem").display());
    let run = client.introspects(&token, &["--set", "client_certificate=true", "--bind", &other]);
    assert_eq!((run.status, run.checks(&["fail"])), (1, vec!["TLS-07"]), "{}", run.told);
    let run = client.calls(&token, &["--set", "client_certificate=true", "--set", &api, "--bind", &other]);
    assert_eq!((run.status, run.statuses(), run.error()), (1, vec![401], "invalid_token"), "{}", run.told);
    // the client must come with a certificate
    let run = client.home.run("token", &client.with(&[]));
    assert_eq!((run.status, run.error()), (1, "invalid_grant"), "{}", run.told);
}
