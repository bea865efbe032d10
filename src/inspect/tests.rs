use super::*;
use crate::flow::view::{CheckView, Outcome};
use crate::jose::{Alg, JwkSet, PublicJwk, SecretJwk, Verdict, b64, compact, der, sign_hmac, vectors};
use crate::keys::KeySpec;
use crate::secret::SecretBytes;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Encrypted tokens, keys, certificates.
mod others;

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn key() -> SecretJwk {
    SecretJwk::generate(KeySpec::P256).unwrap()
}

fn ring(key: &PublicJwk) -> KeyRing {
    let mut ring = KeyRing::new();
    ring.add(key.clone(), "file:k.pem");
    ring
}

fn token(key: &SecretJwk, header: &Value, payload: &[u8]) -> String {
    let input = compact::signing_input(header.as_object().unwrap(), payload);
    compact::assemble(&input, &key.sign(Alg::Es256, input.as_bytes()).unwrap())
}

fn jwt(key: &SecretJwk, claims: &Value) -> String {
    token(key, &json!({"alg": "ES256", "typ": "JWT"}), claims.to_string().as_bytes())
}

fn check<'i>(seen: &'i Inspection, id: &str) -> &'i CheckView {
    seen.checks.iter().find(|c| c.id == id).unwrap_or_else(|| panic!("no {id} in {seen:?}"))
}

fn failed(seen: &Inspection) -> Vec<&str> {
    seen.checks.iter().filter(|c| c.outcome == Outcome::Fail).map(|c| c.id.as_str()).collect()
}

#[test]
fn a_good_token_is_verified_and_keeps_every_rule() {
    let key = key();
    let text = jwt(&key, &json!({"z": 1, "iss": "c", "exp": 1_700_000_280, "iat": 1_699_999_988}));
    let seen = inspect(&text, &ring(key.public()), NOW);
    assert_eq!((seen.kind, seen.verdict), (Kind::Jws, Verdict::Verified));
    assert!(failed(&seen).is_empty() && seen.problem.is_none());
    let thumbprint = key.public().thumbprint();
    assert_eq!(
        seen.to_json(),
        json!({
            "kind": "jws", "verdict": "verified",
            "layers": [{
                "kind": "jws", "header": {"alg": "ES256", "typ": "JWT"},
                "claims": {"z": 1, "iss": "c", "exp": 1_700_000_280, "iat": 1_699_999_988},
                "payload_b64": text.split('.').nth(1).unwrap(),
                "status": "verified", "key": {"thumbprint": thumbprint, "from": "file:k.pem"},
            }],
            "checks": seen.to_json()["checks"],
        })
    );
    assert!(
        seen.to_json()
            .to_string()
            .starts_with(r#"{"kind":"jws","verdict":"verified","layers":[{"kind":"jws","header":{"alg""#)
    );
    let exp = check(&seen, "JWT-02");
    assert_eq!(
        seen.to_json()["checks"].as_array().unwrap().iter().find(|c| c["id"] == "JWT-02").unwrap().to_string(),
        r#"{"id":"JWT-02","level":"must","result":"pass","say":"exp is in the future","expected":"> now","found":"in 4 min","ref":"RFC 7519 §4.1.4"}"#
    );
    assert_eq!(exp.on, "token");
    let ids: Vec<_> = seen.checks.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "JOSE-01", "JOSE-03", "JOSE-04", "JOSE-05", "JOSE-06", "JWT-05", "JWT-01", "JWT-02", "JWT-02", "JWT-02",
            "JWT-06"
        ]
    );
}

#[test]
fn an_expired_token_is_verified_and_fails_its_check() {
    let key = key();
    let text = jwt(&key, &json!({"exp": 1_699_999_988, "iat": 1_699_999_000}));
    let seen = inspect(&text, &ring(key.public()), NOW);
    assert_eq!((seen.verdict, failed(&seen)), (Verdict::Verified, vec!["JWT-02"]));
    assert_eq!(check(&seen, "JWT-02").found, "12 s ago");
}

