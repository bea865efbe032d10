//! The mouse: a click gives a pane the keys and moves its cursor, the wheel scrolls what it is over, a border that is
//! dragged moves. What lies over the panes has the mouse to itself.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};

use super::App;
use crate::time::Timestamp;
use crate::tui::chrome;
use crate::tui::focus::PaneId;
use crate::tui::keymap::Action;
use crate::tui::layout::inside;
use crate::tui::overlay::{self, Overlay, choice, text};
use crate::tui::pane::profiles::RowId;
use crate::tui::pane::{inspector, keys, profiles, step};

/// Rows for one notch of the wheel.
const NOTCH: isize = 3;

impl App {
    pub(super) fn pointer(&mut self, event: MouseEvent, now: Timestamp) {
        if !self.mouse || self.prompt_is_up() {
            self.changed = false;
            return;
        }
        let at = Position::new(event.column, event.row);
        if !self.overlays.is_empty() {
            return self.pointer_over(event.kind, at, now);
        }
        let geometry = self.geometry();
        match (event.kind, self.held) {
            (MouseEventKind::Drag(MouseButton::Left), Some(edge)) => {
                let steps = self.step_rows();
                return self.sizes.drag(&geometry, edge, at, steps);
            }
            (MouseEventKind::Up(_), _) => self.held = None,
            (MouseEventKind::Down(MouseButton::Left), _) => self.held = geometry.edge_at(at),
            _ => {}
        }
        if geometry.tabs.is_some_and(|t| t.contains(at)) {
            let column = usize::from(at.x);
            let tab = chrome::tab_places(self).into_iter().find(|(_, place)| place.contains(&column));
            if let (MouseEventKind::Down(_), Some((pane, _))) = (event.kind, tab) {
                self.go_to(pane);
            }
            return;
        }
        let Some(pane) = geometry.pane_at(at) else {
            self.changed = false;
            return;
        };
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(pane, at),
            MouseEventKind::ScrollDown => self.wheel(pane, NOTCH),
            MouseEventKind::ScrollUp => self.wheel(pane, -NOTCH),
            _ => self.changed = false,
        }
    }

    /// A click chooses a row, a second one on it is Enter; the wheel moves the cursor.
    fn pointer_over(&mut self, kind: MouseEventKind, at: Position, now: Timestamp) {
        let wheel = match kind {
            MouseEventKind::ScrollDown => Some(Action::Down),
            MouseEventKind::ScrollUp => Some(Action::Up),
            MouseEventKind::Down(MouseButton::Left) => None,
            _ => {
                self.changed = false;
                return;
            }
        };
        let is_text = self.overlays.last().is_some_and(text::is_text);
        if let Some(action) = wheel {
            let takes = !matches!(self.overlays.last(), Some(Overlay::Form(_) | Overlay::Question(_) | Overlay::Qr(_)));
            let rows = if is_text { NOTCH.unsigned_abs() } else { 1 };
            for _ in (0..rows).filter(|_| takes) {
                self.act_on_overlay(action, now);
            }
            return;
        }
        let body = Rect { y: 1, height: self.size.height.saturating_sub(2), ..Rect::from(self.size) };
        let text_row = self.overlays.last().and_then(|o| text::row_at(self, o, body, at));
        let row = self.overlays.last().and_then(|o| overlay::row_at(self, o, body, at, now));
        match self.overlays.last_mut() {
            Some(Overlay::Choice(list)) => match choice::row_at(list, body, at) {
                Some(row) if list.is_at(row) => {
                    self.act_on_overlay(Action::Submit, now);
                }
                Some(row) => list.go_to(row),
                None => {}
            },
            Some(overlay) if row.is_some() => {
                let (Some(cursor), Some(row)) = (overlay.cursor_mut(), row) else { return };
                if std::mem::replace(cursor, row) == row {
                    self.act_on_overlay(Action::Submit, now);
                }
            }
            Some(overlay) => {
                if let (Some(state), Some(row)) = (text::state_mut(overlay), text_row) {
                    state.go(row);
                }
            }
            None => {}
        }
    }

    fn click(&mut self, pane: PaneId, at: Position) {
        self.go_to(pane);
        let Some(area) = self.geometry().pane(pane) else { return };
        let row = |top: u16, shown: usize| shown + usize::from(at.y.saturating_sub(top));
        match pane {
            PaneId::Step => {
                let text = step::doc_area(self, area);
                if text.contains(at) {
                    self.step.doc.go(row(text.y, self.step.doc.top));
                } else if let Some(tab) = step::tab_at(self, area, at)
                    && self.selected_step().is_some()
                {
                    self.step.choose(tab);
                }
            }
            PaneId::Inspector => {
                let text = inspector::doc_area(self, area);
                if text.contains(at) {
                    self.inspector.doc.go(row(text.y, self.inspector.doc.top));
                }
            }
            PaneId::Flow => {
                let first = inside(area).y + u16::from(inside(area).height > 3);
                let Some(current) = self.view().map(|v| v.current) else { return };
                if at.y >= first {
                    self.flow.go_to(row(first, self.flow.top), current);
                }
            }
            PaneId::Profiles => {
                let row = profiles::row_at(self, area, at);
                let again = row.is_some() && row == self.profiles.selected;
                if let Some(row) = row {
                    self.profiles.select(row);
                }
                // its sign opens and closes it
                if let (Some(RowId::Environment(p, e)), true) = (row, again) {
                    if self.profiles.is_open(p, e) {
                        self.profiles.close_selected()
                    } else {
                        self.profiles.open_selected()
                    }
                }
            }
            PaneId::Keys => {
                if let Some(row) = keys::row_at(self, area, at) {
                    let now = isize::try_from(self.keys.cursor).unwrap_or(0);
                    self.keys.go_by(isize::try_from(row).unwrap_or(0) - now);
                }
            }
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
