//! Everything that needs no peer, no terminal and no network but loopback.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests speak plainly")]

#[path = "it/architecture.rs"]
mod architecture;
#[path = "it/authorize.rs"]
mod authorize;
#[path = "it/cli.rs"]
mod cli;
#[path = "it/clients.rs"]
mod clients;
#[path = "it/custody.rs"]
mod custody;
#[path = "it/danske.rs"]
mod danske;
#[path = "it/dcr.rs"]
mod dcr;
#[path = "it/dnb.rs"]
mod dnb;
#[path = "it/exploring.rs"]
mod exploring;
#[path = "it/fuzz_corpus.rs"]
mod fuzz_corpus;
#[path = "it/history.rs"]
mod history;
#[path = "it/leaks.rs"]
mod leaks;
#[path = "it/lint.rs"]
mod lint;
#[path = "it/listen.rs"]
mod listen;
#[path = "it/needles.rs"]
mod needles;
#[path = "it/open_banking.rs"]
mod open_banking;
#[path = "it/own_keys.rs"]
mod own_keys;
#[path = "it/own_profiles.rs"]
mod own_profiles;
#[path = "it/playbook.rs"]
mod playbook;
#[path = "it/preflight.rs"]
mod preflight;
#[path = "it/profiles.rs"]
mod profiles;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/spv.rs"]
mod spv;
#[path = "it/support.rs"]
mod support;
