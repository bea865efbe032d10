//! Pane 1: banks, their environments, and the flows of the one that is open.

mod draw;

pub use draw::{draw, row_at};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::profile::{EnvironmentSummary, FlowSummary, Summary};
use crate::secret::Secret;
use crate::shell::{ProfileChange, Seat};
use crate::tui::filter;
use crate::tui::message::Number;
use crate::tui::overlay::Form;

/// A row of the list, by position in the summaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowId {
    /// A heading; nothing to choose.
    Bank(usize),
    Environment(usize, usize),
    Flow(usize, usize, usize),
}

/// A flow of a bank in an environment, by name: what a run is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub profile: String,
    pub profile_name: String,
    pub environment: String,
    pub production: bool,
    pub flow: String,
    pub title: String,
    /// The run is to give a role another key.
    pub renewal: Option<Renewal>,
    /// Inputs that are known already.
    pub given: BTreeMap<String, Secret>,
}

impl Choice {
    #[must_use]
    pub fn with(mut self, input: &str, value: Secret) -> Self {
        self.given.insert(input.to_owned(), value);
        self
    }
}

/// A registration that is replaced for a new certificate: the role's key in the run, and from its good end on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewal {
    pub seat: Seat,
    pub uri: String,
}

#[derive(Default)]
pub struct ProfilesPane {
    pub all: Vec<Summary>,
    pub loaded: bool,
    pub filter: String,
    /// The environment whose flows show.
    open: Option<(usize, usize)>,
    pub selected: Option<RowId>,
    pub top: usize,
    /// Changes of this session that can be taken back, the last at the end.
    pub undo: Vec<ProfileChange>,
    /// Those that were taken back.
    pub redo: Vec<ProfileChange>,
    /// The change of either that is on its way: it stays where it is until it was made.
    pub turning: Option<Number>,
    /// What was typed for an order that is not answered yet.
    pub form: Option<(Number, Form)>,
    /// The profile to which the cursor goes as soon as it is listed.
    expected: Option<String>,
    /// The rows as they were last asked for.
    listed: RefCell<Option<Listed>>,
}

/// Rows, and all that they follow besides the summaries.
#[derive(Debug)]
struct Listed {
    filter: String,
    open: Option<(usize, usize)>,
    rows: Rc<[RowId]>,
}

impl ProfilesPane {
    /// That change was made, or cannot be any more: it waits in neither list.
    pub fn drop_turn(&mut self, change: &ProfileChange) {
        for list in [&mut self.undo, &mut self.redo] {
            if let Some(at) = list.iter().rposition(|c| c == change) {
                list.remove(at);
            }
        }
    }

    /// The cursor stays where it stands, by names; where it stood nowhere, see [`Self::start`].
    pub fn set(&mut self, all: Vec<Summary>) {
        self.loaded = true;
        let named = |(p, e): (usize, usize)| Some((self.all.get(p)?.id.clone(), self.environment(p, e)?.name.clone()));
        let open = self.open.and_then(named);
        let stood = self.place().map(|(profile, env)| (profile.id.clone(), env.name.clone()));
        let flow = self.chosen_flow().map(|f| f.id.clone());
        self.all = all;
        self.listed = RefCell::default();
        if let Some(id) = self.expected.take() {
            self.expect(&id);
            if self.expected.is_none() {
                return;
            }
        }
        let Some((id, env)) = stood else { return self.start() };
        let Some((p, e)) = self.spot(&id, &env) else {
            self.start();
            // it may be listed later
            self.expected.get_or_insert(id);
            return;
        };
        self.open = open.and_then(|(id, env)| self.spot(&id, &env));
        let flow = flow.and_then(|id| self.all[p].flows.iter().position(|f| f.id == id));
        self.selected = Some(flow.map_or(RowId::Environment(p, e), |f| RowId::Flow(p, e, f)));
    }

