//! A text held against a bank's own rules (`inspect --as`): a sound one keeps all of them, and each flaw is named by the rule
//! that it breaks, and by no other `must`.

#[path = "lint/danske.rs"]
mod danske;
#[path = "lint/dnb.rs"]
mod dnb;
#[path = "lint/dpop.rs"]
mod dpop;
#[path = "lint/spv.rs"]
mod spv;
#[path = "lint/world.rs"]
mod world;
#[path = "lint/wso2.rs"]
mod wso2;

use std::sync::Arc;

use countersign::clock::SystemClock;
use countersign::flow::view::{CheckView, Level, Outcome};
use countersign::inspect::{Inspection, KeyRing, inspect};
use countersign::jose::{Alg, PublicJwk, SecretJwk, compact};
use countersign::keys::KeySpec;
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::{RuleOrder, Session, add_keys};
use serde_json::{Map, Value, json};

/// A session that keeps nothing, and the keys it has.
struct Desk {
    session: Session,
    bound: Vec<(String, String)>,
}

/// What is said of the exchange, and the keys of others.
#[derive(Default)]
struct Said<'a> {
    env: &'a str,
    set: Vec<(&'a str, String)>,
    keys: Vec<PublicJwk>,
}

impl Desk {
    fn new() -> Self {
        Self { session: Session::bare(Library::embedded(), Arc::new(SystemClock)), bound: Vec::new() }
    }

    /// A new key for a role, with its certificates.
    fn bind(&mut self, role: &str, key: &SecretJwk, chain: Vec<Vec<u8>>) {
        self.session.keys_in_memory.insert(role, key.clone(), chain).expect("kept");
        self.bound.push((role.to_owned(), format!("memory:{role}")));
    }

    async fn look(&self, rules: &str, text: &str, said: &Said<'_>) -> Inspection {
        let order = RuleOrder {
            rules: rules.to_owned(),
            environment: Some(said.env.to_owned()),
            given: said.set.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(v.as_str()))).collect(),
            bindings: self.bound.iter().map(|(r, u)| (r.clone(), u.parse().expect("a reference"))).collect(),
            ..RuleOrder::default()
        };
        let mut ruled = self.session.rules(order).await.expect("rules");
        let mut ring = KeyRing::new();
        for key in &said.keys {
            ring.add(key.clone(), "the bank");
        }
        add_keys(&mut ring, std::mem::take(&mut ruled.keys), text).await;
        let now = self.session.clock.now();
        inspect(text, &ring, now).held_to(&ruled.name, &mut ruled.lint, text, &ring, now)
    }
}

fn now() -> i64 {
    use countersign::clock::Clock;
    SystemClock.now().seconds()
}

/// The ids of the rules that must hold and do not, once each.
fn broken(seen: &Inspection) -> Vec<&str> {
    let mut ids: Vec<&str> = seen
        .checks
        .iter()
        .filter(|c| c.level == Level::Must && c.outcome == Outcome::Fail)
        .map(|c| c.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn outcome(seen: &Inspection, id: &str) -> Outcome {
    row(seen, id).outcome
}

fn row<'s>(seen: &'s Inspection, id: &str) -> &'s CheckView {
    seen.checks.iter().find(|c| c.id == id).unwrap_or_else(|| panic!("no {id} among {:?}", seen.checks))
}

fn key(spec: KeySpec) -> SecretJwk {
    SecretJwk::generate(spec).expect("a key")
}

fn sign(key: &SecretJwk, alg: Alg, header: &Value, claims: &Value) -> String {
    let mut members = Map::new();
    members.insert("alg".to_owned(), alg.name().into());
    members.extend(header.as_object().expect("an object").clone());
    let input = compact::signing_input(&members, claims.to_string().as_bytes());
    compact::assemble(&input, &key.sign(alg, input.as_bytes()).expect("signed"))
}

/// `base` with these members instead; null takes one away.
fn with(base: &Value, changes: &Value) -> Value {
    let mut members = base.as_object().expect("an object").clone();
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
    Value::Object(members)
}

fn strings(members: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    members.iter().map(|(n, v)| (*n, (*v).to_owned())).collect()
}

/// Told at once, so that one run shows every row that is wrong.
fn compare(found: Vec<(&str, Vec<String>, &[&str])>) {
    let wrong: Vec<_> = found
        .iter()
        .filter(|(_, broken, expected)| broken.as_slice() != *expected)
        .map(|row| format!("{row:?}"))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), found.len(), wrong.join("\n"));
}

fn owned(ids: Vec<&str>) -> Vec<String> {
    ids.into_iter().map(str::to_owned).collect()
}

/// Nothing of it is said to be wrong where nothing is said of the exchange.
#[tokio::test]
async fn what_nobody_said_is_not_checked_and_says_why() {
    let desk = Desk::new();
    let token = sign(
        &key(KeySpec::P256),
        Alg::Es256,
        &json!({"typ": "JWT"}),
        &json!({"iss": "acme", "sub": "acme",
        "aud": "https://api.ciam.dnb.no", "jti": "0d2a3a1c-5f0e-4a38-9be3-6a1c8d2f7e51", "iat": now(), "exp": now() + 60}),
    );
    let seen = desk.look("dnb/client", &token, &Said { env: "production", ..Said::default() }).await;
    assert_eq!(broken(&seen), [""; 0]);
    let row = row(&seen, "DNB-TOK-02");
    assert_eq!((row.outcome, row.found.as_str()), (Outcome::NotChecked, "inputs.client_id is not given"));
}