#[test]
fn times_are_judged_one_by_one() {
    let key = key();
    for (claims, fails) in [
        (json!({"exp": "1700000280"}), vec!["JWT-01"]),
        (json!({"exp": 1_700_000_280_000_i64}), vec!["JWT-01"]),
        (json!({"exp": 1e300}), vec!["JWT-01"]),
        (json!({"exp": -1e300, "iat": null}), vec!["JWT-01"]),
        (json!({"auth_time": [1]}), vec!["JWT-01"]),
        (json!({"exp": 1_700_000_280.5}), vec![]),
        (json!({"nbf": 1_700_000_059, "iat": 1_700_000_060}), vec![]),
        (json!({"nbf": 1_700_000_061}), vec!["JWT-02"]),
        (json!({"iat": 1_700_000_061}), vec!["JWT-02"]),
        (json!({"exp": 1_700_000_030, "iat": 1_700_000_050}), vec!["JWT-02"]),
        (json!({}), vec![]),
    ] {
        let seen = inspect(&jwt(&key, &claims), &KeyRing::new(), NOW);
        assert_eq!(failed(&seen), fails, "{claims}");
    }
    let none = inspect(&jwt(&key, &json!({})), &KeyRing::new(), NOW);
    assert_eq!(
        (check(&none, "JWT-02").outcome, check(&none, "JWT-01").outcome),
        (Outcome::NotChecked, Outcome::NotChecked)
    );
    let ms = inspect(&jwt(&key, &json!({"exp": 1_700_000_280_000_i64})), &KeyRing::new(), NOW);
    assert_eq!(check(&ms, "JWT-01").found, "exp 1700000280000: milliseconds?");
}

#[test]
fn the_five_verdicts_are_told_apart() {
    let (own, other) = (key(), key());
    let text = jwt(&own, &json!({"iss": "c"}));
    assert_eq!(inspect(&text, &KeyRing::new(), NOW).verdict, Verdict::NoKey);
    assert_eq!(inspect(&text, &ring(other.public()), NOW).verdict, Verdict::Wrong);
    let rsa = SecretJwk::generate(KeySpec::Rsa(2048)).unwrap();
    assert_eq!(inspect(&text, &ring(rsa.public()), NOW).verdict, Verdict::NoKey);
    let mut both = ring(other.public());
    both.add(own.public().clone(), "jwks");
    let seen = inspect(&text, &both, NOW);
    assert_eq!(seen.layers[0].key.as_ref().unwrap().from, "jwks");
    for (alg, verdict) in [
        (json!("none"), Verdict::Wrong),
        (json!("NoNe"), Verdict::Wrong),
        (json!(7), Verdict::Wrong),
        (json!(""), Verdict::Wrong),
        (json!("ES256K"), Verdict::Unsupported),
        (json!("es256"), Verdict::Unsupported),
        (json!("HS256"), Verdict::NoKey),
        (json!("RS256"), Verdict::NoKey),
    ] {
        let input = compact::signing_input(json!({"alg": alg}).as_object().unwrap(), b"{}");
        for signature in ["", "AAAA"] {
            let seen = inspect(&format!("{input}.{signature}"), &ring(own.public()), NOW);
            let expected = if signature.is_empty() && verdict == Verdict::NoKey { Verdict::Wrong } else { verdict };
            assert_eq!(seen.verdict, expected, "{alg} {signature}");
        }
    }
    assert_eq!(
        inspect("2YotnFZFEjr1zCsicMWpAA", &KeyRing::new(), NOW).to_json(),
        json!({"kind": "opaque", "verdict": "decoded", "layers": [], "checks": []})
    );
}

#[test]
fn keys_are_tried_by_kid_and_a_strange_kid_proves_nothing_wrong() {
    let own = key();
    let text = token(&own, &json!({"alg": "ES256", "kid": "mine"}), b"{}");
    let verdict = |key: PublicJwk| inspect(&text, &ring(&key), NOW).verdict;
    assert_eq!(verdict(own.public().clone()), Verdict::Verified);
    assert_eq!(verdict(own.public().with_kid("mine")), Verdict::Verified);
    assert_eq!(verdict(own.public().with_kid("renamed")), Verdict::Verified);
    assert_eq!(verdict(key().public().with_kid("mine")), Verdict::Wrong);
    assert_eq!(verdict(key().public().clone()), Verdict::Wrong);
    assert_eq!(verdict(key().public().with_kid("another")), Verdict::NoKey);
    assert_eq!(verdict(own.public().with_kid("mine").with_use("enc")), Verdict::Wrong);
    assert_eq!(verdict(own.public().with_alg(Alg::Es512)), Verdict::NoKey);
}

