//! A run with what is told of it: every event is sealed, kept for the run's own report, and appended to its file.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::session::Order;
use crate::flow::view::{RunStatus, RunView};
use crate::flow::{Effect, Event, Run};
use crate::history::{Telling, clock, done, seal};
use crate::profile::model::{Input, Profile};
use crate::secret::{Class, class_of_name};
use crate::store::history::Record;
use crate::store::{History, StoreError};
use crate::time::Timestamp;

/// Bytes of a body that are kept.
const LARGEST_KEPT: usize = 256 << 10;
/// Characters of an input that is kept.
const LONGEST_INPUT: usize = 4096;
/// Bytes of one run that are kept in memory.
const MOST: usize = 16 << 20;

/// With what a run was begun, as far as it may be kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Began {
    inputs: Map<String, Json>,
    /// Inputs that were set and are not kept.
    withheld: Vec<String>,
    bindings: BTreeMap<String, String>,
    chains: BTreeMap<String, String>,
}

impl Began {
    /// `of_flow`: the inputs of the flow and of those it uses.
    pub fn of(order: &Order, profile: &Profile, of_flow: &[&Input]) -> Self {
        let mut began = Self {
            bindings: order.bindings.iter().map(|(role, uri)| (role.clone(), uri.to_string())).collect(),
            chains: order.chains.clone(),
            ..Self::default()
        };
        for (name, value) in &order.inputs {
            let inputs = profile.inputs.iter().chain(of_flow.iter().copied()).filter(|i| i.name == *name);
            let class = inputs.map(|i| i.class).fold(class_of_name(name), Class::max);
            let text = value.expose();
            if class == Class::Public
                && text.len() <= LONGEST_INPUT
                && !text.contains("eyJ")
                && !text.contains("-----BEGIN")
            {
                began.inputs.insert(name.clone(), text.into());
            } else {
                began.withheld.push(name.clone());
            }
        }
        began
    }
}

/// A run that tells what becomes of it.
pub struct Recorded {
    run: Run,
    began: Began,
    telling: Telling,
    history: History,
    record: Option<Record>,
    events: Vec<Arc<Json>>,
    bytes: usize,
    trouble: Option<StoreError>,
    started: bool,
    ended: bool,
}

impl Recorded {
    pub(super) fn new(run: Run, began: Began, history: History) -> Self {
        Self {
            run,
            began,
            telling: Telling::new(LARGEST_KEPT),
            history,
            record: None,
            events: Vec::new(),
            bytes: 0,
            trouble: None,
            started: false,
            ended: false,
        }
    }

    /// The only way anything changes.
    pub fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect> {
        let effects = self.run.handle(event, now);
        if !self.started {
            self.started = true;
            self.begin(now);
        }
        for event in self.telling.news(self.run.view()) {
            self.keep(event, now);
        }
        let status = self.run.view().status;
        if status.is_over() && !self.ended {
            let word = match status {
                RunStatus::Done => "done",
                RunStatus::Cancelled => "cancelled",
                _ => "failed",
            };
            self.end(word, None, now);
        }
        // a step may be done again
        self.ended = status.is_over();
        effects
    }

    fn begin(&mut self, now: Timestamp) {
        let view = self.run.view();
        match self.history.begin(&view.id, now) {
            Ok(record) => self.record = record,
            Err(e) => self.trouble = Some(e),
        }
        let mut event = Telling::run(view);
        event["software"] = format!("countersign {}", env!("CARGO_PKG_VERSION")).into();
        event["inputs"] = Json::Object(self.began.inputs.clone());
        event["withheld"] = json!(self.began.withheld);
        event["bindings"] = json!(self.began.bindings);
        event["chains"] = json!(self.began.chains);
        self.keep(event, now);
    }

    /// Ends what is kept, where the run itself goes no further: `waiting` for a person, stopped by a check.
    pub fn end(&mut self, status: &str, end: Option<&(String, String, String)>, now: Timestamp) {
        if !self.ended {
            self.ended = true;
            let event = done(self.run.view(), status, end);
            self.keep(event, now);
        }
    }

    fn keep(&mut self, mut event: Json, now: Timestamp) {
        seal(&mut event, &self.run.view().redactor);
        event["at"] = clock(now).into();
        if let Some(record) = &mut self.record
            && let Err(e) = record.append(&event)
        {
            self.trouble = Some(e);
            self.record = None;
        }
        self.bytes = self.bytes.saturating_add(event.to_string().len());
        if self.bytes <= MOST {
            self.events.push(Arc::new(event));
        }
    }

    pub fn view(&self) -> &RunView {
        self.run.view()
    }

    /// As [`Run::output`].
    pub fn output(&self, name: &str, now: Timestamp) -> Option<String> {
        self.run.output(name, now)
    }

    pub fn profile(&self) -> &Arc<Profile> {
        self.run.profile()
    }

    /// What was told until now, sealed.
    pub fn events(&self) -> Vec<Json> {
        self.events.iter().map(|event| Json::clone(event)).collect()
    }

    /// Why it is not kept any more; told once.
    pub fn take_trouble(&mut self) -> Option<StoreError> {
        self.trouble.take()
    }
}
