//! One place per algorithm for what is costly to build and built once: a key made ready for use.

use std::array;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::Alg;

/// Clones share what was built. It adds nothing to the key it belongs to, so any two are equal.
pub(super) struct Slots<T: ?Sized>(Arc<[OnceLock<Box<T>>; Alg::ALL.len()]>);

impl<T: ?Sized> Slots<T> {
    pub(super) fn get_or_build<E>(&self, alg: Alg, build: impl FnOnce() -> Result<Box<T>, E>) -> Result<&T, E> {
        let slot = &self.0[alg as usize];
        if let Some(built) = slot.get() {
            return Ok(built);
        }
        let built = build()?;
        Ok(slot.get_or_init(|| built))
    }
}

impl<T: ?Sized> Default for Slots<T> {
    fn default() -> Self {
        Self(Arc::new(array::from_fn(|_| OnceLock::new())))
    }
}

impl<T: ?Sized> Clone for Slots<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: ?Sized> PartialEq for Slots<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T: ?Sized> fmt::Debug for Slots<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}
