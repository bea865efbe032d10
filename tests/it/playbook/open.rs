//! Tokens read, decrypted, verified: in every expectation, with keys that are given, fetched, fetched again and pinned.

use countersign::flow::view::{CheckView, StepView};
use countersign::jose::compact;
use countersign::jose::jwe::{Enc, KeyAlg, Recipient, Sealing};
use countersign::profile::model::Pin;

use super::*;

#[path = "open/personal.rs"]
mod personal;

const ROLES: &str = r#"
[keys.encryption]
use  = "enc"
algs = ["ECDH-ES+A128KW", "RSA-OAEP"]
"#;

const ISSUER: &str = "https://as.nordbank.example";
const JWKS: &str = "send GET https://as.nordbank.example/jwks";

/// A flow that fetches a token and opens it as `how` says.
fn flow(how: &str) -> String {
    format!(
        "{ROLES}
[[flow]]
id = \"open\"
[[flow.step]]
id = \"fetch\"
[flow.step.http]
url = \"https://as.nordbank.example/token\"
[[flow.step]]
id = \"id_token\"
[flow.step.open]
token = \"{{{{ fetch.json.id_token }}}}\"
{how}
"
    )
}

const NESTED: &str = r#"
expect  = "nested"
decrypt = "encryption"
jwks    = "{{ env.jwks_uri }}"
algs    = ["ES256"]
"#;

/// What the bank and the client have.
struct World {
    play: Play,
    encryption: SecretJwk,
    bank: SecretJwk,
}

impl World {
    fn of(flows: &str, pace: Pace, pins: &[(&str, Pin)]) -> Self {
        let mut play = Play::of(flows, "open", pace);
        let encryption = SecretJwk::generate(KeySpec::P256).expect("a key");
        let bank = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-1");
        play.says(Event::Start).wants(&["load"]);
        let mut loaded = Loaded::default();
        loaded.keys.insert("signing".into(), play.facts());
        loaded.keys.insert("encryption".into(), facts("encryption", &encryption));
        loaded.pins = pins.iter().map(|(n, p)| ((*n).to_owned(), p.clone())).collect();
        let op = play.op();
        play.says(Event::Replied { op, reply: Reply::Loaded(Box::new(loaded)) });
        Self { play, encryption, bank }
    }

    fn opening(how: &str) -> Self {
        Self::of(&flow(how), Pace::Straight, &[])
    }

    /// The bank hands the token over.
    fn gives(&mut self, token: &str) -> &mut Self {
        self.play.answers(200, &json!({ "id_token": token }));
        self
    }

    fn signed(&self) -> String {
        token_of(&self.bank, &json!({}), &claims())
    }

    fn nested(&self) -> String {
        encrypted_to(&self.encryption, "ECDH-ES+A128KW", &self.signed())
    }

    /// The private key does its part, or another key in its place.
    fn unwraps(&mut self) -> &mut Self {
        let key = self.encryption.clone();
        self.unwraps_with(&key)
    }

    fn unwraps_with(&mut self, key: &SecretJwk) -> &mut Self {
        self.play.wants(&["unwrap encryption"]);
        let Some(Effect::Unwrap { op, task, .. }) = self.play.heard.first().cloned() else { panic!("an unwrapping") };
        let answer = key.unwrap_for(&task).expect("a key of that kind");
        self.play.says(Event::Replied { op, reply: Reply::Unwrapped(answer) });
        self
    }

    fn publishes(&mut self) -> &mut Self {
        let set = json!({ "keys": [self.bank.public().as_value()] });
        self.play.wants(&[JWKS]).answers(200, &set);
        self
    }

    fn step(&self, id: &str) -> StepView {
        self.play.run.view().steps.iter().find(|s| s.id == id).expect("the step").clone()
    }

    fn check(&self, id: &str) -> CheckView {
        let steps = self.step("id_token").checks;
        steps.into_iter().find(|c| c.id == id).unwrap_or_else(|| panic!("no check {id}"))
    }

    fn output(&self, name: &str) -> Option<String> {
        self.play.run.output(name, self.play.now)
    }

    fn done(&mut self) -> &mut Self {
        self.play.wants(&[]).stands(RunStatus::Done, "id_token", StepState::Done);
        self
    }
}

