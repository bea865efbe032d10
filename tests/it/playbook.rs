//! The engine as a conversation: events in, effects out, no runtime. One part for every verb and every turn a person
//! may take.

#[path = "playbook/checks.rs"]
mod checks;
#[path = "playbook/core_checks.rs"]
mod core_checks;
#[path = "playbook/dialects.rs"]
mod dialects;
#[path = "playbook/dpop.rs"]
mod dpop;
#[path = "playbook/explored.rs"]
mod explored;
#[path = "playbook/fapi.rs"]
mod fapi;
#[path = "playbook/grants.rs"]
mod grants;
#[path = "playbook/metadata.rs"]
mod metadata;
#[path = "playbook/open.rs"]
mod open;
#[path = "playbook/polling.rs"]
mod polling;
#[path = "playbook/saving.rs"]
mod saving;
#[path = "playbook/secret.rs"]
mod secret;
#[path = "playbook/signature.rs"]
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use countersign::flow::exchange::{Completeness, Exchange, Phases, Response};
use countersign::flow::view::{Outcome, RunStatus, StepState};
use countersign::flow::{Effect, Event, KeyFacts, Loaded, Op, OpError, Pace, Reply, Run, Setup};
use countersign::jose::{Alg, SecretJwk};
use countersign::keys::KeySpec;
use countersign::profile::Library;
use countersign::secret::{Class, Secret};
use countersign::time::Timestamp;
use serde_json::{Value, json};

const HEAD: &str = r#"
schema = 1
id     = "nordbank"
name   = "Nordbank"
hosts  = ["as.nordbank.example"]
[environments.test]
issuer         = "https://as.nordbank.example"
token_endpoint = "https://as.nordbank.example/token"
jwks_uri       = "https://as.nordbank.example/jwks"
introspection_endpoint = "https://as.nordbank.example/introspect"
[inputs.client_id]
default = "acme"
[inputs.scope]
default = "accounts"
[keys.signing]
use  = "sig"
algs = ["ES256"]
[client]
auth = "private_key_jwt"
[client.assertion]
key    = "signing"
header = { kid = "{{ keys.signing.kid }}" }
claims = { aud = "{{ env.token_endpoint }}", exp = "{{ now + 240 }}" }
"#;

const TOKEN: &str = r#"
[[flow]]
id = "token"
[[flow.step]]
id = "token"
[flow.step.http]
url  = "{{ env.token_endpoint }}"
auth = "client"
form = { grant_type = "client_credentials", scope = "{{ inputs.scope }}" }
take = { access_token = { json = "/access_token", lives = "{{ response.json.expires_in }}" } }
[[flow.step]]
id = "keep"
[flow.step.save.tokens.app]
access_token = "{{ token.access_token }}"
"#;

/// One conversation. Dropped without having asserted its end, it fails.
struct Play {
    run: Run,
    now: Timestamp,
    key: SecretJwk,
    heard: Vec<Effect>,
    asserted: bool,
}

impl Drop for Play {
    fn drop(&mut self) {
        assert!(self.asserted || std::thread::panicking(), "a conversation ended without `ends` or `stands`");
    }
}

impl Play {
    fn of(flows: &str, flow: &str, pace: Pace) -> Self {
        Self::written(&format!("{HEAD}{flows}"), flow, pace, &[])
    }

    /// A profile by its text, in its own environment or else its first, with inputs that a person gives.
    fn written(text: &str, flow: &str, pace: Pace, given: &[(&str, &str)]) -> Self {
        let loaded = Library::embedded().check("play.toml", text).unwrap_or_else(|e| panic!("{e}"));
        let profile = Arc::new(loaded.profile);
        let own = profile.environment.as_deref().and_then(|name| profile.environment(name));
        let setup = Setup {
            flow: Arc::new(profile.flow(flow).expect("the flow").clone()),
            environment: Arc::new(own.or_else(|| profile.environments.first()).expect("an environment").clone()),
            profile,
            inputs: given.iter().map(|(n, v)| ((*n).to_owned(), Secret::new(*v))).collect(),
            seed: [3; 32],
            pace,
        };
        let key = SecretJwk::generate(KeySpec::P256).expect("a key");
        Self {
            run: Run::new(setup),
            now: Timestamp::from_seconds(1_800_000_000),
            key,
            heard: Vec::new(),
            asserted: false,
        }
    }

    /// Begun, with the signing key bound.
    fn begun(flows: &str, flow: &str, pace: Pace) -> Self {
        let mut play = Self::of(flows, flow, pace);
        play.says(Event::Start).wants(&["load"]);
        play.loads(true)
    }

    fn loads(mut self, key: bool) -> Self {
        let mut loaded = Loaded::default();
        if key {
            loaded.keys.insert("signing".into(), self.facts());
        }
        let op = self.op();
        self.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
        self
    }

