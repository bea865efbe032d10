//! The commands of `tokens`.

use clap::{Args, Subcommand};

/// Which token set.
#[derive(Args, Debug)]
pub struct TokenName {
    /// PROFILE/SET as the list shows it, PROFILE alone where it has one, PROFILE/ENVIRONMENT/SET where names repeat.
    #[arg(value_name = "PROFILE/SET")]
    pub name: String,
}

#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    /// Every token set that is kept, with its countdown and the lineage of its refresh token. Opens nothing.
    List {
        /// One JSON object per line: profile, environment, set, came, access, refresh, scope, asked_scope, in_memory.
        #[arg(long)]
        json: bool,
    },
    /// Print an access token that is good now; where it has ended, the refresh token is exchanged first.
    Use {
        #[command(flatten)]
        name: TokenName,
        /// Allow a production environment, where the token has to be refreshed.
        #[arg(long)]
        production: bool,
    },
    /// Exchange the refresh token: one spender at a time in all instances, the new one kept before the old one goes.
    Refresh {
        #[command(flatten)]
        name: TokenName,
        /// Use the predecessor that is kept as a back-up (refresh_policy = rotate_with_backup).
        #[arg(long)]
        predecessor: bool,
        /// Also where it was sent before without an answer that was kept: where it is spent, the bank may end every token
        /// of the consent.
        #[arg(long)]
        in_doubt: bool,
        /// Allow a production environment.
        #[arg(long)]
        production: bool,
        /// One JSON object per line, as `run` prints them.
        #[arg(long)]
        json: bool,
    },
    /// Copy the access token; it is taken off the clipboard again.
    Copy {
        #[command(flatten)]
        name: TokenName,
        /// Another member: refresh_token, id_token.
        #[arg(long, value_name = "NAME", default_value = "access_token")]
        member: String,
    },
    /// Print a call with the token as a curl command: with the client certificate, or a fresh proof, where the token is bound.
    /// The token itself is not in it.
    Call {
        #[command(flatten)]
        name: TokenName,
        /// https://HOST/PATH
        url: String,
        #[arg(long, value_name = "METHOD", default_value = "GET")]
        method: String,
    },
    /// Forget a token set. The bank is not told.
    Forget {
        #[command(flatten)]
        name: TokenName,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
}
