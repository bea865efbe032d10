//! A run's successive views as events, each told once: run, step, artefact, request, response, granted, seen, check,
//! output, done.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use super::address::seal_address;
use super::seal;
use crate::flow::exchange::{ClientCertificate, Completeness, Exchange, Phases, Response, TlsFacts};
use crate::flow::masked_tree;
use crate::flow::view::{
    Artefact, CheckView, Field, GrantedMember, GrantedView, Outcome, PreflightView, RequestView, RunView, StepError,
    StepState, StepView,
};
use crate::jose::b64;
use crate::redact::MASK;
use crate::secret::{Class, class_of_name};
use crate::time::Timestamp;

/// Bytes of a body that a script gets; a longer one is told by its length.
pub const LARGEST_PRINTED: usize = 4 << 20;

/// What was told already of one run.
pub struct Telling {
    told: BTreeSet<(usize, u32, String)>,
    /// Bytes of a body that is told; a longer one is told by its length.
    longest: usize,
}

impl Telling {
    pub fn new(longest: usize) -> Self {
        Self { told: BTreeSet::new(), longest }
    }

    /// What a run is, before anything happened.
    pub fn run(view: &RunView) -> Json {
        json!({
            "event": "run", "profile": view.profile, "flow": view.flow, "env": view.environment, "id": view.id,
            "unverified": view.unverified, "title": view.flow_title, "sandbox": view.sandbox,
            "production": view.production,
        })
    }

    /// What is new since the last time.
    pub fn news(&mut self, view: &RunView) -> Vec<Json> {
        let mut out = Vec::new();
        for key in &view.keys {
            if self.once(0, 0, format!("key {} {} {:?}", key.role, key.thumbprint, key.x5t_s256)) {
                out.push(json!({
                    "event": "key", "role": key.role, "kind": key.kind, "thumbprint": key.thumbprint,
                    "x5t#S256": key.x5t_s256,
                }));
            }
        }
        for PreflightView { check, .. } in &view.preflight {
            if self.once(0, 0, format!("preflight {} {}", check.id, check.on)) {
                out.push(check_json(None, check));
            }
        }
        for (index, step) in view.steps.iter().enumerate().filter(|(_, s)| s.state != StepState::Ready) {
            self.step(index, step, view, &mut out);
        }
        out
    }

    fn once(&mut self, index: usize, attempt: u32, what: String) -> bool {
        self.told.insert((index, attempt, what))
    }

    fn step(&mut self, index: usize, step: &StepView, view: &RunView, out: &mut Vec<Json>) {
        let attempt = step.attempt;
        if self.once(index, attempt, format!("state {:?}", step.state)) {
            let mut told = json!({
                "event": "step", "id": step.id, "state": step.state.word(), "attempt": attempt, "title": step.title,
            });
            if !step.edits.is_empty() {
                told["edited"] = step.edits.iter().map(|e| Json::from(e.place.to_string())).collect();
            }
            if let Some(error) = step.error.as_ref().filter(|_| step.state == StepState::Failed) {
                told["error"] = error_json(error);
            }
            out.push(told);
        }
        for artefact in &step.artefacts {
            if self.once(index, attempt, format!("artefact {} {}", artefact.name, print(&artefact.token))) {
                out.push(artefact_json(artefact, view));
            }
        }
        if let Some(request) = &step.request
            && step.state != StepState::Drafting
            && self.once(index, attempt, format!("request {}", print(&looks(request))))
        {
            out.push(self.request_json(step, request, view));
        }
        if let Some(exchange) = &step.exchange
            && let Some(response) = &exchange.response
            && self.once(index, attempt, format!("response {}", print(&(exchange.started_at, response.body.len()))))
        {
            if step.request.is_none() {
                out.push(fetched_json(step, exchange, view));
            }
            out.push(self.response_json(step, exchange, response, view));
        }
        if let Some(granted) = &step.granted
            && self.once(index, attempt, "granted".to_owned())
        {
            out.push(granted_json(step, granted, view));
        }
        for (number, (_, note)) in step.listen.iter().flat_map(|wait| &wait.seen).enumerate() {
            if self.once(index, attempt, format!("seen {number}")) {
                out.push(json!({ "event": "seen", "step": step.id, "note": view.redactor.mask_text(note) }));
            }
        }
        for check in &step.checks {
            if self.once(index, attempt, format!("check {} {} {:?}", check.id, check.on, check.outcome)) {
                out.push(check_json(Some(step), check));
            }
        }
        if step.state == StepState::Done {
            for field in step.outputs.iter().chain(shown(step)) {
                if self.once(index, attempt, format!("output {}", field.name)) {
                    let value = field_text(view, field);
                    out.push(json!({ "event": "output", "step": step.id, "name": field.name, "value": value }));
                }
            }
        }
    }

