//! `listen`: waits for what somebody else posts to us (RFC 8935, CIBA §10.2). The sender is told once everything was looked
//! at; what is not right is told so, and the wait goes on. Leaves `headers text json received_at`, and what `open` leaves.
//!
//! ```text
//!   waits ◄────────────── told why (effect) ◄──┐
//!     │ a request, or a paste                   │ wrong
//!     └─► bearer ─► `open`, as a step of its own would ─► checks ─► told so (effect) ─► done
//! ```

use std::time::Duration;

use serde_json::Value as Json;

use crate::flow::delivery::{Delivery, ListenView, Listening, Receipt};
use crate::flow::effect::{Effect, Op, Saving};
use crate::flow::event::Event;
use crate::flow::run::{Outputs, Pending, Phase, Run};
use crate::flow::template::{EvalError, Scope, from_json, to_json};
use crate::flow::view::{ErrorSource, StepError, StepState};
use crate::profile::model::{Listen, Step, Verb};
use crate::secret::Class;
use crate::time::Timestamp;

/// How long anybody waits where the profile does not say, seconds.
const WAIT: i64 = 600;
const LONGEST_WAIT: i64 = 86_400;
/// Notes that are kept.
const MOST_SEEN: usize = 40;
/// How long a `jti` is remembered where its token does not end, seconds.
const REMEMBERED: i64 = 90 * 86_400;

/// A wait that is under way.
pub(in crate::flow) struct Inbox {
    /// The listener.
    pub op: Op,
    /// What is being looked at.
    looked_at: Option<LookedAt>,
}

struct LookedAt {
    /// As rules read it.
    value: Json,
    interaction: Option<String>,
    /// A person brought it: nobody is to be told.
    pasted: bool,
}

impl Run {
    pub(in crate::flow) fn begin_listen(&mut self, listen: &Listen, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        let request = match self.listening(listen, scope) {
            Ok(request) => request,
            Err(e) => return self.fail_eval(&e, now),
        };
        let current = self.current();
        let step = current.addresses.first().cloned().unwrap_or(current.path);
        let seconds = i64::try_from(request.wait.as_secs()).unwrap_or(LONGEST_WAIT);
        let view = ListenView { url: request.url.clone(), deadline: now.plus_seconds(seconds), seen: Vec::new() };
        (self.step().state, self.step().listen) = (StepState::Waiting, Some(view));
        let effects = self.busy(Pending::Listen, |op| Effect::Listen { op, step, request });
        if let Phase::Busy(op, _) = self.phase {
            self.inbox = Some(Inbox { op, looked_at: None });
        }
        effects
    }

    fn listening(&self, listen: &Listen, scope: &Scope) -> Result<Listening, EvalError> {
        let url = listen.url.eval_text(scope)?.ok_or_else(|| EvalError::Missing("url".to_owned()))?;
        if url::Url::parse(&url).is_err() {
            return Err(EvalError::Wrong("the url to listen at is no absolute URL".to_owned()));
        }
        let wait = listen.wait.as_ref().map(|t| t.eval(scope)).transpose()?.flatten();
        let wait = wait.and_then(|w| w.as_i64()).unwrap_or(WAIT).clamp(1, LONGEST_WAIT);
        let at = self.state.text(listen.at.as_ref(), scope)?.filter(|at| !at.is_empty());
        Ok(Listening { url, at, wait: Duration::from_secs(wait.unsigned_abs()) })
    }

