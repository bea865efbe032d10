//! What a run prints: JSON lines, or a few words per step. Secrets are masked in both.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use super::args::RunArgs;
use crate::flow::masked_tree;
use crate::flow::view::{
    Artefact, CheckView, Field, GrantedMember, GrantedView, Outcome, RequestView, RunView, StepState, StepView,
};
use crate::secret::{Class, class_of_name};

pub struct Report {
    form: Form,
    /// What was told already: step, attempt, and what of it.
    told: BTreeSet<(usize, u32, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Words,
    /// `--print`: nothing but the one value.
    Silent,
}

impl Report {
    pub fn new(args: &RunArgs) -> Self {
        let form = if args.json {
            Form::Json
        } else if args.print.is_some() {
            Form::Silent
        } else {
            Form::Words
        };
        Self { form, told: BTreeSet::new() }
    }

    pub fn started(&self, view: &RunView) {
        match self.form {
            Form::Json => line(
                &json!({ "event": "run", "profile": view.profile, "flow": view.flow, "env": view.environment, "id": view.id, "unverified": view.unverified }),
            ),
            Form::Words => {
                let place = if view.sandbox {
                    " [SANDBOX]"
                } else if view.production {
                    " [PRODUCTION]"
                } else {
                    ""
                };
                let unverified = if view.unverified { "  (unverified)" } else { "" };
                eprintln!("{} / {}{place}: {}{unverified}", view.profile, view.environment, view.flow_title);
            }
            Form::Silent => {}
        }
    }

    /// Tells what is new since the last time.
    pub fn progress(&mut self, view: &RunView) {
        self.preflight(view);
        for (index, step) in view.steps.iter().enumerate() {
            if step.state == StepState::Ready {
                continue;
            }
            match self.form {
                Form::Json => self.step_as_json(index, step, view),
                Form::Words => self.step_in_words(index, step, view),
                Form::Silent => {}
            }
        }
    }

    /// What does not agree before the first step; in JSON every row.
    fn preflight(&mut self, view: &RunView) {
        for row in &view.preflight {
            let check = &row.check;
            if !self.once(usize::MAX, 0, format!("{} {}", check.id, check.on)) {
                continue;
            }
            match self.form {
                Form::Json => line(&check_json(check)),
                Form::Words if matches!(check.outcome, Outcome::Fail | Outcome::Warn) => {
                    let mark = if check.outcome == Outcome::Fail { "✗" } else { "!" };
                    eprintln!("  {mark} before the first step: {}  ({})", check.say, check.found);
                    if let Some(fix) = &row.fix {
                        eprintln!("      {fix}");
                    }
                }
                Form::Words | Form::Silent => {}
            }
        }
    }

    fn once(&mut self, index: usize, attempt: u32, what: impl Into<String>) -> bool {
        self.told.insert((index, attempt, what.into()))
    }

    fn step_as_json(&mut self, index: usize, step: &StepView, view: &RunView) {
        let attempt = step.attempt;
        if self.once(index, attempt, format!("state {:?}", step.state)) {
            line(&json!({ "event": "step", "id": step.id, "state": state_word(step.state), "attempt": attempt }));
        }
        for artefact in &step.artefacts {
            if self.once(index, attempt, format!("artefact {} {}", artefact.name, artefact.token.len())) {
                line(&artefact_json(artefact, view));
            }
        }
        if let Some(request) = &step.request
            && step.state != StepState::Drafting
            && self.once(index, attempt, "request")
        {
            line(&request_json(step, request, view));
        }
        if let Some(exchange) = &step.exchange
            && let Some(response) = &exchange.response
            && self.once(index, attempt, "response")
        {
            let headers: Vec<Json> = response.headers.iter().map(|(n, v)| json!([n, masked(view, n, v)])).collect();
            let ms = u64::try_from(exchange.phases.total().as_millis()).unwrap_or(u64::MAX);
            line(
                &json!({ "event": "response", "step": step.id, "status": response.status, "headers": headers, "body": body_json(&response.body, view), "ms": ms }),
            );
        }
        if let Some(granted) = &step.granted
            && self.once(index, attempt, "granted")
        {
            line(&granted_json(step, granted, view));
        }
        for (number, (_, note)) in step.listen.iter().flat_map(|wait| &wait.seen).enumerate() {
            if self.once(index, attempt, format!("seen {number}")) {
                line(&json!({ "event": "seen", "step": step.id, "note": view.redactor.mask_text(note) }));
            }
        }
        for check in &step.checks {
            if self.once(index, attempt, format!("check {} {} {:?}", check.id, check.on, check.outcome)) {
                line(&check_json(check));
            }
        }
        if step.state == StepState::Done {
            for field in step.outputs.iter().chain(told(step)) {
                if self.once(index, attempt, format!("output {}", field.name)) {
                    line(
                        &json!({ "event": "output", "step": step.id, "name": field.name, "value": field_text(view, field) }),
                    );
                }
            }
        }
    }

