//! What came back: turned into outputs, or into an error that says what to do next.

use serde_json::{Map, Value as Json, json};

use super::event::OpError;
use super::exchange::{Completeness, Response};
use super::run::Run;
use super::template::Scope;
use super::view::{ErrorSource, Level, Outcome, StepError};
use crate::jose;
use crate::profile::model::{ErrorHint, Step};

/// Larger bodies are shown, but not read as JSON.
const LARGEST_JSON: usize = 4 << 20;

/// An answer as rules and later steps read it.
pub(super) struct Answer {
    pub status: u16,
    pub headers: Json,
    pub json: Json,
    pub text: String,
    /// The OAuth error code, where the body has one, that of a Berlin Group bank's first message, or a gateway's.
    pub error: Option<String>,
}

impl Answer {
    pub fn of(response: &Response) -> Self {
        let mut headers = Map::new();
        for (name, value) in &response.headers {
            let name = name.to_ascii_lowercase();
            match headers.get_mut(&name) {
                Some(Json::String(all)) => {
                    all.push_str(", ");
                    all.push_str(value);
                }
                _ => {
                    headers.insert(name, Json::String(value.clone()));
                }
            }
        }
        let json = if response.body.len() <= LARGEST_JSON {
            // a reader may pass over a byte order mark (RFC 8259 §8.1)
            let text = response.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&response.body);
            jose::json::parse(text).unwrap_or(Json::Null)
        } else {
            Json::Null
        };
        let code = json.get("error").or_else(|| json.pointer("/tppMessages/0/code")).or_else(|| json.get("code"));
        let code = code.filter(|_| response.status >= 400 || json.get("error").is_some());
        let error = code.and_then(Json::as_str).filter(|e| is_code(e)).map(str::to_owned);
        let text = if response.body.len() <= LARGEST_JSON {
            String::from_utf8_lossy(&response.body).into_owned()
        } else {
            String::new()
        };
        Self { status: response.status, headers: Json::Object(headers), json, text, error }
    }

    /// `skew`: the bank's clock minus ours, where the answer has a `Date`.
    pub fn value(&self, received_at: i64, skew: Option<i64>) -> Json {
        json!({ "skew": skew, "status": self.status, "headers": self.headers, "json": self.json, "text": self.text, "received_at": received_at })
    }

    /// Whether the step takes this for an answer: any 2xx, or what `expect` lists.
    pub fn expected(&self, expect: &[Json]) -> bool {
        if expect.is_empty() {
            return (200..300).contains(&self.status);
        }
        expect.iter().any(|e| match e {
            Json::Number(n) => n.as_u64() == Some(u64::from(self.status)),
            Json::String(code) => self.error.as_deref() == Some(code),
            _ => false,
        })
    }
}

/// RFC 6749 §5.2: printable ASCII without `"` and `\`.
pub(super) fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= 100 && text.bytes().all(|b| matches!(b, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e))
}

impl Run {
    /// Why the answer is no good to this step; `before`: the checks that had failed when it was sent.
    pub(super) fn refusal(
        &self,
        step: &Step,
        answer: &Answer,
        response: &Response,
        scope: &Scope,
        before: Vec<String>,
    ) -> StepError {
        if response.completeness != Completeness::Whole {
            let (id, text) = match response.completeness {
                Completeness::OverLimit => {
                    ("net.too-large", "the answer is larger than the limit; its first part is shown")
                }
                _ => ("net.incomplete", "the answer broke off before its end; what came is shown"),
            };
            return StepError {
                id: id.to_owned(),
                text: text.to_owned(),
                likely: None,
                hint: Some("try again; if it stays so, the fault is the bank's or a proxy's".to_owned()),
                checks: Vec::new(),
                source: ErrorSource::Network,
            };
        }
        if let Some(error) = front(answer) {
            return self.with_advice(error, step, answer, scope, before);
        }
        let description = answer.json.get("error_description").or_else(|| answer.json.pointer("/tppMessages/0/text"));
        let description = description.or_else(|| answer.json.get("description"));
        let description = description.and_then(Json::as_str).unwrap_or_default();
        let id = answer.error.clone().unwrap_or_else(|| format!("http.{}", answer.status));
        let mut text = match &answer.error {
            Some(code) => format!("the bank answered {} {code}", answer.status),
            None => format!("the bank answered {} {}", answer.status, response.reason),
        };
        if !description.is_empty() {
            text.push_str(": ");
            text.extend(description.chars().take(500));
        } else if answer.error.is_none() && answer.json.is_null() && !answer.text.is_empty() {
            text.push_str(match answer.text.trim_start().as_bytes() {
                [b'<', b'!' | b'h' | b'H', ..] => {
                    " (an HTML page, no JSON: a gateway may have answered instead of the bank)"
                }
                [b'<', ..] => " (XML, no JSON: a gateway may have answered instead of the bank)",
                _ => " (no JSON)",
            });
        }
        let text = self.state.redactor.mask_text(&text);
        let text = crate::text::clean(&text).into_owned();
        let error = StepError { id, text, likely: None, hint: None, checks: Vec::new(), source: ErrorSource::Bank };
        self.with_advice(error, step, answer, scope, before)
    }

    /// The checks of the current step that failed so far.
    pub(super) fn failed_checks(&self) -> Vec<String> {
        let checks = self.view.steps[self.view.current].checks.iter();
        checks.filter(|c| c.outcome == Outcome::Fail).map(|c| c.id.clone()).collect()
    }

