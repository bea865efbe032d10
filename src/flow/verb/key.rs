//! `key`: picks or makes the key of a role. Leaves it bound: `keys.ROLE.…`.

use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::event::{KeyFacts, OpError};
use crate::flow::run::{Held, Outputs, Pending, Phase, Run};
use crate::flow::state::{State, read_certificate};
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

impl State {
    /// A key that came after the start.
    fn put_key(&mut self, facts: KeyFacts) {
        match facts.chain.first() {
            Some(leaf) => self.certificates.insert(facts.role.clone(), read_certificate(leaf)),
            None => self.certificates.remove(&facts.role),
        };
        self.keys.insert(facts.role.clone(), facts);
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
pub(in crate::flow) fn role_value(run: &Run, role: &str) -> serde_json::Value {
    let Some(role) = run.state.profile.role(role) else { return serde_json::Value::Null };
    let algs: Vec<&str> = role.algs.iter().map(|a| a.name()).collect();
    serde_json::json!({ "use": role.usage.word(), "algs": algs, "min_bits": role.min_bits })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::flow::event::{Event, Loaded, Reply};
    use crate::flow::run::Setup;
    use crate::flow::view::{Outcome, RunStatus, StepState};
    use crate::flow::{Pace, Run};
    use crate::jose::SecretJwk;
    use crate::keys::KeySpec;
    use crate::profile::Library;
    use crate::profile::model::Profile;
    use crate::x509::testing::{NOW as CERTIFIED, Plan, make};
    use crate::x509::{Kind, QcType, Roles, Use, Wish};

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn facts(role: &str) -> KeyFacts {
        let secret = SecretJwk::generate(KeySpec::P256).unwrap();
        KeyFacts {
            role: role.to_owned(),
            uri: format!("vault:{role}"),
            kind: "EC P-256".to_owned(),
            bits: 256,
            jwk: secret.public().clone(),
            exportable: true,
            costly: false,
            chain: Vec::new(),
        }
    }

    fn refused(op: crate::flow::effect::Op, id: &str) -> Event {
        let (text, hint) = ("no key is bound to the role signing".to_owned(), String::new());
        Event::Failed { op, error: OpError::Key { id: id.to_owned(), text, hint } }
    }

    /// The registration at DNB in production, standing before its first step.
    fn run() -> Run {
        run_of(Library::embedded().load("dnb").unwrap().profile)
    }

    fn run_of(profile: Profile) -> Run {
        let profile = Arc::new(profile);
        let flow = Arc::new(profile.flow("register").unwrap().clone());
        let environment = Arc::new(profile.environment("production").unwrap().clone());
        let mut run =
            Run::new(Setup { profile, flow, environment, inputs: BTreeMap::new(), seed: [7; 32], pace: Pace::Step });
        let [Effect::Load { op, .. }] = run.handle(Event::Start, NOW)[..] else { panic!("it loads first") };
        run.handle(Event::Replied { op, reply: Reply::Loaded(Box::<Loaded>::default()) }, NOW);
        run
    }

    fn binding(effects: &[Effect]) -> crate::flow::effect::Op {
        let [Effect::Bind { op, role, .. }] = effects else { panic!("no binding in {effects:?}") };
        assert_eq!(role, "signing");
        *op
    }

    #[test]
    fn a_step_that_lacked_a_key_names_the_role_and_goes_on_when_it_has_one() {
        let mut run = run();
        let op = binding(&run.handle(Event::Step, NOW));
        run.handle(refused(op, "key.not-bound"), NOW);
        assert_eq!((run.view().status, run.view().unbound.as_deref()), (RunStatus::Failed, Some("signing")));
        let op = binding(&run.handle(Event::Bind("signing".into()), NOW));
        assert_eq!((run.view().status, run.view().unbound.as_deref()), (RunStatus::Busy, None));
        run.handle(Event::Replied { op, reply: Reply::Bound(Box::new(facts("signing"))) }, NOW);
        assert_eq!((run.view().steps[0].state, run.view().current), (StepState::Done, 1));
        // gone back to, it still has the key
        run.handle(Event::Back(0), NOW);
        assert_eq!(run.handle(Event::Step, NOW).len(), 0);
        assert_eq!(run.view().steps[0].state, StepState::Done);
    }

    #[test]
    fn a_key_step_says_whether_the_certificate_is_what_the_role_wants() {
        for (qc, outcome, found) in [
            (QcType::Eseal, Outcome::Pass, "key.suits ok"),
            (QcType::Web, Outcome::Warn, "key.suits not an eseal (web)"),
        ] {
            let mut profile = Library::embedded().load("dnb").unwrap().profile;
            let role = profile.keys.iter_mut().find(|k| k.name == "signing").unwrap();
            role.wish = Some(Wish { use_: Use::Seal, kind: Kind::Eseal, roles: Roles::Unasked });
            let mut run = run_of(profile);
            let op = binding(&run.handle(Event::Step, CERTIFIED));
            let chain = vec![make(&Plan { qc: Some(qc), ..Plan::seal() }, None).der()];
            let facts = KeyFacts { chain, ..facts("signing") };
            run.handle(Event::Replied { op, reply: Reply::Bound(Box::new(facts)) }, CERTIFIED);
            let check = run.view().steps[0].checks.iter().find(|c| c.id == "TLS-10").expect("it is checked");
            assert_eq!((check.outcome, check.found.as_str()), (outcome, found));
        }
    }

    #[test]
    fn a_key_that_cannot_be_opened_is_not_taken_for_one_that_is_missing() {
        let mut run = run();
        let op = binding(&run.handle(Event::Step, NOW));
        run.handle(refused(op, "key.passphrase"), NOW);
        assert_eq!((run.view().status, run.view().unbound.as_deref()), (RunStatus::Failed, None));
        assert_eq!(run.role_in("keys.signing.kid").as_deref(), Some("signing"));
        assert_eq!(run.role_in("keys.nobody.kid"), None);
        assert_eq!(run.role_in("inputs.signing"), None);
    }
}
