//! One session of the program: what it holds for all runs, and how a run is prepared.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::browser::{Browser, NoBrowser};
use super::embedded::{Brought, Embedded, Link};
use super::order::{chains, environment, flow, known_inputs, known_roles, needs, references};
use super::people::{Nobody, OnCall, People};
use super::performer::{Held, Performer};
use super::recorded::{Began, Recorded};
use super::rows::FromProfiles;
use super::seats::{Seat, Seats};
use crate::clock::Clock;
use crate::config::Places;
use crate::flow::view::AskField;
use crate::flow::{Pace, Run, Setup};
use crate::keys::file::Files;
use crate::keys::vault::{self, Vault};
use crate::keys::{KeyInfo, KeyUri, NobodyUnlocks, Stores, Unlock, Wrapping, memory};
use crate::net::{Allowed, HostMap, NetConfig, Network};
use crate::profile::Library;
use crate::profile::model::{Environment, InputKind, Profile};
use crate::secret::Secret;
use crate::store::history::Keep;
use crate::store::{History, Ledger, Memory, StoreError, Tokens, Whose, load_settings, read_document};

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
    pub run: Recorded,
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
    /// Who knows passphrases.
    pub unlock: Arc<dyn Unlock>,
    /// Keys that a person bound to roles in this session.
    pub seats: Arc<Seats>,
    /// What is public of the sealed files that were opened.
    opened: Arc<Mutex<BTreeMap<String, KeyInfo>>>,
    /// None: nothing is kept.
    pub vault: Option<Vault>,
    pub memory: Memory,
    pub tokens: Tokens,
    pub ledger: Ledger,
    /// Where runs are kept.
    pub history: History,
    pub embedded: Option<Arc<dyn Embedded>>,
    /// The people of an embedded bank wait to be called: somebody at a screen may act in their place.
    pub on_call: bool,
    /// Who answers outside the sandbox.
    pub people: Arc<dyn People>,
    pub browser: Arc<dyn Browser>,
}

