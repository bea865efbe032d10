//! Driving the run: telling it what happened and what a person wants.

use super::App;
use crate::flow::view::{RunStatus, RunView, StepState};
use crate::flow::{Effect, Event};
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::message::{Command, NoticeTone, Number};
use crate::tui::overlay::form::Purpose;
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Form, Overlay, Question};
use crate::tui::pane::profiles::RowId;

/// What waits for a yes before the first request to production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Go {
    Approve,
    Straight,
}

impl App {
    /// An answer of the world, if it is this run's.
    pub(super) fn tell_run(&mut self, run: Number, event: Event, now: Timestamp) {
        if self.run.as_ref().is_some_and(|r| r.number == run) {
            self.tell(event, now);
        }
    }

    pub(super) fn tell(&mut self, event: Event, now: Timestamp) {
        let judged = self.trials_judged();
        let Some(run) = &mut self.run else { return };
        let effects = run.engine.handle(event, now);
        let person = |e: &Effect| {
            matches!(e, Effect::Ask { .. } | Effect::Pin { .. } | Effect::Authorize { .. } | Effect::Listen { .. })
        };
        // nobody is to be stopped for: known before it is begun, so that no browser opens
        if run.straight && run.engine.view().sandbox && effects.iter().any(person) {
            self.out.push(Command::CallPeople { run: run.number });
        }
        if run.engine.view().status.is_over() {
            run.straight = false;
        }
        let renewed = (run.engine.view().status == RunStatus::Done).then(|| run.choice.renewal.take()).flatten();
        let lacks = run.engine.view().unbound.is_some();
        if !effects.is_empty() {
            self.out.push(Command::Perform { run: run.number, effects });
        }
        if let Some(renewal) = renewed {
            self.renewed(renewal, now);
        }
        self.tell_trial(judged, now);
        if lacks {
            self.offer_key(now);
        }
    }

    /// Enter, wherever it is pressed.
    pub(super) fn enter(&mut self, now: Timestamp) {
        match self.focus {
            PaneId::Profiles => self.enter_profile(now),
            PaneId::Keys => self.enter_key(now),
            PaneId::Inspector => self.open_copy_menu(now),
            PaneId::Flow | PaneId::Step => self.go_on(now),
        }
    }