fn claims() -> Value {
    json!({ "iss": ISSUER, "aud": "acme", "sub": "psu", "iat": 1_800_000_000, "exp": 1_800_000_060 })
}

fn token_of(key: &SecretJwk, header: &Value, claims: &Value) -> String {
    let mut all = json!({ "alg": "ES256" });
    if let Some(kid) = key.public().kid() {
        all["kid"] = json!(kid);
    }
    all.as_object_mut().expect("an object").extend(header.as_object().cloned().expect("an object"));
    let input = compact::signing_input(all.as_object().expect("an object"), claims.to_string().as_bytes());
    compact::assemble(&input, &key.sign(Alg::Es256, input.as_bytes()).expect("signed"))
}

fn encrypted_to(key: &SecretJwk, alg: &str, content: &str) -> String {
    let (alg, enc) = (KeyAlg::parse(alg).expect("an algorithm"), Enc::parse("A128CBC-HS256").expect("another"));
    let header = json!({ "kid": "enc-1", "cty": "JWT" }).as_object().cloned().expect("an object");
    let sealing = Sealing { alg, enc, header: &header, compress: false, content: content.as_bytes() };
    sealing.seal(Recipient::Public(key.public()), &mut |bytes| bytes.fill(7)).expect("sealed")
}

#[test]
fn a_nested_token_is_decrypted_fetched_for_and_verified() {
    let mut world = World::opening(NESTED);
    let token = world.nested();
    world.gives(&token).unwraps().publishes().done();
    let signed = world.signed();
    assert_eq!(world.output("id_token.verdict").as_deref(), Some("verified"));
    assert_eq!(
        world.output("id_token.text").map(|t| t.rsplit_once('.').map(|(input, _)| input.to_owned())),
        Some(signed.rsplit_once('.').map(|(input, _)| input.to_owned()))
    );
    let scope = |name: &str| world.output(name).map(|t| serde_json::from_str::<Value>(&t).expect("JSON"));
    assert_eq!(scope("id_token.jwe").expect("a header")["alg"], "ECDH-ES+A128KW");
    let key = scope("id_token.key").expect("a key");
    assert_eq!(
        (&key["thumbprint"], &key["kid"], &key["from"], &key["pinned"]),
        (&json!(world.bank.public().thumbprint()), &json!("bank-1"), &json!("jwks"), &json!(false))
    );
    let kinds: Vec<_> = world.step("id_token").artefacts.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, ["nested-jwt", "jwe"]);
}

#[test]
fn each_expectation_takes_its_own_kind_and_no_other() {
    let jws = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\"]";
    let jwe = "expect = \"jwe\"\ndecrypt = \"encryption\"";
    let any = NESTED.replace("nested", "any");
    for (how, what, end) in [
        (jws, "signed", Ok("verified")),
        (jws, "nested", Err("token.kind")),
        (jwe, "signed", Err("token.kind")),
        (jwe, "content", Ok("decoded")),
        (jwe, "nested", Ok("decoded")),
        (NESTED, "signed", Err("token.kind")),
        (NESTED, "content", Err("token.not-signed")),
        (NESTED, "nested", Ok("verified")),
        (&any, "signed", Ok("verified")),
        (&any, "nested", Ok("verified")),
        (&any, "content", Err("token.not-verified")),
        (jws, "rubbish", Err("token.unreadable")),
        (NESTED, "rubbish.of.five.whole.parts", Err("token.unreadable")),
    ] {
        let mut world = World::opening(how);
        let token = match what {
            "signed" => world.signed(),
            "nested" => world.nested(),
            "content" => encrypted_to(&world.encryption, "ECDH-ES+A128KW", &claims().to_string()),
            other => other.to_owned(),
        };
        world.gives(&token);
        loop {
            match world.play.heard.first() {
                Some(Effect::Unwrap { .. }) => world.unwraps(),
                Some(Effect::Send { .. }) => world.publishes(),
                _ => break,
            };
        }
        match end {
            Ok(verdict) => {
                world.done();
                assert_eq!(world.output("id_token.verdict").as_deref(), Some(verdict), "{what} for {how}");
                assert!(world.output("id_token.claims").is_some() || what == "nested", "{what} for {how}");
            }
            Err(id) => {
                world.play.fails("id_token", id);
            }
        }
    }
}

