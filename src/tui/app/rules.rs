//! The token that is shown, held against a bank's rules: which there are, and whose are chosen.

use super::App;
use crate::flow::lint::Takes;
use crate::profile::Summary;
use crate::tui::focus::PaneId;
use crate::tui::item::looks_like_token;
use crate::tui::overlay::choice::{Does, Entry};
use crate::tui::overlay::{Choice, Overlay};
use crate::tui::pane::inspector::Rules;

impl App {
    /// A list of whose rules there are; those for tokens of another kind say so.
    pub(super) fn open_rules(&mut self) {
        let entry = |rules: Option<Rules>, id: String, words: String, reason| Entry {
            does: Does::HoldTo(rules),
            keys: String::new(),
            id,
            words,
            reason,
        };
        let mut entries = Vec::new();
        if self.inspector.rules.is_some() {
            entries.push(entry(None, "none".into(), "none: only what holds of every token".into(), None));
        }
        let shown = self.shown_token().filter(|s| looks_like_token(s.text));
        let is = shown.map(|s| if s.text.matches('.').count() == 4 { Takes::Sealed } else { Takes::Signed });
        let message = self.inspector.whole.as_ref().is_some_and(|w| w.request.is_some() || w.response.is_some());
        let mut others = Vec::new();
        for summary in &self.profiles.all {
            let Some(environment) = self.environment_of(summary) else { continue };
            for set in summary.rules.iter().filter(|set| message || set.takes != Takes::Message) {
                let name = format!("{}/{}", summary.id, set.name);
                let words = format!("{name}  {} ({environment})", set.title);
                let reason = match (is, set.takes) {
                    (Some(Takes::Sealed), Takes::Signed) => Some("this token is encrypted".to_owned()),
                    (Some(Takes::Signed), Takes::Sealed) => Some("an encrypted token is due there".to_owned()),
                    _ => None,
                };
                let list = if reason.is_some() { &mut others } else { &mut entries };
                let rules = Rules { name: name.clone(), environment: environment.clone() };
                list.push(entry(Some(rules), name, words, reason));
            }
        }
        entries.append(&mut others);
        self.overlays.push(Overlay::Choice(Choice::new("whose rules", self.focus, entries)));
    }

    pub(super) fn hold_to(&mut self, rules: Option<Rules>) {
        self.inspector.rules = rules;
        self.go_to(PaneId::Inspector);
    }

    /// That of the run where it is this profile's, else the first that is no embedded bank.
    fn environment_of(&self, summary: &Summary) -> Option<String> {
        let of_run = self.view().filter(|v| v.profile == summary.id).map(|v| v.environment.clone());
        let usable = || summary.environments.iter().filter(|e| e.disabled.is_none());
        let other = || usable().find(|e| !e.sandbox).or_else(|| usable().next()).map(|e| e.name.clone());
        of_run.or_else(other)
    }
}
