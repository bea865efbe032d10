//! The command line: the engine without a screen. Results go to standard output, everything else to standard error.
#![expect(clippy::print_stderr, reason = "telling on standard error is what a command line is for")]

/// A line on standard output. A reader that went away (`… | head`) is no failure, and nothing to panic about.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

/// One JSON value, fit to be printed.
macro_rules! say_json {
    ($value:expr) => {
        say!("{}", crate::text::clean_json(&$value.to_string()))
    };
}

/// The same without a line end.
macro_rules! print_raw {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = write!(std::io::stdout(), $($text)*);
    }};
}

mod args;
mod certificate;
mod check;
mod clients;
mod completions;
mod doctor;
#[cfg(feature = "sandbox")]
mod embedded;
mod exit;
mod explain;
mod history;
mod inspect;
mod keymap;
mod keys;
mod man;
mod on_screen;
mod profiles;
mod prompt;
mod renew;
mod report;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod script;
mod session;
mod suits;
mod tokens;
mod unlock;
mod whole;
mod workbench;

use std::process::ExitCode;

pub use args::{Cli, Command};
#[cfg(feature = "sandbox")]
pub use embedded::Banks;
pub use exit::Exit;

/// Runs one command; the exit status says how it went.
pub fn main(cli: Cli) -> ExitCode {
    let result = dispatch(cli);
    match result {
        Ok(exit) => exit.into(),
        Err(failure) => {
            failure.print();
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli) -> Result<Exit, exit::Failure> {
    let places = crate::config::Places::find(cli.data_dir.as_deref());
    match cli.command {
        None => workbench::open(&places, false, cli.screen),
        Some(Command::Demo) => workbench::open(&places, true, cli.screen),
        Some(Command::Run(args)) => run::run(&places, args),
        Some(Command::Inspect(args)) => inspect::run(&places, args),
        Some(Command::Check(args)) => check::run(&places, &args),
        Some(Command::Explain(args)) => explain::run(&places, &args),
        Some(Command::Keymap(args)) => keymap::run(&places, &args),
        Some(Command::Profiles { command }) => profiles::run(&places, command),
        Some(Command::Keys { unlock_from, command }) => keys::run(&places, unlock_from.as_deref(), command),
        Some(Command::Clients { unlock_from, command }) => clients::run(&places, unlock_from.as_deref(), command),
        Some(Command::Tokens { unlock_from, command }) => tokens::run(&places, unlock_from.as_deref(), command),
        Some(Command::History { command }) => history::run(&places, command),
        Some(Command::Doctor(args)) => doctor::run(&places, &args),
        #[cfg(feature = "sandbox")]
        Some(Command::Sandbox(args)) => sandbox::run(&args),
        Some(Command::Completions { shell }) => Ok(completions::run(shell)),
        Some(Command::Man) => man::run(),
    }
}
