//! Which rules speak of a message that was taken apart, and which of each token in it.

use super::rules::RuleOrder;
use super::session::{Problem, Session};
use crate::flow::lint::Takes;
use crate::inspect::{Inspection, KeyRing, Whole};
use crate::secret::Secret;

/// The rules that were asked for, as they fall on a whole.
pub struct Apart {
    /// What they say of the message itself, where they are for one.
    pub message: Option<Inspection>,
    /// Those for each part, in its order.
    pub parts: Vec<Option<RuleOrder>>,
}

impl Session {
    /// The rules are for the message itself, with those of the client for the assertion and the proof in it; or for the one
    /// token that is called as they say, else for every token.
    ///
    /// # Errors
    /// As [`Session::rules`].
    pub async fn fall_on(&self, mut order: RuleOrder, whole: &Whole) -> Result<Apart, Problem> {
        for (name, value) in [("request", &whole.request), ("response", &whole.response)] {
            if let Some(value) = value {
                order.given.entry(name.to_owned()).or_insert_with(|| Secret::new(value.to_string()));
            }
        }
        let mut ruled = self.rules(order.clone()).await?;
        let message = (ruled.lint.rules().takes == Takes::Message).then(|| {
            let now = self.clock.now();
            Inspection::message().held_to(&ruled.name, &mut ruled.lint, "", &KeyRing::new(), now)
        });
        let (profile, wanted) = match order.rules.split_once('/') {
            Some((profile, "client")) => (profile, "client_assertion"),
            Some((profile, rules)) => (profile, rules.rsplit('.').next().unwrap_or_default()),
            None => ("", ""),
        };
        let named = whole.parts.iter().any(|p| p.name == wanted);
        let mut parts = Vec::new();
        for part in &whole.parts {
            let rules = match (&message, part.name.as_str()) {
                (None, name) if named => (name == wanted).then(|| order.rules.clone()),
                (None, _) => Some(order.rules.clone()).filter(|_| part.text.expose().starts_with("ey")),
                (Some(_), "client_assertion") => Some(format!("{profile}/client")),
                (Some(_), "dpop") => Some(format!("{profile}/dpop")),
                (Some(_), _) => None,
            };
            let own = rules.map(|rules| RuleOrder { rules, ..order.clone() });
            parts.push(match own {
                // a profile need not have rules for proofs
                Some(own) if message.is_some() && self.rules(own.clone()).await.is_err() => None,
                own => own,
            });
        }
        Ok(Apart { message, parts })
    }
}
