//! The two FAPI profiles: a sign-in as each wants it, and for every rule of theirs one input that breaks it.

use countersign::flow::callback::Mode;

use super::*;

const METADATA: &str = r#"{"issuer":"https://as.nordbank.example","token_endpoint":"https://as.nordbank.example/token","authorization_endpoint":"https://as.nordbank.example/authorize","jwks_uri":"https://as.nordbank.example/jwks","pushed_authorization_request_endpoint":"https://as.nordbank.example/par","require_pushed_authorization_requests":true,"authorization_response_iss_parameter_supported":true,"code_challenge_methods_supported":["S256"],"token_endpoint_auth_methods_supported":["private_key_jwt"]}"#;

struct Fapi {
    play: Play,
    key: SecretJwk,
    bank: SecretJwk,
    alg: Alg,
}

impl Fapi {
    fn of(profile: &str, more: &str, given: &[(&str, &str)], spec: KeySpec, alg: Alg) -> Self {
        let metadata = match profile {
            "fapi2" => METADATA.to_owned(),
            _ => METADATA.replace("\"require_pushed_authorization_requests\":true,", ""),
        };
        Self::at(&metadata, profile, more, given, spec, alg)
    }

    fn at(metadata: &str, profile: &str, more: &str, given: &[(&str, &str)], spec: KeySpec, alg: Alg) -> Self {
        let text = format!(
            "schema = 1\nid = \"acme\"\nextends = \"{profile}\"\nenvironment = \"server\"\n[values]\nissuer = \"https://as.nordbank.example\"\nclient_id = \"acme\"\nredirect_uri = \"https://tpp.example/cb\"\n{more}"
        );
        let mut play = Play::written(&text, "login", Pace::Straight, given);
        play.says(Event::Start).wants(&["load"]);
        let key = SecretJwk::generate(spec).expect("a key");
        let mut transport = facts("transport", &key);
        transport.chain = vec![certificate()];
        let keys = [facts("signing", &key), facts("dpop", &key), transport];
        let loaded = Loaded {
            keys: keys.map(|k| (k.role.clone(), k)).into(),
            metadata: Some(serde_json::from_str(metadata).expect("JSON")),
            ..Loaded::default()
        };
        let op = play.op();
        play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
        play.asserted = true;
        let mut fapi = Self { play, key, bank: SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("b"), alg };
        fapi.signs();
        fapi
    }

    fn ec(profile: &str, given: &[(&str, &str)]) -> Self {
        Self::of(profile, "", given, KeySpec::P256, Alg::Es256)
    }

    fn signs(&mut self) {
        while let Some((op, input)) = self
            .play
            .heard
            .iter()
            .find_map(|e| if let Effect::Sign { op, input, .. } = e { Some((*op, input.clone())) } else { None })
        {
            let signature = self.key.sign(self.alg, &input).expect("signed");
            self.play.says(Event::Replied { op, reply: Reply::Signed(signature) });
        }
    }

    /// The request is pushed, where it is.
    fn pushes(&mut self) -> &mut Self {
        if self.play.heard.iter().any(|e| words(e).ends_with("/par")) {
            self.play.answers(201, &json!({ "request_uri": "urn:ietf:params:oauth:request_uri:x", "expires_in": 60 }));
            self.signs();
        }
        self
    }

    /// The person comes back with these parameters beside `state`.
    fn comes_back(&mut self, params: &str) -> &mut Self {
        let request = self.play.heard.iter().find_map(|e| {
            if let Effect::Authorize { request, .. } = e { Some(request.state.expose().to_owned()) } else { None }
        });
        let state = request.expect("a person is sent");
        self.play.says(Event::Pasted(Secret::new(format!("{params}&state={state}"))));
        self.signs();
        self
    }

    fn ended(&self, outcome: Outcome) -> Vec<String> {
        self.play.ended(outcome)
    }

    fn passes(&self, ids: &[&str]) {
        let passed = self.ended(Outcome::Pass);
        assert!(ids.iter().all(|id| passed.iter().any(|p| p == id)), "{ids:?} of {passed:?}");
    }

