//! A person at the bank: its page again, its address for a phone, and what the browser ended on.

use super::App;
use crate::flow::Event;
use crate::flow::view::{AuthorizeView, StepState};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::{Form, Overlay, qr};

impl App {
    /// The sign-in that is waited for.
    pub(super) fn signing_in(&self) -> Option<&AuthorizeView> {
        let view = self.view()?;
        let step = view.steps.get(view.current).filter(|s| s.state == StepState::Waiting)?;
        step.authorize.as_ref()
    }

    pub(super) fn browse(&mut self) {
        if let Some(run) = &self.run {
            self.out.push(Command::Browse { run: run.number });
        }
    }

    /// Lets the embedded bank's people do what is waited for. Elsewhere there are none to call.
    pub(super) fn call_people(&mut self) {
        if let Some(run) = self.run.as_ref().filter(|r| r.engine.view().sandbox) {
            self.out.push(Command::CallPeople { run: run.number });
        }
    }

    /// Opens the form for the answer. False: none is waited for.
    pub(super) fn paste_answer(&mut self) -> bool {
        if self.signing_in().is_none() {
            return false;
        }
        self.overlays.push(Overlay::Form(Form::sign_in()));
        true
    }

    /// Whether the paste is the answer that is waited for.
    pub(super) fn take_answer(&mut self, text: &str, now: Timestamp) -> bool {
        if self.signing_in().is_none() || !self.focus_is_on_run() || !text.contains("state=") {
            return false;
        }
        self.tell(Event::Pasted(Secret::new(text)), now);
        true
    }

    pub(super) fn show_qr_code(&mut self, now: Timestamp) {
        let Some(sign_in) = self.signing_in() else { return };
        let body = self.size.height.saturating_sub(4);
        let fits = |rows: &Vec<String>| {
            let width = rows.first().map_or(0, |r| r.chars().count());
            rows.len() <= usize::from(body) && width + 2 <= usize::from(self.size.width)
        };
        match qr::rows(sign_in.for_browser()).filter(fits) {
            _ if self.look().ascii => self.say(NoticeTone::Warn, "no QR code in ASCII: y copies the address", now),
            Some(rows) => self.overlays.push(Overlay::Qr(rows)),
            None => {
                let text = "the address is too long for a QR code on this screen: y copies it";
                self.say(NoticeTone::Warn, text, now);
            }
        }
    }
}
