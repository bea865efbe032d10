//! What is looked at before the first step: nothing to complain of where all is right, and each disagreement in its own row.

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::view::{Outcome, RunStatus};
use countersign::flow::{Event, Pace};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{Order, Prepared, Session};
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
