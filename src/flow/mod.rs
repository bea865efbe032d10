//! stub
pub mod effect;
pub mod event;
pub mod exchange;
pub mod view;
pub use effect::{Effect, Op, Saving};
pub use event::{Event, KeyFacts, Loaded, OpError, Reply};
