//! Signatures against documents of others, and against every way of bending them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::keys::KeySpec;

fn public(text: &str) -> PublicJwk {
    PublicJwk::from_value(&serde_json::from_str(text).unwrap()).unwrap()
}

/// A token's verdict under one public key.
fn check(token: &str, key: &PublicJwk) -> Result<(), String> {
    let compact = Compact::parse(token).map_err(|e| e.to_string())?;
    let alg = compact.alg().ok_or("no algorithm")?;
    verify(alg, key, compact.signing_input(), compact.signature()).map_err(|e| e.to_string())
}

fn header(alg: &str) -> Map<String, Value> {
    json!({"alg": alg, "typ": "JWT"}).as_object().unwrap().clone()
}

fn signed(key: &SecretJwk, alg: Alg) -> String {
    let input = compact::signing_input(&header(alg.name()), br#"{"iss":"countersign","exp":1900000000}"#);
    compact::assemble(&input, &key.sign(alg, input.as_bytes()).unwrap())
}

fn algs(spec: KeySpec) -> Vec<Alg> {
    Alg::ALL.into_iter().filter(|a| spec.signs(*a)).collect()
}

const SPECS: [KeySpec; 5] = [KeySpec::P256, KeySpec::P384, KeySpec::P521, KeySpec::Ed25519, KeySpec::Rsa(2048)];

#[test]
fn the_examples_of_the_rfcs_verify() {
    check(vectors::A2, &public(vectors::A2_JWK)).unwrap();
    check(vectors::A3, &public(vectors::A3_JWK)).unwrap();
    check(vectors::A4, &public(vectors::A4_JWK)).unwrap();
    let ed = SecretJwk::from_jwk(&serde_json::from_str(vectors::ED25519_JWK).unwrap()).unwrap();
    check(vectors::ED25519, ed.public()).unwrap();
    let (input, signature) = vectors::ED25519.rsplit_once('.').unwrap();
    assert_eq!(b64::encode(&ed.sign(Alg::EdDsa, input.as_bytes()).unwrap()), signature);
    let (a1, k) = (Compact::parse(vectors::A1).unwrap(), b64::decode(vectors::A1_K).unwrap());
    verify_hmac(Alg::Hs256, &k, a1.signing_input(), a1.signature()).unwrap();
    assert_eq!(sign_hmac(Alg::Hs256, &k, a1.signing_input()).unwrap(), a1.signature());
}

#[test]
fn a_banks_examples_are_what_its_guide_says() {
    let creation = Compact::parse(vectors::DNB_CREATION).unwrap();
    let claims = creation.claims().unwrap();
    let key = PublicJwk::from_value(&claims["cnf"]["jwk"]).unwrap();
    check(vectors::DNB_CREATION, &key).unwrap();
    assert_eq!(key, public(vectors::DNB_JWK));
    assert_eq!(key.kid(), Some(key.thumbprint().as_str()));
    // Its s is in the upper half of the range, and that is fine.
    assert!(creation.signature()[32] >= 0x80);
    assert!(check(vectors::DNB_ASSERTION, &key).unwrap_err().contains("another key"));
    check(vectors::DNB_ASSERTION, &public(vectors::DNB_ASSERTION_JWK)).unwrap();
}

#[test]
fn a_vendors_example_verifies_as_ps256_only() {
    let key = public(vectors::WSO2_JWK);
    check(vectors::WSO2_ASSERTION, &key).unwrap();
    assert_eq!(
        (key.thumbprint().as_str(), Some(key.thumbprint_sha1().as_str())),
        (vectors::WSO2_THUMBPRINT, key.kid())
    );
    let mut free = key.as_value().clone();
    free.as_object_mut().unwrap().remove("alg");
    let (free, token) = (PublicJwk::from_value(&free).unwrap(), Compact::parse(vectors::WSO2_ASSERTION).unwrap());
    assert_eq!(verify(Alg::Rs256, &free, token.signing_input(), token.signature()), Err(VerifyError::Mismatch));
}

#[test]
fn what_every_kind_of_key_signs_verifies_and_nothing_else_does() {
    let keys: Vec<SecretJwk> = SPECS.into_iter().map(|s| SecretJwk::generate(s).unwrap()).collect();
    for key in &keys {
        for alg in algs(key.spec()) {
            let token = signed(key, alg);
            check(&token, key.public()).unwrap();
            for other in keys.iter().filter(|k| k.spec() != key.spec()) {
                assert!(check(&token, other.public()).is_err());
            }
            let compact = Compact::parse(&token).unwrap();
            for wrong in Alg::ALL.into_iter().filter(|a| *a != alg) {
                assert!(verify(wrong, key.public(), compact.signing_input(), compact.signature()).is_err());
            }
        }
        for alg in Alg::ALL.into_iter().filter(|a| !key.spec().signs(*a)) {
            assert_eq!(key.sign(alg, b"x").unwrap_err(), JoseError::Algorithm { alg, spec: key.spec() });
        }
    }
}

#[test]
fn ps_salts_are_as_long_as_the_hash() {
    use openssl::rsa::Padding;
    use openssl::sign::{RsaPssSaltlen, Signer};
    let key = SecretJwk::generate(KeySpec::Rsa(2048)).unwrap();
    let pkey = openssl::pkey::PKey::private_key_from_pkcs8(key.to_pkcs8_der().expose()).unwrap();
    for (salt, good) in [(32, true), (0, false), (20, false), (222, false)] {
        let mut signer = Signer::new(openssl::hash::MessageDigest::sha256(), &pkey).unwrap();
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(salt)).unwrap();
        let signature = signer.sign_oneshot_to_vec(b"x").unwrap();
        assert_eq!(verify(Alg::Ps256, key.public(), b"x", &signature).is_ok(), good, "salt of {salt}");
    }
}

