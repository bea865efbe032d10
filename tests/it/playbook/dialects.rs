//! What servers that nobody here has seen do differently, within the standards and a little beside them.

use super::*;

/// Any server by its issuer, as a person would save it.
fn any(more: &str) -> String {
    format!(
        "schema = 1\nid = \"acme\"\nextends = \"generic-oidc\"\nenvironment = \"server\"\n[values]\nissuer = \"https://as.nordbank.example\"\nclient_id = \"acme\"\n{more}"
    )
}

const METADATA: &str = r#"{"issuer":"https://as.nordbank.example","token_endpoint":"https://as.nordbank.example/token?tenant=1","authorization_endpoint":"https://as.nordbank.example/authorize?tenant=1","jwks_uri":"https://as.nordbank.example/jwks"}"#;

fn begun(more: &str, flow: &str, given: &[(&str, &str)], metadata: Option<&str>) -> Play {
    let mut play = Play::written(&any(more), flow, Pace::Straight, given);
    play.says(Event::Start).wants(&["load"]);
    let loaded = Loaded {
        keys: BTreeMap::from([("signing".to_owned(), play.facts())]),
        metadata: metadata.map(|m| serde_json::from_str(m).expect("JSON")),
        ..Loaded::default()
    };
    let op = play.op();
    play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
    play
}

fn ended(play: &Play, outcome: Outcome) -> Vec<String> {
    let checks = play.run.view().steps.iter().flat_map(|s| &s.checks);
    checks.filter(|c| c.outcome == outcome).map(|c| c.id.clone()).collect()
}

/// Each way to say where the metadata of an issuer are, with a slash at its end and without.
#[test]
fn metadata_are_asked_for_where_the_server_has_them() {
    for (issuer, form, at) in [
        ("https://as.nordbank.example", "openid", "/.well-known/openid-configuration"),
        ("https://as.nordbank.example/", "openid", "/.well-known/openid-configuration"),
        ("https://as.nordbank.example/realms/a", "openid", "/realms/a/.well-known/openid-configuration"),
        ("https://as.nordbank.example/realms/a/", "openid", "/realms/a/.well-known/openid-configuration"),
        ("https://as.nordbank.example", "oauth", "/.well-known/oauth-authorization-server"),
        ("https://as.nordbank.example/", "oauth", "/.well-known/oauth-authorization-server"),
        ("https://as.nordbank.example/realms/a", "oauth", "/.well-known/oauth-authorization-server/realms/a"),
        ("https://as.nordbank.example", "https://as.nordbank.example/meta.json", "/meta.json"),
    ] {
        let mut play = begun("", "discover", &[("issuer", issuer), ("metadata_form", form)], None);
        play.wants(&[&format!("send GET https://as.nordbank.example{at}")]);
        let metadata = json!({ "issuer": issuer, "token_endpoint": "https://as.nordbank.example/t", "jwks_uri": "https://as.nordbank.example/j" });
        play.answers(200, &metadata);
        assert_eq!((ended(&play, Outcome::Fail), ended(&play, Outcome::Warn)), (vec![], vec![]), "{issuer} {form}");
        play.asserted = true;
    }
    // another issuer's, though it be but for a slash
    let mut play = begun("", "discover", &[], None);
    play.answers(
        200,
        &json!({ "issuer": "https://as.nordbank.example/", "token_endpoint": "https://as.nordbank.example/t" }),
    );
    play.fails("fetch", "check.failed");
    assert_eq!(ended(&play, Outcome::Fail), ["MD-01"]);
    for endpoint in ["http://as.nordbank.example/t", "http://127.0.0.1:8080/t"] {
        let mut play = begun("", "discover", &[], None);
        play.answers(200, &json!({ "issuer": "https://as.nordbank.example", "token_endpoint": endpoint }));
        assert_eq!(ended(&play, Outcome::Fail), ["MD-02"], "{endpoint}");
        play.asserted = true;
    }
}