    fn facts(&self) -> KeyFacts {
        facts("signing", &self.key)
    }

    fn says(&mut self, event: Event) -> &mut Self {
        self.heard = self.run.handle(event, self.now);
        self
    }

    fn later(&mut self, seconds: i64) -> &mut Self {
        self.now = self.now.plus_seconds(seconds);
        self
    }

    /// The effects, each in a few words.
    fn wants(&mut self, expected: &[&str]) -> &mut Self {
        let found: Vec<String> = self.heard.iter().map(words).collect();
        assert_eq!(found, expected, "{:#?}", self.run.view().steps[self.run.view().current]);
        self
    }

    fn op(&self) -> Op {
        self.heard.iter().rev().find_map(op_of).expect("an operation is under way")
    }

    fn signs(&mut self) -> &mut Self {
        let (op, input) = self
            .heard
            .iter()
            .find_map(|e| if let Effect::Sign { op, input, .. } = e { Some((*op, input.clone())) } else { None })
            .expect("a signature is wanted");
        let signature = self.key.sign(Alg::Es256, &input).expect("signed");
        self.says(Event::Replied { op, reply: Reply::Signed(signature) })
    }

    fn answers(&mut self, status: u16, body: &Value) -> &mut Self {
        let op = self.op();
        let reply = Reply::Exchanged(Box::new(exchange(status, body, self.now)));
        self.says(Event::Replied { op, reply })
    }

    fn saves(&mut self) -> &mut Self {
        let op = self.op();
        self.says(Event::Replied { op, reply: Reply::Saved(Vec::new()) })
    }

    fn stands(&mut self, status: RunStatus, step: &str, state: StepState) -> &mut Self {
        let view = self.run.view();
        let found = view.steps.iter().find(|s| s.id == step).unwrap_or_else(|| panic!("no step {step}"));
        assert_eq!((view.status, found.state), (status, state), "{found:#?}");
        self.asserted = true;
        self
    }

    fn fails(&mut self, step: &str, error: &str) -> &mut Self {
        let state = self.run.view().steps.iter().find(|s| s.id == step).expect("the step").clone();
        assert_eq!(state.error.as_ref().map(|e| e.id.as_str()), Some(error), "{state:#?}");
        assert!(state.error.is_some_and(|e| e.hint.is_some()), "an error says what to try");
        self.asserted = true;
        self
    }

    fn claims(&self, step: usize) -> Value {
        self.run.view().steps[step].artefacts[0].claims.clone()
    }
}

fn facts(role: &str, key: &SecretJwk) -> KeyFacts {
    let jwk = key.public().clone();
    KeyFacts {
        role: role.into(),
        uri: format!("memory:{role}"),
        kind: jwk.kind(),
        bits: jwk.bits(),
        jwk,
        exportable: true,
        costly: false,
        chain: Vec::new(),
    }
}

fn words(effect: &Effect) -> String {
    match effect {
        Effect::Load { .. } => "load".into(),
        Effect::Bind { role, algs, .. } => format!("bind {role} {algs:?}"),
        Effect::Sign { role, alg, .. } => format!("sign {role} {alg}"),
        Effect::Unwrap { role, .. } => format!("unwrap {role}"),
        Effect::Pin { step, pin, .. } => format!("pin {} at {step}", pin.name),
        Effect::Send { request, .. } => format!("send {} {}", request.method, request.url),
        Effect::Spend { request, spending, .. } => {
            format!("spend tokens.{} {} {}", spending.set, request.method, request.url)
        }
        Effect::Ask { step, ask, .. } => format!("ask {step}: {}", ask.text),
        Effect::Authorize { step, request, .. } => format!("authorize {step} {:?}", request.mode),
        Effect::Listen { request, .. } => format!("listen {}", request.url),
        Effect::Receipt { receipt, .. } => format!("receipt {}", receipt.status),
        Effect::Wait { millis, .. } => format!("wait {millis}"),
        Effect::Save { what, .. } if !what.jti.is_empty() => "remember jti".into(),
        Effect::Save { what, .. } if !what.pins.is_empty() => {
            format!("keep {}", what.pins.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(" "))
        }
        Effect::Save { what, .. } => format!(
            "save {} {}",
            what.values.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(" "),
            what.tokens.iter().map(|(n, _)| n.as_str()).collect::<Vec<_>>().join(" ")
        )
        .trim_end()
        .to_owned(),
        Effect::Abort { op } => format!("abort {}", op.0),
    }
}

