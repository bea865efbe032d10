//! The shell: performs a run's effects and reports back with events. Knows keys, network and store; no face.
//!
//! ```text
//!   Session ──prepare──► Run (pure) + Performer
//!                          ▲   effects │
//!                          └── events ◄┘   (one task per operation; an Abort ends it)
//! ```

mod again;
mod apart;
mod authorize;
mod browser;
mod call;
mod card;
mod clients;
mod desk;
mod editor;
mod embedded;
mod fits;
mod history;
mod import_run;
mod listen;
mod new_key;
mod order;
mod own_profiles;
mod people;
mod performer;
mod profile_edit;
mod profile_import;
mod recorded;
mod rows;
mod rules;
mod saved;
mod seats;
mod session;
mod tokens;

pub use crate::keys::StoreFacts;
#[cfg(test)]
pub(crate) mod testing;
pub use again::Again;
pub use apart::Apart;
pub use browser::{Browser, NoBrowser, SystemBrowser};
pub use card::{KeyCard, PublicForm, public_text};
pub use clients::{ClientRow, SUBJECT_DN, change_in_words, end_in_words, outdated_subject, registered_subject};
pub use desk::{CsrWish, Gone, Kept, KeyDone, KeyOrder, algorithm};
pub use editor::edit;
pub use embedded::{Brought, DemoKey, Embedded, Link};
pub use fits::{alg_for, fits, misfit};
pub use history::{Beside, HistoryDone, HistoryOrder, ReportForm};
pub use import_run::ImportedRun;
pub use new_key::{KeyPlan, NewKeyOrder};
pub use own_profiles::{Own, OwnFile, ProfileChange, ProfileDone, ProfileOrder, ReadFor, Way};
pub use people::{Answers, Nobody, People};
pub use performer::Performer;
pub use profile_edit::Sheet;
pub use profile_import::Incoming;
pub use recorded::Recorded;
pub use rows::{FromProfiles, KeyRow, KeyUses, RowState, StoreRows, key_rows, named_row, row as key_row};
pub use rules::{RuleOrder, Ruled, add_keys, ring};
pub use saved::{NewProfile, SavedProfile, profile_text};
pub use seats::{Seat, Seated, Seats};
pub use session::{Order, Prepared, Problem, ProblemKind, Session};
pub use tokens::{TokenDone, TokenOrder, lineage_in_words, scope_in_words, standing_in_words};
