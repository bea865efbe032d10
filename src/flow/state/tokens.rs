//! Token sets, of earlier runs and of this one.

use serde_json::{Value as Json, json};

use super::State;
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};

impl State {
    pub fn save_tokens(&mut self, set: &str, members: Json) {
        hide(&mut self.redactor, &members);
        if let Some(all) = self.tokens.as_object_mut() {
            all.insert(set.to_owned(), members);
        }
    }

    pub fn token(&self, set: &str, member: &str) -> Option<&Json> {
        self.tokens.get(set)?.get(member).filter(|v| !v.is_null())
    }

    pub(super) fn is_dead(&self, token: &Json) -> bool {
        token.as_str().is_some_and(|text| self.dead.contains(text))
    }

    /// `tokens` or `tokens.SET`.
    pub fn forget_tokens(&mut self, what: &str) {
        match (what.strip_prefix("tokens."), self.tokens.as_object_mut()) {
            (Some(set), Some(all)) => {
                all.remove(set);
            }
            (None, _) if what == "tokens" => self.tokens = json!({}),
            _ => {}
        }
    }
}

/// What is secret of a token set is masked from now on.
pub(super) fn hide(redactor: &mut Redactor, set: &Json) {
    for (name, value) in set.as_object().into_iter().flatten() {
        if let Some(text) = value.as_str() {
            let class = if name == "predecessor" { Class::Secret } else { class_of_name(name) };
            redactor.register(text, class);
        }
    }
}
