//! Detached signatures (RFC 7515 App. F, RFC 7797): over the body that goes out, and over the one that comes back.

use countersign::jose::compact::detached;
use countersign::jose::{Compact, b64, verify};

use super::*;

const IAT: &str = "http://openbanking.org.uk/iat";

/// A payment, and the bank's signature over its answer. `{more}`: of the protected header.
fn pay(more: &str) -> String {
    format!(
        r#"
[[flow]]
id = "pay"
[[flow.step]]
id = "post"
[flow.step.http]
url  = "{{{{ env.issuer }}}}/payments"
json = {{ Data = {{ Amount = "10.00", To = "Ærø & sønner" }} }}
[flow.step.http.signature]
key = "signing"
[flow.step.http.signature.header]
kid = "{{{{ keys.signing.kid }}}}"
"{IAT}" = "{{{{ now }}}}"
{more}
[flow.step.http.take]
signature = {{ header = "x-jws-signature", optional = true }}
[[flow.step]]
id   = "answer"
when = "post.signature"
[flow.step.open]
token   = "{{{{ post.signature }}}}"
expect  = "jws"
payload = "{{{{ post.text }}}}"
crit    = ["{IAT}"]
jwks    = "{{{{ env.jwks_uri }}}}"
algs    = ["ES256"]
"#
    )
}

const ENCODED: &str = r#"crit = ["http://openbanking.org.uk/iat"]"#;
const AS_IT_IS: &str = "b64 = false\ncrit = [\"b64\", \"http://openbanking.org.uk/iat\"]";

/// The body and its signature as they go out.
fn sent(play: &Play) -> (Vec<u8>, String) {
    let send = |e: &Effect| if let Effect::Send { request, .. } = e { Some(request.clone()) } else { None };
    let request = play.heard.iter().find_map(send).expect("a request");
    let header = request.headers.iter().find(|(n, _)| n == "x-jws-signature").expect("a signature");
    (request.body, header.1.clone())
}

fn outcome(play: &Play, step: usize, id: &str) -> Option<Outcome> {
    play.run.view().steps[step].checks.iter().find(|c| c.id == id).map(|c| c.outcome)
}

#[test]
fn the_very_bytes_that_go_out_are_signed_encoded_or_as_they_are() {
    for (more, is_encoded) in [(ENCODED, true), (AS_IT_IS, false)] {
        let mut play = Play::begun(&pay(more), "pay", Pace::Straight);
        play.wants(&["sign signing ES256"]).signs().wants(&["send POST https://as.nordbank.example/payments"]);
        let (body, signature) = sent(&play);
        assert!(String::from_utf8(body.clone()).expect("text").contains("Ærø & sønner"));
        // put together here, without the program's own way of doing it
        let parts: Vec<&str> = signature.split('.').collect();
        assert_eq!((parts.len(), parts[1]), (3, ""));
        let payload = if is_encoded { b64::encode(&body).into_bytes() } else { body.clone() };
        let input = [parts[0].as_bytes(), b".", &payload].concat();
        let bytes = b64::decode(parts[2]).expect("base64url");
        assert_eq!(verify(Alg::Es256, play.key.public(), &input, &bytes), Ok(()));
        let header: Value = serde_json::from_slice(&b64::decode(parts[0]).expect("base64url")).expect("a header");
        assert_eq!((&header["alg"], &header[IAT]), (&json!("ES256"), &json!(1_800_000_000)));
        assert_eq!(header.get("b64").is_none(), is_encoded);
        for id in ["SIG-01", "SIG-02", "SIG-03"] {
            assert_eq!(outcome(&play, 0, id), Some(Outcome::Pass), "{id}");
        }
        play.answers(201, &json!({})).stands(RunStatus::Done, "answer", StepState::Skipped);
    }
}

#[test]
fn a_header_that_demands_what_it_does_not_have_stops_before_it_is_sent() {
    for more in [
        r#"crit = ["http://openbanking.org.uk/iss"]"#,
        "b64 = false",
        "b64 = false\ncrit = [\"http://openbanking.org.uk/iat\"]",
        "crit = []",
        r#"crit = ["http://openbanking.org.uk/iat", "http://openbanking.org.uk/iat"]"#,
    ] {
        let mut play = Play::begun(&pay(more), "pay", Pace::Straight);
        play.signs().wants(&[]).stands(RunStatus::Blocked, "post", StepState::Blocked);
        assert_eq!(outcome(&play, 0, "SIG-02"), Some(Outcome::Fail), "{more}");
    }
}

