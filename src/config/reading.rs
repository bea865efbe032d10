//! What a file of the person says without effect: told with its line, never in the parser's way of printing the line.

use std::ops::Range;

use toml::de::DeTable;

/// Something in a file that has no effect, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    pub text: String,
    pub hint: String,
}

/// A file under way: collects complaints with their lines.
pub struct Reading<'t> {
    name: &'t str,
    text: &'t str,
    pub complaints: Vec<Complaint>,
}

impl<'t> Reading<'t> {
    /// `name` is the file's, for complaints.
    pub const fn new(name: &'t str, text: &'t str) -> Self {
        Self { name, text, complaints: Vec::new() }
    }

    /// The file as a table; None, and a complaint, where it is none.
    pub fn table(&mut self) -> Option<DeTable<'t>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table.into_inner()),
            // the parser's own words, not the line
            Err(e) => {
                let what = format!("this is no TOML: {}", crate::text::clean(e.message()));
                self.complain(e.span().as_ref(), what, "correct the line; until then nothing of the file is used");
                None
            }
        }
    }

    pub fn complain(&mut self, at: Option<&Range<usize>>, what: impl Into<String>, hint: impl Into<String>) {
        let before = at.and_then(|at| self.text.get(..at.start));
        let line = before.map_or_else(String::new, |b| format!(":{}", b.matches('\n').count() + 1));
        let text = format!("{}{line}: {}", self.name, what.into());
        self.complaints.push(Complaint { text, hint: hint.into() });
    }

    pub fn unknown(&mut self, at: &Range<usize>, what: &str, known: impl Into<String>) {
        let what = crate::text::clean(what);
        self.complain(Some(at), format!("`{what}` is not known and was left out"), known);
    }
}
