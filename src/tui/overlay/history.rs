//! Runs that are kept, the newest first: which flow, how it ended.

use super::Listing;
use super::list::List;
use crate::store::history::KeptRun;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::words::Words;

pub fn list<'a>(app: &'a App, listing: &Listing) -> List<'a, &'a KeptRun> {
    let look = app.look();
    let none = match app.settings.demo {
        true => "the demo keeps nothing",
        false => "none yet: each is kept from its first step on, without a secret",
    };
    List {
        title: listing.title("runs that are kept", app.kept.len()),
        none: listing.nothing(none),
        wide: 110,
        rows: app.kept.iter().collect(),
        cursor: listing.cursor,
        line: Box::new(move |run, width| line(look, run, width)),
        details: Box::new(move |run, width| details(look, run, width)),
    }
}

fn line(look: Look, run: &KeptRun, width: usize) -> Words {
    let words = Words::new(look).cell(Tone::Dim, when(&run.started), 19).gap(1);
    let name = format!("{} / {}", run.profile, run.environment);
    let words = words.cell(Tone::Plain, name, (width / 4).clamp(10, 30)).gap(1);
    let words = words.cell(Tone::Plain, &run.flow, (width / 5).clamp(8, 22)).gap(1);
    let (tone, sign) = match run.status.as_str() {
        "done" => (Tone::Good, Sign::Ok),
        "failed" => (Tone::Bad, Sign::Failed),
        _ => (Tone::Warn, Sign::Warn),
    };
    let words = if run.imported { words.put(Tone::Name, "imported").gap(1) } else { words };
    let words = words.sign(tone, sign).gap(1).put(tone, &run.status);
    match &run.error {
        Some(error) => words.gap(1).dim(error),
        None => words,
    }
}

/// To the second, without the zone: it is UTC.
pub fn when(started: &str) -> String {
    started.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

fn details(look: Look, run: &KeptRun, width: u16) -> Doc<'static> {
    let mut doc = Doc::new(look, width);
    let place = match (run.sandbox, run.production) {
        (true, _) => " [SANDBOX]",
        (false, true) => " [PRODUCTION]",
        (false, false) => "",
    };
    let title = if run.title.is_empty() { &run.flow } else { &run.title };
    doc.push(Words::new(look).dim("flow      ").plain(format!("{title}{place}")), 10, None);
    if !run.started.is_empty() {
        doc.push(Words::new(look).dim("began     ").plain(format!("{} UTC", when(&run.started))), 10, None);
    }
    if !run.step.is_empty() {
        let why = run.error.as_ref().map_or_else(String::new, |e| format!(": {e}"));
        doc.push(Words::new(look).dim("ended at  ").plain(format!("{}{why}", run.step)), 10, None);
    }
    if run.imported {
        doc.push(Words::new(look).dim("from      ").plain("a file of somebody else"), 10, None);
    }
    doc.push(Words::new(look).dim("id        ").plain(&run.id), 10, None);
    doc
}
