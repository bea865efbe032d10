//! A passphrase or PIN that a store asks for. Nothing of what is typed is shown, not even how much.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::secret::Class;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::message::{Asking, Number};
use crate::tui::widget::field::Field;
use crate::tui::words::Words;

pub struct Prompt {
    pub number: Number,
    what: String,
    warning: Option<String>,
    /// What waits for it.
    who: Option<String>,
    pub field: Field,
    /// It lies on the screen and has the keys: from then on it stays on top until it is answered.
    pub up: bool,
    /// Enter was pressed with nothing typed.
    pub empty_meant: bool,
}

impl Prompt {
    pub fn new(asking: Asking, who: Option<String>) -> Self {
        let Asking { number, what, warning } = asking;
        Self { number, what, warning, who, field: Field::new("", Class::Secret), up: false, empty_meant: false }
    }
}

pub fn draw(look: Look, prompt: &Prompt, more: usize, buffer: &mut Buffer, body: Rect) {
    let width = 64.min(body.width.saturating_sub(2));
    let mut doc = Doc::new(look, width.saturating_sub(4));
    doc.push(doc.words().strong(&prompt.what), 0, None);
    if let Some(who) = &prompt.who {
        doc.push(doc.words().dim(format!("for {who}")), 4, None);
    }
    if let Some(warning) = &prompt.warning {
        doc.push(doc.words().sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, warning), 2, None);
    }
    doc.blank();
    let field = doc.words().put(Tone::Key, ">").gap(1);
    doc.line(match (prompt.field.is_empty(), prompt.empty_meant) {
        (false, _) => field.put(Tone::Secret, "********").dim("  typed, and not shown"),
        (true, false) => field.dim("type or paste it; nothing of it is shown"),
        (true, true) => field.put(Tone::Warn, "nothing was typed: Enter once more gives an empty one"),
    });
    if more > 0 {
        doc.line(doc.words().dim(format!("{more} more to answer after this")));
    }
    let height = u16::try_from(doc.len()).unwrap_or(u16::MAX);
    let inner = window(look, "a store asks", (width, height), buffer, body, true);
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(0, usize::from(height))) {
        buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
    }
}

/// The same where there is room for one line.
pub fn draw_tiny(look: Look, prompt: &Prompt, buffer: &mut Buffer, area: Rect) {
    let typed = if prompt.field.is_empty() { "" } else { " ****" };
    let words = Words::new(look).put(Tone::Key, "> ").plain(&prompt.what).put(Tone::Secret, typed);
    let rows = words.wrap(usize::from(area.width), 2);
    for (y, line) in (area.y..area.bottom()).zip(rows) {
        buffer.set_line(area.x, y, &line, area.width);
    }
}
