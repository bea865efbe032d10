//! One value shown for a short time: its own box, its own countdown, gone when the window loses the focus.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::App;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::tui::layout::Geometry;
use crate::tui::look::Tone;
use crate::tui::message::NoticeTone;
use crate::tui::overlay::window;
use crate::tui::words::Words;

/// How long a value stays.
pub const REVEAL_SECONDS: i64 = 10;

pub struct Reveal {
    pub name: String,
    pub value: Secret,
    pub until: Timestamp,
}

impl App {
    /// Shows the value under the cursor.
    pub(super) fn reveal_here(&mut self, now: Timestamp) {
        let Some(found) = self.item_here().and_then(|i| self.found(self.focus, i)) else {
            return self.say(NoticeTone::Plain, "put the cursor on a value first", now);
        };
        self.reveal = Some(Reveal { name: found.name, value: found.value, until: now.plus_seconds(REVEAL_SECONDS) });
    }

    pub(super) fn hide(&mut self) {
        self.reveal = None;
    }

    pub(super) fn reveal_tick(&mut self, now: Timestamp) {
        if self.reveal.as_ref().is_some_and(|r| r.until <= now) {
            self.hide();
        }
    }

    /// Draws it over the bottom of the body.
    pub fn draw_reveal(&self, buffer: &mut Buffer, geometry: &Geometry, now: Timestamp) {
        let Some(reveal) = self.reveal.as_ref().filter(|r| r.until > now) else { return };
        let look = self.look();
        let area = buffer.area;
        let bottom = geometry.footer.map_or(area.bottom(), |f| f.y);
        let width = area.width.saturating_sub(6);
        let lines = Words::new(look).plain(reveal.value.expose()).wrap(usize::from(width.saturating_sub(2)), 0);
        let most = bottom.saturating_sub(area.y + 3);
        let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).min(most);
        let body = Rect { y: bottom.saturating_sub(height + 2), height: height + 2, ..area };
        let left = (reveal.until.millis_since(now) + 999) / 1000;
        let title = format!("{}  hides in {left} s  V hides it now", reveal.name);
        let inner = window(look, &title, (width, height), buffer, body, true);
        for (y, line) in (inner.y..inner.bottom()).zip(lines) {
            buffer.set_line(inner.x, y, &line, inner.width);
        }
        buffer.set_style(Rect { height: 1, ..inner }, look.style(Tone::Plain));
    }
}
