//! The people of a world: a bank's staff who answer a contact form, later the end user who signs in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::bank::{Answer, Embedded};
use super::event;

/// Answers the steps of a flow at which a person has to act. Outlives the world's servers.
#[derive(Clone)]
pub struct People(Vec<Arc<dyn Embedded>>);

impl People {
    pub(super) fn new(banks: &[Arc<dyn Embedded>]) -> Self {
        Self(banks.to_vec())
    }

    /// What the people of `bank` answer at `step` to what they are shown: the values asked for, or a refusal in the
    /// bank's words. None: nobody plays that step.
    pub async fn answer(&self, bank: &str, step: &str, show: &BTreeMap<String, String>) -> Option<Answer> {
        self.0.iter().find(|b| b.id() == bank)?.answer(step, show).await
    }

    /// The bank sends an event to that client at `at`, an address of this machine that `url` stands for. None: that bank
    /// sends none. An error: it was not taken.
    pub async fn post(&self, bank: &str, client_id: &str, at: &str, url: &str) -> Option<Result<(), String>> {
        let token = self.0.iter().find(|b| b.id() == bank)?.event(client_id)?;
        Some(match token {
            Ok(token) => event::post(at, url, &token).await,
            Err(e) => Err(e.to_string()),
        })
    }

    /// The end user of `bank` follows `url` and signs in: the address that their browser ends on at `redirect_uri`, or the
    /// body of the form that it posts there. None: that bank has no end users.
    pub async fn authorize(&self, bank: &str, url: &str, redirect_uri: &str) -> Option<Result<String, String>> {
        self.0.iter().find(|b| b.id() == bank)?.authorize(url, redirect_uri).await
    }
}
