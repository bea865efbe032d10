//! Who answers when a flow needs a person and no face asks one.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;

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

    /// Whether they go to the bank by themselves, without a browser and a listener of ours.
    fn go_alone(&self) -> bool {
        false
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

/// Nobody is there.
pub struct Nobody;

impl People for Nobody {
    fn answer<'a>(&'a self, _: &'a str, _: &'a AskView) -> BoxFuture<'a, Option<Result<Answers, String>>> {
        Box::pin(async { None })
    }
}
