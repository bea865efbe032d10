//! What a step says that waits for what somebody else sends.

use super::{Open, Verb};
use crate::flow::template::{Expr, Text, Tree};

#[derive(Clone, Debug)]
pub struct Listen {
    pub url: Text,
    pub at: Option<Text>,
    /// Seconds.
    pub wait: Option<Tree>,
    pub bearer: Option<Text>,
    pub open: Option<Open>,
    /// Status for what is right.
    pub answer: u16,
}

impl Listen {
    /// What it reads before anything came.
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        [&self.url].into_iter().chain(&self.at).chain(&self.bearer)
    }

    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let opened =
            self.open.iter().flat_map(|o| o.texts().flat_map(Text::exprs).chain(o.trees().flat_map(Tree::exprs)));
        self.texts().flat_map(Text::exprs).chain(self.wait.iter().flat_map(Tree::exprs)).chain(opened)
    }
}

impl Verb {
    /// What it opens, of itself or of what came.
    pub const fn opens(&self) -> Option<&Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Listen(listen) => listen.open.as_ref(),
            _ => None,
        }
    }
}
