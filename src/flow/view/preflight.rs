//! A row of what was looked at before the first step.

use super::CheckView;

#[derive(Clone, Debug, PartialEq)]
pub struct PreflightView {
    pub check: CheckView,
    /// What to do where it did not pass.
    pub fix: Option<String>,
}
