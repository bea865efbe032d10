//! The core checks: each passes on something right, and is the one that tells what is wrong.

use std::collections::BTreeSet;

use super::*;

/// A step that is a request to the token endpoint, as it should be.
const RIGHT: &str = r#"
url     = "{{ env.token_endpoint }}"
auth    = "client"
headers = { x-fapi-interaction-id = "0c7dcb42-3ff3-4a0e-8f8a-5a3a6f3a3c11", x-fapi-auth-date = "Tue, 11 Sep 2012 19:43:31 GMT", x-idempotency-key = "k-1" }
form    = { grant_type = "authorization_code", code = "c0de-c0de", scope = "accounts" }
"#;
const BASIC: &str = r#"
url     = "{{ env.token_endpoint }}"
headers = { Authorization = "Basic {{ 'acme:p%3A%2Bw' | b64 }}" }
form    = { grant_type = "client_credentials", scope = "accounts" }
"#;
const CALL: &str = r#"
url    = "https://as.nordbank.example/accounts"
bearer = "t0ken-t0ken-t0ken"
"#;

fn ids(play: &Play, outcome: Outcome) -> BTreeSet<String> {
    let checks = play.run.view().steps.iter().flat_map(|s| &s.checks);
    checks.filter(|c| c.outcome == outcome).map(|c| c.id.clone()).collect()
}

/// Drafted and signed, at the point where a person would approve.
fn drafted(head: &str, step: &str, loaded: Loaded) -> Play {
    let flow = format!("[[flow]]\nid = \"ask\"\n[[flow.step]]\nid = \"ask\"\n[flow.step.http]\n{step}");
    let mut play = Play::written(&format!("{head}{flow}"), "ask", Pace::Step, &[]);
    play.says(Event::Start).wants(&["load"]);
    let mut loaded = loaded;
    loaded.keys.insert("signing".into(), play.facts());
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
    play.says(Event::Step).signs_all();
    play.asserted = true;
    play
}

fn one(id: &str) -> BTreeSet<String> {
    BTreeSet::from([id.to_owned()])
}

fn none() -> BTreeSet<String> {
    BTreeSet::new()
}

#[test]
fn what_is_wrong_with_a_request_is_told_before_it_is_sent_by_the_check_that_is_for_it() {
    let (must, should) = (Outcome::Fail, Outcome::Warn);
    let mut passed = BTreeSet::new();
    let with_id = RIGHT.replace("code = ", "client_id = \"acme\", code = ");
    for step in [RIGHT, BASIC, CALL, &with_id] {
        let play = drafted(HEAD, step, Loaded::default());
        assert_eq!((ids(&play, must), ids(&play, should)), (none(), none()), "{step}");
        passed.extend(ids(&play, Outcome::Pass));
    }
    let issuer = HEAD.replace("aud = \"{{ env.token_endpoint }}\"", "aud = \"{{ env.issuer }}\"");
    let modern = || Loaded {
        metadata: Some(
            json!({ "issuer": "https://as.nordbank.example", "require_pushed_authorization_requests": true }),
        ),
        ..Loaded::default()
    };
    let play = drafted(&issuer, RIGHT, modern());
    assert_eq!((ids(&play, must), ids(&play, should)), (none(), none()));
    passed.extend(ids(&play, Outcome::Pass));
    let play = drafted(HEAD, RIGHT, modern());
    assert_eq!((ids(&play, must), ids(&play, should)), (none(), one("CA-08")));
    assert!(passed.contains("CA-08"));

    let mut count = 0;
    for (step, from, to, id, outcome) in [
        (RIGHT, "code = ", "client_id = \"someone\", code = ", "CA-05", must),
        (RIGHT, "\"authorization_code\", code = \"c0de-c0de\"", "\"password\", password = \"x\"", "AZ-09P", should),
        (RIGHT, "0c7dcb42-", "0c7dcb42", "RS-04", must),
        (RIGHT, "Tue, 11 Sep 2012 19:43:31 GMT", "2012-09-11T19:43:31Z", "RS-04D", must),
        (RIGHT, "\"k-1\"", "\"a-key-of-more-than-forty-characters-in-all\"", "RS-04K", must),
        (RIGHT, "scope = \"accounts\"", "scope = \"a\", acr = \"\"", "TOK-05", should),
        (RIGHT, "scope = \"accounts\"", "scope = \"a\", acr = [\"1\", \"2\"]", "TOK-04", must),
        (RIGHT, "token_endpoint }}", "token_endpoint }}?code=1", "TOK-03", must),
        (RIGHT, "url  ", "method = \"PUT\"\nurl  ", "TOK-01", must),
        (RIGHT, "url  ", "content_type = \"text/plain\"\nurl  ", "TOK-02", must),
        (RIGHT, "https", "http", "TLS-01", must),
        (RIGHT, "code = ", "client_secret = \"{{ 'hunter' ~ 2 }}\", code = ", "CA-04", must),
        (BASIC, "'acme:p%3A%2Bw'", "'acme:p:+w'", "TOK-07", must),
        (BASIC, "scope =", "client_id = \"acme\", scope =", "CA-04B", should),
        (CALL, "accounts\"", "accounts?access_token=t0ken\"", "RS-01", must),
    ] {
        let wrong = if id == "TLS-01" {
            step.replace("{{ env.token_endpoint }}", "http://as.nordbank.example/token")
        } else {
            assert!(step.contains(from), "{id}");
            step.replace(from, to)
        };
        let play = drafted(HEAD, &wrong, Loaded::default());
        assert!(ids(&play, outcome).contains(id), "{id}: {:#?}", play.run.view().steps[0].checks);
        // TOK-01's wrong method is also wrong for the key of idempotency, TLS-01's address for the audience
        let others: Vec<_> = ids(&play, must).into_iter().filter(|c| *c != id).collect();
        assert!(others.is_empty() || ["TOK-01", "TLS-01"].contains(&id), "{id}: {others:?}");
        assert!(passed.contains(id), "{id} passes nowhere");
        assert_eq!(play.run.view().steps[0].state == StepState::Blocked, outcome == must, "{id}");
        count += 1;
    }
    assert_eq!(count, 15);
}

