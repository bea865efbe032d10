//! What is shown of every profile. One that only chooses (a bank's environment, values, keys) is known from its bank: the
//! bank is compiled once, however many profiles there are of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::library::{Entry, Library, Loaded, Refused, Shared, summary};
use super::raw::{RawKey, RawProfile};
use super::summary::Summary;

/// A profile in short.
#[derive(Clone, Debug)]
pub struct Brief {
    pub summary: Summary,
    /// The environment of a saved profile.
    pub environment: Option<String>,
    /// Roles, each with the reference that the profile names.
    pub keys: Vec<(String, Option<String>)>,
}

/// What a profile that only chooses takes from its bank.
#[derive(Clone, Debug)]
struct Bank {
    summary: Summary,
    environments: Vec<String>,
    inputs: BTreeSet<String>,
    keys: Vec<(String, Option<String>)>,
}

impl Bank {
    fn of(loaded: &Loaded) -> Self {
        let profile = &loaded.profile;
        Self {
            summary: summary(loaded),
            environments: profile.environments.iter().map(|e| e.name.clone()).collect(),
            inputs: profile.inputs.iter().map(|i| i.name.clone()).collect(),
            keys: profile.keys.iter().map(|k| (k.name.clone(), k.reference.clone())).collect(),
        }
    }
}

/// A profile in short, or its id and what is wrong with it.
pub type Outcome = Result<Arc<Brief>, (String, Refused)>;

/// What was read so far, for all who ask: each profile is compiled once.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<Reading>);

#[derive(Debug, Default)]
struct Reading {
    /// As they come: first the ids that are left, the next one at the end.
    left: Option<Vec<String>>,
    told: Vec<Outcome>,
    shared: Option<Result<Shared, Refused>>,
    /// By id, as far as they were needed.
    banks: BTreeMap<String, Option<Bank>>,
}

impl Told {
    /// The outcome at that place; what stands before it is read first.
    fn at(&self, place: usize, library: &Library) -> Option<Outcome> {
        // each addition is whole, whatever became of the thread that made it
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while reading.told.len() <= place {
            reading.read_on(library)?;
        }
        reading.told.get(place).cloned()
    }
}

impl Reading {
    /// Reads the next one. None: that was all.
    fn read_on(&mut self, library: &Library) -> Option<()> {
        let left = self.left.get_or_insert_with(|| library.ids().into_iter().rev().collect());
        let Some(id) = left.pop() else {
            // nobody needs them any more
            (self.shared, self.banks) = (None, BTreeMap::new());
            return None;
        };
        let outcome = match self.shared.get_or_insert_with(|| library.shared()) {
            Ok(shared) => library.brief(&id, shared, &mut self.banks),
            Err(refused) => Err(refused.clone()),
        };
        let outcome = outcome.map_err(|refused| (id, refused)).transpose();
        self.told.extend(outcome.map(|brief| brief.map(Arc::new)));
        Some(())
    }
}

impl Library {
    /// What a face shows of every profile; those that cannot be used are told apart, with their complaints. Each is read
    /// when it is asked for, once.
    pub fn summaries(&self) -> impl Iterator<Item = Result<Summary, (String, Refused)>> {
        self.briefs().map(|brief| brief.map(|b| b.summary.clone()))
    }

    /// The same, with the keys that they name. What a value is worth is seen when its profile is used.
    pub fn briefs(&self) -> impl Iterator<Item = Outcome> {
        (0..).map_while(|place| self.told.at(place, self))
    }

    /// None: a template, which is not offered.
    fn brief(
        &self,
        id: &str,
        shared: &Shared,
        banks: &mut BTreeMap<String, Option<Bank>>,
    ) -> Result<Option<Brief>, Refused> {
        if let Some(brief) = self.entry(id).and_then(|entry| self.chosen(id, entry, shared, banks)) {
            return Ok(Some(brief));
        }
        let loaded = self.load_with(id, shared)?;
        let profile = &loaded.profile;
        let bank = Bank::of(&loaded);
        let (summary, keys) = (bank.summary.clone(), bank.keys.clone());
        let brief = Brief { summary, environment: profile.environment.clone(), keys };
        banks.insert(id.to_owned(), Some(bank));
        Ok((!profile.template).then_some(brief))
    }

