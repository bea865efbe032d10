//! What a person does with profiles of their own: each act becomes one order to the shell.

use super::App;
use crate::flow::view::AskField;
use crate::profile::Summary;
use crate::secret::Secret;
use crate::shell::{NewProfile, OwnFile, ProfileChange, ProfileOrder, ReadFor, Way};
use crate::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, Editing, NoticeTone};
use crate::tui::overlay::form::{Form, Purpose};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Overlay, Question};

const OF_THE_PROGRAM: &str = "a bank is part of the program: w or c makes a profile of your own";

impl App {
    /// Why an act cannot be done now.
    pub(super) fn can_with_profile(&self, action: Action) -> Result<(), &'static str> {
        if self.settings.demo {
            return Err("the demo keeps nothing: start countersign without it");
        }
        let here = self.profiles.place().map(|(profile, _)| profile);
        match (action, here) {
            (Action::Import, _) => Ok(()),
            (Action::Undo | Action::Redo, _) if self.profiles.turning.is_some() => {
                Err("the change before is on its way")
            }
            (Action::Undo, _) if self.profiles.undo.is_empty() => Err("nothing to undo: no profile was changed"),
            (Action::Redo, _) if self.profiles.redo.is_empty() => Err("nothing was taken back"),
            (Action::Undo | Action::Redo, _) => Ok(()),
            (_, None) => Err("choose a profile in pane 1 first"),
            (Action::Edit, Some(p)) if p.own && !p.saved => {
                Err("a bank that you wrote yourself has no environment or values of its own: E opens its file")
            }
            (_, Some(p)) if p.own => Ok(()),
            // a profile of one's own is made from it
            (Action::Clone, Some(_)) => Ok(()),
            _ => Err(OF_THE_PROGRAM),
        }
    }

    pub(super) fn act_with_profile(&mut self, action: Action) {
        match action {
            Action::Import => self.ask_for_file(),
            Action::Undo => self.turn_change(self.profiles.undo.last().cloned(), Way::Back),
            Action::Redo => self.turn_change(self.profiles.redo.last().cloned(), Way::Again),
            _ => {
                let Some((profile, _)) = self.profiles.place() else { return };
                let (id, own) = (profile.id.clone(), profile.own);
                match action {
                    Action::Edit => self.profile_order(ProfileOrder::Look { id }, None),
                    Action::Editor => self.profile_order(ProfileOrder::Read { id, why: ReadFor::Editor }, None),
                    Action::Clone if own => self.ask_to_clone(),
                    Action::Clone => self.ask_to_save(),
                    Action::Delete => self.ask_to_delete_profile(),
                    _ => {}
                }
            }
        }
    }

    /// The id of the profile under the cursor, where its file is the person's own.
    pub(super) fn own_profile_here(&self) -> Option<&str> {
        let on_it = self.focus == crate::tui::focus::PaneId::Profiles;
        self.profiles.place().filter(|(p, _)| on_it && p.own).map(|(p, _)| p.id.as_str())
    }

    pub(super) fn export_profile(&mut self) {
        if let Some(id) = self.own_profile_here().map(str::to_owned) {
            self.profile_order(ProfileOrder::Read { id, why: ReadFor::Export }, None);
        }
    }

    /// Gives the shell something to do. What was typed comes back to be corrected where it fails.
    pub(super) fn profile_order(&mut self, order: ProfileOrder, form: Option<Form>) {
        let number = self.number();
        self.profiles.form = form.map(|form| (number, form));
        self.out.push(Command::Profile { number, order });
    }

    fn turn_change(&mut self, change: Option<ProfileChange>, way: Way) {
        let Some(change) = change else { return };
        let number = self.number();
        self.profiles.turning = Some(number);
        self.out.push(Command::Profile { number, order: ProfileOrder::Turn(change, way) });
    }

    fn ask_to_clone(&mut self) {
        let Some((profile, environment)) = self.profiles.place() else { return };
        let id = AskField {
            default: Some(free_id(&profile.id, &self.profiles.all)),
            ..AskField::public("id", "new id", "lower-case letters, digits, hyphens")
        };
        let mut ask = vec![id];
        // a saved profile shows its own environment alone: its bank has the others
        let bank = self.profiles.all.iter().find(|s| Some(&s.id) == profile.extends.as_ref());
        let usable = bank.into_iter().flat_map(|b| &b.environments).filter(|e| e.disabled.is_none());
        let options: Vec<String> = usable.map(|e| e.name.clone()).collect();
        if profile.saved && options.len() > 1 {
            let help = "in another one, keys and values stay as they are; approved keys of others do not come along";
            ask.push(AskField {
                default: Some(environment.name.clone()),
                options,
                ..AskField::public("environment", "environment", help)
            });
        }
        let about = format!("{}: the same keys, values and rules under another id.", profile.name);
        let purpose = Purpose::CloneProfile { id: profile.id.clone() };
        self.overlays.push(Overlay::Form(Form::new(purpose, format!("clone {}", profile.id), about, &ask)));
    }

    fn ask_to_delete_profile(&mut self) {
        let Some((profile, _)) = self.profiles.place() else { return };
        let id = profile.id.clone();
        let on_it = |s: &&Summary| s.extends.as_ref() == Some(&id);
        let users: Vec<&str> = self.profiles.all.iter().filter(on_it).map(|s| s.id.as_str()).collect();
        let used = match users[..] {
            [] => String::new(),
            _ => format!(" It is what {} builds on: that cannot be used without it.", users.join(", ")),
        };
        let text = format!(
            "{id} ({}) goes to the bin for {} days; u brings it back. Its keys, tokens and registrations stay where they \
             are, and nothing changes at the bank.{used}",
            profile.name,
            crate::store::BIN_DAYS
        );
        self.overlays.push(Overlay::Question(Question {
            asked: Asked::DeleteProfile { id },
            title: "delete a profile?".into(),
            text,
            yes: "delete it",
            no: "keep it",
        }));
    }

    fn ask_for_file(&mut self) {
        let file = AskField::public("file", "file", "a profile as TOML; the whole path, or from ~/");
        let about = "It is read and checked, and what it would change is shown. Nothing is written before you say so.";
        self.overlays.push(Overlay::Form(Form::new(Purpose::ImportProfile, "import a profile", about, &[file])));
    }

    pub(super) fn submit_profile_form(&mut self, form: Form) {
        let order = match form.purpose.clone() {
            Purpose::SaveProfile(new) => ProfileOrder::Save(NewProfile { id: form.public_text("id"), ..new }),
            Purpose::EditProfile(of) => ProfileOrder::Edit { of, answers: form.answers() },
            Purpose::CloneProfile { id } => {
                let environment = Some(form.public_text("environment")).filter(|e| !e.is_empty());
                ProfileOrder::Clone { id, new_id: form.public_text("id"), environment }
            }
            Purpose::ImportProfile => ProfileOrder::Weigh { file: form.public_text("file") },
            _ => return,
        };
        self.profile_order(order, Some(form));
    }

    /// What came back from an editor.
    pub(super) fn edited(&mut self, what: Editing, result: Result<Option<String>, String>, now: Timestamp) {
        self.out.push(Command::Redraw);
        match what {
            Editing::Step(index) => self.edited_step(index, result, now),
            Editing::Profile { of, refused } => self.edited_profile(of, refused, result, now),
        }
    }

    fn edited_profile(
        &mut self,
        of: OwnFile,
        refused: Option<Secret>,
        result: Result<Option<String>, String>,
        now: Timestamp,
    ) {
        let text = match result {
            Ok(Some(text)) => Some(Secret::new(text)),
            Ok(None) => refused,
            Err(why) => {
                self.say(NoticeTone::Bad, format!("nothing was changed: {why}"), now);
                refused
            }
        };
        match text {
            Some(text) => self.profile_order(ProfileOrder::Write { of, text }, None),
            None => self.say(NoticeTone::Plain, format!("{} is as it was", of.id), now),
        }
    }
}

/// `acme-2` for `acme`, or the next one that is free.
fn free_id(id: &str, all: &[Summary]) -> String {
    let stem = id.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('-').unwrap_or(id);
    // of one more than there are, one is free
    let mut numbered = (2..all.len() + 3).map(|n| format!("{stem}-{n}"));
    let free = numbered.find(|new| all.iter().all(|s| s.id != *new));
    free.unwrap_or_default()
}
