//! `man`: the manual page, from the same definition as `--help`.

use std::io::Write;

use clap::CommandFactory;

use super::args::Cli;
use super::exit::{Exit, Failure};

pub fn run() -> Result<Exit, Failure> {
    let mut page = Vec::new();
    let command = Cli::command();
    let failed = |_| Failure::usage("the page could not be written", "");
    clap_mangen::Man::new(command.clone()).render(&mut page).map_err(failed)?;
    // each command's own arguments follow on the same page
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let man = clap_mangen::Man::new(sub.clone());
        writeln!(page, ".SH {}", sub.get_name().to_uppercase()).map_err(failed)?;
        man.render_description_section(&mut page).map_err(failed)?;
        man.render_options_section(&mut page).map_err(failed)?;
    }
    std::io::stdout().write_all(&page).map_err(failed)?;
    Ok(Exit::Done)
}
