//! A text that was made and is to be taken along: shown whole, copied, or written to a file.

use crate::shell::{Again, Beside, Incoming};
use crate::tui::doc::DocState;

#[derive(Clone, Debug)]
pub struct Report {
    pub title: String,
    /// What it is, in a word or two.
    pub what: &'static str,
    pub text: String,
    /// What it is written as, where it is to be written.
    pub save: Option<Save>,
    /// It tells what that would do: `y` does it.
    pub weighed: Option<Weighed>,
    /// Columns of its text, where there is room.
    pub wide: u16,
    pub doc: DocState,
}

/// What somebody else wrote, and is taken only after a look at it.
#[derive(Clone, Debug)]
pub enum Weighed {
    /// A profile's file is taken over.
    Profile(Box<Incoming>),
    /// A run is begun with its inputs.
    Run(Box<Again>),
}

/// A file's name without its ending, and which kind of file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Save {
    Request(String),
    /// The report of that run, in a form that is chosen.
    Report {
        name: String,
        run: Beside,
    },
    Profile(String),
}

impl Report {
    /// Columns of a text that people wrote.
    pub const PROSE: u16 = 66;

    pub fn new(title: impl Into<String>, what: &'static str, text: String, save: Option<Save>) -> Self {
        Self { title: title.into(), what, text, save, weighed: None, wide: Self::PROSE, doc: DocState::default() }
    }
}
