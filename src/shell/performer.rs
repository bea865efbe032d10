//! Performs the effects of one run: a task each, ended by its `Abort`.

mod keep;
mod metadata;
mod spend;
mod write_down;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::UnboundedSender;
use tokio::task::AbortHandle;

use super::authorize::SignIn;
use super::browser::Browser;
use super::listen::Listen;
use super::people::People;
use super::session::{Session, memory_uri};
use crate::clock::Clock;
use crate::config::Places;
use crate::flow::callback::Authorization;
use crate::flow::delivery::Receipt;
use crate::flow::effect::{Effect, Op};
use crate::flow::event::{Event, KeyFacts, Loaded, OpError, Reply};
use crate::flow::exchange::{Exchange, Request};
use crate::jose::Alg;
use crate::jose::jwe::{Family, Task};
use crate::keys::{Key, KeyError, KeySpec, KeyUri, Stores, certified, unwrap};
use crate::net::{Allowed, ClientIdentity, Limits, Network};
use crate::profile::model::{Environment, Profile};
use crate::secret::{Secret, SecretBytes};
use crate::store::{Ledger, Memory, Tokens, Whose};

/// Cheap to clone.
#[derive(Clone)]
pub struct Performer(Arc<Inner>);

/// The keys of one run.
pub(super) struct Held {
    pub bindings: BTreeMap<String, KeyUri>,
    /// Certificates for keys whose store keeps none, by role.
    pub chains: BTreeMap<String, Vec<Vec<u8>>>,
}

