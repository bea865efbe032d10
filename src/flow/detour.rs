//! A step that needs earlier ones done once more: they run through, and it goes on where it was. Nothing between them and
//! it is done again.

use super::effect::Effect;
use super::run::Run;
use super::verb::open::Opening;
use crate::time::Timestamp;

pub(super) struct Detour {
    /// The step that waits.
    pub back_to: usize,
    /// The last step to be done again.
    pub last: usize,
    opening: Box<Opening>,
}

impl Run {
    /// Does the step of that name in the current frame once more, or all steps of the flow it uses.
    pub(super) fn begin_detour(&mut self, target: &str, opening: Opening, now: Timestamp) -> Vec<Effect> {
        let current = self.view.current;
        let flow = self.state.flow.clone();
        let step = &flow.steps[current];
        let prefix = step.path.strip_suffix(step.id.as_str()).unwrap_or_default();
        let (whole, below) = (format!("{prefix}{target}"), format!("{prefix}{target}."));
        let mut again =
            (0..current).filter(|i| flow.steps[*i].path == whole || flow.steps[*i].path.starts_with(&below));
        // the loader made sure that there is one
        let Some(first) = again.next() else { return self.with_keys(opening, now) };
        let last = again.next_back().unwrap_or(first);
        self.detour = Some(Detour { back_to: current, last, opening: Box::new(opening) });
        self.view.current = first;
        self.step().attempt += 1;
        self.begin(now)
    }

    pub(super) fn back_from_detour(&mut self, now: Timestamp) -> Vec<Effect> {
        let Some(Detour { back_to, opening, .. }) = self.detour.take() else { return Vec::new() };
        self.view.current = back_to;
        self.with_keys(*opening, now)
    }
}
