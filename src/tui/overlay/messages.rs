//! Everything that was said, the newest at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::inspect::moment;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::message::{Notice, NoticeTone};
use crate::tui::words::Words;

pub fn draw(app: &App, back: usize, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let look = app.look();
    let width = body.width.saturating_sub(6);
    let mut doc = Doc::new(look, width.saturating_sub(2));
    for (at, notice) in app.log.entries() {
        let time = moment(at.seconds());
        let clock = time.get(11..19).unwrap_or_default();
        doc.push(Words::new(look).dim(clock).gap(2).join(words(look, notice)), 12, None);
    }
    if doc.len() == 0 {
        doc.text(Tone::Dim, "nothing was said yet");
    }
    let height = u16::try_from(doc.len()).unwrap_or(u16::MAX).min(body.height.saturating_sub(4)).max(1);
    let inner = window(look, "messages", (width, height), buffer, body, is_top);
    let first = doc.len().saturating_sub(usize::from(inner.height)).saturating_sub(back);
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(first, usize::from(inner.height))) {
        buffer.set_line(inner.x + 1.min(inner.width), y, &row.line, inner.width.saturating_sub(1));
    }
}

/// A notice with its sign, as it stands at the bottom and in the log.
pub fn words(look: Look, notice: &Notice) -> Words {
    let words = Words::new(look);
    match notice.tone {
        NoticeTone::Plain => words.plain(&notice.text),
        NoticeTone::Good => words.sign(Tone::Good, Sign::Ok).gap(1).plain(&notice.text),
        NoticeTone::Warn => words.sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, &notice.text),
        NoticeTone::Bad => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, &notice.text),
    }
}
