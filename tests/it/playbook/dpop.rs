//! DPoP (RFC 9449): what a proof says, the one more try with a nonce, and the proof that waited too long.

use countersign::jose::{b64, compact};

use super::*;

const CALL: &str = r#"
[[flow]]
id = "call"
[[flow.step]]
id = "token"
[flow.step.http]
url    = "{{ env.token_endpoint }}?tenant=1"
method = "POST"
bearer = "t0ken-t0ken-t0ken"
dpop   = "signing"
"#;

const SENT: &str = "send POST https://as.nordbank.example/token?tenant=1";

fn begun() -> Play {
    let mut play = Play::begun(CALL, "call", Pace::Step);
    play.says(Event::Step).wants(&["sign signing ES256"]).signs();
    play
}

/// The proof in the request that goes out, read with our own parser.
fn proof(play: &Play) -> (Value, Value) {
    let send = |e: &Effect| if let Effect::Send { request, .. } = e { Some(request.clone()) } else { None };
    let request = play.heard.iter().find_map(send).expect("a request");
    let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    assert_eq!(header("Authorization").as_deref(), Some("DPoP t0ken-t0ken-t0ken"));
    let jwt = header("DPoP").expect("a proof");
    let read = compact::Compact::parse(&jwt).expect("a JWT");
    (Value::Object(read.header().clone()), read.claims().expect("claims"))
}

/// An answer that gives a nonce.
fn challenges(play: &mut Play, status: u16, body: &Value, challenge: &str, nonce: &str) {
    let mut exchange = exchange(status, body, play.now);
    let headers = &mut exchange.response.as_mut().expect("an answer").headers;
    headers.push(("DPoP-Nonce".into(), nonce.into()));
    headers.push(("WWW-Authenticate".into(), challenge.into()));
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Exchanged(Box::new(exchange)) });
}

#[test]
fn a_proof_names_the_method_the_address_without_its_query_and_the_token() {
    let mut play = begun();
    play.says(Event::Approve).wants(&[SENT]);
    let (header, claims) = proof(&play);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("dpop+jwt"), &json!("ES256")));
    assert_eq!(header["jwk"], *play.key.public().as_value());
    assert_eq!((&claims["htm"], &claims["htu"]), (&json!("POST"), &json!("https://as.nordbank.example/token")));
    assert_eq!(claims["ath"], b64::encode(&openssl::sha::sha256(b"t0ken-t0ken-t0ken")));
    assert_eq!((claims.get("nonce"), claims["iat"].as_i64()), (None, Some(1_800_000_000)));
    let checks = &play.run.view().steps[0].checks;
    for id in ["DP-01", "DP-02"] {
        assert!(checks.iter().any(|c| c.id == id && c.outcome == Outcome::Pass), "{id}: {checks:?}");
    }
    play.answers(200, &json!({})).stands(RunStatus::Done, "token", StepState::Done);
}

#[test]
fn a_server_that_wants_a_nonce_gets_one_more_try_and_no_third() {
    // of a token endpoint (RFC 9449 §8) and of an API (§9)
    for (status, body, challenge) in [
        (400, json!({ "error": "use_dpop_nonce" }), ""),
        (401, Value::Null, "DPoP error=\"use_dpop_nonce\", error_description=\"again\""),
    ] {
        let mut play = begun();
        play.says(Event::Approve);
        let first = proof(&play).1;
        challenges(&mut play, status, &body, challenge, "n-1");
        play.wants(&["sign signing ES256"]).signs().wants(&[SENT]);
        let second = proof(&play).1;
        assert_eq!(second["nonce"], "n-1");
        assert_ne!(second["jti"], first["jti"]);
        challenges(&mut play, status, &body, challenge, "n-2");
        play.wants(&[]).stands(RunStatus::Failed, "token", StepState::Failed);
        // what the server gave last is what the next try begins with
        play.says(Event::Retry).signs();
        play.says(Event::Approve).wants(&[SENT]);
        play.asserted = true;
    }
}

#[test]
fn a_refusal_without_a_nonce_and_a_nonce_that_is_none_are_not_followed() {
    let mut play = begun();
    play.says(Event::Approve);
    play.answers(400, &json!({ "error": "use_dpop_nonce" })).wants(&[]).fails("token", "use_dpop_nonce");
    let mut play = begun();
    play.says(Event::Approve);
    challenges(&mut play, 401, &json!({ "error": "use_dpop_nonce" }), "", "a b\u{1}");
    play.wants(&[]).fails("token", "use_dpop_nonce");
}

#[test]
fn a_proof_that_waited_for_a_persons_word_is_made_again() {
    let mut play = begun();
    play.later(16).says(Event::Approve).wants(&["sign signing ES256"]).signs().wants(&[SENT]);
    assert_eq!(proof(&play).1["iat"], 1_800_000_016);
    play.stands(RunStatus::Busy, "token", StepState::Sent);
}
