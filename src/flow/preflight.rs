//! Before the first step: do keys, certificates, metadata, the registration and the values of a run agree with each other?
//! Nothing is sent for it.

use serde_json::{Value as Json, json};

use super::algorithm::algorithm;
use super::check;
use super::core::Artefact as On;
use super::run::Run;
use super::template::{Scope, Tree};
use super::verb::role_value;
use super::view::{CheckView, Level, Outcome, PreflightView};
use crate::jose::Alg;
use crate::profile::model::{Check, Verb};
use crate::time::Timestamp;

impl Run {
    /// What is known before anything is built. A rule that no part of the flow can answer yet is not among it.
    pub(super) fn preflight(&self, now: Timestamp) -> Vec<PreflightView> {
        let mut out = Vec::new();
        for role in &self.state.flow.roles {
            self.look_at_key(role, now, &mut out);
        }
        let configuration = self.state.profile.checks.iter().filter(|c| c.at.is_empty());
        let rules: Vec<&Check> = self.core.on(On::Preflight).chain(configuration).collect();
        for scope in self.scopes(now) {
            for rule in &rules {
                self.add(rule, "preflight", &scope, &mut out);
            }
        }
        out.retain(|row| row.check.outcome != Outcome::NotChecked);
        out
    }

    fn look_at_key(&self, name: &str, now: Timestamp, out: &mut Vec<PreflightView>) {
        let Some(role) = self.state.profile.role(name) else { return };
        let on = format!("keys.{name}");
        if !self.state.keys.contains_key(name) {
            // a step of the flow may make it
            let made = self.state.flow.steps.iter().any(|s| matches!(&s.verb, Verb::Key(k) if k.role == name));
            if !made && !role.optional {
                out.push(unbound(name));
            }
            return;
        }
        let mut scope = self.state.scope(0, now);
        if let Some(key) = scope.get("keys").and_then(|k| k.get_attr(name).ok()) {
            scope.set("key", key);
        }
        scope.set_json("role", &role_value(self, name));
        for rule in self.core.on(On::Key).chain(self.core.on(On::KeyPreflight)) {
            self.add(rule, &on, &scope, out);
        }
    }

    /// What each part of the flow sees, as far as it can be told before a step was taken.
    fn scopes(&self, now: Timestamp) -> Vec<Scope> {
        let mut state = self.state.clone();
        let mut out = Vec::new();
        for frame in 0..self.state.flow.frames.len() {
            if state.enter(frame, now).is_ok() && !state.is_skipped(frame) {
                let mut scope = state.scope(frame, now);
                scope.set_json("preflight", &facts(self, &scope));
                scope.set_json("registration", self.state.registration().unwrap_or(&Json::Null));
                out.push(scope);
            }
        }
        out
    }

    /// A rule that was answered in several parts counts by its worst answer.
    fn add(&self, rule: &Check, on: &str, scope: &Scope, out: &mut Vec<PreflightView>) {
        let Some(check) = check::evaluate(rule, on, scope, &self.state.profile, &self.state.redactor) else { return };
        let rank = |o: Outcome| match o {
            Outcome::Fail => 3,
            Outcome::Warn => 2,
            Outcome::Pass => 1,
            Outcome::NotChecked => 0,
        };
        match out.iter_mut().find(|row| row.check.id == check.id && row.check.on == check.on) {
            Some(row) if rank(row.check.outcome) >= rank(check.outcome) => {}
            Some(row) => row.check = check,
            None => out.push(PreflightView { check, fix: rule.remedy.clone() }),
        }
    }
}

fn unbound(role: &str) -> PreflightView {
    let check = CheckView {
        id: "PRE-KEY".to_owned(),
        on: format!("keys.{role}"),
        level: Level::Must,
        outcome: Outcome::Fail,
        say: format!("a key is bound to the role {role}"),
        expected: String::new(),
        found: "none".to_owned(),
        reference: "the profile's keys".to_owned(),
    };
    let fix = format!("choose a key in pane 2 and press b, or --bind {role}=REF; a in pane 2 makes one");
    PreflightView { check, fix: Some(fix) }
}

/// What the flow is going to do, as `preflight` in rules: `authenticates authorizes`; of the client's assertion
/// `assertion_alg assertion_kid assertion_thumbprint` and `assertion_aud`, a list; `skew`, the bank's clock minus ours.
fn facts(run: &Run, scope: &Scope) -> Json {
    let state = &run.state;
    let http = |test: &dyn Fn(&crate::profile::model::Http) -> bool| {
        state.flow.steps.iter().any(|s| matches!(&s.verb, Verb::Http(http) if test(http)))
    };
    let mut facts = json!({
        "authenticates": http(&|h| h.auth.is_some()),
        "authorizes": state.flow.steps.iter().any(|s| matches!(s.verb, Verb::Authorize(_))),
        "skew": run.view.skew,
    });
    if let Some(assertion) = state.profile.clients.first().and_then(|c| c.assertion.as_ref())
        && let Some(key) = state.keys.get(&assertion.key)
    {
        let role = state.profile.role(&assertion.key);
        facts["assertion_alg"] = role.and_then(|role| algorithm(role, key)).map(Alg::name).into();
        facts["assertion_thumbprint"] = key.jwk.thumbprint().into();
        facts["assertion_kid"] = part(&assertion.header, "kid", scope).unwrap_or_default();
        facts["assertion_aud"] = match part(&assertion.claims, "aud", scope) {
            Some(Json::Array(all)) => Json::Array(all),
            one => one.into_iter().collect(),
        };
    }
    facts
}

/// A member of an assertion that goes to the token endpoint, where it can be told already.
fn part(of: &Tree, name: &str, scope: &Scope) -> Option<Json> {
    let Tree::Map(members) = of else { return None };
    let (_, tree) = members.iter().rfind(|(n, _)| n == name)?;
    let mut scope = scope.clone();
    let endpoint = scope.lookup(&["env".to_owned(), "token_endpoint".to_owned()]);
    scope.set_json("request", &json!({ "url": endpoint.as_str() }));
    tree.eval(&scope).ok()?
}
