//! A person at the bank: its page again, its address for a phone, and what the browser ended on.

use ratatui::layout::Rect;

use super::App;
use crate::flow::Event;
use crate::flow::view::{AuthorizeView, StepState};
use crate::jose::compact::looks_signed;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tui::doc::GUTTER;
use crate::tui::focus::PaneId;
use crate::tui::item::Item;
use crate::tui::link::Link;
use crate::tui::message::{Command, NoticeTone};
use crate::tui::overlay::{Form, Overlay, qr};
use crate::tui::pane::step::{self, Tab};

impl App {
    /// The sign-in that is waited for.
    pub(super) fn signing_in(&self) -> Option<&AuthorizeView> {
        let view = self.view()?;
        let step = view.steps.get(view.current).filter(|s| s.state == StepState::Waiting)?;
        step.authorize.as_ref()
    }

    /// Whether something that can be pasted is waited for: the answer of a sign-in, or what a bank sends.
    fn takes_paste(&self) -> bool {
        self.signing_in().is_some() || self.listening()
    }

    pub(super) fn listening(&self) -> bool {
        let step = self.view().and_then(|v| v.steps.get(v.current));
        step.is_some_and(|s| s.state == StepState::Waiting && s.listen.is_some())
    }

    /// The bank's page, where its address is on the screen and nothing lies over it.
    pub fn link(&self, now: Timestamp) -> Option<Link> {
        let sign_in = self.signing_in()?;
        let (index, step) = self.selected_step()?;
        let shown = self.view()?.current == index && self.step.tab(step) == Tab::Now;
        if !shown || !self.overlays.is_empty() || self.prompts.iter().any(|p| p.up) {
            return None;
        }
        let area = step::doc_area(self, self.geometry().pane(PaneId::Step)?);
        let height = usize::from(area.height);
        let rows = self.with_doc(PaneId::Step, now, |doc| {
            let top = self.step.doc.clamped(doc.len(), height).top;
            let rows = (area.y..).zip(doc.window(top, height));
            rows.filter(|(_, row)| row.item == Some(Item::Url))
                .map(|(y, row)| {
                    let text = row.line.to_string();
                    let part = |text: &str| u16::try_from(text.chars().count()).unwrap_or(u16::MAX);
                    let indent = part(&text) - part(text.trim_start());
                    let x = area.x + GUTTER + indent;
                    Rect { x, y, width: part(text.trim()), height: 1 }.intersection(area)
                })
                .collect()
        });
        Link::new(sign_in.for_browser(), rows)
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
        if !self.takes_paste() {
            return false;
        }
        self.overlays.push(Overlay::Form(if self.listening() { Form::event() } else { Form::sign_in() }));
        true
    }

    /// Whether the paste is the answer that is waited for.
    pub(super) fn take_answer(&mut self, text: &str, now: Timestamp) -> bool {
        let fits = if self.listening() { looks_signed(text.trim()) } else { text.contains("state=") };
        if !self.takes_paste() || !self.focus_is_on_run() || !fits {
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
