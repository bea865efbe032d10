//! The mouse: a click gives a pane the keys and moves its cursor, the wheel scrolls what it is over.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::App;
use crate::time::Timestamp;
use crate::tui::chrome;
use crate::tui::focus::PaneId;
use crate::tui::layout::inside;
use crate::tui::pane::{inspector, step};

/// Rows for one notch of the wheel.
const NOTCH: isize = 3;

impl App {
    pub(super) fn pointer(&mut self, event: MouseEvent, now: Timestamp) {
        if !self.mouse || !self.overlays.is_empty() {
            self.changed = false;
            return;
        }
        let at = Position::new(event.column, event.row);
        let geometry = self.geometry();
        if geometry.tabs.is_some_and(|t| t.contains(at)) {
            let column = usize::from(at.x);
            let tab = chrome::tab_places(self).into_iter().find(|(_, place)| place.contains(&column));
            if let (MouseEventKind::Down(_), Some((pane, _))) = (event.kind, tab) {
                self.go_to(pane);
            }
            return;
        }
        let Some(pane) = geometry.pane_at(at) else { return };
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(pane, at, now),
            MouseEventKind::ScrollDown => self.wheel(pane, NOTCH),
            MouseEventKind::ScrollUp => self.wheel(pane, -NOTCH),
            _ => self.changed = false,
        }
    }

    fn click(&mut self, pane: PaneId, at: Position, _now: Timestamp) {
        self.go_to(pane);
        let Some(area) = self.geometry().pane(pane) else { return };
        let row = |top: u16, shown: usize| shown + usize::from(at.y.saturating_sub(top));
        match pane {
            PaneId::Step => {
                let text = step::doc_area(self, area);
                self.step.doc.go(row(text.y, self.step.doc.top));
            }
            PaneId::Inspector => {
                let text = inspector::doc_area(self, area);
                self.inspector.doc.go(row(text.y, self.inspector.doc.top));
            }
            PaneId::Flow => {
                let first = inside(area).y + u16::from(inside(area).height > 3);
                let Some(current) = self.view().map(|v| v.current) else { return };
                if at.y >= first {
                    self.flow.go_to(row(first, self.flow.top), current);
                }
            }
            PaneId::Profiles | PaneId::Keys => {}
        }
    }

    fn wheel(&mut self, pane: PaneId, rows: isize) {
        match pane {
            PaneId::Step => self.step.doc.go_by(rows),
            PaneId::Inspector => self.inspector.doc.go_by(rows),
            PaneId::Profiles => self.profiles.go_by(rows.signum()),
            PaneId::Keys => self.keys.go_by(rows.signum()),
            PaneId::Flow => {
                let focus = std::mem::replace(&mut self.focus, PaneId::Flow);
                self.move_by(rows.signum());
                self.focus = focus;
            }
        }
    }
}
