//! `http`: one request and its answer. Leaves `status headers json text error received_at request`, and what `take` names.

mod assertion;
mod proof;
mod repeat;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::flow::answer::Answer;
use crate::flow::check::{When, blocks, phase};
use crate::flow::core::Artefact as On;
use crate::flow::effect::{Effect, Saving};
use crate::flow::exchange::{Completeness, Exchange};
use crate::flow::granted::granted;
use crate::flow::personal::collect;
use crate::flow::request::{Body, Built, Draft};
use crate::flow::run::{Held, Outputs, Pending, Ready, Run, Sent};
use crate::flow::sign::Signed;
use crate::flow::template::{EvalError, Scope, from_json};
use crate::flow::torn::torn;
use crate::flow::view::{Countdown, ErrorSource, Field, StepError, StepState};
use crate::profile::model::{Check, Client, Http, TakeFrom, Verb};
use crate::secret::Class;
use crate::time::Timestamp;

pub use proof::{claims as proof_claims, header as proof_header};
pub(in crate::flow) use repeat::Polling;

/// Everything of one exchange, from connecting to the last byte.
const TOTAL: Duration = Duration::from_mins(1);

/// What vouches for a request: made apart, and checked with it.
#[derive(Default)]
pub(in crate::flow) struct Papers {
    pub assertion: Option<Signed>,
    /// Over the body.
    pub signature: Option<Signed>,
    /// DPoP.
    pub proof: Option<Signed>,
}

impl Run {
    pub(in crate::flow) fn begin_http(&mut self, http: &Http, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        self.begin_request(http, scope, false, now)
    }

    fn begin_request(&mut self, http: &Http, scope: &Scope, refresh: bool, now: Timestamp) -> Vec<Effect> {
        let (draft, client) = match self.draft(http, scope) {
            Ok(made) => made,
            Err(e) => return self.fail_eval(&e, now),
        };
        match client.filter(|_| assertion::is_due(&draft)) {
            Some(client) => self.begin_assertion(draft, &client, refresh, scope, now),
            None => self.begin_signature(draft, Papers::default(), refresh, now),
        }
    }

    fn draft(&self, http: &Http, scope: &Scope) -> Result<(Draft, Option<Client>), EvalError> {
        let state = &self.state;
        let map =
            |tree: &Option<crate::flow::template::Tree>| tree.as_ref().map_or(Ok(Map::new()), |t| t.eval_map(scope));
        let url = http.url.eval_text(scope)?.ok_or_else(|| EvalError::Missing("url".to_owned()))?;
        let body = match (&http.form, &http.json, &http.jwt, &http.text) {
            (Some(form), ..) => Body::Form(form.eval_map(scope)?),
            (_, json, jwt, text) => {
                let json = json.as_ref().map(|j| j.eval(scope)).transpose()?.flatten().filter(|j| !j.is_null());
                let jwt = state.text(jwt.as_ref(), scope)?;
                let text = state.text(text.as_ref(), scope)?;
                json.map(Body::Json).or(jwt.map(Body::Jwt)).or(text.map(Body::Text)).unwrap_or(Body::None)
            }
        };
        let client = match state.text(http.auth.as_ref(), scope)? {
            None => None,
            Some(name) => Some(
                state
                    .profile
                    .client(&name)
                    .cloned()
                    .ok_or_else(|| EvalError::Wrong(format!("the profile has no client `{name}`")))?,
            ),
        };
        let auth = client.as_ref().map(|c| assertion::client_auth(c, scope)).transpose()?;
        let mut mtls = state.text(http.mtls.as_ref(), scope)?;
        if mtls.is_none()
            && let Some(client) = &client
        {
            mtls = state.text(client.mtls.as_ref(), scope)?;
        }
        if let Some(role) = &mtls {
            let known = state.profile.role(role).ok_or_else(|| EvalError::Missing(format!("keys.{role}")))?;
            if !state.keys.contains_key(role) && !known.optional {
                return Err(EvalError::Missing(format!("keys.{role}")));
            }
        }
        let draft = Draft {
            method: state.text(http.method.as_ref(), scope)?,
            url,
            query: map(&http.query)?,
            headers: map(&http.headers)?,
            body,
            content_type: state.text(http.content_type.as_ref(), scope)?,
            accept: state.text(http.accept.as_ref(), scope)?.unwrap_or_else(|| "application/json".to_owned()),
            bearer: state.text(http.bearer.as_ref(), scope)?,
            dpop: state.text(http.dpop.as_ref(), scope)?,
            mtls,
            auth,
            assertion: None,
            signature: None,
            proof: None,
            edits: self.edits().clone(),
        };
        Ok((draft, client))
    }

