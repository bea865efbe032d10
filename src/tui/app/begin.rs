//! Beginning a run: what was chosen is prepared by the shell, and what is missing is asked for.

use std::collections::BTreeMap;

use super::{App, Current, Preparing};
use crate::flow::Event;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tui::engine::Engine;
use crate::tui::focus::PaneId;
use crate::tui::message::{Command, NoticeTone, Number, Problem};
use crate::tui::overlay::form::Purpose;
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Form, Overlay, Question};
use crate::tui::pane::flow::FlowPane;
use crate::tui::pane::profiles::Choice;

impl App {
    /// Starts a flow, or asks first whether the one under way may go.
    pub(super) fn start(&mut self, choice: Choice, now: Timestamp) {
        if self.in_flight() {
            let title = self.view().map_or_else(String::new, |v| v.flow_title.clone());
            self.overlays.push(Overlay::Question(Question {
                text: format!("“{title}” is under way. Starting another flow cancels it."),
                asked: Asked::Replace(choice),
                title: "start another flow?".into(),
                yes: "cancel it and start",
                no: "keep it",
            }));
        } else {
            self.prepare(choice, BTreeMap::new(), now);
        }
    }

    pub(super) fn prepare(&mut self, choice: Choice, inputs: BTreeMap<String, Secret>, now: Timestamp) {
        if self.in_flight() {
            self.cancel_now(now);
        }
        if let Some(old) = self.run.take() {
            self.out.push(Command::Forget { run: old.number });
        }
        self.hide();
        self.flow = FlowPane::default();
        self.inspector.index = 0;
        let number = self.number();
        let mut inputs = inputs;
        inputs.extend(choice.given.clone());
        let renewed = choice.renewal.iter().map(|r| (r.seat.role.clone(), r.uri.clone()));
        let bindings: BTreeMap<String, String> = renewed.collect();
        self.out.push(Command::Prepare {
            number,
            profile: choice.profile.clone(),
            environment: choice.environment.clone(),
            flow: choice.flow.clone(),
            inputs,
            bindings,
        });
        self.preparing = Some(Preparing { number, choice });
        self.go_to(PaneId::Flow);
    }

    pub(super) fn prepared(&mut self, number: Number, result: Result<Box<dyn Engine + Send>, Problem>, now: Timestamp) {
        if self.preparing.as_ref().is_none_or(|p| p.number != number) {
            return;
        }
        let Some(Preparing { choice, .. }) = self.preparing.take() else { return };
        match result {
            Ok(engine) => {
                self.keys.then_choose = None;
                self.run = Some(Current { number, engine, choice, production_allowed: false, straight: false });
                self.tell(Event::Start, now);
            }
            Err(problem) if !problem.needs.is_empty() => {
                let title = format!("{}: needed before it can start", choice.title);
                let form = Form::new(Purpose::Inputs(choice), title, problem.text, &problem.needs);
                self.overlays.push(Overlay::Form(form));
            }
            Err(problem) => {
                let hint = problem.hint.map_or(String::new(), |h| format!(" {h}"));
                self.say(NoticeTone::Bad, format!("{}{hint}", problem.text), now);
                self.go_to(PaneId::Profiles);
            }
        }
    }
}
