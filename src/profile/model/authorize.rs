//! What a step says that sends a person to the bank.

use crate::flow::template::{Expr, Text, Tree};

#[derive(Clone, Debug)]
pub struct Authorize {
    pub url: Text,
    pub query: Tree,
    pub redirect_uri: Text,
    pub state: Text,
    pub iss: Option<Text>,
    pub response_mode: Option<Text>,
    pub lives: Option<Tree>,
}

impl Authorize {
    pub fn texts(&self) -> impl Iterator<Item = &Text> {
        [&self.url, &self.redirect_uri, &self.state].into_iter().chain(&self.iss).chain(&self.response_mode)
    }

    /// What it reads before the answer is there.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.texts().flat_map(Text::exprs).chain(self.query.exprs())
    }
}
