//! A real gnome-keyring in each of its states; `.ci/peers/gnome-keyring.sh test` brings them about, one session each.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests speak plainly"
)]

#[path = "it/support.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
mod support;

use std::time::{Duration, Instant};

use countersign::jose::{Alg, verify};
use countersign::keys::keyring::Keyring;
use countersign::keys::{Delete, Generate, Key, KeyError, KeySpec, KeyStore, KeyUri};

fn uri(name: &str) -> KeyUri {
    KeyUri::new("keyring", name)
}

/// Seconds in which what is told at once has been told, on a machine that does much else: a minute is what a dialog that
/// nobody answers is waited for.
const SOON: u64 = 20;

/// The id of what came back, and that it came in time.
async fn id<T>(within: u64, result: impl Future<Output = Result<T, KeyError>>) -> &'static str {
    let began = Instant::now();
    let id = result.await.map_or_else(|e| e.id, |_| "well");
    assert!(began.elapsed() < Duration::from_secs(within), "{id} took {:?}", began.elapsed());
    id
}

/// The whole message, for a snapshot.
async fn told<T>(result: impl Future<Output = Result<T, KeyError>>) -> String {
    result.await.map_or_else(|e| format!("{}: {e}\n  try: {}\n", e.id, e.hint), |_| "well\n".to_owned())
}

async fn signs(key: &dyn Key, alg: Alg) {
    let signature = key.sign(alg, b"x").await.expect("signed");
    assert!(verify(alg, &key.info().public, b"x", &signature).is_ok());
}

mod open {
    use std::io::Write as _;
    use std::process::{Command, Stdio};
    use std::sync::Arc;

    use countersign::clock::SystemClock;
    use countersign::config::Places;
    use countersign::keys::NobodyUnlocks;
    use countersign::profile::Library;

