//! A profile of one's own, from the bank and the run that are looked at.

use std::collections::BTreeMap;

use super::App;
use crate::flow::view::AskField;
use crate::secret::Secret;
use crate::shell::NewProfile;
use crate::tui::overlay::Overlay;
use crate::tui::overlay::form::{Form, Purpose};

impl App {
    pub(super) fn can_save(&self) -> Result<(), &'static str> {
        if self.settings.demo {
            return Err("the demo keeps nothing: start countersign without it");
        }
        match self.to_be_saved() {
            Some(_) => Ok(()),
            None => Err("choose a bank's environment first, or start a flow"),
        }
    }

    /// Profile, its name, environment, and the values of the run.
    fn to_be_saved(&self) -> Option<(String, String, String, BTreeMap<String, Secret>)> {
        let run = self.run.as_ref().map(|r| &r.choice);
        if let Some(choice) = run.filter(|_| self.focus_is_on_run()) {
            let (profile, name) = (choice.profile.clone(), choice.profile_name.clone());
            return Some((profile, name, choice.environment.clone(), choice.given.clone()));
        }
        let (bank, environment) = self.profiles.place()?;
        let of_run = run.filter(|c| c.profile == bank.id && c.environment == environment.name);
        let given = of_run.map(|c| c.given.clone()).unwrap_or_default();
        Some((bank.id.clone(), bank.name.clone(), environment.name.clone(), given))
    }

    pub(super) fn ask_to_save(&mut self) {
        let Some((from, name, environment, values)) = self.to_be_saved() else { return };
        let given: Vec<&str> = values.keys().map(String::as_str).collect();
        let given = if given.is_empty() { "none were given".to_owned() } else { given.join(", ") };
        let about = format!(
            "{name}, {environment}: the keys that are bound here, and the values of this run ({given}). Nothing secret or \
             personal is written."
        );
        let id = AskField {
            default: Some(format!("my-{from}")),
            ..AskField::public("id", "id", "lower-case letters, digits, hyphens: what `countersign run ID FLOW` takes")
        };
        let new = NewProfile { id: String::new(), from, environment, values };
        self.overlays.push(Overlay::Form(Form::new(Purpose::SaveProfile(new), "save a profile", about, &[id])));
    }
}
