//! The signing key in the vault: DNB's registration and token with it, in one session and headless.

use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::flow::Pace;
use countersign::flow::view::RunStatus;
use countersign::jose::verify;
use countersign::keys::{Given, KeySpec, KeyUri};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::Order;

use crate::support::{Bank, drive, session_at};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dnb_registers_and_gives_a_token_with_the_signing_key_in_the_vault() {
    let bank = Bank::start().await;
    let clock = Arc::new(SystemClock);
    let mut session = session_at(Library::embedded(), clock.clone(), &bank);
    let places = Places { config: None, data: Some(bank.folder().to_owned()) };
    session.keep(&places, Arc::new(Given(Secret::new("correct horse"))));
    assert!(!bank.folder().join("vault.age").exists(), "a session touches no vault before it is needed");
    let uri: KeyUri = "vault:signing".parse().expect("a reference");
    let key = session.stores.generate(&uri, &KeySpec::P256.into()).await.expect("made");
    for flow in ["register", "token"] {
        let order = Order {
            profile: "dnb".to_owned(),
            flow: flow.to_owned(),
            environment: Some("sandbox".to_owned()),
            bindings: [("signing".to_owned(), uri.clone())].into(),
            ..Order::default()
        };
        let prepared = session.prepare(order, Pace::Step).await.expect("prepared");
        let view = drive(prepared, clock.clone(), false).await;
        let errors: Vec<_> = view.steps.iter().filter_map(|s| s.error.as_ref()).collect();
        assert_eq!(view.status, RunStatus::Done, "{flow}: {errors:?}");
    }
    let signature = key.sign(countersign::jose::Alg::Es256, b"x").await.expect("signed");
    assert!(verify(countersign::jose::Alg::Es256, &key.info().public, b"x", &signature).is_ok());
}