#[test]
fn a_value_that_cannot_be_made_says_what_it_is_made_of_and_what_to_do() {
    // nothing was read of the server yet
    let mut play = begun("", "token", &[], None);
    play.fails("token", "profile.value");
    let error = play.run.view().steps[0].error.clone().expect("an error");
    assert!(error.text.contains("token_endpoint is not there"), "{}", error.text);
    assert!(
        error.hint.as_ref().is_some_and(|h| h.contains("metadata") && h.contains("[environments.server]")),
        "{error:?}"
    );
    // no token is kept
    let mut play = begun("", "exchange", &[], Some(METADATA));
    play.fails("token", "profile.value");
    let error = play.run.view().steps[0].error.clone().expect("an error");
    assert!(
        error.text.contains("inputs.subject_token has no value") && error.text.contains("tokens."),
        "{}",
        error.text
    );
    assert!(error.hint.as_ref().is_some_and(|h| h.contains("run the flow that gets the token")), "{error:?}");
    // a kid that wants a certificate
    let mut play = begun("kid_mode = \"x5t\"\n", "token", &[], Some(METADATA));
    play.fails("token", "profile.value");
    let error = play.run.view().steps[0].error.clone().expect("an error");
    assert!(error.text.contains("keys.signing.kid has no value"), "{}", error.text);
}

#[test]
fn the_assertion_speaks_the_dialect_of_the_server() {
    let thumbprint = |play: &Play| json!(play.key.public().thumbprint());
    for (given, header, claims) in [
        (vec![], json!({"typ": "JWT", "kid": "thumbprint"}), json!({"aud": "https://as.nordbank.example"})),
        (
            vec![("assertion_typ", "client-authentication+jwt")],
            json!({"typ": "client-authentication+jwt", "kid": "thumbprint"}),
            json!({}),
        ),
        (vec![("assertion_typ", "omit"), ("kid_mode", "omit")], json!({}), json!({})),
        (vec![("kid_mode", "key-1")], json!({"typ": "JWT", "kid": "key-1"}), json!({})),
        (
            vec![("assertion_aud", "token_endpoint")],
            json!({"typ": "JWT", "kid": "thumbprint"}),
            json!({"aud": "https://as.nordbank.example/token?tenant=1"}),
        ),
        (
            vec![("assertion_aud", "token_endpoint_array")],
            json!({"typ": "JWT", "kid": "thumbprint"}),
            json!({"aud": ["https://as.nordbank.example/token?tenant=1"]}),
        ),
        (
            vec![("assertion_aud", "https://as.nordbank.example/oauth")],
            json!({"typ": "JWT", "kid": "thumbprint"}),
            json!({"aud": "https://as.nordbank.example/oauth"}),
        ),
    ] {
        let mut play = begun("", "token", &given, Some(METADATA));
        play.signs_all().wants(&["remember jti", "send POST https://as.nordbank.example/token?tenant=1"]);
        let mut header = header;
        header["alg"] = json!("ES256");
        if header["kid"] == "thumbprint" {
            header["kid"] = thumbprint(&play);
        }
        let made = play.run.view().steps[0].artefacts[0].clone();
        assert_eq!(made.header, header, "{given:?}");
        for (name, value) in claims.as_object().expect("an object") {
            assert_eq!(&made.claims[name.as_str()], value, "{given:?}");
        }
        assert_eq!((ended(&play, Outcome::Fail), ended(&play, Outcome::Warn)), (vec![], vec![]), "{given:?}");
        play.asserted = true;
    }
}

#[test]
fn a_typ_that_is_not_the_one_of_the_profile_is_told() {
    for (own, warned) in
        [("", vec![]), ("[client.assertion]\nheader = { typ = \"at+jwt\" }\n", vec!["CA-07", "JOSE-10"])]
    {
        let mut play = begun(own, "token", &[], Some(METADATA));
        play.signs_all();
        let mut told = ended(&play, Outcome::Warn);
        told.sort();
        assert_eq!(told, warned, "{own}");
        assert_eq!(ended(&play, Outcome::Pass).iter().any(|c| c == "CA-07"), warned.is_empty());
        play.asserted = true;
    }
}

#[test]
fn client_id_stands_in_the_body_where_the_server_wants_it_and_nowhere_else() {
    for (auth, send, stands) in [
        ("private_key_jwt", "auto", false),
        ("private_key_jwt", "always", true),
        ("client_secret_basic", "auto", false),
        ("client_secret_basic", "always", true),
        ("client_secret_post", "auto", true),
        ("none", "auto", true),
        ("none", "never", false),
    ] {
        let given = [("client_auth", auth), ("send_client_id", send), ("client_secret", "p:+w")];
        let mut play = begun("", "token", &given, Some(METADATA));
        play.signs_all();
        assert_eq!(!play.all_sent("client_id").is_empty(), stands, "{auth} {send}");
        play.asserted = true;
    }
}

