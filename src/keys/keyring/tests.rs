//! Every state of a keyring, played by one in memory whose dialog can be left open.

use std::collections::BTreeMap;
use std::sync::{Mutex, mpsc};

use super::*;
use crate::jose::{Alg, verify};
use crate::keys::KeySpec;

#[derive(Default)]
struct Played {
    items: BTreeMap<String, Vec<u8>>,
    locked: bool,
    /// What each operation after `state` answers.
    says: Option<Fault>,
    /// Waits for this before it stores: the dialog.
    dialog: Option<mpsc::Receiver<()>>,
    connected: usize,
}

#[derive(Clone, Default)]
struct Fake(Arc<Mutex<Played>>);

impl Fake {
    fn now<T>(&self, act: impl FnOnce(&mut Played) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }
    fn keyring(&self) -> Keyring {
        let fake = self.clone();
        let connect: Connect = Arc::new(move |_| {
            fake.now(|p| p.connected += 1);
            Ok(Box::new(fake.clone()))
        });
        let quick = Duration::from_millis(60);
        Keyring { read_within: quick, write_within: quick, ..Keyring::on(connect, None, None) }
    }
}

impl Backend for Fake {
    fn state(&mut self) -> Result<State, Fault> {
        Ok(if self.now(|p| p.locked) { State::Locked } else { State::Open })
    }
    fn names(&mut self) -> Result<Vec<String>, Fault> {
        self.now(|p| p.says.map_or_else(|| Ok(p.items.keys().cloned().collect()), Err))
    }
    fn get(&mut self, name: &str) -> Result<SecretBytes, Fault> {
        let item = |p: &mut Played| p.items.get(name).cloned().map(SecretBytes::new).ok_or(Fault::Missing);
        self.now(|p| p.says.map_or_else(|| item(p), Err))
    }
    fn set(&mut self, name: &str, value: &SecretBytes) -> Result<(), Fault> {
        if let Some(dialog) = self.now(|p| p.dialog.take()) {
            dialog.recv().map_err(|_| Fault::Refused)?;
            self.now(|p| p.locked = false);
        }
        self.now(|p| p.items.insert(name.to_owned(), value.expose().to_vec()));
        Ok(())
    }
    fn delete(&mut self, name: &str) -> Result<(), Fault> {
        self.now(|p| p.items.remove(name).map(|_| ()).ok_or(Fault::Missing))
    }
}

fn uri(name: &str) -> KeyUri {
    KeyUri::new(SCHEME, name)
}

async fn id<T>(result: impl Future<Output = Result<T, KeyError>>) -> &'static str {
    result.await.map_or_else(|e| e.id, |_| "well")
}

#[tokio::test]
async fn a_key_is_made_listed_opened_and_deleted() {
    let fake = Fake::default();
    let store = fake.keyring();
    assert_eq!(fake.now(|p| p.connected), 0, "nothing is asked before it is needed");
    let made = store.generate(&uri("a"), &KeySpec::P256.into()).await.unwrap();
    let key = store.open(&uri("a")).await.unwrap();
    let signature = key.sign(Alg::Es256, b"x").await.unwrap();
    assert!(verify(Alg::Es256, &made.info().public, b"x", &signature).is_ok());
    fake.now(|p| p.items.insert("foreign".to_owned(), vec![0xff, 0, 1]));
    let listed: Vec<_> = store.list().await.unwrap().into_iter().map(|i| i.uri.to_string()).collect();
    assert_eq!(listed, ["keyring:a"]);
    assert_eq!(id(store.open(&uri("foreign"))).await, "key.unreadable");
    assert_eq!(id(store.generate(&uri("a"), &KeySpec::P256.into())).await, "key.exists");
    assert_eq!(store.delete(&uri("a")).await, Ok(Deleted::ForGood));
    assert_eq!(id(store.open(&uri("a"))).await, "key.not-found");
}

#[tokio::test]
async fn each_state_has_its_own_answer_and_nothing_is_kept_elsewhere() {
    let fake = Fake::default();
    let store = fake.keyring();
    for (fault, want) in [
        (Fault::Absent, "key.absent"),
        (Fault::Refused, "key.refused"),
        (Fault::Gone, "key.gone"),
        (Fault::Ambiguous(2), "key.ambiguous"),
    ] {
        fake.now(|p| p.says = Some(fault));
        let error = store.open(&uri("a")).await.map(|_| ()).unwrap_err();
        assert!(error.id == want && !error.hint.is_empty(), "{error:?}");
        assert_eq!(id(store.generate(&uri("a"), &KeySpec::P256.into())).await, want);
    }
    assert!(fake.now(|p| p.connected) >= 2, "after “gone” it connects anew");
    fake.now(|p| (p.says, p.locked) = (None, true));
    assert_eq!(id(store.open(&uri("a"))).await, "key.locked");
    assert_eq!(id(store.list()).await, "key.locked");
    let none: Connect = Arc::new(|_| Err(Fault::Absent));
    assert_eq!(id(Keyring::on(none, None, None).list()).await, "key.absent");
}