#[test]
fn what_is_wrong_with_an_assertion_is_told_by_the_check_that_is_for_it() {
    let mut passed = ids(&drafted(HEAD, RIGHT, Loaded::default()), Outcome::Pass);
    passed.extend(one("JOSE-07"));
    for (from, to, id, outcome) in [
        ("header = { kid = \"{{ keys.signing.kid }}\" }", "header = { kid = \"another\" }", "JOSE-07", Outcome::Warn),
        ("header = { kid", "header = { typ = \"at+jwt\", kid", "JOSE-10", Outcome::Warn),
        ("exp = \"{{ now + 240 }}\"", "exp = \"{{ now + 900 }}\"", "CA-06", Outcome::Warn),
        ("exp = \"{{ now + 240 }}\"", "exp = \"{{ now - 240 }}\"", "JWT-02", Outcome::Fail),
        ("exp = \"{{ now + 240 }}\"", "exp = \"{{ (now + 240) | string }}\"", "JWT-01", Outcome::Fail),
        ("exp = \"{{ now + 240 }}\"", "sub = \"[Your-client]\", exp = \"{{ now + 240 }}\"", "JWT-06", Outcome::Warn),
        ("exp = \"{{ now + 240 }}\"", "sub = \"other\", exp = \"{{ now + 240 }}\"", "CA-01", Outcome::Fail),
        ("exp = \"{{ now + 240 }}\"", "jti = \"1\", exp = \"{{ now + 240 }}\"", "JWT-04", Outcome::Fail),
        ("aud = \"{{ env.token_endpoint }}\"", "aud = \"https://as.evil.example\"", "CA-02", Outcome::Fail),
    ] {
        assert!(HEAD.contains(from), "{id}");
        let play = drafted(&HEAD.replace(from, to), RIGHT, Loaded::default());
        assert!(ids(&play, outcome).contains(id), "{id}: {:#?}", play.run.view().steps[0].checks);
        assert!(passed.contains(id), "{id} passes nowhere");
    }
    // one that was used in an earlier run
    let head = HEAD.replace(
        "exp = \"{{ now + 240 }}\"",
        "jti = \"0c7dcb42-3ff3-4a0e-8f8a-5a3a6f3a3c11\", exp = \"{{ now + 240 }}\"",
    );
    let again = Loaded { used_jti: vec!["0c7dcb42-3ff3-4a0e-8f8a-5a3a6f3a3c11".into()], ..Loaded::default() };
    assert_eq!(ids(&drafted(&head, RIGHT, again), Outcome::Fail), one("JWT-04"));
    assert_eq!(ids(&drafted(&head, RIGHT, Loaded::default()), Outcome::Fail), none());
}

/// The token that was got, or another answer in its place.
fn answered(step: &str, status: u16, headers: &[(&str, &str)], body: &str) -> Play {
    let mut play = drafted(HEAD, step, Loaded::default());
    play.says(Event::Approve);
    let mut exchange = exchange(status, &Value::Null, play.now);
    let response = exchange.response.as_mut().expect("an answer");
    response.body = body.as_bytes().to_vec();
    for (name, value) in headers {
        response.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        response.headers.push(((*name).to_owned(), (*value).to_owned()));
    }
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Exchanged(Box::new(exchange)) });
    play
}

const TOKENS: &str = r#"{"access_token":"t-1","token_type":"bearer","expires_in":300,"scope":"accounts balances"}"#;
const NO: &str = r#"{"error":"invalid_client"}"#;

