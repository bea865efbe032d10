//! Grants that trade one token for another, and the signed answer about one: a good run of each, and for every check of
//! theirs one thing wrong.

use countersign::jose::compact;

use super::*;

const FLOWS: &str = r#"
[keys.encryption]
use      = "enc"
algs     = ["RSA-OAEP"]
optional = true
[[flow]]
id  = "bearer"
use = "jwt-bearer"
[[flow]]
id   = "exchange"
use  = "token-exchange"
with = { subject_token = "{{ 'su' ~ 'bject-token' }}" }
[[flow]]
id   = "introspect"
use  = "introspect"
with = { token = "{{ 'the-' ~ 'token' }}", introspection_jwt = true }
"#;

const ACCESS: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

/// Begun, with the signing key, and the inputs that a person gave.
fn begun(flow: &str, given: &[(&str, &str)]) -> Play {
    let mut play = Play::written(&format!("{HEAD}{FLOWS}"), flow, Pace::Straight, given);
    play.says(Event::Start).wants(&["load"]);
    play.loads(true)
}

impl Play {
    /// Whatever is to be signed is, until something is sent or it stands.
    pub(super) fn signs_all(&mut self) -> &mut Self {
        while self.heard.iter().any(|e| matches!(e, Effect::Sign { .. })) {
            self.signs();
        }
        self
    }

    /// The parameters of the form that goes out.
    pub(super) fn sent(&self) -> Vec<(String, String)> {
        let request =
            self.heard.iter().find_map(|e| if let Effect::Send { request, .. } = e { Some(request) } else { None });
        url::form_urlencoded::parse(&request.expect("a request").body).into_owned().collect()
    }

    pub(super) fn all_sent(&self, name: &str) -> Vec<String> {
        self.sent().into_iter().filter(|(n, _)| n == name).map(|(_, v)| v).collect()
    }

    /// Ids of the checks that ended so, over all steps.
    pub(super) fn ended(&self, outcome: Outcome) -> Vec<String> {
        let checks = self.run.view().steps.iter().flat_map(|s| &s.checks);
        let mut ids: Vec<String> = checks.filter(|c| c.outcome == outcome).map(|c| c.id.clone()).collect();
        ids.dedup();
        ids
    }
}

fn assertion_of(key: &SecretJwk, claims: &Value) -> String {
    let header = json!({ "alg": "ES256" });
    let input = compact::signing_input(header.as_object().expect("an object"), claims.to_string().as_bytes());
    compact::assemble(&input, &key.sign(Alg::Es256, input.as_bytes()).expect("signed"))
}

#[test]
fn an_assertion_buys_a_token() {
    let mut play = begun("bearer", &[("assertion_sub", "erika"), ("scope", "accounts")]);
    play.wants(&["sign signing ES256"]).signs_all();
    let assertion = play.all_sent("assertion").remove(0);
    let read = compact::Compact::parse(&assertion).expect("a JWT").claims().expect("claims");
    assert_eq!(
        (&read["iss"], &read["sub"], &read["aud"], &read["exp"]),
        (&json!("acme"), &json!("erika"), &json!("https://as.nordbank.example"), &json!(1_800_000_060))
    );
    assert_eq!(play.all_sent("grant_type"), ["urn:ietf:params:oauth:grant-type:jwt-bearer"]);
    assert!(!play.all_sent("client_assertion").contains(&assertion), "the client proves itself with another one");
    assert!(!play.run.view().redactor.mask_text(&assertion).contains("eyJ"), "whoever has it can buy the token");
    play.answers(200, &good()).wants(&["save  bearer"]).saves();
    assert_eq!((play.ended(Outcome::Fail), play.ended(Outcome::Warn)), (vec![], vec![]));
    play.stands(RunStatus::Done, "keep", StepState::Done);
    for id in ["JB-01", "JB-02", "JB-03", "JB-04", "JB-05", "JB-06", "JB-07"] {
        assert!(play.ended(Outcome::Pass).iter().any(|c| c == id), "{id}");
    }
}

#[test]
fn an_assertion_that_another_signed_is_taken_as_it_is() {
    let stranger = SecretJwk::generate(KeySpec::P256).expect("a key");
    let claims = json!({ "iss": "https://idp.example", "sub": "erika", "aud": ["https://as.nordbank.example"],
        "exp": 1_800_000_300, "jti": "0c7dcb42-3ff3-4a0e-8f8a-5a3a6f3a3c11" });
    let given = assertion_of(&stranger, &claims);
    let mut play = begun("bearer", &[("assertion", &given)]);
    play.signs_all();
    assert_eq!(play.all_sent("assertion"), [given]);
    play.answers(200, &good()).saves();
    assert_eq!((play.ended(Outcome::Fail), play.ended(Outcome::Warn)), (vec![], vec!["JB-03".to_owned()]));
    play.stands(RunStatus::Done, "keep", StepState::Done);
}