fn op_of(effect: &Effect) -> Option<Op> {
    match effect {
        Effect::Load { op, .. }
        | Effect::Bind { op, .. }
        | Effect::Sign { op, .. }
        | Effect::Unwrap { op, .. }
        | Effect::Pin { op, .. }
        | Effect::Send { op, .. }
        | Effect::Spend { op, .. }
        | Effect::Ask { op, .. }
        | Effect::Authorize { op, .. }
        | Effect::Listen { op, .. }
        | Effect::Receipt { op, .. }
        | Effect::Wait { op, .. }
        | Effect::Save { op, .. } => Some(*op),
        Effect::Abort { .. } => None,
    }
}

fn exchange(status: u16, body: &Value, now: Timestamp) -> Exchange {
    let headers = vec![
        ("Content-Type".to_owned(), "application/json".to_owned()),
        ("Cache-Control".to_owned(), "no-store".to_owned()),
    ];
    let response = Response {
        status,
        reason: "OK".into(),
        head: Vec::new(),
        headers,
        body: body.to_string().into_bytes(),
        completeness: Completeness::Whole,
    };
    Exchange {
        request_head: Vec::new(),
        request_body: Vec::new(),
        response: Some(response),
        phases: Phases::default(),
        tls: None,
        peer: None,
        started_at: now,
        ended_at: now,
    }
}

fn good() -> Value {
    json!({ "access_token": "t0ken-t0ken-t0ken", "token_type": "Bearer", "expires_in": 300 })
}

#[test]
fn a_request_stands_armed_until_a_person_approves_it() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.wants(&[]).stands(RunStatus::Ready, "token", StepState::Ready);
    play.says(Event::Step).wants(&["sign signing ES256"]);
    play.signs().wants(&[]).stands(RunStatus::Armed, "token", StepState::Armed);
    play.says(Event::Approve).wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    play.answers(200, &good()).wants(&[]).stands(RunStatus::Ready, "token", StepState::Done);
    play.says(Event::Step).wants(&["save  app"]);
    play.saves().wants(&[]).stands(RunStatus::Done, "keep", StepState::Done);
    let ends: Vec<i64> = play.run.view().countdowns.iter().map(|c| c.ends_at.seconds()).collect();
    assert_eq!(ends, [1_800_000_300]);
    assert_eq!(play.run.output("token.access_token", play.now).as_deref(), Some("t0ken-t0ken-t0ken"));
}

#[test]
fn at_straight_pace_nothing_stops() {
    let mut play = Play::begun(TOKEN, "token", Pace::Straight);
    play.wants(&["sign signing ES256"]);
    play.signs().wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    play.answers(200, &good()).wants(&["save  app"]);
    play.saves().stands(RunStatus::Done, "keep", StepState::Done);
}

#[test]
fn an_assertion_that_waited_long_is_made_again_before_it_is_sent() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.says(Event::Step).signs();
    let first = play.claims(0);
    play.later(61).says(Event::Approve).wants(&["sign signing ES256"]);
    play.signs().wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    let second = play.claims(0);
    assert_eq!(second["iat"].as_i64(), Some(1_800_000_061));
    assert_ne!(first["jti"], second["jti"]);
    assert!(play.run.view().steps[0].request.as_ref().is_some_and(|r| r.refreshed));
    play.stands(RunStatus::Busy, "token", StepState::Sent);
}

#[test]
fn a_signature_that_the_public_half_does_not_verify_goes_nowhere() {
    let mut play = Play::begun(TOKEN, "token", Pace::Straight);
    let op = play.op();
    let other = SecretJwk::generate(KeySpec::P256).expect("a key").sign(Alg::Es256, b"something else").expect("signed");
    play.says(Event::Replied { op, reply: Reply::Signed(other) }).wants(&[]).fails("token", "key.bad-signature");
}

#[test]
fn a_late_reply_falls_through() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.says(Event::Step);
    let late = play.op();
    play.signs().says(Event::Approve);
    let reply = Reply::Exchanged(Box::new(exchange(200, &good(), play.now)));
    play.says(Event::Replied { op: late, reply }).wants(&[]).stands(RunStatus::Busy, "token", StepState::Sent);
}

#[test]
fn cancelling_after_sending_says_that_the_outcome_is_unknown() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.says(Event::Step).signs().says(Event::Cancel).wants(&[]);
    assert!(play.run.view().steps[0].error.as_ref().is_some_and(|e| e.text.contains("nothing was sent")));
    play.says(Event::Retry).signs().says(Event::Approve);
    let op = play.op().0;
    play.says(Event::Cancel).wants(&[&format!("abort {op}")]).fails("token", "cancelled");
    assert!(play.run.view().steps[0].error.as_ref().is_some_and(|e| e.text.contains("unknown")));
    play.stands(RunStatus::Cancelled, "token", StepState::Cancelled);
}

