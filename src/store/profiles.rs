//! A person's own profiles: `profiles/*.toml` in the configuration directory.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::file::{StoreError, read_capped, write_private};
use super::profile_file::{LIMIT, alone};
use crate::config::{Places, Settings};
use crate::profile::Library;
use crate::profile::model::Pin;

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

/// When the person's profiles were last written, and how long they are: not the same where one changed.
pub fn profiles_stamp(places: &Places) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let one = |path: PathBuf| {
        let facts = std::fs::metadata(&path).ok();
        (path, facts.as_ref().map_or(0, std::fs::Metadata::len), facts.and_then(|f| f.modified().ok()))
    };
    files(places).into_iter().map(one).collect()
}

/// The person's `config.toml` and the environment. What has no effect is told.
pub fn load_settings(places: &Places) -> (Settings, Vec<StoreError>) {
    let mut problems = Vec::new();
    let (settings, complaints) = match load_text(places, "config.toml") {
        Ok(Some((name, text))) => Settings::parse(&name, &text),
        Ok(None) => Default::default(),
        Err(e) => {
            problems.push(e);
            Default::default()
        }
    };
    let (settings, more) = settings.with_environment();
    problems.extend(complaints.into_iter().chain(more).map(|c| StoreError::new(c.text, c.hint)));
    (settings, problems)
}

/// A file of that name in the configuration directory: its path, for complaints, and its text. None: there is none.
pub fn load_text(places: &Places, name: &str) -> Result<Option<(String, String)>, StoreError> {
    let Some(path) = places.config.as_ref().map(|d| d.join(name)).filter(|p| p.exists()) else { return Ok(None) };
    let name = path.display().to_string();
    match String::from_utf8(read_capped(&path, LIMIT)?) {
        Ok(text) => Ok(Some((name, text))),
        Err(_) => Err(StoreError::new(format!("{name} is no UTF-8 text"), "save it as UTF-8")),
    }
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
    change(places, id, |_, doc| {
        let table = doc.entry("values").or_insert(toml_edit::table());
        for (name, value) in values {
            table[name.as_str()] = toml_edit::Item::Value(toml_value(value));
        }
        Ok(())
    })
}

/// A value as a profile's file writes it: what TOML has no way to say stands in it as JSON.
pub fn toml_value(value: &Json) -> toml_edit::Value {
    match value {
        Json::String(s) => s.as_str().into(),
        Json::Bool(b) => (*b).into(),
        Json::Number(n) if n.is_i64() => n.as_i64().unwrap_or_default().into(),
        other => other.to_string().into(),
    }
}

/// Takes values out of a saved profile; what else stands in the file stays as it is.
pub fn drop_values(places: &Places, id: &str, names: &[&str]) -> Result<PathBuf, StoreError> {
    change(places, id, |_, doc| {
        if let Some(values) = doc.get_mut("values").and_then(toml_edit::Item::as_table_like_mut) {
            names.iter().for_each(|name| {
                values.remove(name);
            });
        }
        Ok(())
    })
}

/// Writes `keys.ROLE.ref` of a saved profile, or takes it away; what else stands in the file stays as it is.
pub fn save_reference(places: &Places, id: &str, role: &str, reference: Option<&str>) -> Result<PathBuf, StoreError> {
    change(places, id, |path, doc| {
        let misplaced =
            || StoreError::new(format!("{}: `keys` is no table", path.display()), "run: countersign check FILE");
        if let Some(reference) = reference {
            let mut made = toml_edit::Table::new();
            made.set_implicit(true);
            let keys = doc.entry("keys").or_insert(toml_edit::Item::Table(made));
            let keys = keys.as_table_like_mut().ok_or_else(misplaced)?;
            let role = keys.entry(role).or_insert(toml_edit::table()).as_table_like_mut().ok_or_else(misplaced)?;
            let mut value = toml_edit::Value::from(reference);
            // a comment behind the old value stays
            if let Some(old) = role.get("ref").and_then(toml_edit::Item::as_value) {
                *value.decor_mut() = old.decor().clone();
            }
            role.insert("ref", toml_edit::Item::Value(value));
        } else if let Some(keys) = doc.get_mut("keys").and_then(toml_edit::Item::as_table_like_mut) {
            let role_table = keys.get_mut(role).and_then(toml_edit::Item::as_table_like_mut);
            let empty = role_table.is_some_and(|table| {
                table.remove("ref");
                table.is_empty()
            });
            if empty {
                keys.remove(role);
            }
            if keys.is_empty() {
                doc.remove("keys");
            }
        }
        Ok(())
    })
}

