//! Any size, any keys: nothing breaks, and no secret shows while masked.

use proptest::prelude::*;

use super::ascii::{PLACES, situations};
use super::play::{CANARY, NOW, Stage, armed, done, ready};
use crate::tui::{Look, Message};

#[test]
fn every_size_can_be_drawn() {
    // every width from 1 to 200 with every height from 1 to 60, each in another situation
    let situations: Vec<_> = situations().into_iter().flat_map(|v| PLACES.map(|keys| (v.clone(), keys))).collect();
    let mut situations = situations.into_iter().cycle();
    for across in 0..7 {
        for down in 0..5 {
            let (views, keys) = situations.next().expect("they go round");
            let mut stage = Stage::new(160, 45, Look::default(), views);
            stage.keys("<enter><enter><enter>").keys(keys);
            stage.tell(Message::Tokens(super::tokens::rows()));
            for width in (1 + across..=200).step_by(7) {
                for height in (1 + down..=60).step_by(5) {
                    stage.app.update(Message::Input(crossterm::event::Event::Resize(width, height)), NOW);
                    stage.picture();
                }
            }
        }
    }
}

#[test]
fn every_window_survives_small_sizes() {
    for keys in PLACES {
        let mut stage = Stage::new(160, 45, Look::default(), vec![ready(), armed(), done()]);
        stage.keys("<enter><enter><enter>").keys(keys);
        for (width, height) in
            [(1, 1), (2, 1), (1, 60), (39, 9), (40, 10), (41, 10), (99, 29), (100, 30), (150, 30), (200, 2)]
        {
            stage.app.update(Message::Input(crossterm::event::Event::Resize(width, height)), NOW);
            stage.picture();
            stage.keys("<down>");
            stage.picture();
        }
    }
}

#[test]
fn no_secret_shows_while_masked_and_one_does_when_revealed() {
    let tabs = ["", "l", "ll", "lll", "llll", "t", "4", "?", "y"];
    for (width, height) in [(160, 45), (120, 35), (80, 24)] {
        for views in situations() {
            for tab in tabs {
                let mut stage = Stage::new(width, height, Look::default(), views.clone());
                stage.keys("<enter><enter><enter>").keys(tab);
                assert!(!stage.picture().contains(CANARY), "{tab} at {width}x{height}\n{}", stage.picture());
            }
        }
    }
    // the positive control: revealed, it is there
    let mut stage = Stage::new(160, 45, Look::default(), vec![ready(), armed(), done()]);
    stage.keys("<enter><enter><enter>4jjv");
    assert!(stage.picture().contains(CANARY), "{}", stage.picture());
    stage.app.update(Message::Input(crossterm::event::Event::FocusLost), NOW);
    assert!(!stage.picture().contains(CANARY));
}

#[test]
fn what_a_bank_sends_moves_nothing_on_the_screen() {
    let mut stage = Stage::new(160, 45, Look::default(), vec![ready(), armed(), done()]);
    stage.keys("<enter><enter><enter>");
    let picture = stage.picture();
    assert!(picture.contains("X-Evil"));
    assert!(!picture.contains('\u{1b}') && !picture.contains('\u{202e}'));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_keys_in_any_order_are_survived(keys in "[a-zA-Z0-9?/:!\\[\\]]{0,40}", width in 1u16..200, height in 1u16..60) {
        let mut stage = Stage::new(width, height, Look::default(), vec![ready(), armed(), done()]);
        stage.keys("<enter><enter>").keys(&keys).keys("<enter><esc><tab><down><pgdn>");
        stage.picture();
    }
}
