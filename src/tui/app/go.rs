//! Moving about: rows, pages, tabs.

use super::App;
use crate::tui::doc::DocState;
use crate::tui::focus::PaneId;

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

    pub(super) fn doc_state(&mut self, pane: PaneId) -> &mut DocState {
        if pane == PaneId::Inspector { &mut self.inspector.doc } else { &mut self.step.doc }
    }
}
