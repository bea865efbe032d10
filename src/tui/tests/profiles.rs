//! Profiles of the person's own: edited, cloned, deleted, taken over, and every change taken back.

use std::sync::Arc;

use super::play::{CANARY, Stage, ready, summaries};
use super::screens::SIZES;
use crate::flow::view::AskField;
use crate::profile::Summary;
use crate::secret::Secret;
use crate::shell::{Incoming, OwnFile, ProfileChange, ProfileDone, ProfileOrder, ReadFor, Sheet, Way};
use crate::store::FileChange;
use crate::tui::message::Editing;
use crate::tui::{Command, Look, Message, Problem};

/// The bank, and two profiles of the person's own: one on the bank, one on the first.
fn all() -> Vec<Summary> {
    let bank = summaries().remove(0);
    let own = |id: &str, base: &str| Summary {
        id: id.into(),
        name: format!("Nordbank ({id})"),
        saved: true,
        own: true,
        extends: Some(base.into()),
        environments: vec![bank.environments[0].clone()],
        ..bank.clone()
    };
    let (acme, test) = (own("acme", "nordbank"), own("acme-test", "acme"));
    vec![bank, acme, test]
}

fn stage(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height, Look::default(), vec![ready()]);
    stage.app.settings.demo = false;
    stage.tell(Message::Profiles(all()));
    stage
}

/// The cursor stands on the profile `acme`.
fn on_acme(width: u16, height: u16) -> Stage {
    let mut stage = stage(width, height);
    stage.app.profiles.go_to("acme", "sandbox", None);
    stage
}

fn file(text: &str) -> OwnFile {
    OwnFile { id: "acme".into(), path: "/config/profiles/acme.toml".into(), text: text.into() }
}

fn change(what: &str, before: Option<&str>, after: Option<&str>) -> ProfileChange {
    let text = |t: Option<&str>| t.map(Arc::from);
    let file = FileChange { path: file("").path, before: text(before), after: text(after) };
    ProfileChange { id: "acme".into(), what: what.into(), file }
}

fn sheet() -> ProfileDone {
    let field = |name: &str, label: &str, value: &str| AskField {
        default: Some(value.into()).filter(|v: &String| !v.is_empty()),
        optional: true,
        ..AskField::public(name, label, "")
    };
    let environment = AskField {
        options: vec!["sandbox".into(), "production".into()],
        ..field("environment", "environment", "sandbox")
    };
    let fields = vec![
        field("name", "name", "Nordbank (acme)"),
        AskField { optional: false, ..environment },
        field("values.client_id", "Client ID  client_id", "cs-4711"),
        field("values.scope", "scope", ""),
    ];
    ProfileDone::Sheet(Box::new(Sheet { of: file("x"), fields, left: vec!["psu_id".into()] }))
}

fn orders(stage: &Stage) -> Vec<&ProfileOrder> {
    let all = stage.commands.iter();
    all.filter_map(|c| if let Command::Profile { order, .. } = c { Some(order) } else { None }).collect()
}

/// The shell's answer to the last order.
fn answer(stage: &mut Stage, result: Result<ProfileDone, Problem>) {
    let numbers = stage.commands.iter().filter_map(|c| match c {
        Command::Profile { number, .. } => Some(*number),
        _ => None,
    });
    let number = numbers.max().expect("an order");
    stage.tell(Message::ProfileDone { number, result });
}

#[test]
fn a_bank_is_not_edited_and_a_profile_of_ones_own_is_made_from_it() {
    let mut stage = stage(120, 35);
    for keys in ["e", "E", "d"] {
        stage.keys(keys);
        assert!(
            stage.picture().contains("a bank is part of the program: w or c makes a profile of your own"),
            "{keys}\n{}",
            stage.picture()
        );
    }
    assert!(orders(&stage).is_empty());
    stage.keys("c");
    assert!(stage.picture().contains("save a profile"), "{}", stage.picture());
}

#[test]
fn a_profile_is_edited_in_a_form_and_what_does_not_fit_comes_back_to_be_corrected() {
    for (width, height) in SIZES {
        let mut stage = on_acme(width, height);
        stage.keys("e");
        answer(&mut stage, Ok(sheet()));
        insta::assert_snapshot!(format!("profile_edit_{width}x{height}"), stage.picture());
    }
    let mut stage = on_acme(120, 35);
    stage.keys("e");
    assert!(matches!(orders(&stage)[..], [ProfileOrder::Look { id }] if id == "acme"));
    answer(&mut stage, Ok(sheet()));
    stage.keys("<tab><right><tab>-new<tab>accounts<enter>");
    let edited = orders(&stage);
    let Some(ProfileOrder::Edit { of, answers }) = edited.last() else { panic!("{edited:?}") };
    let text = |name: &str| answers[name].expose().to_owned();
    assert_eq!(of.id, "acme");
    assert_eq!(
        (text("environment"), text("values.client_id"), text("values.scope")),
        ("production".into(), "cs-4711-new".into(), "accounts".into())
    );
    answer(&mut stage, Err(Problem::new("profile", "scope is not one of its options", "one of: openid")));
    let picture = stage.picture();
    assert!(picture.contains("scope is not one of its options") && picture.contains("cs-4711-new"), "{picture}");
}