#[test]
fn a_retry_is_another_attempt_with_another_jti() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.says(Event::Step).signs().says(Event::Approve).answers(400, &json!({ "error": "invalid_client" }));
    play.fails("token", "invalid_client").stands(RunStatus::Failed, "token", StepState::Failed);
    let first = play.claims(0);
    play.says(Event::Retry).wants(&["sign signing ES256"]);
    play.signs().stands(RunStatus::Armed, "token", StepState::Armed);
    assert_eq!(play.run.view().steps[0].attempt, 2);
    assert_ne!(first["jti"], play.claims(0)["jti"]);
}

#[test]
fn going_back_restores_what_was_known_then() {
    let mut play = Play::begun(TOKEN, "token", Pace::Step);
    play.says(Event::Step).signs().says(Event::Approve).answers(200, &good());
    assert!(play.run.output("token.access_token", play.now).is_some());
    play.says(Event::Back(0)).wants(&[]).stands(RunStatus::Ready, "token", StepState::Ready);
    assert!(play.run.output("token.access_token", play.now).is_none());
    assert!(play.run.view().countdowns.is_empty());
    // what was once secret stays masked
    assert!(!play.run.view().redactor.mask_text("t0ken-t0ken-t0ken").contains("t0ken"));
}

#[test]
fn a_failed_must_blocks_and_only_an_explicit_word_sends_it() {
    let flow = TOKEN.replace("scope = \"{{ inputs.scope }}\"", "scope = \"a  b\"");
    let mut play = Play::begun(&flow, "token", Pace::Straight);
    play.signs().wants(&[]).stands(RunStatus::Blocked, "token", StepState::Blocked);
    let failed: Vec<_> =
        play.run.view().steps[0].checks.iter().filter(|c| c.outcome == Outcome::Fail).map(|c| c.id.as_str()).collect();
    assert_eq!(failed, ["TOK-06"]);
    play.says(Event::Approve).wants(&[]).stands(RunStatus::Blocked, "token", StepState::Blocked);
    play.says(Event::SendAnyway).wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    assert!(play.run.view().steps[0].outputs.iter().any(|o| o.name == "sent anyway" && o.value.contains("TOK-06")));
}

#[test]
fn an_answer_without_what_the_step_takes_fails_it() {
    let flow = TOKEN.replace("id = \"token\"\n[flow.step.http]", "id = \"token\"\n[flow.step.http]\nexpect = [200]");
    let mut play = Play::begun(&flow, "token", Pace::Straight);
    play.signs().answers(200, &json!({ "token": "x" })).fails("token", "check.failed");
}

const ASK: &str = r#"
[[flow]]
id = "ask"
[[flow.step]]
id = "hand_over"
[flow.step.ask]
text = "Send it to the bank."
show = { what = "{{ inputs.scope }}" }
[flow.step.ask.ask.client_id]
pattern = "[a-z]+"
[[flow.step]]
id = "keep"
[flow.step.save]
values = { client_id = "{{ hand_over.client_id }}" }
"#;

#[test]
fn a_question_waits_and_takes_only_what_has_the_right_form() {
    let mut play = Play::begun(ASK, "ask", Pace::Step);
    play.says(Event::Step).wants(&["ask ask.hand_over: Send it to the bank."]).stands(
        RunStatus::Waiting,
        "hand_over",
        StepState::Waiting,
    );
    let op = play.op();
    play.says(Event::Failed { op, error: OpError::Person("nobody".into()) }).stands(
        RunStatus::Waiting,
        "hand_over",
        StepState::Waiting,
    );
    play.says(Event::Answer(BTreeMap::from([("client_id".into(), Secret::new("NOT IT"))])))
        .wants(&[])
        .fails("hand_over", "answer.form");
    play.stands(RunStatus::Waiting, "hand_over", StepState::Waiting);
    play.says(Event::Answer(BTreeMap::from([("client_id".into(), Secret::new(" abc\n"))])))
        .wants(&[&format!("abort {}", op.0)]);
    play.says(Event::Step).wants(&["save client_id=\"abc\""]);
    play.saves().stands(RunStatus::Done, "keep", StepState::Done);
}

const DELETES: &str = r#"
[[flow]]
id = "end"
[[flow.step]]
id = "first"
when = "false"
[flow.step.save]
values = { a = "1" }
[[flow.step]]
id = "delete"
confirm = "Delete it?"
[flow.step.http]
method = "DELETE"
url = "https://as.nordbank.example/client"
"#;

/// Running on passes no request that a person has to say yes to, however often it is said.
#[test]
fn what_wants_a_word_of_its_own_waits_for_it_at_every_pace() {
    let mut play = Play::begun(DELETES, "end", Pace::Step);
    play.says(Event::Straight(true)).wants(&[]).stands(RunStatus::Armed, "delete", StepState::Armed);
    play.says(Event::Straight(true)).wants(&[]).stands(RunStatus::Armed, "delete", StepState::Armed);
    play.says(Event::Approve).wants(&["send DELETE https://as.nordbank.example/client"]);
}

