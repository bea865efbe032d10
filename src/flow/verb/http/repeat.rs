//! The same question again until there is an answer: polling, by the server's interval (RFC 8628 §3.5, CIBA §11).

use std::time::Duration;

use serde_json::Value as Json;

use crate::flow::effect::Effect;
use crate::flow::run::{Pending, Run};
use crate::flow::template::{EvalError, Scope, Tree};
use crate::flow::view::{Countdown, ErrorSource, StepError, StepState};
use crate::profile::model::{Http, Repeat};
use crate::time::Timestamp;

/// Where the server says nothing, seconds (RFC 8628 §3.2).
const EVERY: i64 = 5;
/// Added for good by each `slow_down` (RFC 8628 §3.5), seconds.
const SLOWER: i64 = 5;
/// How long anybody asks where the profile does not say, seconds.
const LIMIT: i64 = 600;
/// And at most, whatever the server says.
const LONGEST: i64 = 86_400;

/// How often a step was asked already.
pub(in crate::flow) struct Polling {
    since: Timestamp,
    /// What `slow_down` added to the interval, seconds.
    slower: i64,
}

impl Run {
    /// Waits before the next question; None: this answer is the last.
    pub(super) fn ask_again(&mut self, http: &Http, scope: &Scope, now: Timestamp) -> Option<Vec<Effect>> {
        let repeat = http.repeat.as_ref()?;
        match self.pause(repeat, scope, now) {
            Ok(None) => None,
            Ok(Some(Pause::Over(limit))) => Some(self.fail(nobody_answered(limit), now)),
            Ok(Some(Pause::For(pause))) => {
                let step = self.current().path;
                self.step().state = StepState::Sent;
                let ends_at = now.plus_seconds(i64::try_from(pause.as_secs()).unwrap_or(i64::MAX));
                let name = "next question".to_owned();
                self.view.countdowns.retain(|c| c.name != name);
                self.view.countdowns.push(Countdown { name, step, started_at: now, ends_at });
                let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
                Some(self.busy(Pending::Pause, |op| Effect::Wait { op, millis }))
            }
            Err(e) => Some(self.fail_eval(&e, now)),
        }
    }

    fn pause(&mut self, repeat: &Repeat, scope: &Scope, now: Timestamp) -> Result<Option<Pause>, EvalError> {
        if !repeat.again.holds(scope)? {
            return Ok(None);
        }
        let slow_down = repeat.slower.as_ref().map_or(Ok(false), |e| e.holds(scope))?;
        let limit = seconds(repeat.limit.as_ref(), scope)?.unwrap_or(LIMIT).clamp(1, LONGEST);
        let every = seconds(Some(&repeat.every), scope)?.unwrap_or(EVERY);
        let polling = self.polling.get_or_insert(Polling { since: now, slower: 0 });
        if slow_down {
            polling.slower += SLOWER;
        }
        let every = every.clamp(1, LONGEST) + polling.slower;
        // a question after the end would be for nothing
        if polling.since.plus_seconds(limit) <= now.plus_seconds(every) {
            return Ok(Some(Pause::Over(limit)));
        }
        Ok(Some(Pause::For(Duration::from_secs(every.unsigned_abs()))))
    }

    /// The pause is over.
    pub(in crate::flow) fn paused(&mut self, now: Timestamp) -> Vec<Effect> {
        self.view.countdowns.retain(|c| c.name != "next question");
        let step = self.current();
        let crate::profile::model::Verb::Http(http) = &step.verb else { return Vec::new() };
        let scope = self.state.scope(step.frame, now);
        self.begin_request(http, &scope, true, now)
    }
}

enum Pause {
    For(Duration),
    /// The limit comes first, seconds.
    Over(i64),
}

/// None where the server says nothing, or something that is no number.
fn seconds(tree: Option<&Tree>, scope: &Scope) -> Result<Option<i64>, EvalError> {
    let value = tree.map(|t| t.eval(scope)).transpose()?.flatten();
    Ok(value.as_ref().and_then(Json::as_i64))
}

fn nobody_answered(limit: i64) -> StepError {
    StepError {
        id: "answer.never".to_owned(),
        text: format!("there was no answer in the {limit} s that the server gave"),
        likely: Some("the person did not answer, or answered elsewhere".to_owned()),
        hint: Some("start again, and have the person answer in time".to_owned()),
        checks: Vec::new(),
        source: ErrorSource::Bank,
    }
}