struct Inner {
    profile: Arc<Profile>,
    environment: Arc<Environment>,
    /// The profile is a person's own file: values are saved into it.
    own: bool,
    bindings: Mutex<BTreeMap<String, KeyUri>>,
    opened: Mutex<BTreeMap<String, Arc<dyn Key>>>,
    chains: BTreeMap<String, Vec<Vec<u8>>>,
    network: Network,
    allowed: Allowed,
    people: Arc<dyn People>,
    browser: Arc<dyn Browser>,
    stores: Arc<Stores>,
    memory: Memory,
    tokens: Tokens,
    ledger: Ledger,
    places: Places,
    clock: Arc<dyn Clock>,
    running: Mutex<BTreeMap<Op, AbortHandle>>,
    /// Where receipts go, by the listening that they are part of.
    inboxes: Mutex<BTreeMap<Op, UnboundedSender<Receipt>>>,
    /// The page that a person was last sent to, where a browser may open it.
    page: Mutex<Option<Secret>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // each critical section below is one insertion or removal: complete whatever another thread did
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Performer {
    #[expect(clippy::too_many_arguments, reason = "called once, where a run is prepared; each is a distinct part")]
    pub(super) fn new(
        session: &Session,
        profile: Arc<Profile>,
        environment: Arc<Environment>,
        own: bool,
        Held { bindings, chains }: Held,
        network: Network,
        allowed: Allowed,
        people: Arc<dyn People>,
    ) -> Self {
        // an embedded bank ends with the program, and so does what it gave
        let (tokens, ledger) = match own && environment.sandbox.is_none() {
            true => (session.tokens.clone(), session.ledger.clone()),
            false => (session.tokens.in_memory(), session.ledger.in_memory()),
        };
        Self(Arc::new(Inner {
            profile,
            environment,
            own,
            bindings: Mutex::new(bindings),
            opened: Mutex::default(),
            chains,
            network,
            allowed,
            people,
            browser: session.browser.clone(),
            stores: session.stores.clone(),
            memory: session.memory.clone(),
            tokens,
            ledger,
            places: session.places.clone(),
            clock: session.clock.clone(),
            running: Mutex::default(),
            inboxes: Mutex::default(),
            page: Mutex::default(),
        }))
    }

    /// Starts the effect; its event goes to `events`. Needs a tokio runtime.
    #[expect(clippy::disallowed_methods, reason = "the performer counts its tasks and aborts them")]
    pub fn perform(&self, effect: Effect, events: &UnboundedSender<Event>) {
        if let Effect::Abort { op } = effect {
            lock(&self.0.inboxes).remove(&op);
            if let Some(handle) = lock(&self.0.running).remove(&op) {
                handle.abort();
            }
            return;
        }
        if let Effect::Receipt { op, receipt } = effect {
            if let Some(inbox) = lock(&self.0.inboxes).get(&op) {
                // the listener is gone, and so is the sender
                let _ = inbox.send(receipt);
            }
            return;
        }
        let (op, inner, events) = (op_of(&effect), self.0.clone(), events.clone());
        let task = tokio::spawn(async move {
            if let Effect::Authorize { op, step, request } = effect {
                inner.sign_in(op, step, request, events).perform().await;
                lock(&inner.running).remove(&op);
                return;
            }
            if let Effect::Listen { op, step, request } = effect {
                let (inbox, receipts) = tokio::sync::mpsc::unbounded_channel();
                lock(&inner.inboxes).insert(op, inbox);
                let (people, clock) = (inner.people.clone(), inner.clock.clone());
                Listen { op, step, request, people, clock, events, receipts }.perform().await;
                lock(&inner.inboxes).remove(&op);
                lock(&inner.running).remove(&op);
                return;
            }
            let event = match inner.act(effect).await {
                Ok(reply) => Event::Replied { op, reply },
                Err(error) => Event::Failed { op, error },
            };
            lock(&inner.running).remove(&op);
            // nobody listens any more: the run is gone, and so is the need to tell
            let _ = events.send(event);
        });
        lock(&self.0.running).insert(op, task.abort_handle());
    }

    /// The keys that this run opened, by role.
    pub fn keys(&self) -> Vec<(String, Arc<dyn Key>)> {
        lock(&self.0.opened).iter().map(|(role, key)| (role.clone(), key.clone())).collect()
    }

    /// From now on the role has that key.
    pub fn rebind(&self, role: &str, uri: KeyUri) {
        lock(&self.0.opened).remove(role);
        lock(&self.0.bindings).insert(role.to_owned(), uri);
    }

    /// Opens the page again that a person was last sent to. What became of it, in a few words.
    pub async fn browse(&self) -> String {
        let page = lock(&self.0.page).clone();
        match page {
            Some(page) => match self.0.browser.open(page.expose()).await {
                Ok(note) | Err(note) => note,
            },
            None => "there is no page to open".to_owned(),
        }
    }

    /// Lets the people of an embedded bank act, who wait for it.
    pub fn call_people(&self) -> bool {
        self.0.people.call()
    }

    /// Ends everything that is under way.
    pub fn abort_all(&self) {
        for (_, handle) in std::mem::take(&mut *lock(&self.0.running)) {
            handle.abort();
        }
    }
}

const fn op_of(effect: &Effect) -> Op {
    match effect {
        Effect::Load { op, .. }
        | Effect::Bind { op, .. }
        | Effect::Sign { op, .. }
        | Effect::Unwrap { op, .. }
        | Effect::Send { op, .. }
        | Effect::Spend { op, .. }
        | Effect::Ask { op, .. }
        | Effect::Pin { op, .. }
        | Effect::Authorize { op, .. }
        | Effect::Listen { op, .. }
        | Effect::Receipt { op, .. }
        | Effect::Wait { op, .. }
        | Effect::Save { op, .. }
        | Effect::Abort { op } => *op,
    }
}

impl Inner {
    async fn act(&self, effect: Effect) -> Result<Reply, OpError> {
        match effect {
            Effect::Load { tokens, .. } => Ok(Reply::Loaded(Box::new(self.load(&tokens).await))),
            Effect::Bind { role, algs, make, .. } => {
                self.bind(&role, &algs, make).await.map(|f| Reply::Bound(Box::new(f))).map_err(key_error)
            }
            Effect::Sign { role, alg, input, .. } => {
                let key = self.key(&role).await.map_err(key_error)?;
                key.sign(alg, &input).await.map(Reply::Signed).map_err(key_error)
            }
            Effect::Unwrap { role, task, .. } => {
                self.unwrap(&role, &task).await.map(Reply::Unwrapped).map_err(key_error)
            }
            Effect::Send { request, timeout, .. } => self.send(&request, Limits::within(timeout)).await,
            Effect::Spend { request, timeout, spending, .. } => {
                self.spend(&request, Limits::within(timeout), &spending).await
            }
            Effect::Ask { step, ask, .. } => match self.people.answer(&step, &ask).await {
                Some(Ok(answers)) => Ok(Reply::Answered(answers)),
                Some(Err(why)) => Err(OpError::Refused {
                    text: format!("refused: {}", crate::text::clean(&why)),
                    hint: "look at the checks of what was handed over".to_owned(),
                }),
                None => Err(OpError::Person("a person has to act here, and nobody is there to ask".to_owned())),
            },
            Effect::Pin { step, pin, .. } => match self.people.approve(&step, &pin).await {
                Some(good) => Ok(Reply::Approved(good)),
                None => Err(OpError::Person(format!(
                    "a person has to compare the keys of “{}” first, and nobody is there to ask",
                    crate::text::clean(&pin.name)
                ))),
            },
            Effect::Wait { millis, .. } => {
                tokio::time::sleep(std::time::Duration::from_millis(millis)).await;
                Ok(Reply::Waited)
            }
            Effect::Save { what, .. } => self.save(what).await.map(Reply::Saved),
            // told apart before: they speak more than once, or not at all
            Effect::Authorize { .. } | Effect::Listen { .. } | Effect::Receipt { .. } | Effect::Abort { .. } => {
                Ok(Reply::Waited)
            }
        }
    }