#[test]
fn a_shared_secret_verifies_only_what_was_made_with_one() {
    let input = compact::signing_input(json!({"alg": "HS256"}).as_object().unwrap(), b"{}");
    let secret = [7; 32];
    let text = compact::assemble(&input, &sign_hmac(Alg::Hs256, &secret, input.as_bytes()).unwrap());
    let mut ring = KeyRing::new();
    ring.add_secret(SecretBytes::new(secret.to_vec()), "client secret");
    let seen = inspect(&text, &ring, NOW);
    assert_eq!(seen.to_json()["layers"][0]["key"], json!({"from": "client secret"}));
    assert_eq!(seen.verdict, Verdict::Verified);
    let mut local = KeyRing::new();
    let set = json!({"keys": [{"kty": "oct", "k": b64::encode(&[8; 32])}, {"kty": "oct", "kid": "x", "k": b64::encode(&secret)}]});
    local.add_set(&JwkSet::parse_local(&set).unwrap(), "keys.json");
    assert_eq!(inspect(&text, &local, NOW).verdict, Verdict::Verified);
    let public = key();
    let fake = sign_hmac(Alg::Hs256, &public.public().to_spki_der(), input.as_bytes()).unwrap();
    assert_eq!(inspect(&compact::assemble(&input, &fake), &self::ring(public.public()), NOW).verdict, Verdict::NoKey);
    assert!(!format!("{ring:?}").contains("7, 7"));
}

#[test]
fn a_key_inside_the_token_is_not_trusted() {
    let own = key();
    let text = token(&own, &json!({"alg": "ES256", "jwk": own.public().as_value()}), b"{}");
    let seen = inspect(&text, &KeyRing::new(), NOW);
    assert_eq!(seen.verdict, Verdict::NoKey);
    assert!(seen.problem.unwrap().hint.contains("“jwk”"));
}

#[test]
fn banks_examples_read_as_their_guide_says() {
    let dnb = PublicJwk::from_value(&serde_json::from_str(vectors::DNB_JWK).unwrap()).unwrap();
    let then = Timestamp::from_seconds(1_698_820_742 + 60);
    let seen = inspect(vectors::DNB_CREATION, &ring(&dnb), then);
    assert_eq!((seen.verdict, failed(&seen)), (Verdict::Verified, vec![]));
    assert_eq!(check(&seen, "JWT-02").found, "in 29 d");
    assert_eq!(seen.layers[0].claims.as_ref().unwrap()["cnf"]["jwk"]["kid"], dnb.thumbprint());
    let seen = inspect(vectors::DNB_ASSERTION, &ring(&dnb), then);
    assert_eq!(seen.verdict, Verdict::Wrong);
    assert!(failed(&seen).contains(&"JWT-02"));
    for placeholder in ["eyJhbGciOiJQ.…", "eyJhbGciOi4v7g8…"] {
        assert_ne!(inspect(placeholder, &ring(&dnb), then).verdict, Verdict::Verified);
    }
}

#[test]
fn a_der_signature_is_named_as_such() {
    let own = key();
    let input = compact::signing_input(json!({"alg": "ES256"}).as_object().unwrap(), b"{}");
    let raw = own.sign(Alg::Es256, input.as_bytes()).unwrap();
    let seen = inspect(&compact::assemble(&input, &der::from_raw(&raw)), &KeyRing::new(), NOW);
    assert_eq!((seen.verdict, failed(&seen)), (Verdict::Wrong, vec!["JOSE-03"]));
    assert!(check(&seen, "JOSE-03").found.ends_with("bytes of DER"));
    assert!(seen.problem.unwrap().hint.contains("r‖s"));
}

#[test]
fn white_space_is_an_error_that_offers_to_strip_it() {
    let own = key();
    let good = jwt(&own, &json!({"iss": "c"}));
    for bad in [
        format!("{}\n{}", &good[..50], &good[50..]),
        format!(" {good}"),
        format!("Bearer {good}"),
        format!("Authorization: Bearer {good}\n"),
    ] {
        let seen = inspect(&bad, &ring(own.public()), NOW);
        assert_eq!((seen.kind, seen.verdict, failed(&seen)), (Kind::Jws, Verdict::Wrong, vec!["JOSE-04"]));
        let stripped = seen.problem.unwrap().stripped.unwrap();
        assert_eq!(stripped, good);
        assert_eq!(inspect(&stripped, &ring(own.public()), NOW).verdict, Verdict::Verified);
    }
}

