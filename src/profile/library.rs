//! Every profile at hand: those compiled in, and a person's own, which come later and win.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::brief::Told;
use super::compile::{Compiler, find_secret};
use super::identity::id_of;
use super::join;
use super::model::{KeyRole, Profile};
use super::place::{Complaint, Place, Sources};
use super::raw::{RawFlow, RawProfile};
use super::summary::{EnvironmentSummary, FlowSummary, RoleSummary, Summary};
use crate::flow::lint::rule_sets;
use crate::flow::template::Exprs;

/// Compiled into the program, in the order in which they are offered.
const BANKS: &[(&str, &str)] = &[
    ("banks/dnb.toml", include_str!("../../profiles/banks/dnb.toml")),
    ("banks/spv.toml", include_str!("../../profiles/banks/spv.toml")),
    ("banks/danske-ftn.toml", include_str!("../../profiles/banks/danske-ftn.toml")),
    ("banks/wso2-ob.toml", include_str!("../../profiles/banks/wso2-ob.toml")),
    ("banks/uk-open-banking.toml", include_str!("../../profiles/banks/uk-open-banking.toml")),
    ("banks/generic-oidc.toml", include_str!("../../profiles/banks/generic-oidc.toml")),
    ("banks/fapi2.toml", include_str!("../../profiles/banks/fapi2.toml")),
    ("banks/fapi1-advanced.toml", include_str!("../../profiles/banks/fapi1-advanced.toml")),
    ("banks/auth0.toml", include_str!("../../profiles/banks/auth0.toml")),
    ("banks/obie-directory.toml", include_str!("../../profiles/banks/obie-directory.toml")),
    ("banks/santander-uk.toml", include_str!("../../profiles/banks/santander-uk.toml")),
    ("banks/hsbc.toml", include_str!("../../profiles/banks/hsbc.toml")),
    ("banks/bradesco-next.toml", include_str!("../../profiles/banks/bradesco-next.toml")),
    ("banks/open-banking-base.toml", include_str!("../../profiles/banks/open-banking-base.toml")),
];
const FLOWS: &[(&str, &str)] = &[
    ("flows/berlin-group-accounts.toml", include_str!("../../profiles/flows/berlin-group-accounts.toml")),
    ("flows/berlin-group-consent.toml", include_str!("../../profiles/flows/berlin-group-consent.toml")),
    ("flows/berlin-group-payment.toml", include_str!("../../profiles/flows/berlin-group-payment.toml")),
    ("flows/authorization-code.toml", include_str!("../../profiles/flows/authorization-code.toml")),
    ("flows/call.toml", include_str!("../../profiles/flows/call.toml")),
    ("flows/client-credentials.toml", include_str!("../../profiles/flows/client-credentials.toml")),
    ("flows/dcr-compose.toml", include_str!("../../profiles/flows/dcr-compose.toml")),
    ("flows/dcr-delete.toml", include_str!("../../profiles/flows/dcr-delete.toml")),
    ("flows/dcr-plain-register.toml", include_str!("../../profiles/flows/dcr-plain-register.toml")),
    ("flows/dcr-plain-update.toml", include_str!("../../profiles/flows/dcr-plain-update.toml")),
    ("flows/dcr-read.toml", include_str!("../../profiles/flows/dcr-read.toml")),
    ("flows/dcr-register.toml", include_str!("../../profiles/flows/dcr-register.toml")),
    ("flows/dcr-update.toml", include_str!("../../profiles/flows/dcr-update.toml")),
    ("flows/listen.toml", include_str!("../../profiles/flows/listen.toml")),
    ("flows/refresh-token.toml", include_str!("../../profiles/flows/refresh-token.toml")),
    ("flows/directory-ssa.toml", include_str!("../../profiles/flows/directory-ssa.toml")),
    ("flows/jwt-bearer.toml", include_str!("../../profiles/flows/jwt-bearer.toml")),
    ("flows/token-exchange.toml", include_str!("../../profiles/flows/token-exchange.toml")),
    ("flows/ciba.toml", include_str!("../../profiles/flows/ciba.toml")),
    ("flows/device.toml", include_str!("../../profiles/flows/device.toml")),
    ("flows/introspect.toml", include_str!("../../profiles/flows/introspect.toml")),
    ("flows/revoke.toml", include_str!("../../profiles/flows/revoke.toml")),
    ("flows/uk-payment.toml", include_str!("../../profiles/flows/uk-payment.toml")),
    ("flows/uk-payment-token.toml", include_str!("../../profiles/flows/uk-payment-token.toml")),
    ("flows/uk-signed-post.toml", include_str!("../../profiles/flows/uk-signed-post.toml")),
    ("flows/userinfo.toml", include_str!("../../profiles/flows/userinfo.toml")),
    ("flows/discover.toml", include_str!("../../profiles/flows/discover.toml")),
];
/// Profiles that extend profiles that extend …
const DEEPEST: usize = 5;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub name: String,
    pub text: Cow<'static, str>,
    /// What the library knows it by: what TOML reads as its id.
    id: Option<String>,
    pub own: bool,
}

