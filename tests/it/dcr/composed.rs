//! The composer: what the statement and the metadata offer is there to choose from, and what is chosen is registered.

use std::collections::BTreeMap;

use countersign::flow::view::{AskField, Outcome, RunStatus, RunView};
use countersign::flow::{Event, Pace};
use countersign::secret::Secret;
use countersign::shell::{Prepared, Session};
use tokio::sync::mpsc::unbounded_channel;

use super::{answer, checks, order, session, story};
use crate::support::Bank;

/// Registers by hand, with those answers over what is proposed. Gives what was asked, and the run.
async fn compose(session: &Session, flow: &str, over: &[(&str, &str)]) -> (Vec<AskField>, RunView) {
    let prepared = session.prepare(order("wso2-ob", flow, &[]), Pace::Step).await.expect("prepared");
    let Prepared { mut run, performer } = prepared;
    let (events, mut incoming) = unbounded_channel();
    let mut asked = Vec::new();
    let mut effects = run.handle(Event::Start, session.clock.now());
    loop {
        for effect in effects.drain(..) {
            performer.perform(effect, &events);
        }
        let event = match run.view().status {
            RunStatus::Done | RunStatus::Failed | RunStatus::Cancelled | RunStatus::Blocked => break,
            RunStatus::Ready => Event::Step,
            RunStatus::Armed => Event::Approve,
            RunStatus::Waiting if run.view().proposes() => {
                let ask = run.view().steps[run.view().current].ask.clone().expect("it asks");
                let proposed = ask.ask.iter().filter_map(|f| Some((f.name.clone(), f.default.clone()?)));
                let over = over.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
                let given: BTreeMap<String, String> = proposed.chain(over).collect();
                asked = ask.ask;
                Event::Answer(given.into_iter().map(|(n, v)| (n, Secret::new(v))).collect())
            }
            RunStatus::Waiting | RunStatus::Busy => incoming.recv().await.expect("an event"),
        };
        effects = run.handle(event, session.clock.now());
    }
    (asked, run.view().clone())
}

fn options<'a>(asked: &'a [AskField], name: &str) -> Vec<&'a str> {
    let field = asked.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("{name} is not asked"));
    field.options.iter().map(String::as_str).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_chosen_of_what_is_offered_is_registered_and_changed_again() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let chosen = [
        ("token_endpoint_auth_method", "tls_client_auth"),
        ("token_endpoint_auth_signing_alg", ""),
        ("scope", r#"["openid","accounts"]"#),
    ];
    let (asked, view) = compose(&session, "register", &chosen).await;
    assert_eq!(view.status, RunStatus::Done, "{}", story(&view));
    assert_eq!(checks(&view, Outcome::Fail), [""; 0]);
    // the statement's own redirect URIs, and what the metadata says
    assert!(options(&asked, "redirect_uris").iter().all(|uri| uri.starts_with("https://tpp.countersign.example/")));
    assert_eq!(options(&asked, "token_endpoint_auth_method"), ["private_key_jwt", "tls_client_auth"]);
    assert!(!options(&asked, "grant_types").contains(&"password"));
    let record = answer(&view, "register");
    assert_eq!(record["token_endpoint_auth_method"], "tls_client_auth");
    assert!(record["tls_client_auth_subject_dn"].is_string(), "the certificate's own subject: {record}");
    assert_eq!(record["scope"], "openid accounts");

    // an update starts from what the bank has
    let (asked, view) = compose(&session, "update", &[("scope", r#"["openid"]"#)]).await;
    assert_eq!(view.status, RunStatus::Done, "{}", story(&view));
    let method = asked.iter().find(|f| f.name == "token_endpoint_auth_method").expect("asked");
    assert_eq!(method.default.as_deref(), Some("tls_client_auth"));
    let record = answer(&view, "record.update");
    assert_eq!(
        (&record["scope"], &record["token_endpoint_auth_method"]),
        (&"openid".into(), &"tls_client_auth".into())
    );
}
