//! Pane 3, upper box: the steps of the run, or of the flow that could be started.

mod draw;
pub mod state;
pub mod waterfall;

pub use draw::{draw, is_loud, strip};

/// Which step is looked at. It follows the run until a person looks elsewhere.
#[derive(Debug)]
pub struct FlowPane {
    pub selected: usize,
    pub top: usize,
    pub follow: bool,
}

impl Default for FlowPane {
    fn default() -> Self {
        Self { selected: 0, top: 0, follow: true }
    }
}

impl FlowPane {
    /// `current` is where the run stands, `total` how many steps there are.
    pub fn settle(&mut self, current: usize, total: usize) {
        if self.follow {
            self.selected = current;
        }
        self.selected = self.selected.min(total.saturating_sub(1));
    }

    pub fn go_to(&mut self, step: usize, current: usize) {
        self.selected = step;
        self.follow = step == current;
    }
}
