//! A text that no run made or fetched, held against the rules of one step, or of a client's assertions: the step's own
//! expectations, the core checks of that kind of artefact, and the profile's. The engine is that of a run; what a run would
//! know and nobody said is *not known*, and what depends on it is not checked.
//!
//! ```text
//!   text ─► JWT of a `jwt` step ──────────────┐
//!        ─► assertion or proof of the client ─┤─► rules ─► check lines
//!        ─► token of an `open` step: algorithms, opened, verified, typ ─┘
//! ```
//!
//! Nothing is sent, fetched, signed or kept, and nothing counts as used before.

mod known;
mod message;
mod rule_sets;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

pub use known::GIVEN_ROOTS;
pub(super) use known::{Known, reason};
pub use rule_sets::{Of, RuleSet, Takes, rule_sets};

use super::core::Artefact;
use super::event::Loaded;
use super::run::{Run, Setup};
use super::sign::Signed;
use super::template::Scope;
use super::view::{CheckView, Level, Outcome};
use crate::jose::jwe::Admitted;
use crate::jose::{Alg, Compact, PublicJwk};
use crate::profile::model::{Check, KeysFrom, Verb};
use crate::secret::SecretBytes;
use crate::time::Timestamp;

/// Keys at hand, beside those of the profile's roles.
pub struct Hand<'a> {
    pub keys: Vec<PublicJwk>,
    /// What was encrypted, where one of them opens it.
    pub open: &'a dyn Fn(&Admitted) -> Option<Opened>,
}

/// What was encrypted, and the thumbprint of the key that opened it, where it may be told.
pub struct Opened {
    pub content: SecretBytes,
    pub reader: Option<String>,
}

/// One rule set, with what is known of the exchange.
pub struct Lint {
    run: Run,
    rules: RuleSet,
    /// By dotted name.
    given: BTreeMap<String, Json>,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Linted {
    pub checks: Vec<CheckView>,
    /// What was taken for granted, as `name = value`.
    pub assumed: Vec<String>,
}

impl Lint {
    /// `loaded`: what the profile has kept, and its keys. `given`: what a person says of names that rules read, dotted.
    pub fn new(setup: Setup, rules: RuleSet, loaded: Loaded, given: BTreeMap<String, Json>, now: Timestamp) -> Self {
        let mut run = Run::new(setup);
        // to look at a token twice does not use it
        run.state.absorb(Loaded { used_jti: Vec::new(), ..loaded }, now);
        run.view.current = rules.position();
        Self { run, rules, given }
    }

    pub const fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Holds a text against the rules; of a message, what was given as `request` and `response`.
    pub fn look(&mut self, text: &str, hand: &Hand<'_>, now: Timestamp) -> Linted {
        let step = self.run.current();
        let (frame, verb) = match self.rules.of {
            Of::Step(_) => (step.frame, Some(step.verb)),
            Of::Client | Of::Proof => (0, None),
        };
        if let Some(open) = verb.as_ref().and_then(Verb::opens)
            && let (KeysFrom::Jwks(jwks), false) = (&open.keys, hand.keys.is_empty())
            && let [jwks] = jwks.exprs().collect::<Vec<_>>()[..]
            && let [path] = jwks.names()
            && known::is_of_a_step(path)
        {
            // the keys that an earlier step would have brought are those at hand
            let keys: Vec<&Json> = hand.keys.iter().map(PublicJwk::as_value).collect();
            self.given.entry(path.join(".")).or_insert_with(|| serde_json::json!({ "keys": keys }));
        }
        let mut assumed = Vec::new();
        let (mut scope, mut known) = self.scope(frame, now);
        match &verb {
            None if self.rules.of == Of::Proof => {
                self.jwt(text, None, Artefact::Proof, &[], hand, scope, &known);
            }
            None => {
                if !["request", "request.url"].iter().any(|name| self.given.contains_key(*name))
                    && let Some(url) = scope.lookup(&["env".into(), "token_endpoint".into()]).as_str()
                {
                    assumed.push(format!("request.url = {url}"));
                    known.give(&mut scope, "request.url", &Json::from(url));
                }
                let rules = self.run.state.profile.checks.iter().filter(|c| c.at.iter().any(|at| at == "client"));
                let rules: Vec<Check> = rules.cloned().collect();
                let client = self.run.state.profile.clients.first();
                let role = client.and_then(|c| c.assertion.as_ref()).map(|a| a.key.clone());
                let secret =
                    client.is_some_and(|c| matches!(c.auth.eval_text(&scope), Ok(Some(m)) if m == "client_secret_jwt"));
                self.jwt(text, role.filter(|_| !secret), Artefact::Assertion, &rules, hand, scope, &known);
            }
            Some(Verb::Jwt(jwt)) => {
                let rules = self.run.bank_checks(&self.run.current());
                self.jwt(text, Some(jwt.key.clone()), Artefact::Jwt, &rules, hand, scope, &known);
            }
            Some(verb @ (Verb::Http(_) | Verb::Authorize(_))) => self.message(verb, scope, &known),
            Some(verb) => {
                if let Some(open) = verb.opens() {
                    self.run.lint_open(open, text, hand, scope, &known, &self.rules.name);
                }
            }
        }
        Linted { checks: std::mem::take(&mut self.run.step().checks), assumed }
    }

