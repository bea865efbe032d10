//! What a person does in the key store: each act becomes one order to the shell, and one is under way at a time.

use super::App;
use crate::shell::{CsrWish, KeyOrder, RowState, Seat};
use crate::time::Timestamp;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::form::{KeyForm, Purpose};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Form, Overlay, Question};
use crate::tui::pane::keys::{Undo, Work};

impl App {
    /// Why an act cannot be done now.
    pub(super) fn can_with_keys(&self, action: Action) -> Result<(), &'static str> {
        let pane = &self.keys;
        if pane.work.is_some() && action != Action::AskStores {
            return Err("something is being done with a key: Esc cancels it");
        }
        let usable = pane.selected().filter(|r| r.state == RowState::Usable);
        let here = pane.store_here();
        match action {
            Action::NewKey if pane.makers().is_empty() => Err("no store that can make a key has answered yet"),
            Action::Import if !pane.stores().any(|(f, answered)| f.imports && answered) => {
                Err("no store here takes keys over")
            }
            Action::BindKey | Action::Request if usable.is_none() => Err("choose a key that can be used first"),
            Action::BindKey if self.seats().next().is_none() => Err("no profile has a key role"),
            Action::Delete if usable.is_none() => Err("choose a key that can be used first"),
            Action::Delete if here.is_some_and(|f| f.deletes) => Ok(()),
            Action::Delete => match here.map(|f| f.scheme) {
                Some("file") => Err("a file is your own: remove it yourself"),
                Some("memory") => Err("a key in memory ends with the program"),
                _ => Err("this store deletes nothing"),
            },
            Action::Undo if pane.undo.is_empty() => Err("nothing to undo: no key was deleted or bound"),
            _ => Ok(()),
        }
    }

    pub(super) fn act_with_keys(&mut self, action: Action, now: Timestamp) {
        self.go_to(PaneId::Keys);
        match action {
            Action::NewKey => self.choose_maker(),
            Action::Import => self.choose_taker(),
            Action::BindKey => self.choose_seat(now),
            Action::Request => self.choose_request(),
            Action::Delete => self.ask_to_delete(),
            Action::Undo => self.undo(now),
            _ => self.out.push(Command::ListKeys { only: None }),
        }
    }

    /// Enter on a row: opens what is locked, asks again what did not answer, shows everything about a key.
    pub(super) fn enter_key(&mut self, now: Timestamp) {
        let Some(row) = self.keys.selected() else {
            return self.say(NoticeTone::Plain, "no key yet: a makes one, i takes one from a file", now);
        };
        let (uri, store) = (row.uri.clone(), row.store.clone());
        let label = row.label.clone();
        match (row.state, row.is_store()) {
            (RowState::Asking, _) => self.say(NoticeTone::Plain, "this store has not answered yet", now),
            (RowState::Locked, true) => {
                self.order(KeyOrder::Unlock { scheme: store.clone() }, format!("opening {store}"), None, None, now);
            }
            (RowState::Locked, false) => {
                self.order(KeyOrder::Open { uri }, format!("opening {label}"), None, None, now);
            }
            (RowState::Trouble, true) => {
                self.say(NoticeTone::Plain, format!("asking {store} again"), now);
                self.out.push(Command::ListKeys { only: Some(store) });
            }
            _ => self.overlays.push(Overlay::Card(crate::tui::doc::DocState::default())),
        }
    }

    pub(super) fn enter_key_hint(&self) -> &'static str {
        match self.keys.selected().map(|r| (r.state, r.is_store())) {
            Some((RowState::Asking, _)) => "wait",
            Some((RowState::Locked, _)) => "unlock",
            Some((RowState::Trouble, true)) => "ask again",
            _ => "details",
        }
    }

    /// Gives the shell something to do. What was typed comes back to be corrected where it fails.
    pub(super) fn order(
        &mut self,
        order: KeyOrder,
        what: String,
        then: Option<Seat>,
        form: Option<Form>,
        now: Timestamp,
    ) {
        if self.keys.work.is_some() {
            return self.say(NoticeTone::Warn, "something is being done with a key: Esc cancels it", now);
        }
        let number = self.number();
        self.keys.work = Some(Work { number, what, since: now, heard: None, then, form });
        self.out.push(Command::Key { number, order });
    }

    /// Ends what is being done. False: nothing is.
    pub(super) fn give_up_work(&mut self, now: Timestamp) -> bool {
        let Some(work) = self.keys.work.take() else { return false };
        self.out.push(Command::GiveUp { number: work.number });
        self.say(NoticeTone::Plain, format!("cancelled: {}", work.what), now);
        // it may have been done already
        self.out.push(Command::ListKeys { only: None });
        true
    }

    fn ask_to_delete(&mut self) {
        let (Some(row), Some(store)) = (self.keys.selected(), self.keys.store_here()) else { return };
        let (uri, label) = (row.uri.clone(), row.label.clone());
        let users = row.used_by.join(", ");
        let used = if users.is_empty() { String::new() } else { format!(" It is used by {users}.") };
        if store.has_bin {
            self.overlays.push(Overlay::Question(Question {
                asked: Asked::DeleteKey { uri },
                title: "delete a key?".into(),
                text: format!("“{label}” goes to the bin of {}; u brings it back.{used}", store.scheme),
                yes: "delete it",
                no: "keep it",
            }));
            return;
        }
        let about = format!(
            "“{label}” in {}: this store has no bin of its own. Where it says that the key is gone, it is gone.{used}",
            store.scheme
        );
        let form = Form::of_key(
            KeyForm::Delete { uri, label: label.clone() },
            "delete a key for good?",
            about,
            &[("typed", &format!("type {label} to delete it"), "", "")],
        );
        self.overlays.push(Overlay::Form(form));
    }

    pub(super) fn delete_key(&mut self, uri: String, now: Timestamp) {
        let what = format!("deleting {uri}");
        self.order(KeyOrder::Delete { uri }, what, None, None, now);
    }

    fn undo(&mut self, now: Timestamp) {
        match self.keys.undo.pop() {
            Some(Undo::Deletion { uri }) => {
                let what = format!("bringing {uri} back");
                self.order(KeyOrder::Restore { uri }, what, None, None, now);
            }
            Some(Undo::Binding { seat, before }) => {
                let what = format!("taking back the key of {}", seat.role);
                self.order(KeyOrder::Bind { seat, uri: before }, what, None, None, now);
            }
            None => {}
        }
    }

    /// A filled form about keys.
    pub(super) fn submit_key_form(&mut self, form: Form, now: Timestamp) {
        let Purpose::Key(purpose) = form.purpose.clone() else { return };
        let text = |name: &str| form.public_text(name);
        let again = |app: &mut Self, form: Form, why: &str| {
            app.say(NoticeTone::Warn, why, now);
            app.overlays.push(Overlay::Form(form));
        };
        match purpose {
            KeyForm::Make { store, alg, then } => {
                let name = text("name");
                if name.is_empty() {
                    return again(self, form, "a key needs a name");
                }
                let what = format!("making {name} in {store}");
                self.order(KeyOrder::Make { store, name, alg }, what, then, Some(form), now);
            }
            KeyForm::Import { store, then } => {
                let (file, name) = (text("file"), text("name"));
                if file.is_empty() {
                    return again(self, form, "the path of the file is missing");
                }
                let what = format!("taking {} into {store}", file.rsplit('/').next().unwrap_or(&file));
                self.order(KeyOrder::Import { file, store, name }, what, then, Some(form), now);
            }
            KeyForm::Csr { uri, profile } => {
                let words = |name: &str| -> Vec<String> {
                    text(name).split([' ', ',']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
                };
                let wish = CsrWish {
                    profile,
                    subject: text("subject"),
                    roles: words("roles"),
                    authority: text("authority"),
                    authority_id: text("authority_id"),
                    hosts: words("hosts"),
                    alg: None,
                };
                let what = format!("signing a request with {uri}");
                self.order(KeyOrder::Csr { uri, wish }, what, None, Some(form), now);
            }
            KeyForm::Delete { uri, label } => {
                if text("typed") == label {
                    self.delete_key(uri, now);
                } else {
                    self.say(NoticeTone::Plain, "not deleted: what was typed is not its name", now);
                }
            }
        }
    }
}
