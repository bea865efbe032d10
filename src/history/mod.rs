//! What is told of a run: to a script as it goes on, to a file that is kept, and afterwards to a person or a bank.
//!
//! ```text
//!   RunView ──Telling──► events (JSON) ──► `run --json`
//!                           │ sealed: no secret, no signature, no person
//!                           ▼
//!                        history ──Account──► words · Markdown · HAR · JSON · compare
//!                           ▲ sealed once more
//!                           └──foreign── a file of somebody else
//! ```
//!
//! An event is masked when it is made, by the class of each value and by the run's redactor; what goes into a file passes
//! [`seal()`] too. Everything that is shown later is made from those events alone, so it cannot show more.

mod account;
mod address;
mod bundle;
mod compare;
mod events;
mod foreign;
mod har;
mod markdown;
mod seal;
#[cfg(test)]
mod testing;
mod words;

pub use account::{Account, Exchange, Part, masked_values, status_sign};
pub use address::seal_address;
pub use bundle::{BUNDLE, Unreadable, bundle, read};
pub use compare::{compare, compared_in_words};
pub use events::{LARGEST_PRINTED, Telling, clock, counts, done, field_text, shown};
pub use foreign::{Foreign, foreign};
pub use har::har;
pub use markdown::markdown;
pub use seal::seal;
pub use words::words;
