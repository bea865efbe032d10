//! The real binary in a pseudo-terminal: it starts, runs a flow by keys, and leaves the terminal as it found it.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests speak plainly")]

#[path = "terminal/journeys.rs"]
mod journeys;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/pty.rs"]
#[allow(dead_code, reason = "shared with the benchmark")]
mod pty;

use std::path::Path;
use std::process::Command;

use pty::Terminal;

const ENTER: &str = "\r";

fn demo(columns: u16, rows: u16) -> Terminal {
    let mut terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["demo"], columns, rows);
    terminal.until("Register an OIDC");
    terminal
}

/// The flow that gets a token, down to the answer.
fn with_token(columns: u16, rows: u16) -> Terminal {
    let mut terminal = demo(columns, rows);
    terminal.keys("jj").keys(ENTER).until("Enter builds it");
    terminal
}

#[test]
fn four_panes_show_on_a_wide_terminal() {
    let mut terminal = demo(160, 45);
    for pane in ["1 Profiles", "2 Keys", "3 Flow", "4 Inspector", "[SANDBOX]", "? help"] {
        terminal.until(pane);
    }
    terminal.keys("q");
    assert!(terminal.end().success());
    assert!(terminal.is_restored());
}

#[test]
fn keys_that_were_typed_before_the_first_picture_are_not_lost() {
    let mut terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["demo"], 120, 35);
    terminal.keys("?").until("type to find");
    terminal.keys("\x03").keys("\x03");
    assert!(terminal.end().success());
}

#[test]
fn many_keys_at_once_are_a_few_pictures() {
    let mut terminal = demo(120, 35);
    terminal.keys("?").until("type to find");
    let before = pictures(&terminal);
    terminal.keys(&format!("{}end", "x".repeat(200))).until("xxend");
    let drawn = pictures(&terminal) - before;
    assert!((1..50).contains(&drawn), "{drawn} pictures for 203 keys");
    terminal.keys("\x03").keys("\x03");
    assert!(terminal.end().success());
}

/// Frames that were drawn: each is begun so (synchronised output).
fn pictures(terminal: &Terminal) -> usize {
    terminal.raw.windows(8).filter(|w| w == b"\x1b[?2026h").count()
}

#[test]
fn a_newcomer_gets_a_token_and_copies_it_by_keys_alone() {
    let mut terminal = demo(120, 35);
    terminal.keys("jj").keys(ENTER).until("Enter builds it");
    terminal.keys(ENTER).until("not sent yet").until("POST https://");
    terminal.keys(ENTER).until("200 OK").until("access_token");
    terminal.keys("t").keys("y").until("copy").keys("t").until("copied access_token by OSC 52");
    let copies = &terminal.emulator.callbacks().0;
    assert_eq!(copies.len(), 1);
    let copied = String::from_utf8(copies[0].clone()).expect("text");
    assert!(copied.len() > 400, "base64 of a token: {}", copied.len());
    // the copy sequence aside, no part of the token ever reached the terminal
    let token = base64_decode(&copied);
    let body = token.split('.').nth(1).expect("a JWT");
    assert!(!String::from_utf8_lossy(&terminal.raw).contains(&body[..40]), "the token was on the screen");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
    assert!(terminal.is_restored());
}

fn base64_decode(text: &str) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    String::from_utf8(STANDARD.decode(text).expect("base64")).expect("text")
}

#[test]
fn the_registration_runs_to_its_end_by_itself() {
    let mut terminal = demo(80, 24);
    terminal.keys(ENTER).until("step 1 of 4").keys("S").until_it("done", |s| s.matches("✓ ok").count() >= 4);
    terminal.keys("q").keys("q");
    assert!(terminal.end().success());
}

