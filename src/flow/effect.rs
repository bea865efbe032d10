//! What a run wants from the world. The shell performs it and answers with an [`super::Event`] that names the [`Op`].

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::callback::Authorization;
use super::custody::Spending;
use super::delivery::{Listening, Receipt};
use super::exchange::Request;
use super::view::{AskView, PinView};
use crate::jose::Alg;
use crate::jose::jwe::Task;
use crate::profile::model::Pin;

/// The number of one operation. A reply to an operation that is no longer waited for falls through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Op(pub u64);

#[derive(Clone, Debug)]
pub enum Effect {
    /// Open the bound keys and read what earlier runs left.
    Load {
        op: Op,
        /// The token sets that the flow reads; others stay closed.
        tokens: BTreeSet<String>,
    },
    /// Pick the key for a role, or make one where the profile's environment lets it be made.
    Bind {
        op: Op,
        role: String,
        algs: Vec<Alg>,
        make: bool,
    },
    Sign {
        op: Op,
        role: String,
        alg: Alg,
        input: Vec<u8>,
    },
    /// A private key has to do its part in opening an encrypted token.
    Unwrap {
        op: Op,
        role: String,
        task: Task,
    },
    Send {
        op: Op,
        request: Request,
        timeout: Duration,
    },
    /// Send a request that uses up a kept refresh token: by one spender at a time, its successor kept first. Answered with
    /// [`super::Reply::Spent`].
    Spend {
        op: Op,
        request: Request,
        timeout: Duration,
        spending: Spending,
    },
    /// A person has to act. A face shows it; headless, the sandbox's people or nobody answers.
    Ask {
        op: Op,
        step: String,
        ask: AskView,
    },
    /// A person has to approve keys. A face shows them; headless, the sandbox's people or nobody answers.
    Pin {
        op: Op,
        step: String,
        pin: PinView,
    },
    /// A person has to go to the bank; their browser, or they themselves, bring back what the bank says. Answered with
    /// [`super::Reply::Callback`], with notes on the way.
    Authorize {
        op: Op,
        step: String,
        request: Authorization,
    },
    /// Wait for what somebody else sends. Each that comes is an [`super::Event::Came`], the next only after its receipt.
    Listen {
        op: Op,
        step: String,
        request: Listening,
    },
    /// Tell the sender what became of it: part of that listening. Answered with [`super::Reply::Receipted`].
    Receipt {
        op: Op,
        receipt: Receipt,
    },
    Wait {
        op: Op,
        millis: u64,
    },
    Save {
        op: Op,
        what: Saving,
    },
    /// Stop that operation; what it did is unknown.
    Abort {
        op: Op,
    },
}

/// What a `save` step keeps, each part optional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saving {
    /// Into the saved profile: input name and value.
    pub values: Vec<(String, Value)>,
    /// Token sets: name, members; the shell adds when they came.
    pub tokens: Vec<(String, Value)>,
    pub metadata: Option<Value>,
    pub records: Vec<(String, Value)>,
    /// Keys of others that a person approved.
    pub pins: Vec<(String, Pin)>,
    /// `tokens`, `tokens.SET`, `token:VALUE`, `inputs.NAME`.
    pub forget: Vec<String>,
    /// Uses of a `jti` to remember: value and when it may be forgotten, epoch seconds.
    pub jti: Vec<(String, i64)>,
}
