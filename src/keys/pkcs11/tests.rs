//! Every state of a module, played by one in memory: those that SoftHSM cannot be brought into.

mod fake;

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use fake::{Fake, Say};

use super::host::Times;
use super::*;
use crate::jose::{Alg, verify};
use crate::keys::Wanted;
use crate::secret::Secret;

/// A person with PINs to give, one after the other; what they were asked stands in `asked`.
#[derive(Default)]
struct Person {
    pins: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<Wanted>>,
}

impl Unlock for Person {
    fn ask(&self, wanted: Wanted) -> BoxFuture<'_, Option<Secret>> {
        self.asked.lock().unwrap().push(wanted);
        let pin = self.pins.lock().unwrap().pop().map(Secret::new);
        Box::pin(async { pin })
    }
    fn hear(&self, progress: &str) {
        self.asked.lock().unwrap().push(Wanted { what: progress.to_owned(), warning: None });
    }
}

impl Person {
    /// The last is given first.
    fn with(pins: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { pins: Mutex::new(pins.to_vec()), ..Self::default() })
    }
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
    fn warned(&self) -> Vec<Option<String>> {
        self.asked.lock().unwrap().iter().map(|w| w.warning.clone()).collect()
    }
}

fn store(fake: &Fake, person: &Arc<Person>) -> Pkcs11 {
    let times =
        Times { quick: Duration::from_secs(20), make: Duration::from_secs(20), keypad: Duration::from_secs(20) };
    store_within(fake, person, times)
}

fn store_within(fake: &Fake, person: &Arc<Person>, times: Times) -> Pkcs11 {
    let path = PathBuf::from("/usr/lib/fake.so");
    let fake = fake.clone();
    let host = Host::on(&path, move || Ok(Box::new(fake.clone())), times);
    Pkcs11 { modules: vec![(path, Arc::new(host))], unlock: person.clone() }
}

fn uri(text: &str) -> KeyUri {
    format!("pkcs11:{text}").parse().unwrap()
}

async fn told<T>(result: impl Future<Output = Result<T, KeyError>>) -> String {
    result.await.map_or_else(|e| format!("{}: {e}: {}", e.id, e.hint), |_| "well".to_owned())
}

async fn id<T>(result: impl Future<Output = Result<T, KeyError>>) -> &'static str {
    result.await.map_or_else(|e| e.id, |_| "well")
}

const KEY: &str = "token=QSeal;object=signing";

#[tokio::test]
async fn the_pin_is_asked_once_when_it_is_needed_and_not_before() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    let store = store(&fake, &person);
    let key = store.generate(&uri(KEY), &KeySpec::P256.into()).await.unwrap();
    assert_eq!((person.asked(), fake.now(|p| p.logins)), (1, 1));
    let again = store.open(&uri(KEY)).await.unwrap();
    for key in [key, again] {
        let signature = key.sign(Alg::Es256, b"x").await.unwrap();
        assert!(verify(Alg::Es256, &key.info().public, b"x", &signature).is_ok());
    }
    assert_eq!((person.asked(), fake.now(|p| p.logins)), (1, 1));
    assert_eq!(fake.now(|p| p.sessions.len()), 1, "what was opened for writing is closed");
    // another process: looking needs no PIN
    fake.now(|p| p.logged_in = false);
    let listed = store.list().await.unwrap();
    assert_eq!(listed[0].uri.to_string(), "pkcs11:token=QSeal;object=signing");
    assert!(listed[0].costly && listed[0].warning.as_ref().unwrap().contains("PIN"), "{:?}", listed[0].warning);
    assert!(store.open(&uri(KEY)).await.is_ok());
    assert_eq!(person.asked(), 1);
}