#[test]
fn broken_tokens_fail_the_rule_they_break() {
    let own = key();
    let good = jwt(&own, &json!({"iss": "c"}));
    let keys = ring(own.public());
    let signed = |header: &Value, payload: &[u8]| token(&own, header, payload);
    let es = json!({"alg": "ES256"});
    let doubled = format!("{}.{}", b64::encode(br#"{"alg":"ES256","alg":"ES256"}"#), good.split_once('.').unwrap().1);
    for (text, id, verdict) in [
        (format!("{good}="), "JOSE-04", Verdict::Wrong),
        (good.replacen('.', ".+", 1), "JOSE-04", Verdict::Wrong),
        (format!("{good}.x"), "JOSE-05", Verdict::Wrong),
        (good.rsplit_once('.').unwrap().0.to_owned(), "JOSE-05", Verdict::Wrong),
        (format!("{good}.x.y.z"), "JOSE-05", Verdict::Wrong),
        (doubled, "JOSE-05", Verdict::Wrong),
        (signed(&json!({"alg": "ES256", "crit": ["exp"]}), b"{}"), "JOSE-06", Verdict::Unsupported),
        (signed(&json!({"alg": "ES256", "crit": []}), b"{}"), "JOSE-06", Verdict::Unsupported),
        (signed(&es, br#"{"iss":"a","iss":"b"}"#), "JWT-05", Verdict::Verified),
        (signed(&es, b"{\"iss\":\"\xff\"}"), "JWT-05", Verdict::Verified),
        (signed(&json!({"alg": "ES256", "typ": "at+jwt"}), b"[]"), "JWT-05", Verdict::Verified),
    ] {
        let seen = inspect(&text, &keys, NOW);
        assert_eq!((failed(&seen), seen.verdict), (vec![id], verdict), "{text}");
        let problem = seen.problem.unwrap();
        assert!(!problem.text.is_empty() && !problem.hint.is_empty());
    }
    let seen = inspect(&signed(&es, br#"{"iss":"a","iss":"b"}"#), &keys, NOW);
    assert!(check(&seen, "JWT-05").found.contains("“iss” stands twice"));
    let seen = inspect(&signed(&es, b"Payload"), &keys, NOW);
    assert_eq!((seen.verdict, check(&seen, "JWT-05").outcome), (Verdict::Verified, Outcome::NotChecked));
    assert_eq!(seen.to_json()["layers"][0]["payload_b64"], b64::encode(b"Payload"));
}

#[test]
fn placeholders_are_a_warning() {
    let own = key();
    let claims =
        json!({"iss": "<client-id>", "aud": ["https://as.example.com"], "x": {"y": "[Your-id]"}, "ok": "fine"});
    let seen = inspect(&jwt(&own, &claims), &KeyRing::new(), NOW);
    let row = check(&seen, "JWT-06");
    assert_eq!((row.outcome, row.level.word(), row.found.as_str()), (Outcome::Warn, "should", "in iss, aud, x"));
}

#[test]
fn hostile_texts_are_answered_at_once_and_shown_harmless() {
    let start = std::time::Instant::now();
    let own = key();
    let keys = ring(own.public());
    for text in [
        String::new(),
        "\n \n".into(),
        "..".into(),
        "....".into(),
        ".".repeat(1_000_000),
        format!("eyJhbGciOiJFUzI1NiJ9.{}.AA", "A".repeat(10 << 20)),
        format!("eyJ{}", ".".repeat(1_000_000)),
        "{".repeat(500_000),
        format!("{{\"signatures\":[{}]}}", vec!["{}"; 100_000].join(",")),
        "-----BEGIN ".repeat(50_000),
        jwt(&own, &json!({"aud": vec!["x"; 10_000]})),
    ] {
        let seen = inspect(&text, &keys, NOW);
        let _ = (seen.to_json(), format!("{seen:?}"));
    }
    assert!(start.elapsed() < std::time::Duration::from_secs(30), "{:?}", start.elapsed());
    let header = json!({"alg": "\u{1b}[2J\u{202e}", "kid": "\u{1b}]0;x\u{7}"});
    let input = compact::signing_input(header.as_object().unwrap(), b"{}");
    let seen = inspect(&format!("{input}.AAAA"), &keys, NOW);
    let shown = format!("{:?}{}", seen.checks, seen.problem.unwrap().text);
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown}");
    assert!(!format!("{:?}", inspect(&jwt(&own, &json!({"iss": "canary"})), &keys, NOW)).contains("canary"));
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"[A-Za-z0-9_\-.={}":,\[\] \n]{0,200}|.{0,100}|eyJ[A-Za-z0-9_.-]{0,200}"#) {
        let _ = inspect(&text, &KeyRing::new(), NOW).to_json();
        let _ = take_apart(&text);
    }

    #[test]
    fn an_altered_token_is_never_called_verified(place in any::<prop::sample::Index>(), bit in 0_u8..7) {
        use std::sync::LazyLock;
        static GOOD: LazyLock<(String, KeyRing)> = LazyLock::new(|| {
            let own = key();
            (jwt(&own, &json!({"iss": "c"})), ring(own.public()))
        });
        let mut bytes = GOOD.0.clone().into_bytes();
        let i = place.index(bytes.len());
        bytes[i] ^= 1 << bit;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert_ne!(inspect(&text, &GOOD.1, NOW).verdict, Verdict::Verified);
        }
    }
}
