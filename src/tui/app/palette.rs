//! Help and palette: the same list of what can be done, for one pane or for all.

use std::collections::BTreeSet;

use super::App;
use crate::flow::core::core;
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::keymap::{Action, Binding, Context, TABLE, bindings};
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::{Choice, Listing, Overlay, Report};

/// As many of the last used are remembered.
const RECENT: usize = 24;

impl App {
    /// The keys of this pane; Enter runs one.
    pub(super) fn open_help(&mut self) {
        let entries = bindings(self.focus.into()).map(|b| self.entry(b)).collect();
        let choice = Choice::new("keys of this pane", self.focus, Vec::new()).offering(entries, &self.recent);
        self.overlays.push(Overlay::Choice(choice));
    }

    /// Every command, bank, flow, key, step, kept token, check and error.
    pub(super) fn open_palette(&mut self) {
        let mut choice = Choice::new("commands", self.focus, Vec::new());
        choice.is_palette = true;
        let choice = choice.offering(self.everything(), &self.recent);
        self.overlays.push(Overlay::Choice(choice));
        // those that are kept are read from disk: they join when they are there
        self.out.push(Command::ListTokens);
    }

    /// What it offers may have changed.
    pub(super) fn renew_palette(&mut self) {
        if !matches!(self.overlays.last(), Some(Overlay::Choice(choice)) if choice.is_palette) {
            return;
        }
        let entries = self.everything();
        if let Some(Overlay::Choice(choice)) = self.overlays.pop() {
            self.overlays.push(Overlay::Choice(choice.offering(entries, &self.recent)));
        }
    }

    fn everything(&self) -> Vec<Entry> {
        let mut out: Vec<Entry> = TABLE.iter().filter_map(|b| self.command(b)).collect();
        self.steps(&mut out);
        self.banks(&mut out);
        let keys = self.keys.all().filter(|k| !k.is_store());
        out.extend(keys.map(|k| {
            let words = format!("go to key {}: {} {}", k.label, k.uri, k.alg);
            Entry::new(Does::GoToKey(k.uri.clone()), format!("key-{}", k.label), words)
        }));
        out.extend(self.tokens.iter().enumerate().map(|(i, row)| {
            let label = &row.label;
            let words = format!("go to token {} of {} / {}", label.set, label.profile, label.environment);
            Entry::new(Does::GoToToken(i), format!("token-{}-{}", label.profile, label.set), words)
        }));
        self.meanings(&mut out);
        out
    }

    /// A row of the table, unless it belongs to a window that is open only then.
    fn command(&self, binding: &Binding) -> Option<Entry> {
        let of = |wanted: &[Context]| binding.contexts.iter().any(|c| wanted.contains(c));
        let panes = [Context::Profiles, Context::Keys, Context::Flow, Context::Step, Context::Inspector];
        if of(&[Context::Always, Context::Everywhere]) || of(&panes) {
            return Some(self.entry(binding));
        }
        // what is done in a list: the list opens
        let (list, place) = match binding.contexts {
            [Context::Tokens] => (Action::Tokens, "in the list of tokens"),
            [Context::Clients] => (Action::Clients, "in the list of registrations"),
            _ => return None,
        };
        let list_key = self.keymap.short(list).unwrap_or_default();
        let keys = format!("{list_key} {}", self.keymap.key(binding)?);
        let words = format!("{place}: {}", binding.words);
        let close = binding.action == Action::Close;
        (!close).then(|| Entry { keys, ..Entry::new(Does::Act(list), binding.id, words) })
    }

    fn steps(&self, out: &mut Vec<Entry>) {
        for (i, step) in self.view().into_iter().flat_map(|v| &v.steps).enumerate() {
            let words = format!("go to step {}: {}", i + 1, step.title);
            out.push(Entry::new(Does::GoToStep(i), format!("step-{}", step.id), words));
        }
    }

    fn banks(&self, out: &mut Vec<Entry>) {
        for bank in &self.profiles.all {
            for env in &bank.environments {
                let place = format!("{} / {}", bank.name, env.name);
                let of = |flow: Option<String>| Does::GoToBank {
                    profile: bank.id.clone(),
                    environment: env.name.clone(),
                    flow,
                };
                let id = format!("bank-{}-{}", bank.id, env.name);
                let entry = Entry::new(of(None), id, format!("go to bank {place} ({})", bank.id));
                out.push(Entry { reason: env.disabled.clone(), ..entry });
                for flow in bank.flows.iter().filter(|_| env.disabled.is_none()) {
                    let id = format!("flow-{}-{}-{}", bank.id, env.name, flow.id);
                    let words = format!("go to flow {}: {place} ({} {})", flow.title, bank.id, flow.id);
                    out.push(Entry::new(of(Some(flow.id.clone())), id, words));
                }
            }
        }
    }

