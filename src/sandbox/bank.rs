//! The embedded banks by name, and what each is to the world around it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use futures_util::future::BoxFuture;

use super::ca::Authority;
use super::clock::BankClock;
use super::danske::Danske;
use super::demo::{Brought, DemoClient};
use super::dnb::Dnb;
use super::open_banking::{self, OpenBanking};
use super::spv::Spv;
use super::tls::Handshake;
use super::trouble::Switches;
use super::wso2::{self, Wso2};

/// A bank that can be embedded. One per dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    Dnb,
    Spv,
    DanskeFtn,
    Wso2,
    UkOpenBanking,
    OpenBanking,
}

impl Bank {
    pub const ALL: &[Self] =
        &[Self::Dnb, Self::Spv, Self::DanskeFtn, Self::Wso2, Self::UkOpenBanking, Self::OpenBanking];

    /// As a profile's environment names it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Dnb => "dnb",
            Self::Spv => "spv",
            Self::DanskeFtn => "danske-ftn",
            Self::Wso2 => wso2::WSO2.id,
            Self::UkOpenBanking => wso2::UK.id,
            Self::OpenBanking => open_banking::ID,
        }
    }

    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|bank| bank.id() == id)
    }

    /// Makes the bank's keys and its demo client; it serves nothing yet.
    pub(super) fn open(
        self,
        qtsp: &Arc<Authority>,
        clock: BankClock,
        trouble: Switches,
    ) -> io::Result<Arc<dyn Embedded>> {
        match self {
            Self::Dnb => Ok(Arc::new(Dnb::open(qtsp, clock, trouble)?)),
            Self::Spv => Ok(Arc::new(Spv::open(qtsp, clock, trouble)?)),
            Self::DanskeFtn => Ok(Arc::new(Danske::open(clock, trouble))),
            Self::Wso2 => Ok(Arc::new(Wso2::open(&wso2::WSO2, qtsp, clock, trouble))),
            Self::UkOpenBanking => Ok(Arc::new(Wso2::open(&wso2::UK, qtsp, clock, trouble))),
            Self::OpenBanking => Ok(Arc::new(OpenBanking::open(qtsp, clock, trouble)?)),
        }
    }
}

/// What people answer at a step: the values asked for, or the reason why not.
pub type Answer = Result<BTreeMap<String, String>, String>;

/// An embedded bank.
pub(super) trait Embedded: Send + Sync {
    fn id(&self) -> &'static str;
    /// Its servers, each for one host name of the profile.
    fn sites(self: Arc<Self>) -> Vec<Site>;
    /// Its pages for the browser of an end user. They are served once more over plain HTTP on loopback: no browser trusts
    /// the sandbox's certificates, or finds the bank's host here.
    fn pages(self: Arc<Self>) -> Option<Site> {
        None
    }
    /// The client that it knows, with the keys that a person brings in place of its own: the bank registers what it would
    /// register, and the demo QTSP certifies what needs a certificate.
    fn client(&self, brought: &[Brought]) -> io::Result<DemoClient>;
    /// Plays the people of a step; None where nobody is there for it.
    fn answer<'a>(&'a self, step: &'a str, show: &'a BTreeMap<String, String>) -> BoxFuture<'a, Option<Answer>>;
    /// Plays the end user who is sent to `url`: what their browser ends on, or the reason why not. None: nobody signs in
    /// at this bank.
    fn authorize<'a>(&'a self, url: &'a str, redirect_uri: &'a str) -> BoxFuture<'a, Option<Result<String, String>>> {
        let _ = (url, redirect_uri);
        Box::pin(async { None })
    }
    /// A signed event for that client. None: this bank sends none.
    fn event(&self, client_id: &str) -> Option<io::Result<String>> {
        let _ = client_id;
        None
    }
}

pub(super) struct Site {
    /// `host`, or `host:port` where a URL has to say it.
    pub host: &'static str,
    pub handshake: Handshake,
    pub router: Router,
}

impl Site {
    /// The host without its port.
    pub fn name(&self) -> &'static str {
        self.host.split_once(':').map_or(self.host, |(name, _)| name)
    }
}
