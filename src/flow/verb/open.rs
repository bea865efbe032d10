//! `open`: decrypts, verifies and reads a token. Leaves `header claims jwe verdict key text`.
//!
//! ```text
//!   token ─► encrypted? ─► the role's key unwraps (effect) ─► inside ─► keys: given, fetched (effect), pinned, own
//!                                                                          │ unknown kid: once more
//!            checks, outputs ◄── a person approves (effect) ◄── verdict ◄──┘
//! ```

mod conclude;
mod judge;
mod lint;
mod pin;
mod read;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::flow::effect::Effect;
use crate::flow::exchange::{Completeness, Exchange, Request};
use crate::flow::run::{Pending, Run};
use crate::flow::state::KeySet;
use crate::flow::template::{Scope, to_json};
use crate::flow::view::{KeyOf, OpenedBy};
use crate::jose::{self, Compact, jwe};
use crate::profile::model::{KeysFrom, Open};
use crate::secret::SecretBytes;
use crate::time::Timestamp;
use judge::Keys;
pub(in crate::flow) use pin::Gate;
use trouble::Trouble;

const FETCH_WITHIN: Duration = Duration::from_secs(20);
/// How long a fetched key set is good where the profile does not say, seconds.
const SET_LIVES: i64 = 600;
/// An unknown kid makes a set be fetched again no more often than this, seconds.
const AGAIN_AFTER: i64 = 60;

/// An encrypted token whose key is asked.
pub(in crate::flow) struct Sealed {
    text: String,
    role: String,
    token: jwe::Admitted,
}

/// A token in plain sight, its signature not yet judged.
pub(in crate::flow) struct Opening {
    /// As it came.
    text: String,
    /// Where it was encrypted: the header of that, and the key that opened it.
    jwe: Option<(Map<String, Json>, OpenedBy)>,
    inner: Inner,
}

/// What there is to be read.
enum Inner {
    /// With the text of it.
    Signed(Box<Compact>, String),
    /// Encrypted and not signed.
    Content(SecretBytes),
}

impl Run {
    pub(in crate::flow) fn begin_open(&mut self, open: &Open, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        match self.read_token(open, scope) {
            Ok(read::Token::Signed(opening)) => self.with_keys(opening, now),
            Ok(read::Token::Sealed { sealed, role, task }) => {
                self.busy(Pending::Unwrap(sealed), |op| Effect::Unwrap { op, role, task })
            }
            Err(trouble) => self.fail_open(trouble, now),
        }
    }

    pub(in crate::flow) fn unwrapped(
        &mut self,
        sealed: Sealed,
        answer: Option<&SecretBytes>,
        now: Timestamp,
    ) -> Vec<Effect> {
        let step = self.current();
        let Some(open) = step.verb.opens() else { return Vec::new() };
        match self.read_inside(open, sealed, answer) {
            Ok(opening) => self.with_keys(opening, now),
            Err(trouble) => self.fail_open(trouble, now),
        }
    }

    /// Goes on with the keys that the step names, fetching them where they are elsewhere.
    pub(in crate::flow) fn with_keys(&mut self, opening: Opening, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Some(open) = step.verb.opens() else { return Vec::new() };
        let scope = self.scope_of(&step, now);
        let keys = match &open.keys {
            KeysFrom::Jwks(text) => match text.eval(&scope).map(|v| to_json(&v)) {
                Err(e) => return self.fail_eval(&e, now),
                Ok(Some(Json::String(url))) => return self.with_address(opening, url, now),
                Ok(value) => Keys::of_set(value.as_ref(), KeyOf::Set),
            },
            KeysFrom::Own(role) => Ok(Keys::own(role, self.state.keys.get(role))),
            KeysFrom::Pin { name, inside: None } => Ok(self.pinned_keys(name)),
            KeysFrom::Pin { name, inside: Some(pointer) } => Keys::inside(&opening, pointer, name),
            KeysFrom::Nowhere => Ok(Keys::default()),
        };
        match keys {
            Ok(keys) => self.judged(opening, keys, now),
            Err(trouble) => self.fail_open(trouble, now),
        }
    }

