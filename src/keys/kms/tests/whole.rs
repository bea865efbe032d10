//! From making a key to deleting it.

use serde_json::json;

use super::fake::{ARN, Answer, Fake};
use super::{NOW, kms, words};
use crate::jose::{Alg, verify};
use crate::keys::{Delete, Deleted, Generate, KeySpec, KeyStore, KeyUri, Making};
use crate::time::Timestamp;

fn uri(rest: &str) -> KeyUri {
    KeyUri::new("awskms", rest)
}

fn making() -> Making {
    Making {
        description: Some("acme at DNB".to_owned()),
        tags: vec![("dnb:ciam:client-name".to_owned(), "acme".to_owned())],
        replica: Some("eu-central-1".to_owned()),
        ..KeySpec::P256.into()
    }
}

const NEW: &str = "key-id=alias/ciam-acme;region=eu-west-1";

#[tokio::test]
async fn a_key_that_is_open_signs_with_one_call_and_sends_a_digest_only() {
    let fake = Fake::new();
    let (store, _) = kms(&fake).await;
    let long = vec![b'x'; 100_000];
    for _ in 0..3 {
        let key = store.open(&uri("key-id=alias/signing;region=eu-west-1")).await.unwrap();
        let signature = key.sign(Alg::Es256, &long).await.unwrap();
        assert!(verify(Alg::Es256, &key.info().public, &long, &signature).is_ok());
        assert!(!key.info().exportable && key.info().costly);
    }
    assert_eq!((fake.count("DescribeKey"), fake.count("GetPublicKey"), fake.count("Sign")), (1, 1, 3));
    let sent = fake.last("Sign");
    assert_eq!((&sent["MessageType"], &sent["KeyId"]), (&json!("DIGEST"), &json!(ARN)));
}

#[tokio::test]
async fn a_key_is_made_named_copied_and_proven() {
    let fake = Fake::new().on("DescribeKey", |nth, _| match nth {
        // the names are free; then the key is seen late, and its copy is being made for a while
        0..=2 => Answer::Error("NotFoundException", ""),
        4 => Answer::Json(json!({ "KeyMetadata": { "KeyId": "x", "KeyState": "Creating" } })),
        _ => Answer::Usual,
    });
    let fake =
        fake.on("CreateAlias", |nth, _| if nth == 0 { Answer::Error("NotFoundException", "") } else { Answer::Usual });
    let (store, ear) = kms(&fake).await;
    let key = store.generate(&uri(NEW), &making()).await.unwrap();
    assert_eq!((key.info().label.as_str(), key.info().spec), ("alias/ciam-acme", KeySpec::P256));
    let asked = fake.last("CreateKey");
    let wanted = json!({
        "Description": "acme at DNB", "KeySpec": "ECC_NIST_P256", "KeyUsage": "SIGN_VERIFY", "MultiRegion": true,
        "Tags": [{ "TagKey": "dnb:ciam:client-name", "TagValue": "acme" }],
    });
    assert_eq!(asked, wanted);
    assert_eq!(fake.last("ReplicateKey")["Tags"], wanted["Tags"]);
    insta::assert_snapshot!(format!("{}\n\n{}", fake.trail().join("\n"), ear.0.lock().unwrap().join("\n")));
}

#[tokio::test]
async fn a_taken_alias_and_what_kms_cannot_make_are_refused_before_anything_is_made() {
    let fake = Fake::new();
    let (store, _) = kms(&fake).await;
    let mut text = String::new();
    for (rest, making) in [
        ("key-id=alias/signing;region=eu-west-1", KeySpec::P256.into()),
        (NEW, KeySpec::Ed25519.into()),
        (NEW, Making { replica: Some("eu-west-1".to_owned()), ..KeySpec::P256.into() }),
        ("key-id=alias/aws/x;region=eu-west-1", KeySpec::P256.into()),
        ("key-id=1234abcd-12ab-34cd-56ef-1234567890ab;region=eu-west-1", KeySpec::P256.into()),
    ] {
        text += &words(&store.generate(&uri(rest), &making).await.map(|_| ()).unwrap_err());
    }
    assert_eq!(fake.count("CreateKey"), 0);
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn what_breaks_off_says_what_was_made_and_how_to_go_on_or_undo() {
    let denied = |_: usize, _: &serde_json::Value| Answer::Error("AccessDeniedException", "");
    let far = |nth: usize, _: &serde_json::Value| match nth {
        0 => Answer::Usual,
        _ => Answer::Error("AccessDeniedException", ""),
    };
    let mut text = String::new();
    for fake in [
        Fake::new().on("CreateKey", denied),
        Fake::new().on("CreateAlias", denied),
        Fake::new().on("ReplicateKey", denied),
        Fake::new().on("CreateAlias", far),
        Fake::new().on("Sign", denied),
    ] {
        let (store, _) = kms(&fake).await;
        text += &words(&store.generate(&uri(NEW), &making()).await.map(|_| ()).unwrap_err());
        assert_eq!(fake.count("CreateKey"), 1, "never a second key");
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn deleting_waits_for_thirty_days_and_is_undone() {
    let fake = Fake::new();
    let (store, _) = kms(&fake).await;
    let name = uri("key-id=alias/signing;region=eu-west-1");
    let until = Timestamp::from_seconds(1_797_592_000);
    assert_eq!(store.delete(&name).await, Ok(Deleted::Scheduled { until }));
    assert_eq!(fake.last("ScheduleKeyDeletion"), json!({ "KeyId": ARN, "PendingWindowInDays": 30 }));
    assert!(until > Timestamp::from_seconds(NOW));
    assert_eq!(store.restore(&name).await.unwrap_err().id, "key.not-found");

    let fake = fake.with("KeyState", json!("PendingDeletion"));
    store.restore(&name).await.unwrap();
    assert_eq!((fake.count("CancelKeyDeletion"), fake.count("EnableKey")), (1, 1));
    let fake = fake.with("KeyState", json!("Disabled"));
    store.restore(&name).await.unwrap();
    assert_eq!((fake.count("CancelKeyDeletion"), fake.count("EnableKey")), (1, 2));

    let replica = ARN.replace("eu-west-1", "eu-central-1");
    let fake = fake.with("KeyState", json!("Enabled")).with(
        "MultiRegionConfiguration",
        json!({ "MultiRegionKeyType": "PRIMARY", "PrimaryKey": { "Arn": ARN }, "ReplicaKeys": [{ "Arn": replica, "Region": "eu-central-1" }] }),
    );
    let error = store.delete(&name).await.unwrap_err();
    assert!(error.id == "key.refused" && error.hint.contains(&replica), "{error:?}");
    assert_eq!(fake.count("ScheduleKeyDeletion"), 1);
}
