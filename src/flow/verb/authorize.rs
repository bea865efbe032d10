//! `authorize`: a person goes to the bank and comes back with a code. Leaves what [`AUTHORIZED`] names.

use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::flow::answer::{Answer, is_code};
use crate::flow::callback::{Authorization, Callback, Mode, Params};
use crate::flow::check::{When, phase};
use crate::flow::core::Artefact as On;
use crate::flow::effect::{Effect, Op};
use crate::flow::event::Event;
use crate::flow::request::{Body, Draft};
use crate::flow::run::{Held, Outputs, Pending, Phase, Run};
use crate::flow::template::{EvalError, Scope, from_json};
use crate::flow::view::{AuthorizeView, Countdown, ErrorSource, Field, StepError, StepState};
use crate::profile::model::{Authorize, Check, Verb};
use crate::secret::{Class, Secret, class_of_name};
use crate::time::Timestamp;

/// What the step leaves for later ones.
pub const AUTHORIZED: [&str; 9] =
    ["code", "id_token", "response", "access_token", "params", "error", "sent_at", "received_at", "url"];
/// What may carry the answer.
const CARRIERS: [&str; 4] = ["code", "id_token", "response", "access_token"];
/// How long a person may take.
const WAIT: Duration = Duration::from_mins(10);
/// Notes that are kept.
const MOST_SEEN: usize = 40;

/// A person who is about to go to the bank, or there.
pub(in crate::flow) struct Going {
    request: Authorization,
    /// As rules read it.
    value: Json,
    /// The issuer that has to stand in the answer.
    iss: Option<String>,
    sent_at: Timestamp,
}