#[test]
fn an_unsigned_token_never_verifies() {
    let key = SecretJwk::generate(KeySpec::P256).unwrap();
    let good = signed(&key, Alg::Es256);
    let signature = good.rsplit('.').next().unwrap();
    for none in ["none", "None", "NONE", "nOnE", " none", "none ", "", "es256", "ES256 ", "ES256K", "\u{441}one"] {
        let input = compact::signing_input(&header(none), b"{}");
        for token in [format!("{input}."), format!("{input}.{signature}")] {
            assert_eq!(Compact::parse(&token).unwrap().alg(), None, "{none:?}");
        }
    }
    let unsigned = format!("{}.", good.rsplit_once('.').unwrap().0);
    assert!(check(&unsigned, key.public()).unwrap_err().contains("no signature"));
}

#[test]
fn a_public_key_is_never_taken_for_a_secret() {
    for spec in [KeySpec::P256, KeySpec::Rsa(2048)] {
        let key = SecretJwk::generate(spec).unwrap();
        let der = key.public().to_spki_der();
        let pem = openssl::pkey::PKey::public_key_from_der(&der).unwrap().public_key_to_pem().unwrap();
        for secret in [der, pem, key.public().as_value().to_string().into_bytes()] {
            let input = compact::signing_input(&header("HS256"), b"{}");
            let token = compact::assemble(&input, &sign_hmac(Alg::Hs256, &secret, input.as_bytes()).unwrap());
            assert!(check(&token, key.public()).unwrap_err().contains("shared secret"));
        }
    }
    assert!(matches!(verify_hmac(Alg::Hs256, &[7; 31], b"x", &[0; 32]), Err(VerifyError::ShortSecret { .. })));
    assert_eq!(verify_hmac(Alg::Es256, &[7; 64], b"x", &[0; 64]), Err(VerifyError::NotSymmetric(Alg::Es256)));
}

#[test]
fn ecdsa_signatures_have_one_form() {
    let key = SecretJwk::generate(KeySpec::P256).unwrap();
    let raw = key.sign(Alg::Es256, b"x").unwrap();
    let error = verify(Alg::Es256, key.public(), b"x", &der::from_raw(&raw)).unwrap_err();
    assert!(error.to_string().contains("in DER") && error.hint().contains("this is DER; JWS wants r‖s"), "{error}");
    let n = b64::decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE").unwrap();
    for (part, r, s) in [
        ("r", &[0; 32][..], &raw[32..]),
        ("s", &raw[..32], &[0; 32][..]),
        ("r", &n[..], &raw[32..]),
        ("s", &raw[..32], &n[..]),
        ("s", &raw[..32], &[0xff; 32][..]),
    ] {
        let error = verify(Alg::Es256, key.public(), b"x", &[r, s].concat()).unwrap_err();
        assert_eq!(error, VerifyError::Range(part));
    }
    for length in [1, 63, 65, 96] {
        assert!(matches!(
            verify(Alg::Es256, key.public(), b"x", &vec![1; length]).unwrap_err(),
            VerifyError::Length { expected: 64, der: false, .. }
        ));
    }
}

