//! Kept runs on the screen: found, read, taken along, run again, deleted.

use super::play::{CANARY, Stage, done, ready};
use super::screens::SIZES;
use crate::shell::{Again, HistoryDone, HistoryOrder};
use crate::store::history::KeptRun;
use crate::tui::{Command, Look, Message, Problem};

fn kept(id: &str, flow: &str, status: &str, error: Option<&str>) -> KeptRun {
    KeptRun {
        id: id.into(),
        profile: "nordbank".into(),
        environment: "sandbox".into(),
        flow: flow.into(),
        title: "Get an access token".into(),
        sandbox: true,
        production: false,
        started: "2027-01-15T08:00:00.000Z".into(),
        status: status.into(),
        step: "token".into(),
        error: error.map(str::to_owned),
    }
}

fn runs() -> Vec<KeptRun> {
    vec![
        kept("20270115-080000-9f3c1a", "token", "failed", Some("invalid_client")),
        kept("20270115-070000-11aa22", "call", "done", None),
        kept("20270114-070000-33bb44", "token", "unfinished", None),
    ]
}

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready(), done()]);
    stage.keys("H");
    stage.tell(Message::History { words: String::new(), runs: runs() });
    stage
}

fn ordered(stage: &Stage) -> Option<HistoryOrder> {
    match stage.commands.last() {
        Some(Command::History(order)) => Some(order.clone()),
        _ => None,
    }
}

#[test]
fn runs_are_listed_with_how_they_ended() {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("history_{width}x{height}"), stage(width, height).picture());
    }
    let mut stage = Stage::new(80, 24, Look::default(), vec![ready()]);
    stage.keys("Hjrdy<enter>");
    assert!(stage.picture().contains("the demo keeps nothing"), "{}", stage.picture());
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::History(_))));
}

#[test]
fn words_are_searched_for_as_they_are_typed_and_late_answers_fall_through() {
    let mut stage = stage(120, 35);
    stage.keys("/4d");
    assert!(matches!(stage.commands.last(), Some(Command::ListHistory { words }) if words == "4d"));
    stage.tell(Message::History { words: "4".into(), runs: Vec::new() });
    assert!(stage.picture().contains("invalid_client"), "an answer to other words: {}", stage.picture());
    stage.tell(Message::History { words: "4d".into(), runs: runs()[1..2].to_vec() });
    stage.keys("<enter><enter>");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Show { id: runs()[1].id.clone() }));
    stage.keys("/<esc>");
    assert!(matches!(stage.commands.last(), Some(Command::ListHistory { words }) if words.is_empty()));
}

#[test]
fn a_run_is_read_reported_and_deleted_only_after_a_yes() {
    let mut stage = stage(120, 35);
    let id = runs()[0].id.clone();
    stage.keys("<enter>");
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Shown { id: id.clone(), text: "✓ token  Ask".into() })));
    assert!(stage.picture().contains("✓ token  Ask"), "{}", stage.picture());
    stage.keys("<esc>y");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Report { id: id.clone() }));
    let text = "# Token: failed\n\ncode=********\nstate=********".to_owned();
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Reported { id: id.clone(), text: text.clone() })));
    assert!(stage.picture().contains("2 values masked"), "{}", stage.picture());
    stage.keys("y");
    assert!(matches!(stage.commands.last(), Some(Command::Copy(copy)) if copy.text.expose() == text));
    stage.keys("w");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Write { name: format!("run-{id}"), text }));
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Written { path: "/data/reports/run.md".into() })));
    assert!(stage.picture().contains("written to /data/reports/run.md"), "{}", stage.picture());
    stage.keys("<esc>dn");
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::History(HistoryOrder::Delete { .. }))));
    stage.keys("dy");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Delete { id }));
    stage.tell(Message::HistoryDone(Err(Problem::new("history", "no run is kept", "look again"))));
    assert!(stage.picture().contains("no run is kept: look again"), "{}", stage.picture());
}

#[test]
fn a_run_is_begun_again_with_what_was_public_and_what_was_not_is_asked_for() {
    let started = |stage: &Stage| {
        stage.commands.iter().rev().find_map(|c| match c {
            Command::Prepare { flow, inputs, .. } => Some((flow.clone(), inputs.clone())),
            _ => None,
        })
    };
    let again = Again {
        profile: "nordbank".into(),
        environment: "sandbox".into(),
        flow: "token".into(),
        inputs: vec![("scope".into(), "accounts".into())],
        ..Again::default()
    };
    let mut stage = stage(120, 35);
    stage.keys("r");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Again { id: runs()[0].id.clone() }));
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Again(Box::new(again.clone())))));
    let (flow, inputs) = started(&stage).expect("a run");
    assert_eq!((flow.as_str(), inputs["scope"].expose()), ("token", "accounts"));
    let mut stage = self::stage(120, 35);
    let withheld = vec!["client_secret".to_owned()];
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Again(Box::new(Again { withheld, ..again.clone() })))));
    assert!(started(&stage).is_none() && stage.picture().contains("client_secret"), "{}", stage.picture());
    stage.keys(CANARY).keys("<enter>");
    assert!(!stage.picture().contains(CANARY));
    assert_eq!(started(&stage).expect("a run").1["client_secret"].expose(), CANARY);
    let mut stage = self::stage(120, 35);
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Again(Box::new(Again { flow: "gone".into(), ..again })))));
    assert!(stage.picture().contains("no flow gone"), "{}", stage.picture());
}

#[test]
fn the_run_on_the_screen_is_reported_after_a_look_at_it() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), done()]);
    stage.keys("<enter>s").keys("yR");
    assert!(stage.picture().contains("report for the bank"), "{}", stage.picture());
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Copy(_))), "nothing is copied before it was seen");
    stage.keys("y");
    assert!(matches!(stage.commands.last(), Some(Command::Copy(_))), "{:?}", stage.commands.last());
}
