//! One session of the program: what it holds for all runs, and how a run is prepared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::embedded::{Brought, Embedded, Link};
use super::people::{Nobody, People};
use super::performer::{Held, Performer};
use crate::clock::Clock;
use crate::config::Places;
use crate::flow::view::AskField;
use crate::flow::{Pace, Run, Setup};
use crate::keys::file::{Files, certificates};
use crate::keys::vault::{self, Vault};
use crate::keys::{KeyInfo, KeyUri, Stores, Unlock, memory};
use crate::net::{Allowed, HostMap, NetConfig, Network};
use crate::profile::model::{Environment, Flow, Profile};
use crate::profile::{Library, find_private_key};
use crate::secret::Secret;
use crate::store::{Memory, Whose};

/// What is asked for: a profile, a flow of it, and what a person set for this run.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pub profile: String,
    pub flow: String,
    /// None: the saved profile's own.
    pub environment: Option<String>,
    pub inputs: BTreeMap<String, Secret>,
    pub bindings: BTreeMap<String, KeyUri>,
    /// Files of certificates, by role, for keys whose store keeps none.
    pub chains: BTreeMap<String, String>,
    /// A person said that production may be used by a program.
    pub production: bool,
}

/// A run and who performs its effects.
pub struct Prepared {
    pub run: Run,
    pub performer: Performer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The order or the profile is wrong.
    Usage,
    /// A person has to allow it.
    Person,
    /// Something of this machine failed.
    Machine,
}

/// Why a run could not be prepared, and what to do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{text}")]
pub struct Problem {
    pub kind: ProblemKind,
    pub text: String,
    pub hint: String,
    /// Values without which the flow cannot start; a face can ask for them.
    pub needs: Vec<AskField>,
}

impl Problem {
    pub fn new(kind: ProblemKind, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, text: text.into(), hint: hint.into(), needs: Vec::new() }
    }
    pub fn usage(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(ProblemKind::Usage, text, hint)
    }
}

#[derive(Clone)]
pub struct Session {
    pub library: Library,
    pub places: Places,
    pub clock: Arc<dyn Clock>,
    pub stores: Arc<Stores>,
    pub keys_in_memory: Arc<memory::Memory>,
    /// None: nothing is kept.
    pub vault: Option<Vault>,
    pub memory: Memory,
    pub embedded: Option<Arc<dyn Embedded>>,
    /// Who answers outside the sandbox.
    pub people: Arc<dyn People>,
}

