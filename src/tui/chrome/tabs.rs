//! The panes as tabs, where one shows at a time.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::tui::app::App;
use crate::tui::focus::PaneId;
use crate::tui::look::Tone;
use crate::tui::words::Words;

const TABS: [PaneId; 4] = [PaneId::Profiles, PaneId::Keys, PaneId::Flow, PaneId::Inspector];

fn line(app: &App) -> (Words, Vec<(PaneId, Range<usize>)>) {
    let mut words = Words::new(app.look()).gap(1);
    let mut places = Vec::new();
    for pane in TABS {
        let start = words.width();
        let name = format!("{} {}", pane.number(), pane.word());
        let here = pane.number() == app.focus.number();
        words = if here { words.put(Tone::Key, format!("[{name}]")) } else { words.gap(1).dim(name).gap(1) };
        places.push((pane, start..words.width()));
    }
    (words, places)
}

/// For the mouse: which columns belong to which tab.
pub fn places(app: &App) -> Vec<(PaneId, Range<usize>)> {
    line(app).1
}

pub fn draw(app: &App, buffer: &mut Buffer, area: Rect) {
    let words = line(app).0;
    let right = app.view().map_or(Words::new(app.look()), |v| {
        Words::new(app.look()).dim(format!("step {} of {}", (v.current + 1).min(v.steps.len()), v.steps.len()))
    });
    let words = words.right(right, usize::from(area.width).saturating_sub(1));
    buffer.set_line(area.x, area.y, &words.line(), area.width);
}
