use super::*;
use crate::jose::OctKey;
use crate::jose::jwe::{Enc, KeyAlg, Recipient, Sealing};

/// A token of that header whose parts have the right lengths and nothing in them.
fn hollow(header: &Value) -> String {
    let enc = Enc::parse(header["enc"].as_str().unwrap()).unwrap_or(Enc::ALL[0]);
    let sizes = [0, enc.iv_bytes(), 32, enc.tag_bytes()];
    let parts = sizes.map(|n| b64::encode(&vec![7; n]));
    format!("{}.{}", b64::encode(header.to_string().as_bytes()), parts.join("."))
}

#[test]
fn an_encrypted_token_stays_shut() {
    for (alg, enc, verdict) in [
        ("RSA-OAEP", "A128GCM", Verdict::NoKey),
        ("dir", "A256CBC-HS512", Verdict::NoKey),
        ("ECDH-ES", "A256CBC-HS512", Verdict::Wrong),
        ("A128KW", "A128GCM", Verdict::Wrong),
        ("RSA1_5", "A128GCM", Verdict::Unsupported),
        ("PBES2-HS256+A128KW", "A128GCM", Verdict::Unsupported),
        ("RSA-OAEP", "XYZ", Verdict::Unsupported),
        ("none", "A128GCM", Verdict::Unsupported),
    ] {
        let header = json!({"alg": alg, "enc": enc});
        let seen = inspect(&hollow(&header), &KeyRing::new(), NOW);
        assert_eq!((seen.kind, seen.verdict), (Kind::Jwe, verdict), "{alg} {enc}");
        assert_eq!(
            seen.to_json()["layers"][0],
            json!({"kind": "jwe", "header": {"alg": alg, "enc": enc}, "status": verdict.word()})
        );
        assert!(seen.problem.is_some_and(|p| !p.hint.is_empty()));
    }
    let good = hollow(&json!({"alg": "RSA-OAEP", "enc": "A128GCM"}));
    let bad = good.replacen("BwcH", "Bw=H", 1);
    assert_eq!(failed(&inspect(&bad, &KeyRing::new(), NOW)), ["JOSE-04"]);
    let demands = inspect(&hollow(&json!({"alg": "dir", "enc": "A128GCM", "crit": ["x"]})), &KeyRing::new(), NOW);
    assert_eq!((demands.verdict, failed(&demands)), (Verdict::Unsupported, vec!["JOSE-06"]));
}

/// Encrypted to that key, of whatever kind it is.
fn encrypted(to: &SecretJwk, header: &Value, content: &[u8]) -> String {
    let alg = KeyAlg::ALL.into_iter().find(|a| !a.is_risky() && to.public().opens(*a)).unwrap();
    let header = header.as_object().unwrap();
    let sealing = Sealing { alg, enc: Enc::ALL[3], header, compress: false, content };
    sealing.seal(Recipient::Public(to.public()), &mut |b| b.fill(5)).unwrap()
}

fn local(keys: &[&SecretJwk]) -> KeyRing {
    let keys: Vec<Value> = keys.iter().map(|k| k.to_private_value()).collect();
    let mut ring = KeyRing::new();
    ring.add_set(&JwkSet::parse_local(&json!({"keys": keys})).unwrap(), "jwks");
    ring
}