#[test]
fn what_is_wrong_with_an_answer_is_told_by_the_check_that_is_for_it() {
    let (must, should) = (Outcome::Fail, Outcome::Warn);
    let date = ("Date", "Fri, 15 Jan 2027 08:00:00 GMT");
    let challenge = ("WWW-Authenticate", "Basic realm=\"x\"");
    let mut passed = BTreeSet::new();
    for (step, status, headers, body) in [
        (BASIC, 200, vec![date], TOKENS),
        (BASIC, 401, vec![date, challenge], NO),
        (CALL, 401, vec![("WWW-Authenticate", "Bearer error=\"invalid_token\"")], ""),
        (CALL, 200, vec![date], "{}"),
    ] {
        let play = answered(step, status, &headers, body);
        assert_eq!((ids(&play, must), ids(&play, should)), (none(), none()), "{step} {status}");
        passed.extend(ids(&play, Outcome::Pass));
    }
    for (step, status, headers, body, id, outcome) in [
        (BASIC, 200, vec![], r#"{"token_type":"bearer","expires_in":300}"#, "TOK-08", must),
        (BASIC, 200, vec![], r#"{"access_token":"","token_type":"bearer","expires_in":300}"#, "TOK-08", must),
        (BASIC, 200, vec![], "<html>welcome</html>", "TOK-08", must),
        (BASIC, 200, vec![], r#"{"access_token":"t","token_type":"bearer","expires_in":"300"}"#, "TOK-09", should),
        (BASIC, 200, vec![], r#"{"access_token":"t","token_type":"bearer"}"#, "TOK-09", should),
        (BASIC, 200, vec![("Cache-Control", "private")], TOKENS, "TOK-10", should),
        (
            BASIC,
            200,
            vec![],
            r#"{"access_token":"t","token_type":"bearer","expires_in":300,"scope":"balances"}"#,
            "TOK-11",
            should,
        ),
        (BASIC, 400, vec![], "<html>no</html>", "TOK-12", should),
        (BASIC, 200, vec![], NO, "TOK-12S", should),
        (BASIC, 401, vec![], NO, "TOK-13", should),
        (
            BASIC,
            200,
            vec![],
            r#"{"access_token":"t","token_type":"bearer","expires_in":300,"refresh_token":"r"}"#,
            "TOK-14",
            should,
        ),
        (BASIC, 200, vec![], r#"{"access_token":"t","token_type":"mac","expires_in":300}"#, "TOK-16", must),
        (BASIC, 200, vec![], r#"{"access_token":"t","token_type":"DPoP","expires_in":300}"#, "TOK-16", must),
        (BASIC, 200, vec![], r#"{"access_token":"t","token_type":"N_A","expires_in":300}"#, "TOK-16", must),
        (BASIC, 200, vec![("Date", "Fri, 15 Jan 2027 10:00:00 GMT")], TOKENS, "TOK-17", should),
        (BASIC, 302, vec![("Location", "https://evil.example")], "", "TOK-18", must),
        (CALL, 401, vec![], "", "RS-02", should),
        (CALL, 403, vec![], "{}", "RS-02", should),
    ] {
        let play = answered(step, status, &headers, body);
        assert_eq!(ids(&play, outcome), one(id), "{id} {body}: {:#?}", play.run.view().steps[0].checks);
        assert!(passed.contains(id) || id == "TOK-12S", "{id} passes nowhere");
        let done = play.run.view().steps[0].state == StepState::Done;
        assert_eq!(done, outcome == should && status == 200 && body != NO, "{id}");
    }
    assert!(ids(&answered(BASIC, 400, &[], NO), Outcome::Pass).contains("TOK-12S"));
}

#[test]
fn a_code_is_redeemed_once_unless_a_person_says_otherwise() {
    for (status, body, again) in
        [(200, TOKENS, false), (400, r#"{"error":"invalid_grant"}"#, false), (401, NO, true), (503, "", true)]
    {
        let mut play = answered(RIGHT, status, &[], body);
        play.says(Event::Back(0)).says(Event::Step).signs_all();
        let failed = ids(&play, Outcome::Fail);
        assert_eq!(failed, if again { none() } else { one("AZ-07") }, "{status}");
    }
}

const KEY: &str = r#"
[keys.transport]
use      = "tls"
optional = true
[[flow]]
id = "key"
[[flow.step]]
id = "ours"
[flow.step.key]
role = "signing"
"#;

/// The key step with a key of that kind.
fn shown(change: impl Fn(&mut KeyFacts)) -> Play {
    let mut play = Play::of(KEY, "key", Pace::Step);
    play.says(Event::Start);
    let mut facts = play.facts();
    change(&mut facts);
    let loaded = Loaded { keys: BTreeMap::from([("signing".to_owned(), facts)]), ..Loaded::default() };
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) }).says(Event::Step);
    play.asserted = true;
    play
}

#[test]
fn what_is_wrong_with_a_key_is_told_by_the_check_that_is_for_it() {
    let with_use = |word: &str, f: &mut KeyFacts| {
        let mut jwk = f.jwk.as_value().clone();
        jwk["use"] = json!(word);
        f.jwk = countersign::jose::PublicJwk::from_value(&jwk).expect("a key");
    };
    let good = shown(|f| with_use("sig", f));
    assert_eq!((ids(&good, Outcome::Fail), ids(&good, Outcome::Warn)), (none(), none()));
    assert!(["JOSE-02", "JOSE-14", "JOSE-15"].iter().all(|id| ids(&good, Outcome::Pass).contains(*id)));
    assert_eq!(ids(&shown(|f| with_use("enc", f)), Outcome::Warn), one("JOSE-15"));
    let weak = shown(|f| (f.kind, f.bits) = ("RSA 1024".into(), 1024));
    assert_eq!(ids(&weak, Outcome::Fail), one("JOSE-02"));
    let odd = shown(|f| f.kind = "EC secp256k1".into());
    assert_eq!(ids(&odd, Outcome::Fail), one("JOSE-02"));
}

/// A self-signed certificate over that time, DER.
fn certificate(from: i64, until: i64) -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    let key = openssl::pkey::PKey::from_ec_key(
        openssl::ec::EcKey::generate(
            &openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).expect("a curve"),
        )
        .expect("a key"),
    )
    .expect("a key");
    let mut b = openssl::x509::X509::builder().expect("a builder");
    b.set_version(2).expect("set");
    b.set_pubkey(&key).expect("set");
    b.set_not_before(&Asn1Time::from_unix(from).expect("a time")).expect("set");
    b.set_not_after(&Asn1Time::from_unix(until).expect("a time")).expect("set");
    b.sign(&key, openssl::hash::MessageDigest::sha256()).expect("signed");
    b.build().to_der().expect("der")
}

#[test]
fn a_client_certificate_that_ends_soon_is_told_and_one_that_has_ended_is_not_shown() {
    const DAY: i64 = 86_400;
    let now = 1_800_000_000;
    let head = format!("{HEAD}[keys.transport]\nuse = \"tls\"\n");
    let step = format!("{RIGHT}mtls = \"transport\"\n");
    for (from, until, failed, warned) in [
        (now - DAY, now + 90 * DAY, none(), false),
        (now - DAY, now + 10 * DAY, none(), true),
        (now - 9 * DAY, now - DAY, one("TLS-03"), true),
        (now + DAY, now + 90 * DAY, one("TLS-03"), false),
    ] {
        let key = SecretJwk::generate(KeySpec::P256).expect("a key");
        let mut transport = facts("transport", &key);
        transport.chain = vec![certificate(from, until)];
        let loaded = Loaded { keys: BTreeMap::from([("transport".to_owned(), transport)]), ..Loaded::default() };
        let play = drafted(&head, &step, loaded);
        assert_eq!(ids(&play, Outcome::Fail), failed, "{from} {until}");
        assert_eq!(ids(&play, Outcome::Warn).contains("TLS-08"), warned, "{from} {until}");
    }
}

#[test]
fn what_is_wrong_with_a_sign_in_is_told_before_anybody_is_sent() {
    let (must, should) = (Outcome::Fail, Outcome::Warn);
    let right = SIGN_IN.replace("response_type = \"code\"", "response_type = \"code\", scope = \"openid\", nonce = \"n-0S6_WzA2Mj\", redirect_uri = \"https://tpp.example/cb\"");
    let sent = |flow: &str| {
        let mut play = Play::begun(flow, "login", Pace::Step);
        play.says(Event::Step);
        play.asserted = true;
        play
    };
    let good = sent(&right);
    assert_eq!((ids(&good, must), ids(&good, should)), (none(), none()));
    for (from, to, id, outcome) in [
        ("nonce = \"n-0S6_WzA2Mj\", ", "", "AZ-02", must),
        (
            "redirect_uri = \"https://tpp.example/cb\", state",
            "redirect_uri = \"https://tpp.example/other\", state",
            "AZ-04",
            must,
        ),
        ("response_type = \"code\"", "response_type = \"code token\"", "AZ-09", should),
        ("code_challenge_method = \"S256\"", "code_challenge_method = \"plain\"", "AZ-03", should),
    ] {
        assert!(right.contains(from), "{id}");
        let play = sent(&right.replace(from, to));
        assert_eq!(ids(&play, outcome), one(id), "{:#?}", play.run.view().steps[0].checks);
        assert!(ids(&good, Outcome::Pass).contains(id), "{id} passes nowhere");
    }
}
