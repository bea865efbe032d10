//! The run itself: which phase it is in, and what each event does there.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::Value;

use super::check;
use super::core::{Core, core};
use super::effect::{Effect, Op};
use super::event::{Event, OpError, Reply};
use super::sign::Signing;
use super::state::State;
use super::template::{EvalError, Random, Scope};
use super::view::{CheckView, ErrorSource, RunStatus, RunView, StepError, StepState, StepView};
use crate::profile::model::{Check, Environment, Flow, Profile, Step, Verb};
use crate::secret::Secret;
use crate::time::Timestamp;

/// How far a run goes by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Stops before every step, and again with every request built.
    Step,
    /// Stops only where it must.
    Straight,
}

/// What a run starts from.
pub struct Setup {
    pub profile: Arc<Profile>,
    pub flow: Arc<Flow>,
    pub environment: Arc<Environment>,
    /// Values a person set for this run.
    pub inputs: BTreeMap<String, Secret>,
    /// 32 bytes from the operating system; a fixed value in tests only.
    pub seed: [u8; 32],
    pub pace: Pace,
}

pub struct Run {
    pub(super) state: State,
    /// The state each step began with, for going back.
    before: Vec<Option<State>>,
    pace: Pace,
    phase: Phase,
    next_op: u64,
    pub(super) view: RunView,
    pub(super) core: &'static Core,
}

pub(super) enum Phase {
    Fresh,
    Loading(Op),
    /// Before the current step.
    Standing,
    Busy(Op, Pending),
    Armed(Held),
    Blocked(Held),
    Over,
}

/// What an operation under way is for. Taken by value, so that none can be resumed twice.
pub(super) enum Pending {
    Bind,
    Sign(Box<Signing>),
    Send(Box<Sent>),
    Jwks,
    Ask,
    Save(Box<super::effect::Saving>),
}

/// What waits for a person's word.
pub(super) enum Held {
    Request(Box<Ready>),
    /// A finished artefact that failed a `must`.
    Outputs(Outputs),
}

pub(super) type Outputs = BTreeMap<String, Value>;

/// A request ready to go.
pub(super) struct Ready {
    pub built: super::request::Built,
    pub assertion: Option<super::sign::Signed>,
    pub drafted_at: Timestamp,
}

/// A request that went out.
pub(super) struct Sent {
    pub built: super::request::Built,
    pub assertion: Option<super::sign::Signed>,
}

impl Run {
    pub fn new(setup: Setup) -> Self {
        let random = Random::new(setup.seed);
        let id = random.uuid();
        let steps = setup.flow.steps.iter().map(fresh_step).collect();
        let view = RunView {
            id,
            profile: setup.profile.id.clone(),
            profile_name: setup.profile.name.clone(),
            flow: setup.flow.id.clone(),
            flow_title: setup.flow.title.clone(),
            environment: setup.environment.name.clone(),
            production: setup.environment.production,
            sandbox: setup.environment.sandbox.is_some(),
            status: RunStatus::Ready,
            steps,
            current: 0,
            countdowns: Vec::new(),
            skew: None,
            redactor: crate::redact::Redactor::default(),
        };
        let before = vec![None; setup.flow.steps.len()];
        let state = State::new(setup.profile, setup.flow, setup.environment, setup.inputs, random);
        let mut run = Self { state, before, pace: setup.pace, phase: Phase::Fresh, next_op: 0, view, core: core() };
        run.view.redactor = run.state.redactor.clone();
        run
    }

    pub fn view(&self) -> &RunView {
        &self.view
    }

    /// The hosts that anything may be sent to.
    pub fn hosts(&self, now: Timestamp) -> Result<Vec<String>, EvalError> {
        self.state.hosts(now)
    }