/// The same words, whoever the sender is and whatever was altered.
#[test]
fn a_token_that_was_altered_or_is_for_another_key_is_not_opened_and_nothing_more_is_said() {
    let mut said = Vec::new();
    let other = SecretJwk::generate(KeySpec::P256).expect("a key");
    for altered in 0..4 {
        let mut world = World::opening(NESTED);
        let token = world.nested();
        let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
        let first = |text: &str| if text.starts_with('A') { "B" } else { "A" };
        if altered > 0 {
            let part = [0, 1, 3, 4][altered];
            let letter = first(&parts[part]);
            parts[part].replace_range(0..1, letter);
        }
        world.gives(&parts.join("."));
        if altered == 0 {
            world.unwraps_with(&other)
        } else {
            world.unwraps()
        };
        world.play.fails("id_token", "token.not-opened");
        said.push(world.step("id_token").error.expect("an error"));
    }
    assert!(said.windows(2).all(|pair| pair[0] == pair[1]), "{said:#?}");
    assert!(said[0].hint.as_ref().is_some_and(|hint| hint.contains("enc-1")));
}

#[test]
fn a_key_store_that_fails_is_no_fault_of_the_token() {
    let mut world = World::opening(NESTED);
    let token = world.nested();
    world.gives(&token);
    let error = OpError::Key { id: "key.locked".into(), text: "it is locked".into(), hint: "unlock it".into() };
    let op = world.play.op();
    world.play.says(Event::Failed { op, error }).wants(&[]).fails("id_token", "key.locked");
}

#[test]
fn what_is_not_on_a_list_is_refused_before_a_key_is_used() {
    let with = |more: &str| format!("{NESTED}{more}");
    for (how, id, word) in [
        (with("key_algs = [\"RSA-OAEP\"]"), "token.algorithm", "ECDH-ES+A128KW"),
        (with("enc_algs = [\"A128GCM\"]"), "token.algorithm", "A128CBC-HS256"),
    ] {
        let mut world = World::opening(&how);
        let token = world.nested();
        world.gives(&token).play.wants(&[]).fails("id_token", id);
        assert!(world.step("id_token").error.expect("an error").text.contains(word), "{how}");
    }
    for (how, header, id) in [
        ("algs = [\"RS256\"]", json!({}), Some("token.algorithm")),
        ("algs = [\"ES256\"]", json!({"alg": "none"}), Some("token.algorithm")),
        ("algs = [\"ES256\"]", json!({"alg": "ES256K"}), Some("token.algorithm")),
        ("algs = [\"ES256\"]\ntyp = [\"JWT\"]", json!({"typ": "at+jwt"}), Some("token.typ")),
        ("algs = [\"ES256\"]\ntyp = [\"JWT\"]", json!({}), Some("token.typ")),
        ("algs = [\"ES256\"]\ntyp = [\"JWT\"]", json!({"typ": 1}), Some("token.typ")),
        ("algs = [\"ES256\"]\ntyp = [\"JWT\", \"omit\"]", json!({}), None),
        ("algs = [\"ES256\"]\ntyp = [\"JWT\"]", json!({"typ": "application/jwt"}), None),
        ("algs = [\"ES256\"]", json!({"crit": ["x"]}), Some("token.unreadable")),
    ] {
        let mut world = World::opening(&format!("expect = \"jws\"\njwks = \"{{{{ env.jwks_uri }}}}\"\n{how}"));
        let token = token_of(&world.bank, &header, &claims());
        world.gives(&token);
        if !world.play.heard.is_empty() {
            world.publishes();
        }
        match id {
            Some(id) => world.play.fails("id_token", id),
            None => world.done().play.stands(RunStatus::Done, "id_token", StepState::Done),
        };
    }
}

#[test]
fn a_key_set_that_could_deceive_is_refused_and_a_key_left_out_is_named() {
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\", \"RS256\"]";
    let oct = json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"});
    for (more, id, word) in [
        (vec![oct], "jwks.refused", "mixes symmetric and public keys"),
        (vec![json!({"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQ"})], "token.not-verified", "weak"),
    ] {
        let mut world = World::opening(how);
        let other = SecretJwk::generate(KeySpec::P384).expect("a key").with_kid("bank-2");
        let token = world.signed();
        world.gives(&token);
        let keys: Vec<Value> = [other.public().as_value().clone()].into_iter().chain(more).collect();
        world.play.answers(200, &json!({ "keys": keys })).fails("id_token", id);
        assert!(world.step("id_token").error.expect("an error").text.contains(word), "{word}");
    }
    for body in [json!([]), json!({"keys": 1}), json!({"error": "x"})] {
        let mut world = World::opening(how);
        let token = world.signed();
        world.gives(&token).play.answers(200, &body).fails("id_token", "jwks.refused");
    }
}

