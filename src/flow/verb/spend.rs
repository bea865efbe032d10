//! `http` with `spend`: a request that uses up a kept refresh token. Its successor is on disk before the run hears of it.

use serde_json::Value as Json;

use crate::flow::custody::{Policy, Spending, Spent};
use crate::flow::effect::Effect;
use crate::flow::run::{Outputs, Ready, Run, Sent};
use crate::flow::template::{EvalError, Scope, from_json};
use crate::flow::view::{Countdown, Field};
use crate::profile::model::{Http, Spend, TakeFrom, Verb};
use crate::secret::{Class, Secret};
use crate::time::Timestamp;

impl Run {
    /// What the request that is ready uses up.
    pub(super) fn spending(&self, spend: &Spend, ready: &Ready, scope: &Scope) -> Result<Spending, EvalError> {
        let sent = ready.built.value.pointer("/form/refresh_token").and_then(Json::as_str);
        let token = sent.ok_or_else(|| EvalError::Missing(format!("tokens.{}.refresh_token", spend.tokens)))?;
        let word = spend.policy.eval_text(scope)?.unwrap_or_default();
        let policy = Policy::parse(&word).ok_or_else(|| {
            let known = Policy::ALL.map(Policy::word).join(", ");
            EvalError::Wrong(format!("the policy of refresh tokens is one of {known}"))
        })?;
        let doubt_known = self.state.token(&spend.tokens, "doubt_since").is_some();
        Ok(Spending { set: spend.tokens.clone(), token: Secret::new(token), policy, doubt_known })
    }

    pub(in crate::flow) fn spent(&mut self, sent: Sent, spent: Spent, now: Timestamp) -> Vec<Effect> {
        let Verb::Http(http) = &self.current().verb else { return Vec::new() };
        if let Some(spend) = &http.spend {
            self.state.save_tokens(&spend.tokens, spent.tokens.clone());
        }
        if let Some(told) = spent.told {
            self.step().outputs.push(Field { name: "kept".into(), value: told, class: Class::Public });
        }
        match spent.exchange {
            Some(exchange) => self.exchanged(sent, exchange, now),
            None => self.got_elsewhere(http, &spent.tokens, now),
        }
    }

    /// Another spender has exchanged the refresh token: what it got is as good as an answer.
    fn got_elsewhere(&mut self, http: &Http, tokens: &Json, now: Timestamp) -> Vec<Effect> {
        let fixed = ["status", "headers", "text", "error", "received_at", "request"];
        let mut outputs: Outputs = fixed.into_iter().map(|name| (name.to_owned(), ().into())).collect();
        outputs.insert("json".into(), from_json(tokens));
        let path = self.current().path;
        for take in &http.take {
            let found = match &take.from {
                TakeFrom::Json(pointer) => tokens.pointer(pointer).filter(|v| !v.is_null()),
                TakeFrom::Header(_) => None,
            };
            if let Some(text) = found.and_then(Json::as_str) {
                self.step().outputs.push(Field { name: take.name.clone(), value: text.to_owned(), class: take.class });
            }
            if let Some(ends) = tokens.get("expires_at").and_then(Json::as_i64).filter(|_| take.lives.is_some()) {
                self.view.countdowns.retain(|c| c.name != take.name);
                let (name, step) = (take.name.clone(), path.clone());
                let ends_at = Timestamp::from_seconds(ends);
                self.view.countdowns.push(Countdown { name, step, started_at: now, ends_at });
            }
            outputs.insert(take.name.clone(), found.map_or(().into(), from_json));
        }
        self.finish(outputs, now)
    }
}
