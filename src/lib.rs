//! countersign: a terminal workbench for the credentials of bank APIs.
//!
//! ```text
//!  profiles/*.toml ──► profile ──► flow ──► effects ──► shell ──► keys / network / disk
//!                                   ▲                     │
//!                                   └────── events ◄──────┘        tui and cli: two faces of one run
//! ```
//!
//! A **pure engine** decides, a **shell** acts, **faces** show. A flow run is one state machine: what it wants
//! from the world is an *effect*, what the world answers is an *event*.
//!
//! | ring | modules | may use |
//! | --- | --- | --- |
//! | pure | [`time`] [`secret`] [`redact`] [`text`] [`jose`] [`x509`] [`inspect`] [`profile`] [`flow`] [`history`] | no I/O, no wall clock, no randomness of its own |
//! | shell | [`clock`] [`config`] [`keys`] [`net`] [`store`] [`shell`] | tokio, files, sockets; nothing of a face |
//! | faces | [`tui`] [`cli`] | everything above; no protocol knowledge, no bank's name |
//! | sandbox | `sandbox` | axum, rustls, rcgen, openssl; joined to the rest by the network's host map alone |
//!
//! Reading order: [`profile`] (what a bank is), [`flow`] (how a run decides), [`shell`] (how it acts), then a face.
//! `tests/architecture.rs` holds these walls.

#![cfg_attr(
    test,
    allow(
        clippy::disallowed_methods,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::needless_raw_string_hashes,
        clippy::cast_possible_wrap,
        reason = "tests speak plainly"
    )
)]

pub mod clock;
pub mod config;
pub mod flow;
pub mod history;
pub mod inspect;
pub mod jose;
pub mod keys;
pub mod net;
pub mod profile;
pub mod redact;
pub mod secret;
pub mod shell;
pub mod store;
pub mod text;
pub mod time;
pub mod x509;

pub mod cli;
pub mod tui;

#[cfg(feature = "sandbox")]
pub mod sandbox;
