//! Pane 4: a token of the step, or one that was pasted.

mod draw;
mod token;

use std::hash::{DefaultHasher, Hash, Hasher};

pub use draw::{doc, doc_area, draw, layers};
pub use token::{TokenRef, tokens};

use crate::inspect::{Inspection, Whole, take_apart};
use crate::secret::Secret;
use crate::tui::doc::DocState;
use crate::tui::message::{Number, Problem};

/// Rules of a profile in one of its environments.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rules {
    /// `profile/client` or `profile/flow.step`.
    pub name: String,
    pub environment: String,
}

#[derive(Debug, Default)]
pub struct InspectorPane {
    pub doc: DocState,
    /// Stands before the run's tokens until it is dropped.
    pub pasted: Option<Secret>,
    /// The tokens in it, where it is more than one thing.
    pub whole: Option<Whole>,
    /// Whose rules it is held against.
    pub rules: Option<Rules>,
    /// Which of the step's tokens.
    pub index: usize,
    /// The question that is out, and what it is about.
    number: Number,
    asked: Option<u64>,
    pub answer: Option<Result<Box<Inspection>, Problem>>,
    /// What the rules say of the message that was pasted.
    pub message: Option<Box<Inspection>>,
}

impl InspectorPane {
    pub fn paste(&mut self, text: Secret) {
        self.whole = take_apart(text.expose());
        self.pasted = Some(text);
        self.index = 0;
    }

    pub fn drop_paste(&mut self) {
        (self.pasted, self.whole) = (None, None);
    }

    pub fn answered(
        &mut self,
        number: Number,
        result: Result<Box<Inspection>, Problem>,
        message: Option<Box<Inspection>>,
    ) {
        if number == self.number {
            self.answer = Some(result);
            self.message = message;
        }
    }

    /// Whether another text than before is shown, or under other rules: then it has to be asked about, under that number.
    pub fn is_news(&mut self, text: Option<&str>, number: Number) -> bool {
        let asked = text.map(|t| {
            let mut hasher = DefaultHasher::new();
            (t, &self.rules).hash(&mut hasher);
            hasher.finish()
        });
        if asked == self.asked {
            return false;
        }
        self.asked = asked;
        self.answer = None;
        self.message = None;
        self.number = number;
        self.doc = DocState::default();
        asked.is_some()
    }
}
