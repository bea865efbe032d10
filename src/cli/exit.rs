//! Exit statuses, and failures that end a command.

use std::process::ExitCode;

use crate::flow::view::ErrorSource;
use crate::shell::{Problem, ProblemKind};
use crate::store::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    /// The bank refused, a verdict is wrong, or a `must` check failed.
    Refused = 1,
    /// Usage, or the profile.
    Usage = 2,
    Key = 3,
    Network = 4,
    /// A person is needed.
    Person = 5,
    Cancelled = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<ErrorSource> for Exit {
    fn from(source: ErrorSource) -> Self {
        match source {
            ErrorSource::Bank => Self::Refused,
            ErrorSource::Profile => Self::Usage,
            ErrorSource::Key => Self::Key,
            ErrorSource::Network => Self::Network,
            ErrorSource::Person => Self::Person,
            ErrorSource::Cancelled => Self::Cancelled,
        }
    }
}

/// Why a command ended, and the next thing to try.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    pub text: String,
    pub hint: String,
}

impl Failure {
    pub fn new(exit: Exit, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, text: text.into(), hint: hint.into() }
    }
    pub fn usage(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, text, hint)
    }
    pub fn print(&self) {
        eprintln!("countersign: {}", crate::text::clean_multiline(&self.text));
        if !self.hint.is_empty() {
            eprintln!("  try: {}", crate::text::clean_multiline(&self.hint));
        }
    }
}

impl From<Problem> for Failure {
    fn from(p: Problem) -> Self {
        let exit = match p.kind {
            ProblemKind::Usage => Exit::Usage,
            ProblemKind::Person => Exit::Person,
            ProblemKind::Machine => Exit::Network,
        };
        Self::new(exit, p.text, p.hint)
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Self {
        Self::usage(e.text, e.hint)
    }
}

impl From<crate::keys::KeyError> for Failure {
    fn from(e: crate::keys::KeyError) -> Self {
        Self::new(Exit::Key, e.text, e.hint)
    }
}
