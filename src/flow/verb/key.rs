//! `key`: picks or makes the key of a role. Leaves it bound: `keys.ROLE.…`.

use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::event::{KeyFacts, OpError};
use crate::flow::run::{Held, Outputs, Pending, Phase, Run};
use crate::flow::view::Field;
use crate::profile::model::{KeyStep, Verb};
use crate::secret::Class;
use crate::time::Timestamp;

impl Run {
    pub(in crate::flow) fn begin_key(&mut self, key: &KeyStep, now: Timestamp) -> Vec<Effect> {
        if let Some(facts) = self.state.keys.get(&key.role).cloned() {
            return self.bound(facts, now);
        }
        let (role, make) = (key.role.clone(), key.make);
        let algs = self.state.profile.role(&key.role).map(|r| r.algs.clone()).unwrap_or_default();
        self.busy(Pending::Bind, |op| Effect::Bind { op, role, algs, make })
    }

    pub(in crate::flow) fn bound(&mut self, facts: KeyFacts, now: Timestamp) -> Vec<Effect> {
        let public = |name: &str, value: String| Field { name: name.to_owned(), value, class: Class::Public };
        let fields = vec![
            public("key", facts.uri.clone()),
            public("kind", facts.kind.clone()),
            public("thumbprint", facts.jwk.thumbprint()),
            public("can leave its store", if facts.exportable { "yes" } else { "no" }.to_owned()),
            public("jwk", facts.jwk.as_value().to_string()),
        ];
        self.step().outputs = fields;
        let step = self.current();
        self.state.put_key(facts.clone());
        let mut scope = self.state.scope(step.frame, now);
        if let Some(key) = scope.get("keys").and_then(|k| k.get_attr(&facts.role).ok()) {
            scope.set("key", key);
        }
        scope.set_json("role", &role_value(self, &facts.role));
        let core = self.core;
        self.run_checks(core.on(On::Key), &step.path, &scope);
        let configuration: Vec<_> = self.state.profile.checks.iter().filter(|c| c.at.is_empty()).cloned().collect();
        self.run_checks(&configuration, "configuration", &scope);
        let checks = self.bank_checks(&step);
        self.run_checks(&checks, &step.path, &scope);
        self.hold(Held::Outputs(Outputs::new()), false, now)
    }
}

/// A key that a step lacked, chosen by a person.
impl Run {
    pub(in crate::flow) fn rebind(&mut self, role: String) -> Vec<Effect> {
        let algs = self.state.profile.role(&role).map(|r| r.algs.clone()).unwrap_or_default();
        self.busy(Pending::Rebind, |op| Effect::Bind { op, role, algs, make: false })
    }

    /// Every step from here on has it, also one that is gone back to.
    pub(in crate::flow) fn rebound(&mut self, facts: KeyFacts, now: Timestamp) -> Vec<Effect> {
        for state in self.before.iter_mut().flatten().chain([&mut self.state]) {
            state.put_key(facts.clone());
        }
        self.again(self.view.current.min(self.view.steps.len() - 1), now)
    }

    /// The role whose key an operation could not get.
    pub(in crate::flow) fn wanted_role(&self, phase: &Phase, error: &OpError) -> Option<String> {
        let OpError::Key { id, .. } = error else { return None };
        if !matches!(id.as_str(), "key.not-bound" | "key.not-found") {
            return None;
        }
        match phase {
            Phase::Busy(_, Pending::Bind) => match self.current().verb {
                Verb::Key(key) => Some(key.role.clone()),
                _ => None,
            },
            Phase::Busy(_, Pending::Sign(signing)) => Some(signing.role.clone()),
            Phase::Busy(_, Pending::Send(sent)) => sent.built.request.mtls.clone(),
            _ => None,
        }
    }

    /// The role that a missing name is of: `keys.signing.kid`.
    pub(in crate::flow) fn role_in(&self, name: &str) -> Option<String> {
        let role = name.strip_prefix("keys.")?.split('.').next()?;
        self.state.profile.role(role).map(|r| r.name.clone())
    }
}

/// What the role wants of a key, for rules.
fn role_value(run: &Run, role: &str) -> serde_json::Value {
    let Some(role) = run.state.profile.role(role) else { return serde_json::Value::Null };
    let algs: Vec<&str> = role.algs.iter().map(|a| a.name()).collect();
    serde_json::json!({ "use": role.usage.word(), "algs": algs, "min_bits": role.min_bits })
}