    /// The first bank that answers inside the program is open, and the cursor stands on its first flow.
    fn start(&mut self) {
        let places = || {
            let all = self.all.iter().enumerate();
            all.flat_map(|(p, s)| s.environments.iter().enumerate().map(move |(e, env)| (p, e, env)))
        };
        let first = places()
            .find(|(.., env)| env.sandbox && env.disabled.is_none())
            .or_else(|| places().find(|(.., env)| env.disabled.is_none()));
        self.open = first.map(|(p, e, _)| (p, e));
        self.selected = self.open.map(|(p, e)| match self.all[p].flows.is_empty() {
            true => RowId::Environment(p, e),
            false => RowId::Flow(p, e, 0),
        });
    }

    /// That environment of that profile, or its first where it has no such one.
    fn spot(&self, profile: &str, environment: &str) -> Option<(usize, usize)> {
        let p = self.all.iter().position(|s| s.id == profile)?;
        let environments = &self.all[p].environments;
        let e = environments.iter().position(|e| e.name == environment).unwrap_or(0);
        (!environments.is_empty()).then_some((p, e))
    }

    /// What passes the filter, banks with what is below them.
    pub fn rows(&self) -> Rc<[RowId]> {
        let mut listed = self.listed.borrow_mut();
        if let Some(listed) = listed.as_ref().filter(|l| l.filter == self.filter && l.open == self.open) {
            return listed.rows.clone();
        }
        let rows: Rc<[RowId]> = self.list().into();
        *listed = Some(Listed { filter: self.filter.clone(), open: self.open, rows: rows.clone() });
        rows
    }

    fn list(&self) -> Vec<RowId> {
        let mut out = Vec::new();
        for (p, summary) in self.all.iter().enumerate() {
            let country = summary.country.as_deref().unwrap_or_default();
            // most of the time there is no filter, and nothing to put together for it
            let passes = |below: &[&str]| {
                self.filter.is_empty() || {
                    let of_bank = [summary.name.as_str(), &summary.id, country];
                    filter::keeps(&self.filter, &[&of_bank[..], below].concat().join(" "))
                }
            };
            let mut below = Vec::new();
            for (e, env) in summary.environments.iter().enumerate() {
                let whole = passes(&[&env.name, &env.label]);
                let is_open = self.open == Some((p, e));
                let flows: Vec<RowId> = summary
                    .flows
                    .iter()
                    .enumerate()
                    .filter(|(_, f)| {
                        env.disabled.is_none()
                            && if whole { is_open } else { passes(&[&env.name, &env.label, &f.id, &f.title]) }
                    })
                    .map(|(f, _)| RowId::Flow(p, e, f))
                    .collect();
                if whole || !flows.is_empty() {
                    below.push(RowId::Environment(p, e));
                    below.extend(flows);
                }
            }
            if !below.is_empty() {
                out.push(RowId::Bank(p));
                out.extend(below);
            }
        }
        out
    }

    pub fn environment(&self, p: usize, e: usize) -> Option<&EnvironmentSummary> {
        self.all.get(p)?.environments.get(e)
    }

    pub fn flow(&self, p: usize, f: usize) -> Option<&FlowSummary> {
        self.all.get(p)?.flows.get(f)
    }

    pub fn is_open(&self, p: usize, e: usize) -> bool {
        self.open == Some((p, e))
    }

    /// The profile and environment under the cursor.
    pub fn place(&self) -> Option<(&Summary, &EnvironmentSummary)> {
        let (p, e) = match self.selected? {
            RowId::Bank(_) => return None,
            RowId::Environment(p, e) | RowId::Flow(p, e, _) => (p, e),
        };
        Some((self.all.get(p)?, self.environment(p, e)?))
    }

    /// The flow under the cursor.
    pub fn chosen_flow(&self) -> Option<&FlowSummary> {
        match self.selected? {
            RowId::Flow(p, _, f) => self.flow(p, f),
            _ => None,
        }
    }

    pub fn chosen_steps(&self) -> usize {
        self.chosen_flow().map_or(0, |f| f.steps.len())
    }

    pub fn choice(&self) -> Option<Choice> {
        let (summary, env) = self.place()?;
        let flow = self.chosen_flow()?;
        Some(choice(summary, env, flow))
    }