#[test]
fn every_change_is_taken_back_and_made_again_in_order() {
    let mut stage = on_acme(120, 35);
    stage.keys("u");
    assert!(stage.picture().contains("nothing to undo"), "{}", stage.picture());
    stage.keys("e");
    answer(&mut stage, Ok(ProfileDone::Changed(change("edit of acme: client_id", Some("1"), Some("2")))));
    assert!(stage.picture().contains("edit of acme: client_id: done; u takes it back"), "{}", stage.picture());
    stage.keys("d").keys("y");
    let deletion = change("deletion of acme", Some("2"), None);
    answer(&mut stage, Ok(ProfileDone::Changed(deletion.clone())));
    stage.keys("u");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Turn(c, Way::Back)) if *c == deletion));
    answer(&mut stage, Ok(ProfileDone::Turned(deletion.clone(), Way::Back)));
    assert!(stage.picture().contains("taken back: deletion of acme; U does it again"), "{}", stage.picture());
    stage.keys("u");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Turn(c, Way::Back)) if c.what.starts_with("edit")));
    // somebody else was there: that is said, and what came before can still be made again
    answer(&mut stage, Err(Problem::new("profile", "acme.toml was changed meanwhile", "nothing was written")));
    assert!(stage.picture().contains("was changed meanwhile"), "{}", stage.picture());
    stage.keys("U");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Turn(c, Way::Again)) if *c == deletion));
}

#[test]
fn deleting_asks_and_names_what_builds_on_it() {
    let mut stage = on_acme(120, 35);
    stage.keys("d");
    let picture = stage.picture();
    assert!(picture.contains("delete a profile?") && picture.contains("acme-test builds on"), "{picture}");
    stage.keys("n");
    assert!(orders(&stage).is_empty());
}

#[test]
fn a_clone_gets_a_free_id_and_may_be_for_another_environment() {
    let mut stage = on_acme(120, 35);
    stage.keys("c");
    insta::assert_snapshot!("profile_clone_120x35", stage.picture());
    stage.keys("<enter><right><enter>");
    let [ProfileOrder::Clone { id, new_id, environment }] = orders(&stage)[..] else { panic!("no clone") };
    assert_eq!((id.as_str(), new_id.as_str(), environment.as_deref()), ("acme", "acme-2", Some("production")));
    answer(
        &mut stage,
        Ok(ProfileDone::Changed(ProfileChange { id: "acme-2".into(), ..change("clone", None, Some("")) })),
    );
    // the cursor goes there as soon as it is listed
    let mut listed = all();
    listed.push(Summary { id: "acme-2".into(), ..listed[1].clone() });
    stage.tell(Message::Profiles(listed));
    assert_eq!(stage.app.profiles.place().map(|(p, _)| p.id.as_str()), Some("acme-2"));
}

fn incoming() -> Incoming {
    Incoming {
        id: "acme".into(),
        file: change("", Some("1"), Some("2")).file,
        replaces: true,
        report: "acme  Nordbank\nfrom /tmp/\u{1b}[2Jacme.toml\nIt replaces your profile of that id.\n\nrequests may go to\n  \
                 evil.example  NEW: acme does not name it\n\nwhat changes\n  ~ environment = \"sandbox\" → \"production\"\n"
            .into(),
    }
}

#[test]
fn an_import_shows_what_changes_and_only_y_takes_it_over() {
    for (width, height) in SIZES {
        let mut stage = on_acme(width, height);
        stage.keys("i/tmp/acme.toml<enter>");
        answer(&mut stage, Ok(ProfileDone::Weighed(Box::new(incoming()))));
        assert!(!stage.picture().contains('\u{1b}'));
        insta::assert_snapshot!(format!("profile_import_{width}x{height}"), stage.picture());
    }
    for leave in ["<esc>", "q"] {
        let mut stage = on_acme(120, 35);
        stage.keys("i/tmp/acme.toml<enter>");
        answer(&mut stage, Ok(ProfileDone::Weighed(Box::new(incoming()))));
        stage.keys(leave);
        assert!(matches!(orders(&stage)[..], [ProfileOrder::Weigh { file }] if file == "/tmp/acme.toml"));
        assert!(stage.app.overlays.is_empty());
    }
    let mut stage = on_acme(120, 35);
    stage.keys("i/tmp/acme.toml<enter>");
    answer(&mut stage, Ok(ProfileDone::Weighed(Box::new(incoming()))));
    stage.keys("<enter>");
    assert!(matches!(orders(&stage)[..], [ProfileOrder::Weigh { .. }]), "Enter only goes on");
    stage.keys("y");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Import(i)) if **i == incoming()));
    // a file that would not load brings the question for its path back
    let mut stage = on_acme(120, 35);
    stage.keys("i/tmp/acme.toml<enter>");
    answer(&mut stage, Err(Problem::new("profile", "acme.toml:3:1: unknown field `colour`", "correct it")));
    let picture = stage.picture();
    assert!(picture.contains("acme.toml:3:1: unknown field") && picture.contains("> file"), "{picture}");
}