#[test]
fn the_rules_of_an_id_token_are_checked() {
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\"]\niss = \"{{ env.issuer }}\"\naud = \"{{ client.id }}\"\nnonce = \"n-1\"";
    let good = || {
        let mut claims = claims();
        claims["nonce"] = json!("n-1");
        claims
    };
    for (change, failed) in [
        (json!({}), None),
        (json!({"nonce": "n-2"}), Some("IDT-03")),
        (json!({"nonce": null}), Some("IDT-03")),
        (json!({"iss": "https://as.nordbank.example/"}), Some("IDT-02i")),
        (json!({"iss": "https://as.nordb\u{430}nk.example"}), Some("IDT-02i")),
        (json!({"aud": ["other"]}), Some("IDT-02a")),
        (json!({"aud": ["acme", "other"]}), Some("IDT-02z")),
        (json!({"aud": ["acme", "other"], "azp": "acme"}), None),
        (json!({"azp": "other"}), Some("IDT-02z")),
        (json!({"exp": 1_799_999_000}), Some("JWT-02o")),
        (json!({"exp": "1800000060"}), Some("JWT-01o")),
        (json!({"iat": 1_800_000_100}), Some("JWT-02o")),
        (json!({"sub": null}), Some("IDT-02t")),
        (json!({"exp": null}), Some("IDT-02t")),
    ] {
        let mut world = World::opening(how);
        let mut all = good();
        all.as_object_mut().expect("an object").extend(change.as_object().cloned().expect("an object"));
        let token = token_of(&world.bank, &json!({}), &all);
        world.gives(&token).publishes();
        match failed {
            None => world.done().play.stands(RunStatus::Done, "id_token", StepState::Done),
            Some(id) => {
                assert_eq!(world.check(id).outcome, Outcome::Fail, "{change}");
                world.play.stands(RunStatus::Blocked, "id_token", StepState::Blocked)
            }
        };
    }
}

#[test]
fn dates_that_are_texts_pass_only_where_the_profile_says_so() {
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\"]\nlenient_dates = true";
    for (exp, outcome) in [(json!("1800000060"), Outcome::Warn), (json!(1_800_000_060), Outcome::Pass)] {
        let mut world = World::opening(how);
        let mut all = claims();
        all["exp"] = exp;
        let token = token_of(&world.bank, &json!({}), &all);
        world.gives(&token).publishes().done();
        assert_eq!(world.check("JWT-01l").outcome, outcome);
        let read: Value = serde_json::from_str(&world.output("id_token.claims").expect("claims")).expect("JSON");
        assert_eq!(read["exp"], json!(1_800_000_060));
    }
    let mut world = World::opening(how);
    let token = token_of(&world.bank, &json!({}), &json!({"exp": "1799999000"}));
    world.gives(&token).publishes();
    assert_eq!(world.check("JWT-02o").outcome, Outcome::Fail, "an old date is old in any form");
    world.play.stands(RunStatus::Blocked, "id_token", StepState::Blocked);
}

#[test]
fn a_token_without_a_key_may_pass_with_a_warning_and_a_wrong_one_never() {
    let other = SecretJwk::generate(KeySpec::P384).expect("a key");
    for (word, outcome) in [("warn", Outcome::Warn), ("info", Outcome::NotChecked)] {
        let how =
            format!("expect = \"jws\"\njwks = \"{{{{ env.jwks_uri }}}}\"\nalgs = [\"ES256\"]\nunverified = \"{word}\"");
        let mut world = World::opening(&how);
        let token = world.signed();
        world.gives(&token).play.answers(200, &json!({ "keys": [other.public().as_value()] }));
        world.done();
        assert_eq!(
            (world.check("JOSE-09").outcome, world.output("id_token.verdict").as_deref()),
            (outcome, Some("no-key"))
        );
        let mut world = World::opening(&how);
        let mut token = world.signed();
        token.replace_range(
            token.len() - 10..token.len() - 9,
            if token.as_bytes()[token.len() - 10] == b'A' { "B" } else { "A" },
        );
        world.gives(&token).publishes().play.fails("id_token", "token.not-verified");
    }
    let mut world = World::opening("expect = \"jws\"\nunverified = \"info\"");
    let token = world.signed();
    world.gives(&token).done();
    assert_eq!(world.output("id_token.verdict").as_deref(), Some("no-key"));
}