    /// What the step would see, as far as it is known.
    fn scope(&mut self, frame: usize, now: Timestamp) -> (Scope, Known) {
        let lets: Map<String, Json> = self
            .given
            .iter()
            .filter_map(|(name, value)| Some((name.strip_prefix("let.")?.to_owned(), value.clone())))
            .collect();
        let unknown = self.run.state.recall(frame, &lets, now);
        self.run.recall_opened(self.rules.position(), frame, now);
        let mut scope = self.run.state.scope(frame, now);
        let mut known = Known::new(self.run.state.has_metadata());
        for (name, value) in &self.given {
            known.give(&mut scope, name, value);
        }
        if let (true, Some(client)) =
            (scope.lookup(&["client".into(), "id".into()]).is_undefined(), self.run.state.profile.clients.first())
            && let Err(e) = client.id.eval_text(&scope)
        {
            scope.mark_unknown("client.id", reason(&e));
        }
        if self.given.contains_key("request") && !self.given.contains_key("request.mtls") {
            scope.mark_unknown("request.mtls", "a text does not tell which certificate was shown");
        }
        for (name, why) in unknown {
            scope.mark_unknown(format!("let.{name}"), reason(&why));
        }
        (scope, known)
    }

    /// `role`: whose key signs; None: the client's secret.
    #[expect(clippy::too_many_arguments, reason = "what a JWT is held against")]
    fn jwt(
        &mut self,
        text: &str,
        role: Option<String>,
        artefact: Artefact,
        rules: &[Check],
        hand: &Hand<'_>,
        mut scope: Scope,
        known: &Known,
    ) {
        let on = self.rules.name.clone();
        let token = match Compact::parse(text) {
            Ok(token) => token,
            Err(e) => {
                let say = "the text is a signed JWT";
                return self.run.add_line(line(&on, "JOSE-05", Outcome::Fail, say, &e.to_string(), "RFC 7515 §7.1"));
            }
        };
        let claims = token.claims().unwrap_or_else(|e| {
            scope.mark_unknown("claims", format!("the payload is no claims set: {e}"));
            Json::Null
        });
        if let Some(name) = role.as_ref().filter(|name| !self.run.state.keys.contains_key(*name)) {
            scope.mark_unknown("key", format!("no key is bound to {name}"));
        }
        if artefact == Artefact::Proof {
            // it shows its own key (RFC 9449 §4.3)
            let own = token.header().get("jwk").and_then(|jwk| PublicJwk::from_value(jwk).ok());
            let may: Vec<Alg> = Alg::ALL.into_iter().filter(|a| !a.name().starts_with("HS")).collect();
            self.algorithm(&token, &may, &on);
            self.run.lint_signature(&token, None, &own.into_iter().collect::<Vec<_>>(), &scope, &on);
            scope.mark_unknown("key", "a proof goes by the key that it shows");
        } else {
            let of_role = |role: &String| self.run.state.profile.role(role).map(|r| r.algs.clone()).unwrap_or_default();
            let may = role.as_ref().map_or_else(|| vec![Alg::Hs256, Alg::Hs384, Alg::Hs512], of_role);
            self.algorithm(&token, &may, &on);
            self.run.lint_signature(&token, role.as_deref(), &hand.keys, &scope, &on);
        }
        let header = Json::Object(token.header().clone());
        let signed = Signed { role, jwt: text.to_owned(), header, claims };
        let core = self.run.core;
        let all = core.on(Artefact::Jwt).chain(core.on(artefact)).chain(rules);
        known.mark(&mut scope, all, &["header", "claims", "jwt", "key"]);
        self.run.check_jwt(&signed, artefact, rules, &on, &scope);
    }
}

impl Lint {
    /// Whether it is signed as it may be.
    fn algorithm(&mut self, token: &Compact, may: &[Alg], on: &str) {
        let names: Vec<&str> = may.iter().map(|a| a.name()).collect();
        let outcome = if token.alg().is_some_and(|a| may.contains(&a)) { Outcome::Pass } else { Outcome::Fail };
        let say = format!("alg is {}", names.join(" or "));
        let found = token.alg_name().unwrap_or("no alg");
        self.run.add_line(line(on, "token.algorithm", outcome, &say, found, "RFC 8725 §3.1"));
    }
}

impl Run {
    pub(super) fn add_line(&mut self, line: CheckView) {
        self.step().checks.push(line);
    }

    /// Publishes what tokens say that steps before this one of its frame would have opened, where their text is known.
    fn recall_opened(&mut self, current: usize, frame: usize, now: Timestamp) {
        let flow = self.state.flow.clone();
        for step in flow.steps.iter().take(current).filter(|s| s.frame == frame) {
            let Verb::Open(open) = &step.verb else { continue };
            let text = open.token.eval_text(&self.state.scope(frame, now));
            let Ok(Some(Ok(token))) = text.map(|t| t.map(|t| Compact::parse(&t))) else { continue };
            let Ok(claims) = token.claims() else { continue };
            let said = [("header", Json::Object(token.header().clone())), ("claims", claims)];
            let said = said.map(|(name, value)| (name.to_owned(), super::template::from_json(&value)));
            self.state.publish(frame, &step.id, Some(said.into()));
        }
    }
}

/// A line about what a step expects of a token.
pub(super) fn line(on: &str, id: &str, outcome: Outcome, say: &str, found: &str, reference: &str) -> CheckView {
    let found = crate::text::clean(found);
    CheckView {
        id: id.to_owned(),
        on: on.to_owned(),
        level: Level::Must,
        outcome,
        say: say.to_owned(),
        expected: say.to_owned(),
        found: crate::text::shorten(&found, 200).into_owned(),
        reference: reference.to_owned(),
    }
}