#[test]
fn an_answer_that_is_merely_unusual_is_taken() {
    for (body, warned) in [
        (json!({ "access_token": "t-1", "token_type": "bearer", "expires_in": 60 }), vec![]),
        (json!({ "access_token": "t-1", "token_type": "BEARER", "expires_in": "60" }), vec!["TOK-09"]),
        (json!({ "access_token": "t-1", "token_type": "Bearer" }), vec!["TOK-09"]),
        (json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": 60, "scope": ["accounts"] }), vec![]),
        (
            json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": 60, "scope": null, "error": null }),
            vec![],
        ),
        (
            json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": 60, "kind": { "of": ["bank"] } }),
            vec![],
        ),
    ] {
        let mut play = begun("", "token", &[("scope", "accounts")], Some(METADATA));
        play.signs_all().answers(200, &body).wants(&["save  app"]).saves();
        assert_eq!(
            (ended(&play, Outcome::Fail), ended(&play, Outcome::Warn)),
            (vec![], warned.iter().map(|w| (*w).to_owned()).collect()),
            "{body}"
        );
        play.stands(RunStatus::Done, "keep", StepState::Done);
    }
    // a text of digits is a life, too
    let mut play = begun("", "token", &[], Some(METADATA));
    play.signs_all().answers(200, &json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": "60" }));
    let ends: Vec<i64> = play.run.view().countdowns.iter().map(|c| c.ends_at.seconds()).collect();
    assert_eq!(ends, [1_800_000_060]);
    play.stands(RunStatus::Busy, "keep", StepState::Drafting);
}

#[test]
fn a_refusal_under_a_good_status_is_a_refusal() {
    let mut play = begun("", "token", &[], Some(METADATA));
    play.signs_all().answers(200, &json!({ "error": "invalid_scope", "error_description": "no such scope" }));
    play.wants(&[]).fails("token", "invalid_scope");
    assert_eq!(ended(&play, Outcome::Warn), ["TOK-12S"]);
}

/// The audience that most banks still want is proposed where the issuer was refused (RFC 10070), and not where it was not it.
#[test]
fn what_to_try_next_follows_from_what_was_sent() {
    for (given, word, not) in [
        (vec![], "assertion_aud=token_endpoint;", "assertion_aud=issuer"),
        (vec![("assertion_aud", "token_endpoint")], "assertion_aud=issuer", "assertion_aud=token_endpoint;"),
        (
            vec![("client_auth", "client_secret_basic"), ("client_secret", "s-1")],
            "send_client_id=never",
            "assertion_aud",
        ),
    ] {
        let mut play = begun("", "token", &given, Some(METADATA));
        play.signs_all().answers(401, &json!({ "error": "invalid_client" })).fails("token", "invalid_client");
        let hint = play.run.view().steps[0].error.clone().and_then(|e| e.hint).expect("a hint");
        assert!(hint.contains(word) && !hint.contains(not), "{given:?}: {hint}");
    }
}

/// The nearer profile's hint is the one that is told.
#[test]
fn a_profile_that_extends_another_is_asked_first() {
    let own = "[[error]]\ncode = \"invalid_client\"\nlikely = \"x\"\ndo = \"call the bank\"\n";
    let mut play = begun(own, "token", &[], Some(METADATA));
    play.signs_all().answers(401, &json!({ "error": "invalid_client" })).fails("token", "invalid_client");
    assert_eq!(play.run.view().steps[0].error.clone().and_then(|e| e.hint).as_deref(), Some("call the bank"));
}

#[test]
fn hosts_of_a_server_are_those_that_a_person_named() {
    let of = |given: &[(&str, &str)]| {
        let mut play = Play::written(&any(""), "token", Pace::Step, given);
        play.asserted = true;
        let mut hosts = play.run.hosts(play.now).expect("hosts");
        hosts.retain(|host| !host.ends_with(".countersign.example")); // of the embedded bank
        hosts
    };
    assert_eq!(of(&[]), ["as.nordbank.example", "as.nordbank.example"]);
    assert_eq!(
        of(&[("issuer", "https://as.example:9443/x"), ("other_host", "mtls.example:9444 keys.example")]),
        ["as.example", "as.example:9443", "mtls.example:9444", "keys.example"]
    );
}

const OPEN: &str = r#"
[[flow]]
id = "open"
[[flow.step]]
id = "fetch"
[flow.step.http]
url = "https://as.nordbank.example/token"
[[flow.step]]
id = "id_token"
[flow.step.open]
token  = "{{ fetch.json.id_token }}"
expect = "jws"
jwks   = "{{ env.jwks_uri }}"
algs   = "{{ inputs.id_token_algs }}"
iss    = "{{ env.issuer }}"
aud    = "{{ client.id }}"
"#;

/// A token without `kid`, and keys of kinds that nobody here knows.
#[test]
fn an_id_token_without_kid_is_verified_by_the_one_key_that_fits() {
    let bank = SecretJwk::generate(KeySpec::P256).expect("a key");
    let others = [
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA" }),
        json!({ "kty": "EC", "crv": "brainpoolP256r1", "x": "AA", "y": "AA" }),
    ];
    for keys in [
        vec![bank.public().as_value().clone()],
        vec![others[0].clone(), bank.public().as_value().clone(), others[1].clone()],
    ] {
        let header = json!({ "alg": "ES256" });
        let claims = json!({ "iss": "https://as.nordbank.example", "aud": "acme", "sub": "psu", "iat": 1_800_000_000, "exp": 1_800_000_060 });
        let input = countersign::jose::compact::signing_input(
            header.as_object().expect("an object"),
            claims.to_string().as_bytes(),
        );
        let signature = bank.sign(Alg::Es256, input.as_bytes()).expect("signed");
        let token = countersign::jose::compact::assemble(&input, &signature);
        let mut play = begun(OPEN, "open", &[], Some(METADATA));
        play.answers(200, &json!({ "id_token": token })).answers(200, &json!({ "keys": keys }));
        assert_eq!(ended(&play, Outcome::Fail), Vec::<String>::new());
        play.stands(RunStatus::Done, "id_token", StepState::Done);
        assert_eq!(play.run.output("id_token.verdict", play.now).as_deref(), Some("verified"));
    }
}

/// Optional members may be missing from the metadata: a flow that needs one says which, the others go on.
#[test]
fn metadata_without_their_optional_members_are_enough_for_what_does_not_need_them() {
    let few = r#"{"issuer":"https://as.nordbank.example","token_endpoint":"https://as.nordbank.example/token"}"#;
    let mut play = begun("", "token", &[], Some(few));
    play.signs_all().wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    play.stands(RunStatus::Busy, "token", StepState::Sent);
    for (flow, member) in [("device", "device_authorization_endpoint"), ("introspect", "introspection_endpoint")] {
        let mut play = begun("", flow, &[("token", "t-1")], Some(few));
        let step = play.run.view().steps[0].id.clone();
        play.fails(&step, "profile.value");
        let error = play.run.view().steps[0].error.clone().expect("an error");
        assert!(error.text.contains(member), "{flow}: {}", error.text);
    }
    // written down by hand, it goes on
    let own = "[environments.server]\nintrospection_endpoint = \"https://as.nordbank.example/what\"\n";
    let mut play = begun(own, "introspect", &[("token", "t-1")], Some(few));
    play.signs_all().wants(&["remember jti", "send POST https://as.nordbank.example/what"]);
    play.stands(RunStatus::Busy, "introspect", StepState::Sent);
}

#[test]
fn a_registration_answered_by_200_is_one() {
    for (status, warned) in [(201, false), (200, true)] {
        let metadata = METADATA.replace('}', ",\"registration_endpoint\":\"https://as.nordbank.example/reg\"}");
        let mut play = begun("", "register", &[], Some(&metadata));
        let sent = play
            .heard
            .iter()
            .find_map(|e| if let Effect::Send { request, .. } = e { Some(request.clone()) } else { None });
        let mut body: Value = serde_json::from_slice(&sent.expect("a request").body).expect("JSON");
        body["client_id"] = json!("c-1");
        play.answers(status, &body).wants(&["save client_id=\"c-1\""]);
        assert_eq!(ended(&play, Outcome::Warn), if warned { vec!["REG-04"] } else { vec![] });
        play.stands(RunStatus::Busy, "keep", StepState::Drafting);
    }
}