    /// The flow that refreshes that token set.
    pub fn refreshing(&self, profile: &str, environment: &str, set: &str) -> Option<Choice> {
        let summary = self.all.iter().find(|s| s.id == profile)?;
        let env = summary.environments.iter().find(|e| e.name == environment && e.disabled.is_none())?;
        let flow = summary.flows.iter().find(|f| f.refreshes.iter().any(|name| name == set))?;
        Some(choice(summary, env, flow))
    }

    /// The flow of that id.
    pub fn flow_of(&self, profile: &str, environment: &str, flow: &str) -> Option<Choice> {
        let summary = self.all.iter().find(|s| s.id == profile)?;
        let env = summary.environments.iter().find(|e| e.name == environment && e.disabled.is_none())?;
        Some(choice(summary, env, summary.flows.iter().find(|f| f.id == flow)?))
    }

    /// Moves over rows that can be chosen. A jump past an end stops there.
    pub fn go_by(&mut self, by: isize) {
        self.expected = None;
        let rows: Vec<RowId> = self.rows().iter().filter(|r| !matches!(r, RowId::Bank(_))).copied().collect();
        let now = self.selected.and_then(|s| rows.iter().position(|r| *r == s));
        let next = now.map_or(0, |n| n.saturating_add_signed(by)).min(rows.len().saturating_sub(1));
        self.selected = rows.get(next).copied();
    }

    /// The cursor on that environment, opened, or on a flow of it. What a filter hides is not found: it goes.
    pub fn go_to(&mut self, profile: &str, environment: &str, flow: Option<&str>) {
        self.expected = None;
        let Some(p) = self.all.iter().position(|s| s.id == profile) else { return };
        let bank = &self.all[p];
        let Some(e) = bank.environments.iter().position(|e| e.name == environment) else { return };
        let flow = flow.and_then(|id| bank.flows.iter().position(|f| f.id == id));
        self.filter.clear();
        self.open = Some((p, e));
        self.selected = Some(flow.map_or(RowId::Environment(p, e), |f| RowId::Flow(p, e, f)));
    }

    /// The cursor on that profile, now or as soon as it is listed; a person who moves meanwhile goes where they want.
    pub fn expect(&mut self, id: &str) {
        if self.place().is_some_and(|(profile, _)| profile.id == id) {
            self.expected = None;
            return;
        }
        let env = self.spot(id, "").and_then(|(p, e)| self.environment(p, e)).map(|e| e.name.clone());
        match env {
            Some(env) => self.go_to(id, &env, None),
            None => self.expected = Some(id.to_owned()),
        }
    }

    pub fn select(&mut self, row: RowId) {
        if !matches!(row, RowId::Bank(_)) {
            self.selected = Some(row);
        }
    }

    /// Shows the flows of the environment under the cursor, and goes to the first of them.
    pub fn open_selected(&mut self) {
        if let Some(RowId::Environment(p, e)) = self.selected {
            self.open = Some((p, e));
            if self.all.get(p).is_some_and(|s| !s.flows.is_empty())
                && self.environment(p, e).is_some_and(|e| e.disabled.is_none())
            {
                self.selected = Some(RowId::Flow(p, e, 0));
            }
        }
    }

    pub fn close_selected(&mut self) {
        match self.selected {
            Some(RowId::Flow(p, e, _)) => self.selected = Some(RowId::Environment(p, e)),
            Some(RowId::Environment(p, e)) if self.is_open(p, e) => self.open = None,
            _ => {}
        }
    }

    /// The cursor on a row that is there.
    pub fn settle(&mut self) {
        let rows = self.rows();
        if self.selected.is_none_or(|s| !rows.contains(&s)) {
            let flow = rows.iter().find(|r| matches!(r, RowId::Flow(..)));
            self.selected = flow.or_else(|| rows.iter().find(|r| !matches!(r, RowId::Bank(_)))).copied();
        }
    }
}

fn choice(summary: &Summary, env: &EnvironmentSummary, flow: &FlowSummary) -> Choice {
    Choice {
        profile: summary.id.clone(),
        profile_name: summary.name.clone(),
        environment: env.name.clone(),
        production: env.production && !env.sandbox,
        flow: flow.id.clone(),
        title: flow.title.clone(),
        renewal: None,
        given: BTreeMap::new(),
    }
}
