//! The profile for any server at the embedded one: every flow to its end, the extensions one by one, and for each a wrong
//! input that the server refuses.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::Pace;
use countersign::flow::view::{Outcome, RunStatus, RunView};
use countersign::profile::Library;
use countersign::sandbox::Trouble;
use countersign::secret::Secret;
use countersign::shell::{Order, Session};
use tokio::net::TcpListener;

use crate::support::{Bank, drive, session_at};

type Set<'a> = [(&'a str, &'a str)];

async fn run(session: &Session, flow: &str, set: &Set<'_>, anyway: bool) -> RunView {
    let inputs: BTreeMap<String, Secret> = set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    let order = Order {
        profile: "generic-oidc".into(),
        flow: flow.into(),
        environment: Some("sandbox".into()),
        inputs,
        ..Order::default()
    };
    let prepared = session.prepare(order, Pace::Step).await.unwrap_or_else(|p| panic!("{flow}: {p}"));
    drive(prepared, session.clock.clone(), anyway).await
}

fn story(view: &RunView) -> String {
    let errors: Vec<String> =
        view.steps.iter().filter_map(|s| s.error.as_ref()).map(|e| format!("{}: {}", e.id, e.text)).collect();
    let bad = view.steps.iter().flat_map(|s| &s.checks).filter(|c| matches!(c.outcome, Outcome::Fail | Outcome::Warn));
    let bad: Vec<String> = bad.map(|c| format!("{}: {}", c.id, c.found)).collect();
    format!("{:?} {errors:?} {bad:?}", view.status)
}

/// Ends done, with nothing failed and nothing warned.
async fn clean(session: &Session, flow: &str, set: &Set<'_>) -> RunView {
    let view = run(session, flow, set, false).await;
    assert_eq!(view.status, RunStatus::Done, "{flow} {set:?}: {}", story(&view));
    let bad = |c: &&countersign::flow::view::CheckView| matches!(c.outcome, Outcome::Fail | Outcome::Warn);
    assert_eq!(view.steps.iter().flat_map(|s| &s.checks).filter(bad).count(), 0, "{flow} {set:?}: {}", story(&view));
    view
}