    use super::support::{Bank, dnb_ends_done, session_at};
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn keys_are_made_found_by_the_next_run_listed_and_deleted() {
        let store = Keyring::new(None);
        let mut all = Vec::new();
        for (name, spec, alg) in [
            ("ec", KeySpec::P256, Alg::Es256),
            ("ed", KeySpec::Ed25519, Alg::EdDsa),
            ("rsa", KeySpec::Rsa(4096), Alg::Ps256),
        ] {
            let made = store.generate(&uri(name), &spec.into()).await.expect("made");
            let next = Keyring::new(None);
            let key = next.open(&uri(name)).await.expect("opened");
            assert_eq!(key.info().public, made.info().public);
            signs(&*key, alg).await;
            assert!(next.list().await.expect("listed").iter().any(|i| i.label == name));
            assert_eq!(id(SOON, store.generate(&uri(name), &spec.into())).await, "key.exists");
            all.push(told(store.generate(&uri(name), &spec.into())).await);
        }
        for name in ["ec", "ed", "rsa"] {
            store.delete(&uri(name)).await.expect("deleted");
            assert_eq!(id(SOON, store.open(&uri(name))).await, "key.not-found");
            all.push(told(store.open(&uri(name))).await);
        }
        insta::assert_snapshot!(all.concat());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn where_there_is_little_room_the_item_is_a_wrapping_key() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Keyring::new(Some(dir.path().to_owned())).with_room(2560);
        let made = store.generate(&uri("large"), &KeySpec::Rsa(4096).into()).await.expect("made");
        let item = Command::new("secret-tool").args(["lookup", "service", "countersign", "username", "large"]).output();
        assert!(item.expect("looked up").stdout.starts_with(b"AGE-SECRET-KEY-1"));
        let key = store.open(&uri("large")).await.expect("opened");
        assert_eq!(key.info().public, made.info().public);
        store.delete(&uri("large")).await.expect("deleted");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn two_items_of_one_name_are_ambiguous_and_foreign_ones_unreadable() {
        let put = |name: &str, extra: &str| {
            let mut tool = Command::new("secret-tool")
                .args(["store", "--label=x", "service", "countersign", "username", name, "extra", extra])
                .stdin(Stdio::piped())
                .spawn()
                .expect("secret-tool");
            tool.stdin.take().expect("its input").write_all(b"s3cret").expect("written");
            assert!(tool.wait().expect("its end").success());
        };
        put("twice", "1");
        put("foreign", "1");
        let store = Keyring::new(None);
        let error = store.open(&uri("foreign")).await.map(|_| ()).unwrap_err();
        assert!(error.id == "key.unreadable" && !format!("{error:?}").contains("s3cret"), "{error:?}");
        put("twice", "2");
        assert_eq!(id(SOON, store.open(&uri("twice"))).await, "key.ambiguous");
        let all = [told(store.open(&uri("foreign"))).await, told(store.open(&uri("twice"))).await];
        insta::assert_snapshot!(all.concat());
        assert!(store.list().await.is_ok(), "one bad name does not hide the others");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn dnb_registers_and_gives_a_token_with_keys_in_the_keyring() {
        let bank = Bank::start().await;
        let mut session = session_at(Library::embedded(), Arc::new(SystemClock), &bank);
        let places = Places { config: None, data: Some(bank.folder().to_owned()) };
        session.keep(&places, Arc::new(NobodyUnlocks));
        for name in ["signing", "transport"] {
            session.stores.generate(&uri(name), &KeySpec::P256.into()).await.expect("made");
        }
        let (signing, transport) = (uri("signing"), uri("transport"));
        for flow in ["register", "token", "call"] {
            dnb_ends_done(&session, flow, &[("signing", &signing)]).await;
            dnb_ends_done(&session, flow, &[("signing", &signing), ("transport", &transport)]).await;
        }
        for name in ["signing", "transport"] {
            session.stores.deleting(&uri(name)).expect("deletes").delete(&uri(name)).await.expect("deleted");
        }
    }

    /// Named to come last: what was unlocked is not there any more afterwards.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn zz_a_daemon_that_dies_is_an_error_and_no_hang() {
        let store = Keyring::new(None);
        store.list().await.expect("listed");
        let asked = Command::new("dbus-send")
            .args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus"])
            .args(["org.freedesktop.DBus.GetConnectionUnixProcessID", "string:org.freedesktop.secrets"])
            .output()
            .expect("asked");
        let text = String::from_utf8_lossy(&asked.stdout).into_owned();
        let pid = text.split_whitespace().last().expect("a process");
        assert!(Command::new("kill").args(["-9", pid]).status().expect("kill").success());
        for _ in 0..2 {
            let got = id(SOON, store.list()).await;
            // the bus starts another daemon, which nobody has unlocked
            assert!(matches!(got, "key.gone" | "key.locked" | "key.absent" | "key.store"), "{got}");
        }
    }
}

mod locked {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn looking_says_so_at_once_and_storing_is_refused() {
        let store = Keyring::new(None);
        assert_eq!(id(SOON, store.list()).await, "key.locked");
        assert_eq!(id(SOON, store.open(&uri("seed"))).await, "key.locked");
        assert_eq!(id(SOON, store.generate(&uri("new"), &KeySpec::P256.into())).await, "key.refused");
        assert_eq!(id(SOON, store.list()).await, "key.locked");
        let refused = told(store.generate(&uri("new"), &KeySpec::P256.into())).await;
        insta::assert_snapshot!([told(store.list()).await, told(store.open(&uri("seed"))).await, refused].concat());
    }
}

mod display {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn a_dialog_nobody_answers_ends_in_time_and_can_be_given_up() {
        let store = Keyring::new(None).waiting(Duration::from_secs(3));
        assert_eq!(id(SOON, store.list()).await, "key.locked");
        let began = Instant::now();
        let unanswered = told(store.generate(&uri("new"), &KeySpec::P256.into())).await;
        assert!(began.elapsed() < Duration::from_secs(SOON), "{:?}", began.elapsed());
        insta::assert_snapshot!([told(store.list()).await, unanswered].concat());
        assert_eq!(id(SOON, store.open(&uri("seed"))).await, "key.locked");
        let patient = Keyring::new(None);
        let (name, given_up) = (uri("new"), Duration::from_secs(1));
        assert!(tokio::time::timeout(given_up, patient.generate(&name, &KeySpec::P256.into())).await.is_err());
        assert_eq!(id(SOON, patient.list()).await, "key.locked", "a call that was given up blocks no other");
    }
}

/// No keyring in three ways: none made yet, nobody on the bus, no bus.
async fn absent(state: &str) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Keyring::new(Some(dir.path().to_owned()));
    assert_eq!(id(SOON, store.list()).await, "key.absent");
    assert_eq!(id(SOON, store.open(&uri("a"))).await, "key.absent");
    assert_eq!(id(SOON, store.generate(&uri("a"), &KeySpec::P256.into())).await, "key.absent");
    assert_eq!(std::fs::read_dir(dir.path()).expect("listed").count(), 0, "nothing is kept elsewhere instead");
    let all = [
        told(store.list()).await,
        told(store.open(&uri("a"))).await,
        told(store.generate(&uri("a"), &KeySpec::P256.into())).await,
    ];
    insta::assert_snapshot!(format!("absent_{state}"), all.concat());
}

mod empty {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn a_service_without_a_keyring_is_absent() {
        super::absent("empty").await;
    }
}

mod no_service {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn a_bus_without_the_service_is_absent() {
        super::absent("no_service").await;
    }
}

mod no_bus {
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs gnome-keyring (.ci/run provides it)"]
    async fn a_machine_without_a_bus_is_absent() {
        super::absent("no_bus").await;
    }
}
