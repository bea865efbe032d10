//! Help and palette: the same list of what can be done, for one pane or for all.

use super::App;
use crate::tui::keymap::{Action, Context, TABLE, bindings};
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::{Choice, Overlay};

impl App {
    /// The keys of this pane; Enter runs one.
    pub(super) fn open_help(&mut self) {
        let entries = bindings(self.focus.into()).map(|b| self.entry(b)).collect();
        self.overlays.push(Overlay::Choice(Choice::new("keys of this pane", self.focus, entries)));
    }

    /// Every command, every flow that can be started, every step of the run.
    pub(super) fn open_palette(&mut self) {
        let everywhere = |b: &&crate::tui::keymap::Binding| {
            b.contexts.iter().any(|c| {
                matches!(
                    c,
                    Context::Always
                        | Context::Everywhere
                        | Context::Keys
                        | Context::Flow
                        | Context::Step
                        | Context::Inspector
                )
            })
        };
        let mut entries: Vec<Entry> = TABLE.iter().filter(everywhere).map(|b| self.entry(b)).collect();
        for choice in self.profiles.choices() {
            let words = format!("start {}: {} / {}", choice.title, choice.profile, choice.environment);
            let id = format!("start-{}-{}-{}", choice.profile, choice.environment, choice.flow);
            entries.push(Entry { does: Does::Start(choice), keys: String::new(), id, words, reason: None });
        }
        if let Some(view) = self.view() {
            for (i, step) in view.steps.iter().enumerate() {
                let words = format!("go to step {}: {}", i + 1, step.title);
                entries.push(Entry {
                    does: Does::GoToStep(i),
                    keys: String::new(),
                    id: format!("step-{}", step.id),
                    words,
                    reason: None,
                });
            }
        }
        self.overlays.push(Overlay::Choice(Choice::new("commands", self.focus, entries)));
    }

    fn entry(&self, binding: &crate::tui::keymap::Binding) -> Entry {
        let reason = match binding.action {
            Action::Enter | Action::Escape => None,
            action => self.can(action).err().map(str::to_owned),
        };
        Entry {
            does: Does::Act(binding.action),
            keys: binding.keys(),
            id: binding.id.to_owned(),
            words: binding.words.to_owned(),
            reason,
        }
    }
}
