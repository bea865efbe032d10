//! What a person does with the lines of a run: look at their tree, go to one, compare it with where the run stands.

use super::App;
use crate::flow::Event;
use crate::time::Timestamp;
use crate::tui::keymap::Action;
use crate::tui::message::NoticeTone;
use crate::tui::overlay::lines::{Row, rows};
use crate::tui::overlay::{Overlay, moved};

impl App {
    /// With the cursor on where the run stands.
    pub(super) fn open_lines(&mut self) {
        let Some(view) = self.view() else { return };
        let here = |row: &Row| row.line == view.branch && row.step == Some(view.current);
        let cursor = rows(view).iter().position(here).unwrap_or(0);
        self.overlays.push(Overlay::Lines(cursor));
    }

    pub(super) fn lines_are_open(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Lines(_)))
    }

    fn chosen_row(&self) -> Option<Row> {
        match self.overlays.last() {
            Some(Overlay::Lines(cursor)) => rows(self.view()?).into_iter().nth(*cursor),
            _ => None,
        }
    }

    pub(super) fn can_with_lines(&self, action: Action) -> Result<(), &'static str> {
        let Some((row, view)) = self.chosen_row().zip(self.view()) else { return Err(self.no_run()) };
        match action {
            Action::Compare if row.line == view.branch => Err("this is where you are: choose another line"),
            Action::Submit if row.line != view.branch => self.stands_still(),
            _ => Ok(()),
        }
    }

    pub(super) fn act_on_lines(&mut self, action: Action, now: Timestamp) {
        let last = self.view().map_or(0, |v| rows(v).len().saturating_sub(1));
        if let Some(Overlay::Lines(cursor)) = self.overlays.last_mut()
            && let Some(at) = moved(action, *cursor, last)
        {
            *cursor = at;
            return;
        }
        if action == Action::Close {
            self.overlays.pop();
            return;
        }
        if !matches!(action, Action::Submit | Action::Compare) {
            return;
        }
        if let Err(why) = self.can(action) {
            return self.say(NoticeTone::Warn, why, now);
        }
        let Some(row) = self.chosen_row() else { return };
        match action {
            Action::Compare => self.compare_line(row.line, row.step),
            _ => self.go_to_line(row, now),
        }
    }

    /// Goes on with that line, and looks at that step of it.
    fn go_to_line(&mut self, row: Row, now: Timestamp) {
        if self.view().is_some_and(|v| v.branch != row.line) {
            self.tell(Event::Branch(row.line), now);
            let is_there = self.view().is_some_and(|v| v.branch == row.line);
            let text = match is_there {
                true => format!("on line {} again", row.line),
                false => format!("line {} is too far back to go on with: it can be looked at", row.line),
            };
            self.say(if is_there { NoticeTone::Plain } else { NoticeTone::Warn }, text, now);
            if !is_there {
                return;
            }
        }
        self.overlays.pop();
        let current = self.view().map_or(0, |v| v.current);
        self.flow.go_to(row.step.unwrap_or(current), current);
    }
}
