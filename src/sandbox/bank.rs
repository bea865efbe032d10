//! The embedded banks by name, and what each is to the world around it.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use axum::Router;
use futures_util::future::BoxFuture;

use super::ca::Authority;
use super::clock::BankClock;
use super::demo::{Brought, DemoClient};
use super::dnb::Dnb;
use super::trouble::Switches;

/// A bank that can be embedded. One per dialect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bank {
    Dnb,
}

impl Bank {
    pub const ALL: &[Self] = &[Self::Dnb];

    /// As a profile's environment names it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Dnb => "dnb",
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
        }
    }
}

/// What people answer at a step: the values asked for, or the reason why not.
pub type Answer = Result<BTreeMap<String, String>, String>;

/// An embedded bank.
pub(super) trait Embedded: Send + Sync {
    fn id(&self) -> &'static str;
    /// Its servers, each for one host name of the profile; they want a certificate of the demo QTSP in the handshake.
    fn sites(self: Arc<Self>) -> Vec<Site>;
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
}

pub(super) struct Site {
    pub host: &'static str,
    pub router: Router,
}
