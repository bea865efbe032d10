//! `keymap`: every key of the screen, and whether `keys.toml` is right.

use super::args::KeymapArgs;
use super::exit::{Exit, Failure};
use crate::config::{Complaint, Places};
use crate::store::{StoreError, load_text};
use crate::tui::Keymap;

const FILE: &str = "keys.toml";

pub fn run(places: &Places, args: &KeymapArgs) -> Result<Exit, Failure> {
    let (keymap, complaints) = load(places)?;
    if !args.check {
        print_raw!("{}", keymap.table());
    }
    for Complaint { text, hint } in &complaints {
        eprintln!("countersign: {} ({})", crate::text::clean(text), crate::text::clean(hint));
    }
    if args.check && complaints.is_empty() {
        let file = places.config.as_ref().map_or_else(|| FILE.to_owned(), |d| d.join(FILE).display().to_string());
        say!("{file}: right; every key has one meaning in each place");
    }
    Ok(if args.check && !complaints.is_empty() { Exit::Usage } else { Exit::Done })
}

/// The table with the person's own keys, and what of those has no effect or takes another's key.
pub fn load(places: &Places) -> Result<(Keymap, Vec<Complaint>), StoreError> {
    Ok(match load_text(places, FILE)? {
        Some((name, text)) => Keymap::read(&name, &text),
        None => (Keymap::default(), Vec::new()),
    })
}
