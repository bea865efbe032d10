//! Everything that needs no peer, no terminal and no network but loopback.

#[path = "it/architecture.rs"]
mod architecture;
#[path = "it/profiles.rs"]
mod profiles;
