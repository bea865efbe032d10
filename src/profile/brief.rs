//! What is shown of every profile. One that only chooses (a bank's environment, values, keys) is known from its bank: the
//! bank is compiled once, however many profiles there are of it.

use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Banks that were compiled already, by id.
type Banks = BTreeMap<String, Option<Arc<Loaded>>>;

impl Library {
    /// What a face shows of every profile; those that cannot be used are told apart, with their complaints. Each is read
    /// when it is asked for.
    pub fn summaries(&self) -> impl Iterator<Item = Result<Summary, (String, Refused)>> {
        self.briefs().map(|brief| brief.map(|b| b.summary))
    }

    /// The same, with the keys that they name. What a value is worth is seen when its profile is used.
    pub fn briefs(&self) -> impl Iterator<Item = Result<Brief, (String, Refused)>> {
        let shared = self.shared();
        let mut banks = Banks::new();
        self.ids().into_iter().filter_map(move |id| {
            let brief = shared.as_ref().map_err(Clone::clone).and_then(|shared| self.brief(&id, shared, &mut banks));
            brief.map_err(|refused| (id, refused)).transpose()
        })
    }

    /// None: a template, which is not offered.
    fn brief(&self, id: &str, shared: &Shared, banks: &mut Banks) -> Result<Option<Brief>, Refused> {
        if let Some(brief) = self.entry(id).and_then(|entry| self.chosen(id, entry, shared, banks)) {
            return Ok(Some(brief));
        }
        let loaded = self.load_with(id, shared)?;
        let profile = &loaded.profile;
        let keys = profile.keys.iter().map(|k| (k.name.clone(), k.reference.clone())).collect();
        let brief = Brief { summary: summary(&loaded), environment: profile.environment.clone(), keys };
        let offered = !profile.template;
        banks.insert(id.to_owned(), Some(Arc::new(loaded)));
        Ok(offered.then_some(brief))
    }

    /// None: it does more than to choose, or something of it does not fit; then it is compiled, and its complaints told.
    fn chosen(&self, id: &str, entry: &Entry, shared: &Shared, banks: &mut Banks) -> Option<Brief> {
        if !entry.own {
            return None;
        }
        let mut sources = super::place::Sources::default();
        let raw: RawProfile = sources.read(&entry.name, &entry.text).ok()?;
        let (base, environment) = (raw.extends.as_ref()?, raw.environment.as_ref()?);
        if base.value == id || !only_chooses(&raw) || super::compile::find_secret(&entry.text).is_some() {
            return None;
        }
        let bank = banks
            .entry(base.value.clone())
            .or_insert_with(|| self.load_with(&base.value, shared).ok().map(Arc::new))
            .clone()?;
        let profile = &bank.profile;
        let fits = profile.environment(&environment.value).is_some()
            && raw.values.0.iter().all(|(name, _)| profile.input(&name.value).is_some())
            && raw.keys.0.iter().all(|(role, _)| profile.role(&role.value).is_some());
        if !fits {
            return None;
        }
        let mut summary = summary(&bank);
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
        let keys = profile.keys.iter();
        let keys = keys.map(|k| (k.name.clone(), reference(&k.name).or_else(|| k.reference.clone()))).collect();
        Some(Brief { summary, environment: Some(environment.value.clone()), keys })
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
