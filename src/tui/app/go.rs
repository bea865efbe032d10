//! Moving about: rows, pages, tabs, and what is searched for.

use super::{App, Typing};
use crate::secret::Class;
use crate::time::Timestamp;
use crate::tui::doc::DocState;
use crate::tui::focus::PaneId;
use crate::tui::keymap::{Action, Context};
use crate::tui::message::NoticeTone;
use crate::tui::widget::field::Field;

impl App {
    pub(super) fn move_by(&mut self, by: isize) {
        match self.focus {
            PaneId::Profiles => self.profiles.go_by(by),
            PaneId::Keys => self.keys.go_by(by),
            PaneId::Flow => {
                let Some(view) = self.view() else { return };
                let (last, current) = (view.steps.len().saturating_sub(1), view.current);
                let next = self.flow.selected.saturating_add_signed(by).min(last);
                self.flow.go_to(next, current);
            }
            PaneId::Step => self.step.doc.go_by(by),
            PaneId::Inspector => self.inspector.doc.go_by(by),
        }
    }

    /// Pages move what is read: in the list of steps, the step below it.
    pub(super) fn page_by(&mut self, direction: isize, part: usize) {
        let pane = if self.focus == PaneId::Flow { PaneId::Step } else { self.focus };
        let rows = isize::try_from((self.text_height(pane) / part).max(1)).unwrap_or(1) * direction;
        match pane {
            PaneId::Step | PaneId::Flow => self.step.doc.go_by(rows),
            PaneId::Inspector => self.inspector.doc.go_by(rows),
            // below a list of keys the chosen one is read
            PaneId::Keys if self.card_height() > 0 => {
                self.keys.details = self.keys.details.saturating_add_signed(rows);
            }
            PaneId::Profiles | PaneId::Keys => self.move_by(rows),
        }
    }

    pub(super) fn turn(&mut self, by: isize) {
        match self.focus {
            PaneId::Profiles if by > 0 => self.profiles.open_selected(),
            PaneId::Profiles => self.profiles.close_selected(),
            PaneId::Keys => {}
            PaneId::Flow | PaneId::Step => {
                let Some(run) = &self.run else { return };
                let view = run.engine.view();
                if let Some(step) = view.steps.get(self.flow.selected) {
                    self.step.turn(step, by);
                }
            }
            PaneId::Inspector => {
                let n = self.shown_token().map_or(1, |s| s.place.1);
                let at = self.inspector.index.min(n - 1);
                self.inspector.index = (at + n).saturating_add_signed(by) % n;
            }
        }
    }

    pub(super) fn start_typing(&mut self) {
        let pane = if self.focus == PaneId::Flow { PaneId::Step } else { self.focus };
        let start = match pane {
            PaneId::Profiles => self.profiles.filter.as_str(),
            PaneId::Keys => self.keys.filter.as_str(),
            _ => "",
        };
        self.typing = Some(Typing { pane, field: Field::new(start, Class::Public) });
    }

    /// The line in which a filter or a search is typed.
    pub(super) fn act_on_line(&mut self, action: Action, now: Timestamp) -> bool {
        if self.context() != Context::Line {
            return false;
        }
        let Some(typing) = &mut self.typing else { return false };
        if typing.field.edit(action) {
            self.filter_typed();
            return true;
        }
        let pane = typing.pane;
        match action {
            Action::Submit => {
                let text = typing.field.text().to_owned();
                self.typing = None;
                if matches!(pane, PaneId::Step | PaneId::Inspector) && !text.is_empty() {
                    self.search = text;
                    self.focus = pane;
                    self.find(pane, true, true, now);
                }
            }
            Action::Close => {
                typing.field = Field::default();
                self.filter_typed();
                self.typing = None;
            }
            Action::Down => self.move_by(1),
            Action::Up => self.move_by(-1),
            _ => return false,
        }
        true
    }

    /// Goes to the next match, going round; `here` counts the row under the cursor as well.
    fn find(&mut self, pane: PaneId, forward: bool, here: bool, now: Timestamp) {
        let needle = self.search.clone();
        let at = self.doc_state(pane).cursor + usize::from(forward && !here);
        let hit = self.with_doc(pane, now, |doc| doc.find(&needle, at, forward));
        match hit {
            Some(row) => self.doc_state(pane).go(row),
            None => self.say(NoticeTone::Warn, format!("nothing here holds “{needle}”"), now),
        }
    }

    pub(super) fn find_again(&mut self, forward: bool, now: Timestamp) {
        let pane = if self.focus == PaneId::Inspector { PaneId::Inspector } else { PaneId::Step };
        self.find(pane, forward, false, now);
    }

    pub(super) fn doc_state(&mut self, pane: PaneId) -> &mut DocState {
        if pane == PaneId::Inspector { &mut self.inspector.doc } else { &mut self.step.doc }
    }
}
