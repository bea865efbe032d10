//! A person's own keys at the embedded bank: bound by reference, registered and certified there, wherever they live.

use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::flow::Pace;
use countersign::keys::{Given, KeySpec, KeyUri};
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::Session;

use crate::support::{Bank, dnb_ends_done, dnb_order, session_at};

fn session(bank: &Bank) -> Session {
    let mut session = session_at(Library::embedded(), Arc::new(SystemClock), bank);
    let places = Places { config: None, data: Some(bank.folder().to_owned()) };
    session.keep(&places, Arc::new(Given(Secret::new("correct horse"))));
    session
}

async fn made(session: &Session, uri: &str, spec: KeySpec) -> KeyUri {
    let uri: KeyUri = uri.parse().expect("a reference");
    session.stores.generate(&uri, &spec.into()).await.expect("made");
    uri
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_got_with_the_signing_key_in_a_file_in_memory_and_in_the_vault() {
    let bank = Bank::start().await;
    let session = session(&bank);
    assert!(!bank.folder().join("vault.age").exists(), "a session touches no vault before it is needed");
    let file = KeyUri::new("file", bank.key_file("signing", "EC", "P-256", false).display().to_string());
    let memory = made(&session, "memory:own", KeySpec::P256).await;
    let vault = made(&session, "vault:own", KeySpec::P256).await;
    for signing in [file, memory, vault] {
        for flow in ["register", "token", "call"] {
            dnb_ends_done(&session, flow, &[("signing", &signing)]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sandbox_certifies_a_transport_key_wherever_it_lives() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let file = KeyUri::new("file", bank.key_file("transport", "RSA", "2048", false).display().to_string());
    let vault = made(&session, "vault:transport", KeySpec::P256).await;
    for transport in [&file, &vault] {
        dnb_ends_done(&session, "call", &[("transport", transport)]).await;
        dnb_ends_done(&session, "call", &[("transport", transport), ("signing", &vault)]).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_come_from_a_file_of_their_own_and_must_be_the_keys() {
    let bank = Bank::start().await;
    let session = session(&bank);
    let key = KeyUri::new("file", bank.key_file("other", "EC", "P-256", false).display().to_string());
    let chain = bank.key_file("qwac", "EC", "P-256", true).display().to_string();
    let mut order = dnb_order("token", &[("transport", &key)]);
    order.environment = Some("production".to_owned());
    order.production = true;
    order.inputs.insert("client_id".to_owned(), Secret::new("00000000-0000-4000-8000-000000000000"));
    order.inputs.insert("scope".to_owned(), Secret::new("a"));
    order.chains.insert("transport".to_owned(), chain);
    let mut prepared = session.prepare(order.clone(), Pace::Step).await.expect("prepared");
    let (events, mut incoming) = tokio::sync::mpsc::unbounded_channel();
    for effect in prepared.run.handle(countersign::flow::Event::Start, session.clock.now()) {
        prepared.performer.perform(effect, &events);
    }
    let loaded = incoming.recv().await.expect("what was loaded");
    let text = format!("{loaded:?}");
    assert!(text.contains("the certificate is for another key"), "{text}");

    order.chains.insert("transport".to_owned(), "no-such.pem".to_owned());
    let problem = session.prepare(order.clone(), Pace::Step).await.err().expect("refused");
    assert!(problem.text.contains("there is no file no-such.pem"), "{problem}");
    order.chains = [("transprot".to_owned(), "x.pem".to_owned())].into();
    let problem = session.prepare(order, Pace::Step).await.err().expect("refused");
    assert_eq!(problem.hint, "did you mean `transport`?");
}
