//! The run itself: which phase it is in, and what each event does there.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::advance::fresh_step;
use super::branch::Line;
use super::check;
use super::core::{Core, core};
use super::edit::Edits;
use super::effect::{Effect, Op};
use super::event::{Event, OpError, Reply};
pub(super) use super::phase::{Held, Outputs, Pending, Phase, Ready, Sent};
use super::state::State;
use super::template::{EvalError, Random, Scope};
use super::trial::Trial;
use super::view::{BranchView, CheckView, RunStatus, RunView, StepState, StepView};
use crate::profile::model::{Check, Environment, Flow, Profile, Step};
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
    pub(super) before: Vec<Option<State>>,
    pub(super) pace: Pace,
    pub(super) phase: Phase,
    next_op: u64,
    pub(super) view: RunView,
    pub(super) core: &'static Core,
    /// A step that waits for earlier ones to be done once more.
    pub(super) detour: Option<super::detour::Detour>,
    /// The current step has asked for keys a second time already.
    pub(super) refetched: bool,
    /// The current step was sent again with a nonce already.
    pub(super) renonced: bool,
    /// What the current step waits for comes here.
    pub(super) inbox: Option<super::verb::Inbox>,
    /// The current step asks until there is an answer.
    pub(super) polling: Option<super::verb::Polling>,
    /// What a person changed, by step.
    pub(super) edits: BTreeMap<usize, Edits>,
    /// A rule that is broken on purpose, until somebody has judged it.
    pub(super) trial: Option<Box<Trial>>,
    /// Lines that were left, the present one not among them.
    pub(super) lines: Vec<Line>,
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
            unverified: setup.flow.is_unverified(),
            environment: setup.environment.name.clone(),
            production: setup.environment.production,
            sandbox: setup.environment.sandbox.is_some(),
            status: RunStatus::Ready,
            steps,
            current: 0,
            countdowns: Vec::new(),
            skew: None,
            keys: Vec::new(),
            unbound: None,
            preflight: Vec::new(),
            branch: 1,
            branches: vec![BranchView::first()],
            redactor: crate::redact::Redactor::default(),
        };
        let before = vec![None; setup.flow.steps.len()];
        let state = State::new(setup.profile, setup.flow, setup.environment, setup.inputs, random);
        let mut run = Self {
            state,
            before,
            pace: setup.pace,
            phase: Phase::Fresh,
            next_op: 0,
            view,
            core: core(),
            detour: None,
            refetched: false,
            renonced: false,
            inbox: None,
            polling: None,
            edits: BTreeMap::new(),
            trial: None,
            lines: Vec::new(),
        };
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

    /// An output of a finished step, or a JWT that a step has made so far, by its dotted name (`token.access_token`,
    /// `token.client_assertion`): the value itself, unmasked.
    pub fn output(&self, name: &str, now: Timestamp) -> Option<String> {
        let made = self.view.steps.iter().flat_map(|s| &s.artefacts).find(|a| format!("{}.{}", a.step, a.name) == name);
        if let Some(artefact) = made {
            return Some(artefact.token.clone());
        }
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
        let mut effects = self.react(event, now);
        effects.extend(self.close_inbox());
        if !matches!(self.phase, Phase::Over) {
            self.view.unbound = None;
        }
        self.view.status = self.status();
        self.view.keys = self.state.keys_in_use();
        self.view.redactor = self.state.redactor.clone();
        effects
    }

    fn react(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        match (std::mem::replace(&mut self.phase, Phase::Over), event) {
            (Phase::Fresh, Event::Start) => {
                let op = self.op();
                self.phase = Phase::Loading(op);
                vec![Effect::Load { op, tokens: self.state.flow.tokens.clone() }]
            }
            (phase, Event::Straight(on)) => {
                self.pace = if on { Pace::Straight } else { Pace::Step };
                match phase {
                    Phase::Standing if on => self.begin(now),
                    // what wants a person's own word gets it, or is not sent
                    Phase::Armed(held) if on && self.current().confirm.is_none() => self.release(held, now),
                    Phase::Busy(_, Pending::Ask) if on && self.view.proposes() => self.take_proposal(now),
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
            (Phase::Over | Phase::Standing | Phase::Armed(_) | Phase::Blocked(_), Event::Bind(role)) => {
                self.rebind(role)
            }
            (phase, Event::Branch(number)) if phase.is_still() && self.can_go_to_branch(number) => {
                self.go_to_branch(number)
            }
            (phase, Event::Edit { index, edits, trial })
                if phase.is_still() && self.can_be_edited(index, trial.is_some()) =>
            {
                self.edit(index, edits, trial, now)
            }
            (phase, Event::Back(index)) if index < self.view.steps.len() && self.before[index].is_some() => {
                let abort = self.abort(&phase);
                self.restart(index);
                self.phase = Phase::Standing;
                abort
            }
            (Phase::Busy(_, Pending::Ask), Event::Approve) if self.view.proposes() => self.take_proposal(now),
            (Phase::Busy(op, Pending::Ask), Event::Answer(answers)) => {
                let effects = self.answered(op, answers, now);
                self.by_hand(op, effects)
            }
            (
                Phase::Busy(op, Pending::Authorize(going)),
                event @ (Event::Pasted(_) | Event::Noted { .. } | Event::Page { .. }),
            ) => self.heard(op, going, event, now),
            (
                Phase::Busy(op, Pending::Listen),
                event @ (Event::Pasted(_) | Event::Noted { .. } | Event::Came { .. }),
            ) => self.told_of(op, event, now),
            (Phase::Busy(op, Pending::Pin(gate)), Event::Approve) => {
                let effects = self.approved(*gate, now);
                self.by_hand(op, effects)
            }
            (Phase::Loading(op), Event::Replied { op: answered, reply: Reply::Loaded(loaded) }) if op == answered => {
                for (role, error) in &loaded.missing {
                    self.note_missing(role, error);
                }
                if let Some(error) = &loaded.closed {
                    self.note_missing("tokens", error);
                }
                self.view.skew = loaded.skew;
                self.state.absorb(*loaded, now);
                self.view.preflight = self.preflight(now);
                self.stand(now)
            }
            (Phase::Busy(op, pending), Event::Replied { op: answered, reply }) if op == answered => {
                self.resume(op, pending, reply, now)
            }
            (phase @ (Phase::Loading(op) | Phase::Busy(op, _)), Event::Failed { op: failed, error })
                if op == failed && !matches!(error, OpError::Person(_)) =>
            {
                self.view.unbound = self.wanted_role(&phase, &error);
                self.broke(error, now)
            }
            (phase, _) => self.stay(phase),
        }
    }

    pub(super) fn stay(&mut self, phase: Phase) -> Vec<Effect> {
        self.phase = phase;
        Vec::new()
    }

    /// A person at the face did it: whoever else was asked need not any more.
    fn by_hand(&self, op: Op, mut effects: Vec<Effect>) -> Vec<Effect> {
        if !matches!(self.phase, Phase::Busy(still, _) if still == op) {
            effects.insert(0, Effect::Abort { op });
        }
        effects
    }

    fn status(&self) -> RunStatus {
        let last =
            self.view.steps.iter().map(|s| s.state).rfind(|s| matches!(s, StepState::Failed | StepState::Cancelled));
        match &self.phase {
            Phase::Fresh | Phase::Standing => RunStatus::Ready,
            Phase::Busy(_, Pending::Ask | Pending::Pin(_) | Pending::Authorize(_) | Pending::Listen) => {
                RunStatus::Waiting
            }
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
            (Pending::Rebind, Reply::Bound(facts)) => self.rebound(*facts, now),
            (Pending::Sign(signing), Reply::Signed(signature)) => self.signed(*signing, &signature, now),
            (Pending::Send(sent), Reply::Exchanged(exchange)) => self.exchanged(*sent, *exchange, now),
            (Pending::Send(sent), Reply::Spent(spent)) => self.spent(*sent, *spent, now),
            (Pending::Unwrap(sealed), Reply::Unwrapped(answer)) => self.unwrapped(*sealed, answer.as_ref(), now),
            (Pending::Jwks(opening, url), Reply::Exchanged(exchange)) => self.jwks_came(*opening, url, *exchange, now),
            (Pending::Pin(gate), Reply::Approved(true)) => self.approved(*gate, now),
            (Pending::Pin(_), Reply::Approved(false)) => self.refused(now),
            (Pending::KeepPin(gate), Reply::Saved(_)) => self.pinned(*gate, now),
            (Pending::Ask, Reply::Answered(answers)) => self.answered(op, answers, now),
            (Pending::Authorize(going), Reply::Callback(callback)) => self.came_back(*going, callback, now),
            (Pending::Save(saving), Reply::Saved(told)) => self.saved(*saving, told, now),
            (Pending::Receipt(outputs), Reply::Receipted) => self.receipted(op, outputs, now),
            (Pending::Pause, Reply::Waited) => self.paused(now),
            // a reply of another kind than was asked for: keep waiting
            (pending, _) => self.stay(Phase::Busy(op, pending)),
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
