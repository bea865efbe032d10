//! The key store pane, and what stores ask a person.

use super::play::{CANARY, NOW, Stage, failed, ready, store, summaries};
use super::screens::SIZES;
use crate::flow::view::RunView;
use crate::secret::Secret;
use crate::shell::{Gone, KeyDone, KeyOrder, KeyRow, RowState, Seat, Seated, StoreRows, testing};
use crate::tui::{Asking, Command, Look, Message, Problem};

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready()]);
    let schemes = ["awskms", "file", "keyring", "memory", "vault"];
    stage.tell(Message::Stores(schemes.map(|s| store(s, s != "file")).to_vec()));
    let trouble = |scheme: &str, state, problem: &str| KeyRow {
        label: scheme.to_owned(),
        store: scheme.to_owned(),
        state,
        problem: Some(problem.to_owned()),
        ..KeyRow::default()
    };
    let answers = |scheme, rows, answered| Message::Keys(StoreRows { scheme, rows, answered });
    stage.tell(answers(
        "file",
        vec![KeyRow {
            uri: "file:old.p12".into(),
            label: "old.p12".into(),
            ..trouble("file", RowState::Locked, "old.p12 is sealed and nobody gave its passphrase: give it")
        }],
        true,
    ));
    stage.tell(answers(
        "keyring",
        vec![trouble("keyring", RowState::Trouble, "no secret service answers: start one")],
        false,
    ));
    stage.tell(answers("vault", vec![testing::seal(summaries(), NOW), made("signing")], true));
    stage
}

/// A key without a certificate.
fn made(name: &str) -> KeyRow {
    let seal = testing::seal(summaries(), NOW);
    let card = seal.card.as_deref().map(|c| crate::shell::KeyCard {
        chain: Vec::new(),
        verdicts: Vec::new(),
        suits: Vec::new(),
        kids: c.kids[..2].to_vec(),
        ..c.clone()
    });
    KeyRow {
        uri: format!("vault:{name}"),
        label: name.to_owned(),
        used_by: Vec::new(),
        certificate_days_left: None,
        card: card.map(std::sync::Arc::new),
        ..seal
    }
}

fn at_all_sizes(name: &str, keys: &str, more: impl Fn(&mut Stage)) {
    for (width, height) in SIZES {
        let mut stage = stage(width, height);
        stage.keys(keys);
        more(&mut stage);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.picture());
    }
}

fn asking(number: u64) -> Message {
    let warning = Some("2 tries left".to_owned());
    Message::Asked(Asking { number, what: format!("PIN of token {number}"), warning })
}

fn orders(stage: &Stage) -> Vec<&KeyOrder> {
    stage.commands.iter().filter_map(|c| if let Command::Key { order, .. } = c { Some(order) } else { None }).collect()
}

fn number(stage: &Stage) -> u64 {
    let numbers =
        stage.commands.iter().filter_map(|c| if let Command::Key { number, .. } = c { Some(*number) } else { None });
    numbers.max().expect("an order")
}

#[test]
fn every_store_is_a_row_until_it_answers_and_a_dead_or_locked_one_says_why() {
    at_all_sizes("keys", "2", |_| {});
}

#[test]
fn the_card_of_a_key_tells_all_of_its_certificate() {
    at_all_sizes("keys_card", "2jj<enter>", |_| {});
}

#[test]
fn a_store_asks_over_everything_and_shows_nothing_of_what_is_typed() {
    at_all_sizes("keys_asked", "2", |stage| {
        stage.tell(asking(1));
        stage.tell(asking(2));
        stage.keys("hunter2");
    });
}

#[test]
fn the_chosen_key_is_zoomed_to_a_table_with_its_card_below() {
    at_all_sizes("keys_zoomed", "2Zjj", |_| {});
}

#[test]
fn each_question_gets_its_own_answer_and_one_that_nobody_waits_for_goes() {
    let mut stage = stage(120, 35);
    for n in 1..=3 {
        stage.tell(asking(n));
    }
    stage.keys(CANARY);
    assert!(!stage.picture().contains(CANARY), "{}", stage.picture());
    stage.tell(Message::NotAsked(2));
    stage.keys("<enter>").keys("x<esc>");
    assert!(stage.app.prompts.is_empty());
    let answers: Vec<_> = stage
        .commands
        .iter()
        .filter_map(|c| if let Command::Answer { number, answer } = c { Some((*number, answer.clone())) } else { None })
        .collect();
    assert_eq!(answers, [(1, Some(Secret::new(CANARY))), (3, None)]);
}

#[test]
fn a_paste_goes_into_the_question_and_an_empty_answer_is_meant_twice() {
    let mut stage = stage(120, 35);
    stage.tell(asking(1));
    stage.keys("<enter>");
    assert!(stage.picture().contains("Enter once more"));
    stage.tell(Message::Input(crossterm::event::Event::Paste(format!("{CANARY}\n"))));
    assert!(!stage.picture().contains(CANARY));
    stage.keys("<enter>");
    let given = |c: &Command| matches!(c, Command::Answer { answer: Some(a), .. } if a.expose() == CANARY);
    assert!(stage.commands.iter().any(given));
}

#[test]
fn a_question_waits_while_something_is_typed_and_then_keeps_the_keys() {
    let mut stage = stage(120, 35);
    stage.keys("2/ab");
    stage.tell(asking(1));
    stage.keys("cd");
    assert!(!stage.app.prompt_is_up());
    assert_eq!(stage.app.keys.filter, "abcd");
    stage.keys("<esc>");
    assert!(stage.app.prompt_is_up());
    // a flow that wants inputs opens its form below: what is typed goes on to the question
    stage.keys("se").keys("cret<enter>");
    let given = |c: &Command| matches!(c, Command::Answer { answer: Some(a), .. } if a.expose() == "secret");
    assert!(stage.commands.iter().any(given));
}

