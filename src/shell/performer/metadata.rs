//! What a bank said of itself: kept for the session, and on disk for later starts. An embedded bank ends with the program.

use serde_json::Value as Json;

use super::Inner;
use crate::store::{StoreError, Whose, keep_metadata, read_metadata};
use crate::time::Timestamp;

/// How long it is good where the profile does not say, seconds.
const LIFE: i64 = 86_400;

impl Inner {
    pub(super) fn metadata(&self, whose: &Whose, now: Timestamp) -> Option<Json> {
        let life = self.profile.lifetimes.iter().find(|(n, _)| n == "metadata");
        let seconds = life.and_then(|(_, t)| t.eval(&crate::flow::template::Scope::default()).ok().flatten());
        let seconds = seconds.and_then(|v| v.as_i64()).unwrap_or(LIFE);
        let (profile, environment) = (&self.profile.id, &self.environment.name);
        self.memory.metadata(whose, seconds, now).or_else(|| match self.environment.sandbox {
            Some(_) => None,
            None => read_metadata(&self.places, profile, environment, seconds, now),
        })
    }

    pub(super) fn keep_metadata(&self, whose: &Whose, metadata: Json, now: Timestamp) -> Result<(), StoreError> {
        if self.environment.sandbox.is_none() {
            keep_metadata(&self.places, &self.profile.id, &self.environment.name, &metadata, now)?;
        }
        self.memory.keep_metadata(whose, metadata, now);
        Ok(())
    }
}