    /// Checks of this run first, then those that hold everywhere, then errors.
    fn meanings(&self, out: &mut Vec<Entry>) {
        let core = core();
        let of_run = self.view().into_iter().flat_map(|v| &v.steps).flat_map(|s| &s.checks);
        let all = of_run
            .map(|c| (c.id.as_str(), c.say.as_str()))
            .chain(core.all().map(|c| (c.id.as_str(), c.say.source())))
            .chain(core.errors.iter().filter_map(|e| Some((e.code.as_deref()?, e.likely.as_deref()?))));
        let mut seen = BTreeSet::new();
        for (id, say) in all {
            if seen.insert(id) {
                let words = format!("explain {id}: {}", self.redactor().mask_text(say));
                out.push(Entry::new(Does::Explain(id.to_owned()), format!("explain-{id}"), words));
            }
        }
    }

    fn entry(&self, binding: &Binding) -> Entry {
        let elsewhere = self.pane_elsewhere(binding);
        let reason = match binding.action {
            Action::Enter | Action::Escape => None,
            action => self.can_in(action, elsewhere.unwrap_or(self.focus)).err().map(str::to_owned),
        };
        let does = elsewhere.map_or(Does::Act(binding.action), |pane| Does::ActIn(pane, binding.action));
        Entry { keys: self.keymap.keys(binding), reason, ..Entry::new(does, binding.id, binding.words) }
    }

    /// Where a row holds that does not hold here, and whose action does something else in other panes.
    fn pane_elsewhere(&self, binding: &Binding) -> Option<PaneId> {
        let in_pane = |b: &Binding, pane: PaneId| b.contexts.contains(&Context::from(pane));
        let other = TABLE.iter().any(|b| b.action == binding.action && b.id != binding.id);
        let pane = PaneId::ALL.into_iter().find(|pane| in_pane(binding, *pane))?;
        (other && !in_pane(binding, self.focus)).then_some(pane)
    }

    /// Does what the chosen entry says.
    pub(super) fn run_choice(&mut self, now: Timestamp) {
        let reason = match self.overlays.last() {
            Some(Overlay::Choice(choice)) => choice.chosen().filter(|e| e.does.is_a_pick()),
            _ => None,
        }
        .and_then(|e| e.reason.clone());
        if let Some(reason) = reason {
            return self.say(NoticeTone::Warn, format!("not this one: {reason}"), now);
        }
        let Some(Overlay::Choice(choice)) = self.overlays.pop() else { return };
        let Some(entry) = choice.chosen().cloned() else { return };
        if !entry.does.is_a_pick() {
            self.recent.retain(|id| *id != entry.id);
            self.recent.insert(0, entry.id);
            self.recent.truncate(RECENT);
        }
        match entry.does {
            Does::Act(action) => self.act(action, now),
            Does::ActIn(pane, action) => {
                self.go_to(pane);
                self.act(action, now);
            }
            Does::Key(choice) => self.key_chosen(choice, now),
            Does::Explore(what) => self.explore(what, now),
            Does::HoldTo(rules) => self.hold_to(rules),
            Does::WriteRun(order) => self.out.push(Command::History(order)),
            Does::GoToBank { profile, environment, flow } => {
                self.profiles.go_to(&profile, &environment, flow.as_deref());
                self.go_to(PaneId::Profiles);
            }
            Does::GoToStep(index) => {
                let current = self.view().map_or(0, |v| v.current);
                self.flow.go_to(index, current);
                self.go_to(PaneId::Step);
            }
            Does::GoToKey(uri) => {
                self.keys.filter.clear();
                self.keys.expect(&uri);
                self.go_to(PaneId::Keys);
            }
            Does::GoToToken(at) => {
                self.open_tokens();
                if let Some(Overlay::Tokens(list)) = self.overlays.last_mut() {
                    *list = Listing::at(at);
                }
            }
            Does::Explain(word) => self.out.push(Command::Explain { word }),
        }
    }

    /// What a check or an error means is there.
    pub(super) fn explained(&mut self, word: String, text: Option<String>, now: Timestamp) {
        match text {
            Some(text) => self.overlays.push(Overlay::Report(Report::new(word, "explanation", text, None))),
            None => self.say(NoticeTone::Warn, format!("nothing more is known of {word}"), now),
        }
    }
}
