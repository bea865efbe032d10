//! The main situations at four sizes.

use super::play::{
    CANARY, NOW, Stage, armed, at_the_bank, blocked, composing, done, failed, pinning, ready, sent, summaries, waiting,
};
use crate::flow::view::{Field, RunView, StepState};
use crate::secret::Class;
use crate::tui::Look;
use crate::tui::app::CopyKind;
use crate::tui::message::{Command, Message};

pub const SIZES: [(u16, u16); 4] = [(160, 45), (120, 35), (80, 24), (30, 8)];

fn at_all_sizes(name: &str, views: &[RunView], keys: &str) {
    for (width, height) in SIZES {
        let mut stage = Stage::new(width, height, Look::default(), views.to_vec());
        stage.keys(keys);
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), stage.picture());
    }
}

#[test]
fn a_newcomer_sees_what_to_press() {
    at_all_sizes("start", &[ready()], "");
}

#[test]
fn a_request_is_seen_before_it_is_sent() {
    at_all_sizes("armed", &[ready(), armed()], "<enter><enter>");
}

#[test]
fn a_request_under_way_says_since_when() {
    at_all_sizes("sent", &[ready(), sent()], "<enter><enter>");
}

#[test]
fn an_answer_shows_its_body_with_every_digit() {
    at_all_sizes("done", &[ready(), armed(), done()], "<enter><enter><enter>");
}

#[test]
fn a_refusal_says_what_is_likely_and_what_to_do() {
    at_all_sizes("failed", &[ready(), armed(), failed()], "<enter><enter><enter>");
}

#[test]
fn a_failed_must_stops_it_before_sending() {
    at_all_sizes("blocked", &[ready(), blocked()], "<enter><enter>");
}

#[test]
fn a_question_shows_what_to_hand_over_and_until_when() {
    at_all_sizes("waiting", &[ready(), waiting()], "<enter><enter>");
}

#[test]
fn a_proposal_shows_what_goes_on_and_what_is_not_offered() {
    at_all_sizes("composing", &[ready(), composing()], "<enter><enter>");
    // changed in a form: a mark, the next of several, a text
    at_all_sizes("composing_form", &[ready(), composing()], "<enter><enter><enter><space><right><down><space>");
}

#[test]
fn keys_are_shown_and_only_a_yes_to_the_question_trusts_them() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), pinning(), done()]);
    stage.keys("<enter><enter>");
    let shown = stage.picture();
    assert!(shown.contains(&"T".repeat(43)) && shown.contains("decides about these keys"), "{shown}");
    stage.keys("<enter>");
    assert!(stage.picture().contains("trust these keys?"), "{}", stage.picture());
    stage.keys("n");
    assert!(!stage.picture().contains("trust these keys?") && stage.picture().contains(&"T".repeat(43)));
    stage.keys("<enter><enter>");
    assert!(stage.picture().contains("trust these keys?"), "Enter is no yes");
    stage.keys("y");
    assert!(!stage.picture().contains(&"T".repeat(43)), "{}", stage.picture());
}

#[test]
fn a_sign_in_at_the_bank_is_waited_for_and_counts() {
    at_all_sizes("sign_in", &[ready(), at_the_bank()], "<enter><enter>");
}

#[test]
fn what_is_pasted_for_a_sign_in_is_not_shown() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), at_the_bank(), done()]);
    stage.keys("<enter><enter>p");
    stage.tell(Message::Input(crossterm::event::Event::Paste(format!("https://tpp.example/cb?state={CANARY}"))));
    let picture = stage.picture();
    assert!(!picture.contains(CANARY), "{picture}");
    insta::assert_snapshot!("sign_in_paste_120x35", picture);
    stage.keys("<enter>");
    assert_eq!(stage.app.view().map(|v| v.steps[0].state), Some(StepState::Done));
}

#[test]
fn a_paste_without_a_form_is_the_answer_too() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), at_the_bank(), done()]);
    stage.keys("<enter><enter>");
    stage.tell(Message::Input(crossterm::event::Event::Paste(format!("code=1&state={CANARY}"))));
    assert_eq!(stage.app.view().map(|v| v.steps[0].state), Some(StepState::Done));
}

#[test]
fn the_banks_page_is_opened_again_copied_and_shown_to_a_phone() {
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), at_the_bank()]);
    stage.keys("<enter><enter>oya");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::Browse { .. })));
    let whole = format!("https://as.nordbank.example/authorize?client_id=acme&response_type=code&state={CANARY}");
    let copied = |c: &Command| matches!(c, Command::Copy(request) if request.text.expose() == whole);
    assert!(stage.commands.iter().any(copied));
    stage.keys("Q");
    insta::assert_snapshot!("sign_in_qr_120x35", stage.picture());
    stage.keys("<esc>");
    assert!(!stage.picture().contains('█'));
    // nothing of it where nobody signs in
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready()]);
    stage.keys("<enter>oQ");
    assert!(!stage.commands.iter().any(|c| matches!(c, Command::Browse { .. })));
}

