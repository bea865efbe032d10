//! The life of keys.

use std::sync::Arc;

use countersign::clock::{Clock, SystemClock};
use countersign::config::Places;
use countersign::jose::{Alg, verify};
use countersign::keys::{Delete, Deleted, Generate, Key, KeySpec, KeyStore, KeyUri, Making, NobodyUnlocks};
use countersign::profile::Library;

use super::support::{Bank, dnb_ends_done, session_at};
use super::{alias, read, store, told};

async fn signs(key: &dyn Key) {
    let long = vec![b'x'; 10_000];
    for alg in Alg::ALL.into_iter().filter(|a| key.info().spec.signs(*a)) {
        let signature = key.sign(alg, &long).await.expect("signed");
        assert!(verify(alg, &key.info().public, &long, &signature).is_ok(), "{alg}");
    }
}

#[tokio::test]
#[ignore = "needs moto (.ci/run provides it)"]
async fn keys_of_every_kind_are_made_found_by_every_name_deleted_and_brought_back() {
    let (kms, _) = store();
    let mut all = Vec::new();
    for (name, spec) in [
        ("p256", KeySpec::P256),
        ("p384", KeySpec::P384),
        ("p521", KeySpec::P521),
        ("rsa2048", KeySpec::Rsa(2048)),
        ("rsa4096", KeySpec::Rsa(4096)),
    ] {
        let made = kms.generate(&alias(name), &spec.into()).await.expect("made");
        assert_eq!((made.info().spec, made.info().exportable, made.info().costly), (spec, false, true));
        let (next, _) = store();
        let key = next.open(&alias(name)).await.expect("opened");
        assert_eq!(key.info().public, made.info().public);
        signs(&*key).await;
        let taken = kms.generate(&alias(name), &spec.into()).await.map(|_| ()).unwrap_err();
        assert_eq!(taken.id, "key.exists");
        all.push(told(&taken));
    }
    let listed = store().0.list().await.expect("listed");
    assert!(listed.iter().any(|k| k.uri == alias("p384") && k.spec == KeySpec::P384), "{listed:?}");

    let now = SystemClock.now();
    let Deleted::Scheduled { until } = kms.delete(&alias("p256")).await.expect("deleted") else { panic!("for good") };
    let days = (until.seconds() - now.seconds() + 43_200) / 86_400;
    assert_eq!(days, 30);
    let error = kms.open(&alias("p256")).await.map(|_| ()).unwrap_err();
    assert_eq!(error.id, "key.pending-deletion");
    all.push(told(&error));
    let (other, _) = store();
    other.list().await.expect("listed");
    let row = other.left_out().into_iter().find(|l| l.label == "alias/p256").expect("a row that cannot be used");
    assert_eq!(row.why.id, "key.pending-deletion");
    all.push(told(&row.why));
    read("taken_and_pending_deletion", &all);
    kms.restore(&alias("p256")).await.expect("back");
    signs(&*kms.open(&alias("p256")).await.expect("opened")).await;
}

#[tokio::test]
#[ignore = "needs moto (.ci/run provides it)"]
async fn a_key_is_copied_to_a_second_region_under_the_same_name() {
    let (kms, ear) = store();
    let making = Making {
        description: Some("acme".to_owned()),
        tags: vec![("dnb:ciam:client-name".to_owned(), "acme".to_owned())],
        replica: Some("eu-central-1".to_owned()),
        ..KeySpec::P256.into()
    };
    let made = kms.generate(&alias("both"), &making).await.expect("made");
    let far: KeyUri = "awskms:key-id=alias/both;region=eu-central-1".parse().expect("a reference");
    let copy = store().0.open(&far).await.expect("the copy");
    assert_eq!(copy.info().public, made.info().public);
    signs(&*copy).await;
    let heard = ear.0.lock().unwrap().join("\n");
    assert!(heard.contains("copying the key to eu-central-1") && heard.contains("not ready yet"), "{heard}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs moto (.ci/run provides it)"]
async fn dnb_takes_the_signing_key_and_the_tls_key_of_kms() {
    let bank = Bank::start().await;
    let mut session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
    let places = Places { config: None, data: Some(bank.folder().to_owned()) };
    session.keep(&places, Arc::new(NobodyUnlocks));
    let (signing, transport, rsa) = (alias("dnb-signing"), alias("dnb-transport"), alias("dnb-rsa"));
    for (at, spec) in [(&signing, KeySpec::P256), (&transport, KeySpec::P256), (&rsa, KeySpec::Rsa(2048))] {
        session.stores.generate(at, &spec.into()).await.expect("made");
    }
    for flow in ["register", "token", "call"] {
        dnb_ends_done(&session, flow, &[("signing", &signing)]).await;
        dnb_ends_done(&session, flow, &[("signing", &signing), ("transport", &transport)]).await;
        dnb_ends_done(&session, flow, &[("transport", &rsa)]).await;
    }
}
