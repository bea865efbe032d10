//! Keeps what a flow found: in memory, in the saved profile, sealed.

use serde_json::Value as Json;

use super::{Inner, key_error};
use crate::flow::effect::Saving;
use crate::flow::event::OpError;
use crate::profile::model::InputKind;
use crate::store::tokens::Kept;
use crate::store::{StoreError, drop_values, keep_document, save_pins, save_values};

impl Inner {
    /// What a person has to know of the keeping.
    pub(super) async fn save(&self, what: Saving) -> Result<Vec<String>, OpError> {
        let now = self.clock.now();
        let whose = self.whose();
        for (jti, until) in &what.jti {
            self.memory.use_jti(&whose, jti, *until);
        }
        for forget in &what.forget {
            self.memory.forget(&whose, forget);
            self.tokens.forget(&whose, forget).await.map_err(key_error)?;
        }
        let failed = |e: StoreError| OpError::Store { text: e.text, hint: e.hint };
        self.write_down(&what, &whose, now).map_err(failed)?;
        let mut told = Vec::new();
        for (set, members) in what.tokens {
            let Json::Object(members) = members else { continue };
            match self.tokens.keep(&whose, &set, members, now).await.map_err(key_error)? {
                Kept::Sealed | Kept::InMemory(None) => {}
                Kept::InMemory(Some(why)) => told.push(why),
            }
        }
        if let Some(metadata) = what.metadata {
            self.keep_metadata(&whose, metadata, now).map_err(failed)?;
        }
        for (name, pin) in &what.pins {
            self.memory.keep_pin(&whose, name, pin.clone());
        }
        for (name, value) in &what.values {
            self.memory.keep_value(&whose, name, value.clone());
        }
        let worth_saving = self.own && self.environment.sandbox.is_none();
        let gone: Vec<&str> = what.forget.iter().filter_map(|f| f.strip_prefix("inputs.")).collect();
        if worth_saving && !gone.is_empty() {
            drop_values(&self.places, &self.profile.id, &gone).map_err(failed)?;
        }
        let kept = what.values.into_iter().filter(|(n, _)| self.profile.input(n).is_some_and(|i| i.save));
        let (documents, saved): (Vec<_>, Vec<_>) =
            kept.partition(|(n, _)| self.profile.input(n).is_some_and(|i| i.kind == InputKind::Document));
        if worth_saving && !saved.is_empty() {
            save_values(&self.places, &self.profile.id, &saved).map_err(failed)?;
        }
        for (name, text) in documents.iter().filter(|_| worth_saving).filter_map(|(n, v)| Some((n, v.as_str()?))) {
            keep_document(&self.places, &self.profile.id, name, text).map_err(failed)?;
        }
        if worth_saving && !what.pins.is_empty() {
            save_pins(&self.places, &self.profile.id, &what.pins)
                .map_err(|e| OpError::Store { text: e.text, hint: e.hint })?;
        }
        Ok(told)
    }
}
