//! From one step to the next: beginning, holding, finishing; frames close behind their last step.

use super::check;
use super::edit::Edits;
use super::effect::Effect;
use super::run::{Held, Outputs, Pace, Phase, Run};
use super::template::EvalError;
use super::view::{StepState, StepView};
use crate::profile::model::{Flow, Step, Verb};
use crate::time::Timestamp;

impl Run {
    /// Begins the current step.
    pub(super) fn begin(&mut self, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        if self.detour.is_none() {
            self.before[self.view.current] = Some(self.state.clone());
            self.refetched = false;
        }
        (self.renonced, self.polling) = (false, None);
        self.begun(now);
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
                Verb::Authorize(authorize) => self.begin_authorize(authorize, &scope, now),
                Verb::Listen(listen) => self.begin_listen(listen, &scope, now),
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
        self.judge_trial(None);
        self.next(Some(outputs), now)
    }

    pub(super) fn next(&mut self, outputs: Option<Outputs>, now: Timestamp) -> Vec<Effect> {
        let index = self.view.current;
        let flow = self.state.flow.clone();
        let step = &flow.steps[index];
        if !self.state.is_skipped(step.frame) {
            self.state.publish(step.frame, &step.id, outputs);
            if let Err(e) = self.leave_frames(&flow, index, now) {
                return self.fail_eval(&e, now);
            }
        }
        if self.detour.as_ref().is_some_and(|d| index >= d.last) {
            return self.back_from_detour(now);
        }
        if index + 1 == flow.steps.len() {
            self.phase = Phase::Over;
            return Vec::new();
        }
        self.view.current = index + 1;
        if self.detour.is_some() {
            self.step().attempt += 1;
        }
        self.stand(now)
    }

    /// Frames whose last step this was publish to their parents, innermost first.
    pub(super) fn leave_frames(&mut self, flow: &Flow, index: usize, now: Timestamp) -> Result<(), EvalError> {
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

    pub(super) fn stand(&mut self, now: Timestamp) -> Vec<Effect> {
        self.phase = Phase::Standing;
        match self.pace {
            Pace::Step if self.detour.is_none() => Vec::new(),
            _ => self.begin(now),
        }
    }

    /// Stops with something that waits for a person's word, or lets it pass.
    pub(super) fn hold(&mut self, held: Held, confirm: bool, now: Timestamp) -> Vec<Effect> {
        // who breaks a rule on purpose is not asked whether to
        if check::blocks(&self.step().checks) && self.trial.is_none() {
            self.step().state = StepState::Blocked;
            self.phase = Phase::Blocked(held);
            return Vec::new();
        }
        match held {
            Held::Outputs(outputs) => self.finish(outputs, now),
            held if (self.pace == Pace::Straight || self.detour.is_some()) && !confirm => self.release(held, now),
            held => {
                self.step().state = StepState::Armed;
                self.phase = Phase::Armed(held);
                Vec::new()
            }
        }
    }

    pub(super) fn release(&mut self, held: Held, now: Timestamp) -> Vec<Effect> {
        match held {
            Held::Outputs(outputs) => self.finish(outputs, now),
            Held::Request(ready) => self.send(*ready, now),
            Held::Authorize(going) => self.go(*going, now),
        }
    }
}

pub(super) fn fresh_step(step: &Step) -> StepView {
    StepView {
        id: step.path.clone(),
        title: step.title.clone(),
        note: step.note.clone(),
        reference: step.reference.clone(),
        verb: step.verb.word(),
        class: step.class,
        state: StepState::Ready,
        attempt: 1,
        earlier: Vec::new(),
        edits: Edits::default(),
        trial: false,
        stale: false,
        request: None,
        exchange: None,
        artefacts: Vec::new(),
        checks: Vec::new(),
        outputs: Vec::new(),
        granted: None,
        ask: None,
        pin: None,
        authorize: None,
        listen: None,
        error: None,
        started_at: None,
        ended_at: None,
    }
}
