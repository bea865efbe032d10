//! The verbs, one file each: what a step does and what it leaves for later steps.

mod ask;
mod authorize;
mod http;
mod jwt;
mod key;
mod listen;
pub(super) mod open;
pub(super) mod save;
mod spend;

pub use authorize::AUTHORIZED;
pub(super) use authorize::Going;
pub(super) use http::{Papers, Polling, is_token_request};
pub use http::{proof_claims, proof_header};
pub(super) use key::role_value;
pub(super) use listen::Inbox;
