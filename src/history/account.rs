//! The events of a run, put together again: what a run was, step by step. Events may come from a file of anybody, so
//! every member may be missing or of another kind.

use serde_json::Value as Json;

use crate::redact::MASK;

/// A run that is over, or as far as it got.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The `run` event.
    pub run: Json,
    /// The `key` events.
    pub keys: Vec<Json>,
    pub parts: Vec<Part>,
    /// The last `done` event; none: the program ended first.
    pub done: Option<Json>,
    /// Lines that could not be read.
    pub lost: usize,
}

/// One step.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub id: String,
    pub title: String,
    pub state: String,
    pub attempt: u64,
    /// In the order in which they went out; those of earlier attempts too.
    pub exchanges: Vec<Exchange>,
    pub artefacts: Vec<Json>,
    /// The last verdict of each check.
    pub checks: Vec<Json>,
    pub outputs: Vec<Json>,
    pub notes: Vec<String>,
    pub granted: Option<Json>,
    pub error: Option<Json>,
    /// When it began and when it last moved.
    pub began: String,
    pub moved: String,
}

/// A request that was built, and its answer if one came.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    pub request: Json,
    pub response: Option<Json>,
    /// It went out; without an answer it may have been lost on the way.
    pub sent: bool,
    /// Why there is no answer.
    pub error: Option<Json>,
}

/// A member as text; empty where it is none.
pub(super) fn text<'j>(value: &'j Json, name: &str) -> &'j str {
    value.get(name).and_then(Json::as_str).unwrap_or_default()
}

impl Account {
    /// `lost`: lines that could not be read.
    pub fn new(events: &[Json], lost: usize) -> Self {
        let mut account = Self { lost, ..Self::default() };
        for event in events {
            account.take(event);
        }
        account
    }

    fn take(&mut self, event: &Json) {
        match text(event, "event") {
            "run" if self.run.is_null() => self.run = event.clone(),
            "key" => {
                self.keys.retain(|k| k["role"] != event["role"]);
                self.keys.push(event.clone());
            }
            "step" => {
                // it had ended, and a step was done again: that end is none
                self.done = None;
                self.state(event);
            }
            "artefact" => {
                let part = self.part(text(event, "step"));
                part.artefacts.retain(|a| a["name"] != event["name"]);
                part.artefacts.push(event.clone());
            }
            "request" => {
                let part = self.part(text(event, "step"));
                // one that was built again before it went out takes the place of the other
                part.exchanges.retain(|e| e.sent);
                part.exchanges.push(Exchange { request: event.clone(), ..Exchange::default() });
            }
            "response" => {
                let part = self.part(text(event, "step"));
                let response = Some(event.clone());
                match part.exchanges.last_mut() {
                    Some(last) if last.response.is_none() => (last.response, last.sent) = (response, true),
                    // asked once more with the same words
                    Some(last) => {
                        let request = last.request.clone();
                        part.exchanges.push(Exchange { request, response, sent: true, error: None });
                    }
                    None => part.exchanges.push(Exchange { response, sent: true, ..Exchange::default() }),
                }
            }
            "check" => {
                let part = match event["step"].as_str() {
                    Some(step) => self.part(step),
                    None => self.preflight(),
                };
                part.checks.retain(|c| c["id"] != event["id"] || c["on"] != event["on"]);
                part.checks.push(event.clone());
            }
            "output" => {
                let part = self.part(text(event, "step"));
                part.outputs.retain(|o| o["name"] != event["name"]);
                part.outputs.push(event.clone());
            }
            "granted" => self.part(text(event, "step")).granted = Some(event.clone()),
            "seen" => {
                let note = text(event, "note").to_owned();
                self.part(text(event, "step")).notes.push(note);
            }
            "done" => self.done = Some(event.clone()),
            _ => {}
        }
    }

    fn state(&mut self, event: &Json) {
        let at = text(event, "at").to_owned();
        let part = self.part(text(event, "id"));
        let attempt = event["attempt"].as_u64().unwrap_or(1);
        if part.attempt == 0 {
            part.attempt = attempt;
        } else if attempt > part.attempt {
            // what an earlier try showed is not what this one shows
            let exchanges = std::mem::take(&mut part.exchanges).into_iter().filter(|e| e.sent).collect();
            let (id, title) = (part.id.clone(), part.title.clone());
            *part = Part { id, title, attempt, exchanges, began: at.clone(), ..Part::default() };
        }
        text(event, "state").clone_into(&mut part.state);
        if !text(event, "title").is_empty() {
            text(event, "title").clone_into(&mut part.title);
        }
        if part.began.is_empty() {
            part.began.clone_from(&at);
        }
        part.moved = at;
        let error = event.get("error").filter(|e| !e.is_null()).cloned();
        let open = part.exchanges.last_mut().filter(|e| e.response.is_none());
        match (part.state.as_str(), open) {
            ("sent", Some(exchange)) => exchange.sent = true,
            ("failed" | "cancelled", Some(exchange)) if exchange.sent => exchange.error.clone_from(&error),
            _ => {}
        }
        part.error = error;
    }

