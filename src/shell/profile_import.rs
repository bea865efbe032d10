//! A profile that comes from elsewhere: what taking it over would change, before it is taken over.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use super::own_profiles::{Own, would_not_load};
use super::session::Problem;
use crate::config::at_home;
use crate::profile::model::Profile;
use crate::profile::{Change, addresses, difference};
use crate::secret::Class;
use crate::store::{FileChange, read_profile};
use crate::text::clean;

/// A file that was read and checked, held against what is there under its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incoming {
    pub id: String,
    /// What it would do. Before: what is there under that id, of the person's own.
    pub file: FileChange,
    /// Something has its id already: a profile of the person's own, or a bank, before which it would stand.
    pub replaces: bool,
    /// What would change, in words.
    pub report: String,
}

impl Incoming {
    /// Whether it says just what is there.
    pub fn is_same(&self) -> bool {
        self.file.before == self.file.after
    }
}

impl Own<'_> {
    /// Reads a file, and says what taking it over would change. Nothing is written.
    ///
    /// # Errors
    /// Where it cannot be read, or would not load: with line and column.
    pub fn weigh(&self, file: &str) -> Result<Incoming, Problem> {
        let path = at_home(file.trim());
        if path.is_empty() {
            return Err(Problem::usage("the path of the file is missing", "the whole path, or from ~/"));
        }
        let gone = || Problem::usage(format!("{} is not there", clean(&path)), "give the path of a profile's file");
        let text = read_profile(Path::new(&path))?.ok_or_else(gone)?;
        self.weigh_text(&path, &text)
    }

    /// The same of a text that was read from that file.
    ///
    /// # Errors
    /// Where it would not load.
    pub fn weigh_text(&self, name: &str, text: &Arc<str>) -> Result<Incoming, Problem> {
        let loaded = self.library.check(name, text).map_err(|refused| would_not_load(&refused.lines))?;
        let profile = &loaded.profile;
        let id = profile.id.clone();
        let there = self.library.source(&id);
        let (path, before) = match there {
            Some(source) if source.own => {
                let own = self.file(&id)?;
                (own.path, own.there)
            }
            _ => (self.path(&id)?, None),
        };
        let base = profile.lineage.get(1).map(String::as_str);
        let present_text = before.as_deref().or(there.map(|s| s.text)).unwrap_or_default();
        let against = if there.is_some() { Some(id.as_str()) } else { base };
        let present = against.and_then(|id| self.library.load(id).ok()).map(|l| l.profile);
        let changes = difference(present_text, text, |path| is_masked(path, profile, present.as_ref()));
        let of_base = || base.and_then(|id| self.library.source(id)).map_or("", |s| s.text);
        let known_text = if there.is_some() { present_text } else { of_base() };
        let stands = match there {
            Some(source) if source.own => Stands::Own,
            Some(_) => Stands::Bank,
            None => Stands::Nothing,
        };
        let mut report = head(name, profile, stands);
        doubts(&mut report, profile, present.as_ref());
        hosts(&mut report, profile, present.as_ref(), [known_text, &**text], against);
        members(&mut report, stands, changes);
        let file = FileChange { path, before, after: Some(text.clone()) };
        Ok(Incoming { id, file, replaces: there.is_some(), report })
    }
}

/// Values of inputs that are nobody's to read.
fn is_masked(path: &str, profile: &Profile, present: Option<&Profile>) -> bool {
    let Some(name) = path.strip_prefix("values.").and_then(|rest| rest.split('.').next()) else { return false };
    let of = |p: &Profile| p.input(name).is_some_and(|i| i.class != Class::Public);
    of(profile) || present.is_some_and(of)
}

/// What has the id now.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Nothing,
    /// A profile of the person's own.
    Own,
    /// A bank that came with the program.
    Bank,
}