#[test]
fn a_nested_token_is_opened_layer_by_layer() {
    let (bank, own) = (key(), key());
    let signed = jwt(&bank, &json!({"iss": "c", "exp": 1_700_000_280}));
    let text = encrypted(&own, &json!({"cty": "JWT"}), signed.as_bytes());
    let mut ring = local(&[&own]);
    ring.add(bank.public().clone(), "file:bank.pem");
    let seen = inspect(&text, &ring, NOW);
    assert_eq!((seen.kind, seen.verdict, failed(&seen).is_empty()), (Kind::NestedJwt, Verdict::Verified, true));
    let out = seen.to_json();
    assert_eq!((&out["kind"], &out["verdict"]), (&json!("nested-jwt"), &json!("verified")));
    let layers = out["layers"].as_array().unwrap();
    assert_eq!((layers[0]["kind"].as_str(), layers[0]["status"].as_str()), (Some("jwe"), Some("decrypted")));
    assert_eq!(layers[0]["key"], json!({"thumbprint": own.public().thumbprint(), "from": "jwks"}));
    assert!(layers[0].get("payload_b64").is_none());
    assert_eq!((layers[1]["kind"].as_str(), layers[1]["status"].as_str()), (Some("jws"), Some("verified")));
    assert_eq!(layers[1]["key"]["from"], "file:bank.pem");
    assert_eq!(layers[1]["claims"]["iss"], "c");
    assert!(seen.checks.iter().any(|c| c.id == "JWT-02") && seen.checks.iter().any(|c| c.found == "5 parts"));

    // opened, and the signer is not known
    assert_eq!(inspect(&text, &local(&[&own]), NOW).verdict, Verdict::NoKey);
    // the outer layer that does not open wins over what cannot be seen
    assert_eq!(inspect(&text, &ring_of(&bank), NOW).verdict, Verdict::NoKey);
    assert_eq!(inspect(&text, &local(&[&key()]), NOW).verdict, Verdict::Wrong);
    let named = encrypted(&own, &json!({"kid": "a"}), signed.as_bytes());
    assert_eq!(inspect(&named, &local(&[&key().with_kid("b")]), NOW).verdict, Verdict::NoKey);
    assert_eq!(inspect(&named, &local(&[&key().with_kid("a")]), NOW).verdict, Verdict::Wrong);
    let both = local(&[&key().with_kid("a"), &own]);
    assert_eq!(inspect(&named, &both, NOW).layers[0].status, Status::Decrypted);
}

fn ring_of(key: &SecretJwk) -> KeyRing {
    ring(key.public())
}

#[test]
fn what_is_encrypted_and_not_signed_is_only_decoded() {
    let own = key();
    for (content, claims) in
        [(&br#"{"iss":"c"}"#[..], Some(json!({"iss": "c"}))), (b"plain words", None), (b"\xff\x00", None), (b"", None)]
    {
        let seen = inspect(&encrypted(&own, &json!({}), content), &local(&[&own]), NOW);
        assert_eq!((seen.kind, seen.verdict, seen.layers.len()), (Kind::Jwe, Verdict::Decoded, 1));
        let layer = &seen.layers[0];
        assert_eq!((layer.status, &layer.claims, layer.payload.as_slice()), (Status::Decrypted, &claims, content));
        assert!(seen.problem.unwrap().hint.contains("not authenticated"));
    }
    let forged = format!("{}.", compact::signing_input(json!({"alg": "none"}).as_object().unwrap(), b"{}"));
    let seen = inspect(&encrypted(&own, &json!({"cty": "JWT"}), forged.as_bytes()), &local(&[&own]), NOW);
    assert_eq!((seen.kind, seen.verdict), (Kind::NestedJwt, Verdict::Wrong));
}

#[test]
fn encryptions_inside_each_other_end_somewhere() {
    let own = key();
    let mut text = "inside".to_owned();
    for _ in 0..6 {
        text = encrypted(&own, &json!({}), text.as_bytes());
    }
    let seen = inspect(&text, &local(&[&own]), NOW);
    assert_eq!((seen.kind, seen.verdict, seen.layers.len()), (Kind::Jwe, Verdict::Decoded, 3));
    assert!(seen.layers.iter().all(|l| l.status == Status::Decrypted));
}

#[test]
fn a_key_elsewhere_answers_for_the_ring() {
    let (own, other) = (SecretJwk::generate(KeySpec::Rsa(2048)).unwrap(), key());
    let text = encrypted(&own, &json!({}), br#"{"iss":"c"}"#);
    let task = task_for(&text, own.public()).unwrap();
    assert!(task_for(&text, other.public()).is_none() && task_for("a.b.c", own.public()).is_none());
    let answer = own.unwrap_for(&task).unwrap();
    for (answer, verdict) in [(answer, Verdict::Decoded), (None, Verdict::Wrong)] {
        let mut ring = KeyRing::new();
        ring.add_answer(own.public().clone(), answer, "pkcs11:object=enc");
        let seen = inspect(&text, &ring, NOW);
        assert_eq!(seen.verdict, verdict);
        assert_eq!(seen.layers[0].key.is_some(), verdict == Verdict::Decoded);
        assert!(!format!("{seen:?} {ring:?}").contains("iss"));
    }
    let k = b64::encode(&[7; 16]);
    let shared = OctKey::from_value(&json!({"kty": "oct", "k": k})).unwrap();
    let sealing =
        Sealing { alg: KeyAlg::Dir, enc: Enc::ALL[0], header: &serde_json::Map::new(), compress: true, content: b"{}" };
    let text = sealing.seal(Recipient::Shared(&shared), &mut |b| b.fill(5)).unwrap();
    let mut ring = KeyRing::new();
    ring.add_secret(SecretBytes::new(vec![7; 16]), "client secret");
    let seen = inspect(&text, &ring, NOW);
    assert_eq!((seen.verdict, seen.layers[0].claims.clone()), (Verdict::Decoded, Some(json!({}))));
    assert_eq!(seen.to_json()["layers"][0]["key"], json!({"from": "client secret"}));
}

#[test]
fn json_serialisations_are_shown_and_unsupported() {
    let own = key();
    let good = jwt(&own, &json!({"iss": "c"}));
    let parts: Vec<&str> = good.split('.').collect();
    let flat = json!({"payload": parts[1], "protected": parts[0], "signature": parts[2]});
    let general = json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}, {"signature": "AA"}]});
    for (text, layers) in [(flat, 1), (general, 2)] {
        let seen = inspect(&text.to_string(), &ring(own.public()), NOW);
        assert_eq!((seen.kind, seen.verdict, seen.layers.len()), (Kind::Jws, Verdict::Unsupported, layers));
        assert_eq!(seen.layers[0].claims, Some(json!({"iss": "c"})));
        assert_eq!(seen.layers[0].header, Some(json!({"alg": "ES256", "typ": "JWT"})));
    }
    let jwe = json!({"protected": parts[0], "ciphertext": "AAAA"}).to_string();
    assert_eq!(inspect(&jwe, &KeyRing::new(), NOW).verdict, Verdict::Unsupported);
}

