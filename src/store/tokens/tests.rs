//! Custody of tokens without a bank: what is kept, what is shown, what each end of a request leaves.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::clock::FixedClock;
use crate::flow::custody::{Policy, Spending};
use crate::keys::vault::Vault;
use crate::keys::{Given, KeyUri, NobodyUnlocks, Stores, Unlock};
use crate::secret::Secret;
use crate::store::read_capped;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn whose(key: &str) -> Whose {
    Whose::new("acme", "own", &[("transport".to_owned(), KeyUri::new("file", key))].into())
}

fn members(access: &str, refresh: Option<&str>) -> Map<String, Json> {
    let mut all = json!({ "access_token": access, "token_type": "Bearer", "expires_in": 300, "scope": "accounts" });
    if let Some(refresh) = refresh {
        all["refresh_token"] = refresh.into();
    }
    all.as_object().unwrap().clone()
}

fn sealed(dir: &std::path::Path, unlock: Arc<dyn Unlock>) -> Tokens {
    let clock = Arc::new(FixedClock::new(NOW));
    let vault = Vault::new(Some(dir.to_owned()), unlock, clock, std::time::Duration::from_mins(1));
    let stores = Arc::new(Stores::new());
    #[cfg(feature = "keyring")]
    let wrapping = Wrapping::new(stores, vault, Arc::new(crate::keys::keyring::Keyring::new(None)));
    #[cfg(not(feature = "keyring"))]
    let wrapping = Wrapping::new(stores, vault);
    Tokens::default().sealed_in(dir.join("tokens"), wrapping)
}

fn given() -> Arc<dyn Unlock> {
    Arc::new(Given(Secret::new("correct horse")))
}

fn spending(token: &str, policy: Policy) -> Spending {
    Spending { set: "user".into(), token: Secret::new(token), policy, doubt_known: false }
}

async fn user(tokens: &Tokens, now: Timestamp) -> Json {
    tokens.shown(&whose("a.pem"), &["user".to_owned()].into(), now).await.unwrap()["user"].clone()
}

async fn flight(tokens: &Tokens, token: &str, policy: Policy) -> Box<InFlight> {
    match tokens.lease(&whose("a.pem"), "user").await.unwrap().spend(&spending(token, policy), NOW).unwrap() {
        Leased::InFlight(flight) => flight,
        Leased::Elsewhere(_) => panic!("nobody else spends"),
    }
}

