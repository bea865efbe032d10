//! What the screen asks of a run: tell it something, and look at it.

use crate::flow::view::RunView;
use crate::flow::{Effect, Event};
use crate::time::Timestamp;

/// One run, as a face drives it. Tests play one from a script.
pub trait Engine {
    /// The only way anything in the run changes; the effects are for the shell.
    fn handle(&mut self, event: Event, now: Timestamp) -> Vec<Effect>;
    /// What may be shown of it.
    fn view(&self) -> &RunView;
    /// What was told of it until now, masked: for its report.
    fn told(&self) -> Vec<serde_json::Value> {
        Vec::new()
    }
}