#[test]
fn a_key_is_made_where_and_how_a_person_chose_and_what_failed_can_be_corrected() {
    let mut stage = stage(120, 35);
    stage.keys("2a<enter><enter>").keys("mine<enter>");
    let made = KeyOrder::Make { store: "vault".into(), name: "mine".into(), alg: crate::jose::Alg::Es256 };
    assert_eq!(orders(&stage), [&made]);
    assert!(stage.app.next_tick(NOW).is_some());
    let problem = Problem::new("key.exists", "there is already a key “mine”", "choose another name");
    let wrong = Message::KeyDone { number: number(&stage), result: Err(problem) };
    stage.tell(wrong);
    let picture = stage.picture();
    assert!(picture.contains("already a key") && picture.contains("mine"), "{picture}");
    stage.keys("2<enter>");
    assert!(matches!(orders(&stage)[..], [_, KeyOrder::Make { name, .. }] if name == "mine2"));
    stage.keys("<esc>");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::GiveUp { .. })));
    assert!(stage.app.next_tick(NOW).is_none());
}

#[test]
fn what_a_store_cannot_do_has_its_reason() {
    let mut stage = stage(120, 35);
    stage.keys("2gd");
    assert!(stage.picture().contains("choose a key that can be used first"), "{}", stage.picture());
    stage.keys("ju");
    assert!(stage.picture().contains("nothing to undo"));
    stage.keys("i");
    assert!(stage.picture().contains("no: it takes no keys over"), "{}", stage.picture());
}

#[test]
fn a_locked_row_opens_with_enter() {
    let mut stage = stage(120, 35);
    stage.keys("2g<enter>");
    assert!(orders(&stage).is_empty(), "it is being asked still");
    stage.keys("j<enter>");
    assert_eq!(orders(&stage), [&KeyOrder::Open { uri: "file:old.p12".into() }]);
}

#[test]
fn a_deletion_with_a_bin_is_one_question_and_u_takes_it_back() {
    let mut stage = stage(120, 35);
    stage.keys("2Gkkd").keys("n");
    assert!(orders(&stage).is_empty());
    stage.keys("dy");
    let uri = "vault:seal".to_owned();
    assert_eq!(orders(&stage), [&KeyOrder::Delete { uri: uri.clone() }]);
    let done = Message::KeyDone {
        number: number(&stage),
        result: Ok(KeyDone::Deleted { uri: uri.clone(), gone: Gone::Binned { days: 30 } }),
    };
    stage.tell(done);
    assert!(stage.picture().contains("for 30 days"));
    stage.keys("u");
    assert_eq!(orders(&stage)[1..], [&KeyOrder::Restore { uri }]);
}

#[test]
fn without_a_bin_the_name_is_typed() {
    let mut stage = stage(120, 35);
    let row = KeyRow { uri: "awskms:a".into(), store: "awskms".into(), ..made("a") };
    stage.tell(Message::Keys(StoreRows { scheme: "awskms", rows: vec![row], answered: true }));
    stage.keys("2gd").keys("b<enter>");
    assert!(orders(&stage).is_empty());
    stage.keys("d").keys("a<enter>");
    assert_eq!(orders(&stage), [&KeyOrder::Delete { uri: "awskms:a".into() }]);
}

fn unbound() -> RunView {
    let mut view = failed();
    view.unbound = Some("signing".into());
    view
}

#[test]
fn a_step_without_its_key_offers_those_that_fit_and_goes_on() {
    let mut stage = stage(120, 35);
    stage.play(vec![ready(), unbound(), ready()]);
    stage.keys("1<enter><enter>");
    insta::assert_snapshot!("keys_for_role_120x35", stage.picture());
    stage.keys("<enter>");
    let seat = Seat { profile: "nordbank".into(), environment: "sandbox".into(), role: "signing".into() };
    let uri = Some("vault:seal".to_owned());
    assert_eq!(orders(&stage), [&KeyOrder::Bind { seat: seat.clone(), uri: uri.clone() }]);
    let seated = Seated { before: None, kept: false };
    let done = Message::KeyDone { number: number(&stage), result: Ok(KeyDone::Bound { seat, uri, seated }) };
    stage.tell(done);
    let rebound =
        |c: &Command| matches!(c, Command::Rebind { role, uri, .. } if role == "signing" && uri == "vault:seal");
    assert!(stage.commands.iter().any(rebound));
    assert_eq!(stage.app.view().and_then(|v| v.unbound.clone()), None);
}

#[test]
fn every_line_of_a_card_and_every_form_of_a_name_can_be_copied() {
    let mut stage = stage(120, 35);
    stage.keys("2Gkk<enter>").keys("<enter>");
    stage.keys("yf").keys("yH").keys("y4");
    let copies: Vec<&str> = stage
        .commands
        .iter()
        .filter_map(|c| if let Command::Copy(request) = c { Some(request.text.expose()) } else { None })
        .collect();
    assert_eq!(copies.len(), 4, "{copies:?}");
    assert!(copies[0].starts_with("ok") || copies[0].starts_with("role"), "{copies:?}");
    assert!(copies[1].starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(copies[2].contains("OID.2.5.4.97=PSDNO-FSA-987654321"), "{copies:?}");
}
