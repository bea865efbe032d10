//! The life of a registration in the ledger.

use serde_json::json;

use super::*;
use crate::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_000_000);

fn whose() -> Whose {
    Whose::new("acme", "own", &BTreeMap::new())
}

fn record(scope: &str) -> serde_json::Value {
    json!({
        "client_id": "c1", "scope": scope, "redirect_uris": ["https://a.example/1", "https://a.example/2"],
        "client_secret": "very-secret", "client_secret_expires_at": 2_000_000, "registration_access_token": "very-secret",
        "registration_client_uri": "https://bank.example/register/c1", "software_statement": "eyJ.very-secret.x",
    })
}

fn key(not_after: i64) -> HeldKey {
    let certificate = client::HeldCertificate { x5t_s256: "x".into(), subject: "CN=acme".into(), not_after };
    HeldKey {
        role: "transport".into(),
        reference: "vault:qwac".into(),
        thumbprint: "t".into(),
        certificate: Some(certificate),
    }
}

#[test]
fn a_registration_is_written_down_without_its_secrets_and_found_by_the_next_run() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = Ledger::default().in_dir(dir.path().join("clients"));
    let statement = json!({ "jti": "s1", "iat": 900_000, "software_id": "soft" });
    ledger.change(&whose(), |p| p.answered(&record("a b"), Some(&statement), vec![key(3_000_000)], NOW)).unwrap();
    let text = String::from_utf8(read_capped(&dir.path().join("clients/acme.own.json"), LIMIT).unwrap()).unwrap();
    assert!(!text.contains("very-secret") && text.contains("https://bank.example/register/c1"), "{text}");
    let next = Ledger::default().in_dir(dir.path().join("clients"));
    let page = next.page("acme", "own").unwrap();
    let client = page.current().unwrap();
    assert_eq!((client.client_id.as_str(), client.statement.as_ref().unwrap().jti.as_deref()), ("c1", Some("s1")));
    // the soonest first: the secret, the certificate, the statement sixty days after it was issued
    let ends: Vec<(i64, &str)> = client
        .ends(60)
        .iter()
        .map(|e| (e.at, e.what.split(' ').next().unwrap()))
        .map(|(a, w)| {
            (
                a,
                match w {
                    "client" => "secret",
                    "transport" => "certificate",
                    _ => "statement",
                },
            )
        })
        .collect();
    assert_eq!(ends, [(2_000_000, "secret"), (3_000_000, "certificate"), (900_000 + 60 * 86_400, "statement")]);
}

#[test]
fn an_answer_is_kept_where_it_differs_and_the_difference_is_told() {
    let ledger = Ledger::default();
    let answered = |scope: &str, at: i64| {
        let now = NOW.plus_seconds(at);
        ledger.change(&whose(), |p| p.answered(&record(scope), None, vec![key(3_000_000)], now)).unwrap();
    };
    answered("a b", 0);
    answered("b a", 10);
    answered("a", 20);
    let page = ledger.page("acme", "own").unwrap();
    let answers = &page.current().unwrap().answers;
    assert_eq!(drift(&answers[0].record, &answers[1].record), [], "lists have no order");
    let changes = drift(&answers[0].record, &answers.last().unwrap().record);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].member.as_str(), &changes[0].now), ("scope", &Some(json!("a"))));
    ledger.change(&whose(), |p| p.deleted(NOW)).unwrap();
    assert!(ledger.page("acme", "own").unwrap().current().is_none());
    answered("a", 30);
    assert_eq!(ledger.page("acme", "own").unwrap().clients.len(), 2, "registered again");
}

#[test]
fn a_file_of_another_version_is_told_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("acme.own.json");
    write_private(&path, br#"{"version":9,"profile":"acme","environment":"own","clients":[]}"#).unwrap();
    let ledger = Ledger::default().in_dir(dir.path().to_owned());
    assert!(ledger.page("acme", "own").is_err());
    assert!(ledger.change(&whose(), |p| p.deleted(NOW)).is_err());
    assert_eq!(ledger.pages().1.len(), 1);
}

#[test]
fn instances_that_write_at_once_lose_nothing_of_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let writers: Vec<_> = (0..4)
        .map(|n| {
            let ledger = Ledger::default().in_dir(dir.path().to_owned());
            std::thread::spawn(move || {
                for i in 0..10 {
                    let record = record(&format!("s{n}-{i}"));
                    ledger.change(&whose(), |p| p.answered(&record, None, Vec::new(), NOW)).unwrap();
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|w| w.join().unwrap());
    let page = Ledger::default().in_dir(dir.path().to_owned()).page("acme", "own").unwrap();
    assert_eq!(page.current().unwrap().answers.len(), 40);
}
