//! Sparebanken Vest's fallback JWT, signed by the key of a seal.

use openssl::asn1::Asn1Time;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::x509::{X509Builder, X509NameBuilder};

use super::*;

/// A certificate of that key that it signed itself.
pub fn certificate(key: &SecretJwk) -> Vec<u8> {
    let key = PKey::private_key_from_pkcs8(key.to_pkcs8_der().expose()).expect("a key");
    let mut name = X509NameBuilder::new().expect("a name");
    name.append_entry_by_text("O", "Acme AS").expect("an organisation");
    name.append_entry_by_text("CN", "Acme Seal").expect("a name");
    let name = name.build();
    let mut builder = X509Builder::new().expect("a certificate");
    builder.set_version(2).expect("v3");
    builder.set_subject_name(&name).expect("a subject");
    builder.set_issuer_name(&name).expect("an issuer");
    builder.set_pubkey(&key).expect("a key");
    builder.set_not_before(&Asn1Time::days_from_now(0).expect("today")).expect("a beginning");
    builder.set_not_after(&Asn1Time::days_from_now(90).expect("a day")).expect("an end");
    builder.sign(&key, MessageDigest::sha256()).expect("signed");
    builder.build().to_der().expect("DER")
}

#[tokio::test]
async fn each_flaw_of_the_fallback_jwt_is_named() {
    let mut desk = Desk::new();
    let ours = key(KeySpec::P256);
    let der = certificate(&ours);
    let sha1 = openssl::sha::sha1(&der);
    let header = json!({"typ": "JWT", "x5t": countersign::jose::b64::encode(&sha1),
        "kid": sha1.iter().map(|b| format!("{b:02X}")).collect::<String>()});
    desk.bind("qseal", &ours, vec![der]);
    let now = now();
    let good = json!({"iss": "Acme AS", "aud": "spv fallback prod", "iat": now, "nbf": now, "exp": now + 3600,
        "jti": "5f0e9b6a2c9d4e1f8a7b6c5d4e3f2a1b"});
    let made = |changes: Value| sign(&ours, Alg::Es256, &header, &with(&good, &changes));
    let headed = |changes: Value| sign(&ours, Alg::Es256, &with(&header, &changes), &good);
    let rsa = key(KeySpec::Rsa(2048));
    let rows: Vec<(&str, String, &[&str])> = vec![
        ("sound", made(json!({})), &[]),
        ("no typ", headed(json!({"typ": null})), &["SPV-FB-08"]),
        (
            "kid in lower case",
            headed(json!({"kid": header["kid"].as_str().expect("hex").to_lowercase()})),
            &["SPV-FB-08"],
        ),
        ("x5t of another", headed(json!({"x5t": "AAAA"})), &["SPV-FB-08"]),
        ("iss is the common name", made(json!({"iss": "Acme Seal"})), &["SPV-FB-09"]),
        ("aud", made(json!({"aud": "spv fallback test"})), &["SPV-FB-10"]),
        ("nbf before iat", made(json!({"nbf": now - 60})), &["SPV-FB-11"]),
        ("lives two hours", made(json!({"exp": now + 7200})), &["SPV-FB-11"]),
        ("ended", made(json!({"iat": now - 7000, "nbf": now - 7000, "exp": now - 3500})), &["JWT-02", "SPV-FB-11"]),
        ("a short jti", made(json!({"jti": "1234"})), &["SPV-FB-12"]),
        ("no jti", made(json!({"jti": null})), &["SPV-FB-12"]),
        ("alg of another kind of key", sign(&rsa, Alg::Rs256, &header, &good), &["SPV-FB-07"]),
        ("alg that the bank does not know", sign(&rsa, Alg::Ps256, &header, &good), &["SPV-FB-07", "token.algorithm"]),
        ("signed by another", sign(&key(KeySpec::P256), Alg::Es256, &header, &good), &["JOSE-09"]),
    ];
    let set = strings(&[("fallback_base", "https://bank.example"), ("auth0_tenant", "t"), ("env_domain", "d")]);
    let said = Said { env: "production", set, keys: Vec::new() };
    let mut found = Vec::new();
    for (name, token, expected) in rows {
        let seen = desk.look("spv/fallback-headers.qseal_jwt", &token, &said).await;
        found.push((name, owned(broken(&seen)), expected));
    }
    compare(found);
}