    /// None: it does more than to choose, or something of it does not fit; then it is compiled, and its complaints told.
    fn chosen(
        &self,
        id: &str,
        entry: &Entry,
        shared: &Shared,
        banks: &mut BTreeMap<String, Option<Bank>>,
    ) -> Option<Brief> {
        if !entry.own {
            return None;
        }
        let mut sources = super::place::Sources::default();
        let raw: RawProfile = sources.read(&entry.name, &entry.text).ok()?;
        let (base, environment) = (raw.extends.as_ref()?, raw.environment.as_ref()?);
        if base.value == id
            || raw.id.as_ref().is_none_or(|own| own.value != id)
            || !only_chooses(&raw)
            || super::compile::find_secret(&entry.text).is_some()
        {
            return None;
        }
        let bank = banks
            .entry(base.value.clone())
            .or_insert_with(|| self.load_with(&base.value, shared).ok().map(|loaded| Bank::of(&loaded)))
            .as_ref()?;
        let fits = bank.environments.contains(&environment.value)
            && raw.values.0.iter().all(|(name, _)| bank.inputs.contains(&name.value))
            && raw.keys.0.iter().all(|(role, _)| bank.keys.iter().any(|(name, _)| *name == role.value));
        if !fits {
            return None;
        }
        let mut summary = bank.summary.clone();
        id.clone_into(&mut summary.id);
        (summary.saved, summary.own) = (true, true);
        summary.extends = Some(base.value.clone());
        summary.environments.retain(|e| e.name == environment.value);
        for (own, of_bank) in [(&raw.country, &mut summary.country), (&raw.about, &mut summary.about)] {
            *of_bank = own.as_ref().map(|w| w.value.clone()).or(of_bank.take());
        }
        if let Some(name) = &raw.name {
            summary.name.clone_from(&name.value);
        }
        let named = |role: &str| raw.keys.0.iter().find(|(name, _)| name.value == role);
        let reference = |role: &str| named(role).and_then(|(_, key)| Some(key.reference.as_ref()?.value.clone()));
        let keys = bank.keys.iter().map(|(role, of_bank)| (role.clone(), reference(role).or_else(|| of_bank.clone())));
        Some(Brief { summary, environment: Some(environment.value.clone()), keys: keys.collect() })
    }
}

/// It says nothing that its bank does not: an environment, values, which keys.
fn only_chooses(raw: &RawProfile) -> bool {
    let RawProfile { template, hosts, client, flow, check, error, docs, evidence, .. } = raw;
    let none = template.is_none() && hosts.is_none() && client.is_none() && docs.is_none() && evidence.is_none();
    let empty = flow.is_empty() && check.is_empty() && error.is_empty();
    let tables = raw.environments.0.is_empty() && raw.inputs.0.is_empty() && raw.clients.0.is_empty();
    none && empty
        && tables
        && raw.lifetimes.0.is_empty()
        && raw.levels.0.is_empty()
        && raw.keys.0.iter().all(|(_, k)| names(k))
}

/// Of a key only which one it is.
fn names(key: &RawKey) -> bool {
    let RawKey { label, help, usage, algs, min_bits, optional, certificate, psd2, new, .. } = key;
    label.is_none()
        && help.is_none()
        && usage.is_none()
        && algs.is_none()
        && min_bits.is_none()
        && optional.is_none()
        && certificate.is_none()
        && psd2.is_none()
        && new.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_is_read_once_however_many_ask_until_another_comes() {
        let mut library = Library::embedded();
        let first = || library.briefs().next().and_then(Result::ok);
        let (one, again) = (first(), first());
        assert!(one.zip(again).is_some_and(|(a, b)| Arc::ptr_eq(&a, &b)));
        let asked_later = library.clone();
        let (all, theirs) = (library.briefs().count(), asked_later.briefs().count());
        assert_eq!(all, theirs);
        library.add("mine.toml", "schema = 1\nid = \"mine\"\nextends = \"generic-oidc\"\nenvironment = \"server\"\n");
        let ids: Vec<String> = library.summaries().flatten().map(|s| s.id).collect();
        assert_eq!((ids.len(), ids.last().map(String::as_str)), (all + 1, Some("mine")));
        assert_eq!(asked_later.briefs().count(), all);
    }
}