#[test]
fn a_signature_over_another_body_goes_nowhere() {
    let mut play = Play::begun(&pay(ENCODED), "pay", Pace::Straight);
    let op = play.op();
    let other = play.key.sign(Alg::Es256, b"another body").expect("signed");
    play.says(Event::Replied { op, reply: Reply::Signed(other) }).wants(&[]).fails("post", "key.bad-signature");
}

/// The bank's answer with that signature in its header, and its keys.
fn answered(header: &Value, signer: &SecretJwk, over: &str, body: &str, published: &SecretJwk) -> Play {
    let mut play = Play::begun(&pay(ENCODED), "pay", Pace::Straight);
    play.signs();
    let map = header.as_object().expect("an object");
    let bytes = signer.sign(Alg::Es256, &detached::signing_input(map, over.as_bytes())).expect("signed");
    let mut exchange = exchange(201, &Value::Null, play.now);
    let response = exchange.response.as_mut().expect("an answer");
    response.body = body.as_bytes().to_vec();
    response.headers.push(("x-jws-signature".into(), detached::assemble(map, &bytes)));
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Exchanged(Box::new(exchange)) });
    if play.heard.iter().any(|e| matches!(e, Effect::Send { .. })) {
        let mut jwk = published.public().as_value().clone();
        jwk["kid"] = json!("bank-1");
        play.wants(&["send GET https://as.nordbank.example/jwks"]).answers(200, &json!({ "keys": [jwk] }));
    }
    play
}

#[test]
fn the_banks_signature_over_its_answer_is_verified_with_its_keys() {
    let bank = SecretJwk::generate(KeySpec::P256).expect("a key");
    let body = "{ \"Data\": { \"Status\": \"Æ\" } }";
    for header in [
        json!({ "alg": "ES256", "kid": "bank-1", IAT: 1, "crit": [IAT] }),
        json!({ "alg": "ES256", "kid": "bank-1", "b64": false, IAT: 1, "crit": ["b64", IAT] }),
        json!({ "alg": "ES256", "kid": "bank-1" }),
    ] {
        let mut play = answered(&header, &bank, body, body, &bank);
        play.stands(RunStatus::Done, "answer", StepState::Done);
        assert_eq!(play.run.output("answer.verdict", play.now).as_deref(), Some("verified"));
    }
}

#[test]
fn a_wrong_signature_over_an_answer_is_named_for_what_is_wrong_with_it() {
    let (bank, stray) =
        (SecretJwk::generate(KeySpec::P256).expect("a key"), SecretJwk::generate(KeySpec::P256).expect("a key"));
    let body = r#"{"Data":{"Amount":"10.00"}}"#;
    let good = json!({ "alg": "ES256", "kid": "bank-1", IAT: 1, "crit": [IAT] });
    let text = |play: &Play| play.run.view().steps[1].error.as_ref().expect("an error").text.clone();
    let mut play = answered(&good, &bank, body, &body.replace("10", "99"), &bank);
    play.fails("answer", "token.not-verified");
    assert!(text(&play).contains("the text was changed"), "{}", text(&play));
    let mut play = answered(&good, &stray, body, body, &bank);
    play.fails("answer", "token.not-verified");
    let mut other = good.clone();
    other["kid"] = json!("bank-2");
    let mut play = answered(&other, &stray, body, body, &bank);
    play.fails("answer", "token.not-verified");
    assert!(text(&play).contains("no-key") && text(&play).contains("bank-2"), "{}", text(&play));
    for (header, why) in [
        (json!({ "alg": "ES256", "kid": "bank-1", "b64": false }), "does not name b64"),
        (json!({ "alg": "ES256", "kid": "bank-1", "b64": "no", "crit": ["b64"] }), "neither true nor false"),
        (json!({ "alg": "ES256", "kid": "bank-1", "crit": [IAT] }), "does not have"),
        (json!({ "alg": "ES256", "kid": "bank-1", "x": 1, "crit": ["x"] }), "demands x"),
        (json!({ "alg": "ES256", "kid": "bank-1", "crit": [] }), "is empty"),
    ] {
        let mut play = answered(&header, &bank, body, body, &bank);
        play.fails("answer", "token.unreadable");
        assert!(text(&play).contains(why), "{}", text(&play));
    }
    // one that brings its own payload proves nothing of what came
    let map = good.as_object().expect("an object");
    let whole = countersign::jose::compact::signing_input(map, body.as_bytes());
    let whole = countersign::jose::compact::assemble(&whole, &bank.sign(Alg::Es256, whole.as_bytes()).expect("signed"));
    let refused = Compact::detached(&whole, body.as_bytes(), &[IAT.to_owned()]).expect_err("refused");
    assert!(refused.to_string().contains("a payload of its own"), "{refused}");
}
