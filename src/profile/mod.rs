//! Profiles: banks and flows as data. TOML shapes → joined → compiled model → statically checked. Pure: who reads
//! the files is [`crate::store`].

mod addresses;
mod brief;
mod compile;
mod difference;
mod identity;
mod join;
mod library;
pub mod model;
pub mod place;
pub mod raw;
mod schema;
mod suit;
mod summary;
pub mod value;

pub use addresses::addresses;
pub use brief::Brief;
pub use compile::{Compiler, find_private_key, find_secret};
pub use difference::{Change, difference};
pub use library::{Library, Loaded, Refused, Source};
pub use schema::schema;
pub use suit::{BankSuit, Suit};
pub use summary::{EnvironmentSummary, FlowSummary, RoleSummary, Summary};
