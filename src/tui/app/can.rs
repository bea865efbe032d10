//! Whether an action can be done now, and the word for it in the footer.

use super::App;
use crate::flow::view::{RunStatus, StepState};
use crate::tui::focus::PaneId;
use crate::tui::keymap::{Action, Binding};
use crate::tui::overlay::Overlay;

impl App {
    /// Why an action cannot be done now.
    pub fn can(&self, action: Action) -> Result<(), &'static str> {
        self.can_in(action, self.focus)
    }

    /// The same with the focus on that pane.
    pub(super) fn can_in(&self, action: Action, pane: PaneId) -> Result<(), &'static str> {
        let view = self.view();
        let selected = self.selected_step().map(|(_, s)| s);
        match action {
            Action::Step => match view.map(|v| v.status) {
                None => Err(self.no_run()),
                Some(RunStatus::Ready | RunStatus::Armed) => Ok(()),
                Some(RunStatus::Waiting) if self.proposes() => Ok(()),
                Some(RunStatus::Busy) => Err("a step is under way"),
                Some(RunStatus::Waiting) => Err("it waits for you: Enter answers"),
                Some(RunStatus::Blocked) => Err("stopped before sending: see the check that failed"),
                Some(_) => Err("the run is over: r does a step again"),
            },
            Action::Straight => match view.map(|v| v.status) {
                None => Err(self.no_run()),
                Some(s) if s.is_over() => Err("the run is over: r does a step again"),
                Some(_) => Ok(()),
            },
            Action::Retry => match (view, selected.map(|s| s.state)) {
                (None, _) => Err(self.no_run()),
                (Some(v), _) if v.status == RunStatus::Busy => Err("a step is under way: Esc cancels it"),
                (_, Some(StepState::Ready | StepState::Skipped)) => Err("this step was not taken yet"),
                _ => Ok(()),
            },
            Action::StepBack => match view {
                None => Err(self.no_run()),
                Some(v) if v.status == RunStatus::Busy => Err("a step is under way: Esc cancels it"),
                Some(v) if self.flow.selected > v.current => Err("that step is still ahead"),
                Some(_) => Ok(()),
            },
            Action::SendAnyway => match view.map(|v| v.status) {
                Some(RunStatus::Blocked) => Ok(()),
                _ => Err("nothing was stopped by a check"),
            },
            Action::SaveProfile => self.can_save(),
            Action::ImportRun if self.settings.demo => Err("the demo keeps nothing"),
            Action::Compare if self.history_is_open() => self.chosen_run().map(|_| ()).ok_or("no run is kept"),
            Action::Submit | Action::Compare if self.lines_are_open() => self.can_with_lines(action),
            Action::Edit | Action::Editor | Action::Delete | Action::Import | Action::Undo | Action::Redo
                if pane == PaneId::Profiles =>
            {
                self.can_with_profile(action)
            }
            Action::Clone => self.can_with_profile(action),
            Action::Edit | Action::Editor | Action::Redo | Action::Try | Action::Compare | Action::Branches => {
                self.can_explore(action)
            }
            Action::Search if self.lists_rows() => Ok(()),
            Action::Search if !self.overlays.is_empty() && self.view_here().is_none() => Err("no text here to search"),
            Action::Browse | Action::QrCode => match self.signing_in() {
                Some(_) => Ok(()),
                None => Err("no sign-in at a bank is waited for"),
            },
            Action::CallPeople => match view {
                Some(v) if !v.sandbox => Err("this is no embedded bank: its people are elsewhere"),
                Some(v) if v.status == RunStatus::Waiting && !v.proposes() => Ok(()),
                _ => Err("nobody is waited for"),
            },
            Action::OpenToken => {
                let at_cursor = self.item_here().and_then(|i| self.found(self.focus, i)).is_some_and(|f| f.is_token());
                if at_cursor || self.shown_token().is_some() { Ok(()) } else { Err("no token here or before") }
            }
            Action::HoldTo if self.shown_token().is_none() => {
                Err("no token or message to hold against rules: p pastes one")
            }
            Action::Left | Action::Right if self.focus == PaneId::Keys => Err("a key has no tabs: PgDn reads on"),
            Action::NewKey | Action::Import | Action::BindKey | Action::Request => self.can_with_keys(action),
            Action::Undo if matches!(pane, PaneId::Flow | PaneId::Step | PaneId::Inspector) => self.can_explore(action),
            Action::Delete | Action::Undo | Action::AskStores => self.can_with_keys(action),
            Action::Copy | Action::Submit | Action::ForgetToken if self.tokens_are_open() => {
                self.can_with_token(action)
            }
            Action::Copy | Action::Submit | Action::RunAgain | Action::DeleteRun if self.history_is_open() => {
                self.chosen_run().map(|_| ()).ok_or("no run is kept")
            }
            Action::IntrospectToken | Action::RevokeToken | Action::Userinfo | Action::CallWithToken => {
                self.can_with_token(action)
            }
            Action::Submit if self.clients_are_open() => {
                self.chosen_client().map(|_| ()).ok_or("no registration is known")
            }
            Action::ReadClient => self.can_with_client("read"),
            Action::UpdateClient | Action::RenewCertificate => self.can_with_client("update"),
            Action::Write => match self.overlays.last() {
                Some(Overlay::Report(report)) if report.save.is_none() => Err("this is only for reading: y copies it"),
                _ => Ok(()),
            },
            Action::RefreshToken => match self.chosen_token().map(|row| row.label.refresh.is_some()) {
                Some(true) => Ok(()),
                _ => Err("it has no refresh token: the flow that got it gets another"),
            },
            Action::Copy if self.copies().is_empty() => Err("nothing here to copy"),
            Action::CopyAgain if self.last_copy.is_none() => Err("nothing was copied yet"),
            Action::Reveal if !self.settings.reveal => Err("revealing is off"),
            Action::Reveal => match self.item_here().and_then(|i| self.found(self.focus, i)) {
                Some(_) => Ok(()),
                None => Err("put the cursor on a value first"),
            },
            Action::HideAll if self.reveal.is_none() => Err("nothing is revealed"),
            Action::FindNext | Action::FindPrevious if self.search.is_empty() => Err("nothing to find: / searches"),
            _ => Ok(()),
        }
    }

    /// Why there is no run to do anything with.
    pub(super) const fn no_run(&self) -> &'static str {
        if self.preparing.is_some() { "it is being prepared: a moment" } else { "no run yet: start a flow in pane 1" }
    }

    /// The footer's word for a key, as things stand.
    pub fn hint(&self, binding: &Binding) -> &'static str {
        match binding.action {
            Action::Enter => self.enter_hint(),
            Action::Paste if self.signing_in().is_some() => "paste answer",
            Action::Escape if self.keys.work.is_some() => "cancel",
            Action::Escape if self.focus_is_on_run() && self.in_flight() => "cancel",
            Action::Straight if self.run.as_ref().is_some_and(|r| r.straight) => "pause",
            Action::Search if self.view_here().is_some() => "search",
            Action::Right if self.focus == PaneId::Inspector => "next token",
            Action::Right if matches!(self.focus, PaneId::Profiles) => "open",
            _ => binding.hint,
        }
    }
}
