//! The directory by a profile of its own: the statement, and whether it publishes the key that we sign with.

use super::*;

/// The directory, with something of the profile written otherwise.
async fn otherwise(more: &str, flow: &str) -> RunView {
    let mut library = Library::embedded();
    library.add("mine.toml", format!("schema = 1\nid = \"mine\"\nextends = \"obie-directory\"\n{more}"));
    let bank = Bank::start().await;
    let session = session_at(library, Arc::new(SystemClock), &bank);
    run(&session, "mine", flow, &[]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_gives_a_statement_and_publishes_our_key() {
    let bank = Bank::start().await;
    let session = session(&bank);
    clean(&session, "obie-directory", "set-up", &[]).await;
    let ssa = clean(&session, "obie-directory", "ssa", &[]).await;
    let keys = clean(&session, "obie-directory", "keys", &[]).await;
    let passed: Vec<&str> = [&ssa, &keys].iter().flat_map(|v| checks(v, Outcome::Pass)).collect();
    for id in ["DIR-01", "DIR-02", "DIR-03", "DIR-04", "DIR-05"] {
        assert!(passed.contains(&id), "{id}: {passed:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_is_not_published_and_a_statement_of_another_software_are_told() {
    let view = otherwise("[inputs.kid_mode]\ndefault = \"jkt_sha256\"\n", "keys").await;
    assert_eq!(checks(&view, Outcome::Fail), ["DIR-01"], "{}", story(&view));
    let nobodys =
        "[environments.own]\nkeys_url = \"{{ env.keystore }}/{{ inputs.org_id }}/{{ inputs.org_id }}.jwks\"\n";
    let view = otherwise(nobodys, "keys").await;
    assert_eq!(checks(&view, Outcome::Fail), ["DIR-01", "DIR-02"], "{}", story(&view));
    let view = otherwise("[inputs.kid_mode]\ndefault = \"jkt_sha256\"\n", "ssa").await;
    assert_eq!(error(&view), Some("invalid_client"), "{}", story(&view));
    let hint = view.steps.iter().find_map(|s| s.error.clone()).and_then(|e| e.hint).expect("a hint");
    assert!(hint.contains("flow keys"), "{hint}");
}