/// At the embedded bank a person may do it, or let the bank's people do it; who runs straight on does not want to.
#[test]
fn the_embedded_bank_s_people_are_called_by_a_key_and_by_running_on() {
    let called = |stage: &Stage| stage.commands.iter().filter(|c| matches!(c, Command::CallPeople { .. })).count();
    let at = |page: Option<&str>| {
        let mut view = at_the_bank();
        view.sandbox = page.is_some();
        if let Some(sign_in) = &mut view.steps[0].authorize {
            sign_in.page = page.map(crate::secret::Secret::new);
        }
        view
    };
    let page = "http://127.0.0.1:40401/authorize?client_id=acme";
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), at(Some(page))]);
    stage.keys("<enter><enter>");
    insta::assert_snapshot!("sign_in_embedded_120x35", stage.picture());
    stage.keys("ya");
    assert!(stage.commands.iter().any(|c| matches!(c, Command::Copy(r) if r.text.expose() == page)));
    assert_eq!(called(&stage), 0);
    stage.keys("P");
    assert_eq!(called(&stage), 1);
    // elsewhere there is nobody to call
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), at(None)]);
    stage.keys("<enter><enter>P");
    assert_eq!(called(&stage), 0);
}

/// What a bank made of a registration stands above its answer: what differs, with both sides; secrets by name alone.
#[test]
fn what_was_granted_stands_against_what_was_asked_for() {
    use crate::flow::view::{Field, GrantedMember, GrantedView};
    use crate::secret::Class;
    let field = |name: &str, value: &str, class| Field { name: name.into(), value: value.into(), class };
    let mut view = done();
    view.steps[0].granted = Some(GrantedView {
        same: 11,
        changed: vec![
            GrantedMember {
                asked: field("scope", "openid accounts payments", Class::Public),
                granted: Some("openid accounts".into()),
            },
            GrantedMember { asked: field("id_token_encrypted_response_alg", "RSA-OAEP", Class::Public), granted: None },
        ],
        added: vec![field("client_id", "c1", Class::Public), field("registration_access_token", CANARY, Class::Secret)],
    });
    let mut stage = Stage::new(120, 35, Look::default(), vec![ready(), armed(), view]);
    stage.keys("<enter><enter><enter>");
    insta::assert_snapshot!("granted_120x35", stage.picture());
}

#[test]
fn the_checks_stand_with_their_clauses() {
    at_all_sizes("checks", &[ready(), armed(), done()], "<enter><enter><enter>l");
}

#[test]
fn which_certificates_were_shown_and_why_stands_beside_the_handshake() {
    at_all_sizes("tls", &[ready(), armed(), done()], "<enter><enter><enter>lll");
}

#[test]
fn help_lists_the_keys_and_why_one_cannot_be_used() {
    at_all_sizes("help", &[ready()], "?");
}

#[test]
fn the_copy_menu_says_what_can_be_copied() {
    at_all_sizes("copy", &[ready(), armed(), done()], "<enter><enter><enter>y");
}

#[test]
fn without_colour_and_in_ascii_the_states_still_read() {
    let look = Look { color: false, ascii: true, ..Look::default() };
    let mut stage = Stage::new(120, 35, look, vec![ready(), armed(), failed()]);
    stage.keys("<enter><enter><enter>");
    let picture = stage.picture();
    assert!(picture.is_ascii() || picture.chars().all(|c| c.is_ascii() || c == '§'), "{picture}");
    insta::assert_snapshot!("ascii_120x35", picture);
}

#[test]
fn an_unverified_flow_says_so_before_and_while_it_runs() {
    for (width, height, mark) in [(160, 45, " ? "), (120, 35, " ? "), (80, 24, "unverified")] {
        for unverified in [true, false] {
            let mut view = ready();
            view.unverified = unverified;
            let mut stage = Stage::new(width, height, Look::default(), vec![view]);
            let mut banks = summaries();
            let flows = std::sync::Arc::make_mut(&mut banks[0].flows);
            flows[0].unverified = unverified;
            flows[0].evidence = unverified.then(|| "unverified: seen nowhere".to_owned());
            stage.app.update(Message::Profiles(banks), NOW);
            let before = stage.picture();
            let row = before.lines().find(|line| line.contains(">     Get an a")).expect("the row");
            assert_eq!(row.contains(mark), unverified, "{before}");
            // in the middle size there is no room for what a flow rests on
            assert_eq!(before.contains("nowhere"), unverified && height != 35, "{before}");
            let running = stage.keys("<enter>").picture();
            assert_eq!(running.contains("Get an access token (unverified)"), unverified, "{running}");
        }
    }
}

#[test]
fn what_is_to_be_handed_over_is_copied_together_and_a_shown_command_by_itself() {
    let mut view = waiting();
    let field = |name: &str, value: &str, class| Field { name: name.into(), value: value.into(), class };
    let ask = view.steps[0].ask.as_mut().expect("a question");
    ask.show = vec![
        field("X-Seal", "s3al", Class::Secret),
        field("X-Cert", "c3rt", Class::Public),
        field("curl", "curl -H 'X-Seal: s3al'", Class::Secret),
    ];
    let mut stage = Stage::new(120, 35, Look::default(), vec![view]);
    stage.keys("<enter>");
    for (letter, kind, text) in
        [("h", CopyKind::Handover, "X-Seal: s3al\nX-Cert: c3rt"), ("u", CopyKind::Curl, "curl -H 'X-Seal: s3al'")]
    {
        assert!(stage.app.copies().iter().any(|(offered, _)| *offered == kind), "{:?}", stage.app.copies());
        stage.keys(&format!("y{letter}"));
        let copied = stage.commands.iter().rev().find_map(|c| if let Command::Copy(c) = c { Some(c) } else { None });
        let copied = copied.expect("a copy");
        assert_eq!((copied.text.expose(), copied.class), (text, Class::Secret));
    }
}