#[test]
fn a_mac_is_checked_with_the_client_secret_where_the_profile_allows_it() {
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"HS256\"]";
    let secret = "a secret of thirty-two characters!";
    let flows = flow(how).replace("[[flow]]", "[inputs.client_secret]\nclass = \"secret\"\n[[flow]]");
    for (key, verdict) in [(secret, None), ("another secret of thirty-two chars", Some("token.not-verified"))] {
        let mut world = World::of(&flows, Pace::Straight, &[]);
        world.play.run = {
            let profile = world.play.run.profile().clone();
            Run::new(Setup {
                flow: Arc::new(profile.flow("open").expect("the flow").clone()),
                environment: Arc::new(profile.environment("test").expect("the environment").clone()),
                profile,
                inputs: BTreeMap::from([("client_secret".to_owned(), Secret::new(secret))]),
                seed: [3; 32],
                pace: Pace::Straight,
            })
        };
        world.play.says(Event::Start);
        let op = world.play.op();
        world.play.says(Event::Replied { op, reply: Reply::Loaded(Box::default()) });
        let header = json!({ "alg": "HS256" }).as_object().cloned().expect("an object");
        let input = compact::signing_input(&header, claims().to_string().as_bytes());
        let mac = countersign::jose::sign_hmac(Alg::Hs256, key.as_bytes(), input.as_bytes()).expect("a MAC");
        world.gives(&compact::assemble(&input, &mac)).publishes();
        match verdict {
            None => world.done().play.stands(RunStatus::Done, "id_token", StepState::Done),
            Some(id) => world.play.fails("id_token", id),
        };
    }
}

const BY_STEP: &str = r#"
[[flow]]
id = "keys"
outputs = { jwks = "{{ {'keys': set.json.keys} }}" }
[[flow.step]]
id = "first"
[flow.step.http]
url = "https://as.nordbank.example/metadata"
[[flow.step]]
id = "set"
[flow.step.http]
url = "https://as.nordbank.example/jwks"
[[flow]]
id = "open"
[[flow.step]]
id  = "trust"
use = "keys"
[[flow.step]]
id = "fetch"
[flow.step.http]
url = "https://as.nordbank.example/token"
[[flow.step]]
id = "id_token"
[flow.step.open]
token   = "{{ fetch.json.id_token }}"
expect  = "jws"
jwks    = "{{ trust.jwks }}"
refetch = "trust"
algs    = ["ES256"]
[[flow.step]]
id = "keep"
[flow.step.save]
values = { scope = "{{ id_token.verdict }}" }
"#;

const METADATA: &str = "send GET https://as.nordbank.example/metadata";

/// Stands before the token that names a key which the set lacks.
fn rotated(pace: Pace) -> World {
    let mut world = World::of(&format!("{ROLES}{BY_STEP}"), pace, &[]);
    let old = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-0");
    let old = json!({ "keys": [old.public().as_value()] });
    let token = world.signed();
    for answer in [json!({}), old, json!({ "id_token": token })] {
        if pace == Pace::Step {
            world.play.says(Event::Step).says(Event::Approve);
        }
        world.play.answers(200, &answer);
    }
    if pace == Pace::Step {
        world.play.says(Event::Step);
    }
    world
}

#[test]
fn an_unknown_kid_does_the_steps_that_bring_the_keys_once_more_and_nothing_between() {
    for pace in [Pace::Straight, Pace::Step] {
        let mut world = rotated(pace);
        world.play.wants(&[METADATA]).answers(200, &json!({}));
        world.publishes();
        if pace == Pace::Step {
            world.play.wants(&[]).stands(RunStatus::Ready, "id_token", StepState::Done);
            world.play.says(Event::Step);
        }
        world.play.wants(&["save scope=\"verified\""]).saves().stands(RunStatus::Done, "keep", StepState::Done);
        let attempts: Vec<(String, u32)> =
            world.play.run.view().steps.iter().map(|s| (s.id.clone(), s.attempt)).collect();
        let expected = [("trust.first", 2), ("trust.set", 2), ("fetch", 1), ("id_token", 1), ("keep", 1)];
        assert_eq!(attempts, expected.map(|(id, n)| (id.to_owned(), n)));
    }
}

