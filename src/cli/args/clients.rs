//! The commands of `clients`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum ClientsCommand {
    /// Every registration that is known: client id, statement, keys, and what breaks on which date. Sends nothing.
    List {
        /// One JSON object per line: profile, environment, client_id, since, deleted, statement, keys, answers, ends.
        #[arg(long)]
        json: bool,
    },
    /// One registration, with every answer of the bank that differed from the one before.
    Show {
        profile: String,
        /// The environment; a saved profile has its own.
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
    },
    /// Read the registration at the bank, and say what is not as it was when it was last answered (exit status 1).
    Drift {
        profile: String,
        /// The environment; a saved profile has its own.
        #[arg(long, value_name = "ENV")]
        env: Option<String>,
        /// The profile's flow that reads the registration.
        #[arg(long, value_name = "FLOW", default_value = "read")]
        flow: String,
        /// Allow a production environment.
        #[arg(long)]
        production: bool,
        /// One JSON object: client_id, compared_with, changes.
        #[arg(long)]
        json: bool,
    },
    /// Change the certificate of a client: shows what changes, sends the profile's update with the new key in its role, and
    /// writes the new reference into the profile once the bank has taken it.
    Certificate(RenewArgs),
}

/// Example:
///
///   countersign clients certificate acme-bank transport=vault:qwac-2027
#[derive(Args, Debug)]
#[command(verbatim_doc_comment)]
pub struct RenewArgs {
    pub profile: String,
    /// The role and the key that it is to have, with its certificate beside it.
    #[arg(value_name = "ROLE=REF")]
    pub bind: String,
    /// The environment; a saved profile has its own.
    #[arg(long, value_name = "ENV")]
    pub env: Option<String>,
    /// The profile's flow that replaces the registration.
    #[arg(long, value_name = "FLOW", default_value = "update")]
    pub flow: String,
    /// Allow a production environment.
    #[arg(long)]
    pub production: bool,
    /// Do not ask.
    #[arg(long)]
    pub yes: bool,
}
