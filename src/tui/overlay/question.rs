//! A question before something that cannot be taken back. Only `y` says yes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::secret::Secret;
use crate::shell::{Again, OwnFile};
use crate::store::tokens::Label;
use crate::tui::app::Go;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Tone};
use crate::tui::pane::profiles::Choice;

/// What a yes does.
#[derive(Clone, Debug)]
pub enum Asked {
    /// The first request to production.
    Production(Go),
    /// A request goes out although a check that must hold failed. Asked that many times more.
    SendAnyway {
        more: u8,
    },
    StopWaiting,
    /// Keys of a bank are taken for the right ones.
    Pin,
    /// Another flow, while this one is under way.
    Replace(Choice),
    /// A registration is replaced for a new certificate.
    Renew(Choice),
    /// To the bin.
    DeleteKey {
        uri: String,
    },
    /// To the bin.
    DeleteProfile {
        id: String,
    },
    /// What was written could not be put into the file.
    EditAgain {
        of: OwnFile,
        text: Secret,
    },
    /// The bank is not told.
    ForgetToken(Label),
    DeleteRun {
        id: String,
    },
    /// With inputs that somebody else named.
    RunImported(Box<Again>),
    Quit,
}

#[derive(Clone, Debug)]
pub struct Question {
    pub asked: Asked,
    pub title: String,
    pub text: String,
    pub yes: &'static str,
    pub no: &'static str,
}

pub fn draw(look: Look, question: &Question, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let width = 64.min(body.width.saturating_sub(2));
    let mut doc = Doc::new(look, width.saturating_sub(4));
    doc.text(Tone::Plain, &question.text);
    doc.blank();
    doc.line(doc.words().put(Tone::Key, "y").gap(2).plain(question.yes));
    doc.line(doc.words().put(Tone::Key, "n").gap(2).plain(question.no));
    let height = u16::try_from(doc.len()).unwrap_or(u16::MAX);
    let inner = window(look, &question.title, (width, height), buffer, body, is_top);
    for (y, row) in (inner.y..inner.bottom()).zip(doc.window(0, usize::from(height))) {
        buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
    }
}
