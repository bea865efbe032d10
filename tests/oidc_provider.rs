//! The program against npm's oidc-provider, a server that nobody here wrote. Banks are TOML alone: the files of profiles
//! beside these tests, and what comes with the program. `.ci/peers/oidc-provider.sh test` brings the server about.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests speak plainly"
)]

#[path = "oidc_provider/bound.rs"]
mod bound;
#[path = "oidc_provider/client.rs"]
mod client;
#[path = "oidc_provider/desk.rs"]
mod desk;
#[path = "oidc_provider/extensions.rs"]
mod extensions;
#[path = "oidc_provider/faults.rs"]
mod faults;
#[path = "oidc_provider/matrix.rs"]
mod matrix;
#[path = "oidc_provider/modes.rs"]
mod modes;
#[path = "oidc_provider/person.rs"]
mod person;
#[path = "oidc_provider/program.rs"]
mod program;
#[path = "oidc_provider/registration.rs"]
mod registration;

#[path = "support/pty.rs"]
#[expect(dead_code, reason = "shared with the tests of the screen, which use more of it")]
mod pty;