    /// What the bank says of the person, with these claims laid over.
    fn id_token(&self, more: &Value) -> String {
        let mut claims = json!({ "iss": "https://as.nordbank.example", "aud": "acme", "sub": "psu", "iat": 1_800_000_000,
            "exp": 1_800_000_060 });
        claims.as_object_mut().expect("an object").extend(more.as_object().cloned().expect("an object"));
        let header = json!({ "alg": "ES256", "kid": "b" });
        let input = countersign::jose::compact::signing_input(
            header.as_object().expect("an object"),
            claims.to_string().as_bytes(),
        );
        countersign::jose::compact::assemble(&input, &self.bank.sign(Alg::Es256, input.as_bytes()).expect("signed"))
    }
}

fn certificate() -> Vec<u8> {
    use openssl::asn1::Asn1Time;
    let group = openssl::ec::EcGroup::from_curve_name(openssl::nid::Nid::X9_62_PRIME256V1).expect("a curve");
    let key = openssl::pkey::PKey::from_ec_key(openssl::ec::EcKey::generate(&group).expect("a key")).expect("a key");
    let mut b = openssl::x509::X509::builder().expect("a builder");
    b.set_version(2).expect("set");
    b.set_pubkey(&key).expect("set");
    b.set_not_before(&Asn1Time::from_unix(1_790_000_000).expect("a time")).expect("set");
    b.set_not_after(&Asn1Time::from_unix(1_830_000_000).expect("a time")).expect("set");
    b.sign(&key, openssl::hash::MessageDigest::sha256()).expect("signed");
    b.build().to_der().expect("der")
}

const ISS: &str = "iss=https%3A%2F%2Fas.nordbank.example";

#[test]
fn fapi_2_pushes_binds_and_names_the_issuer() {
    let mut fapi = Fapi::ec("fapi2", &[]);
    fapi.pushes().comes_back(&format!("code=c-1&{ISS}"));
    fapi.play.wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
    assert_eq!(fapi.ended(Outcome::Fail), Vec::<String>::new());
    fapi.passes(&["FA2-01", "FA2-02", "FA2-03", "FA2-04", "FA2-05", "FA2-06", "FA2-07", "AZ-10", "AZ-07", "CA-08"]);
    fapi.play
        .answers(200, &json!({ "access_token": "t", "token_type": "DPoP", "expires_in": 60, "scope": "accounts" }));
    assert_eq!(fapi.ended(Outcome::Fail), Vec::<String>::new());
}

#[test]
fn what_fapi_2_does_not_allow_is_stopped() {
    for (given, id) in [
        (vec![("par", "false")], "FA2-01"),
        (vec![("pkce", "false")], "FA2-02"),
        (vec![("response_type", "code id_token")], "FA2-02"),
        (vec![("assertion_aud", "token_endpoint")], "FA2-04"),
        (vec![("dpop_bound", "false")], "FA2-05"),
        (vec![("client_auth", "client_secret_basic"), ("client_secret", "s-1")], "FA2-06"),
        (vec![("client_auth", "client_secret_post"), ("client_secret", "s-1")], "FA2-06"),
    ] {
        let mut fapi = Fapi::ec("fapi2", &given);
        fapi.pushes();
        if fapi.ended(Outcome::Fail).is_empty() {
            fapi.comes_back(&format!("code=c-1&{ISS}"));
        }
        assert!(fapi.ended(Outcome::Fail).iter().any(|c| c == id), "{given:?}: {:?}", fapi.ended(Outcome::Fail));
        assert_eq!(fapi.play.run.view().status, RunStatus::Blocked, "{given:?}");
    }
    // the issuer of the answer, also where the metadata do not promise it
    let quiet = METADATA.replace("\"authorization_response_iss_parameter_supported\":true,", "");
    assert_ne!(quiet, METADATA);
    for params in ["code=c-1", "code=c-1&iss=https%3A%2F%2Fas.evil.example"] {
        let mut fapi = Fapi::at(&quiet, "fapi2", "", &[], KeySpec::P256, Alg::Es256);
        fapi.pushes().comes_back(params);
        assert_eq!(fapi.play.run.view().status, RunStatus::Failed, "{params}");
        assert_eq!(fapi.ended(Outcome::Fail), ["FA2-03"]);
    }
    let algs = "[inputs.sign_alg]\noptions = [\"ES384\"]\n[keys.signing]\nalgs = [\"ES384\"]\n[keys.dpop]\nalgs = [\"ES384\"]\n";
    let fapi = Fapi::of("fapi2", algs, &[], KeySpec::P384, Alg::Es384);
    assert!(fapi.ended(Outcome::Fail).iter().any(|c| c == "FA2-07"), "{:?}", fapi.ended(Outcome::Fail));
    let text = "schema = 1\nid = \"acme\"\nextends = \"fapi2\"\nenvironment = \"server\"\n[values]\nissuer = \"https://as.nordbank.example\"\n";
    for (metadata, outcome) in [(METADATA, Outcome::Pass), (&METADATA.replace("\"S256\"", "\"plain\""), Outcome::Warn)]
    {
        let mut play = Play::written(text, "discover", Pace::Straight, &[]);
        play.says(Event::Start);
        let mut play = play.loads(true);
        play.answers(200, &serde_json::from_str(metadata).expect("JSON"));
        assert!(play.ended(outcome).iter().any(|c| c == "FA2-08"), "{:?}", play.run.view().steps[0].checks);
        play.asserted = true;
    }
}

