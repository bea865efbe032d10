//! Pane 3, lower box: one step, from the request before it is sent to the checks on what came back.

mod ask;
mod authorize;
mod checks;
mod draw;
mod headline;
mod listen;
mod parts;
mod preflight;
mod raw;
mod request;
mod response;
mod tls;
mod trouble;

pub use draw::{doc, doc_area, draw, tab_at};
pub use parts::json;
pub use raw::{received_text, sent_text};

use crate::flow::view::{CheckView, StepState, StepView};
use crate::redact::Redactor;
use crate::tui::doc::{Doc, DocState};

/// The views of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// What a person has to do, or what went wrong and what to do about it.
    Now,
    Request,
    Response,
    Checks,
    Raw,
    Tls,
}

#[derive(Debug, Default)]
pub struct StepPane {
    pub doc: DocState,
    /// Chosen by a person; holds until the step or its state changes.
    tab: Option<Tab>,
    /// What the choice was made for.
    shown: Option<(usize, StepState, u32)>,
}

impl StepPane {
    pub fn tab(&self, step: &StepView) -> Tab {
        self.tab.filter(|t| tabs(step).contains(t)).unwrap_or_else(|| usual(step))
    }

    pub fn turn(&mut self, step: &StepView, by: isize) {
        let tabs = tabs(step);
        let now = self.tab(step);
        let at = tabs.iter().position(|t| *t == now).unwrap_or(0);
        if let Some(next) = at.checked_add_signed(by).and_then(|i| tabs.get(i)) {
            self.choose(*next);
        }
    }

    pub fn choose(&mut self, tab: Tab) {
        self.tab = Some(tab);
        self.doc = DocState::default();
    }

    /// Another step, or a new state of this one: its usual tab, from the top.
    pub fn settle(&mut self, index: usize, step: &StepView) {
        let shown = Some((index, step.state, step.attempt));
        if self.shown != shown {
            self.shown = shown;
            self.tab = None;
            self.doc = DocState::default();
        }
    }
}

/// The tabs that have something to show.
pub fn tabs(step: &StepView) -> Vec<Tab> {
    let exchange = step.exchange.as_ref();
    let mut out = Vec::with_capacity(6);
    let waits = step.authorize.is_some() || step.listen.is_some();
    let sent_away = waits && step.state == StepState::Waiting;
    if step.error.is_some() || step.ask.is_some() || sent_away || step.state == StepState::Blocked {
        out.push(Tab::Now);
    }
    let made = !step.artefacts.is_empty() || !step.outputs.is_empty();
    if step.request.is_some() || made || out.is_empty() && exchange.is_none() {
        out.push(Tab::Request);
    }
    if exchange.is_some() {
        out.push(Tab::Response);
    }
    if !step.checks.is_empty() {
        out.push(Tab::Checks);
    }
    if let Some(exchange) = exchange {
        out.push(Tab::Raw);
        if exchange.tls.is_some() {
            out.push(Tab::Tls);
        }
    }
    out
}

/// What a person wants to see first in that state.
fn usual(step: &StepView) -> Tab {
    let tabs = tabs(step);
    let wish = match step.state {
        StepState::Waiting | StepState::Failed | StepState::Blocked => Tab::Now,
        StepState::Done if step.exchange.is_some() => Tab::Response,
        _ => Tab::Request,
    };
    if tabs.contains(&wish) { wish } else { tabs.first().copied().unwrap_or(Tab::Request) }
}

/// A check as every view shows it.
pub fn check(doc: &mut Doc<'_>, redactor: &Redactor, check: &CheckView) {
    checks::one(doc, redactor, check, None, true);
}
