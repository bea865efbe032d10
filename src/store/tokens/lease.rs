//! The life of one refresh request: leased, in flight, answered. Each state is taken by value, so that no token is spent
//! twice by slip.

use std::fs::File;

use serde_json::{Map, Value as Json};
use tokio::sync::OwnedMutexGuard;

use super::{Standing, TokenSet, Tokens};
use crate::flow::custody::{Policy, Spending};
use crate::keys::{KeyError, Recipient};
use crate::secret::Secret;
use crate::store::{Whose, kill};
use crate::time::Timestamp;

/// What keeps others away; released when it is dropped, and by the operating system where the program dies.
#[expect(dead_code, reason = "held, never read")]
pub(super) enum Held {
    File(File),
    Memory(OwnedMutexGuard<()>),
}

/// The right to spend one refresh token.
pub struct Lease {
    tokens: Tokens,
    whose: Whose,
    set: TokenSet,
    /// None: the set lies in memory.
    recipient: Option<Recipient>,
    _held: Held,
}

/// What a lease leads to.
pub enum Leased {
    /// It was written that the token goes out: now the request may be sent.
    InFlight(Box<InFlight>),
    /// Another spender was faster: this is what it got.
    Elsewhere(Box<TokenSet>),
}

/// A refresh token that is on its way. Dropped, it is in doubt.
pub struct InFlight {
    lease: Lease,
    spent: Secret,
    policy: Policy,
    /// As it stood before: what it goes back to when nothing went out.
    before: Standing,
}

impl Lease {
    pub(super) const fn new(
        tokens: Tokens,
        whose: Whose,
        set: TokenSet,
        recipient: Option<Recipient>,
        held: Held,
    ) -> Self {
        Self { tokens, whose, set, recipient, _held: held }
    }

    /// # Errors
    /// `key.refused` for a token in doubt that nobody went along with; where it could not be written that it goes out, so
    /// that it does not.
    pub fn spend(mut self, spending: &Spending, now: Timestamp) -> Result<Leased, KeyError> {
        let Some(before) = self.set.lineage().map(|l| l.standing.clone()).filter(|_| self.set.holds(spending)) else {
            return Ok(Leased::Elsewhere(Box::new(self.set)));
        };
        if matches!(before, Standing::Sent { .. }) && !spending.policy.may_come_again() && !spending.doubt_known {
            let text = "this refresh token went to the bank before and no answer was kept: it may be spent, and one that comes twice ends every token of the consent (RFC 9700 §4.14.2)";
            let hint = "sign in again; or start the flow anew, which asks before it goes out (countersign tokens refresh --in-doubt)";
            return Err(KeyError::new("key.refused", text, hint));
        }
        kill::at("marking");
        self.set.sent(now);
        self.tokens.put(&self.set, self.recipient.as_ref())?;
        kill::at("marked");
        let (spent, policy) = (spending.token.clone(), spending.policy);
        Ok(Leased::InFlight(Box::new(InFlight { lease: self, spent, policy, before })))
    }

    fn put(&self) -> Result<(), KeyError> {
        self.tokens.put(&self.set, self.recipient.as_ref())
    }
}

impl InFlight {
    /// Takes what the bank answered, before anybody else sees it. Gives the set as it is kept, and what a person has to know.
    /// Nothing here waits: a cancelled run cannot come between the answer and the disk.
    pub fn answered(mut self, status: u16, body: &[u8], now: Timestamp) -> (TokenSet, Option<String>) {
        kill::at("answered");
        let answer = match serde_json::from_slice(body) {
            Ok(Json::Object(members)) => members,
            _ => Map::new(),
        };
        let good = (200..300).contains(&status) && answer.get("access_token").is_some_and(Json::is_string);
        let error = answer.get("error").and_then(Json::as_str).filter(|_| (400..500).contains(&status));
        let told = match error {
            _ if good => self.succeeded(answer, now),
            // ended, revoked or used before (RFC 6749 §5.2)
            Some("invalid_grant") => {
                let error = "invalid_grant".to_owned();
                self.lease.set.stands(Standing::Refused { at: now.seconds(), error });
                self.told("that the bank refused the refresh token")
            }
            // the request was refused before the token was looked at
            Some(_) => self.not_sent(),
            None => Some("the answer says nothing of the refresh token: it is kept, and may be spent".to_owned()),
        };
        (self.lease.set, told)
    }

    /// The successor on disk first; then the predecessor goes.
    fn succeeded(&mut self, answer: Map<String, Json>, now: Timestamp) -> Option<String> {
        kill::at("keeping");
        self.lease.set.succeed(answer, &self.spent, &self.lease.whose, now);
        if let Err(e) = self.lease.put() {
            return Some(format!("the new refresh token ends with the program: {}; {}", e.text, e.hint));
        }
        kill::at("kept");
        if self.lease.set.settle(self.policy) {
            kill::at("forgetting");
            if let Err(e) = self.lease.put() {
                return Some(format!("the spent refresh token could not be removed: {}", e.text));
            }
            kill::at("forgotten");
        }
        None
    }

    fn not_sent(&mut self) -> Option<String> {
        self.lease.set.stands(self.before.clone());
        self.told("that the refresh token was not used")
    }

    /// Nothing went out: it is as it was.
    pub fn never_sent(mut self) -> Option<String> {
        self.not_sent()
    }

    fn told(&self, what: &str) -> Option<String> {
        self.lease.put().err().map(|e| format!("it could not be kept {what}: {}", e.text))
    }
}