impl Run {
    pub(in crate::flow) fn begin_authorize(
        &mut self,
        authorize: &Authorize,
        scope: &Scope,
        now: Timestamp,
    ) -> Vec<Effect> {
        let (going, view) = match self.going(authorize, scope, now) {
            Ok(made) => made,
            Err(e) => return self.fail_eval(&e, now),
        };
        self.state.redactor.register(going.request.state.expose(), Class::Secret);
        for (name, value) in going.value["query"].as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            self.state.redactor.register(text, class_of_name(name));
        }
        let step = self.current();
        self.step().request = Some(view);
        self.step().authorize = Some(AuthorizeView {
            url: going.request.url.clone(),
            page: None,
            redirect_uri: going.request.redirect_uri.clone(),
            deadline: None,
            seen: Vec::new(),
        });
        let mut scope = scope.clone();
        scope.set_json("request", &going.value);
        self.check_authorization(&scope, When::Before);
        let configuration: Vec<Check> = self.state.profile.checks.iter().filter(|c| c.at.is_empty()).cloned().collect();
        self.run_checks(&configuration, "configuration", &scope);
        self.hold(Held::Authorize(Box::new(going)), step.confirm.is_some(), now)
    }

    fn going(
        &self,
        authorize: &Authorize,
        scope: &Scope,
        now: Timestamp,
    ) -> Result<(Going, crate::flow::view::RequestView), EvalError> {
        let wanted = |text: &crate::flow::template::Text, name: &str| {
            text.eval_text(scope)?.filter(|t| !t.is_empty()).ok_or_else(|| EvalError::Missing(name.to_owned()))
        };
        let redirect_uri = wanted(&authorize.redirect_uri, "redirect_uri")?;
        let redirect = url::Url::parse(&redirect_uri)
            .map_err(|_| EvalError::Wrong("the redirect URI is no absolute URL".to_owned()))?;
        if redirect.fragment().is_some() {
            return Err(EvalError::Wrong("a redirect URI has no fragment (RFC 6749 §3.1.2)".to_owned()));
        }
        let state = wanted(&authorize.state, "state")?;
        let word = self.state.text(authorize.response_mode.as_ref(), scope)?;
        let parsed = word.as_deref().map_or(Some((Mode::default(), false)), Mode::parse);
        let (mode, jarm) = parsed.ok_or_else(|| {
            let word: String = word.unwrap_or_default().chars().take(40).collect();
            EvalError::Wrong(format!(
                "response_mode `{}` is not known here: query, fragment or form_post, each also with .jwt, or jwt",
                crate::text::clean(&word)
            ))
        })?;
        let draft = Draft {
            method: Some("GET".to_owned()),
            url: wanted(&authorize.url, "url")?,
            query: authorize.query.eval_map(scope)?,
            headers: Map::new(),
            body: Body::None,
            content_type: None,
            accept: "text/html".to_owned(),
            bearer: None,
            dpop: None,
            mtls: None,
            auth: None,
            assertion: None,
            signature: None,
            proof: None,
            edits: self.edits().clone(),
        };
        let mut built = draft.build()?;
        let url = Secret::new(built.request.url);
        if let Some(value) = built.value.as_object_mut() {
            value.insert("redirect_uri".into(), redirect_uri.as_str().into());
            value.insert("state".into(), state.as_str().into());
            value.insert("response_mode".into(), word_or_null(authorize, scope));
        }
        let request = Authorization { url, redirect_uri, state: Secret::new(state), mode, jarm, wait: WAIT };
        let iss = self.state.text(authorize.iss.as_ref(), scope)?;
        // the browser's own headers are not ours to show
        built.view.headers.clear();
        Ok((Going { request, value: built.value, iss, sent_at: now }, built.view))
    }

    /// Sends the person.
    pub(in crate::flow) fn go(&mut self, mut going: Going, now: Timestamp) -> Vec<Effect> {
        going.sent_at = now;
        let request = going.request.clone();
        let current = self.current();
        let step = current.addresses.first().cloned().unwrap_or(current.path);
        self.step().state = StepState::Waiting;
        let seconds = i64::try_from(request.wait.as_secs()).unwrap_or(i64::MAX);
        if let Some(view) = &mut self.step().authorize {
            view.deadline = Some(now.plus_seconds(seconds));
        }
        self.busy(Pending::Authorize(Box::new(going)), |op| Effect::Authorize { op, step, request })
    }

    /// While a person is at the bank.
    pub(in crate::flow) fn heard(&mut self, op: Op, going: Box<Going>, event: Event, now: Timestamp) -> Vec<Effect> {
        match event {
            Event::Pasted(text) => match going.request.pasted(text.expose()) {
                Ok(params) => {
                    let mut effects = vec![Effect::Abort { op }];
                    effects.extend(self.came_back(*going, Callback { params, received_at: now }, now));
                    return effects;
                }
                Err(refusal) => {
                    let hint = refusal.hint();
                    self.step().error = Some(ours("callback.paste", refusal.to_string(), hint, ErrorSource::Person));
                }
            },
            Event::Page { op: about, url } if about == op => {
                if let Some(view) = &mut self.step().authorize {
                    view.page = Some(url);
                }
            }
            Event::Noted { op: about, note } if about == op => {
                if let Some(view) = self.step().authorize.as_mut().filter(|v| v.seen.len() < MOST_SEEN) {
                    view.seen.push((now, crate::text::clean(&note).into_owned()));
                }
            }
            _ => {}
        }
        self.stay(Phase::Busy(op, Pending::Authorize(going)))
    }

    /// The answer is there; its `state` was looked at first, and is looked at here again.
    pub(in crate::flow) fn came_back(&mut self, going: Going, callback: Callback, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Verb::Authorize(authorize) = &step.verb else { return Vec::new() };
        self.step().error = None;
        let Callback { params, received_at } = callback;
        for (name, value) in params.iter() {
            self.state.redactor.register(value, class_of_name(name).max(step.class));
        }
        if let Err(error) = going.sound(&params) {
            return self.fail(*error, now);
        }
        if let Some(pushed) = going.value.pointer("/query/request_uri").and_then(Json::as_str) {
            self.state.use_up(pushed);
        }
        let all: Map<String, Json> = params.iter().map(|(n, v)| (n.to_owned(), v.into())).collect();
        let all = Json::Object(all);
        let mut scope = self.state.scope(step.frame, now);
        scope.set_json("request", &going.value);
        scope.set_json("response", &json!({ "params": all, "received_at": received_at.seconds() }));
        self.check_authorization(&scope, When::After);
        if let Some(code) = params.one("error") {
            let error = self.denied(&step, code, all, &scope);
            return self.fail(error, now);
        }
        if let Some(error) = self.broken_must() {
            return self.fail(error, now);
        }
        let mut outputs: Outputs = AUTHORIZED.iter().map(|name| ((*name).to_owned(), ().into())).collect();
        for name in CARRIERS {
            if let Some(value) = params.one(name) {
                self.step().outputs.push(Field { name: name.into(), value: value.into(), class: Class::Secret });
                outputs.insert(name.into(), value.into());
            }
        }
        outputs.insert("params".into(), from_json(&all));
        outputs.insert("sent_at".into(), going.sent_at.seconds().into());
        outputs.insert("received_at".into(), received_at.seconds().into());
        outputs.insert("url".into(), going.value["url"].as_str().unwrap_or_default().into());
        let lives = authorize.lives.as_ref().and_then(|l| l.eval(&scope).ok().flatten()).and_then(|v| v.as_i64());
        if let Some(seconds) = lives.filter(|s| *s > 0 && params.one("code").is_some()) {
            self.view.countdowns.retain(|c| c.name != "code");
            self.view.countdowns.push(Countdown {
                name: "code".into(),
                step: step.path.clone(),
                started_at: received_at,
                ends_at: received_at.plus_seconds(seconds.min(1 << 40)),
            });
        }
        self.finish(outputs, now)
    }

    fn check_authorization(&mut self, scope: &Scope, when: When) {
        let step = self.current();
        let core = self.core;
        self.run_checks(core.on(On::Authorize).filter(|c| phase(c) == when), &step.path, scope);
        let checks: Vec<Check> = self.bank_checks(&step).into_iter().filter(|c| phase(c) == when).collect();
        self.run_checks(&checks, &step.path, scope);
    }

    /// The bank says no, with the right `state`.
    fn denied(&self, step: &crate::profile::model::Step, code: &str, params: Json, scope: &Scope) -> StepError {
        let code = if is_code(code) { code } else { "callback.error" };
        let description = params.get("error_description").and_then(Json::as_str).unwrap_or_default();
        let mut text = format!("the bank sent the person back with {code}");
        if !description.is_empty() {
            text.push_str(": ");
            text.extend(description.chars().take(500));
        }
        let answer = Answer {
            status: 0,
            headers: Json::Null,
            text: description.to_owned(),
            json: params,
            error: Some(code.to_owned()),
        };
        let text = crate::text::clean(&self.state.redactor.mask_text(&text)).into_owned();
        let error = StepError {
            id: code.to_owned(),
            text,
            likely: None,
            hint: None,
            checks: Vec::new(),
            source: ErrorSource::Bank,
        };
        let mut error = self.with_advice(error, step, &answer, scope, self.failed_checks());
        error.hint = error.hint.or_else(|| Some("r sends the person again; the code says what the bank wants".into()));
        error
    }
}

