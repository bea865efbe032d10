//! The main situations at four sizes.

use super::play::{Stage, armed, blocked, done, failed, pinning, ready, sent, waiting};
use crate::flow::view::RunView;
use crate::tui::Look;

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
fn the_checks_stand_with_their_clauses() {
    at_all_sizes("checks", &[ready(), armed(), done()], "<enter><enter><enter>l");
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
    let look = Look { color: false, ascii: true };
    let mut stage = Stage::new(120, 35, look, vec![ready(), armed(), failed()]);
    stage.keys("<enter><enter><enter>");
    let picture = stage.picture();
    assert!(picture.is_ascii() || picture.chars().all(|c| c.is_ascii() || c == '§'), "{picture}");
    insta::assert_snapshot!("ascii_120x35", picture);
}
