//! Keys while something lies over the panes.

use super::{App, CopyKind};
use crate::flow::Event;
use crate::secret::Secret;
use crate::shell::{HistoryOrder, KeyOrder, ProfileOrder, TokenOrder};
use crate::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, Editing, NoticeTone};
use crate::tui::overlay::form::{Form, Purpose};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Listed, Overlay, Save, Weighed, text};

impl App {
    /// Whether the top is a list whose rows can be sought.
    pub(super) fn lists_rows(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Tokens(_) | Overlay::Clients(_) | Overlay::History(_)))
    }

    /// What a key does to the list on top itself, of so many rows; None: it is for the chosen row.
    pub(super) fn act_on_listing(&mut self, action: Action, rows: usize) -> Option<Listed> {
        let done = self.overlays.last_mut()?.listing_mut()?.act(action, rows)?;
        if done == Listed::Closed {
            self.overlays.pop();
        }
        Some(done)
    }

    /// Whether the top overlay took the action.
    pub(super) fn act_on_overlay(&mut self, action: Action, now: Timestamp) -> bool {
        if matches!(action, Action::Interrupt | Action::Redraw | Action::Suspend) {
            return false;
        }
        if self.act_on_prompt(action) {
            return true;
        }
        if matches!(self.overlays.last(), Some(Overlay::Card(_) | Overlay::Report(_) | Overlay::Messages(_))) {
            return self.act_on_reading(action, now);
        }
        if self.tokens_are_open() {
            self.act_on_tokens(action, now);
            return true;
        }
        if self.clients_are_open() {
            self.act_on_clients(action, now);
            return true;
        }
        if self.history_is_open() {
            self.act_on_history(action, now);
            return true;
        }
        if self.lines_are_open() {
            self.act_on_lines(action, now);
            return true;
        }
        let Some(top) = self.overlays.last_mut() else { return false };
        // a text field takes what edits it
        let edited = match top {
            Overlay::Choice(choice) => choice.edit(action),
            Overlay::Form(form) => form.entry().is_some_and(|f| f.edit(action)),
            _ => false,
        };
        if edited {
            return true;
        }
        match (top, action) {
            (_, Action::Close) => {
                self.overlays.pop();
            }
            (Overlay::Choice(choice), Action::Down) => choice.go_by(1),
            (Overlay::Choice(choice), Action::Up) => choice.go_by(-1),
            (Overlay::Choice(choice), Action::PageDown) => choice.go_by(10),
            (Overlay::Choice(choice), Action::PageUp) => choice.go_by(-10),
            (Overlay::Choice(_), Action::Submit) => self.run_choice(now),
            (Overlay::CopyMenu(menu), Action::Down) => menu.go_by(1),
            (Overlay::CopyMenu(menu), Action::Up) => menu.go_by(-1),
            (Overlay::CopyMenu(menu), Action::Submit) => {
                let kind = menu.chosen();
                self.overlays.pop();
                if let Some(kind) = kind {
                    self.copy(kind, now);
                }
            }
            (Overlay::Form(form), Action::NextField) => form.go_by(1),
            (Overlay::Form(form), Action::PreviousField) => form.go_by(-1),
            (Overlay::Form(form), Action::Submit) if !form.is_done() => form.go_by(1),
            (Overlay::Form(_), Action::Submit) => {
                if let Some(Overlay::Form(form)) = self.overlays.pop() {
                    self.submit(form, now);
                }
            }
            (Overlay::Question(_), Action::No) => {
                self.overlays.pop();
            }
            (Overlay::Question(_), Action::Yes) => {
                if let Some(Overlay::Question(question)) = self.overlays.pop() {
                    self.yes(question.asked, now);
                }
            }
            _ => {}
        }
        true
    }

    /// What is only read: scrolled, searched, copied, written.
    fn act_on_reading(&mut self, action: Action, now: Timestamp) -> bool {
        let page = isize::try_from(text::room(self.size).height).unwrap_or(1);
        let by = match action {
            Action::Down => 1,
            Action::Up => -1,
            Action::HalfDown => page / 2,
            Action::HalfUp => -page / 2,
            Action::PageDown => page,
            Action::PageUp => -page,
            Action::First => isize::MIN / 2,
            Action::Last => isize::MAX / 2,
            _ => 0,
        };
        if let Some(state) = self.overlays.last_mut().and_then(text::state_mut) {
            state.go_by(by);
        }
        match action {
            Action::Close if self.drop_search() => return true,
            Action::Close => drop(self.overlays.pop()),
            Action::Search => self.start_typing(),
            Action::FindNext | Action::FindPrevious => match self.can(action) {
                Ok(()) => self.find_again(action == Action::FindNext, now),
                Err(why) => self.say(NoticeTone::Warn, why, now),
            },
            _ => {}
        }
        match (self.overlays.last_mut(), action) {
            (Some(Overlay::Card(_)), Action::Submit) => self.copy(CopyKind::Value, now),
            (Some(Overlay::Card(_)), Action::Copy) => self.open_copy_menu(now),
            (Some(Overlay::Report(_)), Action::Yes) => self.agree(now),
            (Some(Overlay::Report(_)), Action::Copy) => self.copy(CopyKind::Report, now),
            (Some(Overlay::Report(report)), Action::Write) => {
                let text = report.text.clone();
                match report.save.clone() {
                    Some(Save::Request(name)) => {
                        self.order(KeyOrder::Save { name, text }, "writing the request".to_owned(), None, None, now);
                    }
                    Some(Save::Profile(id)) => {
                        self.profile_order(ProfileOrder::Export { id, text: Secret::new(text) }, None)
                    }
                    Some(Save::Report { name, run }) => self.choose_form(&name, &run),
                    None => {}
                }
            }
            _ => {}
        }
        true
    }

    /// What was looked at is done.
    fn agree(&mut self, now: Timestamp) {
        let Some(Overlay::Report(report)) = self.overlays.last_mut() else { return };
        let Some(weighed) = report.weighed.take() else { return };
        self.overlays.pop();
        match weighed {
            Weighed::Profile(incoming) => self.profile_order(ProfileOrder::Import(incoming), None),
            Weighed::Run(again) => self.run_again(*again, now),
        }
    }

    fn submit(&mut self, form: Form, now: Timestamp) {
        if matches!(form.purpose, Purpose::Key(_)) {
            return self.submit_key_form(form, now);
        }
        if let Purpose::Change { index, place } = form.purpose.clone() {
            return self.changed_to(index, place, form, now);
        }
        if matches!(form.purpose, Purpose::ImportRun) {
            return self.import_run(form, now);
        }
        if form.is_about_profile() {
            return self.submit_profile_form(form);
        }
        let answers = form.answers();
        match form.purpose {
            Purpose::Answer => self.tell(Event::Answer(answers), now),
            Purpose::SignIn => {
                if let Some((_, text)) = answers.into_iter().next() {
                    self.tell(Event::Pasted(text), now);
                }
            }
            Purpose::Inputs(choice) => self.prepare(choice, answers, now),
            Purpose::Call(label) => {
                let text = |name: &str| answers.get(name).map_or_else(String::new, |s| s.expose().to_owned());
                let (method, url) = (text("method"), text("url"));
                self.out.push(Command::Token(TokenOrder::Call { label, method, url }));
            }
            Purpose::Key(_)
            | Purpose::Change { .. }
            | Purpose::SaveProfile(_)
            | Purpose::EditProfile(_)
            | Purpose::CloneProfile { .. }
            | Purpose::ImportProfile
            | Purpose::ImportRun => {}
            Purpose::Inspect => {
                if let Some((_, text)) = answers.into_iter().next() {
                    self.inspect(text.expose(), now);
                }
            }
        }
    }

    fn yes(&mut self, asked: Asked, now: Timestamp) {
        match asked {
            Asked::Production(go) => {
                if let Some(run) = &mut self.run {
                    run.production_allowed = true;
                }
                self.approve(go, now);
            }
            Asked::SendAnyway { more } => self.answer_send_anyway(more, now),
            Asked::StopWaiting => self.cancel_now(now),
            Asked::Pin => self.tell(Event::Approve, now),
            Asked::Renew(choice) => {
                self.overlays.clear();
                self.start(choice, now);
            }
            Asked::Replace(choice) => self.prepare(choice, std::collections::BTreeMap::new(), now),
            Asked::ForgetToken(label) => self.out.push(Command::Token(TokenOrder::Forget { label })),
            Asked::DeleteRun { id } => self.out.push(Command::History(HistoryOrder::Delete { id })),
            Asked::DeleteProfile { id } => self.profile_order(ProfileOrder::Delete { id }, None),
            Asked::EditAgain { of, text } => {
                let what = Editing::Profile { of, refused: Some(text.clone()) };
                self.out.push(Command::Editor { what, text });
            }
            Asked::DeleteKey { uri } => self.delete_key(uri, now),
            Asked::Quit => {
                self.cancel_now(now);
                self.out.push(Command::Quit);
            }
        }
    }
}