impl Session {
    #[expect(clippy::disallowed_methods, reason = "one seed per run, drawn here and handed to the engine")]
    pub async fn prepare(&self, order: Order, pace: Pace) -> Result<Prepared, Problem> {
        let loaded = self.library.load(&order.profile).map_err(|r| {
            Problem::usage(r.to_string(), "countersign profiles list shows them; countersign check FILE explains")
        })?;
        let profile = Arc::new(loaded.profile);
        let environment = environment(&profile, order.environment.as_deref())?;
        if environment.production && !order.production {
            let text = format!("{} / {} is a production environment", profile.id, environment.name);
            return Err(Problem::new(ProblemKind::Person, text, "a program reaches it only with --production"));
        }
        let flow = flow(&profile, &order.flow)?;
        known_inputs(&profile, &flow, &order.inputs)?;
        known_roles(&profile, order.bindings.keys().chain(order.chains.keys()))?;
        let mut bindings = references(&profile);
        let mut inputs: BTreeMap<String, Secret> = BTreeMap::new();
        let brought = self.bring(&profile, &environment, &order.bindings).await;
        let link = self.link(&environment, &brought).await?;
        let mut chains = chains(&profile, &order.chains).await?;
        if let Some(link) = &link {
            chains = link.certified.iter().cloned().collect();
            inputs.extend(link.inputs.iter().map(|(n, v)| (n.clone(), Secret::new(v.clone()))));
            for key in &link.keys {
                let uri = memory_uri(&profile.id, &key.role);
                // a run before this one may have brought the same key
                self.keys_in_memory.forget(uri.rest());
                self.keys_in_memory
                    .insert(uri.rest(), key.key.clone(), key.chain.clone())
                    .map_err(|e| Problem::new(ProblemKind::Machine, e.text, e.hint))?;
                bindings.insert(key.role.clone(), uri);
            }
        }
        bindings.extend(order.bindings);
        for (name, value) in self.memory.values(&Whose::new(&profile.id, &environment.name, &bindings)) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            inputs.insert(name, Secret::new(text));
        }
        inputs.extend(order.inputs);
        let needs = needs(&profile, &flow, &environment, &inputs);
        if !needs.is_empty() {
            let names: Vec<&str> = needs.iter().map(|n| n.name.as_str()).collect();
            let text = format!("{} needs {}", flow.title, names.join(", "));
            let hint = format!("give it with --set {}=…, or save it in a profile: countersign profiles new", names[0]);
            return Err(Problem { needs, ..Problem::usage(text, hint) });
        }
        let network = self.network(link.as_ref().map(|l| l.hosts.clone()))?;
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|_| {
            Problem::new(
                ProblemKind::Machine,
                "the operating system gave no random numbers",
                "this machine cannot make keys or tokens safely",
            )
        })?;
        let run =
            Run::new(Setup { profile: profile.clone(), flow, environment: environment.clone(), inputs, seed, pace });
        let hosts = run
            .hosts(self.clock.now())
            .map_err(|e| Problem::usage(format!("the profile's hosts: {e}"), "fill the inputs that `hosts` reads"))?;
        let allowed = Allowed::new(hosts).map_err(|e| Problem::usage(e.text, e.hint))?;
        let people = link.map_or_else(|| self.people.clone(), |l| l.people);
        let held = Held { bindings, chains };
        let performer = Performer::new(self, profile, environment, loaded.own, held, network, allowed, people);
        Ok(Prepared { run, performer })
    }

    /// The public halves of the keys that are to be used at an embedded bank instead of the demo client's: what a person
    /// bound for this run, and a saved profile's own in its own environment. One that does not open is told by the run.
    async fn bring(
        &self,
        profile: &Profile,
        environment: &Environment,
        bound: &BTreeMap<String, KeyUri>,
    ) -> Vec<Brought> {
        if environment.sandbox.is_none() {
            return Vec::new();
        }
        let own = profile.environment.as_deref() == Some(environment.name.as_str());
        let mut uris = if own { references(profile) } else { BTreeMap::new() };
        uris.extend(bound.iter().map(|(role, uri)| (role.clone(), uri.clone())));
        let mut brought = Vec::new();
        for (role, uri) in uris {
            if let Ok(key) = self.stores.open(&uri).await {
                let KeyInfo { public, chain, .. } = key.info();
                brought.push(Brought { role, public: public.clone(), certified: !chain.is_empty() });
            }
        }
        brought
    }

    async fn link(&self, environment: &Environment, brought: &[Brought]) -> Result<Option<Link>, Problem> {
        let Some(bank) = &environment.sandbox else { return Ok(None) };
        let Some(embedded) = &self.embedded else {
            return Err(Problem::usage(
                "this build has no embedded banks",
                "build with the `sandbox` feature, or choose another environment",
            ));
        };
        let machine =
            |text: String| Problem::new(ProblemKind::Machine, text, "the embedded bank needs to listen on loopback");
        embedded.link(bank, brought).await.map(Some).map_err(machine)
    }

    fn network(&self, hosts: Option<HostMap>) -> Result<Network, Problem> {
        let mut config = NetConfig::new(self.clock.clone());
        if let Some(hosts) = hosts {
            config.hosts = hosts;
        }
        Network::new(config).map_err(|e| Problem::new(ProblemKind::Machine, e.text, e.hint))
    }

    /// References that profiles and this session's runs name, with who names them.
    pub fn uses(&self) -> BTreeMap<String, Vec<String>> {
        let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for id in self.library.ids() {
            let Ok(loaded) = self.library.load(&id) else { continue };
            for role in &loaded.profile.keys {
                let user = format!("{id} {}", role.name);
                if let Some(reference) = &role.reference {
                    uses.entry(reference.clone()).or_default().push(user.clone());
                }
                uses.entry(memory_uri(&id, &role.name).to_string()).or_default().push(user);
            }
        }
        uses
    }

    /// Keeps things in `places`, and has somebody who knows passphrases. Opens no store: each begins with its first use.
    pub fn keep(&mut self, places: &Places, unlock: Arc<dyn Unlock>) {
        self.places = places.clone();
        let vault = Vault::new(places.data.clone(), unlock.clone(), self.clock.clone(), vault::IDLE);
        let stores = Stores::new()
            .with(Arc::new(Files::new(unlock.clone())))
            .with(self.keys_in_memory.clone())
            .with(Arc::new(vault.clone()));
        #[cfg(feature = "keyring")]
        let stores = stores.with(Arc::new(crate::keys::keyring::Keyring::new(places.data.clone()).telling(unlock)));
        self.vault = Some(vault);
        self.stores = Arc::new(stores);
    }

    /// A session without anything kept: in-memory keys, no embedded bank, nobody to ask.
    pub fn bare(library: Library, clock: Arc<dyn Clock>) -> Self {
        let keys_in_memory = Arc::new(memory::Memory::new());
        let stores = Arc::new(Stores::new().with(Arc::new(Files::default())).with(keys_in_memory.clone()));
        Self {
            library,
            places: Places::nowhere(),
            clock,
            stores,
            keys_in_memory,
            vault: None,
            memory: Memory::default(),
            embedded: None,
            people: Arc::new(Nobody),
        }
    }
}

/// The keys that a profile names.
fn references(profile: &Profile) -> BTreeMap<String, KeyUri> {
    let named = profile.keys.iter().filter_map(|r| Some((r.name.clone(), r.reference.as_ref()?.parse().ok()?)));
    named.collect()
}

/// Where a profile's key lives while it ends with the program.
pub(super) fn memory_uri(profile: &str, role: &str) -> KeyUri {
    KeyUri::new("memory", format!("{profile}-{role}"))
}

