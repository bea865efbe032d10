//! What each action does, and whether it can be done now.

use super::App;
use crate::flow::view::{RunStatus, StepState};
use crate::time::Timestamp;
use crate::tui::doc::DocState;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::question::Asked;
use crate::tui::overlay::{Form, Overlay, Question};

/// `^c` again within this time quits.
const INTERRUPT_MILLIS: i64 = 2000;

impl App {
    pub(super) fn act(&mut self, action: Action, now: Timestamp) {
        if self.act_on_line(action, now) || self.act_on_overlay(action, now) {
            return;
        }
        if let Err(reason) = self.can(action) {
            return self.say(NoticeTone::Warn, reason, now);
        }
        match action {
            Action::Enter => self.enter(now),
            Action::Escape => self.escape(now),
            Action::Leave => self.leave(),
            Action::Interrupt => self.interrupt(now),
            Action::Quit => self.quit(),
            Action::Down => self.move_by(1),
            Action::Up => self.move_by(-1),
            Action::HalfDown => self.page_by(1, 2),
            Action::HalfUp => self.page_by(-1, 2),
            Action::PageDown => self.page_by(1, 1),
            Action::PageUp => self.page_by(-1, 1),
            Action::First => self.move_by(isize::MIN / 2),
            Action::Last => self.move_by(isize::MAX / 2),
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::NextPane => self.go_to(self.focus.next()),
            Action::PreviousPane => self.go_to(self.focus.previous()),
            Action::Pane(PaneId::Flow) if self.focus == PaneId::Flow => self.go_to(PaneId::Step),
            Action::Pane(pane) => self.go_to(pane),
            Action::Help => self.open_help(),
            Action::Palette => self.open_palette(),
            Action::Search => self.start_typing(),
            Action::FindNext => self.find_again(true, now),
            Action::FindPrevious => self.find_again(false, now),
            Action::Messages => self.overlays.push(Overlay::Messages(DocState { cursor: usize::MAX, top: 0 })),
            Action::Step => self.step_once(now),
            Action::Straight => self.run_straight(now),
            Action::Retry => self.retry(now),
            Action::StepBack => self.step_back(now),
            Action::SendAnyway => self.ask_to_send_anyway(),
            Action::Paste => self.paste_form(),
            Action::Browse => self.browse(),
            Action::CallPeople => self.call_people(),
            Action::QrCode => self.show_qr_code(now),
            Action::OpenToken => self.open_token(now),
            Action::Edit | Action::Editor | Action::Delete | Action::Import | Action::Undo | Action::Redo
                if self.focus == PaneId::Profiles =>
            {
                self.act_with_profile(action);
            }
            Action::Clone => self.act_with_profile(action),
            Action::Edit | Action::Editor | Action::Redo | Action::Try | Action::Compare | Action::Branches => {
                self.act_exploring(action, now)
            }
            Action::HoldTo => self.open_rules(),
            Action::SaveProfile => self.ask_to_save(),
            Action::NewKey | Action::Import | Action::BindKey | Action::Request | Action::Delete => {
                self.act_with_keys(action, now);
            }
            Action::Undo if self.focus_explores() => self.act_exploring(action, now),
            Action::Undo | Action::AskStores => self.act_with_keys(action, now),
            Action::Tokens => self.open_tokens(),
            Action::Clients => self.open_clients(),
            Action::History => self.open_history(),
            Action::ReadClient
            | Action::UpdateClient
            | Action::RenewCertificate
            | Action::RefreshToken
            | Action::IntrospectToken
            | Action::RevokeToken
            | Action::Userinfo
            | Action::CallWithToken
            | Action::ForgetToken
            | Action::RunAgain
            | Action::ImportRun
            | Action::DeleteRun => {}
            Action::Copy => self.open_copy_menu(now),
            Action::CopyAgain => self.copy_again(now),
            Action::ClearClipboard => self.out.push(Command::ClearClipboard),
            Action::Reveal => self.reveal_here(now),
            Action::HideAll => self.hide(),
            Action::Zoom => self.zoom = !self.zoom,
            Action::Shrink => self.resize(-1),
            Action::Grow => self.resize(1),
            Action::Mouse => self.toggle_mouse(now),
            Action::Redraw => self.out.push(Command::Redraw),
            Action::Suspend => {
                self.hide();
                self.out.push(Command::Suspend);
            }
            // Only overlays and fields have these.
            Action::Write => {}
            Action::Submit | Action::Close | Action::NextField | Action::PreviousField | Action::Yes | Action::No => {}
            Action::TypeLeft | Action::TypeRight | Action::TypeStart | Action::TypeEnd | Action::TypeBack => {}
            Action::TypeDelete | Action::TypeKillWord | Action::TypeKillLine | Action::TypeKillRest => {}
        }
    }

