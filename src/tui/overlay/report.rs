//! A text that was made and is to be taken along: shown whole, copied, or written to a file.

use crate::tui::doc::DocState;

#[derive(Clone, Debug)]
pub struct Report {
    pub title: String,
    /// What it is, in a word or two.
    pub what: &'static str,
    pub text: String,
    /// What it is called as a file, where it is one to be written.
    pub name: Option<String>,
    pub doc: DocState,
}

impl Report {
    pub fn new(title: impl Into<String>, what: &'static str, text: String, name: Option<String>) -> Self {
        Self { title: title.into(), what, text, name, doc: DocState::default() }
    }
}