    /// The request is complete: check it, then hold it or let it go.
    pub(in crate::flow) fn drafted(
        &mut self,
        draft: Draft,
        papers: Papers,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        let mut built = match draft.build() {
            Ok(built) => built,
            Err(e) => return self.fail_eval(&e, now),
        };
        built.view.refreshed = refresh;
        self.register_request(&built.view.fields, &built.view.headers);
        let step = self.current();
        self.step().request = Some(built.view.clone());
        let scope = self.request_scope(&built, &papers, now);
        self.check_request(&step.path, &built.value, &scope, When::Before);
        if let Some(proof) = &papers.proof {
            self.check_jwt(proof, On::Proof, &[], &format!("{}/dpop_proof", step.path), &scope);
        }
        if let Some(signature) = &papers.signature {
            self.check_signature(signature, &format!("{}/signature", step.path), &scope);
        }
        if let Some(signed) = &papers.assertion {
            let on = format!("{}/client_assertion", step.path);
            let client: Vec<Check> =
                self.state.profile.checks.iter().filter(|c| c.at.iter().any(|a| a == "client")).cloned().collect();
            self.check_jwt(signed, On::Assertion, &client, &on, &scope);
        }
        let configuration: Vec<Check> = self.state.profile.checks.iter().filter(|c| c.at.is_empty()).cloned().collect();
        self.run_checks(&configuration, "configuration", &scope);
        let confirm = step.confirm.is_some();
        let ready = Ready { built, papers, drafted_at: now };
        if refresh && !blocks(&self.step().checks) {
            return self.send(ready, now);
        }
        self.hold(Held::Request(Box::new(ready)), confirm, now)
    }

    fn register_request(&mut self, fields: &[Field], headers: &[Field]) {
        for field in fields.iter().chain(headers) {
            let value = field
                .value
                .strip_prefix("Bearer ")
                .or_else(|| field.value.strip_prefix("DPoP "))
                .or_else(|| field.value.strip_prefix("Basic "))
                .unwrap_or(&field.value);
            self.state.redactor.register(value, field.class);
        }
    }

    fn request_scope(&self, built: &Built, papers: &Papers, now: Timestamp) -> Scope {
        let frame = self.state.flow.steps[self.view.current].frame;
        let mut scope = self.state.scope(frame, now);
        scope.set_json("request", &built.value);
        let client_key = |k: &minijinja::Value| k.get_attr(built.value.get("mtls")?.as_str()?).ok();
        scope.set("key", scope.get("keys").and_then(client_key).unwrap_or_default());
        if let Some(client) = built.client.as_ref().and_then(|name| self.state.profile.client(name)) {
            let value = self.state.client_value(client, &scope);
            scope.set("client", value);
        }
        for (name, paper) in [("assertion", &papers.assertion), ("signature", &papers.signature)] {
            let said = |p: &Signed| json!({ "header": p.header, "claims": p.claims });
            scope.set_json(name, &paper.as_ref().map_or(Json::Null, said));
        }
        scope
    }

    /// Runs the core's and the bank's checks of one phase on the current exchange.
    fn check_request(&mut self, on: &str, request: &Json, scope: &Scope, when: When) {
        let core = self.core;
        self.run_checks(core.on(On::Http).filter(|c| phase(c) == when), on, scope);
        if is_token_request(request) {
            self.run_checks(core.on(On::Token).filter(|c| phase(c) == when), on, scope);
        }
        let step = self.current();
        let checks: Vec<Check> = self.bank_checks(&step).into_iter().filter(|c| phase(c) == when).collect();
        self.run_checks(&checks, on, scope);
    }

