//! What lies over the panes: the top one takes the keys. None of it covers the top line or the footer.

pub mod choice;
pub mod clients;
pub mod copy_menu;
pub mod form;
pub mod history;
pub mod lines;
mod list;
mod listing;
pub mod messages;
pub mod prompt;
pub mod qr;
pub mod question;
pub mod report;
pub mod text;
pub mod tokens;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::app::App;
use super::doc::DocState;
use super::keymap::{Action, Context};
use super::look::Look;
use super::widget::frame::{Border, blank};
use crate::time::Timestamp;

pub use choice::Choice;
pub use copy_menu::CopyMenu;
pub use form::Form;
pub use listing::{Listed, Listing};
pub use prompt::Prompt;
pub use question::Question;
pub use report::{Report, Save, Weighed};

pub enum Overlay {
    /// Help of a pane, or the palette.
    Choice(Choice),
    Question(Question),
    Form(Form),
    CopyMenu(CopyMenu),
    /// The chosen key, line by line.
    Card(DocState),
    Report(Report),
    /// An address for a phone.
    Qr(Vec<String>),
    /// Tokens that are kept.
    Tokens(Listing),
    /// Registrations that are known.
    Clients(Listing),
    /// Runs that are kept.
    History(Listing),
    /// The lines of the run: which row of their tree has the cursor.
    Lines(usize),
    /// What was said, the newest at the bottom.
    Messages(DocState),
}

impl Overlay {
    pub const fn context(&self) -> Context {
        match self {
            Self::Choice(_) => Context::Choice,
            Self::Question(_) => Context::Question,
            Self::Form(_) => Context::Form,
            Self::CopyMenu(_) => Context::CopyMenu,
            Self::Card(_) => Context::Card,
            Self::Report(report) if report.weighed.is_some() => Context::Weighed,
            Self::Report(_) => Context::Report,
            Self::Tokens(list) | Self::Clients(list) | Self::History(list) if list.typing => Context::Line,
            Self::Tokens(_) => Context::Tokens,
            Self::Clients(_) => Context::Clients,
            Self::History(_) => Context::History,
            Self::Lines(_) => Context::Lines,
            Self::Qr(_) | Self::Messages(_) => Context::Messages,
        }
    }

    /// Where one is in a list whose rows can be sought.
    pub const fn listing_mut(&mut self) -> Option<&mut Listing> {
        match self {
            Self::Tokens(list) | Self::Clients(list) | Self::History(list) => Some(list),
            _ => None,
        }
    }

    /// The cursor of a list, the tree of lines among them.
    pub const fn cursor_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Tokens(list) | Self::Clients(list) | Self::History(list) => Some(&mut list.cursor),
            Self::Lines(cursor) => Some(cursor),
            _ => None,
        }
    }
}

/// Where a cursor in a list goes. None: the action moves none.
pub fn moved(action: Action, cursor: usize, last: usize) -> Option<usize> {
    match action {
        Action::Down => Some((cursor + 1).min(last)),
        Action::Up => Some(cursor.saturating_sub(1)),
        Action::HalfDown | Action::PageDown | Action::Last => Some(last),
        Action::HalfUp | Action::PageUp | Action::First => Some(0),
        _ => None,
    }
}

/// Draws all of them into the body of the screen, the lowest first.
pub fn draw(app: &App, buffer: &mut Buffer, body: Rect, now: Timestamp) {
    for (i, overlay) in app.overlays.iter().enumerate() {
        let is_top = i + 1 == app.overlays.len() && !app.prompt_is_up();
        match overlay {
            Overlay::Choice(choice) => choice::draw(app, choice, buffer, body, is_top),
            Overlay::Question(question) => question::draw(app.look(), question, buffer, body, is_top),
            Overlay::Form(form) => form::draw(app.look(), form, buffer, body, is_top),
            Overlay::CopyMenu(menu) => copy_menu::draw(app.look(), menu, buffer, body, is_top),
            Overlay::Card(_) | Overlay::Report(_) | Overlay::Messages(_) => {
                text::draw(app, overlay, buffer, body, is_top)
            }
            Overlay::Tokens(of) => tokens::list(app, of, now).draw(app.look(), buffer, body, is_top),
            Overlay::Clients(of) => clients::list(app, of, now).draw(app.look(), buffer, body, is_top),
            Overlay::History(of) => history::list(app, of).draw(app.look(), buffer, body, is_top),
            Overlay::Lines(cursor) => {
                if let Some(list) = lines::list(app, *cursor) {
                    list.draw(app.look(), buffer, body, is_top)
                }
            }
            Overlay::Qr(rows) => qr::draw(app.look(), rows, buffer, body, is_top),
        }
    }
    if let Some(prompt) = app.prompts.front().filter(|p| p.up) {
        prompt::draw(app.look(), prompt, app.prompts.len() - 1, buffer, body);
    }
}

/// The row of a list that stands there.
pub fn row_at(app: &App, overlay: &Overlay, body: Rect, at: Position, now: Timestamp) -> Option<usize> {
    match overlay {
        Overlay::Tokens(of) => tokens::list(app, of, now).row_at(app.look(), body, at),
        Overlay::Clients(of) => clients::list(app, of, now).row_at(app.look(), body, at),
        Overlay::History(of) => history::list(app, of).row_at(app.look(), body, at),
        Overlay::Lines(cursor) => lines::list(app, *cursor)?.row_at(app.look(), body, at),
        _ => None,
    }
}

/// Where [`window`] stands, with its border.
pub fn window_area(wish: (u16, u16), body: Rect) -> Rect {
    let width = wish.0.saturating_add(2).min(body.width);
    let height = wish.1.saturating_add(2).min(body.height);
    Rect { x: body.x + (body.width - width) / 2, y: body.y + (body.height - height) / 3, width, height }
}

/// A box in the middle of the body, at most that large, blank inside. Gives the inside.
pub fn window(look: Look, title: &str, wish: (u16, u16), buffer: &mut Buffer, body: Rect, is_top: bool) -> Rect {
    let area = window_area(wish, body);
    blank(buffer, area);
    Border::new(look, is_top, title).draw(buffer, area)
}
