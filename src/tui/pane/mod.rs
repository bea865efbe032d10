//! The panes: what each remembers, and how it is drawn.

pub mod flow;
pub mod inspector;
pub mod keys;
pub mod profiles;
pub mod step;

use ratatui::buffer::Buffer;

use super::app::App;
use super::focus::PaneId;
use super::layout::Geometry;
use crate::time::Timestamp;

/// Draws every pane that has a place.
pub fn draw(app: &App, buffer: &mut Buffer, geometry: &Geometry, now: Timestamp) {
    for pane in PaneId::ALL {
        let Some(area) = geometry.pane(pane) else { continue };
        match pane {
            PaneId::Profiles => profiles::draw(app, buffer, area),
            PaneId::Keys => keys::draw(app, buffer, area, now),
            PaneId::Flow => flow::draw(app, buffer, area, now),
            PaneId::Step => step::draw(app, buffer, area, now),
            PaneId::Inspector => inspector::draw(app, buffer, area, now),
        }
    }
}
