//! `explain`: what a check or an error means, and where that is said.

use super::args::ExplainArgs;
use super::exit::{Exit, Failure};
use crate::config::Places;
use crate::flow::explain::Catalogue;
use crate::profile::{Library, Loaded};
use crate::store::load_library;

pub fn run(places: &Places, args: &ExplainArgs) -> Result<Exit, Failure> {
    let (library, _) = load_library(places);
    let catalogue = catalogue(&library);
    let Some(word) = &args.word else {
        let (mut kind, all) = (None, catalogue.entries().collect::<Vec<_>>());
        let wide = all.iter().map(|e| e.id.chars().count()).max().unwrap_or(0).min(32);
        for entry in all {
            if kind.replace(entry.is_check) != Some(entry.is_check) {
                say!("{}", if entry.is_check { "Checks" } else { "Errors" });
            }
            say!("  {}", crate::text::clean(&format!("{:<wide$}  {}", entry.id, entry.short)));
        }
        return Ok(Exit::Done);
    };
    match catalogue.explain(word) {
        Ok(text) => {
            print_raw!("{}", crate::text::clean_multiline(&text));
            Ok(Exit::Done)
        }
        Err(near) => Err(Failure::usage(
            format!("“{word}” is no check and no error that is known here"),
            near.map_or_else(
                || "countersign explain lists them all".to_owned(),
                |n| format!("did you mean {n}? countersign explain {n}"),
            ),
        )),
    }
}

/// Of every profile that can be used.
pub fn catalogue(library: &Library) -> Catalogue {
    let all: Vec<Loaded> = library.ids().iter().filter_map(|id| library.load(id).ok()).collect();
    Catalogue::new(&all)
}
