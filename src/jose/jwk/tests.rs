use super::*;
use crate::jose::{SecretJwk, b64, vectors};
use openssl::pkey::PKey;
use serde_json::json;

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn key(text: &str) -> PublicJwk {
    PublicJwk::from_value(&value(text)).unwrap()
}

#[test]
fn thumbprints_are_those_of_the_documents() {
    assert_eq!(key(vectors::THUMBPRINT_JWK).thumbprint(), vectors::THUMBPRINT);
    let dnb = key(vectors::DNB_JWK);
    assert_eq!(Some(dnb.thumbprint().as_str()), dnb.kid());
    assert_eq!(dnb.thumbprint_sha1(), "ZhS0O6PveXVabsInoKlYaphQKtk");
    let ed = PublicJwk::public_part(&value(vectors::ED25519_JWK));
    assert_eq!(PublicJwk::from_value(&ed).unwrap().thumbprint(), vectors::ED25519_THUMBPRINT);
}

#[test]
fn a_key_looks_the_same_from_jwk_and_from_der() {
    use base64::Engine;
    let der = base64::engine::general_purpose::STANDARD.decode(vectors::DNB_SPKI).unwrap();
    let dnb = key(vectors::DNB_JWK);
    assert_eq!(dnb.to_spki_der(), der);
    let read = PublicJwk::from_spki_der(&der).unwrap();
    assert_eq!((read.kid(), read.with_kid(dnb.kid().unwrap())), (None, dnb));
    for text in [vectors::A2_JWK, vectors::A3_JWK, vectors::A4_JWK] {
        assert_eq!(PublicJwk::from_spki_der(&key(text).to_spki_der()).unwrap().thumbprint(), key(text).thumbprint());
    }
    let pem = PKey::public_key_from_der(&der).unwrap().public_key_to_pem().unwrap();
    assert_eq!(PublicJwk::from_pem(&pem).unwrap(), read);
}

/// Whoever agrees with one of them gets zero, in whichever of its encodings it comes.
#[test]
fn points_of_small_order_are_no_keys() {
    for hex in vectors::SMALL_ORDER {
        let point: Vec<u8> = (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let jwk = json!({"kty": "OKP", "crv": "X25519", "x": b64::encode(&point)});
        let error = PublicJwk::from_value(&jwk).unwrap_err();
        assert!(error.to_string().contains("small order") && !error.hint().is_empty(), "{hex}: {error}");
        let spki = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00", &point[..]].concat();
        assert_eq!(PublicJwk::from_spki_der(&spki).unwrap_err(), error);
    }
    let good = key(vectors::X25519_JWK);
    assert_eq!(PublicJwk::from_spki_der(&good.to_spki_der()).unwrap().thumbprint(), good.thumbprint());
    assert!(Alg::ALL.into_iter().all(|alg| !good.verifies(alg)), "it signs nothing");
}

#[test]
fn members_stand_in_the_order_of_the_banks_examples() {
    let names = |k: &PublicJwk| k.as_value().as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    let shuffled = json!({"use": "sig", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", "kty": "EC",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "crv": "P-256", "extra": 1});
    assert_eq!(names(&PublicJwk::from_value(&shuffled).unwrap().with_kid("k")), "crv kid kty x y use extra");
    assert_eq!(names(&key(vectors::A2_JWK).with_kid("k").with_alg(Alg::Ps256)), "kty n e kid alg");
    assert_eq!(key(vectors::DNB_JWK).as_value().to_string(), vectors::DNB_JWK);
}

#[test]
fn a_key_says_what_it_is() {
    for (text, kty, kind, bits) in [
        (vectors::A3_JWK, "EC", "EC P-256", 256),
        (vectors::A4_JWK, "EC", "EC P-521", 521),
        (vectors::A2_JWK, "RSA", "RSA 2048", 2048),
        (vectors::X25519_JWK, "OKP", "X25519", 256),
    ] {
        let k = key(text);
        assert_eq!((k.kty(), k.kind().as_str(), k.bits(), k.weakness()), (kty, kind, bits, None));
    }
    let small = PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let small = PublicJwk::from_spki_der(&small.public_key_to_der().unwrap()).unwrap();
    assert!(small.weakness().unwrap().contains("1024"));
}

#[test]
fn bad_keys_are_refused_with_the_member_and_the_rule() {
    let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
    let n = value(vectors::A2_JWK)["n"].clone();
    for (jwk, part) in [
        (json!([]), "no JSON object"),
        (json!({"x": 1}), "no “kty”"),
        (json!({"kty": 1}), "“kty” is no string"),
        (json!({"kty": "EC"}), "no “crv”"),
        (json!({"kty": "AKP"}), "key type is not supported: AKP"),
        (json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": y}), "curve is not supported: secp256k1"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": x}), "not on the curve"),
        (json!({"kty": "EC", "crv": "P-384", "x": x, "y": y}), "“x” has 32 bytes; 48 are due"),
        (json!({"kty": "EC", "crv": "P-256", "x": &x[..42], "y": y}), "“x” is not base64url"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": "AAAA"}), "“y” has 3 bytes; 32 are due"),
        (json!({"kty": "EC", "crv": "P-256", "x": x}), "no “y”"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "d": x}), "“d” is a private member"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": 7}), "“kid” is no string"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "key_ops": "verify"}), "no list of strings"),
        (json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "key_ops": ["verify", "verify"]}), "twice"),
        (json!({"kty": "OKP", "crv": "X448", "x": x}), "curve is not supported: X448"),
        (json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}), "“x” has 3 bytes"),
        (json!({"kty": "RSA", "n": n, "e": "AQ"}), "“e” is no odd number above 1"),
        (json!({"kty": "RSA", "n": n, "e": "AQAA"}), "“e” is no odd number"),
        (json!({"kty": "RSA", "n": n, "e": "AAEAAQ"}), "“e” starts with a zero byte"),
        (json!({"kty": "RSA", "n": "", "e": "AQAB"}), "“n” is empty"),
        (json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}), "“n” has no size"),
        (json!({"kty": "RSA", "n": n, "e": "AQAB", "dp": 1}), "“dp” is a private member"),
        (json!({"kty": "oct", "k": "AAAA"}), "symmetric"),
    ] {
        let error = PublicJwk::from_value(&jwk).unwrap_err();
        assert!(error.to_string().contains(part), "{error} / {part}");
        assert!(!error.hint().is_empty());
    }
    for der in [&b""[..], b"\x30\x00", &[&key(vectors::A3_JWK).to_spki_der()[..], b"x"].concat()] {
        assert_eq!(PublicJwk::from_spki_der(der), Err(JwkError::NotSpki));
    }
    assert_eq!(PublicJwk::from_certificate_der(b"\x30\x03\x02\x01\x01"), Err(JwkError::NotACertificate));
}

#[test]
fn the_public_part_holds_nothing_private() {
    for spec in [KeySpec::P256, KeySpec::Ed25519, KeySpec::X25519, KeySpec::Rsa(2048)] {
        let secret = SecretJwk::generate(spec).unwrap();
        let mut private = secret.to_private_value();
        private["key_ops"] = json!(["sign"]);
        assert!(matches!(PublicJwk::from_value(&private), Err(JwkError::Private(_))));
        let public = PublicJwk::from_value(&PublicJwk::public_part(&private)).unwrap();
        assert_eq!(public.thumbprint(), secret.public().thumbprint());
        assert_eq!(public.key_ops(), Some(vec!["verify"]));
    }
}
