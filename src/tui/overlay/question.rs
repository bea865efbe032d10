//! A question before something that cannot be taken back. Only `y` says yes.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::window;
use crate::secret::Secret;
use crate::shell::OwnFile;
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

/// Of a text for which there is no room the end is cut, never the answers.
pub fn draw(look: Look, question: &Question, buffer: &mut Buffer, body: Rect, is_top: bool) {
    let width = 64.min(body.width.saturating_sub(2));
    let new = || Doc::new(look, width.saturating_sub(4));
    let (mut text, mut answers) = (new(), new());
    text.text(Tone::Plain, &question.text);
    answers.blank();
    for (key, what) in [("y", question.yes), ("n", question.no)] {
        answers.line(answers.words().put(Tone::Key, key).gap(2).plain(what));
    }
    let height = u16::try_from(text.len() + answers.len()).unwrap_or(u16::MAX);
    let inner = window(look, &question.title, (width, height), buffer, body, is_top);
    let room = usize::from(inner.height);
    let mut rows = text.window(0, room.saturating_sub(answers.len()));
    if let Some(last) = rows.last_mut().filter(|_| room < usize::from(height)) {
        last.line = text.words().put(Tone::Warn, "… the screen is too small for the rest of it").line();
    }
    let missing = (rows.len() + answers.len()).saturating_sub(room);
    rows.extend(answers.window(missing, room));
    for (y, row) in (inner.y..inner.bottom()).zip(rows) {
        buffer.set_line(inner.x + 2.min(inner.width), y, &row.line, inner.width.saturating_sub(2));
    }
}
