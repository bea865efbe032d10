//! What KMS refuses, over the wire.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use countersign::jose::Alg;
use countersign::keys::{Generate, KeySpec, KeyStore, KeyUri};
use serde_json::{Value, json};

use super::{alias, read, store, told};

/// The next calls fail so.
fn fail(fault: &Value) {
    let url = std::env::var("AWS_ENDPOINT_URL_KMS").expect("moto's address");
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).expect("moto");
    let body = fault.to_string();
    write!(
        stream,
        "POST /faults HTTP/1.1\r\nHost: moto\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    assert!(answer.contains("204"), "{answer}");
}

#[tokio::test]
#[ignore = "needs moto (.ci/run provides it)"]
async fn each_refusal_is_told_apart() {
    let (kms, ear) = store();
    let key = kms.generate(&alias("refused"), &KeySpec::P256.into()).await.expect("made");
    let lie = "MAYCAQECAQE=";
    let mut all = Vec::new();
    for (fault, id, words) in [
        (json!({ "code": "AccessDeniedException" }), "key.permission", "kms:Sign on alias/refused"),
        (json!({ "code": "DisabledException" }), "key.disabled", "disabled"),
        (json!({ "code": "KMSInvalidStateException" }), "key.not-ready", "state"),
        (json!({ "code": "InvalidKeyUsageException" }), "key.usage", "kms:Sign"),
        (json!({ "code": "InvalidSignatureException", "skew": 3600 }), "key.clock", "60 min behind"),
        (json!({ "code": "RequestTimeTooSkewed", "skew": -3600 }), "key.clock", "60 min ahead"),
        (json!({ "code": "SignatureDoesNotMatch" }), "key.credentials", "secret access key"),
        (json!({ "code": "UnrecognizedClientException" }), "key.credentials", "access key"),
        (json!({ "code": "KMSInternalException" }), "key.store", "just now"),
        (json!({ "signature": lie }), "key.signature", "ALARM"),
        (json!({ "code": "ThrottlingException", "times": 3 }), "key.throttled", "3 tries"),
        // the session has ended: the credentials are looked for anew, which the next signature shows
        (json!({ "code": "ExpiredTokenException" }), "key.credentials", "has ended"),
    ] {
        let mut fault = fault;
        fault["action"] = "Sign".into();
        fail(&fault);
        let error = key.sign(Alg::Es256, b"x").await.unwrap_err();
        assert!(error.id == id && error.text.contains(words), "{fault}: {error:?}");
        all.push(told(&error));
    }
    read("each_refusal", &all);
    ear.0.lock().unwrap().clear();
    fail(&json!({ "action": "Sign", "code": "ThrottlingException", "times": 2 }));
    key.sign(Alg::Es256, b"x").await.expect("signed at the third try");
    let heard = ear.0.lock().unwrap().clone();
    assert!(heard.len() == 2 && heard.iter().all(|h| h.contains("throttling kms:Sign")), "{heard:?}");
}

#[tokio::test]
#[ignore = "needs moto (.ci/run provides it)"]
async fn what_is_not_there_or_not_for_signing_is_told_when_it_is_opened() {
    let (kms, _) = store();
    let made = kms.generate(&alias("here"), &KeySpec::P256.into()).await.expect("made");
    drop(made);
    let mut all = Vec::new();
    for rest in [
        "key-id=alias/nowhere;region=eu-west-1",
        "key-id=alias/here;region=eu-north-1",
        "key-id=1234abcd-12ab-34cd-56ef-1234567890ab;region=eu-west-1",
    ] {
        let error = kms.open(&KeyUri::new("awskms", rest)).await.map(|_| ()).unwrap_err();
        assert_eq!(error.id, "key.not-found", "{rest}: {error:?}");
        all.push(told(&error));
    }
    read("not_found", &all);
}