#[test]
fn a_kid_that_stays_unknown_is_told_after_one_more_look() {
    let mut world = rotated(Pace::Straight);
    let old = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-0");
    world.play.answers(200, &json!({})).wants(&[JWKS]);
    world.play.answers(200, &json!({ "keys": [old.public().as_value()] })).wants(&[]);
    world.play.fails("id_token", "token.not-verified");
}

#[test]
fn a_published_key_that_goes_by_another_kid_is_not_the_one_that_the_token_names() {
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\"]";
    for (kid, verifies) in [(Some("bank-1"), true), (Some("bank-0"), false), (None, true)] {
        let mut world = World::of(&flow(how), Pace::Straight, &[]);
        let token = world.signed();
        let mut key = json!(world.bank.public().as_value());
        key["kid"] = json!(kid);
        if kid.is_none() {
            key.as_object_mut().expect("a key").remove("kid");
        }
        world.gives(&token).play.wants(&[JWKS]).answers(200, &json!({ "keys": [key] }));
        if verifies {
            world.play.stands(RunStatus::Done, "id_token", StepState::Done);
        } else {
            world.play.wants(&[]).fails("id_token", "token.not-verified");
        }
    }
}

#[test]
fn keys_that_cannot_be_fetched_again_fail_the_token_that_wanted_them() {
    let mut world = rotated(Pace::Straight);
    world.play.answers(503, &json!({})).wants(&[]).fails("id_token", "http.503").fails("trust.first", "http.503");
    let at = world.play.run.view().current;
    assert_eq!(world.play.run.view().steps[at].id, "id_token");
    world.play.says(Event::Retry).wants(&[METADATA]);
    world.play.says(Event::Cancel).stands(RunStatus::Cancelled, "id_token", StepState::Cancelled);
}

#[test]
fn keys_of_an_address_are_fetched_again_for_an_unknown_kid_once_a_minute() {
    let second = r#"
[[flow.step]]
id = "more"
[flow.step.http]
url = "https://as.nordbank.example/token"
[[flow.step]]
id = "again"
[flow.step.open]
token  = "{{ more.json.id_token }}"
expect = "jws"
jwks   = "{{ env.jwks_uri }}"
algs   = ["ES256"]
"#;
    let how = "expect = \"jws\"\njwks = \"{{ env.jwks_uri }}\"\nalgs = [\"ES256\"]";
    let third = second.replace("more", "third").replace("again", "last");
    let mut world = World::of(&format!("{}{second}{third}", flow(how)), Pace::Straight, &[]);
    let token = world.signed();
    world.gives(&token).publishes();
    // the same set serves the next token, until a key is not in it
    let next = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-2");
    world.gives(&token_of(&next, &json!({}), &claims())).play.wants(&[JWKS]);
    world.play.answers(200, &json!({ "keys": [next.public().as_value()] }));
    world.play.stands(RunStatus::Busy, "again", StepState::Done);
    let other = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-3");
    world.gives(&token_of(&other, &json!({}), &claims())).play.wants(&[]).fails("last", "token.not-verified");
    world.play.later(61).says(Event::Retry).wants(&[JWKS]);
    world.play.stands(RunStatus::Busy, "last", StepState::Drafting);
}

const PINNED: &str = r#"
[[flow]]
id = "open"
[[flow.step]]
id = "statement"
[flow.step.http]
url = "https://as.nordbank.example/statement"
[[flow.step]]
id = "id_token"
[flow.step.open]
token  = "{{ statement.json.id_token }}"
expect = "jws"
pin    = "bank"
inside = "/jwks"
algs   = ["ES256"]
[[flow.step]]
id = "set"
[flow.step.http]
url = "https://as.nordbank.example/signed-jwks"
[[flow.step]]
id = "bank_keys"
[flow.step.open]
token  = "{{ set.json.jwks }}"
expect = "jws"
pin    = "bank"
algs   = ["ES256"]
[[check]]
id    = "BANK-01"
at    = ["open.id_token", "open.bank_keys"]
level = "must"
rule  = "key.pinned"
say   = "the key was approved"
"#;

