//! The commands of `history`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// Runs that are kept, the newest first. Secrets were masked before they were written.
    List {
        /// Those of this profile.
        #[arg(long, value_name = "PROFILE")]
        profile: Option<String>,
        /// Those in which each of these words stands: a step, a status, a check, an address.
        #[arg(long, value_name = "WORDS")]
        text: Option<String>,
        /// One JSON object per line: id, profile, env, flow, title, started, status, step, error, imported.
        #[arg(long)]
        json: bool,
    },
    /// One run from beginning to end: steps, requests, answers, checks.
    Show {
        /// The beginning of an id that the list shows, `last`, or a file: what `export --format json` or `run --json` wrote.
        #[arg(value_name = "ID|FILE")]
        run: String,
    },
    /// Take a run along: HAR 1.2 for tools, Markdown or JSON for a bank's support. Everything in it is masked.
    Export {
        /// As `show` takes it.
        #[arg(value_name = "ID|FILE")]
        run: String,
        #[arg(long, value_enum)]
        format: ExportForm,
        /// Where to; without it, to standard output.
        file: Option<PathBuf>,
        /// Replace a file that is there.
        #[arg(long)]
        yes: bool,
    },
    /// Two runs beside each other, step by step, by meaning. Ends with 1 where they differ.
    Compare {
        /// As `show` takes it; alone, it is compared with the run before it of the same flow.
        #[arg(value_name = "ID|FILE")]
        left: String,
        /// The other.
        #[arg(value_name = "ID|FILE")]
        right: Option<String>,
        /// As one JSON object: left, right, same, differences, masked, folded.
        #[arg(long)]
        json: bool,
    },
    /// Keep a run of somebody else: what `export --format json` or `run --json` wrote. It is masked once more, and its id printed.
    Import { file: PathBuf },
    /// Delete a run, or all that began before a day.
    Delete {
        #[arg(value_name = "ID", required_unless_present = "before", conflicts_with = "before")]
        run: Option<String>,
        /// YYYY-MM-DD (UTC).
        #[arg(long, value_name = "DATE")]
        before: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Run the same flow again: same profile, environment, inputs and keys. What was secret is asked again.
    Run(AgainArgs),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum ExportForm {
    Har,
    Markdown,
    Json,
}

#[derive(Args, Debug)]
pub struct AgainArgs {
    /// The beginning of an id that the list shows, or `last`.
    #[arg(value_name = "ID")]
    pub run: String,
    /// An input of this run: K=V, K=@FILE, or K=@- for standard input. Secrets only by file or standard input.
    #[arg(long = "set", value_name = "K=V")]
    pub set: Vec<String>,
    /// Another key for a role: ROLE=REF.
    #[arg(long = "bind", value_name = "ROLE=REF")]
    pub bind: Vec<String>,
    /// Read the passphrase of a sealed file or of the vault, or a token's PIN, from a file, or from - (standard input).
    #[arg(long, value_name = "FILE|-")]
    pub unlock_from: Option<String>,
    /// Do not ask whether the inputs that an imported run names are to be used.
    #[arg(long)]
    pub yes: bool,
    /// Build and check, but send nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Allow a production environment.
    #[arg(long)]
    pub production: bool,
    /// One JSON object per line, as `run` prints them.
    #[arg(long)]
    pub json: bool,
    /// Write the exchanges as HAR 1.2, masked.
    #[arg(long, value_name = "FILE")]
    pub har: Option<PathBuf>,
}