    pub(super) const fn focus_is_on_run(&self) -> bool {
        matches!(self.focus, PaneId::Flow | PaneId::Step)
    }

    /// Where what is sent can be changed.
    pub(super) const fn focus_explores(&self) -> bool {
        self.focus_is_on_run() || matches!(self.focus, PaneId::Inspector)
    }

    /// One level back: what lies over the panes first, then filters, then what is running.
    fn escape(&mut self, now: Timestamp) {
        if self.focus_is_on_run() && self.in_flight() {
            return self.cancel(now);
        }
        if self.give_up_work(now) {
            return;
        }
        if self.back() {
            return;
        }
        if self.focus_is_on_run() && self.view().is_some_and(|v| v.status == RunStatus::Armed) {
            return self.decline(now);
        }
        if self.in_flight() {
            self.cancel(now);
        }
    }

    /// Undoes one level of looking. False: there is none.
    fn back(&mut self) -> bool {
        let filter = match self.focus {
            PaneId::Profiles => Some(&mut self.profiles.filter),
            PaneId::Keys => Some(&mut self.keys.filter),
            _ => None,
        };
        if let Some(filter) = filter.filter(|f| !f.is_empty()) {
            filter.clear();
        } else if self.view_here().is_some() && self.drop_search() {
            // the marks are gone: that is all
        } else if self.reveal.is_some() {
            self.hide();
        } else if self.focus == PaneId::Inspector && self.inspector.pasted.is_some() {
            self.inspector.drop_paste();
        } else if self.zoom {
            self.zoom = false;
        } else if self.focus == PaneId::Step {
            self.go_to(PaneId::Flow);
        } else {
            return false;
        }
        true
    }

    fn leave(&mut self) {
        if !self.back() {
            self.quit();
        }
    }

    pub(super) fn quit(&mut self) {
        if self.in_flight() {
            self.overlays.push(Overlay::Question(Question {
                asked: Asked::Quit,
                title: "quit?".into(),
                text: "A step is under way. What the bank does with it is not known if you quit now.".into(),
                yes: "quit",
                no: "stay",
            }));
        } else {
            self.out.push(Command::Quit);
        }
    }

    fn interrupt(&mut self, now: Timestamp) {
        if self.interrupted_at.is_some_and(|at| now.millis_since(at) <= INTERRUPT_MILLIS) {
            self.out.push(Command::Quit);
        } else {
            self.interrupted_at = Some(now);
            self.say(NoticeTone::Plain, "^c once more quits", now);
        }
    }

    fn resize(&mut self, by: i16) {
        let shape = self.geometry().shape;
        self.sizes.resize(shape, self.focus, by);
    }

    fn toggle_mouse(&mut self, now: Timestamp) {
        self.mouse = !self.mouse;
        self.out.push(Command::Mouse(self.mouse));
        let text = if self.mouse {
            "the mouse is ours: m frees it"
        } else {
            "the mouse is the terminal's: select text; m takes it back"
        };
        self.say(NoticeTone::Plain, text, now);
    }

    fn paste_form(&mut self) {
        if self.focus_is_on_run() && self.paste_answer() {
            return;
        }
        let waits = self.selected_step().is_some_and(|(_, s)| s.state == StepState::Waiting);
        if self.focus_is_on_run() && waits && self.open_answer() {
            return;
        }
        self.overlays.push(Overlay::Form(Form::token()));
    }
}