fn head(name: &str, profile: &Profile, stands: Stands) -> String {
    let base = profile.lineage.get(1).map_or_else(|| "extends no bank".to_owned(), |b| format!("extends {b}"));
    let environment = match &profile.environment {
        None => "a bank with all its environments".to_owned(),
        Some(name) if profile.environment(name).is_some_and(|e| e.production) => {
            format!("environment {name} [PRODUCTION]")
        }
        Some(name) => format!("environment {name}"),
    };
    let place = match stands {
        Stands::Own => "It replaces your profile of that id, which goes to the bin for 30 days.",
        Stands::Bank => "It would stand before the bank of that id that came with the program: look twice.",
        Stands::Nothing => "It is new: there is no profile of that id.",
    };
    let [id, named, name, base, environment] =
        [&profile.id, &profile.name, name, &base, &environment].map(|text: &str| clean(text));
    format!(
        "{id}  {named}\nfrom {name}\n{base}; {environment}\n{place}\nIt holds nothing that a profile may not hold: \
         references, no secrets, no command.\n"
    )
}

/// What it takes for granted that a person decides elsewhere.
fn doubts(out: &mut String, profile: &Profile, present: Option<&Profile>) {
    let names = |all: Vec<&String>| all.into_iter().map(|name| clean(name)).collect::<Vec<_>>().join(", ");
    let pins = profile.pins.iter().filter(|(name, pin)| present.and_then(|p| p.pins.get(*name)) != Some(*pin));
    let pins: Vec<&String> = pins.map(|(name, _)| name).collect();
    if !pins.is_empty() {
        let _ = writeln!(out, "It brings keys of others as approved: {}. Compare them with the bank's.", names(pins));
    }
    let is_off = |p: &Profile, id: &String| p.levels.get(id).is_some_and(Option::is_none);
    let off = profile.levels.keys().filter(|id| is_off(profile, id) && !present.is_some_and(|p| is_off(p, id)));
    let off: Vec<&String> = off.collect();
    if !off.is_empty() {
        let _ = writeln!(out, "It turns checks off: {}.", names(off));
    }
}

/// `texts`: of what is known, and of the file. `against`: whose hosts are known.
fn hosts(out: &mut String, profile: &Profile, present: Option<&Profile>, texts: [&str; 2], against: Option<&str>) {
    let listed = |p: &Profile| p.hosts.iter().map(|h| (String::new(), h.source().to_owned())).collect::<Vec<_>>();
    let [known_named, named] = texts.map(addresses);
    let mut known = present.map(listed).unwrap_or_default();
    known.extend(known_named);
    let mut now = listed(profile);
    now.extend(named);
    let is_in = |all: &[(String, String)], host: &str| all.iter().any(|(_, h)| h == host);
    out.push_str("\nrequests may go to\n");
    // what is new is seen without scrolling
    now.sort_by_key(|(_, host)| is_in(&known, host));
    for (path, host) in &now {
        let by = if path.is_empty() { String::new() } else { format!("  by {path}") };
        let new = match against {
            _ if is_in(&known, host) => String::new(),
            Some(id) => format!("  NEW: {id} does not name it"),
            None => "  NEW".to_owned(),
        };
        let _ = writeln!(out, "  {}{}{new}", clean(host), clean(&by));
    }
    for (_, host) in known.iter().filter(|(_, host)| !is_in(&now, host)) {
        let _ = writeln!(out, "  not any more: {}", clean(host));
    }
}

fn members(out: &mut String, stands: Stands, changes: Option<Vec<Change>>) {
    out.push_str(if stands == Stands::Nothing { "\nwhat stands in it\n" } else { "\nwhat changes\n" });
    match changes {
        None => out.push_str("  what is there is no TOML: all of it is replaced\n"),
        Some(changes) if changes.is_empty() => out.push_str("  no member: comments and order at most\n"),
        Some(changes) => changes.iter().for_each(|c| {
            let _ = writeln!(out, "  {}", clean(&c.to_words()));
        }),
    }
}
