//! What the world tells a run.

use std::collections::BTreeMap;

use serde_json::Value;

use super::callback::Callback;
use super::custody::Spent;
use super::delivery::Delivery;
use super::edit::Edits;
use super::effect::Op;
use super::exchange::{Exchange, NetError};
use super::trial::Trial;
use crate::jose::PublicJwk;
use crate::profile::model::Pin;
use crate::secret::{Secret, SecretBytes};

/// The only way anything in a run changes.
#[derive(Debug)]
pub enum Event {
    /// Begin. Loads what the run needs, then stands before the first step (step pace) or runs it (straight).
    Start,
    /// Take the next step: draft it, and arm it where it sends something.
    Step,
    /// Send what is armed, or take the keys that are shown for the right ones.
    Approve,
    /// Send although a `must` check failed; logged in the view.
    SendAnyway,
    /// A person's answers to the step that asks.
    Answer(BTreeMap<String, Secret>),
    /// Brought by a person: what the browser ended on (the whole address, or a form's body), or a message that is waited for.
    Pasted(Secret),
    /// A browser on this machine finds the bank's page there, not at its own address: the bank is an embedded one.
    Page {
        op: Op,
        url: Secret,
    },
    /// Somebody sent what is waited for, or something else.
    Came {
        op: Op,
        delivery: Delivery,
    },
    /// Something that happened while a person is at the bank, or while somebody else's message is waited for.
    Noted {
        op: Op,
        note: String,
    },
    /// Do the failed or finished step again: everything time-bound is made anew.
    Retry,
    /// Stand before an earlier step again, with the scope it had. The index is the step's in the view.
    Back(usize),
    /// Do a step with these changes, in place of those it had; with a trial they break a rule on purpose, which production is
    /// spared.
    Edit {
        index: usize,
        edits: Edits,
        trial: Option<Box<Trial>>,
    },
    /// Go back to a line of the run that was left.
    Branch(u32),
    /// A key was chosen for that role: take it, and do the step again that lacked it.
    Bind(String),
    /// From now on do not stop (true), or stop before every send (false).
    Straight(bool),
    Cancel,
    Replied {
        op: Op,
        reply: Reply,
    },
    Failed {
        op: Op,
        error: OpError,
    },
}

/// The answer to an effect, one kind for each.
#[derive(Debug)]
pub enum Reply {
    Loaded(Box<Loaded>),
    /// A key was picked or made for a role.
    Bound(Box<KeyFacts>),
    /// The signature in JWS form.
    Signed(Vec<u8>),
    /// What the key made of its [`crate::jose::jwe::Task`]; None: it was not encrypted to that key.
    Unwrapped(Option<SecretBytes>),
    Exchanged(Box<Exchange>),
    Spent(Box<Spent>),
    Answered(BTreeMap<String, Secret>),
    /// Whether the keys that were shown are the right ones.
    Approved(bool),
    /// The bank sent the person back with this.
    Callback(Callback),
    /// With what a person has to know of the keeping.
    Saved(Vec<String>),
    Waited,
    /// The sender was told, or is gone.
    Receipted,
}

/// What a run finds of earlier runs, and the keys that are bound.
#[derive(Debug, Default)]
pub struct Loaded {
    /// By role. A role whose key could not be opened is in `missing`.
    pub keys: BTreeMap<String, KeyFacts>,
    pub missing: BTreeMap<String, OpError>,
    /// Verified metadata of this environment, if it is young enough.
    pub metadata: Option<Value>,
    /// The client as the bank last described it (RFC 7591 §3.2.1), if it was registered from here.
    pub registration: Option<Value>,
    /// `tokens.SET.NAME`, only sets that have not ended.
    pub tokens: Value,
    /// Why kept tokens could not be opened.
    pub closed: Option<OpError>,
    /// Keys of others that a person approved in earlier runs.
    pub pins: BTreeMap<String, Pin>,
    /// `jti` values already used with this client, for the replay check.
    pub used_jti: Vec<String>,
    /// The bank's clock minus ours, seconds, as the last answer of this session had it.
    pub skew: Option<i64>,
}

/// What a run may know of a key.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyFacts {
    pub role: String,
    /// The reference, as text.
    pub uri: String,
    /// `EC P-256`, `RSA 2048`.
    pub kind: String,
    pub bits: u32,
    pub jwk: PublicJwk,
    pub exportable: bool,
    pub costly: bool,
    /// Leaf first, DER; empty when there is none.
    pub chain: Vec<Vec<u8>>,
}

/// Why an effect did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpError {
    #[error(transparent)]
    Net(NetError),
    /// `id`, `text`, `hint` of the key store's error.
    #[error("{text}")]
    Key { id: String, text: String, hint: String },
    #[error("{text}")]
    Store { text: String, hint: String },
    /// Who was asked for something would not give it.
    #[error("{text}")]
    Refused { text: String, hint: String },
    /// No answer came from the bank's page.
    #[error("{text}")]
    Callback { id: &'static str, text: String, hint: String },
    /// Nobody is there to answer.
    #[error("{0}")]
    Person(String),
}