#[test]
fn what_a_key_says_of_itself_is_obeyed() {
    let key = SecretJwk::generate(KeySpec::Rsa(2048)).unwrap();
    let token = signed(&key, Alg::Ps256);
    let with = |name: &str, value: Value| {
        let mut jwk = key.public().as_value().clone();
        jwk[name] = value;
        PublicJwk::from_value(&jwk).unwrap()
    };
    for (name, value, good) in [
        ("alg", json!("PS256"), true),
        ("alg", json!("RS256"), false),
        ("alg", json!("RSA-OAEP"), false),
        ("use", json!("sig"), true),
        ("use", json!("enc"), false),
        ("key_ops", json!(["verify"]), true),
        ("key_ops", json!(["sign"]), false),
        ("key_ops", json!([]), false),
    ] {
        assert_eq!(check(&token, &with(name, value.clone())).is_ok(), good, "{name} {value}");
    }
    let mut private = key.to_private_value();
    private["alg"] = json!("RS256");
    let bound = SecretJwk::from_jwk(&private).unwrap();
    assert!(bound.sign(Alg::Rs256, b"x").is_ok());
    assert!(matches!(bound.sign(Alg::Ps256, b"x"), Err(JoseError::KeySays { .. })));
}

#[test]
fn a_weak_key_proves_nothing() {
    let weak = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let mut signer = openssl::sign::Signer::new(openssl::hash::MessageDigest::sha256(), &weak).unwrap();
    let signature = signer.sign_oneshot_to_vec(b"x").unwrap();
    let key = PublicJwk::from_spki_der(&weak.public_key_to_der().unwrap()).unwrap();
    assert!(matches!(verify(Alg::Rs256, &key, b"x", &signature), Err(VerifyError::Weak(_))));
    let secret = SecretJwk::from_pem(&weak.private_key_to_pem_pkcs8().unwrap()).unwrap();
    assert!(matches!(secret.sign(Alg::Rs256, b"x"), Err(JoseError::Weak(_))));
}

#[test]
fn a_key_of_a_faulty_generator_proves_nothing() {
    // a power of 65537 modulo every small prime, as those keys are; nobody has its factors
    let modulus = {
        let mut product = openssl::bn::BigNum::from_u32(1).unwrap();
        for n in (3_u32..=167).filter(|n| (2..*n).all(|d| n % d != 0)) {
            product.mul_word(n).unwrap();
        }
        let mut n = openssl::bn::BigNum::new().unwrap();
        n.lshift(&product, 2048 - product.num_bits()).unwrap();
        n.add_word(65_537).unwrap();
        n.to_vec()
    };
    let jwk = json!({"kty": "RSA", "n": b64::encode(&modulus), "e": "AQAB"});
    let key = PublicJwk::from_value(&jwk).unwrap();
    let error = verify(Alg::Rs256, &key, b"x", &[1; 256]).unwrap_err();
    assert!(error.to_string().contains("faulty generator"), "{error}");
    for (e, rule) in [("AQ", "odd number above 1"), ("AQAA", "odd number above 1")] {
        let jwk = json!({"kty": "RSA", "n": b64::encode(&modulus), "e": e});
        assert!(PublicJwk::from_value(&jwk).unwrap_err().to_string().contains(rule), "{e}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// Over every algorithm: no flipped bit and no replaced, added or lost character leaves a token that verifies.
    #[test]
    fn an_altered_token_never_verifies(which in any::<prop::sample::Index>(), place in any::<prop::sample::Index>(),
                                       edit in 0_u8..4, bit in 0_u8..7, put in "[A-Za-z0-9_.=-]") {
        use std::sync::LazyLock;
        static TOKENS: LazyLock<Vec<(String, PublicJwk)>> = LazyLock::new(|| {
            let keys = SPECS.into_iter().map(|s| SecretJwk::generate(s).unwrap());
            keys.flat_map(|k| algs(k.spec()).into_iter().map(move |a| (signed(&k, a), k.public().clone()))).collect()
        });
        let (token, key) = which.get(&TOKENS);
        let mut bytes = token.clone().into_bytes();
        let i = place.index(bytes.len());
        match edit {
            0 => bytes[i] ^= 1 << bit,
            1 => bytes[i] = put.as_bytes()[0],
            2 => bytes.insert(i, put.as_bytes()[0]),
            _ => { bytes.remove(i); }
        }
        if let Ok(altered) = String::from_utf8(bytes) {
            prop_assert!(altered == *token || check(&altered, key).is_err(), "{} at {}", edit, i);
        }
    }

    #[test]
    fn no_signature_makes_it_panic(spec in prop::sample::select(&SPECS[..4]), bytes in prop::collection::vec(any::<u8>(), 0..140)) {
        let key = SecretJwk::generate(spec).unwrap();
        for alg in Alg::ALL {
            prop_assert!(verify(alg, key.public(), b"x", &bytes).is_err());
        }
    }
}