    fn request_json(&self, step: &StepView, request: &RequestView, view: &RunView) -> Json {
        let headers: Vec<Json> = request.headers.iter().map(|f| json!([f.name, field_text(view, f)])).collect();
        let members = || request.fields.iter().map(|f| (f.name.clone(), Json::String(field_text(view, f))));
        let body = match request.fields.is_empty() || request.body.len() > self.longest {
            true => self.body_json(&request.body, Class::Public, view),
            false => Json::Object(members().collect::<Map<_, _>>()),
        };
        json!({
            "event": "request", "step": step.id, "attempt": step.attempt, "method": request.method,
            "url": url_text(view, &request.url), "headers": headers, "body": body, "size": request.body.len(),
            "mtls": request.mtls,
        })
    }

    fn response_json(&self, step: &StepView, exchange: &Exchange, response: &Response, view: &RunView) -> Json {
        let headers: Vec<Json> = response.headers.iter().map(|(n, v)| json!([n, header_text(view, n, v)])).collect();
        let sent = json!({ "head": exchange.request_head.len(), "body": exchange.request_body.len() });
        json!({
            "event": "response", "step": step.id, "attempt": step.attempt, "status": response.status,
            "reason": view.redactor.mask_text(&response.reason), "headers": headers,
            "body": self.body_json(&response.body, step.class, view), "size": response.body.len(),
            "head": response.head.len(), "sent": sent, "complete": response.completeness == Completeness::Whole,
            "ms": millis(exchange.phases.total()), "started": clock(exchange.started_at),
            "phases": phases_json(&exchange.phases), "tls": exchange.tls.as_ref().map(tls_json),
            "peer": exchange.peer,
        })
    }

    /// An answer of a step that speaks of a person is hidden, but for the words of a refusal.
    fn body_json(&self, body: &[u8], class: Class, view: &RunView) -> Json {
        const WORDS: [&str; 4] = ["error", "error_description", "error_uri", "tppMessages"];
        if body.is_empty() {
            return Json::Null;
        }
        if body.len() > self.longest {
            return Json::String(format!("({} bytes: at most {} are told)", body.len(), self.longest));
        }
        match crate::jose::json::parse(body) {
            Ok(Json::Object(members)) => members
                .iter()
                .map(|(name, value)| {
                    let of = if WORDS.contains(&name.as_str()) { Class::Public } else { class };
                    (name.clone(), masked_tree(value, name, of, &view.redactor))
                })
                .collect(),
            Ok(value) => masked_tree(&value, "", class, &view.redactor),
            Err(_) if class > Class::Public => MASK.into(),
            Err(_) => Json::String(
                crate::text::clean_multiline(&view.redactor.mask_text(&String::from_utf8_lossy(body))).into_owned(),
            ),
        }
    }
}

impl StepState {
    /// As it stands in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Drafting => "drafting",
            Self::Armed => "armed",
            Self::Blocked => "blocked",
            Self::Sent => "sent",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Skipped => "skipped",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a run ended; `end`: what the view itself does not say of it, as id, text, hint.
pub fn done(view: &RunView, status: &str, end: Option<&(String, String, String)>) -> Json {
    let (pass, fail, warn, not_checked) = counts(view);
    let mut done =
        json!({ "event": "done", "status": status, "step": view.steps.get(view.current).map(|s| s.id.clone()) });
    let error = view.steps.iter().filter_map(|s| s.error.as_ref()).next_back();
    if let Some((id, text, hint)) = end {
        done["error"] = json!({ "id": id, "text": text, "hint": hint });
    } else if let Some(e) = error {
        done["error"] = error_json(e);
    }
    done["checks"] = json!({ "pass": pass, "fail": fail, "warn": warn, "not_checked": not_checked });
    done
}

/// Checks that passed, failed, warned, were not made.
pub fn counts(view: &RunView) -> (usize, usize, usize, usize) {
    let of = |outcome| view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.outcome == outcome).count();
    (of(Outcome::Pass), of(Outcome::Fail), of(Outcome::Warn), of(Outcome::NotChecked))
}

/// What a step shows without asking for anything.
pub fn shown(step: &StepView) -> &[Field] {
    step.ask.as_ref().filter(|ask| ask.ask.is_empty()).map_or(&[], |ask| &ask.show)
}

/// A value as it may be told.
pub fn field_text(view: &RunView, field: &Field) -> String {
    crate::text::clean(&masked(view, &field.value, field.class)).into_owned()
}