    fn sign_in(&self, op: Op, step: String, request: Authorization, events: UnboundedSender<Event>) -> SignIn {
        let url = request.url.expose();
        let page = self.people.page(url).or_else(|| self.allowed.opens(url).is_ok().then(|| url.to_owned()));
        *lock(&self.page) = page.map(Secret::new);
        let (people, browser, clock) = (self.people.clone(), self.browser.clone(), self.clock.clone());
        SignIn { op, step, request, people, browser, clock, allowed: self.allowed.clone(), events }
    }

    fn whose(&self) -> Whose {
        Whose::new(&self.profile.id, &self.environment.name, &lock(&self.bindings))
    }

    async fn load(&self, sets: &BTreeSet<String>) -> Loaded {
        let now = self.clock.now();
        let whose = self.whose();
        let mut loaded = Loaded::default();
        let bound: Vec<(String, KeyUri)> = lock(&self.bindings).iter().map(|(r, u)| (r.clone(), u.clone())).collect();
        for (role, uri) in bound {
            match self.opened(&role, &uri).await {
                Ok(key) => {
                    loaded.keys.insert(role.clone(), facts(&role, &*key));
                }
                Err(error) => {
                    loaded.missing.insert(role, key_error(error));
                }
            }
        }
        loaded.metadata = self.metadata(&whose, now);
        loaded.registration = self.registration(&whose);
        match self.tokens.shown(&whose, sets, now).await {
            Ok(tokens) => loaded.tokens = tokens,
            Err(error) => loaded.closed = Some(key_error(error)),
        }
        loaded.pins = self.profile.pins.clone();
        loaded.pins.extend(self.memory.pins(&whose));
        loaded.used_jti = self.memory.used_jti(&whose, now);
        loaded.skew = self.memory.skew(&whose);
        loaded
    }

