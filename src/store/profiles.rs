//! A person's own profiles: `profiles/*.toml` in the configuration directory.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::file::{StoreError, read_capped, write_private};
use crate::config::Places;
use crate::profile::Library;
use crate::profile::model::Pin;

/// Larger files are no profiles.
const LIMIT: u64 = 1_000_000;

/// The embedded library and the person's files. A file that cannot be read is left out and told.
pub fn load_library(places: &Places) -> (Library, Vec<StoreError>) {
    let mut library = Library::embedded();
    let mut problems = Vec::new();
    for path in files(places) {
        let name = path.display().to_string();
        match read_capped(&path, LIMIT).map(String::from_utf8) {
            Ok(Ok(text)) => library.add(name, text),
            Ok(Err(_)) => problems.push(StoreError::new(format!("{name} is no UTF-8 text"), "save it as UTF-8")),
            Err(e) => problems.push(e),
        }
    }
    (library, problems)
}

fn files(places: &Places) -> Vec<PathBuf> {
    let Some(dir) = places.config.as_ref().map(|d| d.join("profiles")) else { return Vec::new() };
    let Ok(listed) = std::fs::read_dir(dir) else { return Vec::new() };
    let mut out: Vec<PathBuf> =
        listed.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    out.sort();
    out
}

/// The file of a saved profile.
pub fn path_of(places: &Places, id: &str) -> Option<PathBuf> {
    let safe = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    places.config.as_ref().filter(|_| safe).map(|d| d.join("profiles").join(format!("{id}.toml")))
}

/// Writes values into a saved profile's `[values]`; what else stands in the file stays as it is.
pub fn save_values(places: &Places, id: &str, values: &[(String, Json)]) -> Result<PathBuf, StoreError> {
    edit(places, id, |doc| {
        let table = doc.entry("values").or_insert(toml_edit::table());
        for (name, value) in values {
            let item = match value {
                Json::String(s) => toml_edit::value(s.as_str()),
                Json::Bool(b) => toml_edit::value(*b),
                Json::Number(n) if n.is_i64() => toml_edit::value(n.as_i64().unwrap_or_default()),
                other => toml_edit::value(other.to_string()),
            };
            table[name.as_str()] = item;
        }
    })
}

fn edit(places: &Places, id: &str, change: impl FnOnce(&mut toml_edit::DocumentMut)) -> Result<PathBuf, StoreError> {
    let path = path_of(places, id)
        .ok_or_else(|| StoreError::new("there is no place to keep profiles", "give one with --data-dir"))?;
    let text = String::from_utf8(read_capped(&path, LIMIT)?)
        .map_err(|_| StoreError::new("the profile is no UTF-8 text", "save it as UTF-8"))?;
    let mut doc: toml_edit::DocumentMut = text
        .parse()
        .map_err(|_| StoreError::new(format!("{} is no TOML", path.display()), "run: countersign check FILE"))?;
    change(&mut doc);
    write_private(&path, doc.to_string().as_bytes())?;
    Ok(path)
}

/// Writes approved keys into a saved profile's `[pins]`; what else stands in the file stays as it is.
pub fn save_pins(places: &Places, id: &str, pins: &[(String, Pin)]) -> Result<PathBuf, StoreError> {
    edit(places, id, |doc| {
        let table = doc.entry("pins").or_insert(toml_edit::table());
        for (name, pin) in pins {
            let mut kept = toml_edit::Table::new();
            let thumbprints: toml_edit::Array = pin.thumbprints.iter().map(String::as_str).collect();
            kept["thumbprints"] = toml_edit::value(thumbprints);
            kept["sha256"] = toml_edit::value(pin.sha256.as_str());
            kept["approved"] = toml_edit::value(pin.approved.as_str());
            table[name.as_str()] = toml_edit::Item::Table(kept);
        }
    })
}

/// Writes a new saved profile; refuses to replace one.
pub fn save_new(path: &Path, text: &str) -> Result<(), StoreError> {
    if path.exists() {
        return Err(StoreError::new(
            format!("{} is there already", path.display()),
            "choose another id, or remove the file first",
        ));
    }
    write_private(path, text.as_bytes())
}