impl Entry {
    fn new(name: impl Into<String>, text: impl Into<Cow<'static, str>>, own: bool) -> Self {
        let text = text.into();
        Self { name: name.into(), id: id_of(&text), text, own }
    }
}

/// The shared flows, parsed, their texts, and the expressions that were compiled so far.
#[derive(Debug)]
pub(super) struct Shared {
    flows: BTreeMap<String, RawFlow>,
    sources: Sources,
    exprs: Exprs,
}

#[derive(Clone, Debug)]
pub struct Library {
    entries: Vec<Entry>,
    /// What was read of them for a face so far.
    pub(super) told: Arc<Told>,
}

/// A profile that was loaded without a complaint.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub profile: Profile,
    pub sources: Sources,
    /// A person's own file, not one that came with the program.
    pub own: bool,
}

/// A profile as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source<'a> {
    /// Its file, as complaints name it.
    pub name: &'a str,
    pub text: &'a str,
    /// A person's own file, not one that came with the program.
    pub own: bool,
}

/// Why a profile cannot be used: a line per complaint, `file:line:column: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines.join("\n"))]
pub struct Refused {
    pub lines: Vec<String>,
}

impl Refused {
    fn one(line: impl Into<String>) -> Self {
        Self { lines: vec![line.into()] }
    }
}

impl Default for Library {
    fn default() -> Self {
        Self::embedded()
    }
}

impl Library {
    /// What came with the program.
    pub fn embedded() -> Self {
        let entry = |(name, text): &(&'static str, &'static str)| Entry::new(*name, *text, false);
        Self { entries: BANKS.iter().map(entry).collect(), told: Arc::default() }
    }

