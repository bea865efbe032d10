//! A vault through its whole life, what is wrong with it, and the `age` tool's own view of it.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::Mutex as Plain;

use futures_util::future::BoxFuture;

use super::*;
use crate::clock::FixedClock;
use crate::jose::{Alg, verify};
use crate::keys::{Certify, Delete, Deleted, Generate, Import, KeySpec};
use crate::time::Timestamp;

const LONG: Duration = Duration::from_hours(1);

/// Answers in order, then is gone.
struct Says(Plain<VecDeque<&'static str>>);

impl Unlock for Says {
    fn ask(&self, _: Wanted) -> BoxFuture<'_, Option<Secret>> {
        let next = self.0.lock().unwrap().pop_front();
        Box::pin(async move { next.map(Secret::new) })
    }
}

const GOOD: &str = "correct horse";

fn vault(dir: &Path, says: &[&'static str]) -> Vault {
    vault_at(dir, says, Arc::new(FixedClock::new(Timestamp::from_seconds(1_000_000))), LONG)
}

fn vault_at(dir: &Path, says: &[&'static str], clock: Arc<FixedClock>, idle: Duration) -> Vault {
    let unlock = Arc::new(Says(Plain::new(says.iter().copied().collect())));
    Vault::with_work(Some(dir.to_owned()), unlock, clock, idle, 4)
}

fn uri(name: &str) -> KeyUri {
    KeyUri::new(SCHEME, name)
}

async fn id<T>(result: impl Future<Output = Result<T, KeyError>>) -> &'static str {
    result.await.map_or_else(|e| e.id, |_| "well")
}

#[tokio::test]
async fn a_key_is_made_kept_and_found_by_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let first = vault(dir.path(), &[GOOD, GOOD]);
    assert_eq!(first.list().await.unwrap(), []);
    assert_eq!(id(first.open(&uri("a"))).await, "key.not-found");
    assert!(!first.exists(), "looking makes nothing");
    let made = first.generate(&uri("a"), &KeySpec::P256.into()).await.unwrap();
    first.generate(&uri("b"), &KeySpec::Ed25519.into()).await.unwrap();
    assert_eq!(id(first.generate(&uri("a"), &KeySpec::P256.into())).await, "key.exists");
    assert_eq!(id(first.generate(&uri(" a"), &KeySpec::P256.into())).await, "key.reference");

    let next = vault(dir.path(), &[GOOD]);
    assert_eq!(id(next.list()).await, "key.locked");
    let key = next.open(&uri("a")).await.unwrap();
    assert_eq!(key.info().public.thumbprint(), made.info().public.thumbprint());
    let signature = key.sign(Alg::Es256, b"x").await.unwrap();
    assert!(verify(Alg::Es256, &made.info().public, b"x", &signature).is_ok());
    let listed: Vec<_> = next.list().await.unwrap().into_iter().map(|i| i.uri.to_string()).collect();
    assert_eq!(listed, ["vault:a", "vault:b"]);
    // what one instance keeps, another that is open sees
    first.put_secret("token", Secret::new("s3cret")).await.unwrap();
    assert_eq!(next.get_secret("token").await.unwrap(), Some(Secret::new("s3cret")));
    assert!(next.delete_secret("token").await.unwrap() && !first.delete_secret("token").await.unwrap());
    #[cfg(unix)]
    for name in ["vault.age", "vault-key.age"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(dir.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test]
async fn certificates_come_along_and_have_to_be_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let pair = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::default().self_signed(&pair).unwrap().der().to_vec();
    let secret = SecretJwk::from_pkcs8_der(pair.serialized_der()).unwrap();
    let store = vault(dir.path(), &[GOOD, GOOD]);
    let key = store.import(&uri("qwac"), secret, vec![leaf.clone()]).await.unwrap();
    assert_eq!(key.info().chain, std::slice::from_ref(&leaf));
    // what an issuer sends later lies beside the key, and its own comes first
    let root = rcgen::CertificateParams::default().self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    let both = vec![root.der().to_vec(), leaf.clone()];
    let key = store.certify(&uri("qwac"), both).await.unwrap();
    assert_eq!(key.info().chain, [leaf.clone(), root.der().to_vec()]);
    assert_eq!(id(store.certify(&uri("qwac"), vec![root.der().to_vec()])).await, "key.certificate");
    assert_eq!(store.open(&uri("qwac")).await.unwrap().info().chain.len(), 2, "what was there stays");
    let other = SecretJwk::generate(KeySpec::P256).unwrap();
    assert_eq!(id(store.import(&uri("x"), other, vec![leaf])).await, "key.certificate");
}

#[tokio::test]
async fn a_deleted_key_can_be_brought_back_for_thirty_days() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_000_000)));
    let store = vault_at(dir.path(), &[GOOD, GOOD], clock.clone(), LONG);
    let made = store.generate(&uri("a"), &KeySpec::P256.into()).await.unwrap();
    let until = clock.now().plus_seconds(30 * 86_400);
    assert_eq!(store.delete(&uri("a")).await, Ok(Deleted::Until { until }));
    let error = store.open(&uri("a")).await.map(|_| ()).unwrap_err();
    assert!(error.id == "key.not-found" && error.hint.contains("restore"), "{error:?}");
    assert_eq!(id(store.delete(&uri("a"))).await, "key.not-found");
    clock.advance_seconds(30 * 86_400 - 1);
    store.restore(&uri("a")).await.unwrap();
    assert_eq!(id(store.restore(&uri("a"))).await, "key.exists");
    assert_eq!(store.open(&uri("a")).await.unwrap().info().public, made.info().public);
    store.delete(&uri("a")).await.unwrap();
    clock.advance_seconds(30 * 86_400);
    assert_eq!(id(store.restore(&uri("a"))).await, "key.not-found");
}

