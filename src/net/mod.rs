//! The network: one recorded exchange at a time, for the steps of a flow.
//!
//! [`Network::send`] takes the engine's plain request and gives back what crossed the wire, byte for byte, with times and
//! TLS facts, or an error with the next thing to try. What it does besides is refuse: hosts that are not the profile's,
//! plain http to other machines, servers that cannot prove their name. It follows no redirect, sends nothing twice, keeps no
//! connection, and shares no TLS session between requests.
//!
//! Proxies named in the environment (`HTTPS_PROXY` and the like) are not used. `SSLKEYLOGFILE` is not honoured.
//! Revocation of server certificates is checked where the system's verifier does so (macOS, Windows), not on Linux.
//!
//! It must not know a bank, a flow, or what a token is.

mod allowed;
#[cfg(feature = "kms")]
mod aws;
pub mod callback;
mod content;
mod convert;
mod dial;
mod dn;
mod exchange;
mod fault;
mod fetch;
mod handshake;
mod head;
mod hosts;
mod http_fault;
mod limits;
mod mtls;
mod provider;
mod spell;
mod tape;
mod target;
#[cfg(all(test, feature = "sandbox"))]
mod tests;
mod tls_fault;
mod trail;
mod trust;

use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use allowed::Allowed;
#[cfg(feature = "kms")]
pub use aws::aws_http;
pub use convert::response;
pub use fetch::Fetched;
pub use hosts::{HostMap, MappedHost};
pub use limits::Limits;
pub use mtls::ClientIdentity;
pub use provider::install_provider;

use crate::clock::Clock;
use crate::flow::exchange::{Exchange, NetError, NetPhase, Request};
use exchange::{Ground, Job};
use fault::Fault;
use target::Target;

/// What a network is made of.
#[derive(Clone, Debug)]
pub struct NetConfig {
    /// Judges certificates and dates exchanges.
    pub clock: Arc<dyn Clock>,
    pub hosts: HostMap,
    /// Authorities trusted besides the system's, DER.
    pub extra_anchors: Vec<Vec<u8>>,
}

impl NetConfig {
    /// The open network: no mapped host, the system's authorities.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, hosts: HostMap::open(), extra_anchors: Vec::new() }
    }
}

/// Sends requests. One for each environment: its host map and trust are fixed.
#[derive(Clone, Debug)]
pub struct Network {
    ground: Arc<Ground>,
    hosts: Arc<HostMap>,
}

impl Network {
    /// Opens nothing.
    ///
    /// # Errors
    /// `net.config` where an extra authority is no certificate.
    pub fn new(config: NetConfig) -> Result<Self, NetError> {
        Self::with_resolver(config, Arc::new(dial::SystemResolver))
    }

    fn with_resolver(config: NetConfig, resolver: Arc<dyn dial::Resolve>) -> Result<Self, NetError> {
        for (_, host) in config.hosts.iter() {
            trust::Trust::new(&host.anchors).map_err(Fault::refused)?;
        }
        let trust = trust::Trust::new(&config.extra_anchors).map_err(Fault::refused)?;
        let ground = Arc::new(Ground { clock: config.clock, trust, resolver });
        Ok(Self { ground, hosts: Arc::new(config.hosts) })
    }

    /// One exchange. Dropping the future closes its socket at once, in every phase; what the server did is then unknown.
    ///
    /// `Ok` once a complete head came, also where the body was cut off or is over the limit: see
    /// [`crate::flow::exchange::Completeness`].
    ///
    /// # Errors
    /// [`NetError`], with a `partial` exchange of what was seen once something was opened: where the connection broke before
    /// a complete head came, and where a body was silent too long or broke the protocol (then with what came of it).
    #[expect(clippy::disallowed_methods, reason = "ended when nobody waits for the exchange")]
    pub async fn send(
        &self,
        request: &Request,
        allowed: &Allowed,
        identity: Option<ClientIdentity>,
        limits: Limits,
    ) -> Result<Exchange, NetError> {
        let job = self.prepare(request, allowed, identity, limits).map_err(Fault::refused)?;
        let (waiting, given_up) = watch::channel(());
        // A task of its own: a signature in the handshake blocks whoever polls it, and a panic in a library must not
        // take the caller along.
        let mut task = OnlyWhileWanted { task: tokio::spawn(exchange::run(job, given_up)), _waiting: waiting };
        (&mut task.task).await.unwrap_or_else(|_| Err(lost()))
    }

    fn prepare(
        &self,
        request: &Request,
        allowed: &Allowed,
        identity: Option<ClientIdentity>,
        limits: Limits,
    ) -> Result<Job, Fault> {
        let target = Target::parse(&request.url)?;
        allowed.check(&target)?;
        let mapped = self.hosts.find(&target)?.cloned();
        identity.as_ref().map_or(Ok(()), ClientIdentity::check).map_err(|e| Fault::key(&e))?;
        let outgoing = convert::for_wire(convert::into_reqwest(request, &target)?, &target)?;
        Ok(Job { ground: self.ground.clone(), target, mapped, outgoing, identity, limits })
    }
}

/// Ends the task, and the signature it may be waiting for, when nobody waits any more.
struct OnlyWhileWanted {
    task: JoinHandle<Result<Exchange, NetError>>,
    _waiting: watch::Sender<()>,
}

impl Drop for OnlyWhileWanted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The task ended without an answer: a library panicked, or the runtime is going down.
fn lost() -> NetError {
    let fault = Fault::new("net.internal", "the exchange ended in an internal error", "report this; the log says more");
    NetError { phase: NetPhase::Send, sent: true, ..fault.refused() }
}