    /// While nothing is being looked at.
    pub(in crate::flow) fn told_of(&mut self, op: Op, event: Event, now: Timestamp) -> Vec<Effect> {
        self.phase = Phase::Busy(op, Pending::Listen);
        match event {
            Event::Came { op: about, delivery } if about == op => self.came(&delivery, false, now),
            Event::Pasted(text) => {
                let delivery = Delivery { headers: Vec::new(), body: text.expose().to_owned(), received_at: now };
                self.came(&delivery, true, now)
            }
            Event::Noted { op: about, note } if about == op => {
                self.see(&note, now);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn see(&mut self, note: &str, now: Timestamp) {
        let note = crate::text::clean(&self.state.redactor.mask_text(note)).into_owned();
        if let Some(view) = self.step().listen.as_mut().filter(|v| v.seen.len() < MOST_SEEN) {
            view.seen.push((now, note));
        }
    }

    fn came(&mut self, delivery: &Delivery, pasted: bool, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Verb::Listen(listen) = &step.verb else { return Vec::new() };
        let looked_at = LookedAt { value: delivery.value(), interaction: delivery.interaction(), pasted };
        if step.class == Class::Personal {
            self.state.register_answered(crate::flow::personal::texts(&looked_at.value["json"]));
        }
        if let Some(inbox) = &mut self.inbox {
            inbox.looked_at = Some(looked_at);
        }
        let view = self.step();
        (view.error, view.exchange) = (None, None);
        view.checks.clear();
        view.artefacts.clear();
        // keys may have changed since the last one
        self.refetched = false;
        let scope = self.scope_of(&step, now);
        match self.is_borne(listen, delivery, pasted, &scope) {
            Err(e) => return self.fail_eval(&e, now),
            Ok(false) => {
                let hint = "it has to carry the client_notification_token as a bearer token (CIBA §10.2)";
                let text = "a request without the right bearer token came".to_owned();
                return self.refuse(wrong("listen.bearer", text, hint), 401, now);
            }
            Ok(true) => {}
        }
        match &listen.open {
            Some(open) => self.begin_open(open, &scope, now),
            None => {
                let checks = self.bank_checks(&step);
                self.run_checks(&checks, &step.path, &scope);
                self.delivered(Outputs::new(), now)
            }
        }
    }

    /// Compared without telling by the time where they differ.
    fn is_borne(
        &mut self,
        listen: &Listen,
        delivery: &Delivery,
        pasted: bool,
        scope: &Scope,
    ) -> Result<bool, EvalError> {
        let Some(bearer) = &listen.bearer else { return Ok(true) };
        let wanted = bearer.eval_text(scope)?.ok_or_else(|| EvalError::Missing("bearer".to_owned()))?;
        self.state.redactor.register(&wanted, Class::Secret);
        let shown = delivery.header("authorization").and_then(|v| v.split_once(' '));
        let shown =
            shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.as_bytes());
        let wanted = wanted.as_bytes();
        Ok(pasted || shown.is_some_and(|s| s.len() == wanted.len() && openssl::memcmp::eq(s, wanted)))
    }

    /// The scope of a step; of one that listens, with what came.
    pub(in crate::flow) fn scope_of(&self, step: &Step, now: Timestamp) -> Scope {
        let mut scope = self.state.scope(step.frame, now);
        if let Some(looked_at) = self.inbox.as_ref().and_then(|i| i.looked_at.as_ref()) {
            scope.set_json("came", &looked_at.value);
            if step.class == Class::Personal {
                scope.mark_personal(vec!["came".to_owned()]);
            }
        }
        scope
    }

    /// Everything was looked at but the checks' outcome.
    pub(in crate::flow) fn delivered(&mut self, mut outputs: Outputs, now: Timestamp) -> Vec<Effect> {
        if let Some(error) = self.broken_must() {
            return self.refuse(error, 400, now);
        }
        let step = self.current();
        let Verb::Listen(listen) = &step.verb else { return Vec::new() };
        let Some(looked_at) = self.inbox.as_ref().and_then(|i| i.looked_at.as_ref()) else { return Vec::new() };
        for name in ["headers", "text", "json", "received_at"] {
            outputs.insert(name.to_owned(), from_json(&looked_at.value[name]));
        }
        let claims = outputs.get("claims").and_then(to_json);
        let claim = |name: &str| claims.as_ref().and_then(|c| c.get(name));
        let jti = claim("jti").and_then(Json::as_str).map(str::to_owned);
        let exp = claim("exp").and_then(Json::as_i64).unwrap_or_else(|| now.seconds().saturating_add(REMEMBERED));
        let status = listen.answer;
        let mut effects = Vec::new();
        if let Some(jti) = jti {
            let name = format!("{}:{jti}", claim("iss").and_then(Json::as_str).unwrap_or_default());
            if self.state.is_used(&name) {
                // whoever sends one again hears what they heard before (RFC 8935 §2)
                self.see(&format!("came again, and was not taken again: jti {jti}"), now);
                return self.tell(status, None, None, now);
            }
            self.state.use_up(&name);
            let op = self.op();
            effects.push(Effect::Save { op, what: Saving { jti: vec![(name, exp)], ..Saving::default() } });
        }
        self.see("came, and is right", now);
        effects.extend(self.tell(status, None, Some(outputs), now));
        effects
    }

    /// What came is not taken; the wait goes on.
    pub(in crate::flow) fn refuse(&mut self, error: StepError, status: u16, now: Timestamp) -> Vec<Effect> {
        self.see(&format!("refused: {}", error.text), now);
        let failed = |id: &str| error.checks.iter().any(|c| c == id);
        let code = match error.id.as_str() {
            "token.not-verified" | "token.algorithm" | "token.not-opened" => "invalid_key",
            "listen.bearer" => "authentication_failed",
            "check.failed" if failed("IDT-02i") => "invalid_issuer",
            "check.failed" if failed("IDT-02a") => "invalid_audience",
            _ => "invalid_request",
        };
        let described = crate::text::clean(&self.state.redactor.mask_text(&error.text)).into_owned();
        self.step().error = Some(error);
        self.tell(status, Some((code, described)), None, now)
    }

    /// Tells the sender; `outputs`: the step ends with them.
    fn tell(
        &mut self,
        status: u16,
        error: Option<(&'static str, String)>,
        outputs: Option<Outputs>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(inbox) = &mut self.inbox else { return Vec::new() };
        let op = inbox.op;
        let looked_at = inbox.looked_at.take();
        if looked_at.as_ref().is_none_or(|l| l.pasted) {
            self.phase = Phase::Busy(op, Pending::Listen);
            return outputs.map_or_else(Vec::new, |outputs| self.finish(outputs, now));
        }
        let interaction = looked_at.and_then(|l| l.interaction);
        let receipt = Receipt { status, interaction, error, last: outputs.is_some() };
        self.phase = Phase::Busy(op, Pending::Receipt(outputs));
        vec![Effect::Receipt { op, receipt }]
    }

    /// The sender has it.
    pub(in crate::flow) fn receipted(&mut self, op: Op, outputs: Option<Outputs>, now: Timestamp) -> Vec<Effect> {
        match outputs {
            None => self.stay(Phase::Busy(op, Pending::Listen)),
            Some(outputs) => {
                self.inbox = None;
                self.finish(outputs, now)
            }
        }
    }

    /// Whether something that came is being looked at: what goes wrong then is no end of the run.
    pub(in crate::flow) fn is_looking(&self) -> bool {
        self.inbox.as_ref().is_some_and(|i| i.looked_at.is_some())
    }

    /// Stops a listener that no phase waits for any more.
    pub(in crate::flow) fn close_inbox(&mut self) -> Option<Effect> {
        let waits = match &self.phase {
            Phase::Busy(_, Pending::Listen | Pending::Receipt(_)) => true,
            Phase::Busy(..) => self.is_looking(),
            _ => false,
        };
        if waits { None } else { self.inbox.take().map(|inbox| Effect::Abort { op: inbox.op }) }
    }
}

fn wrong(id: &str, text: String, hint: &str) -> StepError {
    StepError {
        id: id.to_owned(),
        text,
        likely: None,
        hint: Some(hint.to_owned()),
        checks: Vec::new(),
        source: ErrorSource::Bank,
    }
}