    /// Sends what was approved; a time-bound part past a quarter of its life is made again first.
    pub(in crate::flow) fn send(&mut self, ready: Ready, now: Timestamp) -> Vec<Effect> {
        let stale = ready.papers.assertion.as_ref().is_some_and(|a| is_stale(&a.claims, ready.drafted_at, now));
        if stale || proof::is_old(&ready.built, ready.drafted_at, now) {
            let step = self.current();
            let scope = self.state.scope(step.frame, now);
            if let Verb::Http(http) = &step.verb {
                self.step().state = StepState::Drafting;
                return self.begin_request(http, &scope, true, now);
            }
        }
        let spending = match self.current().verb {
            Verb::Http(http) => http.spend.as_ref().map(|spend| {
                let scope = self.state.scope(self.state.flow.steps[self.view.current].frame, now);
                self.spending(spend, &ready, &scope)
            }),
            _ => None,
        };
        let spending = match spending.transpose() {
            Ok(spending) => spending,
            Err(e) => return self.fail_eval(&e, now),
        };
        let step = self.step();
        // sent once more by itself: what was heard before is over
        step.attempt += u32::from(step.exchange.take().is_some());
        (step.state, step.started_at) = (StepState::Sent, Some(now));
        let mut effects = Vec::new();
        effects.extend(ready.papers.assertion.as_ref().and_then(|a| self.spend_jti(&a.claims)));
        let request = ready.built.request.clone();
        let sent = Sent { built: ready.built, papers: ready.papers };
        effects.extend(self.busy(Pending::Send(Box::new(sent)), |op| match spending {
            None => Effect::Send { op, request, timeout: TOTAL },
            Some(spending) => Effect::Spend { op, request, timeout: TOTAL, spending },
        }));
        effects
    }

