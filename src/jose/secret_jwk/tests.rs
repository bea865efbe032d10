use super::*;
use crate::jose::{JwkError, PemError, vectors};
use openssl::symm::Cipher;
use serde_json::json;

const SPECS: [KeySpec; 6] =
    [KeySpec::P256, KeySpec::P384, KeySpec::P521, KeySpec::Ed25519, KeySpec::X25519, KeySpec::Rsa(2048)];

fn pkey(key: &SecretJwk) -> PKey<Private> {
    PKey::private_key_from_pkcs8(key.pkcs8().expose()).unwrap()
}

#[test]
fn every_form_of_a_key_file_gives_the_same_key() {
    for spec in SPECS {
        let key = SecretJwk::generate(spec).unwrap();
        let mut files = vec![pkey(&key).private_key_to_pem_pkcs8().unwrap()];
        if let Ok(ec) = pkey(&key).ec_key() {
            let sec1 = ec.private_key_to_pem().unwrap();
            let oid: &[u8] = match spec {
                KeySpec::P256 => b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
                KeySpec::P384 => b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIg==\n-----END EC PARAMETERS-----\n",
                _ => b"-----BEGIN EC PARAMETERS-----\nBgUrgQQAIw==\n-----END EC PARAMETERS-----\n",
            };
            files.push([oid, &sec1].concat());
            files.push(sec1);
            files.push(bare_sec1(&key));
        }
        if let Ok(rsa) = pkey(&key).rsa() {
            files.push(rsa.private_key_to_pem().unwrap());
        }
        for file in files {
            let read = SecretJwk::from_pem(&file).unwrap();
            assert_eq!((read.public(), read.spec()), (key.public(), spec));
        }
        assert_eq!(SecretJwk::from_jwk(&key.to_private_value()).unwrap().public(), key.public());
        assert_eq!(SecretJwk::from_pkcs8_der(key.to_pkcs8_der().expose()).unwrap().public(), key.public());
    }
}

/// SEC1 with neither parameters nor public key.
fn bare_sec1(key: &SecretJwk) -> Vec<u8> {
    use base64::Engine;
    let ec = pkey(key).ec_key().unwrap();
    let size = key.public().bits().div_ceil(8);
    let d = ec.private_key().to_vec_padded(size as i32).unwrap();
    let der = [&[0x30, size as u8 + 5, 2, 1, 1, 4, size as u8][..], &d].concat();
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----\n").into_bytes()
}

#[test]
fn files_that_cannot_be_used_say_why() {
    let key = SecretJwk::generate(KeySpec::P256).unwrap();
    let plain = String::from_utf8(pkey(&key).private_key_to_pem_pkcs8().unwrap()).unwrap();
    let encrypted = pkey(&key).private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"pw").unwrap();
    let legacy = pkey(&key).ec_key().unwrap().private_key_to_pem_passphrase(Cipher::aes_256_cbc(), b"pw").unwrap();
    let public = pkey(&key).public_key_to_pem().unwrap();
    let curve = PKey::ec_gen("secp256k1").unwrap().private_key_to_pem_pkcs8().unwrap();
    assert_eq!(SecretJwk::from_pem(&encrypted).unwrap_err(), JoseError::Encrypted);
    assert_eq!(SecretJwk::from_pem(&legacy).unwrap_err(), JoseError::Encrypted);
    assert_eq!(SecretJwk::from_pem(&public).unwrap_err(), JoseError::NoPrivateBlock);
    assert_eq!(SecretJwk::from_pem(format!("{plain}{plain}").as_bytes()).unwrap_err(), JoseError::SeveralKeys(2));
    assert!(matches!(SecretJwk::from_pem(&curve).unwrap_err(), JoseError::Jwk(_)));
    let four = plain.replacen("-----BEGIN", "----BEGIN", 1);
    let error = SecretJwk::from_pem(four.as_bytes()).unwrap_err();
    assert_eq!(error, JoseError::Pem(PemError::Dashes { line: 1, dashes: 4 }));
    assert!(error.hint().contains("five dashes"));
    let cut: String = plain.lines().enumerate().filter(|(i, _)| *i != 2).map(|(_, l)| format!("{l}\n")).collect();
    assert!(SecretJwk::from_pem(cut.as_bytes()).is_err());
}

#[test]
fn a_private_jwk_has_to_be_one_key() {
    let (one, two) = (SecretJwk::generate(KeySpec::P256).unwrap(), SecretJwk::generate(KeySpec::P256).unwrap());
    let mut mixed = one.to_private_value();
    mixed["d"] = two.to_private_value()["d"].clone();
    assert_eq!(SecretJwk::from_jwk(&mixed).unwrap_err(), JoseError::Damaged);
    let error = SecretJwk::from_jwk(one.public().as_value()).unwrap_err();
    assert_eq!(error.to_string(), "the private key's “d” is missing");
    let (one, two) =
        (SecretJwk::generate(KeySpec::Rsa(2048)).unwrap(), SecretJwk::generate(KeySpec::Rsa(2048)).unwrap());
    for member in ["d", "p", "dp", "qi"] {
        let mut mixed = one.to_private_value();
        mixed[member] = two.to_private_value()[member].clone();
        assert_eq!(SecretJwk::from_jwk(&mixed).unwrap_err(), JoseError::Damaged, "{member}");
    }
    let mut primes = one.to_private_value();
    primes["oth"] = json!([{}]);
    assert!(matches!(SecretJwk::from_jwk(&primes), Err(JoseError::Jwk(_))));
    let mut bare = one.to_private_value();
    bare.as_object_mut().unwrap().remove("p");
    assert_eq!(SecretJwk::from_jwk(&bare).unwrap_err(), JoseError::Jwk(JwkError::NotPrivate("p")));
}

#[test]
fn nothing_private_is_shown() {
    let ed: Value = serde_json::from_str(vectors::ED25519_JWK).unwrap();
    let key = SecretJwk::from_jwk(&ed).unwrap();
    assert_eq!(format!("{key:?}"), format!("SecretJwk(Ed25519 {})", vectors::ED25519_THUMBPRINT));
    let mut bad = ed.clone();
    bad["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2");
    assert!(!format!("{0} {0:?}", SecretJwk::from_jwk(&bad).unwrap_err()).contains("nWGx"));
}

#[test]
fn sizes_that_are_not_made_are_refused() {
    for bits in [0, 1024, 2047, 2049, 16384] {
        assert_eq!(SecretJwk::generate(KeySpec::Rsa(bits)).unwrap_err(), JoseError::NotMade(KeySpec::Rsa(bits)));
    }
}
