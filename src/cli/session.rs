//! What every command needs: the library, the stores, a runtime, and the values and keys given as arguments.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Runtime;

use super::exit::{Exit, Failure};
use crate::clock::{Clock, SystemClock};
use crate::config::Places;
use crate::keys::{KeyUri, NobodyUnlocks, Unlock};
use crate::secret::{Class, Secret, class_of_name};
use crate::shell::{People, Session};
use crate::store::{StoreError, load_library, read_capped};

/// Inputs from files and standard input.
pub const LARGEST: u64 = 4_000_000;

pub fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|_| {
        Failure::new(Exit::Network, "no threads could be started", "look at the limits of this machine (ulimit -u)")
    })
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// The session of a command; profiles that cannot be read are told on standard error.
pub fn session(places: &Places, people: Option<Arc<dyn People>>) -> Session {
    session_with(places, people, Arc::new(NobodyUnlocks))
}

/// As [`session`], with somebody who knows passphrases.
pub fn session_with(places: &Places, people: Option<Arc<dyn People>>, unlock: Arc<dyn Unlock>) -> Session {
    let (mut session, problems) = session_quietly(places, Some(unlock));
    for problem in problems {
        eprintln!("countersign: {} ({})", problem.text, problem.hint);
    }
    if let Some(people) = people {
        session.people = people;
    }
    session
}

/// The session, and the profiles that could not be read. Without anybody to unlock it keeps no keys (the demo).
pub fn session_quietly(places: &Places, unlock: Option<Arc<dyn Unlock>>) -> (Session, Vec<StoreError>) {
    let (library, mut problems) = load_library(places);
    let mut session = Session::bare(library, clock());
    if let Some(unlock) = unlock {
        problems.extend(session.keep(places, unlock));
    }
    #[cfg(feature = "sandbox")]
    {
        session.embedded = Some(Arc::new(super::embedded::Banks::new(session.clock.clone())));
    }
    (session, problems)
}

/// `K=V`, `K=@FILE`, `K=@-`. A secret name takes no plain value: it would stand in the process list.
pub fn inputs(given: &[String]) -> Result<BTreeMap<String, Secret>, Failure> {
    let mut out = BTreeMap::new();
    for pair in given {
        let Some((name, value)) = pair.split_once('=') else {
            return Err(Failure::usage("--set wants K=V", "for example --set scope=accounts, or --set ssa=@file.jwt"));
        };
        let value = match value.strip_prefix('@') {
            Some("-") => standard_input()?,
            Some(path) => text_file(Path::new(path))?,
            None if class_of_name(name) == Class::Secret => {
                return Err(Failure::usage(
                    format!("{name} is secret and would stand in the process list"),
                    format!("--set {name}=@FILE, or --set {name}=@- and standard input"),
                ));
            }
            None => value.to_owned(),
        };
        out.insert(name.to_owned(), Secret::new(value));
    }
    Ok(out)
}

/// `ROLE=REF`.
pub fn bindings(given: &[String]) -> Result<BTreeMap<String, KeyUri>, Failure> {
    let mut out = BTreeMap::new();
    for pair in given {
        let Some((role, reference)) = pair.split_once('=') else {
            return Err(Failure::usage("--bind wants ROLE=REF", "for example --bind signing=file:key.pem"));
        };
        let uri = reference.parse::<KeyUri>().map_err(|e| Failure::usage(e.text, e.hint))?;
        out.insert(role.to_owned(), uri);
    }
    Ok(out)
}

/// `ROLE=FILE`.
pub fn chains(given: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    let mut out = BTreeMap::new();
    for pair in given {
        let Some((role, path)) = pair.split_once('=').filter(|(_, path)| !path.is_empty()) else {
            return Err(Failure::usage("--chain wants ROLE=FILE", "for example --chain transport=qwac.pem"));
        };
        out.insert(role.to_owned(), path.strip_prefix("file:").unwrap_or(path).to_owned());
    }
    Ok(out)
}

/// One trailing line end is dropped; nothing else is touched.
pub fn without_line_end(mut text: String) -> String {
    if text.ends_with('\n') {
        text.pop();
        if text.ends_with('\r') {
            text.pop();
        }
    }
    text
}

pub fn standard_input() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(LARGEST + 1).read_to_end(&mut bytes);
    if read.is_err() || bytes.len() as u64 > LARGEST {
        return Err(Failure::usage("standard input could not be read, or holds more than 4 MB", "give a file"));
    }
    String::from_utf8(bytes)
        .map(without_line_end)
        .map_err(|_| Failure::usage("standard input is no UTF-8 text", "give a binary file by its path"))
}

pub fn text_file(path: &Path) -> Result<String, Failure> {
    let bytes = read_capped(path, LARGEST)?;
    String::from_utf8(bytes)
        .map(without_line_end)
        .map_err(|_| Failure::usage(format!("{} is no UTF-8 text", path.display()), "give a text file"))
}