    pub(in crate::flow) fn exchanged(&mut self, sent: Sent, exchange: Exchange, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Verb::Http(http) = &step.verb else { return Vec::new() };
        self.view.skew = exchange.skew().or(self.view.skew);
        let exchange = Arc::new(exchange);
        self.step().exchange = Some(exchange.clone());
        let Some(response) = &exchange.response else {
            let error = StepError {
                id: "net.no-answer".into(),
                text: "the connection ended without an answer".into(),
                likely: None,
                hint: Some("try again".into()),
                checks: Vec::new(),
                source: ErrorSource::Network,
            };
            return self.fail(error, now);
        };
        let answer = Answer::of(response);
        let good = answer.expected(&http.expect) && !(is_token_request(&sent.built.value) && answer.error.is_some());
        self.register_answer(&answer, step.class, good);
        let received_at = exchange.ended_at.seconds();
        let mut scope = self.request_scope(&sent.built, &sent.papers, now);
        let before = self.failed_checks();
        scope.set_json("response", &answer.value(received_at, exchange.skew()));
        if good && step.class == Class::Personal {
            for name in ["json", "text"] {
                scope.mark_personal(vec!["response".to_owned(), name.to_owned()]);
            }
        }
        self.check_request(&step.path, &sent.built.value, &scope, When::After);
        let nonce = self.hear_nonce(&sent.built, &answer);
        if response.completeness == Completeness::Whole {
            let once_more = nonce.then(|| self.again_with_nonce(http, &sent.built, &answer, &scope, now)).flatten();
            if let Some(effects) = once_more.or_else(|| self.ask_again(http, &scope, now)) {
                return effects;
            }
        }
        let code = sent.built.value.pointer("/form/code").and_then(Json::as_str);
        // a client that was not let in has redeemed nothing
        if let Some(code) = code.filter(|_| good || answer.error.as_deref() == Some("invalid_grant")) {
            self.state.use_up(code);
        }
        if response.completeness != Completeness::Whole || !good {
            let error = self.refusal(&step, &answer, response, &scope, before);
            let dead = sent
                .built
                .value
                .get("bearer")
                .and_then(Json::as_str)
                .filter(|_| self.is_revoked(&step, &answer, &scope));
            let mut effects = self.fail(error, now);
            effects.extend(dead.map(|token| self.bury(token)));
            return effects;
        }
        let mut outputs = Outputs::new();
        outputs.insert("status".into(), answer.status.into());
        outputs.insert("headers".into(), from_json(&answer.headers));
        outputs.insert("json".into(), from_json(&answer.json));
        outputs.insert("text".into(), answer.text.as_str().into());
        outputs.insert("error".into(), answer.error.as_deref().map_or(().into(), Into::into));
        outputs.insert("received_at".into(), received_at.into());
        outputs.insert("request".into(), from_json(&sent.built.value));
        if let Some(error) = self.broken_must() {
            return self.fail(error, now);
        }
        if let (Some(Ok(Some(Json::Object(asked)))), Some(answered)) =
            (http.asked.as_ref().map(|t| t.eval(&scope)), answer.json.as_object())
        {
            self.step().granted = Some(granted(&asked, answered, step.class));
        }
        // a code is good for one answer (RFC 6749 §4.1.2)
        if sent.built.value.pointer("/form/grant_type").and_then(Json::as_str) == Some("authorization_code") {
            self.view.countdowns.retain(|c| c.name != "code");
        }
        for take in &http.take {
            let value = match &take.from {
                TakeFrom::Json(pointer) => answer.json.pointer(pointer).cloned(),
                TakeFrom::Header(name) => answer.headers.get(name).cloned(),
            };
            let Some(value) = value.filter(|v| !v.is_null()) else {
                if take.optional {
                    outputs.insert(take.name.clone(), ().into());
                    continue;
                }
                let error = StepError {
                    id: "answer.missing".into(),
                    text: format!("the answer has no {}", take.name),
                    likely: None,
                    hint: Some(
                        "look at the body: the bank may have answered something else under a good status".into(),
                    ),
                    checks: Vec::new(),
                    source: ErrorSource::Bank,
                };
                return self.fail(error, now);
            };
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            self.state.redactor.register(&text, take.class);
            self.step().outputs.push(Field { name: take.name.clone(), value: text, class: take.class });
            if let Some(seconds) = take
                .lives
                .as_ref()
                .and_then(|l| l.eval(&scope).ok().flatten())
                // some servers say seconds as a text
                .and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()))
                .filter(|s| *s > 0)
            {
                self.view.countdowns.retain(|c| c.name != take.name);
                let started_at = exchange.ended_at;
                self.view.countdowns.push(Countdown {
                    name: take.name.clone(),
                    step: step.path.clone(),
                    started_at,
                    ends_at: started_at.plus_seconds(seconds.min(1 << 40)),
                });
            }
            outputs.insert(take.name.clone(), from_json(&value));
        }
        self.finish(outputs, now)
    }

    /// Nobody waits for the effect: the run is over.
    fn bury(&mut self, token: &str) -> Effect {
        self.state.dead.insert(token.to_owned());
        let op = self.op();
        Effect::Save { op, what: Saving { forget: vec![format!("token:{token}")], ..Saving::default() } }
    }

    /// Members with secret names are masked from now on; a step's class covers the whole answer, but not the words of a
    /// refusal (RFC 6749 §5.2, Berlin Group's `tppMessages`), which a person has to read.
    fn register_answer(&mut self, answer: &Answer, class: Class, good: bool) {
        const WORDS: [&str; 4] = ["error", "error_description", "error_uri", "tppMessages"];
        let mut found = Vec::new();
        match answer.json.as_object().filter(|_| !good) {
            None if answer.json.is_null() => found = torn(&answer.text),
            None => collect(&answer.json, class, "", &mut found),
            Some(members) => members
                .iter()
                .filter(|(name, _)| !WORDS.contains(&name.as_str()))
                .for_each(|(name, value)| collect(value, class, name, &mut found)),
        }
        self.state.register_answered(found);
    }
}

/// Of such a one, an answer with an error code is a refusal under any status.
pub(in crate::flow) fn is_token_request(request: &Json) -> bool {
    request.pointer("/form/grant_type").or_else(|| request.pointer("/json/grant_type")).is_some()
}

/// Past a quarter of its life.
fn is_stale(claims: &Json, drafted_at: Timestamp, now: Timestamp) -> bool {
    let (Some(iat), Some(exp)) = (claims.get("iat").and_then(Json::as_i64), claims.get("exp").and_then(Json::as_i64))
    else {
        return false;
    };
    // one that was made without a life does not get better by being made again
    exp > iat && now.millis_since(drafted_at).saturating_mul(4) > exp.saturating_sub(iat).saturating_mul(1000)
}
