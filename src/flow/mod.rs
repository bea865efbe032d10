//! The engine: one state machine per run, events in, effects out. Pure: it never waits, sends, reads or prints.
//!
//! ```text
//!             Start            Step              (key, jwt: sign, keep)            last step
//!   fresh ──────────► loading ─► standing ─► busy ────────────────────► standing ──────────► done
//!                                   ▲  ▲       │ http: built and signed        ▲
//!                            Back/Retry│       ▼                               │ answer, checks
//!                                      │     armed ──Approve──► busy (sent) ───┤
//!                                      │       │ must failed                   │
//!                                      │     blocked ──SendAnyway──►           └──► failed
//!                                   cancelled ◄── Cancel, from anywhere
//! ```
//!
//! At step pace every request stops *armed*, fully built and signed; at straight pace nothing stops but a failed
//! `must`, a question, or the end. A reply names the operation it answers; a late one falls through.

mod advance;
mod algorithm;
mod answer;
mod attempt;
mod branch;
pub mod callback;
mod check;
pub mod compare;
pub mod core;
pub mod custody;
pub mod delivery;
mod detour;
pub mod difference;
pub mod edit;
pub mod effect;
pub mod event;
pub mod exchange;
pub mod explain;
mod failing;
mod granted;
pub mod lint;
pub mod new_key;
mod personal;
mod phase;
mod preflight;
mod request;
mod run;
mod sign;
mod state;
pub mod template;
mod torn;
pub mod trial;
mod typed;
mod undo;
mod verb;
pub mod view;

pub use algorithm::fits;
pub use check::{When, evaluate, masked_tree, phase};
pub use effect::{Effect, Op, Saving};
pub use event::{Event, KeyFacts, Loaded, OpError, Reply};
pub use personal::is_of_the_protocol;
pub use request::ASSERTION_TYPE;
pub use run::{Pace, Run, Setup};
pub use state::{SKEW, State};
pub use typed::{fits_kind, typed};
pub use verb::{AUTHORIZED, proof_claims, proof_header};
