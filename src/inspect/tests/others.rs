use super::*;

#[test]
fn an_encrypted_token_stays_shut() {
    let make = |alg: &str, enc: &str| {
        format!("{}.AAAA.AAAA.AAAA.AAAA", b64::encode(json!({"alg": alg, "enc": enc}).to_string().as_bytes()))
    };
    for (alg, enc, verdict) in [
        ("RSA-OAEP", "A128GCM", Verdict::NoKey),
        ("ECDH-ES", "A256CBC-HS512", Verdict::NoKey),
        ("RSA1_5", "A128GCM", Verdict::Unsupported),
        ("PBES2-HS256+A128KW", "A128GCM", Verdict::Unsupported),
        ("RSA-OAEP", "XYZ", Verdict::Unsupported),
    ] {
        let seen = inspect(&make(alg, enc), &KeyRing::new(), NOW);
        assert_eq!((seen.kind, seen.verdict), (Kind::Jwe, verdict));
        assert_eq!(
            seen.to_json()["layers"][0],
            json!({"kind": "jwe", "header": {"alg": alg, "enc": enc}, "status": verdict.word()})
        );
    }
    let bad = make("RSA-OAEP", "A128GCM").replacen("AAAA", "AA=A", 1);
    assert_eq!(failed(&inspect(&bad, &KeyRing::new(), NOW)), ["JOSE-04"]);
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