    fn with_address(&mut self, opening: Opening, url: String, now: Timestamp) -> Vec<Effect> {
        let lives = self.lifetime("jwks").unwrap_or(SET_LIVES);
        match self.state.key_sets.get(&url).filter(|set| set.came.plus_seconds(lives) > now) {
            Some(set) => match Keys::of_set(Some(&set.value), KeyOf::Set) {
                Ok(keys) => self.judged(opening, Keys { address: Some(url), ..keys }, now),
                Err(trouble) => self.fail_open(trouble, now),
            },
            None => self.fetch(opening, url),
        }
    }

    fn lifetime(&self, name: &str) -> Option<i64> {
        let (_, tree) = self.state.profile.lifetimes.iter().find(|(n, _)| n == name)?;
        tree.eval(&Scope::default()).ok().flatten()?.as_i64()
    }

    fn fetch(&mut self, opening: Opening, url: String) -> Vec<Effect> {
        let headers = vec![("Accept".to_owned(), "application/jwk-set+json, application/json".to_owned())];
        let request = Request { method: "GET".to_owned(), url: url.clone(), headers, body: Vec::new(), mtls: None };
        self.busy(Pending::Jwks(Box::new(opening), url), |op| Effect::Send { op, request, timeout: FETCH_WITHIN })
    }

    pub(in crate::flow) fn jwks_came(
        &mut self,
        opening: Opening,
        url: String,
        exchange: Exchange,
        now: Timestamp,
    ) -> Vec<Effect> {
        let whole = exchange.response.as_ref().filter(|r| r.status == 200 && r.completeness == Completeness::Whole);
        let set = whole.and_then(|r| jose::json::parse(&r.body).ok());
        self.step().exchange = Some(Arc::new(exchange));
        let Some(value) = set else { return self.fail_open(trouble::no_set(), now) };
        let value = Arc::new(value);
        let again = self.state.key_sets.get(&url).map(|_| now);
        self.state.key_sets.insert(url, KeySet { value: value.clone(), came: now, again });
        // what came just now would not be another set a moment later
        self.refetched = true;
        match Keys::of_set(Some(&value), KeyOf::Set) {
            Ok(keys) => self.judged(opening, keys, now),
            Err(trouble) => self.fail_open(trouble, now),
        }
    }

    fn judged(&mut self, opening: Opening, keys: Keys, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Some(open) = step.verb.opens() else { return Vec::new() };
        let scope = self.scope_of(&step, now);
        let judgement = match self.judge(open, &opening, &keys, &scope) {
            Ok(judgement) => judgement,
            Err(trouble) => return self.fail_open(trouble, now),
        };
        if judgement.stranger && !self.refetched {
            self.refetched = true;
            if let Some(target) = &open.refetch {
                return self.begin_detour(target, opening, now);
            }
            if let Some(url) = keys.address.clone().filter(|url| self.may_fetch_again(url, now)) {
                return self.fetch(opening, url);
            }
        }
        match &open.keys {
            KeysFrom::Pin { name, inside: Some(_) } => self.at_gate(name, opening, judgement, keys, now),
            _ => self.conclude(&opening, &judgement, now),
        }
    }

    fn may_fetch_again(&self, url: &str, now: Timestamp) -> bool {
        let last = self.state.key_sets.get(url).and_then(|set| set.again);
        last.is_none_or(|at| at.plus_seconds(AGAIN_AFTER) <= now)
    }

    fn fail_open(&mut self, trouble: Trouble, now: Timestamp) -> Vec<Effect> {
        match trouble {
            Trouble::Value(error) => self.fail_eval(&error, now),
            Trouble::Step(error) => self.fail(*error, now),
        }
    }
}
