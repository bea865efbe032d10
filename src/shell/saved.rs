//! A saved profile of what a person chose: a bank, an environment, keys and values.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::own_profiles::{Own, ProfileChange};
use super::seats::Seat;
use super::session::{Problem, Session};
use crate::flow::typed;
use crate::profile::model::{InputKind, Profile};
use crate::secret::{Class, Secret};
use crate::store::{FileChange, StoreError, load_library, toml_value};

/// What is to be saved under which id. Values of secret inputs are left out.
#[derive(Clone, PartialEq, Eq)]
pub struct NewProfile {
    pub id: String,
    pub from: String,
    pub environment: String,
    pub values: BTreeMap<String, Secret>,
}

impl fmt::Debug for NewProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NewProfile({} from {} / {})", self.id, self.from, self.environment)
    }
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedProfile {
    pub id: String,
    pub change: ProfileChange,
    /// Names of keys and values that are in it.
    pub kept: Vec<String>,
    /// What is not, and why.
    pub left: Vec<String>,
}

impl Session {
    /// Writes a new saved profile with the keys that are bound here and the values that may be kept.
    ///
    /// # Errors
    /// Where the bank or the id is none, the profile would not load, or a file of that name is there.
    pub fn save_profile(&self, new: &NewProfile) -> Result<SavedProfile, Problem> {
        let listed = "countersign profiles list shows them";
        let bank = self.library.load(&new.from).map_err(|r| Problem::usage(r.to_string(), listed))?.profile;
        let own = Own { library: &self.library, places: &self.places, now: self.clock.now() };
        let path = own.path(&new.id)?;
        let (mut kept, mut left) = (Vec::new(), Vec::new());
        let mut keys: BTreeMap<String, toml_edit::Table> = BTreeMap::new();
        for role in &bank.keys {
            let (profile, environment) = (new.from.clone(), new.environment.clone());
            let seat = Seat { profile, environment, role: role.name.clone() };
            let bound = self.seats.get(&seat).map(|uri| uri.to_string()).or_else(|| role.reference.clone());
            match bound {
                Some(uri) if uri.starts_with("memory:") => {
                    left.push(format!("{}: it ends with the program", role.name))
                }
                Some(uri) => {
                    keys.entry(role.name.clone()).or_default()["ref"] = toml_edit::value(uri);
                    kept.push(role.name.clone());
                }
                None => {}
            }
        }
        let mut values: Vec<(String, Json)> = Vec::new();
        for (name, value) in &new.values {
            match bank.input(name) {
                Some(input) if input.class == Class::Secret => left.push(format!("{name}: it is secret")),
                Some(input) if input.class == Class::Personal => left.push(format!("{name}: it is personal")),
                Some(input) if !input.save || input.kind == InputKind::Document => {
                    left.push(format!("{name}: it is asked for each time"));
                }
                Some(input) => {
                    values.push((name.clone(), typed(input, value.expose())));
                    kept.push(name.clone());
                }
                None => left.push(format!("{name}: it belongs to one flow")),
            }
        }
        let text = profile_text(&bank, &new.id, &new.environment, keys, values);
        self.library
            .check(&path.display().to_string(), &text)
            .map_err(|r| Problem::usage(r.to_string(), "choose other values and try again"))?;
        let file = FileChange { path, before: None, after: Some(text.into()) };
        let change = own.made(&new.id, format!("profile {}", new.id), file)?;
        Ok(SavedProfile { id: new.id.clone(), change, kept, left })
    }

    /// The same session with the profiles that are there now, and what is wrong with them.
    pub fn reloaded(&self) -> (Self, Vec<StoreError>) {
        let (library, problems) = load_library(&self.places);
        let mut fresh = self.clone();
        fresh.library = library;
        (fresh, problems)
    }
}

/// The file of a saved profile.
pub fn profile_text(
    bank: &Profile,
    id: &str,
    environment: &str,
    keys: BTreeMap<String, toml_edit::Table>,
    values: Vec<(String, Json)>,
) -> String {
    let mut doc = toml_edit::DocumentMut::new();
    doc["schema"] = toml_edit::value(1);
    doc["id"] = toml_edit::value(id);
    doc["name"] = toml_edit::value(format!("{} ({id})", bank.name));
    doc["extends"] = toml_edit::value(bank.id.as_str());
    doc["environment"] = toml_edit::value(environment);
    for (role, one) in keys {
        let table = doc["keys"].or_insert(toml_edit::table());
        if let Some(table) = table.as_table_mut() {
            table.set_implicit(true);
        }
        table[role.as_str()] = toml_edit::Item::Table(one);
    }
    for (name, value) in values {
        let table = doc["values"].or_insert(toml_edit::table());
        table[name.as_str()] = toml_edit::Item::Value(toml_value(&value));
    }
    doc.to_string()
}