#[tokio::test]
async fn a_wrong_passphrase_and_any_damage_have_one_answer_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    vault(dir.path(), &[GOOD, GOOD]).generate(&uri("a"), &KeySpec::P256.into()).await.unwrap();
    let wrong = vault(dir.path(), &["battery staple"]).open(&uri("a")).await.map(|_| ()).unwrap_err();
    assert_eq!(wrong.id, "key.passphrase");
    assert_eq!(id(vault(dir.path(), &[]).open(&uri("a"))).await, "key.encrypted");
    for name in ["vault.age", "vault-key.age"] {
        let path = dir.path().join(name);
        let whole = std::fs::read(&path).unwrap();
        let flipped = (0..whole.len()).step_by(3).map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        });
        let cut = (0..whole.len()).step_by(5).map(|at| whole[..at].to_vec());
        for bytes in flipped.chain(cut) {
            std::fs::write(&path, &bytes).unwrap();
            let error = vault(dir.path(), &[GOOD]).open(&uri("a")).await.map(|_| ()).unwrap_err();
            assert_eq!(error, wrong, "{name}");
        }
        let store = vault(dir.path(), &[GOOD]);
        std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
        assert_eq!(id(store.put_secret("x", Secret::new("y"))).await, "key.passphrase");
        assert_eq!(std::fs::read(&path).unwrap(), &whole[..whole.len() - 1], "a damaged file is left for a rescue");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(id(vault(dir.path(), &[GOOD, GOOD]).generate(&uri("b"), &KeySpec::P256.into())).await, "key.store");
        std::fs::write(&path, &whole).unwrap();
    }
    assert_eq!(id(vault(dir.path(), &[GOOD]).open(&uri("a"))).await, "well");
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_unread() {
    let identity = new_identity();
    let sealed = seal::seal_identity(&identity, &Secret::new(GOOD), 4).unwrap();
    let text = String::from_utf8_lossy(&sealed[..80]).into_owned();
    let line = text.lines().nth(1).unwrap();
    assert!(line.starts_with("-> scrypt ") && line.ends_with(" 4"), "{line}");
    let costly = line.replace(" 4", " 40");
    let sealed = [b"age-encryption.org/v1\n", costly.as_bytes(), &sealed[22 + line.len()..]].concat();
    assert_eq!(seal::open_identity(&sealed, &Secret::new(GOOD)).map(|_| ()).unwrap_err(), seal::shut());
}

#[tokio::test]
async fn a_short_passphrase_and_a_slip_make_no_vault() {
    let dir = tempfile::tempdir().unwrap();
    for says in [&["short", "short"][..], &[GOOD, "correct house"], &[GOOD], &[]] {
        let error = vault(dir.path(), says).generate(&uri("a"), &KeySpec::P256.into()).await.map(|_| ()).unwrap_err();
        assert!(matches!(error.id, "key.passphrase" | "key.encrypted"), "{error:?}");
        assert!(!dir.path().join("vault.age").exists());
    }
}

#[tokio::test]
async fn it_locks_itself_when_nobody_uses_it() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Arc::new(FixedClock::new(Timestamp::from_seconds(1_000_000)));
    let store = vault_at(dir.path(), &[GOOD, GOOD, GOOD], clock, Duration::from_millis(30));
    let mut open = store.watch_open();
    store.put_secret("x", Secret::new("y")).await.unwrap();
    open.wait_for(|open| !open).await.unwrap();
    assert_eq!(id(store.list()).await, "key.locked");
    assert_eq!(store.get_secret("x").await.unwrap(), Some(Secret::new("y")), "and asks again");
    store.lock().await;
    assert_eq!(id(store.open(&uri("a"))).await, "key.encrypted", "nobody answers a third time");
}

#[tokio::test]
async fn two_instances_lose_nothing_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    vault(dir.path(), &[GOOD, GOOD]).put_secret("first", Secret::new("x")).await.unwrap();
    let (one, two) = (vault(dir.path(), &[GOOD]), vault(dir.path(), &[GOOD]));
    let write = |store: Vault, name: &'static str| async move {
        for n in 0..20 {
            store.put_secret(&format!("{name}{n}"), Secret::new("x")).await.unwrap();
        }
    };
    tokio::join!(write(one.clone(), "one"), write(two, "two"));
    assert_eq!(one.read(|c| Ok(c.secrets.len())).await.unwrap(), 41);
}
