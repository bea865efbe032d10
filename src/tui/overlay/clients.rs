//! Registrations that are known: what of each ends when, and what the bank's last answer changed.

use super::Listing;
use super::list::List;
use crate::inspect::moment;
use crate::shell::{ClientRow, change_in_words, end_in_words};
use crate::time::Timestamp;
use crate::tui::app::App;
use crate::tui::doc::Doc;
use crate::tui::look::{Look, Sign, Tone};
use crate::tui::span::short;
use crate::tui::words::Words;

pub fn list<'a>(app: &'a App, listing: &Listing, now: Timestamp) -> List<'a, &'a ClientRow> {
    let look = app.look();
    let rows = app.clients_shown(listing);
    List {
        title: listing.title("registrations that are known", rows.len()),
        none: listing.nothing("none yet: those that flows make or read are written down here, without a secret"),
        wide: 110,
        rows,
        cursor: listing.cursor,
        line: Box::new(move |row, width| line(look, row, width, now)),
        details: Box::new(move |row, width| details(look, row, width, now)),
    }
}

fn line(look: Look, row: &ClientRow, width: usize, now: Timestamp) -> Words {
    let words = Words::new(look);
    let name = format!("{} / {}", row.profile, row.environment);
    let words = words.cell(Tone::Plain, name, (width * 3 / 10).clamp(10, 34)).gap(1);
    let words = words.cell(Tone::Plain, &row.client.client_id, (width / 3).clamp(10, 38)).gap(1);
    if row.client.deleted.is_some() {
        return words.dim("deleted");
    }
    let words = match (row.urgent(now), row.ends.first()) {
        (Some(end), _) if end.at <= now.seconds() => words.sign(Tone::Bad, Sign::Failed).gap(1).put(Tone::Bad, "ended"),
        (Some(end), _) => {
            let left = format!("{} left", short(end.at - now.seconds()));
            words.sign(Tone::Warn, Sign::Warn).gap(1).put(Tone::Warn, left)
        }
        (None, Some(end)) => words.dim(format!("{} left", short(end.at - now.seconds()))),
        (None, None) => words.dim("no end known"),
    };
    if row.drift().is_empty() { words } else { words.gap(1).put(Tone::Warn, "changed") }
}

fn details(look: Look, row: &ClientRow, width: u16, now: Timestamp) -> Doc<'static> {
    let client = &row.client;
    let mut doc = Doc::new(look, width);
    let last = client.answers.last().map_or(client.since, |a| a.at);
    let times = format!("{}; as answered {}", moment(client.since), moment(last));
    doc.push(Words::new(look).dim("since     ").plain(times), 10, None);
    if let Some(at) = client.deleted {
        doc.push(Words::new(look).dim("deleted   ").plain(moment(at)), 10, None);
        return doc;
    }
    if let Some(uri) = &client.registration_client_uri {
        doc.push(Words::new(look).dim("managed at").gap(1).plain(uri), 11, None);
    }
    for key in &client.keys {
        let words = Words::new(look).dim("key       ").plain(format!("{} = {}", key.role, key.reference));
        doc.push(words, 10, None);
    }
    for end in &row.ends {
        let soon = row.urgent(now).is_some_and(|first| end.at <= first.at) || end.at <= now.seconds();
        let tone = if soon { Tone::Warn } else { Tone::Plain };
        doc.push(Words::new(look).dim("          ").put(tone, end_in_words(end, now)), 10, None);
        doc.push(Words::new(look).dim("            then ").dim(end.breaks), 17, None);
    }
    for change in row.drift() {
        doc.push(Words::new(look).dim("changed   ").put(Tone::Warn, change_in_words(&change)), 10, None);
    }
    doc
}