const KEY: &str = r#"
[[flow]]
id = "key"
[[flow.step]]
id = "pick"
[flow.step.key]
role = "signing"
[[flow.step]]
id = "registration"
[flow.step.jwt]
key    = "signing"
claims = { aud = "x", cnf = { jwk = "{{ keys.signing.jwk }}" }, iat = "{{ now }}", exp = "{{ now + 60 }}" }
"#;

#[test]
fn a_role_without_a_key_asks_for_one_and_a_jwt_is_signed_with_it() {
    let mut play = Play::of(KEY, "key", Pace::Step);
    play.says(Event::Start);
    let mut play = play.loads(false);
    play.says(Event::Step).wants(&["bind signing [Es256]"]);
    let (op, facts) = (play.op(), play.facts());
    play.says(Event::Replied { op, reply: Reply::Bound(Box::new(facts)) }).stands(
        RunStatus::Ready,
        "pick",
        StepState::Done,
    );
    play.says(Event::Step).wants(&["sign signing ES256"]);
    play.signs().stands(RunStatus::Done, "registration", StepState::Done);
    let view = play.run.view();
    assert_eq!(view.steps[1].artefacts[0].header, json!({ "alg": "ES256" }), "alg and exactly what is written");
    assert_eq!(play.claims(1)["cnf"]["jwk"]["kid"], json!(play.key.public().thumbprint()));
    assert_eq!(view.countdowns.len(), 1);
}

#[test]
fn a_key_of_the_wrong_kind_is_a_key_error() {
    let mut play = Play::of(KEY, "key", Pace::Straight);
    play.key = SecretJwk::generate(KeySpec::P384).expect("a key");
    play.says(Event::Start);
    let mut play = play.loads(true);
    play.fails("registration", "key.algorithm").stands(RunStatus::Failed, "registration", StepState::Failed);
}

const OPEN: &str = r#"
[[flow]]
id = "open"
inputs = { token = { class = "secret" } }
[[flow.step]]
id = "fetch"
[flow.step.http]
url = "https://as.nordbank.example/token"
[[flow.step]]
id = "id_token"
[flow.step.open]
token = "{{ fetch.json.id_token }}"
expect = "jws"
jwks  = "{{ env.jwks_uri }}"
algs  = ["ES256"]
iss   = "{{ env.issuer }}"
aud   = "{{ client.id }}"
"#;

fn signed(key: &SecretJwk, claims: &Value) -> String {
    let header = json!({ "alg": "ES256" }).as_object().cloned().expect("an object");
    let input = countersign::jose::compact::signing_input(&header, claims.to_string().as_bytes());
    let signature = key.sign(Alg::Es256, input.as_bytes()).expect("signed");
    countersign::jose::compact::assemble(&input, &signature)
}

#[test]
fn a_token_is_opened_with_the_banks_keys_and_judged() {
    let claims =
        json!({ "iss": "https://as.nordbank.example", "aud": ["acme"], "iat": 1_800_000_000, "exp": 1_800_000_060 });
    let other = SecretJwk::generate(KeySpec::P256).expect("a key");
    for (change, error) in [
        (None, None),
        (Some(("iss", json!("https://evil.example"))), Some("IDT-02i")),
        (Some(("aud", json!("somebody"))), Some("IDT-02a")),
        (Some(("exp", json!(1_700_000_000))), Some("JWT-02o")),
    ] {
        let mut play = Play::begun(OPEN, "open", Pace::Straight);
        let mut claims = claims.clone();
        if let Some((name, value)) = change {
            claims[name] = value;
        }
        let token = signed(&play.key, &claims);
        play.answers(200, &json!({ "id_token": token })).wants(&["send GET https://as.nordbank.example/jwks"]);
        let jwks = json!({ "keys": [other.public().as_value(), play.key.public().as_value()] });
        play.answers(200, &jwks);
        match error {
            None => {
                play.stands(RunStatus::Done, "id_token", StepState::Done);
                assert_eq!(play.run.output("id_token.verdict", play.now).as_deref(), Some("verified"));
            }
            Some(id) => {
                play.stands(RunStatus::Blocked, "id_token", StepState::Blocked);
                assert!(
                    play.run.view().steps[1].checks.iter().any(|c| c.id == id && c.outcome == Outcome::Fail),
                    "{id}"
                );
            }
        }
    }
    let mut play = Play::begun(OPEN, "open", Pace::Straight);
    let token = signed(&play.key, &claims);
    play.answers(200, &json!({ "id_token": token })).answers(200, &json!({ "keys": [other.public().as_value()] }));
    play.fails("id_token", "token.not-verified");
}

