//! Where a run stands, and what it waits for.

use std::collections::BTreeMap;

use minijinja::Value;

use super::effect::{Op, Saving};
use super::request::Built;
use super::sign::Signing;
use super::verb::{Going, Papers, open};
use crate::time::Timestamp;

pub(super) enum Phase {
    Fresh,
    Loading(Op),
    /// Before the current step.
    Standing,
    Busy(Op, Pending),
    Armed(Held),
    Blocked(Held),
    Over,
}

impl Phase {
    /// Nothing is under way.
    pub const fn is_still(&self) -> bool {
        matches!(self, Self::Over | Self::Standing | Self::Armed(_) | Self::Blocked(_))
    }
}

/// What an operation under way is for. Taken by value, so that none can be resumed twice.
pub(super) enum Pending {
    Bind,
    /// A key for a role, chosen after the step failed for want of it.
    Rebind,
    Sign(Box<Signing>),
    Send(Box<Sent>),
    Unwrap(Box<open::Sealed>),
    /// The bank's keys, from their address.
    Jwks(Box<open::Opening>, String),
    Pin(Box<open::Gate>),
    /// An approved pin that is being kept.
    KeepPin(Box<open::Gate>),
    Ask,
    Authorize(Box<Going>),
    /// Somebody else is to send something.
    Listen,
    /// They are being told; with outputs the step ends after that.
    Receipt(Option<Outputs>),
    Save(Box<Saving>),
    /// Before the same question is asked again.
    Pause,
}

/// What waits for a person's word.
pub(super) enum Held {
    Request(Box<Ready>),
    /// A person is about to be sent to the bank.
    Authorize(Box<Going>),
    /// A finished artefact that failed a `must`.
    Outputs(Outputs),
}

pub(super) type Outputs = BTreeMap<String, Value>;

/// A request ready to go.
pub(super) struct Ready {
    pub built: Built,
    pub papers: Papers,
    pub drafted_at: Timestamp,
}

/// A request that went out.
pub(super) struct Sent {
    pub built: Built,
    pub papers: Papers,
}
