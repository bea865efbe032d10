//! What is always there: the line at the top, the tabs of the small shape, and the line at the bottom.

mod bottom;
mod tabs;
mod top;

pub use bottom::draw as draw_bottom;
pub use tabs::{draw as draw_tabs, places as tab_places};
pub use top::{draw as draw_top, draw_tiny};