#[tokio::test]
async fn a_dialog_nobody_answers_ends_in_time_and_what_comes_late_is_taken_back() {
    let fake = Fake::default();
    let store = fake.keyring();
    let (answer, dialog) = mpsc::channel();
    fake.now(|p| (p.locked, p.dialog) = (true, Some(dialog)));
    assert_eq!(id(store.generate(&uri("a"), &KeySpec::P256.into())).await, "key.unanswered");
    // the keyring is usable meanwhile, on another thread
    fake.now(|p| p.locked = false);
    assert_eq!(id(store.generate(&uri("b"), &KeySpec::P256.into())).await, "well");
    answer.send(()).unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    // the late thread takes its item out again: `a` is never there for good
    while Arc::strong_count(&fake.0) > 3 || fake.now(|p| p.items.contains_key("a")) {
        assert!(std::time::Instant::now() < deadline, "the late thread did not end");
        tokio::task::yield_now().await;
    }
    assert_eq!(store.list().await.unwrap().len(), 1);
    let (dismiss, dialog) = mpsc::channel::<()>();
    fake.now(|p| (p.locked, p.dialog) = (true, Some(dialog)));
    drop(dismiss);
    assert_eq!(id(store.generate(&uri("c"), &KeySpec::P256.into())).await, "key.refused");
}

#[tokio::test]
async fn a_call_that_is_dropped_is_over_and_many_in_vain_end_the_matter() {
    let fake = Fake::default();
    let store = fake.keyring();
    let mut open = Vec::new();
    for n in 0..8 {
        let (answer, dialog) = mpsc::channel();
        open.push(answer);
        fake.now(|p| (p.locked, p.dialog) = (true, Some(dialog)));
        assert_eq!(id(store.generate(&uri(&n.to_string()), &KeySpec::P256.into())).await, "key.unanswered");
    }
    let error = store.list().await.unwrap_err();
    assert!(error.id == "key.store" && error.text.contains("too many"), "{error:?}");
}

#[tokio::test]
async fn where_the_keyring_is_small_it_holds_a_wrapping_key() {
    let fake = Fake::default();
    let dir = tempfile::tempdir().unwrap();
    let small = Keyring { room: Some(200), ..fake.keyring() };
    assert_eq!(id(small.generate(&uri("a"), &KeySpec::Rsa(4096).into())).await, "key.too-large");
    assert_eq!(fake.now(|p| p.connected), 0, "refused before a key was made");
    let small = Keyring { dir: Some(dir.path().join("keyring")), ..small };
    let made = small.generate(&uri("A"), &KeySpec::P256.into()).await.unwrap();
    let item = fake.now(|p| p.items["A"].clone());
    assert!(item.starts_with(b"AGE-SECRET-KEY-1") && item.len() < 200);
    assert_eq!(small.open(&uri("A")).await.unwrap().info().public, made.info().public);
    assert_eq!(std::fs::read_dir(dir.path().join("keyring")).unwrap().count(), 1);
    small.delete(&uri("A")).await.unwrap();
    assert_eq!(std::fs::read_dir(dir.path().join("keyring")).unwrap().count(), 0);
}

#[tokio::test]
async fn certificates_that_come_later_lie_with_the_key() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
    let secret = || SecretJwk::from_pkcs8_der(pair.serialized_der()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let fake = Fake::default();
    for room in [None, Some(200)] {
        let store = Keyring { room, dir: Some(dir.path().join("keyring")), ..fake.keyring() };
        let name = uri(if room.is_some() { "wrapped" } else { "whole" });
        store.import(&name, secret(), Vec::new()).await.unwrap();
        assert_eq!(store.certify(&name, vec![leaf.clone()]).await.unwrap().info().chain, std::slice::from_ref(&leaf));
        store.generate(&uri("other"), &KeySpec::P256.into()).await.unwrap();
        assert_eq!(id(store.certify(&uri("other"), vec![leaf.clone()])).await, "key.certificate");
        store.delete(&uri("other")).await.unwrap();
        assert_eq!(id(store.certify(&uri("other"), vec![leaf.clone()])).await, "key.not-found");
    }
}

#[test]
fn each_fault_has_its_words() {
    let all = [
        Fault::Absent,
        Fault::NoCollection,
        Fault::Locked,
        Fault::Refused,
        Fault::Gone,
        Fault::Ambiguous(2),
        Fault::Missing,
        Fault::Exists,
        Fault::TooLarge,
        Fault::Unreadable,
        Fault::Unanswered(60),
        Fault::Silent(2),
        Fault::Stuck,
    ];
    let told = all.map(|f| f.told("signing")).map(|e| format!("{}: {e}\n    → {}", e.id, e.hint));
    insta::assert_snapshot!(told.join("\n"));
}