#[tokio::test]
async fn a_wrong_pin_is_told_and_the_same_is_never_sent_twice() {
    let (fake, person) = (Fake::default(), Person::with(&["1234", "2222", "1111", "1111"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    let mut all = Vec::new();
    for tries in [1, 1, 2] {
        all.push(told(key.sign(Alg::Es256, b"x")).await);
        assert_eq!(fake.now(|p| p.logins), tries, "{all:?}");
    }
    all.extend(person.warned().into_iter().map(|w| format!("asked: {w:?}")));
    insta::assert_snapshot!(all.join("\n"));
    assert!(!all.join("").contains("1111") && !all.join("").contains("2222"));
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well");
    assert_eq!(person.warned()[3], Some("ONE TRY IS LEFT: a wrong PIN locks the token".to_owned()));
}

#[tokio::test]
async fn a_locked_pin_and_one_that_is_not_set_are_not_asked_for() {
    let (fake, person) = (Fake::default(), Person::with(&["1234", "3333", "2222", "1111"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    let mut all = Vec::new();
    for _ in 0..4 {
        all.push(told(key.sign(Alg::Es256, b"x")).await);
    }
    fake.now(|p| (p.tries, p.pin_set) = (3, false));
    all.push(told(key.sign(Alg::Es256, b"x")).await);
    insta::assert_snapshot!(all.join("\n"));
    assert_eq!((person.asked(), fake.now(|p| p.logins)), (3, 3), "the fourth was not asked for");
}

#[tokio::test]
async fn a_keypad_is_asked_and_no_person() {
    let (fake, person) = (Fake::default(), Person::with(&[]));
    fake.make("signing", &[1]);
    fake.now(|p| p.keypad = true);
    let key = store(&fake, &person).open(&uri(KEY)).await.unwrap();
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well");
    let heard = person.asked.lock().unwrap()[0].what.clone();
    assert_eq!(heard, "enter the PIN on the keypad of the token “QSeal”");
}

#[tokio::test]
async fn a_token_that_was_pulled_is_opened_once_more_and_then_asked_for() {
    let (fake, person) = (Fake::default(), Person::with(&["1234", "1234", "1234", "1234"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well");
    // out and in again: its session is gone, and with it the login
    fake.now(|p| (p.logged_in, ()) = (false, p.sessions.clear()));
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well");
    assert_eq!(person.asked(), 2);
    // pulled while it signs
    fake.now(|p| p.says.push(Say { at: "sign", fault: Fault::Removed }));
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well");
    fake.now(|p| p.says.extend([Say { at: "sign", fault: Fault::Removed }, Say { at: "sign", fault: Fault::Removed }]));
    let mut all = vec![told(key.sign(Alg::Es256, b"x")).await];
    fake.now(|p| (p.absent, ()) = (true, p.sessions.clear()));
    all.push(told(key.sign(Alg::Es256, b"x")).await);
    fake.now(|p| (p.absent, p.logged_in) = (false, false));
    assert_eq!((id(key.sign(Alg::Es256, b"x")).await, person.asked()), ("key.pin-wanted", 5));
    insta::assert_snapshot!(all.join("\n"));
}

#[tokio::test]
async fn a_module_that_hangs_is_told_and_left_alone_and_a_dropped_call_is_not_that() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    fake.make("signing", &[1]);
    let quick = Duration::from_millis(200);
    let patient = store(&fake, &person);
    let key = patient.open(&uri(KEY)).await.unwrap();
    let (go, wait) = mpsc::channel();
    fake.now(|p| p.hangs = Some(wait));
    assert!(tokio::time::timeout(quick, key.sign(Alg::Es256, b"x")).await.is_err());
    go.send(()).unwrap();
    assert_eq!(id(key.sign(Alg::Es256, b"x")).await, "well", "the thread came to its end and serves the next");

    let hasty = store_within(&fake, &person, Times { quick, make: quick, keypad: quick });
    let key = hasty.open(&uri(KEY)).await.unwrap();
    let (go, wait) = mpsc::channel::<()>();
    fake.now(|p| p.hangs = Some(wait));
    let mut all = vec![told(key.sign(Alg::Es256, b"x")).await];
    go.send(()).unwrap();
    all.push(told(key.sign(Alg::Es256, b"x")).await);
    all.push(told(hasty.list()).await);
    insta::assert_snapshot!(all.join("\n"));
}

#[tokio::test]
async fn a_false_signature_is_kept_back_and_a_key_that_gives_one_is_not_made() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    fake.now(|p| p.lies = true);
    insta::assert_snapshot!(told(key.sign(Alg::Es256, b"x")).await);
    assert_eq!(id(store.generate(&uri("object=new"), &KeySpec::P256.into())).await, "key.signature");
    fake.now(|p| p.lies = false);
    assert_eq!(fake.now(|p| p.keys.len()), 1, "it was removed again");
    fake.now(|p| p.leaks = true);
    let error = store.generate(&uri("object=new"), &KeySpec::P256.into()).await.map(|_| ()).unwrap_err();
    assert!(error.id == "key.store" && error.text.contains("could leave"), "{error:?}");
    assert_eq!(fake.now(|p| p.keys.len()), 1);
}

#[tokio::test]
async fn each_answer_of_a_module_has_words_of_its_own() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    let mut all = Vec::new();
    for fault in [
        Fault::PinExpired,
        Fault::AnotherUser,
        Fault::Mechanism,
        Fault::NotPermitted,
        Fault::Refused,
        Fault::Other("DeviceError".to_owned()),
    ] {
        fake.now(|p| p.says.push(Say { at: "find", fault }));
        all.push(told(key.sign(Alg::Es256, b"x")).await);
    }
    let fresh = store_within(&fake, &person, Times::default());
    fake.now(|p| p.says.push(Say { at: "open", fault: Fault::Sessions }));
    all.push(told(fresh.open(&uri(KEY))).await);
    for fault in [Fault::ReadOnly, Fault::Full, Fault::Unsupported] {
        fake.now(|p| p.says.push(Say { at: "generate", fault }));
        all.push(told(store.generate(&uri("object=new"), &KeySpec::P256.into())).await);
    }
    for (what, spec) in
        [("object=new", KeySpec::Ed25519), ("object=new", KeySpec::Rsa(1024)), ("id=%07", KeySpec::P256)]
    {
        all.push(told(store.generate(&uri(what), &spec.into())).await);
    }
    all.push(told(store.generate(&uri(KEY), &KeySpec::P256.into())).await);
    insta::assert_snapshot!(all.join("\n"));
}

#[tokio::test]
async fn what_fits_twice_is_ambiguous_and_what_fits_not_is_told_with_what_is_there() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    fake.make("signing", &[1]);
    fake.make("signing", &[2]);
    fake.make("twin", &[3]);
    fake.make("twin", &[3]);
    let store = store(&fake, &person);
    let mut all = Vec::new();
    for text in [KEY, "object=twin", "object=none", "token=Other;object=signing", "slot-id=9;id=%01"] {
        all.push(told(store.open(&uri(text))).await);
    }
    assert_eq!(id(store.open(&uri("object=signing;id=%02"))).await, "well");
    let listed: Vec<_> = store.list().await.unwrap().into_iter().map(|i| i.uri.to_string()).collect();
    assert_eq!(listed[1], "pkcs11:token=QSeal;object=signing;id=%02");
    // a second slot with a token of that label
    fake.now(|p| p.twin = true);
    all.push(told(store.open(&uri("object=signing;id=%02"))).await);
    all.push(told(store.open(&uri("token=QSeal;object=signing;id=%02"))).await);
    assert_eq!(id(store.open(&uri("serial=0001;object=signing;id=%02"))).await, "well");
    insta::assert_snapshot!(all.join("\n"));
    let none = Pkcs11::new(Vec::new(), person.clone());
    assert_eq!(id(none.list()).await, "key.absent");
    let mut all = vec![told(none.open(&uri(KEY))).await];
    all.push(told(store.open(&uri("object=a?module-path=/tmp/evil.so"))).await);
    all.push(told(store.open(&uri("object=a;module-name=evil"))).await);
    insta::assert_snapshot!("modules", all.join("\n"));
}

#[tokio::test]
async fn many_tasks_at_once_are_served_one_after_the_other() {
    let (fake, person) = (Fake::default(), Person::with(&["1234"]));
    fake.make("signing", &[1]);
    let store = store(&fake, &person);
    let key = store.open(&uri(KEY)).await.unwrap();
    let all = futures_util::future::join_all((0..16).map(|_| key.sign(Alg::Es256, b"x"))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(person.asked(), 1, "one PIN for all of them");
}