    /// What is likely and what to do: the profile's own hints, then the core's.
    pub(super) fn with_advice(
        &self,
        mut error: StepError,
        step: &Step,
        answer: &Answer,
        scope: &Scope,
        before: Vec<String>,
    ) -> StepError {
        let own = self.state.profile.errors.iter().find(|h| speaks_of(h, step, answer, scope));
        let core = self.core.error(&error.id);
        let by_status = self.core.errors.iter().find(|h| h.code.is_none() && h.status == Some(answer.status));
        for hint in [own, core, by_status].into_iter().flatten() {
            error.likely = error.likely.or_else(|| hint.likely.clone());
            error.hint = error.hint.or_else(|| hint.remedy.clone());
            if error.checks.is_empty() {
                error.checks.clone_from(&hint.checks);
            }
        }
        let traces = self.state.profile.errors.iter().filter_map(|h| h.trace.as_deref());
        if let Some(trace) = traces.into_iter().find_map(|t| lifted(t, &answer.text)) {
            error.text = format!("{} (trace id {trace})", error.text);
        }
        if !before.is_empty() {
            error.likely = Some(format!("failed here before it was sent: {}", before.join(", ")));
            error.checks = before;
        }
        error
    }

    /// A `must` that the answer breaks, unless a person sent it anyway.
    pub(super) fn broken_must(&self) -> Option<StepError> {
        let step = &self.view.steps[self.view.current];
        let broken: Vec<_> =
            step.checks.iter().filter(|c| c.level == Level::Must && c.outcome == Outcome::Fail).collect();
        let failed = broken.first().filter(|_| !step.outputs.iter().any(|o| o.name == "sent anyway"))?;
        Some(StepError {
            id: "check.failed".into(),
            text: format!("{}: {} ({})", failed.id, failed.say, failed.found),
            likely: None,
            hint: Some("the answer came, but a rule that must hold does not: read the check and its clause".into()),
            checks: broken.iter().map(|c| c.id.clone()).collect(),
            source: ErrorSource::Bank,
        })
    }

    /// Whether the profile says that such an answer ends the life of the token that was shown.
    pub(super) fn is_revoked(&self, step: &Step, answer: &Answer, scope: &Scope) -> bool {
        self.state.profile.errors.iter().find(|h| speaks_of(h, step, answer, scope)).is_some_and(|h| h.revoked)
    }

    /// An effect's failure in a person's words.
    pub(super) fn explain(&self, error: &OpError) -> StepError {
        let (id, text, hint, source) = match error {
            OpError::Net(e) if e.key => (e.id.to_owned(), e.text.clone(), e.hint.clone(), ErrorSource::Key),
            OpError::Net(e) => (e.id.to_owned(), e.text.clone(), e.hint.clone(), ErrorSource::Network),
            OpError::Key { id, text, hint } => (id.clone(), text.clone(), hint.clone(), ErrorSource::Key),
            OpError::Store { text, hint } => {
                ("store.failed".to_owned(), text.clone(), hint.clone(), ErrorSource::Profile)
            }
            OpError::Refused { text, hint } => {
                ("ask.refused".to_owned(), text.clone(), hint.clone(), ErrorSource::Bank)
            }
            OpError::Callback { id, text, hint } => ((*id).to_owned(), text.clone(), hint.clone(), ErrorSource::Person),
            OpError::Person(text) => ("person.needed".to_owned(), text.clone(), String::new(), ErrorSource::Person),
        };
        let known = self.core.error(&id);
        let likely = known.and_then(|k| k.likely.clone());
        let checks = known.map(|k| k.checks.clone()).unwrap_or_default();
        let mut hint = Some(hint).filter(|h| !h.is_empty());
        if let OpError::Net(e) = error
            && e.sent
            && let Some(unknown) = &self.state.flow.steps[self.view.current].unknown
        {
            hint = Some(format!("the outcome is unknown: {unknown}"));
        }
        StepError { id, text: crate::text::clean(&text).into_owned(), likely, hint, checks, source }
    }
}

/// A TLS front that let the handshake end and says by a page of its own what it does not like about the client
/// certificate (nginx, ssl_verify_client).
fn front(answer: &Answer) -> Option<StepError> {
    let (id, text) = match &answer.text {
        page if answer.status != 400 || page.len() > 4096 => return None,
        page if page.contains("No required SSL certificate was sent") => {
            ("tls.client-certificate.required", "the server's front demands a client certificate and got none")
        }
        page if page.contains("The SSL certificate error") => {
            ("tls.client-certificate.rejected", "the server's front refused our client certificate")
        }
        _ => return None,
    };
    let text = text.to_owned();
    let source = ErrorSource::Network;
    Some(StepError { id: id.to_owned(), text, likely: None, hint: None, checks: Vec::new(), source })
}

fn speaks_of(hint: &ErrorHint, step: &Step, answer: &Answer, scope: &Scope) -> bool {
    let place = hint.place.as_ref().is_none_or(|p| *p == step.id || step.addresses.contains(p));
    let code = hint.code.as_ref().is_none_or(|c| answer.error.as_ref() == Some(c));
    let status = hint.status.is_none_or(|s| s == answer.status);
    let text = hint.text.as_ref().is_none_or(|t| answer.text.contains(t.as_str()));
    // one that reads what is not there does not apply
    let when = || hint.when.as_ref().is_none_or(|w| w.holds(scope).unwrap_or(false));
    place && code && status && text && when()
}

fn lifted(pattern: &str, text: &str) -> Option<String> {
    let regex = regex_lite::Regex::new(pattern).ok()?;
    let found = regex.captures(text)?;
    let id = found.get(1).or_else(|| found.get(0))?.as_str();
    Some(id.chars().filter(|c| !c.is_control()).take(80).collect())
}
