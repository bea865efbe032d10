//! Every failure has its own words, and they say what to do.

use serde_json::json;

use super::fake::{Answer, Fake, ID, sign};
use super::{kms, words};
use crate::jose::{Alg, SecretJwk};
use crate::keys::{KeyError, KeySpec, KeyStore, KeyUri};

fn uri(rest: &str) -> KeyUri {
    KeyUri::new("awskms", rest)
}

async fn opening(fake: &Fake) -> Result<(), KeyError> {
    kms(fake).await.0.open(&uri("key-id=alias/signing;region=eu-west-1")).await.map(|_| ())
}

async fn signing(fake: &Fake) -> Result<(), KeyError> {
    let (kms, _) = kms(fake).await;
    let key = kms.open(&uri("key-id=alias/signing;region=eu-west-1")).await.unwrap();
    key.sign(Alg::Es256, b"x").await.map(|_| ())
}

#[tokio::test]
async fn opening_a_key_tells_what_is_wrong_with_it() {
    let cases = [
        (
            "denied",
            Fake::new().on("DescribeKey", |_, _| Answer::Error("AccessDeniedException", "User: x is not authorized")),
        ),
        ("denied its public key", Fake::new().on("GetPublicKey", |_, _| Answer::Error("AccessDeniedException", ""))),
        ("not there", Fake::new().on("DescribeKey", |_, _| Answer::Error("NotFoundException", "Invalid keyId"))),
        ("disabled", Fake::new().with("KeyState", json!("Disabled"))),
        (
            "pending deletion",
            Fake::new().with("KeyState", json!("PendingDeletion")).with("DeletionDate", json!(1_797_592_000)),
        ),
        ("being made", Fake::new().with("KeyState", json!("Creating"))),
        ("for encryption", Fake::new().with("KeyUsage", json!("ENCRYPT_DECRYPT")).with("KeySpec", json!("RSA_2048"))),
        ("of another curve", Fake::new().with("KeySpec", json!("ECC_SECG_P256K1"))),
        ("no public key", Fake::new().on("GetPublicKey", |_, _| Answer::Json(json!({ "PublicKey": "AAAA" })))),
        ("session ended", Fake::new().on("DescribeKey", |_, _| Answer::Error("ExpiredTokenException", "expired"))),
        ("access key unknown", Fake::new().on("DescribeKey", |_, _| Answer::Error("UnrecognizedClientException", "x"))),
        ("secret wrong", Fake::new().on("DescribeKey", |_, _| Answer::Dated("InvalidSignatureException", 3))),
        ("clock behind", Fake::new().on("DescribeKey", |_, _| Answer::Dated("InvalidSignatureException", 1800))),
        ("clock ahead", Fake::new().on("DescribeKey", |_, _| Answer::Dated("RequestTimeTooSkewed", -20_000))),
        ("dead", Fake::new().on("DescribeKey", |_, _| Answer::Dead)),
        ("silent", Fake::new().on("DescribeKey", |_, _| Answer::Silent)),
        ("in trouble", Fake::new().on("DescribeKey", |_, _| Answer::Error("KMSInternalException", "oops"))),
        ("foreign", Fake::new().on("DescribeKey", |_, _| Answer::Error("Odd\u{1b}[2J", "\u{202e}hello"))),
    ];
    let mut text = String::new();
    for (name, fake) in cases {
        let error = opening(&fake).await.unwrap_err();
        assert!(!error.text.contains(['\u{1b}', '\u{202e}']), "{error:?}");
        text.extend([name, ": ", &words(&error)]);
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn signing_tells_what_is_wrong_with_it() {
    let other = SecretJwk::generate(KeySpec::P256).unwrap();
    let spki = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(other.public().to_spki_der())
    };
    let others = move |_: usize, asked: &serde_json::Value| {
        Answer::Json(json!({ "Signature": sign(&other, asked["Message"].as_str().unwrap()) }))
    };
    let changed = move |nth: usize, _: &serde_json::Value| match nth {
        0 => Answer::Usual,
        _ => Answer::Json(json!({ "PublicKey": spki.clone() })),
    };
    let pending = |nth: usize, _: &serde_json::Value| match nth {
        0 => Answer::Usual,
        _ => Answer::Json(json!({ "KeyMetadata": {
            "KeyId": ID, "KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256", "KeyState": "PendingDeletion",
            "DeletionDate": 1_797_592_000,
        } })),
    };
    let cases = [
        ("denied", Fake::new().on("Sign", |_, _| Answer::Error("AccessDeniedException", ""))),
        ("disabled", Fake::new().on("Sign", |_, _| Answer::Error("DisabledException", "x"))),
        (
            "pending deletion",
            Fake::new()
                .on("Sign", |_, _| Answer::Error("KMSInvalidStateException", "x is pending deletion."))
                .on("DescribeKey", pending),
        ),
        (
            "usage",
            Fake::new().on("Sign", |_, _| Answer::Error("InvalidKeyUsageException", "ECDSA_SHA_256 is not valid")),
        ),
        ("throttled for ever", Fake::new().on("Sign", |_, _| Answer::Error("ThrottlingException", "Rate exceeded"))),
        ("no DER", Fake::new().on("Sign", |_, _| Answer::Json(json!({ "Signature": "AAAA" })))),
        ("another key's signature", Fake::new().on("Sign", others.clone())),
        ("another key", Fake::new().on("Sign", others).on("GetPublicKey", changed)),
    ];
    let mut text = String::new();
    for (name, fake) in cases {
        text.extend([name, ": ", &words(&signing(&fake).await.unwrap_err())]);
    }
    // no two runs have the same thumbprints
    insta::with_settings!({ filters => vec![("[A-Za-z0-9_-]{43}", "[thumbprint]")] }, { insta::assert_snapshot!(text) });
}

#[tokio::test]
async fn what_is_throttled_is_asked_again_twice_and_each_time_told() {
    let fake = Fake::new().on("Sign", |nth, _| match nth {
        0 | 1 => Answer::Error("ThrottlingException", "Rate exceeded"),
        _ => Answer::Usual,
    });
    let (store, ear) = kms(&fake).await;
    let key = store.open(&uri("key-id=alias/signing;region=eu-west-1")).await.unwrap();
    key.sign(Alg::Es256, b"x").await.unwrap();
    assert_eq!(fake.count("Sign"), 3);
    let heard = ear.0.lock().unwrap().clone();
    assert_eq!(heard, vec!["AWS KMS is throttling kms:Sign: again in 0.0 s"; 2]);

    let fake = Fake::new().on("Sign", |_, _| Answer::Error("ThrottlingException", ""));
    assert_eq!(signing(&fake).await.unwrap_err().id, "key.throttled");
    assert_eq!(fake.count("Sign"), 3);
}

#[tokio::test]
async fn an_algorithm_of_another_key_is_refused_without_asking() {
    let fake = Fake::new();
    let (store, _) = kms(&fake).await;
    let key = store.open(&uri("key-id=alias/signing;region=eu-west-1")).await.unwrap();
    for alg in Alg::ALL.into_iter().filter(|a| *a != Alg::Es256) {
        assert_eq!(key.sign(alg, b"x").await.unwrap_err().id, "key.algorithm", "{alg}");
    }
    assert_eq!(fake.count("Sign"), 0);
}
