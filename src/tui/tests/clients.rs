//! The list of registrations, and what can be done with one.

use serde_json::{Value as Json, json};

use super::play::{NOW, Stage, done, ready};
use super::screens::SIZES;
use crate::shell::ClientRow;
use crate::store::ledger::{Answer, Client, HeldCertificate, HeldKey};
use crate::tui::{Command, Look, Message};

const DAY: i64 = 86_400;

fn answer(days_ago: i64, record: Json) -> Answer {
    Answer { at: NOW.seconds() - days_ago * DAY, record: record.as_object().cloned().expect("an object") }
}

fn row(profile: &str, client_id: &str, days_left: i64, answers: Vec<Answer>, deleted: bool) -> ClientRow {
    let now = NOW.seconds();
    let held = HeldCertificate {
        x5t_s256: "4ZPa".into(),
        subject: "CN=tpp.example,O=Acme".into(),
        not_after: now + days_left * DAY,
    };
    let key = HeldKey {
        role: "transport".into(),
        reference: "vault:acme-tls".into(),
        thumbprint: "NzbLsXh8".into(),
        certificate: Some(held),
    };
    let client = Client {
        client_id: client_id.into(),
        since: now - 200 * DAY,
        registration_client_uri: Some(format!("https://bank.example/register/{client_id}")),
        client_secret_expires_at: None,
        statement: None,
        keys: vec![key],
        answers,
        deleted: deleted.then_some(now - 3 * DAY),
    };
    let ends = client.ends(60);
    ClientRow { profile: profile.into(), environment: "sandbox".into(), client, ends }
}

fn rows() -> Vec<ClientRow> {
    let scope = |scope: &str| json!({ "client_id": "c-1", "scope": scope });
    vec![
        row("nordbank", "c-0", 10, Vec::new(), true),
        row("nordbank", "c-1", 20, vec![answer(100, scope("openid accounts")), answer(2, scope("openid"))], false),
        row("fjordbank", "c-2", -1, vec![answer(100, json!({ "client_id": "c-2" }))], false),
    ]
}

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready(), done()]);
    stage.keys("L");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::ListClients)));
    stage.tell(Message::Clients(rows()));
    stage
}

#[test]
fn what_ends_and_what_changed_stands_under_each_registration() {
    for (width, height) in SIZES {
        let mut stage = stage(width, height);
        insta::assert_snapshot!(format!("clients_{width}x{height}"), stage.picture());
        stage.keys("j");
        insta::assert_snapshot!(format!("clients_ended_{width}x{height}"), stage.picture());
    }
}

#[test]
fn nothing_known_says_what_would_be() {
    let mut stage = Stage::new(80, 24, Look::default(), vec![ready()]);
    stage.keys("L");
    assert!(stage.picture().contains("none yet"), "{}", stage.picture());
    stage.keys("ruc<enter>");
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Prepare { .. })));
}

#[test]
fn every_answer_of_the_bank_can_be_read_and_a_deleted_one_is_left_alone() {
    let mut stage = stage(120, 35);
    stage.keys("<enter>");
    let shown = stage.picture();
    assert!(shown.contains("scope: openid accounts → openid") && shown.contains("registration c-1"), "{shown}");
    stage.keys("<esc>jju");
    assert!(stage.picture().contains("it is deleted"), "{}", stage.picture());
    // its profile is not here
    stage.keys("kr");
    assert!(stage.picture().contains("no such flow"), "{}", stage.picture());
}
