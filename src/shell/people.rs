//! Who answers when a flow needs a person and no face asks one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use crate::flow::callback::Authorization;
use crate::flow::view::{AskView, PinView};
use crate::secret::Secret;

/// What a person brings back, by name.
pub type Answers = BTreeMap<String, Secret>;

/// Somebody who can answer. The embedded bank plays its staff and its customers; a terminal asks its user.
pub trait People: Send + Sync {
    /// `step` is the step's `flow.step` name. None: nobody is there for this. `Err`: refused, in their words.
    fn answer<'a>(&'a self, step: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>>;

    /// Whether these keys are the right ones. None: nobody is there who can compare them.
    fn approve<'a>(&'a self, step: &'a str, pin: &'a PinView) -> BoxFuture<'a, Option<bool>> {
        let _ = (step, pin);
        Box::pin(async { None })
    }

    /// Calls somebody who waits for that to act. False: nobody does.
    fn call(&self) -> bool {
        false
    }

    /// Where a browser on this machine finds that page of the bank. None: at its own address.
    fn page(&self, url: &str) -> Option<String> {
        let _ = url;
        None
    }

    /// Whether they go to the bank by themselves, without a browser and a listener of ours.
    fn go_alone(&self) -> bool {
        false
    }

    /// Sends what `step` waits for to `at`, an address of this machine, as `url` would be sent to. None: nobody does.
    fn post<'a>(&'a self, step: &'a str, at: &'a str, url: &'a str) -> BoxFuture<'a, Option<Result<(), String>>> {
        let _ = (step, at, url);
        Box::pin(async { None })
    }

    /// Goes to the bank and brings what the browser ended on: the redirect address, or a form's body. `said` is why what
    /// they brought before was not it. None: nobody brings anything.
    fn authorize<'a>(
        &'a self,
        step: &'a str,
        request: &'a Authorization,
        said: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        let _ = (step, request, said);
        Box::pin(async { None })
    }
}

/// The people of an embedded bank while somebody sits at the screen who may act in their place: they wait to be called.
pub(super) struct OnCall {
    people: Arc<dyn People>,
    called: AtomicBool,
    bell: Notify,
}

impl OnCall {
    pub fn new(people: Arc<dyn People>) -> Self {
        Self { people, called: AtomicBool::new(false), bell: Notify::new() }
    }

    /// A call is for one thing to be done.
    async fn call_came(&self) {
        while !self.called.swap(false, Ordering::SeqCst) {
            self.bell.notified().await;
        }
    }
}

impl People for OnCall {
    fn answer<'a>(&'a self, step: &'a str, ask: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async move {
            self.call_came().await;
            self.people.answer(step, ask).await
        })
    }

    fn approve<'a>(&'a self, step: &'a str, pin: &'a PinView) -> BoxFuture<'a, Option<bool>> {
        Box::pin(async move {
            self.call_came().await;
            self.people.approve(step, pin).await
        })
    }

    fn call(&self) -> bool {
        self.called.store(true, Ordering::SeqCst);
        self.bell.notify_one();
        true
    }

    /// Called before there was anything to do: nobody at the screen wants to do it.
    fn go_alone(&self) -> bool {
        self.called.load(Ordering::SeqCst)
    }

    fn page(&self, url: &str) -> Option<String> {
        self.people.page(url)
    }

    fn post<'a>(&'a self, step: &'a str, at: &'a str, url: &'a str) -> BoxFuture<'a, Option<Result<(), String>>> {
        Box::pin(async move {
            self.call_came().await;
            self.people.post(step, at, url).await
        })
    }

    fn authorize<'a>(
        &'a self,
        step: &'a str,
        request: &'a Authorization,
        said: Option<String>,
    ) -> BoxFuture<'a, Option<Result<Secret, String>>> {
        Box::pin(async move {
            self.call_came().await;
            self.people.authorize(step, request, said).await
        })
    }
}

/// Nobody is there.
pub struct Nobody;

impl People for Nobody {
    fn answer<'a>(&'a self, _: &'a str, _: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async { None })
    }
}