const USED: &str = r#"
[[flow]]
id = "inner"
inputs = { word = { default = "none" } }
outputs = { said = "{{ speak.what }}" }
[[flow.step]]
id = "speak"
[flow.step.ask]
text = "{{ inputs.word }}"
[flow.step.ask.ask.what]
[[flow]]
id = "outer"
[[flow.step]]
id   = "first"
use  = "inner"
with = { word = "hello" }
[[flow.step]]
id   = "second"
use  = "inner"
when = "not first.said"
[[flow.step]]
id = "end"
[flow.step.save]
values = { client_id = "{{ second.said or first.said }}" }
"#;

#[test]
fn a_used_flow_is_one_name_and_a_skipped_one_leaves_none() {
    let mut play = Play::begun(USED, "outer", Pace::Straight);
    play.wants(&["ask inner.speak: hello"]);
    let asked = format!("abort {}", play.op().0);
    play.says(Event::Answer(BTreeMap::from([("what".into(), Secret::new("world"))])))
        .wants(&[&asked, "save client_id=\"world\""]);
    play.saves().stands(RunStatus::Done, "second.speak", StepState::Skipped).stands(
        RunStatus::Done,
        "end",
        StepState::Done,
    );
}

const SEALED: &str = r#"
[[flow]]
id = "seal"
[flow.let]
public = "{{ keys.signing.jwk | only('kty') }}"
[[flow.step]]
id    = "first"
class = "secret"
[flow.step.jwt]
key    = "signing"
claims = { jti = "0123456789abcdef", iat = "{{ now }}", exp = "{{ now + 60 }}" }
[[flow.step]]
id = "pair"
[flow.step.ask]
text = "Take both."
wait = false
show = { kind = "{{ let.public.kty }}", seal = "Seal: {{ first.jwt }}" }
[[flow.step]]
id = "second"
[flow.step.jwt]
key    = "signing"
claims = { jti = "0123456789abcdef", iat = "{{ now }}", exp = "{{ now + 60 }}" }
[[flow.step.check]]
id    = "NEW-JTI"
level = "must"
rule  = "not used(claims.jti)"
say   = "jti is new"
"#;

#[test]
fn the_jti_of_any_jwt_counts_as_used_once_it_is_signed() {
    let mut play = Play::begun(SEALED, "seal", Pace::Straight);
    play.wants(&["sign signing ES256"]).signs().wants(&["remember jti", "sign signing ES256"]);
    play.signs().wants(&["remember jti"]).stands(RunStatus::Blocked, "second", StepState::Blocked);
}

#[test]
fn a_step_that_does_not_wait_leaves_what_it_shows_and_keeps_its_secrets() {
    let mut play = Play::begun(SEALED, "seal", Pace::Step);
    play.says(Event::Step).signs().says(Event::Step).wants(&[]);
    play.stands(RunStatus::Ready, "pair", StepState::Done);
    let show = &play.run.view().steps[1].ask.as_ref().expect("it shows").show;
    let classes: Vec<_> = show.iter().map(|f| (f.name.as_str(), f.class)).collect();
    assert_eq!(classes, [("kind", Class::Public), ("seal", Class::Secret)]);
    assert_eq!(play.run.output("pair.kind", play.now).as_deref(), Some("EC"));
    assert!(play.run.output("pair.seal", play.now).is_some_and(|seal| seal.starts_with("Seal: eyJ")));
}

#[test]
fn a_value_of_a_role_without_a_key_says_which_role_wants_one() {
    let mut play = Play::of(SEALED, "seal", Pace::Straight);
    play.says(Event::Start).wants(&["load"]);
    play.loads(false).wants(&[]).fails("first", "key.not-bound");
}

const PERSONAL: &str = r#"
[[flow]]
id = "list"
[[flow.step]]
id    = "list"
class = "personal"
[flow.step.http]
url = "{{ env.issuer }}/accounts"
"#;

#[test]
fn a_refusal_is_read_and_a_personal_answer_is_not() {
    let refusals = [
        (json!({ "error": "no_access", "error_description": "ask the customer", "name": "Ola Nordmann" }), "no_access"),
        (
            json!({ "tppMessages": [{ "code": "CONSENT_INVALID", "text": "ask the customer" }], "name": "Ola Nordmann" }),
            "CONSENT_INVALID",
        ),
    ];
    for (body, id) in refusals {
        let mut play = Play::begun(PERSONAL, "list", Pace::Straight);
        play.answers(401, &body).fails("list", id);
        let text = play.run.view().steps[0].error.as_ref().expect("an error").text.clone();
        assert_eq!(text, format!("the bank answered 401 {id}: ask the customer"));
        assert_eq!(play.run.view().redactor.mask_text("Ola Nordmann"), "********");
    }
    let mut play = Play::begun(PERSONAL, "list", Pace::Straight);
    play.answers(200, &json!({ "error": "no_access", "name": "Ola Nordmann" }));
    play.stands(RunStatus::Done, "list", StepState::Done);
    assert_eq!(play.run.view().redactor.mask_text("no_access, Ola Nordmann"), "********, ********");
}

