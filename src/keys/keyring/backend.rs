//! A keyring as one thread sees it.

use super::fault::{Fault, State};
use crate::keys::worker::{Fails, Loss, Worker};
use crate::secret::SecretBytes;

pub(super) trait Backend {
    /// Never opens a dialog.
    fn state(&mut self) -> Result<State, Fault>;
    fn names(&mut self) -> Result<Vec<String>, Fault>;
    fn get(&mut self, name: &str) -> Result<SecretBytes, Fault>;
    /// May open a dialog and wait for it.
    fn set(&mut self, name: &str, value: &SecretBytes) -> Result<(), Fault>;
    fn delete(&mut self, name: &str) -> Result<(), Fault>;
}

pub(super) type Connect = crate::keys::worker::Connect<dyn Backend, Fault>;

impl Fails for Fault {
    fn gone() -> Self {
        Self::Gone
    }
    fn stuck() -> Self {
        Self::Stuck
    }
    fn breaks(&self) -> bool {
        matches!(self, Self::Gone)
    }
}

/// Threads that may wait in vain before no more are started.
const MOST_LOST: usize = 8;

pub(super) fn worker(connect: Connect) -> Worker<dyn Backend, Fault> {
    Worker::new("keyring", connect, Loss::Replaced { most: MOST_LOST })
}
