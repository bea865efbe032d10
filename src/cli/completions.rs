//! `completions`: from the same definition as `--help`.

use clap::CommandFactory;

use super::args::Cli;
use super::exit::Exit;

pub fn run(shell: clap_complete::Shell) -> Exit {
    clap_complete::generate(shell, &mut Cli::command(), "countersign", &mut std::io::stdout());
    Exit::Done
}
