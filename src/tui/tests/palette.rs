//! The palette: everything that can be gone to or done, found by typing.

use super::play::{NOW, Stage, armed, done, ready, store};
use super::tokens;
use crate::shell::{KeyRow, StoreRows};
use crate::tui::focus::PaneId;
use crate::tui::overlay::Overlay;
use crate::tui::{Command, Look, Message};

fn stage() -> Stage {
    Stage::new(120, 35, Look::default(), vec![ready(), armed(), done()])
}

/// The row under the cursor of the list.
fn chosen(stage: &Stage) -> String {
    match stage.app.overlays.last() {
        Some(Overlay::Choice(choice)) => choice.chosen().map(|e| e.words.clone()).unwrap_or_default(),
        _ => "no list".to_owned(),
    }
}

#[test]
fn a_bank_and_a_flow_are_gone_to_and_nothing_starts() {
    let mut stage = stage();
    stage.keys("2:bank<space>nordbank<space>production<enter>");
    let place = stage.app.profiles.place().map(|(bank, env)| (bank.id.clone(), env.name.clone()));
    assert_eq!(place, Some(("nordbank".into(), "production".into())));
    assert_eq!(stage.app.focus, PaneId::Profiles);
    stage.keys("2:flow<space>sandbox<enter>");
    assert_eq!(stage.app.profiles.choice().map(|c| (c.flow, c.environment)), Some(("token".into(), "sandbox".into())));
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Prepare { .. })));
    stage.keys("<enter>");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::Prepare { .. })));
}

#[test]
fn a_command_is_found_by_word_id_key_and_letters_with_gaps_and_says_why_not() {
    let mut stage = stage();
    for typed in ["this<space>pane<space>alone", "zoom", "Z", "~paalne"] {
        stage.keys(":").keys(typed);
        assert_eq!(chosen(&stage), "this pane alone, and back", "{typed}");
        stage.keys("<esc>");
    }
    stage.keys(":retry");
    assert!(stage.picture().contains("not now: no run yet: start a flow"), "{}", stage.picture());
    stage.keys("<enter>");
    assert!(stage.picture().contains("no run yet"), "{}", stage.picture());
}

#[test]
fn what_was_used_last_comes_first() {
    let mut stage = stage();
    stage.keys(":zoom<enter>");
    assert!(stage.app.zoom);
    stage.keys(":<enter>");
    assert!(!stage.app.zoom, "the last one again");
    // also among equals
    stage.keys("<esc>:shrink<enter>:his<space>pane");
    assert_eq!(chosen(&stage), "make this pane smaller");
}

#[test]
fn keys_steps_and_kept_tokens_are_gone_to() {
    let mut stage = stage();
    let key = KeyRow { uri: "vault:seal".into(), label: "seal".into(), store: "vault".into(), ..KeyRow::default() };
    stage.tell(Message::Stores(vec![store("vault", true)]));
    stage.tell(Message::Keys(StoreRows { scheme: "vault", rows: vec![KeyRow::asking("x"), key], answered: true }));
    stage.keys(":key<space>seal<enter>");
    assert_eq!(stage.app.keys.selected().map(|k| k.uri.as_str()), Some("vault:seal"));
    assert_eq!(stage.app.focus, PaneId::Keys);
    stage.keys("1<enter>:go<space>to<space>step<space>2<enter>");
    assert_eq!((stage.app.focus, stage.app.flow.selected), (PaneId::Step, 1));
    // those that are kept join the open palette
    stage.keys(":fjordbank");
    stage.tell(Message::Tokens(tokens::rows()));
    assert_eq!(chosen(&stage), "go to token user of acme-fjordbank / production");
    stage.keys("<enter>");
    assert!(
        matches!(stage.app.overlays.last(), Some(Overlay::Tokens(list)) if list.cursor == 1),
        "{}",
        stage.picture()
    );
}

#[test]
fn a_check_opens_its_explanation() {
    let mut stage = stage();
    stage.keys("<enter><enter>:explain<space>ca-06<enter>");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::Explain { word } if word == "CA-06")));
    let text = "CA-06  an assertion lives at most five minutes\n  level       should".to_owned();
    stage.tell(Message::Explained { word: "CA-06".into(), text: Some(text) });
    assert!(stage.picture().contains("level       should"), "{}", stage.picture());
    insta::assert_snapshot!("explanation_120x35", stage.picture());
    stage.keys("<esc>");
    stage.tell(Message::Explained { word: "XX-99".into(), text: None });
    assert!(stage.picture().contains("nothing more is known of XX-99"));
}

#[test]
fn a_person_s_own_keys_work_and_are_shown() {
    let (keymap, complaints) =
        crate::tui::Keymap::read("keys.toml", "palette = [\"<f2>\"]\nzoom = [\"z\"]\nhelp = [\"h\"]\n");
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let mut stage = stage();
    stage.app.keymap = keymap;
    let picture = stage.picture();
    assert!(picture.contains("F2 commands") && picture.contains("h help") && !picture.contains("? help"), "{picture}");
    stage.keys("z");
    assert!(stage.app.zoom);
    stage.keys("h");
    assert!(stage.picture().contains("keys of this pane"), "{}", stage.picture());
    stage.keys("zoom");
    assert!(stage.picture().contains("> z"), "{}", stage.picture());
    stage.keys("<esc>:");
    assert!(stage.app.overlays.is_empty());
    stage.app.update(Message::Tick, NOW);
}
