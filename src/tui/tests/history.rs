//! Kept runs on the screen: found, read, taken along, run again, deleted.

use super::play::{CANARY, Stage, done, ready};
use super::screens::SIZES;
use crate::shell::{Again, Beside, HistoryDone, HistoryOrder};
use crate::store::history::KeptRun;
use crate::tui::{Command, Look, Message, Problem};

fn kept(id: &str, flow: &str, status: &str, error: Option<&str>) -> KeptRun {
    KeptRun {
        id: id.into(),
        run: String::new(),
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
        imported: false,
    }
}

fn runs() -> Vec<KeptRun> {
    let at = |started: &str, run| KeptRun { started: started.into(), ..run };
    vec![
        kept("20270115-080000-9f3c1a", "token", "failed", Some("invalid_client")),
        at("2027-01-15T07:00:00.000Z", kept("20270115-070000-11aa22", "call", "done", None)),
        at(
            "2027-01-14T07:00:00.000Z",
            KeptRun { imported: true, ..kept("20270114-070000-33bb44", "token", "unfinished", None) },
        ),
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
fn a_kept_run_is_compared_with_the_one_before_or_another() {
    let mut stage = stage(120, 35);
    let [one, other, before] = &runs()[..] else { panic!("three") };
    stage.keys("D");
    assert_eq!(ordered(&stage), Some(HistoryOrder::Comparable { with: one.clone() }));
    let runs = vec![before.clone(), other.clone()];
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Comparable { with: Box::new(one.clone()), runs })));
    insta::assert_snapshot!("history_compare_120x35", stage.picture());
    stage.keys("<enter>");
    let order = |left: &KeptRun, right: &KeptRun| {
        Some(HistoryOrder::Compare { left: left.id.clone(), right: Beside::Kept(right.id.clone()) })
    };
    assert_eq!(ordered(&stage), order(before, one), "the older one stands left");
    stage.keys("D");
    let late = KeptRun { started: "2027-01-15T09:00:00.000Z".into(), ..before.clone() };
    let answer = HistoryDone::Comparable { with: Box::new(one.clone()), runs: vec![late] };
    stage.tell(Message::HistoryDone(Ok(answer)));
    stage.keys("<enter>");
    assert_eq!(ordered(&stage), order(one, before), "whenever it came");
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Compared { text: "token\n  response.status".into() })));
    assert!(stage.picture().contains("response.status"), "{}", stage.picture());
    stage.keys("<esc>");
    assert!(stage.picture().contains("runs that are kept: 3"), "{}", stage.picture());
    // alone, there is nothing
    stage.keys("D");
    stage.tell(Message::HistoryDone(Ok(HistoryDone::Comparable { with: Box::new(one.clone()), runs: Vec::new() })));
    assert!(stage.picture().contains("no other run is kept"), "{}", stage.picture());
}

#[test]
fn the_run_on_the_screen_is_compared_with_those_before_it() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), done()]);
    stage.keys("<enter>sD");
    assert!(stage.picture().contains("nothing to compare with"), "the demo keeps none: {}", stage.picture());
    stage.app.settings.demo = false;
    stage.keys("D");
    let Some(HistoryOrder::Comparable { with }) = ordered(&stage) else { panic!("{:?}", stage.commands.last()) };
    assert_eq!((with.id.as_str(), with.run.as_str(), with.flow.as_str()), ("", "run-1", "token"));
    let answer = |runs| Message::HistoryDone(Ok(HistoryDone::Comparable { with: Box::new(with.clone()), runs }));
    stage.tell(answer(Vec::new()));
    assert!(stage.picture().contains("nothing to compare with"), "{}", stage.picture());
    stage.keys("D");
    stage.tell(answer(runs()));
    assert!(stage.picture().contains("the whole run with that of 2027-01-15 08:00:00"), "{}", stage.picture());
    stage.keys("<enter>");
    let wanted = HistoryOrder::Compare { left: runs()[0].id.clone(), right: Beside::Told(Vec::new()) };
    assert_eq!(ordered(&stage), Some(wanted));
    // who went elsewhere meanwhile is not disturbed
    stage.keys("D").keys("?");
    stage.tell(answer(runs()));
    assert!(!stage.picture().contains("the whole run with"), "{}", stage.picture());
}

#[test]
fn a_run_of_somebody_else_is_taken_from_a_file_and_not_run_unseen() {
    let mut stage = stage(120, 35);
    stage.keys("i");
    assert!(stage.picture().contains("the demo keeps nothing"), "{}", stage.picture());
    stage.app.settings.demo = false;
    stage.keys("i<enter>");
    assert!(stage.picture().contains("the path of the file is missing"), "{}", stage.picture());
    stage.keys("~/run.jso<enter>");
    stage.tell(Message::HistoryDone(Err(Problem::new("history", "it is not there", "look at the path"))));
    stage.keys("n<enter>");
    assert_eq!(
        ordered(&stage),
        Some(HistoryOrder::Import { file: "~/run.json".into() }),
        "what was typed is still there"
    );
    let done = HistoryDone::Imported { id: "20270115-090000-77cc".into(), text: "a / b: token, 9 events".into() };
    stage.tell(Message::HistoryDone(Ok(done)));
    assert!(stage.picture().contains("kept as 20270115-090000-77cc: a / b: token, 9 events"), "{}", stage.picture());
    assert!(matches!(stage.commands.last(), Some(Command::ListHistory { .. })), "the list is made anew");
    let again = Again {
        profile: "nordbank".into(),
        environment: "sandbox".into(),
        flow: "token".into(),
        inputs: vec![("scope".into(), "x".repeat(1500)), ("issuer".into(), "https://evil.example".into())],
        imported: true,
        ..Again::default()
    };
    let tell = |stage: &mut Stage| stage.tell(Message::HistoryDone(Ok(HistoryDone::Again(Box::new(again.clone())))));
    let is_run = |stage: &Stage| stage.commands.iter().any(|c| matches!(c, Command::Prepare { .. }));
    tell(&mut stage);
    stage.keys("<enter><esc>");
    assert!(!is_run(&stage) && stage.picture().contains("runs that are kept"), "{}", stage.picture());
    tell(&mut stage);
    stage.keys("y");
    assert!(is_run(&stage));
    for (width, height) in SIZES {
        let mut stage = self::stage(width, height);
        tell(&mut stage);
        insta::assert_snapshot!(format!("history_again_{width}x{height}"), stage.picture());
    }
}

#[test]
fn a_question_that_does_not_fit_keeps_its_answers() {
    for (height, fits) in [(24, false), (60, true)] {
        let mut stage = stage(80, height);
        stage.app.kept[0].title = "very long ".repeat(200);
        stage.keys("d");
        let picture = stage.picture();
        assert!(picture.contains("y  delete it") && picture.contains("n  keep it"), "{picture}");
        assert_eq!(picture.contains("too small for the rest"), !fits, "{picture}");
    }
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
