//! A line of a run.

use std::sync::Arc;

use super::{RunStatus, StepView};

#[derive(Clone, Debug)]
pub struct BranchView {
    /// 1 is the first.
    pub number: u32,
    /// The line it parted from.
    pub parent: Option<u32>,
    /// The step at which it parted.
    pub from: usize,
    /// As they stood when it was left; none of the present line.
    pub steps: Arc<[StepView]>,
    pub current: usize,
    pub status: RunStatus,
}

impl BranchView {
    pub(in crate::flow) fn first() -> Self {
        Self { number: 1, parent: None, from: 0, steps: Arc::new([]), current: 0, status: RunStatus::Ready }
    }
}
