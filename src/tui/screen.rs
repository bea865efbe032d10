//! One picture of the whole screen. It only reads.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::app::App;
use super::layout::Shape;
use super::sweep::sweep;
use super::{chrome, overlay, pane};
use crate::time::Timestamp;

/// Draws the screen as it stands at `now`.
pub fn view(app: &App, frame: &mut Frame<'_>, now: Timestamp) {
    let area = frame.area();
    if area.is_empty() {
        return;
    }
    let geometry = app.geometry_in(area);
    let buffer = frame.buffer_mut();
    if geometry.shape == Shape::Tiny {
        match app.prompts.front().filter(|p| p.up) {
            Some(prompt) => overlay::prompt::draw_tiny(app.look(), prompt, buffer, area),
            None => chrome::draw_tiny(app, buffer, geometry.top, now),
        }
        sweep(buffer);
        return;
    }
    chrome::draw_top(app, buffer, geometry.top, now);
    if let Some(tabs) = geometry.tabs {
        chrome::draw_tabs(app, buffer, tabs);
    }
    pane::draw(app, buffer, &geometry, now);
    let footer = geometry.footer.unwrap_or(Rect { height: 0, ..area });
    app.draw_reveal(buffer, &geometry, now);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1 + footer.height), ..area };
    overlay::draw(app, buffer, body, now);
    if footer.height > 0 {
        chrome::draw_bottom(app, buffer, footer);
    }
    sweep(buffer);
}
