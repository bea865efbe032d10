//! Key files as people have them, right and wrong.

use std::path::Path;

use openssl::pkey::PKey;
use openssl::symm::Cipher;
use serde_json::{Value, json};

use super::*;
use crate::jose::{Alg, SecretJwk, verify};
use crate::keys::KeySpec;

fn private_jwk(secret: &SecretJwk) -> Value {
    secret.to_private_value()
}

fn pem(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let body = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

fn key_pem(secret: &SecretJwk) -> String {
    pem("PRIVATE KEY", secret.to_pkcs8_der().expose())
}

async fn open(path: &Path, choice: &str) -> Result<Arc<dyn Key>, KeyError> {
    Files::default().open(&KeyUri::new("file", format!("{}{choice}", path.display()))).await
}

async fn open_content(content: impl AsRef<[u8]>, choice: &str) -> Result<Arc<dyn Key>, KeyError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.pem");
    std::fs::write(&path, content).unwrap();
    open(&path, choice).await
}

async fn refusal(content: impl AsRef<[u8]>, choice: &str) -> KeyError {
    open_content(content, choice).await.map(|_| ()).unwrap_err()
}

#[tokio::test]
async fn pem_jwk_and_set_give_the_same_key() {
    let (one, two) = (SecretJwk::generate(KeySpec::P256).unwrap(), SecretJwk::generate(KeySpec::Rsa(2048)).unwrap());
    let (one, two) = (one.with_kid("one"), two.with_kid("two"));
    let set = json!({"keys": [private_jwk(&two), one.public().as_value(), private_jwk(&one)]}).to_string();
    // The public half stands in the set under the same kid: that is refused as ambiguous by the set itself.
    assert_eq!(refusal(&set, "#one").await.id, "key.unreadable");
    let set = json!({"keys": [private_jwk(&two), private_jwk(&one)]}).to_string();
    for (content, choice, want) in [
        (key_pem(&one), "", &one),
        (private_jwk(&one).to_string(), "", &one),
        (private_jwk(&one).to_string(), "#one", &one),
        (set.clone(), "#one", &one),
        (set.clone(), "#0", &two),
        (json!({"keys": [private_jwk(&two)]}).to_string(), "", &two),
    ] {
        let key = open_content(content, choice).await.unwrap();
        assert_eq!(key.info().public.thumbprint(), want.public().thumbprint());
        let alg = if key.info().spec == KeySpec::P256 { Alg::Es256 } else { Alg::Ps256 };
        let signature = key.sign(alg, b"x").await.unwrap();
        assert!(verify(alg, &key.info().public, b"x", &signature).is_ok());
        assert_eq!(key.sign(Alg::EdDsa, b"x").await.unwrap_err().id, "key.algorithm");
    }
    let error = refusal(&set, "").await;
    assert_eq!(error.id, "key.ambiguous");
    assert!(error.hint.contains("two, one"), "{error:?}");
    assert_eq!(refusal(&set, "#three").await.id, "key.not-found");
    assert_eq!(refusal(&set, "#7").await.id, "key.not-found");
    assert_eq!(refusal(key_pem(&one), "#one").await.id, "key.reference");
}

#[tokio::test]
async fn what_is_no_key_file_is_named_and_never_repeated() {
    let secret = SecretJwk::generate(KeySpec::P256).unwrap();
    let text = key_pem(&secret);
    let encrypted = PKey::private_key_from_pkcs8(secret.to_pkcs8_der().expose())
        .unwrap()
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"x")
        .unwrap();
    let public = pem("PUBLIC KEY", &secret.public().to_spki_der());
    let public_set = json!({"keys": [secret.public().as_value()]}).to_string();
    for (content, id) in [
        (Vec::new(), "key.unreadable"),
        (b" \n".to_vec(), "key.unreadable"),
        (b"s3cret text".to_vec(), "key.unreadable"),
        (b"{\"k\": \"s3cret".to_vec(), "key.unreadable"),
        (b"[\"s3cret\"]".to_vec(), "key.unreadable"),
        (b"{\"kty\": \"EC\", \"d\": \"s3cret\"}".to_vec(), "key.unreadable"),
        (text.as_bytes()[..text.len() - 40].to_vec(), "key.unreadable"),
        (secret.to_pkcs8_der().expose().to_vec(), "key.unreadable"),
        (encrypted, "key.encrypted"),
        (public.into_bytes(), "key.unreadable"),
        (secret.public().as_value().to_string().into_bytes(), "key.unreadable"),
        (public_set.into_bytes(), "key.unreadable"),
        ((text.clone() + &text).into_bytes(), "key.ambiguous"),
        (vec![b'x'; (1 << 20) + 1], "key.unreadable"),
    ] {
        let error = refusal(&content, "").await;
        assert_eq!(error.id, id, "{error:?}");
        assert!(!format!("{error:?}").contains("s3cret") && !error.hint.is_empty(), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_refused_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(open(dir.path(), "").await.map(|_| ()).unwrap_err().id, "key.unreadable");
    assert_eq!(open(&dir.path().join("none"), "").await.map(|_| ()).unwrap_err().id, "key.not-found");
    assert_eq!(open(Path::new("/dev/zero"), "").await.map(|_| ()).unwrap_err().id, "key.unreadable");
    let pipe = dir.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|s| s.success()) {
        let error = open(&pipe, "").await.map(|_| ()).unwrap_err();
        assert!(error.id == "key.unreadable" && error.text.contains("pipe"), "{error:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_can_read_is_used_with_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a#b.pem");
    std::fs::write(&path, key_pem(&SecretJwk::generate(KeySpec::Ed25519).unwrap())).unwrap();
    for (mode, warns) in [(0o600, false), (0o400, false), (0o640, true), (0o644, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let key = open(&path, "").await.unwrap();
        assert_eq!(key.info().warning.is_some(), warns, "{mode:o}");
        assert_eq!(key.info().label, "a#b.pem");
    }
}

#[cfg(feature = "sandbox")]
#[tokio::test]
async fn certificates_in_the_file_come_leaf_first_and_have_to_be_the_keys() {
    let authority = rcgen::KeyPair::generate().unwrap();
    let issuer = rcgen::Issuer::new(rcgen::CertificateParams::default(), &authority);
    let ca = rcgen::CertificateParams::default().self_signed(&authority).unwrap();
    let mine = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::default().signed_by(&mine, &issuer).unwrap();
    let file = mine.serialize_pem() + &ca.pem() + &leaf.pem();
    let key = open_content(&file, "").await.unwrap();
    assert_eq!(key.info().chain, [leaf.der().to_vec(), ca.der().to_vec()]);

    let error = refusal(mine.serialize_pem() + &ca.pem(), "").await;
    assert_eq!(error.id, "key.certificate");
    let theirs = crate::jose::PublicJwk::from_certificate_der(ca.der()).unwrap().thumbprint();
    assert!(error.text.contains(&theirs) && error.text.contains(&key.info().public.thumbprint()), "{error:?}");

    use base64::Engine as _;
    let x5c = base64::engine::general_purpose::STANDARD.encode(leaf.der());
    let mut jwk = private_jwk(&SecretJwk::from_pem(mine.serialize_pem().as_bytes()).unwrap());
    jwk["x5c"] = json!([x5c]);
    assert_eq!(open_content(jwk.to_string(), "").await.unwrap().info().chain, [leaf.der().to_vec()]);
    jwk["x5c"] = json!("s3cret");
    assert_eq!(refusal(jwk.to_string(), "").await.id, "key.certificate");
}
