//! Everything that was said, the newest at the bottom.

use crate::inspect::moment;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::message::{Notice, NoticeTone};
use crate::tui::words::Words;

pub fn doc(app: &App, width: u16) -> Doc<'static> {
    let look = app.look();
    let mut doc = Doc::new(look, width);
    for (at, notice) in app.log.entries() {
        let time = moment(at.seconds());
        let clock = time.get(11..19).unwrap_or_default();
        doc.push(Words::new(look).dim(clock).gap(2).join(words(look, notice)), 12, None);
    }
    if doc.len() == 0 {
        doc.text(Tone::Dim, "nothing was said yet");
    }
    doc
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