#[test]
fn what_was_written_in_an_editor_and_would_not_load_is_not_lost() {
    let mut stage = on_acme(120, 35);
    stage.keys("E");
    answer(&mut stage, Ok(ProfileDone::Text { of: file("id = 1"), why: ReadFor::Editor }));
    let texts = |stage: &Stage| -> Vec<String> {
        let editors = stage.commands.iter().filter_map(|c| match c {
            Command::Editor { what: Editing::Profile { .. }, text } => Some(text),
            _ => None,
        });
        editors.map(|text| text.expose().to_owned()).collect()
    };
    assert_eq!(texts(&stage), ["id = 1"]);
    stage.tell(Message::Edited {
        what: Editing::Profile { of: file("id = 1"), refused: None },
        result: Ok(Some(CANARY.into())),
    });
    let written = orders(&stage);
    let Some(ProfileOrder::Write { of, text }) = written.last() else { panic!("{written:?}") };
    assert_eq!((&*of.text, text.expose()), ("id = 1", CANARY));
    let why = vec!["acme.toml:1:1: this looks like a token".to_owned()];
    answer(&mut stage, Ok(ProfileDone::Unfit { of: file("id = 1"), text: Secret::new(CANARY), why }));
    let picture = stage.picture();
    assert!(picture.contains("acme.toml:1:1") && picture.contains("edit it again") && !picture.contains(CANARY));
    stage.keys("y");
    assert_eq!(texts(&stage), ["id = 1", CANARY]);
    // an editor that ends without a change, or not well, loses nothing either
    for result in [Ok(None), Err("`vi` was not started".to_owned())] {
        let what = Editing::Profile { of: file("id = 1"), refused: Some(Secret::new(CANARY)) };
        stage.tell(Message::Edited { what, result });
        let written = orders(&stage);
        assert!(matches!(written.last(), Some(ProfileOrder::Write { text, .. }) if text.expose() == CANARY));
        stage.keys("E");
    }
}

#[test]
fn the_file_of_a_profile_is_taken_along() {
    let mut stage = on_acme(120, 35);
    stage.keys("ye");
    assert!(matches!(orders(&stage)[..], [ProfileOrder::Read { id, why: ReadFor::Export }] if id == "acme"));
    answer(&mut stage, Ok(ProfileDone::Text { of: file("id = \"acme\" # ours\n"), why: ReadFor::Export }));
    assert!(stage.picture().contains("id = \"acme\" # ours"), "{}", stage.picture());
    stage.keys("y");
    let copied =
        stage.commands.iter().any(|c| matches!(c, Command::Copy(r) if r.text.expose() == "id = \"acme\" # ours\n"));
    assert!(copied);
    stage.keys("w");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Export { id, .. }) if id == "acme"));
    answer(&mut stage, Ok(ProfileDone::Exported { path: "/data/exports/acme.toml".into() }));
    assert!(stage.picture().contains("written to /data/exports/acme.toml"), "{}", stage.picture());
}

#[test]
fn the_palette_says_of_each_place_what_a_key_does_there() {
    let mut stage = on_acme(120, 35);
    // from another pane: the command goes to its own
    stage.keys("2").keys(":profile-import<enter>");
    assert!(stage.picture().contains("import a profile"), "{}", stage.picture());
    stage.keys("<esc>").keys("2").keys(":profile-edit");
    assert!(stage.picture().contains("edit this profile of your own"), "{}", stage.picture());
    stage.keys("<enter>");
    assert!(matches!(orders(&stage).last(), Some(ProfileOrder::Look { id }) if id == "acme"));
}

#[test]
fn the_cursor_stays_where_it_stands_when_profiles_are_read_again() {
    let mut stage = on_acme(120, 35);
    stage.tell(Message::Profiles(all()));
    assert_eq!(stage.app.profiles.place().map(|(p, _)| p.id.as_str()), Some("acme"));
    assert!(stage.app.profiles.chosen_flow().is_none(), "on its environment, not on a flow");
    // many are listed in portions: it waits for its own
    stage.tell(Message::Profiles(summaries()));
    stage.tell(Message::Profiles(all()));
    assert_eq!(stage.app.profiles.place().map(|(p, _)| p.id.as_str()), Some("acme"));
}