/// The left half of a SHA-256 (OpenID Connect Core §3.3.2.11).
fn half(text: &str) -> String {
    countersign::jose::b64::encode(&openssl::sha::sha256(text.as_bytes())[..16])
}

#[test]
fn fapi_1_signs_the_request_and_wants_the_answer_bound() {
    for bound in [true, false] {
        let mut fapi = Fapi::ec("fapi1-advanced", &[]);
        assert_eq!(fapi.ended(Outcome::Fail), Vec::<String>::new());
        fapi.passes(&["FA1-01", "FA1-02", "FA1-03", "FA1-04"]);
        let sent = |e: &Effect| matches!(e, Effect::Authorize { request, .. } if request.mode == Mode::Fragment);
        assert!(fapi.play.heard.iter().any(sent), "a person is sent");
        let asked = fapi.play.run.view().steps[0].artefacts[0].claims.clone();
        let mut claims = json!({ "nonce": asked["nonce"] });
        if bound {
            claims["c_hash"] = json!(half("c-1"));
            claims["s_hash"] = json!(half(asked["state"].as_str().expect("a state")));
        }
        let token = fapi.id_token(&claims);
        fapi.comes_back(&format!("code=c-1&id_token={token}"));
        let set = json!({ "keys": [fapi.bank.public().as_value()] });
        fapi.play.answers(200, &set);
        fapi.signs();
        if bound {
            assert_eq!(fapi.ended(Outcome::Fail), Vec::<String>::new());
            fapi.passes(&["FA1-06", "FA1-07", "FA1-08", "IDT-05C", "IDT-05S", "IDT-03"]);
            fapi.play.wants(&["remember jti", "send POST https://as.nordbank.example/token"]);
        } else {
            assert!(fapi.ended(Outcome::Fail).iter().any(|c| c == "FA1-06"), "an ID token that binds nothing");
        }
    }
}