fn statement(key: &SecretJwk) -> String {
    let mut all = claims();
    all["jwks"] = json!({ "keys": [key.public().as_value()] });
    token_of(key, &json!({}), &all)
}

fn pin_of(key: &SecretJwk) -> Pin {
    Pin { thumbprints: vec![key.public().thumbprint()], sha256: "00".into(), approved: "2026-01-01T00:00:00Z".into() }
}

#[test]
fn keys_seen_for_the_first_time_wait_for_a_person_and_are_kept() {
    let mut world = World::of(PINNED, Pace::Straight, &[]);
    let token = statement(&world.bank);
    world.gives(&token).play.wants(&["pin bank at open.id_token"]);
    let pin = world.step("id_token").pin.expect("keys to approve");
    assert_eq!((pin.keys[0].thumbprint.clone(), pin.is_changed()), (world.bank.public().thumbprint(), false));
    assert_eq!((pin.sha256.len(), pin.keys[0].kid.as_deref()), (64, Some("bank-1")));
    let shown = world.step("id_token").ask.expect("a question").show;
    assert!(shown.iter().any(|f| f.value == pin.sha256) && shown.iter().any(|f| f.value == pin.keys[0].thumbprint));
    let op = world.play.op();
    world.play.says(Event::Failed { op, error: OpError::Person("nobody".into()) }).wants(&[]);
    world.play.says(Event::Step).wants(&[]).says(Event::Answer(BTreeMap::new())).wants(&[]);
    world.play.stands(RunStatus::Waiting, "id_token", StepState::Waiting);
    world.play.says(Event::Approve).wants(&[&format!("abort {}", op.0), "keep bank"]);
    let Some(Effect::Save { what, .. }) = world.play.heard.last() else { panic!("something to keep") };
    assert_eq!(what.pins[0].1.thumbprints, [world.bank.public().thumbprint()]);
    assert_eq!(what.pins[0].1.approved, "2027-01-15T08:00:00Z");
    world.play.saves().wants(&["send GET https://as.nordbank.example/signed-jwks"]);
    let jwks = world.signed();
    world.play.answers(200, &json!({ "jwks": jwks })).stands(RunStatus::Done, "bank_keys", StepState::Done);
    let key: Value = serde_json::from_str(&world.output("bank_keys.key").expect("a key")).expect("JSON");
    assert_eq!((&key["pinned"], &key["from"]), (&json!(true), &json!("pin:bank")));
    assert!(world.step("id_token").checks.iter().any(|c| c.id == "BANK-01" && c.outcome == Outcome::Pass));
    // what was approved once is not asked again by a run that goes back
    world.play.says(Event::Back(0)).says(Event::Step).wants(&["send GET https://as.nordbank.example/statement"]);
    world.gives(&token).play.wants(&["send GET https://as.nordbank.example/signed-jwks"]);
}

#[test]
fn keys_that_were_approved_pass_and_others_stop_everything() {
    let bank = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-1");
    let mut world = World::of(PINNED, Pace::Straight, &[("bank", pin_of(&bank))]);
    world.gives(&statement(&bank)).play.wants(&["send GET https://as.nordbank.example/signed-jwks"]);
    // signed by a key that nobody approved
    let other = world.signed();
    world.play.answers(200, &json!({ "jwks": other })).fails("bank_keys", "token.not-verified");

    let mut world = World::of(PINNED, Pace::Straight, &[("bank", pin_of(&bank))]);
    let token = statement(&world.bank);
    world.gives(&token).play.wants(&["pin bank at open.id_token"]);
    world.play.stands(RunStatus::Waiting, "id_token", StepState::Waiting);
    let view = world.step("id_token");
    assert!(view.pin.expect("keys").is_changed());
    let gone = view.ask.expect("a question").show;
    assert!(gone.iter().any(|f| f.name.contains("gone") && f.value == bank.public().thumbprint()), "{gone:?}");
    let op = world.play.op();
    world.play.says(Event::Replied { op, reply: Reply::Approved(false) }).wants(&[]).fails("id_token", "pin.refused");
}