    pub(super) fn enter_hint(&self) -> &'static str {
        match self.focus {
            PaneId::Profiles => match self.profiles.selected {
                Some(RowId::Flow(..)) => "start",
                _ => "open",
            },
            PaneId::Keys => self.enter_key_hint(),
            PaneId::Inspector => "copy",
            PaneId::Flow | PaneId::Step => match self.view().map(|v| v.status) {
                Some(_) if self.is_elsewhere() => "to the current step",
                Some(RunStatus::Ready) if self.view().is_some_and(|v| v.current != self.flow.selected) => "next step",
                Some(RunStatus::Ready) => "take it",
                Some(RunStatus::Armed) if self.view().is_some_and(|v| v.steps[v.current].authorize.is_some()) => "open",
                Some(RunStatus::Armed) => "send",
                Some(RunStatus::Waiting) if self.signing_in().is_some() => "paste answer",
                Some(RunStatus::Waiting) if self.proposes() => "change it",
                Some(RunStatus::Waiting) if self.listening() => "paste it",
                Some(RunStatus::Waiting) => "answer",
                Some(_) if self.missing_seat().is_some() => "choose a key",
                _ => "go on",
            },
        }
    }

    fn enter_profile(&mut self, now: Timestamp) {
        if let Some(choice) = self.profiles.choice() {
            return self.start(choice, now);
        }
        if let Some(reason) = self.profiles.place().and_then(|(_, env)| env.disabled.clone()) {
            return self.say(NoticeTone::Warn, format!("not available: {reason}"), now);
        }
        self.profiles.open_selected();
    }

    /// Whether another step is looked at than the run stands at.
    fn is_elsewhere(&self) -> bool {
        !self.flow.follow && self.view().is_some_and(|v| v.current != self.flow.selected)
    }

    /// The next thing, whatever it is. From another step it only goes to the current one: what Enter sends is in view.
    fn go_on(&mut self, now: Timestamp) {
        let Some(view) = self.view() else {
            return self.say(NoticeTone::Plain, self.no_run(), now);
        };
        let (status, current) = (view.status, view.current);
        if self.is_elsewhere() && !status.is_over() {
            self.flow.go_to(current, current);
            return;
        }
        match status {
            RunStatus::Ready => self.tell(Event::Step, now),
            RunStatus::Armed => self.approve(Go::Approve, now),
            RunStatus::Waiting => {
                if !self.ask_about_keys() && !self.open_answer() && !self.paste_answer() {
                    self.say(NoticeTone::Plain, "it waits for the answer; Esc stops waiting", now);
                }
            }
            RunStatus::Blocked => {
                self.say(NoticeTone::Warn, "a check that must hold failed: ! sends anyway, r tries again", now)
            }
            RunStatus::Busy => self.say(NoticeTone::Plain, "under way; Esc cancels", now),
            RunStatus::Done => self.say(NoticeTone::Good, "the run is done; r does this step again", now),
            RunStatus::Failed if self.missing_seat().is_some() => self.choose_missing_key(now),
            RunStatus::Failed | RunStatus::Cancelled => self.say(NoticeTone::Plain, "r does the step again", now),
        }
    }

    pub(super) fn step_once(&mut self, now: Timestamp) {
        match self.view().map(|v| (v.status, v.current)) {
            Some((RunStatus::Ready, current)) => {
                self.flow.go_to(current, current);
                self.tell(Event::Step, now);
            }
            Some((RunStatus::Armed, _)) => self.go_on(now),
            Some(_) if self.proposes() => self.tell(Event::Approve, now),
            _ => {}
        }
    }

    /// Runs on without stopping; pressed again it pauses before the next send.
    pub(super) fn run_straight(&mut self, now: Timestamp) {
        let Some(run) = &self.run else { return };
        if run.straight {
            self.set_straight(false);
            self.tell(Event::Straight(false), now);
            return self.say(NoticeTone::Plain, "it stops before the next request", now);
        }
        self.approve(Go::Straight, now);
    }

    pub(super) fn set_straight(&mut self, straight: bool) {
        if let Some(run) = &mut self.run {
            run.straight = straight;
        }
    }

    /// Sends, or runs on. The first time towards production it asks.
    pub(super) fn approve(&mut self, go: Go, now: Timestamp) {
        let Some(run) = &self.run else { return };
        let view = run.engine.view();
        if view.production && !view.sandbox && !run.production_allowed {
            let text = match go {
                Go::Approve => format!("This request goes to {} in PRODUCTION.", view.profile_name),
                Go::Straight => {
                    format!("Everything that follows goes to {} in PRODUCTION, without a preview.", view.profile_name)
                }
            };
            self.overlays.push(Overlay::Question(Question {
                asked: Asked::Production(go),
                title: "PRODUCTION".into(),
                text,
                yes: "send it; later requests of this run are not asked about",
                no: "do not send",
            }));
            return;
        }
        self.flow.follow = true;
        match go {
            Go::Approve => self.tell(Event::Approve, now),
            Go::Straight => {
                let waiting = view.status == RunStatus::Waiting;
                self.set_straight(true);
                // the run goes on by itself; one step more would pass what it stopped at
                self.tell(Event::Straight(true), now);
                if waiting {
                    self.call_people();
                }
            }
        }
    }

    pub(super) fn retry(&mut self, now: Timestamp) {
        let Some((index, current, count)) = self.view().map(|v| (self.flow.selected, v.current, v.steps.len())) else {
            return;
        };
        if index != current && index < count {
            self.tell(Event::Back(index), now);
        }
        self.flow.follow = true;
        self.tell(if index == current { Event::Retry } else { Event::Step }, now);
    }

    pub(super) fn step_back(&mut self, now: Timestamp) {
        let index = self.flow.selected;
        self.set_straight(false);
        self.tell(Event::Back(index), now);
        self.flow.follow = true;
    }

    /// An armed request is not sent: the step stands as it was before.
    pub(super) fn decline(&mut self, now: Timestamp) {
        let Some(current) = self.view().map(|v| v.current) else { return };
        self.set_straight(false);
        self.tell(Event::Back(current), now);
        self.say(NoticeTone::Plain, "not sent", now);
    }

    /// Stops what is running. What a person waits for is asked about first.
    pub(super) fn cancel(&mut self, now: Timestamp) {
        if self.view().is_some_and(|v| v.status == RunStatus::Waiting) {
            self.overlays.push(Overlay::Question(Question {
                asked: Asked::StopWaiting,
                title: "stop waiting?".into(),
                text: "The step is cancelled; r does it again from its start.".into(),
                yes: "stop waiting",
                no: "wait on",
            }));
        } else {
            self.cancel_now(now);
        }
    }

    pub(super) fn cancel_now(&mut self, now: Timestamp) {
        self.set_straight(false);
        self.tell(Event::Cancel, now);
    }

    pub(super) fn ask_to_send_anyway(&mut self) {
        let production = self.view().is_some_and(|v| v.production && !v.sandbox);
        self.overlays.push(Overlay::Question(send_anyway(u8::from(production))));
    }

    pub(super) fn answer_send_anyway(&mut self, more: u8, now: Timestamp) {
        if more == 0 {
            self.tell(Event::SendAnyway, now);
        } else {
            self.overlays.push(Overlay::Question(Question {
                title: "PRODUCTION: really?".into(),
                text: "This goes to production, against a rule the bank has written down. It is noted in the run."
                    .into(),
                ..send_anyway(more - 1)
            }));
        }
    }

    /// Asks whether the keys that are shown are the right ones. False: none wait for that.
    fn ask_about_keys(&mut self) -> bool {
        let Some(view) = self.view() else { return false };
        let Some(pin) = view.steps.get(view.current).and_then(|s| s.pin.as_ref()) else { return false };
        let title = if pin.is_changed() { "other keys than before: trust them?" } else { "trust these keys?" };
        self.overlays.push(Overlay::Question(Question {
            asked: Asked::Pin,
            title: title.into(),
            text:
                "From now on what these keys sign counts as the bank's. Say yes only after comparing the thumbprints \
                   with what the bank told on another way."
                    .into(),
            yes: "they are the bank's",
            no: "not yet",
        }));
        true
    }

    pub(super) fn proposes(&self) -> bool {
        self.view().is_some_and(RunView::proposes)
    }

    /// Opens the form of the step that asks. False: there is nothing to type.
    pub(super) fn open_answer(&mut self) -> bool {
        let Some(view) = self.view() else { return false };
        let Some(step) = view.steps.get(view.current).filter(|s| s.state == StepState::Waiting) else { return false };
        let Some(ask) = step.ask.as_ref().filter(|a| !a.ask.is_empty()) else { return false };
        let form = Form::new(Purpose::Answer, step.title.clone(), String::new(), &ask.ask);
        self.overlays.push(Overlay::Form(form));
        true
    }
}

fn send_anyway(more: u8) -> Question {
    Question {
        asked: Asked::SendAnyway { more },
        title: "send anyway?".into(),
        text: "A check that must hold failed. The bank will probably refuse. It is noted in the run.".into(),
        yes: "send it anyway",
        no: "do not send",
    }
}