/// A moment as RFC 3339 has it, in UTC, to the millisecond.
pub fn clock(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.millis())
        .map_or_else(|_| String::new(), |t| t.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

fn masked(view: &RunView, value: &str, class: Class) -> String {
    if class == Class::Public {
        return view.redactor.mask_text(value);
    }
    // the scheme of an Authorization header is no secret; without it the token is seen to be the one that came
    let scheme =
        ["Bearer ", "DPoP ", "Basic "].into_iter().find(|scheme| value.starts_with(scheme)).unwrap_or_default();
    format!("{scheme}{}", view.redactor.mask_value(&value[scheme.len()..], class))
}

fn header_text(view: &RunView, name: &str, value: &str) -> String {
    masked(view, value, class_of_name(name))
}

/// An address, sealed, and without any other secret of the run.
fn url_text(view: &RunView, url: &str) -> String {
    view.redactor.mask_text(&seal_address(url))
}

/// What a step sent that builds no request of its own (the keys of a bank): as it went out.
fn fetched_json(step: &StepView, exchange: &Exchange, view: &RunView) -> Json {
    let head = String::from_utf8_lossy(&exchange.request_head);
    let mut lines = head.lines();
    let mut line = lines.next().unwrap_or_default().split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let host = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("host")).map_or("", |(_, host)| host);
    let scheme = if exchange.tls.is_some() { "https" } else { "http" };
    let headers: Vec<Json> = headers.iter().map(|(n, v)| json!([n, header_text(view, n, v)])).collect();
    json!({
        "event": "request", "step": step.id, "attempt": step.attempt, "method": method,
        "url": url_text(view, &format!("{scheme}://{host}{target}")), "headers": headers, "body": null,
        "size": exchange.request_body.len(), "mtls": null,
    })
}

/// Header and claims are told, members with secret or personal names masked; the signature is not.
fn artefact_json(artefact: &Artefact, view: &RunView) -> Json {
    let class = if artefact.class == Class::Personal { Class::Personal } else { Class::Public };
    json!({
        "event": "artefact", "step": artefact.step, "name": artefact.name, "kind": artefact.kind,
        "header": masked_tree(&artefact.header, "", Class::Public, &view.redactor),
        "claims": seal::claims(&artefact.claims, class, &view.redactor),
        "chars": artefact.token.len(),
        "key": artefact.opened_by.as_ref().map(|by| json!({
            "whose": by.whose.to_words(), "thumbprint": by.key.as_ref().map(crate::jose::PublicJwk::thumbprint),
        })),
    })
}

/// What the bank made of a request, where that can be held against what was asked for.
fn granted_json(step: &StepView, granted: &GrantedView, view: &RunView) -> Json {
    let member = |GrantedMember { asked, granted }: &GrantedMember| {
        let answered = granted.as_ref().map(|value| field_text(view, &Field { value: value.clone(), ..asked.clone() }));
        json!({ "member": asked.name, "asked": field_text(view, asked), "granted": answered })
    };
    let changed: Vec<Json> = granted.changed.iter().map(member).collect();
    let added: Vec<&str> = granted.added.iter().map(|f| f.name.as_str()).collect();
    json!({ "event": "granted", "step": step.id, "same": granted.same, "changed": changed, "added": added })
}

fn check_json(step: Option<&StepView>, check: &CheckView) -> Json {
    json!({
        "event": "check", "step": step.map(|s| &s.id), "on": check.on, "id": check.id, "level": check.level.word(), "result": check.outcome.word(),
        "say": check.say, "expected": check.expected, "found": check.found, "ref": check.reference,
    })
}

fn error_json(e: &StepError) -> Json {
    json!({ "id": e.id, "text": e.text, "hint": e.hint, "likely": e.likely, "checks": e.checks })
}

fn phases_json(phases: &Phases) -> Json {
    let ms = |d: Option<Duration>| d.map(|d| (d.as_secs_f64() * 1e6).round() / 1e3);
    json!({
        "dns": ms(phases.dns), "tcp": ms(phases.tcp), "tls": ms(phases.tls), "wait": ms(phases.wait),
        "body": ms(phases.body),
    })
}

fn tls_json(tls: &TlsFacts) -> Json {
    let ours = match &tls.client_certificate {
        ClientCertificate::Sent { subject, x5t_s256 } => json!({ "subject": subject, "x5t#S256": x5t_s256 }),
        ClientCertificate::AskedNoneSent => "asked for, none sent".into(),
        ClientCertificate::NotAsked => Json::Null,
    };
    let leaf = tls.server_chain.first().map(|der| b64::encode(&openssl::sha::sha256(der)));
    json!({ "version": tls.version, "cipher": tls.cipher, "client_certificate": ours, "server_x5t#S256": leaf })
}

fn millis(d: Duration) -> u64 {
    u64::try_from(d.as_millis()).unwrap_or(u64::MAX)
}

/// To see whether something was told already; nobody gets it.
fn print(what: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

fn looks(request: &RequestView) -> (&str, &str, Vec<&str>, &[u8]) {
    let headers = request.headers.iter().map(|f| f.value.as_str()).collect();
    (&request.method, &request.url, headers, &request.body)
}