#[test]
fn rules_know_which_inputs_a_saved_profile_holds() {
    let saved = "[values]\nscope = \"accounts\"\n[[check]]\nid = \"KEPT\"\nlevel = \"must\"\nat = [\"list.list\"]\nrule = \"'scope' in saved and 'client_id' not in saved\"\nsay = \"scope is kept\"\n";
    let mut play = Play::begun(&format!("{saved}{PERSONAL}"), "list", Pace::Step);
    play.says(Event::Step).stands(RunStatus::Armed, "list", StepState::Armed);
    let kept = play.run.view().steps[0].checks.iter().find(|c| c.id == "KEPT").map(|c| c.outcome);
    assert_eq!(kept, Some(Outcome::Pass));
}

const SIGN_IN: &str = r#"
[[flow]]
id = "login"
[flow.let]
state = "{{ random(128) }}"
[[flow.step]]
id = "callback"
[flow.step.authorize]
url          = "https://as.nordbank.example/authorize?tenant=1"
query        = { client_id = "{{ client.id }}", response_type = "code", state = "{{ let.state }}", code_challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method = "S256" }
redirect_uri = "https://tpp.example/cb"
state        = "{{ let.state }}"
iss          = "{{ env.issuer }}"
lives        = 60
[[flow.step]]
id = "keep"
[flow.step.save.tokens.app]
access_token = "{{ callback.code }}"
"#;

/// Waits for the person, who was sent with that state.
fn signing_in() -> (Play, String) {
    let mut play = Play::begun(SIGN_IN, "login", Pace::Step);
    play.says(Event::Step).wants(&[]).stands(RunStatus::Armed, "callback", StepState::Armed);
    play.says(Event::Approve).wants(&["authorize login.callback Query"]);
    play.stands(RunStatus::Waiting, "callback", StepState::Waiting);
    let [Effect::Authorize { request, .. }] = &play.heard[..] else { panic!("{:?}", play.heard) };
    let state = request.state.expose().to_owned();
    let url = request.url.expose();
    assert!(url.starts_with("https://as.nordbank.example/authorize?tenant=1&client_id=acme&"), "{url}");
    assert!(url.contains(&format!("state={state}")), "{url}");
    (play, state)
}

fn pasted(text: impl AsRef<str>) -> Event {
    Event::Pasted(Secret::new(text.as_ref()))
}

#[test]
fn what_a_person_pastes_ends_the_wait_and_the_listener() {
    let (mut play, state) = signing_in();
    let op = play.op();
    play.says(Event::Noted { op, note: "opened\u{1b}[2J".into() }).wants(&[]);
    play.says(Event::Page { op, url: Secret::new("http://127.0.0.1:4711/authorize") }).wants(&[]);
    let page = play.run.view().steps[0].authorize.as_ref().map(|a| a.for_browser().to_owned());
    assert_eq!(page.as_deref(), Some("http://127.0.0.1:4711/authorize"));
    for wrong in ["nothing", "https://evil.example/cb?code=1", "https://tpp.example/cb?code=1&state=another"] {
        play.says(pasted(wrong)).wants(&[]).fails("callback", "callback.paste");
        play.stands(RunStatus::Waiting, "callback", StepState::Waiting);
    }
    let good = format!("https://tpp.example/cb?code=c0de-c0de&iss=https%3A%2F%2Fas.nordbank.example&state={state}");
    play.later(5).says(pasted(&good)).wants(&[&format!("abort {}", op.0)]);
    play.stands(RunStatus::Ready, "callback", StepState::Done);
    let view = play.run.view();
    assert_eq!(view.steps[0].error, None);
    assert_eq!(view.steps[0].authorize.as_ref().map(|a| a.seen.len()), Some(1));
    let lives: Vec<_> = view.countdowns.iter().map(|c| (c.name.as_str(), c.ends_at.seconds())).collect();
    assert_eq!(lives, [("code", 1_800_000_065)]);
    assert!(!view.redactor.mask_text(&format!("c0de-c0de {state}")).contains("c0de"));
    assert_eq!(play.run.output("callback.code", play.now).as_deref(), Some("c0de-c0de"));
    assert_eq!(play.run.output("callback.error", play.now), None);
    // too late to be anything
    play.says(pasted(&good)).wants(&[]).stands(RunStatus::Ready, "callback", StepState::Done);
}

