//! Profiles of a person's own, in files: what the shell does with them, and that each change can be taken back.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::secret::Secret;
use countersign::shell::{
    Own, OwnFile, Problem, ProfileChange, ProfileDone, ProfileOrder, ReadFor, Session, Sheet, Way,
};
use countersign::store::load_library;
use countersign::time::Timestamp;

const ACME: &str = "# ours\nschema = 1\nid = \"acme\"\nextends = \"dnb\" # the bank\nname = \"DNB (acme)\" # shown\n\
                    environment = \"sandbox\"\n\n[values]\n# from their mail\nclient_id = \"abc\" # ours\n\
                    assertion_ttl = 240\n\n[keys.signing]\nref = \"vault:sig\"\n";

/// A folder with that profile, and the session that reads it.
struct Desk {
    folder: tempfile::TempDir,
    session: Session,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places { config: Some(folder.path().into()), data: Some(folder.path().into()) };
        std::fs::create_dir(folder.path().join("profiles")).expect("made");
        std::fs::write(folder.path().join("profiles/acme.toml"), ACME).expect("written");
        let mut session = Session::bare(load_library(&places).0, Arc::new(SystemClock));
        session.places = places;
        Self { folder, session }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, id: &str) -> Option<String> {
        std::fs::read_to_string(self.path(&format!("profiles/{id}.toml"))).ok()
    }

    fn binned(&self) -> usize {
        std::fs::read_dir(self.path("bin/profiles")).map_or(0, Iterator::count)
    }

    /// Does it, and reads the profiles again as the workbench would.
    fn order(&mut self, order: ProfileOrder) -> Result<ProfileDone, Problem> {
        let done = self.session.with_profiles(order)?;
        if done.wrote() {
            self.session = self.session.reloaded().0;
        }
        Ok(done)
    }

    fn changed(&mut self, order: ProfileOrder) -> ProfileChange {
        match self.order(order) {
            Ok(ProfileDone::Changed(change)) => change,
            other => panic!("{other:?}"),
        }
    }

    fn sheet(&mut self) -> Sheet {
        match self.order(ProfileOrder::Look { id: "acme".into() }) {
            Ok(ProfileDone::Sheet(sheet)) => *sheet,
            other => panic!("{other:?}"),
        }
    }

    fn edit(&mut self, typed: &[(&str, &str)]) -> Result<ProfileDone, Problem> {
        let sheet = self.sheet();
        let given = |f: &countersign::flow::view::AskField| f.default.clone().unwrap_or_default();
        let mut answers: BTreeMap<String, Secret> =
            sheet.fields.iter().map(|f| (f.name.clone(), Secret::new(given(f)))).collect();
        for (name, text) in typed {
            assert!(answers.insert((*name).into(), Secret::new(*text)).is_some(), "{name} is not offered");
        }
        self.order(ProfileOrder::Edit { of: sheet.of, answers })
    }

    fn file(&mut self) -> OwnFile {
        match self.order(ProfileOrder::Read { id: "acme".into(), why: ReadFor::Editor }) {
            Ok(ProfileDone::Text { of, .. }) => of,
            other => panic!("{other:?}"),
        }
    }

    fn write(&mut self, text: &str) -> Result<ProfileDone, Problem> {
        let of = self.file();
        self.order(ProfileOrder::Write { of, text: Secret::new(text) })
    }

    fn weigh(&mut self, text: &str) -> Result<Box<countersign::shell::Incoming>, Problem> {
        let path = self.path("theirs.toml");
        std::fs::write(&path, text).expect("written");
        match self.order(ProfileOrder::Weigh { file: path.display().to_string() })? {
            ProfileDone::Weighed(incoming) => Ok(incoming),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_edit_keeps_comments_and_order_and_writes_only_what_changed() {
    let mut desk = Desk::new();
    assert!(matches!(desk.edit(&[]), Ok(ProfileDone::Same)));
    assert_eq!(desk.text("acme").as_deref(), Some(ACME));
    let typed = [
        ("environment", "production"),
        ("values.client_id", "xyz"),
        ("values.assertion_ttl", ""),
        ("values.assertion_nbf", "true"),
    ];
    let Ok(ProfileDone::Changed(change)) = desk.edit(&typed) else { panic!("not edited") };
    assert_eq!(change.what, "edit of acme: environment, client_id, assertion_ttl, assertion_nbf");
    let wanted = ACME
        .replace("\"sandbox\"", "\"production\"")
        .replace("\"abc\" # ours\nassertion_ttl = 240\n", "\"xyz\" # ours\nassertion_nbf = true\n");
    assert_eq!(desk.text("acme"), Some(wanted.clone()));
    desk.order(ProfileOrder::Turn(change.clone(), Way::Back)).expect("taken back");
    assert_eq!(desk.text("acme").as_deref(), Some(ACME));
    desk.order(ProfileOrder::Turn(change, Way::Again)).expect("made again");
    assert_eq!(desk.text("acme"), Some(wanted));
}

#[test]
fn what_is_secret_or_personal_is_not_offered_and_what_does_not_fit_is_not_written() {
    let mut desk = Desk::new();
    let sheet = desk.sheet();
    let offered = |name: &str| sheet.fields.iter().any(|f| f.name == name);
    assert!(offered("values.client_id") && !offered("values.psu_id") && sheet.left.contains(&"psu_id".to_owned()));
    assert_eq!(sheet.fields[1].options, ["sandbox", "production"], "what cannot be used is not offered");
    for (name, wrong, said) in [
        ("values.client_id", "with blanks in it", "form"),
        ("values.assertion_typ", "nonsense", "options"),
        ("values.assertion_ttl", "long", "type"),
        ("values.psd2_base", "https://a.example/path", "form"),
        ("environment", "nowhere", "nowhere"),
        ("name", "eyJhbGciOiJub25lIn0.eyJhIjoxMjM0NTY3fQ.c2lnbmF0dXJl", "a token"),
    ] {
        let problem = desk.edit(&[(name, wrong)]).expect_err(name);
        assert!(problem.text.contains(said) && !problem.text.contains("c2lnbmF0dXJl"), "{name}: {}", problem.text);
        assert_eq!(desk.text("acme").as_deref(), Some(ACME));
    }
}

#[test]
fn what_somebody_else_wrote_meanwhile_stays() {
    let mut desk = Desk::new();
    let Ok(ProfileDone::Changed(change)) = desk.edit(&[("values.client_id", "xyz")]) else { panic!("not edited") };
    let of = desk.file();
    let theirs = ACME.replace("abc", "theirs");
    std::fs::write(desk.path("profiles/acme.toml"), &theirs).expect("written");
    let turn = || ProfileOrder::Turn(change.clone(), Way::Back);
    let Ok(ProfileDone::Overtaken { why, kept, .. }) = desk.order(turn()) else { panic!("taken back") };
    assert!(why.ends_with("was changed meanwhile"), "{why}");
    // what would have come back is kept, once
    let kept = kept.expect("kept");
    assert_eq!(std::fs::read_to_string(&kept).ok().as_deref(), Some(ACME));
    assert!(matches!(desk.order(turn()), Ok(ProfileDone::Overtaken { kept: Some(_), .. })));
    assert_eq!(desk.binned(), 1);
    // where it only could not be written, it can be turned later
    std::fs::remove_file(desk.path("profiles/.lock")).expect("removed");
    std::fs::create_dir(desk.path("profiles/.lock")).expect("made");
    desk.order(turn()).expect_err("not now");
    std::fs::remove_dir(desk.path("profiles/.lock")).expect("removed");
    let Ok(ProfileDone::Unwritten { .. }) = desk.order(ProfileOrder::Write { of, text: Secret::new(ACME) }) else {
        panic!("written over it")
    };
    assert_eq!(desk.text("acme"), Some(theirs));
}

#[test]
fn what_was_typed_comes_back_on_top_of_what_is_there_now() {
    let mut desk = Desk::new();
    let path = desk.path("profiles/acme.toml");
    let write = |text: &str| std::fs::write(&path, text).expect("written");
    // in an editor, while a run stored a value
    let of = desk.file();
    write(&ACME.replace("abc", "of-a-run"));
    let mine = ACME.replace("240", "120");
    let late = ProfileOrder::Write { of, text: Secret::new(mine.as_str()) };
    let Ok(ProfileDone::Unwritten { of, text, why }) = desk.order(late) else { panic!("lost") };
    assert!(text.expose() == mine && why[0].ends_with("was changed meanwhile: values.client_id"), "{why:?}");
    assert!(!why.concat().contains("of-a-run"));
    // once more, and it went
    std::fs::remove_file(&path).expect("removed");
    let Ok(ProfileDone::Unwritten { of, text, why }) = desk.order(ProfileOrder::Write { of, text }) else {
        panic!("lost")
    };
    assert!(why[0].ends_with("is not there any more"), "{why:?}");
    let Ok(ProfileDone::Changed(_)) = desk.order(ProfileOrder::Write { of, text }) else { panic!("not written") };
    assert_eq!(desk.text("acme"), Some(mine));

    // in a form
    write(ACME);
    let sheet = desk.sheet();
    let mut answers: BTreeMap<String, Secret> =
        sheet.fields.iter().map(|f| (f.name.clone(), Secret::new(f.default.clone().unwrap_or_default()))).collect();
    answers.insert("values.client_id".into(), Secret::new("typed"));
    write(&ACME.replace("240", "120"));
    let Ok(ProfileDone::Sheet(again)) = desk.order(ProfileOrder::Edit { of: sheet.of, answers }) else {
        panic!("not asked again")
    };
    let note = again.note.clone().unwrap_or_default();
    assert!(note.contains("was changed meanwhile: values.assertion_ttl"), "{note}");
    let answers =
        again.fields.iter().map(|f| (f.name.clone(), Secret::new(f.default.clone().unwrap_or_default()))).collect();
    let change = desk.changed(ProfileOrder::Edit { of: again.of, answers });
    assert_eq!(change.what, "edit of acme: client_id");
    assert_eq!(desk.text("acme"), Some(ACME.replace("240", "120").replace("abc", "typed")));
}

#[test]
fn what_was_typed_comes_back_where_nothing_can_be_written() {
    let mut desk = Desk::new();
    let of = desk.file();
    // nobody can take turns there
    std::fs::create_dir(desk.path("profiles/.lock")).expect("made");
    let mine = ACME.replace("abc", "typed");
    let order = ProfileOrder::Write { of, text: Secret::new(mine.as_str()) };
    let Ok(ProfileDone::Unwritten { of, text, why }) = desk.order(order) else { panic!("lost") };
    assert!(why[0].contains("acme.toml could not be written"), "{why:?}");
    std::fs::remove_dir(desk.path("profiles/.lock")).expect("removed");
    desk.changed(ProfileOrder::Write { of, text });
    assert_eq!(desk.text("acme"), Some(mine));
}

#[test]
fn what_would_not_load_is_not_written_and_its_place_is_told() {
    let mut desk = Desk::new();
    for (text, said) in [
        (ACME.replace("environment", "environmen"), "acme.toml:6:1: unknown field `environmen`"),
        (ACME.replace("\"abc\"", "\"eyJhbGciOiJub25lIn0.eyJhIjoxMjM0NTY3fQ.c2lnbmF0dXJl\""), "acme.toml:10:14"),
        (ACME.replace("\"acme\"", "\"other\""), "has to stay `acme`"),
        ("id = ".to_owned(), "acme.toml:1:"),
    ] {
        let Ok(ProfileDone::Unwritten { text: kept, why, .. }) = desk.write(&text) else { panic!("{text}") };
        assert_eq!(kept.expose(), text, "nothing that was written is lost");
        assert!(why.iter().any(|line| line.contains(said)), "{why:?}");
        assert!(!why.iter().any(|line| line.contains("c2lnbmF0dXJl")));
        assert_eq!(desk.text("acme").as_deref(), Some(ACME));
    }
    assert!(matches!(desk.write(ACME), Ok(ProfileDone::Same)));
    assert!(matches!(desk.write(&ACME.replace("abc", "xyz")), Ok(ProfileDone::Changed(_))));
}

#[test]
fn a_deleted_profile_is_in_the_bin_and_comes_back() {
    let mut desk = Desk::new();
    let deletion = desk.changed(ProfileOrder::Delete { id: "acme".into() });
    assert_eq!((desk.text("acme"), desk.binned()), (None, 1));
    desk.order(ProfileOrder::Look { id: "acme".into() }).expect_err("it is gone");
    desk.order(ProfileOrder::Turn(deletion, Way::Back)).expect("back");
    assert_eq!((desk.text("acme").as_deref(), desk.binned()), (Some(ACME), 0));
    desk.order(ProfileOrder::Delete { id: "dnb".into() }).expect_err("a bank is no file of the person's");
    // when the workbench has ended, its undo is gone, and the bin is not
    desk.changed(ProfileOrder::Delete { id: "acme".into() });
    let own = Own { library: &desk.session.library, places: &desk.session.places, now: Timestamp::from_seconds(0) };
    assert_eq!(own.restore("acme").expect("back").file.after.as_deref(), Some(ACME));
    assert_eq!((desk.text("acme").as_deref(), desk.binned()), (Some(ACME), 0));
}

#[test]
fn a_clone_has_its_own_id_and_name_and_is_never_written_over_something() {
    let mut desk = Desk::new();
    let clone = |new: &str, env: Option<&str>| ProfileOrder::Clone {
        id: "acme".into(),
        new_id: new.into(),
        environment: env.map(str::to_owned),
    };
    let change = desk.changed(clone("acme-2", Some("production")));
    let wanted = ACME
        .replace("id = \"acme\"", "id = \"acme-2\"")
        .replace("(acme)", "(acme-2)")
        .replace("\"sandbox\"", "\"production\"");
    assert_eq!(desk.text("acme-2"), Some(wanted));
    for (taken, said) in [("acme-2", "already"), ("dnb", "already"), ("../x", "lower-case"), ("", "lower-case")] {
        let problem = desk.order(clone(taken, None)).expect_err(taken);
        assert!(problem.text.contains(said), "{taken}: {}", problem.text);
    }
    desk.order(ProfileOrder::Turn(change, Way::Back)).expect("taken back");
    assert_eq!((desk.text("acme-2"), desk.binned()), (None, 1));
}

#[test]
fn an_import_tells_what_changes_before_it_replaces_and_can_be_taken_back() {
    let mut desk = Desk::new();
    let theirs = ACME.replace("abc", "theirs").replace("vault:sig", "file:/tmp/k.pem")
        + "[pins.bank]\nsha256 = \"00\"\nthumbprints = []\napproved = \"today\"\n";
    let incoming = desk.weigh(&theirs).expect("it is a profile");
    for said in [
        "It replaces your profile",
        "api.ciam.dnb.no\n",
        "~ values.client_id = \"abc\" → \"theirs\"",
        "~ keys.signing.ref = \"vault:sig\" → \"file:/tmp/k.pem\"",
        "+ pins.bank.sha256 = \"00\"",
    ] {
        assert!(incoming.report.contains(said), "{said}\n{}", incoming.report);
    }
    assert!(!incoming.report.contains("NEW"), "{}", incoming.report);
    assert_eq!(desk.text("acme").as_deref(), Some(ACME), "nothing is written yet");
    let change = desk.changed(ProfileOrder::Import(incoming.clone()));
    assert_eq!((desk.text("acme"), desk.binned()), (Some(theirs), 1));
    desk.order(ProfileOrder::Turn(change, Way::Back)).expect("taken back");
    assert_eq!(desk.text("acme").as_deref(), Some(ACME));
    // what is there is not what it was shown against
    std::fs::write(desk.path("profiles/acme.toml"), "# theirs").expect("written");
    desk.order(ProfileOrder::Import(incoming)).expect_err("refused");
    assert_eq!(desk.text("acme").as_deref(), Some("# theirs"));
}

#[test]
fn an_import_warns_of_other_hosts_and_shows_nothing_personal() {
    let mut desk = Desk::new();
    let saved = "schema = 1\nid = \"new\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n";
    let hostile = format!(
        "{saved}name = \"x\\nIt is right\"\nhosts = [\"evil.example\"]\n[inputs.note]\nclass = \"personal\"\n[values]\nnote = \"10011\"\n\
         psd2_base = \"https://worse.example\"\n[levels]\nCA-06 = \"off\"\n[pins.bank]\nthumbprints = []\n\
         sha256 = \"00\"\napproved = \"today\"\n"
    );
    let report = desk.weigh(&hostile).expect("it is a profile").report;
    for said in [
        "It is new",
        "keys of others as approved: bank",
        "turns checks off: CA-06",
        "evil.example  NEW: dnb does not name it",
        "worse.example  by values.psd2_base  NEW",
        "not any more: api.ciam.dnb.no",
        "+ values.note = ********",
    ] {
        assert!(report.contains(said), "{said}\n{report}");
    }
    assert!(!report.contains("10011") && !report.lines().any(|line| line.starts_with("It is right")), "{report}");
    for (text, said) in [
        ("\u{0}\u{1b}[2J".to_owned(), "theirs.toml:1:"),
        (format!("{saved}[values]\nclient_id = '''-----BEGIN PRIVATE KEY-----'''\n"), "a private key"),
        (format!("{saved}command = \"rm\"\n"), "unknown field"),
    ] {
        let problem = desk.weigh(&text).expect_err(&text);
        assert!(problem.text.contains(said), "{}", problem.text);
    }
    for wrong in ["", "/nowhere/x.toml", "/dev/zero", "/"] {
        desk.order(ProfileOrder::Weigh { file: wrong.into() }).expect_err(wrong);
    }
    std::fs::write(desk.path("large.toml"), vec![b'#'; 1_000_001]).expect("written");
    let file = desk.path("large.toml").display().to_string();
    assert!(desk.order(ProfileOrder::Weigh { file }).expect_err("too large").text.contains("larger than"));
    assert!(!Path::new(&desk.path("profiles/new.toml")).exists());
}

#[test]
fn a_file_stands_for_the_id_that_it_has_and_not_for_one_in_its_texts() {
    let decoy = "id = \"uk-open-banking\"";
    let rest = "schema = 1\nextends = \"dnb\"\nenvironment = \"sandbox\"\n";
    for text in [
        format!("about = \"\"\"\n{decoy}\n\"\"\"\nid = \"notes\"\n{rest}"),
        format!("about = '''\n{decoy}\n'''\n\"id\" = \"notes\"\n{rest}"),
        format!("{rest}docs = \"\"\"\n{decoy}\n\"\"\"\nid = \"\"\"notes\"\"\"\n"),
    ] {
        let mut desk = Desk::new();
        let incoming = desk.weigh(&text).expect("it is a profile");
        assert!(!incoming.replaces && incoming.id == "notes");
        desk.changed(ProfileOrder::Import(incoming));
        let library = &desk.session.library;
        assert!(library.source("uk-open-banking").is_some_and(|s| !s.own), "{text}");
        assert!(library.source("notes").is_some_and(|s| s.own && s.text == text), "{text}");
        library.load("notes").expect("it loads");
        assert!(library.summaries().flatten().any(|s| s.id == "notes" && s.own), "{text}");
    }
    // an id behind a table's head is that table's
    let mut desk = Desk::new();
    std::fs::write(desk.path("profiles/notes.toml"), format!("{rest}[values]\n{decoy}\n")).expect("written");
    desk.session = desk.session.reloaded().0;
    assert!(desk.session.library.source("uk-open-banking").is_some_and(|s| !s.own));
}