#[test]
fn a_wrong_assertion_is_told_before_it_is_sent_and_a_doubtful_one_while() {
    for (given, must, should) in [
        (vec![("grant_claims", r#"{"sub":7}"#)], Some("JB-01"), Some("JWT-06")),
        (vec![("grant_claims", r#"{"iss":""}"#)], Some("JB-01"), None),
        (vec![("grant_aud", "https://other.example")], Some("JB-02"), Some("JB-03")),
        (vec![("grant_aud", "token_endpoint")], None, Some("JB-03")),
        (vec![("grant_ttl", "7200")], None, Some("JB-05")),
        (vec![("grant_claims", r#"{"jti":"1"}"#)], None, Some("JB-06")),
        (vec![("resource", "https://api.example/#a")], Some("RES-01"), None),
    ] {
        let mut play = begun("bearer", &given);
        play.signs_all();
        assert_eq!(play.ended(Outcome::Fail), must.into_iter().collect::<Vec<_>>(), "{given:?}");
        assert_eq!(play.ended(Outcome::Warn), should.into_iter().collect::<Vec<_>>(), "{given:?}");
        match must {
            Some(_) => play.stands(RunStatus::Blocked, "token", StepState::Blocked),
            None => play.stands(RunStatus::Busy, "token", StepState::Sent),
        };
    }
    // one that has ended, made elsewhere
    let key = SecretJwk::generate(KeySpec::P256).expect("a key");
    let claims = json!({ "iss": "a", "sub": "b", "aud": "https://as.nordbank.example", "exp": 1_799_999_999, "jti": "0c7dcb42-3ff3-4a0e-8f8a-5a3a6f3a3c11" });
    let mut play = begun("bearer", &[("assertion", &assertion_of(&key, &claims))]);
    play.signs_all();
    assert_eq!(play.ended(Outcome::Fail), ["JB-04"]);
    play.stands(RunStatus::Blocked, "token", StepState::Blocked);
    // and an answer that brings more than it should
    let mut play = begun("bearer", &[]);
    let mut answer = good();
    answer["refresh_token"] = json!("r-1");
    play.signs_all().answers(200, &answer);
    assert_eq!(play.ended(Outcome::Warn), ["JB-07"]);
    play.stands(RunStatus::Busy, "keep", StepState::Drafting);
}

#[test]
fn a_token_is_exchanged_for_services_that_may_be_several() {
    let given = [
        ("resource", r#"["https://a.example","https://b.example"]"#),
        ("audience", "ledger"),
        ("actor_token", "act-token"),
    ];
    let mut play = begun("exchange", &given);
    play.wants(&["sign signing ES256"]).signs_all();
    assert_eq!(play.all_sent("subject_token"), ["subject-token"]);
    assert_eq!(play.all_sent("subject_token_type"), [ACCESS]);
    assert_eq!(
        (play.all_sent("actor_token"), play.all_sent("actor_token_type")),
        (vec!["act-token".into()], vec![ACCESS.into()])
    );
    assert_eq!(play.all_sent("resource"), ["https://a.example", "https://b.example"]);
    assert_eq!(play.all_sent("audience"), ["ledger"]);
    let mut answer = good();
    answer["issued_token_type"] = json!(ACCESS);
    play.answers(200, &answer).wants(&["save  exchanged"]).saves();
    assert_eq!((play.ended(Outcome::Fail), play.ended(Outcome::Warn)), (vec![], vec![]));
    assert_eq!(play.run.output("issued_token_type", play.now), None, "outputs of the flow itself are its caller's");
    assert_eq!(play.run.output("token.issued_token_type", play.now).as_deref(), Some(ACCESS));
    play.stands(RunStatus::Done, "keep", StepState::Done);
}

#[test]
fn what_is_no_access_token_may_say_so_and_nothing_else_may() {
    for (issued, kind, failed) in [(JWT, "N_A", None), (JWT, "n_a", None), (ACCESS, "N_A", Some("TX-05"))] {
        let mut play = begun("exchange", &[]);
        let answer = json!({ "access_token": "x", "token_type": kind, "expires_in": 60, "issued_token_type": issued });
        play.signs_all().answers(200, &answer);
        assert_eq!(play.ended(Outcome::Fail), failed.into_iter().collect::<Vec<_>>(), "{issued} {kind}");
        play.asserted = true;
    }
}

#[test]
fn a_wrong_exchange_and_a_wrong_answer_to_it_are_told() {
    for (given, id) in [
        (vec![("subject_token_type", "access_token")], "TX-01"),
        (vec![("requested_token_type", "jwt")], "TX-01"),
        (vec![("extra", r#"{"actor_token_type":"urn:ietf:params:oauth:token-type:jwt"}"#)], "TX-02"),
        (vec![("resource", "api")], "RES-01"),
    ] {
        let mut play = begun("exchange", &given);
        play.signs_all();
        assert_eq!(play.ended(Outcome::Fail), [id], "{given:?}");
        play.stands(RunStatus::Blocked, "token", StepState::Blocked);
    }
    let mut play = begun("exchange", &[]);
    play.signs_all().answers(200, &good()).fails("token", "check.failed");
    assert_eq!(play.ended(Outcome::Fail), ["TX-03"]);
    let mut play = begun("exchange", &[("requested_token_type", JWT)]);
    let mut answer = good();
    answer["issued_token_type"] = json!(ACCESS);
    play.signs_all().answers(200, &answer);
    assert_eq!(play.ended(Outcome::Warn), ["TX-04"]);
    play.stands(RunStatus::Busy, "keep", StepState::Drafting);
}

/// The flow up to the answer about the token, and through the keys that verify it.
fn told(kind: &str, header: &Value, claims: &Value) -> Play {
    let mut play = begun("introspect", &[]);
    play.signs_all().wants(&["remember jti", "send POST https://as.nordbank.example/introspect"]);
    let sent =
        play.heard.iter().find_map(|e| if let Effect::Send { request, .. } = e { Some(request.clone()) } else { None });
    let accept = ("Accept".to_owned(), "application/token-introspection+jwt".to_owned());
    assert!(sent.expect("a request").headers.contains(&accept));
    let bank = SecretJwk::generate(KeySpec::P256).expect("a key");
    let input = compact::signing_input(header.as_object().expect("an object"), claims.to_string().as_bytes());
    let jwt = compact::assemble(&input, &bank.sign(Alg::Es256, input.as_bytes()).expect("signed"));
    let mut exchange = exchange(200, &Value::Null, play.now);
    let response = exchange.response.as_mut().expect("an answer");
    response.body = jwt.into_bytes();
    response.headers[0].1 = kind.into();
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Exchanged(Box::new(exchange)) });
    if play.heard.iter().any(|e| matches!(e, Effect::Send { .. })) {
        play.answers(200, &json!({ "keys": [bank.public().as_value()] }));
    }
    play
}

const SIGNED: &str = "application/token-introspection+jwt";

fn of_type() -> Value {
    json!({ "alg": "ES256", "typ": "token-introspection+jwt" })
}

fn about(introspection: &Value) -> Value {
    json!({ "iss": "https://as.nordbank.example", "aud": "acme", "iat": 1_800_000_000, "token_introspection": introspection })
}

#[test]
fn a_signed_answer_about_a_token_is_opened_and_verified() {
    let mut play = told(SIGNED, &of_type(), &about(&json!({ "active": true, "scope": "accounts" })));
    assert_eq!((play.ended(Outcome::Fail), play.ended(Outcome::Warn)), (vec![], vec![]));
    play.stands(RunStatus::Done, "opened", StepState::Done);
    let passed = play.ended(Outcome::Pass);
    for id in ["INT-03", "INT-04", "INT-05", "IDT-02i", "IDT-02a"] {
        assert!(passed.iter().any(|c| c == id), "{id}: {passed:?}");
    }
}

#[test]
fn an_answer_about_a_token_that_is_none_of_its_kind_is_told() {
    let good = about(&json!({ "active": true }));
    told("application/json", &of_type(), &good).fails("introspect", "check.failed");
    told(SIGNED, &json!({ "alg": "ES256", "typ": "JWT" }), &good).fails("opened", "token.typ");
    for (claims, id, outcome) in [
        (json!({ "iss": "https://evil.example" }), "IDT-02i", Outcome::Fail),
        (json!({ "aud": "other" }), "IDT-02a", Outcome::Fail),
        (json!({ "token_introspection": null }), "INT-04", Outcome::Fail),
        (json!({ "token_introspection": { "active": "true" } }), "INT-04", Outcome::Fail),
        (json!({ "sub": "erika" }), "INT-05", Outcome::Warn),
        (json!({ "token_introspection": { "active": false, "scope": "accounts" } }), "INT-06", Outcome::Warn),
    ] {
        let mut all = good.clone();
        all.as_object_mut().expect("an object").extend(claims.as_object().cloned().expect("an object"));
        let mut play = told(SIGNED, &of_type(), &all);
        assert_eq!(play.ended(outcome), [id], "{claims}");
        play.asserted = true;
    }
}
