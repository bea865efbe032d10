//! The border of a pane, with a title on its left and a remark on its right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::tui::layout::inside;
use crate::tui::look::{Look, Tone};
use crate::tui::words::Words;

/// A border to be drawn.
pub struct Border<'a> {
    pub look: Look,
    pub focused: bool,
    /// Drawn as a warning: what is inside concerns production.
    pub loud: bool,
    pub title: &'a str,
    pub right: &'a str,
    /// At the right of the lower border: where one stands in a long list.
    pub place: &'a str,
}

impl<'a> Border<'a> {
    pub const fn new(look: Look, focused: bool, title: &'a str) -> Self {
        Self { look, focused, loud: false, title, right: "", place: "" }
    }

    /// Draws it, and gives what is inside.
    pub fn draw(&self, buffer: &mut Buffer, area: Rect) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect { width: 0, height: 0, ..area };
        }
        let set = self.look.border(self.focused);
        let style = if self.loud {
            self.look.style(Tone::Bad)
        } else if self.focused {
            self.look.style(Tone::Key)
        } else {
            self.look.style(Tone::Dim)
        };
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        let mut put = |x: u16, y: u16, symbol: &'static str| {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(symbol).set_style(style);
            }
        };
        for x in area.x + 1..right {
            put(x, area.y, set.horizontal_top);
            put(x, bottom, set.horizontal_bottom);
        }
        for y in area.y + 1..bottom {
            put(area.x, y, set.vertical_left);
            put(right, y, set.vertical_right);
        }
        for (x, y, symbol) in [
            (area.x, area.y, set.top_left),
            (right, area.y, set.top_right),
            (area.x, bottom, set.bottom_left),
            (right, bottom, set.bottom_right),
        ] {
            put(x, y, symbol);
        }
        self.titles(buffer, area);
        inside(area)
    }

    fn titles(&self, buffer: &mut Buffer, area: Rect) {
        let room = usize::from(area.width).saturating_sub(4);
        let tone = if self.focused { Tone::Strong } else { Tone::Plain };
        let title = padded(self.look, tone, self.title, room);
        let left = room.saturating_sub(title.width() + 1);
        let used = u16::try_from(title.width()).unwrap_or(u16::MAX);
        buffer.set_line(area.x + 2, area.y, &title.line(), used);
        for (text, y) in [(self.right, area.y), (self.place, area.bottom() - 1)] {
            let room = if y == area.y { left } else { room };
            let words = padded(self.look, Tone::Dim, text, usize::MAX);
            if !text.is_empty() && words.width() <= room {
                let w = u16::try_from(words.width()).unwrap_or(u16::MAX);
                buffer.set_line(area.right() - 2 - w, y, &words.line(), w);
            }
        }
    }
}

fn padded(look: Look, tone: Tone, text: &str, room: usize) -> Words {
    if text.is_empty() || room < 3 {
        return Words::new(look);
    }
    let text = crate::text::clean(text);
    Words::new(look).gap(1).put(tone, look.shorten(&text, room - 2)).gap(1)
}

/// Blanks an area, for what is drawn over something else.
pub fn blank(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
    buffer.set_style(area, Style::reset());
}