fn passed(view: &RunView, id: &str) -> bool {
    view.steps.iter().flat_map(|s| &s.checks).any(|c| c.id == id && c.outcome == Outcome::Pass)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_runs_to_its_end_and_no_check_fails_or_warns() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let socket = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/event-notifications", socket.local_addr().expect("an address"));
    drop(socket);
    for flow in [
        "token",
        "discover",
        "login",
        "userinfo",
        "introspect",
        "call",
        "refresh",
        "device",
        "ciba",
        "listen",
        "jwt-bearer",
        "exchange",
        "revoke",
        "register",
        "read",
        "update",
        "delete",
    ] {
        let set: &Set<'_> = if flow == "listen" { &[("event_url", &url)] } else { &[] };
        clean(&session, flow, set).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_pushed_and_signed_answers_are_signed_and_name_their_issuer() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    clean(&session, "discover", &[]).await;
    for set in [
        &[("par", "true")][..],
        &[("jar", "true")],
        &[("par", "true"), ("jar", "true"), ("response_mode", "jwt")],
        &[("response_mode", "form_post.jwt")],
        &[("response_mode", "form_post")],
    ] {
        let view = clean(&session, "login", set).await;
        let jarm = set.iter().any(|(_, v)| v.contains("jwt"));
        assert_eq!(passed(&view, "JARM-01"), jarm, "{set:?}");
    }
    // without PKCE, and with a request object that lives too long, the server says no
    for (set, why) in [
        (&[("pkce", "false")][..], "invalid_request"),
        (&[("pkce", "false"), ("par", "true")], "invalid_request"),
        (&[("jar", "true"), ("par", "true"), ("jar_ttl", "4000")], "invalid_request_object"),
        (&[("par", "true"), ("scope", "openid admin")], "invalid_scope"),
        (&[("assertion_aud", "token_endpoint"), ("par", "true")], "invalid_client"),
    ] {
        let view = run(&session, "login", set, true).await;
        let error = view.steps.iter().find_map(|s| s.error.as_ref()).unwrap_or_else(|| panic!("{set:?}"));
        assert_eq!(error.id, why, "{set:?}: {}", story(&view));
    }
    // a rotated key is fetched
    bank.world.trouble().on(Trouble::RotatedKey);
    clean(&session, "login", &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_are_bound_to_a_dpop_key_or_a_certificate_and_good_with_nothing_else() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let dpop = [("dpop_bound", "true")];
    clean(&session, "discover", &[]).await;
    let view = clean(&session, "login", &dpop).await;
    assert!(passed(&view, "DP-01") && passed(&view, "DP-04"), "{}", story(&view));
    for flow in ["userinfo", "call", "refresh", "introspect"] {
        let view = clean(&session, flow, &dpop).await;
        assert!(flow != "introspect" || passed(&view, "DP-03"), "{}", story(&view));
    }
    let view = run(&session, "call", &[], true).await;
    assert!(view.status == RunStatus::Failed && story(&view).contains("401"), "{}", story(&view));

    let mtls = [("client_auth", "tls_client_auth")];
    let view = clean(&session, "login", &mtls).await;
    assert!(passed(&view, "TLS-06"), "{}", story(&view));
    for flow in ["call", "userinfo", "introspect"] {
        let view = clean(&session, flow, &mtls).await;
        assert!(flow != "introspect" || passed(&view, "TLS-07"), "{}", story(&view));
    }
    let view = run(&session, "call", &[], true).await;
    assert!(view.status == RunStatus::Failed && story(&view).contains("401"), "{}", story(&view));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_is_asked_elsewhere_may_say_no_or_be_nobody() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    for (hint, why) in [("bo", "access_denied"), ("nobody", "unknown_user_id")] {
        let view = run(&session, "ciba", &[("login_hint", hint)], false).await;
        let error = view.steps.iter().find_map(|s| s.error.as_ref()).expect("an error");
        assert_eq!(error.id, why, "{}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_an_assertion_or_another_token_is_had_with_the_right_ones_alone() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    clean(&session, "token", &[]).await;
    clean(&session, "jwt-bearer", &[("assertion_sub", "ada"), ("dpop_bound", "true"), ("scope", "accounts")]).await;
    let accounts = r#"["https://auth.openbank.countersign.example/accounts"]"#;
    clean(&session, "exchange", &[("resource", accounts), ("scope", "accounts")]).await;
    for (flow, set, why) in [
        ("jwt-bearer", ("assertion_iss", "nobody"), "invalid_grant"),
        ("jwt-bearer", ("assertion_sub", "bo"), "invalid_grant"),
        ("jwt-bearer", ("grant_aud", "token_endpoint"), "invalid_grant"),
        ("jwt-bearer", ("grant_ttl", "4000"), "invalid_grant"),
        ("jwt-bearer", ("scope", "admin"), "invalid_scope"),
        ("exchange", ("audience", r#"["weather"]"#), "invalid_target"),
        ("exchange", ("subject_token", "nobody-gave-this"), "invalid_request"),
        ("exchange", ("requested_token_type", "urn:ietf:params:oauth:token-type:saml2"), "invalid_request"),
    ] {
        let view = run(&session, flow, &[set], true).await;
        let error = view.steps.iter().find_map(|s| s.error.as_ref()).unwrap_or_else(|| panic!("{flow} {set:?}"));
        assert_eq!(error.id, why, "{flow} {set:?}: {}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_registers_reads_changes_and_deletes_itself_where_the_server_says() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let set = |method| [("client_auth", method)];
    for method in ["private_key_jwt", "tls_client_auth"] {
        let set = set(method);
        let view = clean(&session, "register", &set).await;
        assert!(passed(&view, "REG-01") && passed(&view, "REG-03") && passed(&view, "REG-04"), "{}", story(&view));
        // as the new client, which asks for no more than it registered
        clean(&session, "token", &[set[0], ("scope", "accounts")]).await;
        let view = run(&session, "jwt-bearer", &[set[0], ("scope", "accounts")], true).await;
        assert!(story(&view).contains("unauthorized_client"), "{}", story(&view));
        clean(&session, "read", &set).await;
        let view = clean(&session, "update", &[set[0], ("changes", r#"{"scope":"payments"}"#)]).await;
        assert!(passed(&view, "REG-06"), "{}", story(&view));
        // the change brought another registration access token, which is used from now on
        clean(&session, "read", &set).await;
        let view = run(&session, "token", &[set[0], ("scope", "accounts")], true).await;
        assert!(story(&view).contains("invalid_scope"), "{}", story(&view));
        let record = answer(&clean(&session, "read", &set).await, "read");
        let text = |name: &str| record[name].as_str().expect("a text");
        clean(&session, "delete", &set).await;
        let gone = [
            ("registration_token", text("registration_access_token")),
            ("registration_client_uri", text("registration_client_uri")),
        ];
        let view = run(&session, "read", &[&set[..], &gone].concat(), true).await;
        assert!(view.status == RunStatus::Failed && story(&view).contains("401"), "{}", story(&view));
    }
    for (set, why) in [
        (("client_auth", "client_secret_basic"), "invalid_client_metadata"),
        (("grant_types", r#"["authorization_code"]"#), "invalid_redirect_uri"),
        (("client_metadata", r#"{"software_statement":"e30.e30."}"#), "unapproved_software_statement"),
    ] {
        let view = run(&session, "register", &[set], true).await;
        let error = view.steps.iter().find_map(|s| s.error.as_ref()).unwrap_or_else(|| panic!("{set:?}"));
        assert_eq!(error.id, why, "{set:?}: {}", story(&view));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_authorized_in_detail_and_for_which_service_comes_back_as_granted() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    clean(&session, "discover", &[]).await;
    let accounts = r#"["https://auth.openbank.countersign.example/accounts"]"#;
    let details = r#"[{"type":"account_information","actions":["list_accounts","read_balances"]}]"#;
    let asked = [("authorization_details", details), ("resource", accounts)];
    for how in [&[][..], &[("par", "true")], &[("jar", "true")], &[("par", "true"), ("jar", "true")]] {
        let view = clean(&session, "login", &[&asked[..], how].concat()).await;
        assert!(passed(&view, "RAR-01"), "{how:?}: {}", story(&view));
        let expected: serde_json::Value = serde_json::from_str(details).expect("JSON");
        assert_eq!(answer(&view, "token")["authorization_details"], expected, "{how:?}");
        // once more after a refresh
        assert_eq!(answer(&clean(&session, "refresh", &[]).await, "token")["authorization_details"], expected);
        let known = answer(&clean(&session, "introspect", &[]).await, "introspect");
        assert_eq!(known["aud"], "https://auth.openbank.countersign.example/accounts", "{known}");
        clean(&session, "call", &[]).await;
    }
    // good for that service alone
    let view = run(&session, "userinfo", &[], true).await;
    assert!(view.status == RunStatus::Failed && story(&view).contains("401"), "{}", story(&view));
    for (set, why) in [
        (("authorization_details", r#"[{"type":"weather"}]"#), "invalid_authorization_details"),
        (
            ("authorization_details", r#"[{"type":"account_information","actions":["erase"]}]"#),
            "invalid_authorization_details",
        ),
        (("resource", r#"["https://elsewhere.example"]"#), "invalid_target"),
    ] {
        for par in ["true", "false"] {
            let view = run(&session, "login", &[set, ("par", par)], true).await;
            let error = view.steps.iter().find_map(|s| s.error.as_ref()).unwrap_or_else(|| panic!("{set:?}"));
            assert!(story(&view).contains(why), "{set:?}: {} {}", error.id, story(&view));
        }
    }
    let view = run(&session, "token", &[("resource", r#"["https://elsewhere.example"]"#)], true).await;
    assert!(story(&view).contains("invalid_target"), "{}", story(&view));
}

fn answer(view: &RunView, step: &str) -> serde_json::Value {
    let exchange = view.steps.iter().find(|s| s.id == step).and_then(|s| s.exchange.as_ref()).expect("an exchange");
    serde_json::from_slice(&exchange.response.as_ref().expect("an answer").body).expect("JSON")
}