/// O05, O06: an answer of another server, or one that is made up of two, is not followed by anything.
#[test]
fn an_answer_of_another_issuer_or_with_anything_twice_asks_for_no_token() {
    let mine = "iss=https%3A%2F%2Fas.nordbank.example";
    for (params, error) in [
        ("code=1".to_owned(), "callback.iss"),
        ("code=1&iss=https%3A%2F%2Fas.evil.example".to_owned(), "callback.iss"),
        ("code=1&iss=https%3A%2F%2Fas.nordbank.example%2F".to_owned(), "callback.iss"),
        (format!("code=1&{mine}&{mine}"), "callback.repeated"),
        (format!("code=1&code=2&{mine}"), "callback.repeated"),
        (format!("code=&{mine}"), "callback.empty"),
        ("error=access_denied".to_owned(), "callback.iss"),
        (format!("error=access_denied&{mine}"), "access_denied"),
        (format!("error=%22weird%22&{mine}"), "callback.error"),
    ] {
        let (mut play, state) = signing_in();
        let op = play.op().0;
        play.says(pasted(format!("{params}&state={state}"))).wants(&[&format!("abort {op}")]).fails("callback", error);
        play.stands(RunStatus::Failed, "callback", StepState::Failed);
        assert!(play.run.view().countdowns.is_empty());
    }
}

#[test]
fn two_sign_ins_do_not_take_each_others_answers() {
    let (mut one, state_of_one) = signing_in();
    let flow = SIGN_IN.replace("random(128)", "random(192)");
    let mut two = Play::begun(&flow, "login", Pace::Straight);
    two.wants(&["authorize login.callback Query"]);
    two.says(pasted(format!("code=1&iss=https%3A%2F%2Fas.nordbank.example&state={state_of_one}"))).wants(&[]);
    two.fails("callback", "callback.paste").stands(RunStatus::Waiting, "callback", StepState::Waiting);
    one.says(Event::Cancel).stands(RunStatus::Cancelled, "callback", StepState::Cancelled);
}

#[test]
fn nobody_to_sign_in_keeps_it_waiting_and_a_cancel_ends_the_listener() {
    let (mut play, _) = signing_in();
    let op = play.op();
    play.says(Event::Failed { op, error: OpError::Person("nobody".into()) });
    play.stands(RunStatus::Waiting, "callback", StepState::Waiting);
    play.says(Event::Cancel).wants(&[&format!("abort {}", op.0)]).fails("callback", "cancelled");
    play.says(Event::Retry).stands(RunStatus::Armed, "callback", StepState::Armed);
}

/// O04, O19: what must not be asked for stops before anybody is sent.
#[test]
fn a_request_that_must_not_go_out_is_stopped_before_it() {
    for (from, to, id) in [
        ("https://as.nordbank.example/authorize?tenant=1", "http://as.nordbank.example/authorize", "AZ-11"),
        ("https://as.nordbank.example/authorize?tenant=1", "javascript:alert(1)", "AZ-11"),
        ("https://as.nordbank.example/authorize?tenant=1", "file:///etc/passwd", "AZ-11"),
        ("state = \"{{ random(128) }}\"", "state = \"{{ random(64) }}\"", "AZ-01"),
        ("state = \"{{ let.state }}\",", "state = \"something-else\",", "AZ-01S"),
    ] {
        assert!(SIGN_IN.contains(from));
        let mut play = Play::begun(&SIGN_IN.replace(from, to), "login", Pace::Straight);
        play.wants(&[]).stands(RunStatus::Blocked, "callback", StepState::Blocked);
        let failed: Vec<_> = play.run.view().steps[0].checks.iter().filter(|c| c.outcome == Outcome::Fail).collect();
        assert!(failed.len() == 1 && failed[0].id == id, "{to}: {failed:?}");
    }
    for bad in ["-x", "&calc", ""] {
        let flow = SIGN_IN.replace("https://as.nordbank.example/authorize?tenant=1", bad);
        Play::begun(&flow, "login", Pace::Straight).wants(&[]).fails("callback", "profile.value");
    }
    let flow = SIGN_IN.replace("code_challenge_method = \"S256\"", "code_challenge_method = \"plain\"");
    let mut play = Play::begun(&flow, "login", Pace::Step);
    play.says(Event::Step).stands(RunStatus::Armed, "callback", StepState::Armed);
    let warned: Vec<_> = play.run.view().steps[0].checks.iter().filter(|c| c.outcome == Outcome::Warn).collect();
    assert!(warned.len() == 1 && warned[0].id == "AZ-03", "{warned:?}");
}
