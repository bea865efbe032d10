//! With `--ascii` the program draws nothing beyond 0x7f, whatever is on the screen.

use super::lines::tree;
use super::play::{Stage, armed, at_the_bank, blocked, composing, done, failed, pinning, ready, sent, waiting};
use super::screens::SIZES;
use super::tokens;
use crate::flow::view::RunView;
use crate::tui::{Look, Message};

/// What is opened over the panes, and where one looks.
pub const PLACES: [&str; 23] = [
    "", "l", "ll", "lll", "llll", "4", "4Z", "1", "2", "3Z", "?", ":", ":explain", "y", "M", "T", "L", "p", "/find",
    "2a", "2i", "q", "O",
];

pub fn situations() -> Vec<Vec<RunView>> {
    vec![
        vec![ready(), armed(), done()],
        vec![ready(), armed(), failed()],
        vec![ready(), blocked()],
        vec![ready(), waiting()],
        vec![ready(), sent()],
        vec![ready(), composing()],
        vec![ready(), at_the_bank()],
        vec![ready(), pinning()],
        vec![ready(), tree()],
    ]
}

#[test]
fn every_screen_is_ascii() {
    let look = Look { ascii: true, ..Look::default() };
    for (width, height) in SIZES {
        for views in situations() {
            for keys in PLACES {
                let mut stage = Stage::new(width, height, look, views.clone());
                stage.keys("<enter><enter><enter>").keys(keys);
                stage.tell(Message::Tokens(tokens::rows()));
                let picture = stage.picture();
                let other = picture.lines().find(|line| !line.is_ascii());
                assert_eq!(other, None, "{keys} at {width}x{height}\n{picture}");
            }
        }
    }
}