fn environment(profile: &Profile, wanted: Option<&str>) -> Result<Arc<Environment>, Problem> {
    let usable = || {
        profile
            .environments
            .iter()
            .filter(|e| e.disabled.is_none())
            .map(|e| e.name.clone())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let Some(name) = wanted.or(profile.environment.as_deref()) else {
        return Err(Problem::usage(
            format!("{} is a bank, so an environment has to be chosen", profile.id),
            format!("--env with one of: {}", usable()),
        ));
    };
    let Some(found) = profile.environment(name) else {
        return Err(Problem::usage(
            format!("{} has no environment `{}`", profile.id, crate::text::clean(name)),
            format!("it has: {}", usable()),
        ));
    };
    if let Some(why) = &found.disabled {
        return Err(Problem::usage(
            format!("{} / {name} cannot be used: {why}", profile.id),
            format!("choose one of: {}", usable()),
        ));
    }
    Ok(Arc::new(found.clone()))
}

fn flow(profile: &Profile, id: &str) -> Result<Arc<Flow>, Problem> {
    profile.flow(id).map(|f| Arc::new(f.clone())).ok_or_else(|| {
        let ids: Vec<&str> = profile.flows.iter().map(|f| f.id.as_str()).collect();
        let near = crate::flow::template::nearest(id, ids.iter().copied());
        let hint = near.map_or_else(
            || format!("it has: {}", ids.join(", ")),
            |n| format!("did you mean `{n}`? It has: {}", ids.join(", ")),
        );
        Problem::usage(format!("{} has no flow `{}`", profile.id, crate::text::clean(id)), hint)
    })
}

/// Inputs of the profile that the flow reads and that have no value from anywhere.
fn needs(profile: &Profile, flow: &Flow, environment: &Environment, given: &BTreeMap<String, Secret>) -> Vec<AskField> {
    let has = |name: &str| given.contains_key(name) || profile.values.iter().any(|(n, _)| n == name);
    let open = profile.wants(flow, Some(environment)).filter(|i| !has(&i.name));
    open.map(|i| AskField {
        name: i.name.clone(),
        label: i.label.clone(),
        help: i.help.clone(),
        class: i.class,
        default: None,
    })
    .collect()
}

/// The certificates that the profile and a person name files for, by role.
async fn chains(
    profile: &Profile,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Vec<Vec<u8>>>, Problem> {
    let mut chains = BTreeMap::new();
    for role in &profile.keys {
        if let Some(path) = given.get(&role.name).or(role.chain.as_ref()) {
            let chain = certificates(path).await.map_err(|e| Problem::usage(e.text, e.hint))?;
            chains.insert(role.name.clone(), chain);
        }
    }
    Ok(chains)
}

fn known_roles<'a>(profile: &Profile, mut bound: impl Iterator<Item = &'a String>) -> Result<(), Problem> {
    let names = || profile.keys.iter().map(|k| k.name.as_str());
    let Some(role) = bound.find(|role| profile.role(role).is_none()) else { return Ok(()) };
    let hint = crate::flow::template::nearest(role, names()).map_or_else(
        || format!("roles: {}", names().collect::<Vec<_>>().join(", ")),
        |n| format!("did you mean `{n}`?"),
    );
    Err(Problem::usage(format!("{} has no key role `{role}`", profile.id), hint))
}

fn known_inputs(profile: &Profile, flow: &Flow, given: &BTreeMap<String, Secret>) -> Result<(), Problem> {
    let all: Vec<_> = profile.inputs.iter().chain(flow.frames.iter().flat_map(|f| &f.inputs)).collect();
    for (name, value) in given {
        let Some(input) = all.iter().find(|i| i.name == *name) else {
            let mut names: Vec<&str> = all.iter().map(|i| i.name.as_str()).collect();
            names.dedup();
            let near = crate::flow::template::nearest(name, names.iter().copied());
            let hint = near.map_or_else(|| format!("it has: {}", names.join(", ")), |n| format!("did you mean `{n}`?"));
            return Err(Problem::usage(
                format!("{} / {} has no input `{}`", profile.id, flow.id, crate::text::clean(name)),
                hint,
            ));
        };
        let text = value.expose();
        if let Some((what, _)) = find_private_key(text) {
            let hint = "a key is bound to a role by its reference: --bind ROLE=file:PATH";
            return Err(Problem::usage(format!("{name} holds {what}, and would be shown and sent"), hint));
        }
        let options = input.options.is_empty() || input.options.iter().any(|o| o == text);
        if !options {
            return Err(Problem::usage(
                format!("{name} is not one of its options"),
                format!("one of: {}", input.options.join(", ")),
            ));
        }
        let fits = input
            .pattern
            .as_ref()
            .is_none_or(|p| regex_lite::Regex::new(&format!("^(?:{p})$")).is_ok_and(|r| r.is_match(text)));
        if !fits {
            return Err(Problem::usage(
                format!("{name} does not have the form it should have"),
                format!("it has to match {}", input.pattern.clone().unwrap_or_default()),
            ));
        }
        if !crate::flow::fits_kind(input.kind, text) {
            return Err(Problem::usage(format!("{name} is of the wrong type"), "see `countersign profiles show`"));
        }
    }
    Ok(())
}
