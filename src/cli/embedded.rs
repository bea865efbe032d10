//! Joins the embedded banks to the rest: their world is started when first needed, and ends with this value.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use crate::clock::Clock;
use crate::flow::callback::Authorization;
use crate::flow::view::{AskView, PinView};
use crate::jose::SecretJwk;
use crate::net::{HostMap, MappedHost};
use crate::sandbox::{self, Bank, World};
use crate::secret::Secret;
use crate::shell::{Answers, Brought, DemoKey, Embedded, Link, People};

/// The embedded banks of one session.
pub struct Banks {
    clock: Arc<dyn Clock>,
    world: OnceCell<Arc<World>>,
}

impl Banks {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, world: OnceCell::new() }
    }

    pub async fn world(&self) -> Result<Arc<World>, String> {
        let clock = self.clock.clone();
        let start = || async move {
            let clock = Arc::new(move || clock.now().seconds());
            World::start(clock, Bank::ALL)
                .await
                .map(Arc::new)
                .map_err(|e| format!("the embedded banks could not be started: {e}"))
        };
        self.world.get_or_try_init(start).await.cloned()
    }
}

impl Embedded for Banks {
    fn link<'a>(&'a self, bank: &'a str, brought: &'a [Brought]) -> BoxFuture<'a, Result<Link, String>> {
        Box::pin(async move {
            let world = self.world().await?;
            let anchor = world.ca_der();
            let theirs = |b: &Brought| sandbox::Brought {
                role: b.role.clone(),
                spki: b.public.to_spki_der(),
                certified: b.certified,
            };
            let client = world
                .client(bank, &brought.iter().map(theirs).collect::<Vec<_>>())
                .map_err(|e| format!("a key that was brought cannot be used there: {e}"))?
                .ok_or_else(|| format!("there is no embedded bank `{bank}`"))?;
            let hosts = world.hosts().into_iter().fold(HostMap::closed(), |map, (host, addr)| {
                map.with(&host, MappedHost { addr, anchors: vec![anchor.clone()], only_these_anchors: true })
            });
            let mut keys = Vec::new();
            for key in client.keys {
                let made = SecretJwk::from_pem(key.pem.expose().as_bytes())
                    .map_err(|e| format!("the demo key for {}: {e}", key.role))?;
                keys.push(DemoKey { role: key.role, key: made, chain: key.chain });
            }
            let client_id = client.inputs.iter().find(|(name, _)| name == "client_id");
            let client_id = client_id.map(|(_, id)| id.clone()).unwrap_or_default();
            let people = Arc::new(Staff { world, bank: bank.to_owned(), client_id });
            Ok(Link { hosts, inputs: client.inputs, keys, certified: client.certified, people })
        })
    }
}

/// The bank's staff and its customers.
struct Staff {
    world: Arc<World>,
    bank: String,
    /// The client that they know.
    client_id: String,
}

impl People for Staff {
    fn answer<'a>(&'a self, step: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async move {
            let show: BTreeMap<String, String> = ask.show.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
            let step = step.rsplit('.').next().unwrap_or(step);
            let answer = self.world.people().answer(&self.bank, step, &show).await?;
            Some(answer.map(|all| all.into_iter().map(|(k, v)| (k, Secret::new(v))).collect()))
        })
    }

    /// What a bank of ours shows first is right; a change is what a person is to see.
    fn approve<'a>(&'a self, _: &'a str, pin: &'a PinView) -> BoxFuture<'a, Option<bool>> {
        let first = !pin.is_changed();
        Box::pin(async move { first.then_some(true) })
    }

    fn page(&self, url: &str) -> Option<String> {
        self.world.for_browser(url)
    }

    fn go_alone(&self) -> bool {
        true
    }

    fn post<'a>(&'a self, _: &'a str, at: &'a str, url: &'a str) -> BoxFuture<'a, Option<Result<(), String>>> {
        Box::pin(async move { self.world.people().post(&self.bank, &self.client_id, at, url).await })
    }

    fn authorize<'a>(
        &'a self,
        _: &'a str,
        request: &'a Authorization,
        _: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        Box::pin(async move {
            let (url, redirect) = (request.url.expose(), &request.redirect_uri);
            let answer = self.world.people().authorize(&self.bank, url, redirect).await?;
            Some(answer.map(Secret::new))
        })
    }
}