async fn seeded(policy: Policy) -> Tokens {
    let tokens = Tokens::default();
    tokens.keep(&whose("a.pem"), "user", members("at-0", Some("rt-0")), NOW).await.unwrap();
    let answer = json!({ "access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "refresh_token": "rt-1" });
    let (_, told) = flight(&tokens, "rt-0", policy).await.answered(200, answer.to_string().as_bytes(), NOW);
    assert_eq!(told, None);
    tokens
}

#[tokio::test]
async fn a_set_is_sealed_and_nothing_of_it_stands_in_the_open() {
    let dir = tempfile::tempdir().unwrap();
    let (tokens, whose_it_is) = (sealed(dir.path(), given()), whose("a.pem"));
    let kept = tokens.keep(&whose_it_is, "user", members("at-secret", Some("rt-secret")), NOW);
    assert_eq!(kept.await.unwrap(), Kept::Sealed);
    let mut files = 0;
    for entry in std::fs::read_dir(dir.path().join("tokens")).unwrap().chain(std::fs::read_dir(dir.path()).unwrap()) {
        let path = entry.unwrap().path();
        if path.is_file() {
            files += 1;
            let text = String::from_utf8_lossy(&read_capped(&path, 1 << 20).unwrap()).into_owned();
            assert!(!text.contains("secret"), "{}", path.display());
        }
    }
    assert!(files >= 4, "the set, to whom it is sealed, and the vault: {files}");
    // anybody may look at the label, and with the passphrase the next run has it all
    let next = sealed(dir.path(), Arc::new(NobodyUnlocks));
    let rows = next.rows();
    assert_eq!((rows[0].label.set.as_str(), rows[0].label.ends), ("user", Some(1_000_300)));
    let sets = BTreeSet::from(["user".to_owned()]);
    assert_eq!(next.shown(&whose("a.pem"), &sets, NOW).await.unwrap_err().id, "key.encrypted");
    let user = user(&sealed(dir.path(), given()), NOW).await;
    assert_eq!((&user["access_token"], &user["refresh_token"]), (&"at-secret".into(), &"rt-secret".into()));
}

#[tokio::test]
async fn sealing_asks_nobody_once_there_is_a_place_and_never_makes_one_for_an_access_token() {
    let dir = tempfile::tempdir().unwrap();
    let locked = sealed(dir.path(), Arc::new(NobodyUnlocks));
    let own = whose("a.pem");
    let app = || locked.keep(&own, "app", members("at", None), NOW);
    assert_eq!(app().await.unwrap(), Kept::InMemory(None), "no passphrase is asked for");
    let Kept::InMemory(Some(why)) = locked.keep(&whose("a.pem"), "user", members("at", Some("rt")), NOW).await.unwrap()
    else {
        panic!("nobody answers")
    };
    assert!(why.contains("tokens.user end with the program"), "{why}");
    sealed(dir.path(), given()).keep(&whose("a.pem"), "user", members("at", Some("rt")), NOW).await.unwrap();
    assert_eq!(app().await.unwrap(), Kept::Sealed);
}

#[tokio::test]
async fn a_refresh_token_outlives_its_access_token_and_a_new_certificate() {
    let tokens = seeded(Policy::Rotate).await;
    let later = NOW.plus_seconds(271);
    let user = user(&tokens, later).await;
    assert_eq!((user.get("access_token"), &user["refresh_token"]), (None, &"rt-1".into()));
    let dir = tempfile::tempdir().unwrap();
    let kept = sealed(dir.path(), given());
    kept.keep(&whose("old.pem"), "user", members("at", Some("rt")), NOW).await.unwrap();
    let sets = BTreeSet::from(["user".to_owned()]);
    let user = kept.shown(&whose("new.pem"), &sets, NOW).await.unwrap()["user"].clone();
    assert_eq!((user.get("access_token"), &user["refresh_token"]), (None, &"rt".into()), "RFC 8705 §3 and §7.1");
}

#[tokio::test]
async fn a_line_goes_on_where_an_answer_brings_no_refresh_token() {
    let tokens = seeded(Policy::Reuse).await;
    let answer = json!({ "access_token": "at-2", "token_type": "Bearer" });
    flight(&tokens, "rt-1", Policy::Reuse).await.answered(200, answer.to_string().as_bytes(), NOW);
    let now = user(&tokens, NOW).await;
    assert_eq!(
        (&now["access_token"], &now["refresh_token"], &now["scope"]),
        (&"at-2".into(), &"rt-1".into(), &"accounts".into())
    );
    tokens.keep(&whose("a.pem"), "user", members("at-3", None), NOW).await.unwrap();
    assert_eq!(user(&tokens, NOW).await["refresh_token"], "rt-1");
}

#[tokio::test]
async fn the_predecessor_goes_or_stays_as_the_policy_says() {
    for (policy, stays) in [(Policy::Rotate, None), (Policy::RotateWithBackup, Some("rt-0")), (Policy::Reuse, None)] {
        let user = user(&seeded(policy).await, NOW).await;
        assert_eq!((&user["refresh_token"], &user["generation"]), (&"rt-1".into(), &1.into()));
        assert_eq!(user.get("predecessor").and_then(Json::as_str), stays, "{policy:?}");
    }
}

#[tokio::test]
async fn a_back_up_is_spent_only_where_the_policy_has_one() {
    let tokens = seeded(Policy::RotateWithBackup).await;
    let lease = tokens.lease(&whose("a.pem"), "user").await.unwrap();
    assert!(matches!(lease.spend(&spending("rt-0", Policy::Rotate), NOW).unwrap(), Leased::Elsewhere(_)));
    let answer = json!({ "access_token": "at-b", "token_type": "Bearer", "refresh_token": "rt-b" });
    flight(&tokens, "rt-0", Policy::RotateWithBackup).await.answered(200, answer.to_string().as_bytes(), NOW);
    let user = user(&tokens, NOW).await;
    assert_eq!((&user["refresh_token"], &user["predecessor"]), (&"rt-b".into(), &"rt-0".into()));
}

#[tokio::test]
async fn each_end_of_a_request_leaves_the_token_and_says_how_it_stands() {
    for (status, body, doubt, refused) in [
        (400, r#"{"error":"invalid_grant"}"#, false, true),
        (401, r#"{"error":"invalid_client"}"#, false, false),
        (503, "<html>", true, false),
        (200, "{}", true, false),
        (200, r#"{"access_token":7}"#, true, false),
        (500, r#"{"error":"server_error"}"#, true, false),
    ] {
        let tokens = seeded(Policy::Rotate).await;
        flight(&tokens, "rt-1", Policy::Rotate).await.answered(status, body.as_bytes(), NOW);
        let user = user(&tokens, NOW).await;
        assert_eq!(user["refresh_token"], "rt-1", "{status} {body}");
        let said = (user.get("doubt_since").is_some(), user.get("refused_since").is_some());
        assert_eq!(said, (doubt, refused), "{status} {body}");
    }
    let tokens = seeded(Policy::Rotate).await;
    assert_eq!(flight(&tokens, "rt-1", Policy::Rotate).await.never_sent(), None);
    assert_eq!(user(&tokens, NOW).await.get("doubt_since"), None, "nothing went out");
}

#[tokio::test]
async fn a_token_in_doubt_is_sent_again_only_with_a_word_or_where_it_does_no_harm() {
    for (policy, known, goes) in
        [(Policy::Rotate, false, false), (Policy::Rotate, true, true), (Policy::Reuse, false, true)]
    {
        let tokens = seeded(Policy::Rotate).await;
        drop(flight(&tokens, "rt-1", Policy::Rotate).await);
        assert_eq!(user(&tokens, NOW).await["doubt_since"], 1_000_000);
        let again = Spending { doubt_known: known, ..spending("rt-1", policy) };
        let lease = tokens.lease(&whose("a.pem"), "user").await.unwrap();
        match lease.spend(&again, NOW) {
            Ok(Leased::InFlight(_)) => assert!(goes, "{policy:?}"),
            Ok(Leased::Elsewhere(_)) => panic!("it is the one in force"),
            Err(e) => assert!(!goes && e.id == "key.refused", "{policy:?} {e}"),
        }
    }
}

#[tokio::test]
async fn a_second_spender_waits_and_takes_what_the_first_got() {
    let tokens = seeded(Policy::Rotate).await;
    let first = flight(&tokens, "rt-1", Policy::Rotate).await;
    assert!(user(&tokens, NOW).await.get("doubt_since").is_none(), "in flight is not in doubt");
    let second = tokens.clone();
    let second = tokio::spawn(async move { second.lease(&whose("a.pem"), "user").await.unwrap() });
    tokio::task::yield_now().await;
    assert!(!second.is_finished());
    let answer = json!({ "access_token": "at-2", "token_type": "Bearer", "refresh_token": "rt-2" });
    drop(first.answered(200, answer.to_string().as_bytes(), NOW));
    let lease = second.await.unwrap();
    let Leased::Elsewhere(set) = lease.spend(&spending("rt-1", Policy::Rotate), NOW).unwrap() else {
        panic!("rt-1 is spent")
    };
    assert_eq!(set.access_token(NOW), Some(Secret::new("at-2")));
}

#[tokio::test]
async fn what_is_forgotten_is_gone_and_a_dead_access_token_takes_no_refresh_token_along() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = sealed(dir.path(), given());
    tokens.keep(&whose("a.pem"), "user", members("at", Some("rt")), NOW).await.unwrap();
    tokens.keep(&whose("a.pem"), "app", members("at-app", None), NOW).await.unwrap();
    tokens.forget(&whose("a.pem"), "token:at").await.unwrap();
    let left = user(&tokens, NOW).await;
    assert_eq!((left.get("access_token"), &left["refresh_token"]), (None, &"rt".into()));
    tokens.forget(&whose("a.pem"), "token:at-app").await.unwrap();
    assert_eq!(tokens.rows().len(), 1);
    tokens.forget(&whose("a.pem"), "tokens").await.unwrap();
    assert_eq!(tokens.rows(), []);
}

#[tokio::test]
async fn a_file_that_was_changed_or_put_under_another_name_is_refused_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let tokens = sealed(dir.path(), given());
    tokens.keep(&whose("a.pem"), "user", members("at", Some("rt")), NOW).await.unwrap();
    let path = dir.path().join("tokens/acme.own.user");
    let whole = std::fs::read(&path).unwrap();
    let other = dir.path().join("tokens/acme.own.other");
    std::fs::copy(&path, &other).unwrap();
    let read = |name: &'static str| {
        let tokens = tokens.clone();
        async move { tokens.get(&whose("a.pem"), name).await.map(|set| set.is_some()).map_err(|e| e.id) }
    };
    assert_eq!(read("other").await, Err("key.unreadable"));
    for at in (0..whole.len()).step_by(29).filter(|at| *at > whole.iter().position(|b| *b == b'\n').unwrap()) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        assert_eq!(read("user").await, Err("key.unreadable"), "{at}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "a damaged file is left for a rescue");
    }
}

#[test]
fn nothing_of_a_set_is_told_by_its_debug() {
    let set = TokenSet::new(whose("a.pem"), "user", members("at-secret", Some("rt-secret")), NOW);
    assert!(!format!("{set:?}").contains("secret"));
}

#[tokio::test]
async fn instances_that_begin_at_once_seal_to_one_pair() {
    let dir = tempfile::tempdir().unwrap();
    let sets = ["one", "two", "three", "four"];
    let own = whose("a.pem");
    let all = sets.map(|set| {
        let (tokens, own) = (sealed(dir.path(), given()), own.clone());
        tokio::spawn(async move { tokens.keep(&own, set, members("at", Some("rt")), NOW).await.unwrap() })
    });
    for kept in all {
        assert_eq!(kept.await.unwrap(), Kept::Sealed);
    }
    let next = sealed(dir.path(), given());
    for set in sets {
        assert!(next.get(&own, set).await.unwrap().is_some(), "{set} opens");
    }
}