impl Session {
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
        let of_flow: Vec<_> = flow.frames.iter().flat_map(|f| &f.inputs).collect();
        known_inputs(&profile, &of_flow, &order.inputs)?;
        known_roles(&profile, order.bindings.keys().chain(order.chains.keys()))?;
        let began = Began::of(&order, &profile, &of_flow);
        let mut bindings = references(&profile);
        let mut inputs: BTreeMap<String, Secret> = BTreeMap::new();
        // what a person bound: for this session on screen, or for this run
        let mut bound = self.seated(&profile, &environment.name);
        bound.extend(order.bindings);
        let brought = self.bring(&profile, &environment, &bound).await;
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
        bindings.extend(bound);
        inputs.extend(self.remembered(&profile, &Whose::new(&profile.id, &environment.name, &bindings))?);
        inputs.extend(order.inputs);
        let needs = needs(&profile, &flow, &environment, &inputs);
        if !needs.is_empty() {
            let names: Vec<&str> = needs.iter().map(|n| n.name.as_str()).collect();
            let text = format!("{} needs {}", flow.title, names.join(", "));
            let hint = format!("give it with --set {}=…, or save it in a profile: countersign profiles new", names[0]);
            return Err(Problem { needs, ..Problem::usage(text, hint) });
        }
        let network = self.network(link.as_ref().map(|l| l.hosts.clone()))?;
        let seed = seed()?;
        let run =
            Run::new(Setup { profile: profile.clone(), flow, environment: environment.clone(), inputs, seed, pace });
        let hosts = run
            .hosts(self.clock.now())
            .map_err(|e| Problem::usage(format!("the profile's hosts: {e}"), "fill the inputs that `hosts` reads"))?;
        let allowed = Allowed::new(hosts).map_err(|e| Problem::usage(e.text, e.hint))?;
        let people = match link {
            None => self.people.clone(),
            Some(link) if self.on_call => Arc::new(OnCall::new(link.people)),
            Some(link) => link.people,
        };
        let held = Held { bindings, chains };
        let performer = Performer::new(self, profile, environment, loaded.own, held, network, allowed, people);
        Ok(Prepared { run: Recorded::new(run, began, self.history.clone()), performer })
    }

    /// The keys that a person bound in this session.
    pub(super) fn seated(&self, profile: &Profile, environment: &str) -> BTreeMap<String, KeyUri> {
        let of = |role: &String| self.seats.get(&seat(&profile.id, environment, role));
        profile.keys.iter().filter_map(|k| Some((k.name.clone(), of(&k.name)?))).collect()
    }

    /// Values that earlier runs of this session brought, and documents that are kept.
    pub(super) fn remembered(&self, profile: &Profile, whose: &Whose) -> Result<BTreeMap<String, Secret>, Problem> {
        let mut inputs = BTreeMap::new();
        for (name, value) in self.memory.values(whose) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            inputs.insert(name, Secret::new(text));
        }
        for input in profile.inputs.iter().filter(|i| i.kind == InputKind::Document) {
            let kept = read_document(&self.places, &profile.id, &input.name)
                .map_err(|e| Problem::new(ProblemKind::Machine, e.text, e.hint))?;
            inputs.extend(kept.map(|text| (input.name.clone(), Secret::new(text))));
        }
        Ok(inputs)
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

    pub(super) fn network(&self, hosts: Option<HostMap>) -> Result<Network, Problem> {
        let mut config = NetConfig::new(self.clock.clone());
        if let Some(hosts) = hosts {
            config.hosts = hosts;
        }
        Network::new(config).map_err(|e| Problem::new(ProblemKind::Machine, e.text, e.hint))
    }

    /// References that profiles and this session's runs name, with who names them.
    pub fn uses(&self) -> BTreeMap<String, Vec<String>> {
        let mut uses: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for brief in self.library.briefs().flatten() {
            let (id, own) = (brief.summary.id.as_str(), brief.environment.as_deref());
            for (role, named) in &brief.keys {
                let user = format!("{id} {role}");
                let chosen = own.and_then(|e| self.seats.get(&seat(id, e, role))).map(|u| u.to_string());
                if let Some(reference) = chosen.as_ref().or(named.as_ref()) {
                    uses.entry(reference.clone()).or_default().push(user.clone());
                }
                for (seat, uri) in self.seats.all() {
                    if own.is_none() && seat.profile == id && seat.role == *role {
                        let user = format!("{id}/{} {role} (this session)", seat.environment);
                        uses.entry(uri.to_string()).or_default().push(user);
                    }
                }
                uses.entry(memory_uri(id, role).to_string()).or_default().push(user);
            }
        }
        uses
    }

    /// What profiles say of keys: who names one, and what each role wants of its certificate.
    pub fn from_profiles(&self) -> FromProfiles {
        FromProfiles { uses: self.uses(), profiles: self.library.summaries().flatten().collect() }
    }

    /// Keeps what is public of a key for the list: its file is sealed, and nobody is asked again.
    pub(super) fn remember(&self, info: &KeyInfo) {
        // one insertion: complete whatever another thread did
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(info.uri.to_string(), info.clone());
    }

    pub(super) fn opened(&self) -> BTreeMap<String, KeyInfo> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps things in `places`, and has somebody who knows passphrases. Opens no store: each begins with its first use.
    /// What of the settings has no effect comes back.
    pub fn keep(&mut self, places: &Places, unlock: Arc<dyn Unlock>) -> Vec<StoreError> {
        self.places = places.clone();
        let vault = Vault::new(places.data.clone(), unlock.clone(), self.clock.clone(), vault::IDLE);
        let (settings, problems) = load_settings(places);
        let keep = Keep::said(settings.history_runs, settings.history_megabytes);
        let stores = Stores::new()
            .with(Arc::new(Files::new(unlock.clone())))
            .with(self.keys_in_memory.clone())
            .with(Arc::new(vault.clone()));
        self.unlock = unlock.clone();
        #[cfg(feature = "keyring")]
        let keyring = Arc::new(crate::keys::keyring::Keyring::new(places.data.clone()).telling(unlock.clone()));
        #[cfg(feature = "keyring")]
        let stores = stores.with(keyring.clone());
        #[cfg(feature = "pkcs11")]
        let stores = stores.with(Arc::new(crate::keys::pkcs11::Pkcs11::new(settings.pkcs11_modules, unlock.clone())));
        #[cfg(not(feature = "pkcs11"))]
        drop(settings);
        #[cfg(feature = "kms")]
        let stores = stores.with(Arc::new(crate::keys::kms::Kms::new(
            crate::net::aws_http(self.clock.clone()),
            crate::config::AwsTraces::read(),
            unlock,
            self.clock.clone(),
        )));
        #[cfg(not(feature = "kms"))]
        drop(unlock);
        let stores = Arc::new(stores);
        #[cfg(feature = "keyring")]
        let wrapping = Wrapping::new(stores.clone(), vault.clone(), keyring);
        #[cfg(not(feature = "keyring"))]
        let wrapping = Wrapping::new(stores.clone(), vault.clone());
        if let Some(data) = &places.data {
            self.tokens = std::mem::take(&mut self.tokens).sealed_in(data.join("tokens"), wrapping);
            self.ledger = std::mem::take(&mut self.ledger).in_dir(data.join("clients"));
            self.history = History::in_dir(data.join("history"), keep);
        }
        self.vault = Some(vault);
        self.stores = stores;
        problems
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
            unlock: Arc::new(NobodyUnlocks),
            seats: Arc::default(),
            opened: Arc::default(),
            memory: Memory::default(),
            tokens: Tokens::default(),
            ledger: Ledger::default(),
            history: History::default(),
            embedded: None,
            on_call: false,
            people: Arc::new(Nobody),
            browser: Arc::new(NoBrowser),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "one seed per run, drawn here and handed to the engine")]
pub(super) fn seed() -> Result<[u8; 32], Problem> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| {
        Problem::new(
            ProblemKind::Machine,
            "the operating system gave no random numbers",
            "this machine cannot make keys or tokens safely",
        )
    })?;
    Ok(seed)
}

fn seat(profile: &str, environment: &str, role: &str) -> Seat {
    Seat { profile: profile.to_owned(), environment: environment.to_owned(), role: role.to_owned() }
}

/// Where a profile's key lives while it ends with the program.
pub(super) fn memory_uri(profile: &str, role: &str) -> KeyUri {
    KeyUri::new("memory", format!("{profile}-{role}"))
}