/// Writes approved keys into a saved profile's `[pins]`; what else stands in the file stays as it is.
pub fn save_pins(places: &Places, id: &str, pins: &[(String, Pin)]) -> Result<PathBuf, StoreError> {
    change(places, id, |_, doc| {
        let table = doc.entry("pins").or_insert(toml_edit::table());
        for (name, pin) in pins {
            let mut kept = toml_edit::Table::new();
            let thumbprints: toml_edit::Array = pin.thumbprints.iter().map(String::as_str).collect();
            kept["thumbprints"] = toml_edit::value(thumbprints);
            kept["sha256"] = toml_edit::value(pin.sha256.as_str());
            kept["approved"] = toml_edit::value(pin.approved.as_str());
            table[name.as_str()] = toml_edit::Item::Table(kept);
        }
        Ok(())
    })
}

/// Reads a saved profile's file, changes it and writes it, and nobody else of this program does meanwhile.
fn change(
    places: &Places,
    id: &str,
    act: impl FnOnce(&Path, &mut toml_edit::DocumentMut) -> Result<(), StoreError>,
) -> Result<PathBuf, StoreError> {
    let path = path_of(places, id)
        .ok_or_else(|| StoreError::new("there is no place to keep profiles", "give one with --data-dir"))?;
    let _alone = alone(&path)?;
    let text = String::from_utf8(read_capped(&path, LIMIT)?)
        .map_err(|_| StoreError::new("the profile is no UTF-8 text", "save it as UTF-8"))?;
    let mut doc = text
        .parse()
        .map_err(|_| StoreError::new(format!("{} is no TOML", path.display()), "run: countersign check FILE"))?;
    act(&path, &mut doc)?;
    write_private(&path, doc.to_string().as_bytes())?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{FileChange, Unmade, save_new};
    use crate::time::Timestamp;

    const TEXT: &str =
        "# mine\nid = \"acme\" # id\n\n[keys.transport]\nref = \"file:a.pem\" # the seal\n\n[values]\nx = 1\n";

    #[test]
    fn a_reference_is_written_and_taken_away_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().to_owned()), data: None };
        let path = path_of(&places, "acme").unwrap();
        save_new(&path, TEXT).unwrap();
        let text = || String::from_utf8(read_capped(&path, LIMIT).unwrap()).unwrap();
        save_reference(&places, "acme", "transport", Some("vault:seal")).unwrap();
        assert_eq!(text(), TEXT.replace("file:a.pem", "vault:seal"));
        save_reference(&places, "acme", "transport", Some("file:a.pem")).unwrap();
        save_reference(&places, "acme", "signing", Some("vault:sig")).unwrap();
        assert!(text().contains("[keys.signing]\nref = \"vault:sig\""), "{}", text());
        save_reference(&places, "acme", "signing", None).unwrap();
        assert_eq!(text(), TEXT);
        save_reference(&places, "acme", "transport", None).unwrap();
        assert!(!text().contains("keys") && text().contains("# mine") && text().contains("x = 1"), "{}", text());
        assert!(save_reference(&places, "nobody", "signing", None).is_err());
    }

    #[test]
    fn a_value_is_taken_away_and_nothing_else_changes() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().to_owned()), data: None };
        let path = path_of(&places, "acme").unwrap();
        save_new(&path, TEXT).unwrap();
        save_values(&places, "acme", &[("client_id".to_owned(), Json::from("abc"))]).unwrap();
        drop_values(&places, "acme", &["client_id", "never_there"]).unwrap();
        assert_eq!(String::from_utf8(read_capped(&path, LIMIT).unwrap()).unwrap(), TEXT);
    }

    #[test]
    fn nothing_is_lost_that_several_write_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let places = Places { config: Some(dir.path().to_owned()), data: Some(dir.path().to_owned()) };
        let path = path_of(&places, "acme").unwrap();
        save_new(&path, TEXT).unwrap();
        let text = || String::from_utf8(read_capped(&path, LIMIT).unwrap()).unwrap();
        let names = |who: &str| (0..20).map(move |n| format!("{who}{n}")).collect::<Vec<_>>();
        let runs = ["a", "b", "c"];
        std::thread::scope(|scope| {
            for run in runs {
                let (places, names) = (&places, names(run));
                scope.spawn(move || {
                    for name in names {
                        save_values(places, "acme", &[(name, Json::from("v"))]).unwrap();
                    }
                });
            }
            // a person's edits, each on top of what was read
            scope.spawn(|| {
                for name in names("edit") {
                    loop {
                        let before = text();
                        let after = format!("# {name}\n{before}");
                        let (before, after) = (Some(before.into()), Some(after.into()));
                        let change = FileChange { path: path.clone(), before, after };
                        match change.make(&places, Timestamp::from_seconds(1_800_000_000)) {
                            Ok(()) => break,
                            Err(Unmade::Overtaken(_)) => {}
                            Err(Unmade::Failed(e)) => panic!("{e}"),
                        }
                    }
                }
            });
        });
        let text = text();
        for name in runs.into_iter().flat_map(names) {
            assert!(text.contains(&format!("{name} = ")), "{name} is lost");
        }
        for name in names("edit") {
            assert!(text.contains(&format!("# {name}\n")), "{name} is lost");
        }
    }
}
