//! A text held against a bank's rules: the engine of a run does it, with the keys of this inspection.

use super::ring;
use super::{Inspection, KeyRing, sniff};
use crate::flow::lint::{Hand, Lint, Linted, Opened};
use crate::flow::view::CheckView;
use crate::jose::jwe::Admitted;
use crate::time::Timestamp;

/// Whose rules a text was held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldTo {
    /// `profile/client` or `profile/flow.step`.
    pub name: String,
    /// What was taken for granted, as `name = value`.
    pub assumed: Vec<String>,
}

impl HeldTo {
    /// Whether a line is of these rules.
    pub fn is_of(&self, check: &CheckView) -> bool {
        self.name.split_once('/').is_some_and(|(_, rules)| check.on == rules)
    }
}

impl Inspection {
    /// With the lines of these rules. Where both speak of one rule, the engine of runs has the word.
    #[must_use]
    pub fn held_to(mut self, name: &str, lint: &mut Lint, text: &str, keys: &KeyRing, now: Timestamp) -> Self {
        let open = |token: &Admitted| match keys.open(token) {
            ring::Opened::Content(content, key) => Some(Opened { content, reader: key.thumbprint }),
            ring::Opened::Wrong(_) | ring::Opened::NoKey => None,
        };
        let hand = Hand { keys: keys.others(), open: &open };
        let Linted { checks, assumed } = lint.look(&sniff::stripped(text), &hand, now);
        // `JWT-02o` is `JWT-02` of an opened token
        let base = |c: &CheckView| c.id.trim_end_matches(|c: char| c.is_ascii_lowercase()).to_owned();
        self.checks.retain(|own| !checks.iter().any(|c| base(c) == own.id));
        self.checks.extend(checks);
        self.held_to = Some(HeldTo { name: name.to_owned(), assumed });
        self
    }
}