    async fn bind(&self, role: &str, algs: &[Alg], make: bool) -> Result<KeyFacts, KeyError> {
        let bound = lock(&self.bindings).get(role).cloned();
        let key = match bound {
            Some(uri) => self.opened(role, &uri).await?,
            // a key that ends with the program is good enough for a bank that does
            None if make && self.environment.sandbox.is_some() => {
                let spec = algs.iter().copied().find_map(KeySpec::for_alg).or_else(|| self.spec_for_decrypting(role));
                let spec = spec.unwrap_or(KeySpec::P256);
                let uri = memory_uri(&self.profile.id, role);
                lock(&self.bindings).insert(role.to_owned(), uri.clone());
                self.stores.generate(&uri, &spec.into()).await?;
                self.opened(role, &uri).await?
            }
            None => {
                let text = format!("no key is bound to the role {role}");
                let hint = format!(
                    "bind one: --bind {role}=file:key.pem, or [keys.{role}] ref = \"file:key.pem\" in the saved profile"
                );
                return Err(KeyError::new("key.not-bound", text, hint));
            }
        };
        Ok(facts(role, key.as_ref()))
    }

    fn spec_for_decrypting(&self, role: &str) -> Option<KeySpec> {
        let alg = self.profile.role(role)?.key_algs.first()?;
        Some(if alg.family() == Family::Rsa { KeySpec::Rsa(2048) } else { KeySpec::P256 })
    }

    async fn key(&self, role: &str) -> Result<Arc<dyn Key>, KeyError> {
        if let Some(key) = lock(&self.opened).get(role) {
            return Ok(key.clone());
        }
        let uri = lock(&self.bindings).get(role).cloned();
        let uri = uri.ok_or_else(|| {
            KeyError::new(
                "key.not-bound",
                format!("no key is bound to the role {role}"),
                format!("bind one: --bind {role}=file:key.pem"),
            )
        })?;
        self.opened(role, &uri).await
    }

    /// Opens the key of a role, with the certificates that are named for it.
    async fn opened(&self, role: &str, uri: &KeyUri) -> Result<Arc<dyn Key>, KeyError> {
        let held = lock(&self.opened).get(role).filter(|key| key.info().uri == *uri).cloned();
        if let Some(key) = held {
            return Ok(key);
        }
        let key = self.stores.open(uri).await?;
        let key = match self.chains.get(role) {
            Some(chain) => certified(key, chain.clone())?,
            None => key,
        };
        lock(&self.opened).insert(role.to_owned(), key.clone());
        Ok(key)
    }

    /// None: it was not encrypted to this key.
    async fn unwrap(&self, role: &str, task: &Task) -> Result<Option<SecretBytes>, KeyError> {
        let key = self.key(role).await?;
        unwrap(&*key, task).await
    }

    async fn send(&self, request: &Request, limits: Limits) -> Result<Reply, OpError> {
        self.exchange(request, limits).await.map(|e| Reply::Exchanged(Box::new(e)))
    }

    async fn exchange(&self, request: &Request, limits: Limits) -> Result<Exchange, OpError> {
        let identity = match &request.mtls {
            None => None,
            Some(role) => {
                let key = self.key(role).await.map_err(key_error)?;
                let chain = key.info().chain.clone();
                (!chain.is_empty()).then_some(ClientIdentity { chain, key })
            }
        };
        let exchange = self.network.send(request, &self.allowed, identity, limits).await.map_err(OpError::Net)?;
        if let Some(seconds) = exchange.skew() {
            self.memory.keep_skew(&self.whose(), seconds);
        }
        Ok(exchange)
    }
}

fn key_error(e: KeyError) -> OpError {
    OpError::Key { id: e.id.to_owned(), text: e.text, hint: e.hint }
}

fn facts(role: &str, key: &dyn Key) -> KeyFacts {
    let info = key.info();
    KeyFacts {
        role: role.to_owned(),
        uri: info.uri.to_string(),
        kind: info.spec.to_string(),
        bits: info.public.bits(),
        jwk: info.public.clone(),
        exportable: info.exportable,
        costly: info.costly,
        chain: info.chain.clone(),
    }
}
