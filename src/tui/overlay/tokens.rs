//! Tokens that are kept: each with its countdown, and how its refresh token stands.

use super::Listing;
use super::list::List;
use crate::inspect::moment;
use crate::shell::{lineage_in_words, scope_in_words, standing_in_words};
use crate::store::tokens::{Standing, TokenRow};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span::{bar, short};
use crate::tui::words::Words;

pub fn list<'a>(app: &'a App, listing: &Listing, now: Timestamp) -> List<'a, &'a TokenRow> {
    let look = app.look();
    let rows = app.tokens_shown(listing);
    List {
        title: listing.title("tokens that are kept", rows.len()),
        none: listing.nothing("none yet: those that flows get are kept here, sealed where the profile is a saved one"),
        wide: 100,
        rows,
        cursor: listing.cursor,
        line: Box::new(move |row, width| line(look, row, width, now)),
        details: Box::new(|row, width| details(app, row, width)),
    }
}

fn line(look: Look, row: &TokenRow, width: usize, now: Timestamp) -> Words {
    let label = &row.label;
    let words = Words::new(look);
    let name = format!("{} / {} {}", label.profile, label.environment, label.set);
    let words = words.cell(Tone::Plain, name, (width * 2 / 5).clamp(10, 40)).gap(1);
    access(words, row, width, now).gap(1).join(refresh(look, row))
}

fn access(words: Words, row: &TokenRow, width: usize, now: Timestamp) -> Words {
    let end = words.width() + if width >= 90 { 24 } else { 13 };
    let label = &row.label;
    let words = match label.ends.filter(|_| label.access) {
        Some(ends) if ends > now.seconds() => {
            let left = ends - now.seconds();
            let words = words.put(Tone::Good, format!("in {}", short(left)));
            match width {
                90.. => words.gap(1).dim(bar(left, ends - label.came, 10)),
                _ => words,
            }
        }
        Some(_) => words.put(Tone::Warn, "ended"),
        None if label.access => words.dim("no end said"),
        None => words.dim("no access"),
    };
    words.to(end)
}

fn refresh(look: Look, row: &TokenRow) -> Words {
    let words = Words::new(look);
    let Some(refresh) = &row.label.refresh else { return words.dim("no refresh token") };
    let words = match &refresh.standing {
        Standing::InForce => words.sign(Tone::Good, Sign::Ok).gap(1).plain("refresh token"),
        Standing::Sent { .. } if row.busy => words.sign(Tone::Busy, Sign::Busy).gap(1).plain("in flight"),
        Standing::Sent { .. } => words.sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, "in doubt"),
        Standing::Refused { .. } => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, "refused"),
    };
    match refresh.generation {
        0 => words,
        n => words.dim(format!(" (exchanged {n}×)").replace('×', if look.ascii { "x" } else { "×" })),
    }
}

fn details(app: &App, row: &TokenRow, width: u16) -> Doc<'static> {
    let look = app.look();
    let label = &row.label;
    let mut doc = Doc::new(look, width);
    let kept = if row.in_memory { "in memory: ends with the program" } else { "sealed on disk" };
    doc.push(Words::new(look).dim("kept      ").plain(format!("{kept}; came {}", moment(label.came))), 10, None);
    if let Some(scope) = scope_in_words(label) {
        doc.push(Words::new(look).dim("scope     ").plain(scope), 10, None);
    }
    if label.access {
        for (tone, text) in app.binding(&label.bound, label.token_type.as_deref()) {
            doc.push(Words::new(look).dim("bound to  ").put(tone, text), 10, None);
        }
    }
    if let Some(refresh) = &label.refresh {
        let tone = match &refresh.standing {
            Standing::InForce => Tone::Plain,
            Standing::Sent { .. } => Tone::Warn,
            Standing::Refused { .. } => Tone::Bad,
        };
        let text = standing_in_words(&refresh.standing, row.busy);
        doc.push(Words::new(look).dim("refresh   ").put(tone, text), 10, None);
        doc.push(Words::new(look).dim("lineage   ").plain(lineage_in_words(refresh)), 10, None);
    }
    doc
}