#[test]
fn keys_show_their_public_part() {
    let own = key();
    let seen = inspect(&own.public().as_value().to_string(), &KeyRing::new(), NOW);
    assert_eq!((seen.kind, seen.verdict), (Kind::Jwk, Verdict::Decoded));
    assert_eq!(seen.layers[0].key.as_ref().unwrap().thumbprint, Some(own.public().thumbprint()));
    let private = own.to_private_value();
    let shown = inspect(&private.to_string(), &KeyRing::new(), NOW);
    assert!(!shown.to_json().to_string().contains(private["d"].as_str().unwrap()));
    assert!(shown.problem.unwrap().text.contains("private key"));
    let oct = inspect(r#"{"kty":"oct","k":"c2VjcmV0LXNlY3JldA"}"#, &KeyRing::new(), NOW);
    assert!(oct.kind == Kind::Jwk && !oct.to_json().to_string().contains("c2VjcmV0"));
    let set = json!({"keys": [own.public().as_value(), {"kty": "AKP"}]});
    let seen = inspect(&set.to_string(), &KeyRing::new(), NOW);
    assert_eq!((seen.kind, seen.layers.len(), seen.problem.is_some()), (Kind::Jwks, 1, true));
    let twice = r#"{"kty":"EC","kty":"RSA"}"#;
    let seen = inspect(twice, &KeyRing::new(), NOW);
    assert_eq!((seen.kind, seen.problem.unwrap().text.contains("stands twice")), (Kind::Jwk, true));
    let answer = inspect(r#"{"access_token":"x","expires_in":1}"#, &KeyRing::new(), NOW);
    assert!(answer.kind == Kind::Opaque && answer.problem.unwrap().hint.contains("access_token"));
}

fn certificate(days: u32) -> (Vec<u8>, String) {
    use openssl::{asn1::Asn1Time, hash::MessageDigest, pkey::PKey, x509};
    let pkey = PKey::private_key_from_pkcs8(key().to_pkcs8_der().expose()).unwrap();
    let mut name = x509::X509NameBuilder::new().unwrap();
    name.append_entry_by_text("CN", "tpp.test").unwrap();
    let name = name.build();
    let mut builder = x509::X509Builder::new().unwrap();
    builder.set_subject_name(&name).unwrap();
    builder.set_issuer_name(&name).unwrap();
    builder.set_pubkey(&pkey).unwrap();
    let start = NOW.seconds() - 86_400;
    builder.set_not_before(&Asn1Time::from_unix(start).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::from_unix(start + i64::from(days) * 86_400).unwrap()).unwrap();
    builder.sign(&pkey, MessageDigest::sha256()).unwrap();
    let built = builder.build();
    (built.to_der().unwrap(), String::from_utf8(built.to_pem().unwrap()).unwrap())
}

#[test]
fn certificates_say_who_and_how_long() {
    use base64::Engine;
    let (der, pem) = certificate(31);
    let bare = base64::engine::general_purpose::STANDARD.encode(&der);
    for text in [pem.clone(), bare, format!("subject=x\n{pem}{pem}")] {
        let seen = inspect(&text, &KeyRing::new(), NOW);
        assert_eq!((seen.kind, seen.verdict, seen.problem.is_none()), (Kind::Certificate, Verdict::Decoded, true));
        let claims = seen.layers[0].claims.clone().unwrap();
        assert_eq!(
            (&claims["subject"], &claims["not_after"]),
            (&json!("CN=tpp.test"), &json!("2023-12-14 22:13:20 UTC"))
        );
        assert_eq!(claims["x5t#S256"], b64::encode(&openssl::sha::sha256(&der)));
        assert_eq!(claims["key"], "EC P-256");
    }
    let (_, old) = certificate(0);
    assert_eq!(inspect(&old, &KeyRing::new(), NOW).problem.unwrap().text, "the certificate ended 24 h ago");
    let four = pem.replacen("-----BEGIN", "----BEGIN", 1);
    assert!(inspect(&four, &KeyRing::new(), NOW).problem.unwrap().hint.contains("five dashes"));
    let cut = format!("{}-----END CERTIFICATE-----\n", &pem[..100]);
    assert!(inspect(&cut, &KeyRing::new(), NOW).problem.is_some());
    let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    assert!(inspect(private, &KeyRing::new(), NOW).problem.unwrap().text.contains("private key"));
}

#[test]
fn a_chain_shows_every_passport_and_the_rules_of_its_leaf() {
    use crate::x509::testing::{NOW, Plan, make};
    let root = make(&Plan::authority("Root"), None);
    let leaf = make(&Plan { client_auth: Some(false), ..Plan::seal() }, Some(&root));
    let pem = |made: &crate::x509::testing::Made| String::from_utf8(made.certificate.to_pem().unwrap()).unwrap();
    let seen = inspect(&format!("{}{}", pem(&leaf), pem(&root)), &KeyRing::new(), NOW);
    assert_eq!((seen.kind, seen.layers.len(), seen.problem.is_none()), (Kind::Certificate, 2, true));
    let claims = seen.layers[0].claims.as_ref().unwrap();
    assert_eq!(claims["uses"], json!({"mTLS client": "unfit", "seal": "ok"}));
    assert_eq!(claims["subject_forms"]["java oid"], "CN=Acme Seal, OID.2.5.4.97=PSDNO-FSA-987654321, O=Acme AS, C=NO");
    assert_eq!(claims["qc"]["types"], json!(["eseal"]));
    assert_eq!(claims["qc"]["psd2"]["roles"], json!(["PSP_PI", "PSP_AI"]));
    assert_eq!((&claims["organization"]["authority"], &claims["days_left"]), (&json!("FSA"), &json!(365)));
    let issuer = seen.layers[1].claims.as_ref().unwrap();
    assert_eq!((&issuer["basic_constraints"]["ca"], issuer.get("uses")), (&json!(true), None));
    let odd: Vec<_> = seen.checks.iter().filter(|c| c.outcome != Outcome::Pass).collect();
    assert_eq!((odd.len(), odd[0].id.as_str(), odd[0].reference.as_str()), (1, "TLS-04", "RFC 5280 §4.2.1.12"));
    let apart = inspect(&format!("{}{}", pem(&root), pem(&leaf)), &KeyRing::new(), NOW);
    assert!(apart.checks.iter().any(|c| c.outcome == Outcome::Warn && c.reference == "RFC 7517 §4.7"));
    let late = inspect(&pem(&leaf), &KeyRing::new(), NOW.plus_seconds(366 * 86_400));
    assert_eq!(failed(&late), ["TLS-03"]);
}
