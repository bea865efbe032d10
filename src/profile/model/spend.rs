//! A request that uses up a kept refresh token.

use super::{Flow, Step, Verb};
use crate::flow::template::Text;

/// The request uses up the refresh token of that set.
#[derive(Clone, Debug)]
pub struct Spend {
    pub tokens: String,
    /// [`crate::flow::custody::Policy`], by its word.
    pub policy: Text,
}

impl Flow {
    fn spends(&self) -> impl Iterator<Item = (&Step, &str)> {
        self.steps.iter().filter_map(|step| match &step.verb {
            Verb::Http(http) => Some((step, http.spend.as_ref()?.tokens.as_str())),
            _ => None,
        })
    }

    /// The token sets whose refresh token it uses up.
    pub fn refreshes(&self) -> Vec<String> {
        self.spends().map(|(_, set)| set.to_owned()).collect()
    }

    /// The step that uses up the refresh token of that set.
    pub fn spender(&self, set: &str) -> Option<&str> {
        self.spends().find(|(_, of)| *of == set).map(|(step, _)| step.path.as_str())
    }
}
