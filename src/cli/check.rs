//! `check`: is this profile right?

use super::args::CheckArgs;
use super::exit::{Exit, Failure};
use crate::config::Places;
use crate::store::{load_library, read_capped};

pub fn run(places: &Places, args: &CheckArgs) -> Result<Exit, Failure> {
    if args.schema {
        print_raw!("{}", crate::profile::schema());
        return Ok(Exit::Done);
    }
    let (library, _) = load_library(places);
    let mut exit = Exit::Done;
    for file in &args.files {
        let name = file.display().to_string();
        let text = String::from_utf8(read_capped(file, 1_000_000)?)
            .map_err(|_| Failure::usage(format!("{name} is no UTF-8 text"), "save it as UTF-8"))?;
        match library.check(&name, &text) {
            Ok(loaded) => {
                let p = &loaded.profile;
                say!(
                    "{name}: right ({}: {} flows, {} environments, {} checks)",
                    p.id,
                    p.flows.len(),
                    p.environments.len(),
                    p.checks.len()
                );
            }
            Err(refused) => {
                for line in &refused.lines {
                    say!("{}", crate::text::clean(line));
                }
                exit = Exit::Usage;
            }
        }
    }
    Ok(exit)
}