    /// What was looked at before the first step.
    fn preflight(&mut self) -> &mut Part {
        let part = self.part("preflight");
        "before the first step".clone_into(&mut part.title);
        "done".clone_into(&mut part.state);
        part
    }

    fn part(&mut self, id: &str) -> &mut Part {
        let at = self.parts.iter().position(|p| p.id == id).unwrap_or_else(|| {
            self.parts.push(Part { id: id.to_owned(), ..Part::default() });
            self.parts.len() - 1
        });
        &mut self.parts[at]
    }

    /// `done`, `failed`, `cancelled`, `waiting`; `unfinished` where the program ended first.
    pub fn status(&self) -> &str {
        self.done.as_ref().map_or("unfinished", |done| text(done, "status"))
    }

    /// What ended it badly.
    pub fn error(&self) -> Option<&Json> {
        self.done.as_ref()?.get("error").filter(|e| e.is_object())
    }

    /// Every check, in the order of the steps.
    pub fn checks(&self) -> impl Iterator<Item = &Json> {
        self.parts.iter().flat_map(|p| &p.checks)
    }

    /// Checks that did not hold, the failed before the warnings.
    pub fn troubles(&self) -> Vec<&Json> {
        let of = |result: &'static str| self.checks().filter(move |c| text(c, "result") == result);
        of("fail").chain(of("warn")).collect()
    }

    /// Everything that went out, with the step that sent it.
    pub fn exchanges(&self) -> impl Iterator<Item = (&Part, &Exchange)> {
        self.parts.iter().flat_map(|p| p.exchanges.iter().filter(|e| e.sent).map(move |e| (p, e)))
    }

    /// What the bank's own log knows an exchange by: step, header, value.
    pub fn traces(&self) -> Vec<(&str, &str, &str)> {
        const NAMES: [&str; 5] = ["trace", "request-id", "correlation", "interaction-id", "x-amz-cf-id"];
        let known = |name: &str| {
            let name = name.to_ascii_lowercase();
            NAMES.iter().any(|part| name.contains(part))
        };
        let mut out = Vec::new();
        for (part, exchange) in self.exchanges() {
            let both = exchange.response.iter().chain([&exchange.request]);
            for (name, value) in both.flat_map(pairs).filter(|(name, _)| known(name)) {
                if !out.contains(&(part.id.as_str(), name, value)) {
                    out.push((part.id.as_str(), name, value));
                }
            }
        }
        out
    }
}

impl Exchange {
    /// `200`; where nothing came, the error's id.
    pub fn answer(&self) -> String {
        let status = self.response.as_ref().and_then(|r| r["status"].as_u64()).map(|s| s.to_string());
        status.or_else(|| Some(text(self.error.as_ref()?, "id").to_owned())).unwrap_or_else(|| "no answer".to_owned())
    }

    /// Milliseconds, where they were taken.
    pub fn ms(&self) -> Option<u64> {
        self.response.as_ref()?["ms"].as_u64()
    }
}

/// Headers of a request or a response.
pub(super) fn pairs(event: &Json) -> impl Iterator<Item = (&str, &str)> {
    let headers = event.get("headers").and_then(Json::as_array).into_iter().flatten();
    headers.filter_map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
}

/// The glyph of a run's or a step's state.
pub fn status_sign(state: &str) -> &'static str {
    match state {
        "done" => "✓",
        "failed" | "blocked" => "✗",
        "skipped" => "-",
        "cancelled" => "x",
        _ => "…",
    }
}

/// How many values of a text were masked.
pub fn masked_values(text: &str) -> usize {
    text.matches(MASK).count()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_that_goes_on_after_a_failure_has_not_failed() {
        let mut events = vec![
            json!({"event": "check", "step": null, "id": "PRE-01", "on": "preflight", "result": "pass"}),
            json!({"event": "step", "id": "token", "state": "failed", "attempt": 1, "error": {"id": "invalid_client"}}),
            json!({"event": "done", "status": "failed", "error": {"id": "invalid_client"}}),
        ];
        let failed = Account::new(&events, 0);
        assert_eq!((failed.status(), failed.error().map(|e| text(e, "id"))), ("failed", Some("invalid_client")));
        let parts: Vec<_> = failed.parts.iter().map(|p| (p.id.as_str(), p.state.as_str())).collect();
        assert_eq!(parts, [("preflight", "done"), ("token", "failed")]);
        events.push(json!({"event": "step", "id": "token", "state": "done", "attempt": 2}));
        let again = Account::new(&events, 0);
        assert_eq!((again.status(), again.error()), ("unfinished", None));
    }
}
