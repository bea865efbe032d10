//! What is looked at before the first step: nothing to complain of where all is right, and each disagreement in its own row.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::clock::{Clock, ShiftedClock, SystemClock};
use countersign::flow::view::{Outcome, RunStatus};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Order, Prepared, Session};
use serde_json::json;
use tokio::sync::mpsc::unbounded_channel;

use crate::support::{Bank, drive, session_at};

fn order(profile: &str, flow: &str, set: &[(&str, &str)]) -> Order {
    let inputs: BTreeMap<String, Secret> = set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect();
    Order {
        profile: profile.into(),
        flow: flow.into(),
        environment: Some("sandbox".into()),
        inputs,
        ..Order::default()
    }
}

/// Ids of the rows that did not pass, with how many did; nothing is sent.
async fn looked_at(session: &Session, prepared: Prepared) -> (Vec<String>, usize) {
    let Prepared { mut run, performer } = prepared;
    let (events, mut incoming) = unbounded_channel();
    let effects = run.handle(Event::Start, session.clock.now());
    effects.into_iter().for_each(|e| performer.perform(e, &events));
    let loaded = incoming.recv().await.expect("an answer");
    run.handle(loaded, session.clock.now());
    let view = run.view();
    assert_eq!(view.status, RunStatus::Ready);
    assert!(view.steps.iter().all(|s| s.exchange.is_none()));
    let (good, bad): (Vec<_>, Vec<_>) = view.preflight.iter().partition(|row| row.check.outcome == Outcome::Pass);
    assert!(bad.iter().all(|row| row.fix.is_some() || !row.check.id.starts_with("PRE-")), "each says what to do");
    (bad.iter().map(|row| row.check.id.clone()).collect(), good.len())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flow_of_every_embedded_bank_has_nothing_to_complain_of() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let (mut flows, mut rows) = (0, 0);
    for summary in session.library.summaries().filter_map(Result::ok) {
        // the others extend one of these
        if !["dnb", "spv", "danske-ftn", "wso2-ob", "uk-open-banking", "generic-oidc"].contains(&summary.id.as_str()) {
            continue;
        }
        for flow in summary.flows.iter() {
            // some want a value that only a person has
            let Ok(prepared) = session.prepare(order(&summary.id, &flow.id, &[]), Pace::Step).await else { continue };
            let (bad, good) = looked_at(&session, prepared).await;
            assert!(bad.is_empty(), "{}/{}: {bad:?}", summary.id, flow.id);
            flows += 1;
            rows += good;
        }
    }
    println!("{flows} flows, {rows} rows");
    assert!(flows > 50 && rows > 250, "{flows} flows, {rows} rows");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_agree_has_its_row_and_its_remedy() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    for flow in ["discover", "register"] {
        let prepared = session.prepare(order("generic-oidc", flow, &[]), Pace::Straight).await.expect("prepared");
        assert_eq!(drive(prepared, session.clock.clone(), false).await.status, RunStatus::Done);
    }
    for (set, ids) in [
        (&[][..], &[][..]),
        (&[("client_auth", "client_secret_basic")], &["PRE-01", "PRE-21"]),
        (&[("scope", "openid admin")], &["PRE-03"]),
        (&[("redirect_uri", "http://tpp.example/callback")], &["PRE-05"]),
    ] {
        let prepared = session.prepare(order("generic-oidc", "login", set), Pace::Step).await.expect("prepared");
        let (bad, _) = looked_at(&session, prepared).await;
        assert_eq!(bad, ids, "{set:?}");
    }
    // what is registered speaks of redirect URIs and scopes, too
    let prepared = session.prepare(order("wso2-ob", "register", &[]), Pace::Straight).await.expect("prepared");
    assert_eq!(drive(prepared, session.clock.clone(), false).await.status, RunStatus::Done);
    for (set, id) in [
        (&[][..], None),
        (&[("redirect_uri", "https://elsewhere.example/callback")], Some("PRE-20")),
        (&[("scope", "openid accounts nothing")], Some("PRE-22")),
    ] {
        let prepared = session.prepare(order("wso2-ob", "authorize", set), Pace::Step).await.expect("prepared");
        let (bad, _) = looked_at(&session, prepared).await;
        assert_eq!(bad.iter().find(|b| b.starts_with("PRE-2")).map(String::as_str), id, "{set:?}: {bad:?}");
    }
    // a certificate of a stranger, where the bank wants one of its own kind
    let mut stranger = order("dnb", "token", &[]);
    let file = bank.key_file("stranger", "EC", "P-256", true).display().to_string();
    stranger.bindings.insert("transport".into(), countersign::keys::KeyUri::new("file", file));
    let prepared = session.prepare(stranger, Pace::Step).await.expect("prepared");
    let (bad, _) = looked_at(&session, prepared).await;
    assert!(bad.contains(&"TLS-10".to_owned()), "{bad:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_is_known_from_the_first_answer_on() {
    let bank = Bank::start().await;
    for (off, ids) in [(10, &[][..]), (-200, &["PRE-11"])] {
        let clock = Arc::new(ShiftedClock::new(Arc::new(SystemClock), off));
        let session = session_at(Library::embedded(), clock, &bank);
        let login = || session.prepare(order("generic-oidc", "login", &[]), Pace::Step);
        let (bad, _) = looked_at(&session, login().await.expect("prepared")).await;
        assert!(bad.is_empty(), "nothing is known yet: {bad:?}");
        let prepared = session.prepare(order("generic-oidc", "discover", &[]), Pace::Straight).await.expect("prepared");
        drive(prepared, session.clock.clone(), false).await;
        let (bad, _) = looked_at(&session, login().await.expect("prepared")).await;
        assert_eq!(bad, ids, "{off}");
    }
}

fn statement(claims: &serde_json::Value) -> String {
    let part = |text: &str| countersign::jose::b64::encode(text.as_bytes());
    format!("{}.{}.{}", part("{\"alg\":\"PS256\"}"), part(&claims.to_string()), part("signature"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_software_statement_is_read_before_anything_is_composed_from_it() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let now = SystemClock.now().seconds();
    let uris = json!(["https://tpp.example/cb"]);
    let good = json!({"iss": "directory", "iat": now - 60, "exp": now + 600, "software_redirect_uris": uris});
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = good.clone();
        claims[name] = value;
        statement(&claims)
    };
    for (ssa, id) in [
        (statement(&good), None),
        ("not.a.statement".to_owned(), Some("PRE-12")),
        (with("exp", (now - 5).into()), Some("PRE-13")),
        (with("iat", (now + 600).into()), Some("PRE-13")),
        (with("software_redirect_uris", json!(["https://elsewhere.example/cb"])), Some("PRE-14")),
    ] {
        let set = [("ssa", ssa.as_str()), ("redirect_uris", "[\"https://tpp.example/cb\"]")];
        let prepared = session.prepare(order("wso2-ob", "register", &set), Pace::Step).await.expect("prepared");
        let (bad, _) = looked_at(&session, prepared).await;
        assert_eq!(bad.first().map(String::as_str), id, "{ssa}: {bad:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_lies_where_the_registered_one_lay_is_noticed() {
    let bank = Bank::start().await;
    let session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let file = bank.key_file("signing", "RSA", "2048", true);
    let bound = |flow: &str| {
        let mut order = order("generic-oidc", flow, &[("client_auth", "private_key_jwt")]);
        order.bindings.insert("signing".into(), countersign::keys::KeyUri::new("file", file.display().to_string()));
        order
    };
    let prepared = session.prepare(bound("register"), Pace::Straight).await.expect("prepared");
    let view = drive(prepared, session.clock.clone(), false).await;
    assert_eq!(view.status, RunStatus::Done, "{:?}", view.steps.iter().find_map(|s| s.error.as_ref()));
    let (bad, _) = looked_at(&session, session.prepare(bound("token"), Pace::Step).await.expect("prepared")).await;
    assert!(bad.is_empty(), "{bad:?}");
    std::fs::copy(bank.key_file("another", "RSA", "2048", true), &file).expect("replaced");
    let (bad, _) = looked_at(&session, session.prepare(bound("token"), Pace::Step).await.expect("prepared")).await;
    assert_eq!(bad, ["PRE-24", "PRE-25"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_endpoint_that_the_server_does_not_publish_is_noticed() {
    let bank = Bank::start().await;
    // the second is its alias for clients that show a certificate (RFC 8705 §5)
    for (endpoint, ids) in [
        ("https://auth.openbank.countersign.example/token?tenant=a", &[][..]),
        ("https://mtls.openbank.countersign.example/token", &[]),
        ("https://auth.openbank.countersign.example/oauth/token", &["PRE-09"]),
    ] {
        let mut library = Library::embedded();
        let environment = format!("[environments.sandbox]\ntoken_endpoint = \"{endpoint}\"\n");
        library.add(
            "own.toml",
            format!("schema = 1\nid = \"own\"\nextends = \"generic-oidc\"\nenvironment = \"sandbox\"\n{environment}"),
        );
        let session = session_at(library, Arc::new(SystemClock), &bank);
        let prepared = session.prepare(order("own", "discover", &[]), Pace::Straight).await.expect("prepared");
        assert_eq!(drive(prepared, session.clock.clone(), false).await.status, RunStatus::Done);
        let prepared = session.prepare(order("own", "token", &[]), Pace::Step).await.expect("prepared");
        assert_eq!(looked_at(&session, prepared).await.0, ids, "{endpoint}");
    }
}