    /// An output of a finished step by its dotted name, `token.access_token`: the value itself, unmasked.
    pub fn output(&self, name: &str, now: Timestamp) -> Option<String> {
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let value = super::template::to_json(&self.state.scope(0, now).lookup(&path))?;
        match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(text),
            other => Some(other.to_string()),
        }
    }

    pub fn profile(&self) -> &Arc<Profile> {
        &self.state.profile
    }

    /// The only way anything changes.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let effects = self.react(event, now);
        self.view.status = self.status();
        self.view.redactor = self.state.redactor.clone();
        effects
    }

    fn react(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        match (std::mem::replace(&mut self.phase, Phase::Over), event) {
            (Phase::Fresh, Event::Start) => {
                let op = self.op();
                self.phase = Phase::Loading(op);
                vec![Effect::Load { op }]
            }
            (phase, Event::Straight(on)) => {
                self.pace = if on { Pace::Straight } else { Pace::Step };
                match phase {
                    Phase::Standing if on => self.begin(now),
                    Phase::Armed(held) if on => self.release(held, now),
                    phase => self.stay(phase),
                }
            }
            (Phase::Standing, Event::Step | Event::Approve) => self.begin(now),
            (Phase::Armed(held), Event::Step | Event::Approve) => self.release(held, now),
            (Phase::Blocked(held), Event::SendAnyway) => {
                let ids: Vec<String> = self
                    .step()
                    .checks
                    .iter()
                    .filter(|c| check::blocks(std::slice::from_ref(c)))
                    .map(|c| c.id.clone())
                    .collect();
                let note = format!("sent although {} failed", ids.join(", "));
                self.step().outputs.push(super::view::Field {
                    name: "sent anyway".into(),
                    value: note,
                    class: crate::secret::Class::Public,
                });
                self.release(held, now)
            }
            (phase, Event::Cancel) => self.cancel(phase, now),
            (Phase::Over | Phase::Standing | Phase::Armed(_) | Phase::Blocked(_), Event::Retry) => {
                self.again(self.view.current.min(self.view.steps.len() - 1), now)
            }
            (phase, Event::Back(index)) if index < self.view.steps.len() && self.before[index].is_some() => {
                let abort = self.abort(&phase);
                self.restore(index);
                self.phase = Phase::Standing;
                abort
            }
            (Phase::Busy(op, Pending::Ask), Event::Answer(answers)) => {
                let _ = op;
                self.answered(op, answers, now)
            }
            (Phase::Loading(op), Event::Replied { op: answered, reply: Reply::Loaded(loaded) }) if op == answered => {
                for (role, error) in &loaded.missing {
                    self.note_missing(role, error);
                }
                self.state.absorb(*loaded);
                self.stand(now)
            }
            (Phase::Busy(op, pending), Event::Replied { op: answered, reply }) if op == answered => {
                self.resume(op, pending, reply, now)
            }
            (Phase::Loading(op) | Phase::Busy(op, _), Event::Failed { op: failed, error })
                if op == failed && !matches!(error, OpError::Person(_)) =>
            {
                self.broke(error, now)
            }
            (phase, _) => self.stay(phase),
        }
    }

    fn stay(&mut self, phase: Phase) -> Vec<Effect> {
        self.phase = phase;
        Vec::new()
    }

    fn status(&self) -> RunStatus {
        let last = self
            .view
            .steps
            .iter()
            .map(|s| s.state)
            .filter(|s| matches!(s, StepState::Failed | StepState::Cancelled))
            .next_back();
        match &self.phase {
            Phase::Fresh | Phase::Standing => RunStatus::Ready,
            Phase::Busy(_, Pending::Ask) => RunStatus::Waiting,
            Phase::Loading(_) | Phase::Busy(..) => RunStatus::Busy,
            Phase::Armed(_) => RunStatus::Armed,
            Phase::Blocked(_) => RunStatus::Blocked,
            Phase::Over => match last {
                Some(StepState::Failed) => RunStatus::Failed,
                Some(_) => RunStatus::Cancelled,
                None => RunStatus::Done,
            },
        }
    }

    fn resume(&mut self, op: Op, pending: Pending, reply: Reply, now: Timestamp) -> Vec<Effect> {
        match (pending, reply) {
            (Pending::Bind, Reply::Bound(facts)) => self.bound(*facts, now),
            (Pending::Sign(signing), Reply::Signed(signature)) => self.signed(*signing, &signature, now),
            (Pending::Send(sent), Reply::Exchanged(exchange)) => self.exchanged(*sent, *exchange, now),
            (Pending::Jwks, Reply::Exchanged(exchange)) => self.jwks_came(*exchange, now),
            (Pending::Ask, Reply::Answered(answers)) => self.answered(op, answers, now),
            (Pending::Save(saving), Reply::Saved) => self.saved(*saving, now),
            // a reply of another kind than was asked for: keep waiting
            (pending, _) => self.stay(Phase::Busy(op, pending)),
        }
    }

    /// Begins the current step.
    fn begin(&mut self, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        self.before[self.view.current] = Some(self.state.clone());
        let attempt = self.step().attempt;
        *self.step() = StepView { attempt, started_at: Some(now), state: StepState::Drafting, ..fresh_step(&step) };
        let entered = self.state.enter(step.frame, now);
        let scope = self.state.scope(step.frame, now);
        let runs = entered.and_then(|()| {
            if self.state.is_skipped(step.frame) {
                Ok(false)
            } else {
                step.when.as_ref().map_or(Ok(true), |w| w.holds(&scope))
            }
        });
        match runs {
            Err(e) => self.fail_eval(&e, now),
            Ok(false) => {
                self.step().state = StepState::Skipped;
                self.next(None, now)
            }
            Ok(true) => match &step.verb {
                Verb::Key(key) => self.begin_key(key, now),
                Verb::Jwt(jwt) => self.begin_jwt(jwt, &scope, now),
                Verb::Http(http) => self.begin_http(http, &scope, now),
                Verb::Open(open) => self.begin_open(open, &scope, now),
                Verb::Ask(ask) => self.begin_ask(ask, &scope, now),
                Verb::Save(save) => self.begin_save(save, &scope, now),
            },
        }
    }

    /// Ends the current step well.
    pub(super) fn finish(&mut self, outputs: Outputs, now: Timestamp) -> Vec<Effect> {
        let step = self.step();
        step.state = StepState::Done;
        step.ended_at = Some(now);
        self.next(Some(outputs), now)
    }

    fn next(&mut self, outputs: Option<Outputs>, now: Timestamp) -> Vec<Effect> {
        let index = self.view.current;
        let flow = self.state.flow.clone();
        let step = &flow.steps[index];
        if !self.state.is_skipped(step.frame) {
            self.state.publish(step.frame, &step.id, outputs);
            if let Err(e) = self.leave_frames(&flow, index, now) {
                return self.fail_eval(&e, now);
            }
        }
        if index + 1 == flow.steps.len() {
            self.phase = Phase::Over;
            return Vec::new();
        }
        self.view.current = index + 1;
        self.stand(now)
    }

    /// Frames whose last step this was publish to their parents, innermost first.
    fn leave_frames(&mut self, flow: &Flow, index: usize, now: Timestamp) -> Result<(), EvalError> {
        let inside = |mut frame: usize, of: usize| loop {
            if frame == of {
                return true;
            }
            match flow.frames[frame].parent {
                Some(parent) => frame = parent,
                None => return false,
            }
        };
        let mut frame = flow.steps[index].frame;
        while let Some(parent) = flow.frames[frame].parent {
            if flow.steps[index + 1..].iter().any(|s| inside(s.frame, frame)) {
                break;
            }
            self.state.leave(frame, now)?;
            frame = parent;
        }
        Ok(())
    }

    fn stand(&mut self, now: Timestamp) -> Vec<Effect> {
        self.phase = Phase::Standing;
        match self.pace {
            Pace::Step => Vec::new(),
            Pace::Straight => self.begin(now),
        }
    }

    /// Stops with something that waits for a person's word, or lets it pass.
    pub(super) fn hold(&mut self, held: Held, confirm: bool, now: Timestamp) -> Vec<Effect> {
        if check::blocks(&self.step().checks) {
            self.step().state = StepState::Blocked;
            self.phase = Phase::Blocked(held);
            return Vec::new();
        }
        match held {
            Held::Outputs(outputs) => self.finish(outputs, now),
            held if self.pace == Pace::Straight && !confirm => self.release(held, now),
            held => {
                self.step().state = StepState::Armed;
                self.phase = Phase::Armed(held);
                Vec::new()
            }
        }
    }

    fn release(&mut self, held: Held, now: Timestamp) -> Vec<Effect> {
        match held {
            Held::Outputs(outputs) => self.finish(outputs, now),
            Held::Request(ready) => self.send(*ready, now),
        }
    }

    fn again(&mut self, index: usize, now: Timestamp) -> Vec<Effect> {
        let Some(_) = self.before[index] else {
            self.phase = Phase::Standing;
            return Vec::new();
        };
        let attempt = self.view.steps[index].attempt;
        self.restore(index);
        self.view.steps[index].attempt = attempt + 1;
        self.begin(now)
    }

    /// Stands before an earlier step with the state it began with; what came after is undone in the view.
    fn restore(&mut self, index: usize) {
        if let Some(state) = self.before[index].clone() {
            let redactor = self.state.redactor.clone();
            self.state = state;
            // what was once secret stays masked
            self.state.redactor = redactor;
        }
        let flow = self.state.flow.clone();
        for (step, view) in flow.steps.iter().zip(&mut self.view.steps).skip(index) {
            *view = fresh_step(step);
        }
        let later: Vec<String> = self.view.steps[index..].iter().map(|s| s.id.clone()).collect();
        self.view.countdowns.retain(|c| !later.contains(&c.step));
        self.view.current = index;
    }

    fn cancel(&mut self, phase: Phase, now: Timestamp) -> Vec<Effect> {
        if matches!(phase, Phase::Over | Phase::Fresh) {
            return self.stay(phase);
        }
        let effects = self.abort(&phase);
        let sent = matches!(phase, Phase::Busy(_, Pending::Send(_)));
        let unknown = self.current().unknown.clone();
        let step = self.step();
        step.state = StepState::Cancelled;
        step.ended_at = Some(now);
        step.error = Some(StepError {
            id: "cancelled".to_owned(),
            text: if sent {
                "cancelled after sending: whether the bank acted on it is unknown"
            } else {
                "cancelled; nothing was sent"
            }
            .to_owned(),
            likely: None,
            hint: Some(if sent {
                unknown.unwrap_or_else(|| {
                    "read at the bank what became of it, or retry: a new request gets a new jti".to_owned()
                })
            } else {
                "retry the step, or go back".to_owned()
            }),
            checks: Vec::new(),
            source: ErrorSource::Cancelled,
        });
        effects
    }

    fn abort(&self, phase: &Phase) -> Vec<Effect> {
        match phase {
            Phase::Loading(op) | Phase::Busy(op, _) => vec![Effect::Abort { op: *op }],
            _ => Vec::new(),
        }
    }

    pub(super) fn op(&mut self) -> Op {
        self.next_op += 1;
        Op(self.next_op)
    }

    pub(super) fn busy(&mut self, pending: Pending, make: impl FnOnce(Op) -> Effect) -> Vec<Effect> {
        let op = self.op();
        self.phase = Phase::Busy(op, pending);
        vec![make(op)]
    }

    pub(super) fn step(&mut self) -> &mut StepView {
        let current = self.view.current;
        &mut self.view.steps[current]
    }

    pub(super) fn current(&self) -> Step {
        self.state.flow.steps[self.view.current].clone()
    }

    /// Ends the run at the current step, not well.
    pub(super) fn fail(&mut self, error: StepError, now: Timestamp) -> Vec<Effect> {
        let step = self.step();
        step.state = StepState::Failed;
        step.ended_at = Some(now);
        step.error = Some(error);
        self.phase = Phase::Over;
        Vec::new()
    }

    pub(super) fn fail_eval(&mut self, error: &EvalError, now: Timestamp) -> Vec<Effect> {
        let hint = match error {
            EvalError::Missing(name) => missing_hint(name),
            EvalError::Wrong(_) => "correct the value or the profile".to_owned(),
        };
        let error = StepError {
            id: "profile.value".to_owned(),
            text: error.to_string(),
            likely: None,
            hint: Some(hint),
            checks: Vec::new(),
            source: ErrorSource::Profile,
        };
        self.fail(error, now)
    }

    fn broke(&mut self, error: OpError, now: Timestamp) -> Vec<Effect> {
        if let OpError::Net(net) = &error
            && let Some(partial) = &net.partial
        {
            self.step().exchange = Some(Arc::new((**partial).clone()));
        }
        let error = self.explain(&error);
        self.fail(error, now)
    }

    fn note_missing(&mut self, role: &str, error: &OpError) {
        let error = self.explain(error);
        let text = format!("{role}: {}", error.text);
        if let Some(first) = self.view.steps.first_mut() {
            first.note = Some(first.note.as_ref().map_or(text.clone(), |n| format!("{n}\n{text}")));
        }
    }

    /// Keeps waiting for the person.
    pub(super) fn phase_ask(&mut self, op: Op) {
        self.phase = Phase::Busy(op, Pending::Ask);
    }

    /// Evaluates checks and adds them to the current step.
    pub(super) fn run_checks<'c>(&mut self, checks: impl IntoIterator<Item = &'c Check>, on: &str, scope: &Scope) {
        let profile = self.state.profile.clone();
        let made: Vec<CheckView> =
            checks.into_iter().filter_map(|c| check::evaluate(c, on, scope, &profile, &self.state.redactor)).collect();
        let step = self.step();
        for view in made {
            step.checks.retain(|old| old.id != view.id || old.on != view.on);
            step.checks.push(view);
        }
    }

    /// The profile's checks that hang on the current step.
    pub(super) fn bank_checks(&self, step: &Step) -> Vec<Check> {
        let hangs = |c: &&Check| c.at.iter().any(|at| step.addresses.contains(at));
        self.state.profile.checks.iter().filter(hangs).chain(&step.checks).cloned().collect()
    }
}

fn missing_hint(name: &str) -> String {
    match name.split_once('.') {
        Some(("inputs", input)) => {
            format!("give it with --set {input}=…, fill it in on screen, or save it in the profile")
        }
        Some(("keys", _)) => "bind a key to that role, for example --bind ROLE=file:key.pem".to_owned(),
        Some(("tokens", _)) => "run the flow that gets the token first".to_owned(),
        Some(("metadata", _)) => "run the flow that reads the bank's metadata first".to_owned(),
        _ => "an earlier step did not give it".to_owned(),
    }
}

fn fresh_step(step: &Step) -> StepView {
    StepView {
        id: step.path.clone(),
        title: step.title.clone(),
        note: step.note.clone(),
        reference: step.reference.clone(),
        verb: step.verb.word(),
        state: StepState::Ready,
        attempt: 1,
        request: None,
        exchange: None,
        artefacts: Vec::new(),
        checks: Vec::new(),
        outputs: Vec::new(),
        ask: None,
        error: None,
        started_at: None,
        ended_at: None,
    }
}