#[test]
fn a_token_that_its_own_keys_do_not_verify_is_not_asked_about() {
    let mut world = World::of(PINNED, Pace::Straight, &[]);
    let other = SecretJwk::generate(KeySpec::P256).expect("a key").with_kid("bank-1");
    let mut all = claims();
    all["jwks"] = json!({ "keys": [other.public().as_value()] });
    let token = token_of(&world.bank, &json!({}), &all);
    world.gives(&token).play.wants(&[]).fails("id_token", "token.not-verified");
    let mut world = World::of(PINNED, Pace::Straight, &[]);
    let token = world.signed();
    world.gives(&token).play.wants(&[]).fails("id_token", "jwks.unreadable");
}

#[test]
fn an_open_that_proves_nothing_is_refused_when_it_is_read() {
    let jwks = "jwks = \"{{ env.jwks_uri }}\"";
    for (how, word) in [
        ("expect = \"signed\"".to_owned(), "`expect` is jws, jwe, nested or any"),
        (format!("{jwks}\nalgs = [\"ES256\"]"), "expect"),
        (format!("expect = \"jws\"\n{jwks}"), "`algs` is wanted"),
        ("expect = \"jws\"".to_owned(), "the signature needs a key"),
        (format!("expect = \"nested\"\n{jwks}\nalgs = [\"ES256\"]"), "needs `decrypt`"),
        ("expect = \"jwe\"\ndecrypt = \"nobody\"".to_owned(), "no key role `nobody`"),
        ("expect = \"jwe\"\ndecrypt = \"signing\"".to_owned(), "not for decrypting"),
        (format!("expect = \"jws\"\ndecrypt = \"encryption\"\n{jwks}\nalgs = [\"ES256\"]"), "no meaning"),
        (format!("expect = \"jws\"\n{jwks}\nown = \"signing\"\nalgs = [\"ES256\"]"), "one place"),
        (format!("expect = \"jws\"\n{jwks}\ninside = \"/jwks\"\nalgs = [\"ES256\"]"), "prove nothing"),
        ("expect = \"jws\"\npin = \"bank\"\ninside = \"jwks\"\nalgs = [\"ES256\"]".to_owned(), "JSON pointer"),
        ("expect = \"jws\"\npin = \"bank\"\nalgs = [\"ES256\"]".to_owned(), "no step before brings the keys"),
        (format!("expect = \"jws\"\n{jwks}\nalgs = [\"ES256\", \"none\"]"), "`algs` lists `none`"),
        (format!("{NESTED}\nkey_algs = [\"RSA\"]"), "`key_algs` lists `RSA`"),
        (format!("{NESTED}\nenc_algs = [\"A128CBC\"]"), "`enc_algs` lists `A128CBC`"),
        (format!("expect = \"jws\"\n{jwks}\nalgs = [\"ES256\"]\nrefetch = \"fetched\""), "did you mean `fetch`?"),
        (format!("expect = \"jws\"\n{jwks}\nalgs = [\"ES256\"]\nrefetch = \"id_token\""), "no step before this one"),
        (format!("expect = \"jws\"\n{jwks}\nalgs = [\"ES256\"]\nunverified = \"never\""), "fail, warn or info"),
        (
            format!("expect = \"jws\"\n{jwks}\nalgs = [\"ES256\"]\niss = \"{{{{ env.isuer }}}}\""),
            "`env` has no `isuer`",
        ),
    ] {
        let text = format!("{HEAD}{}", flow(&how));
        match Library::embedded().check("play.toml", &text) {
            Ok(_) => panic!("{how} was taken"),
            Err(why) => assert!(why.to_string().contains(word), "{how}: {why}"),
        }
    }
}

#[test]
fn approved_keys_are_read_from_a_saved_profile() {
    let pins = "[pins.bank]\nthumbprints = [\"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\"]\nsha256 = \"00\"\napproved = \"2026-01-01T00:00:00Z\"\n";
    let loaded = Library::embedded().check("play.toml", &format!("{HEAD}{}{pins}", flow(NESTED))).expect("a profile");
    assert_eq!(loaded.profile.pins["bank"].thumbprints.len(), 1);
    let bad = pins.replace("NzbLs", "Nzb");
    assert!(Library::embedded().check("play.toml", &format!("{HEAD}{}{bad}", flow(NESTED))).is_err());
}
