//! Bars of the steps on one axis. What a person took is drawn `====` at a fixed length and left out of the sum, so that
//! a minute at the bank's login does not hide the milliseconds around it.

use std::time::Duration;

use super::state::{duration, is_a_wait};
use crate::flow::view::StepView;

/// One bar, in cells from the left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    pub start: usize,
    pub length: usize,
    pub wait: bool,
}

/// A bar for every step, and the sum that the axis stands for.
pub fn bars(steps: &[StepView], cells: usize) -> (Vec<Bar>, Duration) {
    let waits = steps.iter().filter(|s| is_a_wait(s) && duration(s).is_some()).count();
    let wait_cells = (cells / 4).checked_div(waits).map_or(0, |c| c.max(1));
    let sum: Duration = steps.iter().filter(|s| !is_a_wait(s)).filter_map(duration).sum();
    let axis = cells.saturating_sub(wait_cells * waits).max(1);
    let micros = sum.as_micros().max(1);
    let (mut gone, mut shift) = (Duration::ZERO, 0);
    let place = |gone: Duration| usize::try_from(gone.as_micros() * axis as u128 / micros).unwrap_or(axis).min(axis);
    let bars = steps
        .iter()
        .map(|step| {
            let Some(took) = duration(step) else { return Bar::default() };
            let start = place(gone) + shift;
            if is_a_wait(step) {
                shift += wait_cells;
                return Bar { start, length: wait_cells, wait: true };
            }
            gone += took;
            let length = (place(gone) + shift).saturating_sub(start).max(1);
            Bar { start: start.min(cells.saturating_sub(1)), length, wait: false }
        })
        .collect();
    (bars, sum)
}

impl Bar {
    pub fn text(self, cells: usize) -> String {
        let sign = if self.wait { "=" } else { "#" };
        let length = self.length.min(cells.saturating_sub(self.start));
        format!("{}{}", " ".repeat(self.start.min(cells)), sign.repeat(length))
    }
}
