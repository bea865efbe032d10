//! The shell: performs a run's effects and reports back with events. Knows keys, network and store; no face.
//!
//! ```text
//!   Session ──prepare──► Run (pure) + Performer
//!                          ▲   effects │
//!                          └── events ◄┘   (one task per operation; an Abort ends it)
//! ```

mod embedded;
mod new_key;
mod order;
mod people;
mod performer;
mod rows;
mod session;

pub use embedded::{Brought, DemoKey, Embedded, Link};
pub use new_key::{KeyOrder, KeyPlan};
pub use people::{Answers, Nobody, People};
pub use performer::Performer;
pub use rows::{KeyRow, key_rows, row as key_row};
pub use session::{Order, Prepared, Problem, ProblemKind, Session};