    fn step_in_words(&mut self, index: usize, step: &StepView, view: &RunView) {
        if let Some(wait) = &step.listen {
            if self.once(index, step.attempt, "listen") {
                eprintln!("    waiting for a POST to {}", view.redactor.mask_text(&wait.url));
            }
            for (number, (_, note)) in wait.seen.iter().enumerate() {
                if self.once(index, step.attempt, format!("seen {number}")) {
                    eprintln!("    {}", view.redactor.mask_text(note));
                }
            }
        }
        let over = matches!(
            step.state,
            StepState::Done
                | StepState::Failed
                | StepState::Cancelled
                | StepState::Skipped
                | StepState::Blocked
                | StepState::Waiting
        );
        if !over || !self.once(index, step.attempt, format!("{:?}", step.state)) {
            return;
        }
        let mark = match step.state {
            StepState::Done => "✓",
            StepState::Skipped => "-",
            StepState::Waiting => "…",
            _ => "✗",
        };
        let status = step
            .exchange
            .as_ref()
            .and_then(|e| e.response.as_ref())
            .map(|r| format!("  {}", r.status))
            .unwrap_or_default();
        eprintln!("{mark} {}  {}{status}", step.id, step.title);
        troubles(step);
        if step.state == StepState::Done {
            if let Some(ask) = step.ask.as_ref().filter(|ask| ask.ask.is_empty()) {
                eprintln!("    {}", view.redactor.mask_text(&ask.text));
            }
            for field in step.outputs.iter().chain(told(step)) {
                say!("{}.{} = {}", step.id, field.name, field_text(view, field));
            }
        }
    }

    pub fn failed(&self, view: &RunView, end: &Option<(String, String, String)>) {
        let error = view.steps.iter().filter_map(|s| s.error.as_ref()).next_back();
        if let Some(e) = error {
            eprintln!("✗ {}: {}", e.id, e.text);
            if let Some(likely) = &e.likely {
                eprintln!("  likely: {likely}");
            }
            if let Some(hint) = &e.hint {
                eprintln!("  try: {hint}");
            }
        }
        if let Some((id, text, hint)) = end {
            eprintln!("✗ {id}: {text}\n  try: {hint}");
        }
    }

    pub fn ended(&mut self, view: &RunView, status: &str, end: &Option<(String, String, String)>) {
        self.progress(view);
        match self.form {
            Form::Json => line(&done_json(view, status, end)),
            Form::Words => {
                // a dry run ends before the step does
                if let Some(step) = view.steps.get(view.current).filter(|s| s.state == StepState::Armed) {
                    eprintln!("… {}  {}", step.id, step.title);
                    troubles(step);
                }
                let (pass, fail, warn, not) = counts(view);
                self.failed(view, end);
                eprintln!("{status}: {pass} checks passed, {fail} failed, {warn} warned, {not} not checked");
            }
            Form::Silent => {}
        }
    }
}

/// The checks that did not hold.
fn troubles(step: &StepView) {
    for check in step.checks.iter().filter(|c| matches!(c.outcome, Outcome::Fail | Outcome::Warn)) {
        let mark = if check.outcome == Outcome::Fail { "✗" } else { "!" };
        eprintln!("    {mark} {}: {}  (found: {})  {}", check.id, check.say, check.found, check.reference);
    }
}

/// What a step shows without asking for anything.
fn told(step: &StepView) -> &[Field] {
    step.ask.as_ref().filter(|ask| ask.ask.is_empty()).map_or(&[], |ask| &ask.show)
}

/// One JSON object on one line. A closed pipe is the reader's business.
fn line(value: &Json) {
    say_json!(value);
}

const fn state_word(state: StepState) -> &'static str {
    match state {
        StepState::Ready => "ready",
        StepState::Drafting => "drafting",
        StepState::Armed => "armed",
        StepState::Blocked => "blocked",
        StepState::Sent => "sent",
        StepState::Waiting => "waiting",
        StepState::Done => "done",
        StepState::Skipped => "skipped",
        StepState::Failed => "failed",
        StepState::Cancelled => "cancelled",
    }
}