#[test]
fn what_fapi_1_does_not_allow_is_stopped() {
    for (given, id) in [
        (vec![("jar", "false")], "FA1-01"),
        (vec![("response_type", "code")], "FA1-02"),
        (vec![("jar_ttl", "7200")], "FA1-03"),
        (vec![("par", "true"), ("pkce", "false")], "FA1-05"),
        (
            vec![("client_certificate", "false"), ("response_type", "code"), ("response_mode", "jwt"), ("par", "true")],
            "FA1-07",
        ),
        (
            vec![
                ("client_auth", "client_secret_post"),
                ("client_secret", "s-1"),
                ("response_type", "code"),
                ("response_mode", "jwt"),
            ],
            "FA1-08",
        ),
    ] {
        let mut fapi = Fapi::ec("fapi1-advanced", &given);
        fapi.pushes();
        if fapi.ended(Outcome::Fail).is_empty() {
            let header = json!({ "alg": "ES256", "kid": "b" });
            let state = fapi.play.heard.iter().find_map(|e| {
                if let Effect::Authorize { request, .. } = e { Some(request.state.expose().to_owned()) } else { None }
            });
            let claims = json!({ "iss": "https://as.nordbank.example", "aud": "acme", "exp": 1_800_000_060, "code": "c-1", "state": state.expect("a state") });
            let input = countersign::jose::compact::signing_input(
                header.as_object().expect("an object"),
                claims.to_string().as_bytes(),
            );
            let jwt = countersign::jose::compact::assemble(
                &input,
                &fapi.bank.sign(Alg::Es256, input.as_bytes()).expect("signed"),
            );
            fapi.play.says(Event::Pasted(Secret::new(format!("https://tpp.example/cb?response={jwt}"))));
            let set = json!({ "keys": [fapi.bank.public().as_value()] });
            fapi.play.answers(200, &set);
            fapi.signs();
        }
        assert!(fapi.ended(Outcome::Fail).iter().any(|c| c == id), "{given:?}: {:?}", fapi.ended(Outcome::Fail));
        assert_eq!(fapi.play.run.view().status, RunStatus::Blocked, "{given:?}");
    }
    let algs = "[inputs.sign_alg]\noptions = [\"ES384\"]\n[keys.signing]\nalgs = [\"ES384\"]\n";
    let fapi = Fapi::of("fapi1-advanced", algs, &[], KeySpec::P384, Alg::Es384);
    assert!(fapi.ended(Outcome::Fail).iter().any(|c| c == "FA1-04"), "{:?}", fapi.ended(Outcome::Fail));
}

/// Where the sign-in stands among the steps.
fn callback(fapi: &Fapi) -> usize {
    fapi.play.run.view().steps.iter().position(|s| s.id == "callback").expect("the step")
}

#[test]
fn a_pushed_request_is_used_once_and_in_time() {
    for (used, late) in [(true, 0), (false, 61), (false, 0)] {
        let mut fapi = Fapi::ec("fapi2", &[]);
        fapi.pushes();
        if used {
            fapi.comes_back(&format!("code=c-1&{ISS}"));
        }
        let at = callback(&fapi);
        fapi.play.says(Event::Straight(false)).says(Event::Back(at));
        fapi.play.later(late).says(Event::Step);
        let failed = fapi.ended(Outcome::Fail);
        assert_eq!(failed, if used || late > 60 { vec!["AZ-10"] } else { vec![] }, "{used} {late}");
    }
}

#[test]
fn how_and_when_the_person_signed_in_is_held_against_what_was_asked() {
    for (claims, warned) in [
        (json!({ "acr": "urn:a", "auth_time": 1_799_999_900 }), vec![]),
        (json!({ "acr": "urn:b", "auth_time": 1_799_999_900 }), vec!["IDT-04A"]),
        (json!({ "acr": "urn:a", "auth_time": 1_799_990_000 }), vec!["IDT-04T"]),
        (json!({}), vec!["IDT-04A", "IDT-04T"]),
    ] {
        let given = [("scope", "openid"), ("acr_values", "urn:a urn:c"), ("max_age", "300")];
        let mut fapi = Fapi::ec("generic-oidc", &given);
        let address = fapi.play.heard.iter().find_map(|e| {
            if let Effect::Authorize { request, .. } = e { url::Url::parse(request.url.expose()).ok() } else { None }
        });
        let query: BTreeMap<String, String> = address.expect("an address").query_pairs().into_owned().collect();
        assert_eq!((query["acr_values"].as_str(), query["max_age"].as_str()), ("urn:a urn:c", "300"));
        fapi.comes_back(&format!("code=c-1&{ISS}"));
        let mut claims = claims;
        claims["nonce"] = json!(query["nonce"]);
        let token = fapi.id_token(&claims);
        fapi.play.answers(
            200,
            &json!({ "access_token": "t-1", "token_type": "Bearer", "expires_in": 60, "id_token": token }),
        );
        let set = json!({ "keys": [fapi.bank.public().as_value()] });
        fapi.play.answers(200, &set);
        assert_eq!(fapi.ended(Outcome::Fail), Vec::<String>::new(), "{claims}");
        assert_eq!(fapi.ended(Outcome::Warn), warned, "{claims}");
    }
}