/// Running straight on stops at a deletion, also where every step before it is skipped at once.
#[test]
fn running_straight_on_deletes_nothing() {
    let mut terminal = demo(120, 35);
    terminal.keys("/").keys("application token").keys(ENTER).until("Enter in pane 1 starts it");
    terminal.keys(ENTER).until("step 1 of 2").keys("S").until_it("a token", |s| s.matches("✓ ok").count() >= 2);
    terminal.keys("1").keys("/").keys("\u{1b}").until_it("no filter", |s| !s.contains("Esc clears"));
    terminal.keys("/").keys("delete the").keys(ENTER).until(">     Delete the");
    terminal.keys(ENTER).until("step 1 of 4").keys("S").until("not sent yet").until("/ skipped");
    terminal.keys("S").keys("S").until("not sent yet");
    // its last step ends too, or leaving would ask first
    terminal.keys(ENTER).until("204").until_it("the client forgotten", |s| s.matches("✓ ok").count() >= 2);
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// The list of registrations: another certificate is chosen, registered by the profile's own update, and used from then on.
#[test]
fn another_certificate_is_registered_and_its_key_used() {
    let mut terminal = demo(120, 35);
    terminal.keys("/").keys("read the reg").keys(ENTER).until(">     Read the").keys(ENTER).until("step 1 of 4");
    terminal.keys("S").until_it("read", |s| s.matches("✓ ok").count() >= 4);
    terminal.keys("L").until("memory:wso2-ob-transport").keys("c").until("which certificate is it to have?");
    terminal.keys("transport: wso2").keys(ENTER).until("register another certificate?").keys("y").until("step 1 of 9");
    terminal.keys("S").until("transport has memory:wso2-ob-signing");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// Running straight on, the embedded bank's people do what a person would; the chain of keys stands under the steps.
#[test]
fn a_person_is_identified_by_running_straight_on() {
    let mut terminal = demo(120, 45);
    terminal.keys("/").keys("identify").keys(ENTER).until("Enter in pane 1 starts it");
    terminal.keys(ENTER).until("step 1 of 9").keys("S").until("→ claims");
    terminal.until_it("every step ended", |s| s.matches("✓ ok").count() >= 9);
    let lane = terminal.screen().lines().find(|l| l.contains("→ claims")).unwrap_or_default().to_owned();
    let hops = ["danske-entity key ✓", "our encryption key ✓", "key of the JWKS ✓", "claims"];
    let places: Vec<_> = hops.iter().map(|hop| lane.find(hop)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{lane}");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

#[test]
fn any_size_and_any_resize_is_survived() {
    let mut terminal = with_token(160, 45);
    for (columns, rows) in [(80, 24), (30, 8), (2, 1), (200, 60), (100, 30), (41, 11), (120, 35)] {
        terminal.resize(columns, rows);
        if columns >= 80 {
            terminal.until("? help");
        }
    }
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
    assert!(terminal.is_restored());
}

#[test]
fn a_paste_runs_no_keys_and_opens_the_inspector() {
    let mut terminal = demo(160, 45);
    let token = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJub2JvZHkifQ.";
    terminal.keys(&format!("\x1b[200~{token}\x1b[201~")).until("nobody").until("wrong");
    terminal.keys("\x1b[200~qqq\x1b[201~").until("opaque");
    terminal.keys("\x1b").until("Tokens of a run show here").keys("q");
    assert!(terminal.end().success());
}

#[test]
fn a_signal_ends_it_with_the_terminal_restored() {
    for signal in ["TERM", "HUP", "INT", "QUIT"] {
        let mut terminal = with_token(120, 35);
        let id = terminal.process_id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = terminal.end();
        assert!(terminal.is_restored(), "{signal}: {status:?}");
        assert_eq!(status.exit_code(), 130, "{signal}");
    }
}

#[test]
fn a_suspended_workbench_comes_back() {
    let mut terminal = Terminal::start("bash", &["--norc", "--noprofile", "-i"], 120, 35);
    terminal.keys(&format!("PS1=ready; {} demo{ENTER}", env!("CARGO_BIN_EXE_countersign"))).until("4 Inspector");
    terminal.keys("\x1a").until("Stopped");
    // the shell's own line editor turns bracketed paste on again, so only the screen is looked at
    let on_main_screen = |t: &Terminal| !t.emulator.screen().alternate_screen() && !t.emulator.screen().hide_cursor();
    assert!(on_main_screen(&terminal));
    terminal
        .keys(&format!("fg{ENTER}"))
        .until("4 Inspector")
        .keys("q")
        .until_it("the shell's prompt", |s| s.contains("Stopped") && s.trim_end().ends_with("ready"));
    assert!(on_main_screen(&terminal));
    terminal.keys(&format!("exit{ENTER}"));
    assert!(terminal.end().success());
}

/// The workbench that keeps things, in a directory of its own.
fn keeping(dir: &Path, columns: u16, rows: u16) -> Terminal {
    let dir = dir.to_str().expect("a path");
    let mut terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["--data-dir", dir], columns, rows);
    terminal.until("Register an OIDC");
    terminal
}

#[test]
fn a_vault_key_is_made_on_screen_and_its_passphrase_never_shows() {
    const PASSPHRASE: &str = "Tr0ub4dor&3-correct-horse";
    let dir = tempfile::tempdir().expect("a directory");
    let mut terminal = keeping(dir.path(), 120, 35);
    terminal
        .keys("2")
        .until_it("every store's answer", |s| !s.contains("asking"))
        .keys("a")
        .until("where is it to live?")
        .keys("vault")
        .until("> vault")
        .keys(ENTER);
    terminal.until("for which algorithm?").keys(ENTER).until("how you will find it again").keys("mine").keys(ENTER);
    terminal.until("Passphrase of the new vault").keys(PASSPHRASE).until("typed, and not shown").keys(ENTER);
    terminal
        .until("once more")
        .keys(&format!("\x1b[200~{PASSPHRASE}\x1b[201~"))
        .until("typed, and not shown")
        .keys(ENTER);
    terminal.until("vault:mine is kept").keys("Z").until("can go");
    terminal.keys("q").keys("q");
    assert!(terminal.end().success());
    let mut raw = terminal.raw.clone();

    // begun anew it is locked: Enter on its row asks; a wrong passphrase is said, the right one lists
    let mut terminal = keeping(dir.path(), 80, 24);
    terminal.keys("2").until("locked: Enter opens").keys("/vault").keys(ENTER).keys(ENTER);
    terminal.until("Passphrase of the vault").keys("wrong-wrong").keys(ENTER).until("does not open");
    terminal.keys(ENTER).until("Passphrase of the vault").keys(PASSPHRASE).keys(ENTER).until("mine");
    terminal.keys("\x1b").until_it("the filter cleared", |s| !s.contains("Esc clears")).keys("q");
    assert!(terminal.end().success());
    assert!(terminal.is_restored());
    raw.extend_from_slice(&terminal.raw);
    let raw = String::from_utf8_lossy(&raw);
    // the positive control: what is no secret is there
    assert!(raw.contains("mine"));
    for part in [PASSPHRASE, "Tr0ub4", "correct-horse", "wrong-wrong"] {
        assert!(!raw.contains(part), "{part} was on the screen");
    }
}

/// A claim is changed before it is signed, the bank says no, and the two attempts stand beside each other.
#[test]
fn a_request_is_changed_sent_anyway_compared_and_taken_back() {
    let mut terminal = with_token(120, 45);
    terminal.keys(ENTER).until("not sent yet");
    terminal
        .keys("e")
        .until("change what of")
        .keys("claims/aud")
        .keys(ENTER)
        .until("change client_assertion.claims/aud");
    terminal
        .keys("\u{15}https://elsewhere.example")
        .keys(ENTER)
        .keys(ENTER)
        .until("[edited: aud]")
        .until("sends anyway");
    terminal.keys("!").until("send anyway?").keys("y").until("401 invalid_client");
    // once more without the change
    terminal.keys("u").until("taken back: aud").until("attempt 2").until("not sent yet");
    // and with it, and without it
    terminal.keys("U").until("changed again: aud").until("[edited: aud]").until("sends anyway");
    terminal.keys("u").until("taken back: aud").until("not sent yet");
    terminal.keys(ENTER).until("200 OK");
    terminal.keys("D").until("attempt 1: failed 401 invalid_client").keys(ENTER);
    terminal.until("client_assertion.claims.aud").until("- https://elsewhere.example").until("+ https://api.ciam");
    terminal.keys("q").keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// A rule is broken on purpose: whether the bank notices is said, and the next attempt breaks none.
#[test]
fn a_rule_is_broken_on_purpose_and_the_bank_notices() {
    let mut terminal = with_token(120, 35);
    terminal.keys(ENTER).until("not sent yet");
    terminal.keys("X").until("break which rule?").keys("assertion-expired").until("invalid_client expected");
    terminal.keys(ENTER).until("[edited: exp, iat]").until("not sent yet");
    terminal.keys(ENTER).until("an expired client assertion is refused: refused: invalid_client");
    terminal.keys("r").until("attempt 2").until("not sent yet").keys(ENTER).until("200 OK");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// An earlier step is changed: another line begins, what was done behind it is stale, and the first line is still there.
#[test]
fn a_line_that_was_left_is_gone_back_to() {
    let mut terminal = demo(120, 35);
    terminal.keys(ENTER).until("step 1 of 4").keys("S").until_it("done", |s| s.matches("✓ ok").count() >= 4);
    terminal.keys("gj").until("step 2  ");
    terminal
        .keys("e")
        .until("change what of")
        .keys("claims/exp")
        .keys(ENTER)
        .until("change registration_jwt.claims/exp");
    terminal.keys("\u{15}now+600").keys(ENTER).keys(ENTER).until("line 2").until("= stale");
    terminal.keys("O").until("lines of this run").until("line 1").until("you are here");
    terminal
        .keys("g")
        .keys(ENTER)
        .until_it("all done again", |s| s.matches("✓ ok").count() >= 4 && s.contains("line 1"));
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// Two runs of one flow are compared, from the one at hand and from the list; a colleague's is kept beside them.
#[test]
fn kept_runs_are_compared_and_one_of_a_colleague_is_imported() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("run.jsonl");
    let run = r#"{"event":"run","id":"x","profile":"acme","env":"uat","flow":"token","title":"Of a colleague"}"#;
    std::fs::write(&file, format!("{run}\n{{\"event\":\"done\",\"status\":\"failed\"}}\n")).expect("written");
    let mut terminal = keeping(dir.path(), 120, 45);
    let both_done = |s: &str| s.matches("✓ ok").count() >= 2 && s.contains("step 2 of 2");
    terminal.keys("jj").keys(ENTER).until("Enter builds it").keys("S").until_it("done", both_done);
    terminal.keys("D").until("no run of this flow before it");
    terminal.keys("1").keys(ENTER).until("Enter builds it").keys(ENTER).until("not sent yet");
    terminal
        .keys("e")
        .until("change what of")
        .keys("claims/exp")
        .keys(ENTER)
        .until("change client_assertion.claims/exp");
    terminal.keys("\u{15}now+100").keys(ENTER).keys(ENTER).until("[edited: exp]");
    terminal.keys("S").until_it("done again", both_done);
    terminal.keys("D").until("the whole run with that of").keys(ENTER).until("two runs, by meaning");
    terminal.until("claims.exp - iat").until("- 240 s").until("+ 100 s").keys("q");
    terminal.keys("H").until("runs that are kept: 2").keys("D").until("dnb / sandbox: token").keys(ENTER);
    terminal.until("two runs, by meaning").until("+ 100 s").keys("q");
    terminal.keys("i").until("path of the file").keys(&file.display().to_string()).keys(ENTER);
    terminal.until("runs that are kept: 3").until("imported ✗ failed").until("Of a colleague");
    terminal.keys("r").until("run it with what somebody else wrote?").until("It runs with your keys").keys("q");
    terminal.keys("q").keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// The editor has the keyboard and the terminal for itself, and what it left is in the request.
#[test]
fn a_step_is_changed_in_the_persons_own_editor() {
    let env = [("EDITOR", "f() { echo READY; read -r word; sed -i \"s|client_credentials|$word|\" \"$1\"; }; f")];
    let mut terminal = Terminal::start_with(env!("CARGO_BIN_EXE_countersign"), &["demo"], &env, 120, 45);
    terminal.until("Register an OIDC").keys("jj").keys(ENTER).until("Enter builds it");
    terminal.keys(ENTER).until("not sent yet").keys("E");
    terminal.until("READY");
    terminal.keys("refresh_token\r").until("changed: grant_type").until("= refresh_token");
    terminal.keys("q").keys("q").keys("q");
    assert!(terminal.end().success());
}

/// Whether any cell has that of the 256 colours.
fn has_color(terminal: &Terminal, n: u8) -> bool {
    let screen = terminal.emulator.screen();
    let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
    let mut cells = (0..rows).flat_map(|y| (0..columns).filter_map(move |x| screen.cell(y, x)));
    cells.any(|cell| cell.fgcolor() == vt100::Color::Idx(n))
}

#[test]
fn the_theme_follows_the_background_and_the_answer_runs_no_key() {
    // a light and a dark background, and the colour of keys in each theme
    for (answer, color) in [("ffff/ffff/ffff", 24), ("1e1e/1e1e/2e2e", 117)] {
        let mut terminal = demo(120, 35);
        assert!(String::from_utf8_lossy(&terminal.raw).contains("\x1b]11;?"), "it asks");
        assert!(!has_color(&terminal, color), "the first picture waits for no answer");
        terminal.keys(&format!("\x1b]11;rgb:{answer}\x1b\\"));
        while !has_color(&terminal, color) {
            assert!(terminal.next_output(std::time::Duration::from_mins(1)), "{}", terminal.screen());
        }
        // its colon would open the palette, its digits go to a pane
        let screen = terminal.screen();
        assert!(screen.contains("╔═ 1 Profiles") && !screen.contains("═ commands"), "{screen}");
        terminal.keys("q");
        assert!(terminal.end().success());
    }
}

#[test]
fn a_chosen_theme_own_keys_and_ascii_are_read_from_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("config.toml"), "theme = \"light\"\nascii = true\n").expect("written");
    std::fs::write(folder.path().join("keys.toml"), "zoom = [\"<f5>\"]\nzom = [\"x\"]\n").expect("written");
    let dir = folder.path().to_str().expect("a path");
    let mut terminal = Terminal::start(env!("CARGO_BIN_EXE_countersign"), &["--data-dir", dir], 120, 35);
    terminal.until("1 Profiles").until("keys.toml:2: `zom`");
    assert!(!String::from_utf8_lossy(&terminal.raw).contains("\x1b]11;?"), "nothing is asked");
    assert!(has_color(&terminal, 24), "the light theme");
    assert!(terminal.screen().is_ascii(), "{}", terminal.screen());
    terminal.keys("\x1b[15~").until_it("one pane alone", |s| !s.contains("2 Keys"));
    terminal.keys("q").keys("q");
    assert!(terminal.end().success());
}

/// A bank that was chosen becomes a profile; it is listed at once, and a file that is edited
/// meanwhile is read again when the window gets the focus.
#[test]
fn what_was_chosen_is_saved_as_a_profile_and_read_again_when_it_changes() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut terminal = keeping(dir.path(), 120, 35);
    terminal.until("Register an OIDC").keys("w").until("save a profile");
    terminal.keys("\u{15}acme-dnb\r").until("saved as acme-dnb");
    terminal.keys("/").keys("acme").keys("\r").until("DNB Bank ASA (acme-dnb)");
    let path = dir.path().join("profiles").join("acme-dnb.toml");
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains("extends = \"dnb\"") && text.contains("environment = "), "{text}");
    std::fs::write(&path, text.replace("DNB Bank ASA (acme-dnb)", "Acme at DNB")).expect("written");
    terminal.keys("\x1b[I").until("they were read again").until("Acme at DNB");
    // one of that name is there now
    terminal.keys("w").until("save a profile").keys("\u{15}acme-dnb\r").until("there already");
    terminal.keys("\x1b").until_it("the form is gone", |s| !s.contains("save a profile")).keys("q").keys("q");
    assert!(terminal.end().success());
}

/// A profile of one's own is edited, deleted and replaced, and each of it is taken back.
#[test]
fn a_profile_is_edited_deleted_replaced_and_all_of_it_taken_back() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("profiles").join("acme.toml");
    let text =
        "# ours\nschema = 1\nid = \"acme\"\nname = \"Acme at DNB\"\nextends = \"dnb\"\nenvironment = \"sandbox\"\n";
    std::fs::create_dir(dir.path().join("profiles")).expect("made");
    std::fs::write(&path, text).expect("written");
    let is = |wanted: &str| std::fs::read_to_string(&path).is_ok_and(|now| now == wanted);
    let mut terminal = keeping(dir.path(), 120, 35);
    terminal.until("Register an OIDC").keys("/").keys("acme").keys("\r").until("Acme at DNB");
    terminal.keys("e").until("edit acme").keys("\u{15}Ours\r").until("edit of acme: name: done").until("Ours");
    assert!(is(&text.replace("Acme at DNB", "Ours")));
    terminal.keys("u").until("taken back: edit of acme: name");
    assert!(is(text));
    terminal.keys("d").until("delete a profile?").keys("y").until("deletion of acme: done");
    assert!(!path.exists());
    terminal.keys("u").until("taken back: deletion of acme");
    assert!(is(text));
    let theirs = dir.path().join("theirs.toml");
    std::fs::write(&theirs, text.replace("sandbox", "production")).expect("written");
    terminal.keys("i").until("import a profile").keys(theirs.to_str().expect("a path")).keys("\r");
    // Enter, once more, agrees to nothing
    terminal.until("what changes").until("environment = \"sandbox\"").keys("\r");
    terminal.keys("y").until("import of acme, in place");
    assert!(is(&text.replace("sandbox", "production")));
    terminal.keys("u").until("taken back: import of acme");
    assert!(is(text));
    terminal.keys("q").keys("q");
    assert!(terminal.end().success());
}