fn masked(view: &RunView, name: &str, value: &str) -> String {
    let class = class_of_name(name);
    if class == Class::Public { view.redactor.mask_text(value) } else { view.redactor.mask_value(value, class) }
}

fn field_text(view: &RunView, field: &Field) -> String {
    let text = if field.class == Class::Public {
        view.redactor.mask_text(&field.value)
    } else {
        view.redactor.mask_value(&field.value, field.class)
    };
    crate::text::clean(&text).into_owned()
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

/// Header and claims are shown, members with secret or personal names masked; the signature is not.
fn artefact_json(artefact: &Artefact, view: &RunView) -> Json {
    let personal = if artefact.class == Class::Personal { Class::Personal } else { Class::Public };
    json!({ "event": "artefact", "step": artefact.step, "name": artefact.name, "kind": artefact.kind, "header": masked_tree(&artefact.header, "", personal, &view.redactor), "claims": masked_tree(&artefact.claims, "", personal, &view.redactor) })
}

fn request_json(step: &StepView, request: &RequestView, view: &RunView) -> Json {
    let headers: Vec<Json> = request.headers.iter().map(|f| json!([f.name, field_text(view, f)])).collect();
    let body = if request.fields.is_empty() {
        body_json(&request.body, view)
    } else {
        Json::Object(
            request.fields.iter().map(|f| (f.name.clone(), Json::String(field_text(view, f)))).collect::<Map<_, _>>(),
        )
    };
    json!({ "event": "request", "step": step.id, "method": request.method, "url": view.redactor.mask_text(&request.url), "headers": headers, "body": body })
}

/// Longer bodies are told by their length.
const LARGEST_BODY: usize = 4 << 20;

fn body_json(body: &[u8], view: &RunView) -> Json {
    if body.is_empty() {
        return Json::Null;
    }
    if body.len() > LARGEST_BODY {
        return Json::String(format!("({} bytes: too much to be printed)", body.len()));
    }
    match crate::jose::json::parse(body) {
        Ok(value) => masked_tree(&value, "", Class::Public, &view.redactor),
        Err(_) => Json::String(
            crate::text::clean_multiline(&view.redactor.mask_text(&String::from_utf8_lossy(body))).into_owned(),
        ),
    }
}

fn check_json(check: &CheckView) -> Json {
    json!({ "event": "check", "on": check.on, "id": check.id, "level": check.level.word(), "result": check.outcome.word(), "say": check.say, "expected": check.expected, "found": check.found, "ref": check.reference })
}

fn counts(view: &RunView) -> (usize, usize, usize, usize) {
    let of = |outcome| view.steps.iter().flat_map(|s| &s.checks).filter(|c| c.outcome == outcome).count();
    (of(Outcome::Pass), of(Outcome::Fail), of(Outcome::Warn), of(Outcome::NotChecked))
}

fn done_json(view: &RunView, status: &str, end: &Option<(String, String, String)>) -> Json {
    let (pass, fail, warn, not_checked) = counts(view);
    let mut done =
        json!({ "event": "done", "status": status, "step": view.steps.get(view.current).map(|s| s.id.clone()) });
    let error = view.steps.iter().filter_map(|s| s.error.as_ref()).next_back();
    if let Some((id, text, hint)) = end {
        done["error"] = json!({ "id": id, "text": text, "hint": hint });
    } else if let Some(e) = error {
        done["error"] = json!({ "id": e.id, "text": e.text, "hint": e.hint, "likely": e.likely, "checks": e.checks });
    }
    done["checks"] = json!({ "pass": pass, "fail": fail, "warn": warn, "not_checked": not_checked });
    done
}