impl Going {
    /// `state`, then nothing twice, then the issuer, then something to go on with.
    fn sound(&self, params: &Params) -> Result<(), Box<StepError>> {
        let no = |id: &str, text: String, hint: &str| Err(Box::new(ours(id, text, hint, ErrorSource::Bank)));
        if let Err(refusal) = self.request.judge(params) {
            return no("callback.state", refusal.to_string(), refusal.hint());
        }
        if params.repeats() {
            let text = "the answer has a parameter twice; no token is asked for".to_owned();
            return no("callback.repeated", text, "no parameter may come twice (RFC 6749 §3.1); tell the bank");
        }
        // of JARM's answer, `iss` is a claim of the JWT (JARM §2.1)
        if let Some(iss) = self.iss.as_ref().filter(|_| !self.request.jarm)
            && params.one("iss") != Some(iss)
        {
            let what = if params.one("iss").is_some() {
                "the answer names another issuer"
            } else {
                "the answer names no issuer"
            };
            let text = format!("{what}; no token is asked for");
            return no(
                "callback.iss",
                text,
                "the answer may be another server's (RFC 9207 §2.4): start the sign-in again",
            );
        }
        if params.one("error").is_none() && CARRIERS.iter().all(|c| params.one(c).is_none_or(str::is_empty)) {
            let text = "the answer has neither a code nor an error".to_owned();
            return no("callback.empty", text, "compare response_type and response_mode with what the bank supports");
        }
        Ok(())
    }
}

fn word_or_null(authorize: &Authorize, scope: &Scope) -> Json {
    let word = authorize.response_mode.as_ref().and_then(|t| t.eval_text(scope).ok().flatten());
    word.map_or(Json::Null, Json::String)
}

fn ours(id: &str, text: String, hint: &str, source: ErrorSource) -> StepError {
    StepError { id: id.to_owned(), text, likely: None, hint: Some(hint.to_owned()), checks: Vec::new(), source }
}