    /// Adds a person's own profile: its file name (for complaints) and text.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.entries.push(Entry::new(name, text.into(), true));
        self.told = Arc::default();
    }

    /// Ids in the order in which they are offered; a person's own first for equal ids.
    pub fn ids(&self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        self.entries.iter().filter_map(|e| e.id.clone()).filter(|id| seen.insert(id.clone())).collect()
    }

    /// The file that has that id.
    pub fn source(&self, id: &str) -> Option<Source<'_>> {
        self.entry(id).map(|e| Source { name: &e.name, text: &e.text, own: e.own })
    }

    /// Ids of the shared flows.
    pub fn flow_ids(&self) -> Vec<String> {
        FLOWS.iter().filter_map(|(_, text)| id_of(text)).collect()
    }

    pub fn load(&self, id: &str) -> Result<Loaded, Refused> {
        self.load_with(id, &self.shared()?)
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.entries.iter().rposition(|e| e.id.as_deref() == Some(id))
    }

    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.get(self.position(id)?)
    }

    pub(super) fn load_with(&self, id: &str, shared: &Shared) -> Result<Loaded, Refused> {
        let Some(index) = self.position(id) else {
            let ids = self.ids();
            let near = crate::flow::template::nearest(id, ids.iter().map(String::as_str));
            let hint = near.map_or_else(|| format!("known: {}", ids.join(", ")), |n| format!("did you mean `{n}`?"));
            let shown: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
            return Err(Refused::one(format!("there is no profile `{shown}`; {hint}")));
        };
        self.compile(&self.entries[index], Some(index), shared)
    }

    /// Loads a profile that is in no directory: `countersign check FILE`.
    pub fn check(&self, name: &str, text: &str) -> Result<Loaded, Refused> {
        self.compile(&Entry::new(name, text.to_owned(), true), None, &self.shared()?)
    }

    fn compile(&self, entry: &Entry, index: Option<usize>, shared: &Shared) -> Result<Loaded, Refused> {
        let mut sources = shared.sources.clone();
        let mut lineage = Vec::new();
        let raw = self.joined(entry, index, &mut sources, &mut lineage)?;
        let mut compiler = Compiler::new(&sources, &shared.flows, &shared.exprs);
        let profile = compiler.profile(&raw, lineage);
        let complaints = std::mem::take(&mut compiler.complaints);
        if complaints.is_empty() {
            return Ok(Loaded { profile, sources, own: entry.own });
        }
        Err(Refused { lines: complaints.iter().map(|c| sources.show(c)).collect() })
    }

    pub(super) fn shared(&self) -> Result<Shared, Refused> {
        let (mut flows, mut sources) = (BTreeMap::new(), Sources::default());
        for (name, text) in FLOWS {
            let flow: RawFlow = sources.read(name, text).map_err(|c| Refused::one(sources.show(&c)))?;
            flows.insert(flow.id.value.clone(), flow);
        }
        Ok(Shared { flows, sources, exprs: Exprs::default() })
    }

    /// The profile laid upon what it extends.
    fn joined(
        &self,
        entry: &Entry,
        index: Option<usize>,
        sources: &mut Sources,
        lineage: &mut Vec<String>,
    ) -> Result<RawProfile, Refused> {
        let raw: RawProfile = sources.read(&entry.name, &entry.text).map_err(|c| Refused::one(sources.show(&c)))?;
        // what comes with the program holds none: a test looks
        if entry.own
            && let Some((what, at)) = find_secret(&entry.text)
        {
            let place = raw.id.as_ref().map_or(Place::default(), |w| w.place);
            let complaint = Complaint::new(
                start_of(sources, place, at),
                format!("this looks like {what}: a profile holds references, never secrets"),
            );
            return Err(Refused::one(sources.show(&complaint)));
        }
        if let Some(id) = raw.id.as_ref().filter(|id| Some(&id.value) != entry.id.as_ref()) {
            let told = "the id is not the one that the file is listed under: write `id = \"…\"` in its first lines";
            return Err(Refused::one(sources.show(&Complaint::new(id.place, told))));
        }
        lineage.push(raw.id.as_ref().map(|w| w.value.clone()).unwrap_or_default());
        let Some(extends) = raw.extends.clone() else { return Ok(raw) };
        if lineage.len() > DEEPEST {
            return Err(Refused::one(
                sources.show(&Complaint::new(extends.place, "profiles extend each other too deeply, or in a circle")),
            ));
        }
        let base = self
            .entries
            .iter()
            .enumerate()
            .rev()
            .find(|(i, e)| Some(*i) != index && e.id.as_deref() == Some(extends.value.as_str()));
        let Some((at, base)) = base else {
            let ids = self.ids();
            let near = crate::flow::template::nearest(&extends.value, ids.iter().map(String::as_str))
                .map(|n| format!("did you mean `{n}`?"));
            return Err(Refused::one(sources.show(
                &Complaint::new(extends.place, format!("there is no profile `{}` to extend", extends.value)).hint(near),
            )));
        };
        let mut joined = self.joined(base, Some(at), sources, lineage)?;
        join::profile(&mut joined, raw);
        Ok(joined)
    }
}

/// The place of byte `at` of the file that `any` stands in.
fn start_of(sources: &Sources, any: Place, at: usize) -> Place {
    sources.start(any).plus(at)
}

fn role(k: &KeyRole) -> RoleSummary {
    let (name, label) = (k.name.clone(), k.label.clone());
    let (algs, wish) = (k.algs.clone(), k.wish.clone());
    RoleSummary { name, label, usage: k.usage, algs, min_bits: k.min_bits, wish }
}

pub(super) fn summary(loaded: &Loaded) -> Summary {
    let p = &loaded.profile;
    let environments = p.environments.iter().map(|e| EnvironmentSummary {
        name: e.name.clone(),
        label: e.label.clone(),
        production: e.production,
        sandbox: e.sandbox.is_some(),
        disabled: e.disabled.clone(),
    });
    let flows = p.flows.iter().map(|f| FlowSummary {
        id: f.id.clone(),
        title: f.title.clone(),
        about: f.about.clone(),
        evidence: f.evidence.clone(),
        unverified: f.is_unverified(),
        refreshes: f.refreshes(),
        steps: f.steps.iter().map(|s| (s.path.clone(), s.title.clone())).collect(),
    });
    Summary {
        id: p.id.clone(),
        name: p.name.clone(),
        country: p.country.clone(),
        about: p.about.clone(),
        docs: p.docs.clone(),
        evidence: p.evidence.clone(),
        saved: p.environment.is_some(),
        own: loaded.own,
        extends: p.lineage.get(1).cloned(),
        environments: environments.filter(|e| p.environment.as_ref().is_none_or(|own| *own == e.name)).collect(),
        flows: flows.collect(),
        roles: p.keys.iter().map(role).collect(),
        rules: rule_sets(p).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_comes_with_the_program_looks_like_a_secret() {
        for (name, text) in BANKS.iter().chain(FLOWS) {
            assert_eq!(find_secret(text), None, "{name}");
        }
    }
}
