//! Sealed files as openssl and others write them, each with the right passphrase, a wrong one, and damage.

use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::symm::Cipher;
use openssl::x509::{X509, X509Name};

use super::*;
use crate::jose::{Alg, verify};
use crate::keys::file::Files;
use crate::keys::{Given, Key, KeySpec, KeyStore as _, KeyUri};

fn pair() -> (PKey<Private>, X509) {
    let secret = SecretJwk::generate(KeySpec::P256).unwrap();
    let key = PKey::private_key_from_pkcs8(secret.to_pkcs8_der().expose()).unwrap();
    let mut name = X509Name::builder().unwrap();
    name.append_entry_by_text("CN", "sealed").unwrap();
    let name = name.build();
    let mut b = X509::builder().unwrap();
    b.set_version(2).unwrap();
    b.set_subject_name(&name).unwrap();
    b.set_issuer_name(&name).unwrap();
    b.set_pubkey(&key).unwrap();
    b.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    b.set_not_after(&Asn1Time::days_from_now(9).unwrap()).unwrap();
    b.sign(&key, MessageDigest::sha256()).unwrap();
    (key, b.build())
}

fn p12(key: Nid, certificate: Nid, with_key: bool) -> Vec<u8> {
    LazyLock::force(&LEGACY);
    let (k, c) = pair();
    let mut b = Pkcs12::builder();
    b.key_algorithm(key).cert_algorithm(certificate).mac_md(MessageDigest::sha1()).cert(&c).name("x");
    if with_key {
        b.pkey(&k);
    }
    b.build2("pässword").unwrap().to_der().unwrap()
}

async fn open(content: &[u8], passphrase: Option<&str>) -> Result<Arc<dyn Key>, KeyError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key.p12");
    std::fs::write(&path, content).unwrap();
    let files = passphrase.map_or_else(Files::default, |p| Files::new(Arc::new(Given(Secret::new(p)))));
    files.open(&KeyUri::new("file", path.display().to_string())).await
}

async fn id(content: &[u8], passphrase: Option<&str>) -> &'static str {
    open(content, passphrase).await.map_or_else(|e| e.id, |_| "opened")
}

#[tokio::test]
async fn pkcs12_of_every_age_opens_with_key_and_certificate() {
    for (key, certificate, weak) in [
        (Nid::AES_256_CBC, Nid::AES_256_CBC, false),
        (Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, false),
        (Nid::PBE_WITHSHA1AND3_KEY_TRIPLEDES_CBC, Nid::PBE_WITHSHA1AND40BITRC2_CBC, true),
        (Nid::PBE_WITHSHA1AND128BITRC2_CBC, Nid::PBE_WITHSHA1AND128BITRC2_CBC, true),
    ] {
        let file = p12(key, certificate, true);
        let opened = open(&file, Some("pässword")).await.unwrap();
        assert_eq!(opened.info().chain.len(), 1);
        assert_eq!(opened.info().warning.as_ref().is_some_and(|w| w.contains("RC2")), weak, "{key:?}");
        let signature = opened.sign(Alg::Es256, b"x").await.unwrap();
        assert!(verify(Alg::Es256, &opened.info().public, b"x", &signature).is_ok());
        assert_eq!(id(&file, Some("password")).await, "key.passphrase");
        assert_eq!(id(&file, Some("")).await, "key.passphrase");
        assert_eq!(id(&file, None).await, "key.encrypted");
    }
    let without_key = p12(Nid::AES_256_CBC, Nid::AES_256_CBC, false);
    assert_eq!(id(&without_key, Some("pässword")).await, "key.unreadable");
}

#[tokio::test]
async fn encrypted_pkcs8_opens_as_pem_and_as_der_and_the_older_pem_too() {
    let (key, certificate) = pair();
    let pem = key.private_key_to_pem_pkcs8_passphrase(Cipher::aes_256_cbc(), b"pw").unwrap();
    let der = key.private_key_to_pkcs8_passphrase(Cipher::des_ede3_cbc(), b"pw").unwrap();
    let older = key.ec_key().unwrap().private_key_to_pem_passphrase(Cipher::aes_128_cbc(), b"pw").unwrap();
    let both = [certificate.to_pem().unwrap(), pem.clone()].concat();
    for file in [&pem, &der, &older, &both] {
        assert_eq!(open(file, Some("pw")).await.unwrap().info().spec, KeySpec::P256);
        assert_eq!(id(file, Some("PW")).await, "key.passphrase");
        assert_eq!(id(file, None).await, "key.encrypted");
    }
    assert_eq!(open(&both, Some("pw")).await.unwrap().info().chain.len(), 1);
    assert_eq!(id(&[pem.clone(), pem].concat(), Some("pw")).await, "key.ambiguous");
}

#[tokio::test]
async fn a_changed_or_cut_file_is_refused_with_a_typed_error() {
    let file = p12(Nid::AES_256_CBC, Nid::AES_256_CBC, true);
    for at in (0..file.len()).step_by(9) {
        let mut changed = file.clone();
        changed[at] ^= 0x41;
        // a bit in a friendly name or an unused field may leave it whole; never a panic, never another key
        let got = id(&changed, Some("pässword")).await;
        assert!(matches!(got, "key.passphrase" | "key.unreadable" | "opened"), "byte {at}: {got}");
        let got = id(&file[..at], Some("pässword")).await;
        assert!(matches!(got, "key.passphrase" | "key.unreadable"), "cut at {at}: {got}");
    }
}

#[test]
fn a_file_that_asks_for_hours_of_work_is_not_tried() {
    // SEQUENCE { SEQUENCE { OCTET STRING salt, INTEGER 2^40 } }
    let der = [0x30, 0x0f, 0x30, 0x0d, 0x04, 0x03, 1, 2, 3, 0x02, 0x06, 1, 0, 0, 0, 0, 0];
    assert_eq!(most_iterations(&der, 0), 1 << 40);
    assert_eq!(affordable(&der).unwrap_err().id, "key.unreadable");
    assert!(affordable(&p12(Nid::AES_256_CBC, Nid::AES_256_CBC, true)).is_ok());
}
