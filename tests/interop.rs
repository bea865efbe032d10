//! What we sign, judged by software of another hand; what it signs, read by ours.
#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests speak plainly")]

#[path = "interop/made.rs"]
mod made;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use countersign::sandbox::{Bank, World};

use countersign::jose::jwe::{Enc, Family, KeyAlg, Recipient, Sealing};
use countersign::jose::{OctKey, PublicJwk};

fn countersign(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("countersign runs")
}

/// jwcrypto's verdict.
fn judge(arguments: &[&str], input: &[u8]) -> String {
    run("judge.py", arguments, input)
}

/// A script that uses jwcrypto. `COUNTERSIGN_TEST_PYTHON` names a Python that has it.
fn run(script: &str, arguments: &[&str], input: &[u8]) -> String {
    let python = std::env::var("COUNTERSIGN_TEST_PYTHON")
        .expect("COUNTERSIGN_TEST_PYTHON names a python with jwcrypto; .ci/run provides one");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop").join(script);
    let mut child = Command::new(python)
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    child.stdin.take().expect("its input").write_all(input).expect("taken");
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{arguments:?}:\n{said}");
    said
}

fn printed(arguments: &[&str]) -> Vec<u8> {
    let output = countersign(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn jwcrypto_verifies_the_registration_jwt() {
    let jwt = printed(&["run", "dnb", "register", "--env", "sandbox", "--print", "registration_jwt.jwt"]);
    let said = judge(&["registration"], &jwt);
    assert!(said.contains("ok the signature") && said.contains("ok kid is the RFC 7638 thumbprint"), "{said}");
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn jwcrypto_verifies_the_client_assertion() {
    // a key of our own, so that the judge has its public half from elsewhere than the run; the bank does not know it,
    // so the request is only built
    let folder = tempfile::tempdir().expect("a folder");
    let key = folder.path().join("key.pem");
    let made = Command::new("openssl")
        .args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"])
        .arg(&key)
        .output();
    assert!(made.is_ok_and(|o| o.status.success()), "openssl makes a key");
    let reference = format!("file:{}", key.display());
    let public = folder.path().join("public.json");
    std::fs::write(&public, printed(&["keys", "public", &reference])).expect("written");
    let built = printed(&[
        "run",
        "dnb",
        "token",
        "--env",
        "sandbox",
        "--bind",
        &format!("signing={reference}"),
        "--dry-run",
        "--print",
        "token.client_assertion",
    ]);
    judge(&["assertion", public.to_str().expect("a path")], &built);
}

/// A key with a certificate of an authority of our own, in one file; made by the openssl program.
fn certified(folder: &Path, kind: &[&str]) -> String {
    let openssl = |arguments: &[&str]| {
        let made = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl runs");
        assert!(made.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let ca = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 30 -subj";
    openssl(&[&ca.split(' ').collect::<Vec<_>>()[..], &["/C=NO/O=Judge/CN=Judge CA"]].concat());
    let request =
        ["-nodes", "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/C=NO/O=Judge & Sønn AS/CN=seal", "-utf8"];
    openssl(&[&["req", "-newkey"][..], kind, &request].concat());
    let issue = "x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days 20 -out leaf.pem";
    openssl(&issue.split(' ').collect::<Vec<_>>());
    let parts = ["leaf.key", "leaf.pem", "ca.pem"].map(|name| std::fs::read(folder.join(name)).expect("made"));
    let path = folder.join("seal.pem");
    std::fs::write(&path, parts.concat()).expect("written");
    format!("qseal=file:{}", path.display())
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn jwcrypto_verifies_the_fallback_headers_of_both_kinds_of_key() {
    for kind in [&["rsa:2048"][..], &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]] {
        let folder = tempfile::tempdir().expect("a folder");
        let bind = certified(folder.path(), kind);
        let print = |what: &str| {
            let set = ["--bind", &bind, "--set", "include_root=true", "--print", what];
            printed(&[&["run", "spv", "fallback-headers", "--env", "sandbox"][..], &set].concat())
        };
        let header = folder.path().join("header");
        std::fs::write(&header, print("let.header")).expect("written");
        let said = judge(&["fallback", header.to_str().expect("a path")], &print("qseal_jwt.jwt"));
        assert!(said.contains("ok the signature") && said.contains("ok the leaf's key is the JWK's"), "{said}");
    }
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn tokens_of_jwcrypto_are_verified_and_changed_ones_are_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: String| folder.path().join(name).to_str().expect("a path").to_owned();
    judge(&["make", folder.path().to_str().expect("a path")], b"");
    for alg in ["ES256", "ES384", "RS256", "PS256", "EdDSA"] {
        let jwks = path(format!("{alg}.jwks"));
        for (name, verdict, status) in
            [(format!("{alg}.jwt"), "verified", 0), (format!("{alg}.changed.jwt"), "wrong", 1)]
        {
            let output = countersign(&["inspect", &path(name), "--jwks", &jwks, "--json"]);
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert_eq!(
                (found["verdict"].as_str(), output.status.code()),
                (Some(verdict), Some(status)),
                "{alg}: {found}"
            );
        }
        let other = path(if alg == "ES256" { "ES384.jwks".into() } else { "ES256.jwks".into() });
        let output = countersign(&["inspect", &path(format!("{alg}.jwt")), "--jwks", &other, "--json"]);
        let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(found["verdict"], "no-key", "{alg}");
    }
}

/// Every algorithm without a known weakness with a key of its kind, by the name of its files; X25519 is a second kind.
fn pairs() -> Vec<(String, KeyAlg)> {
    let sound = KeyAlg::ALL.into_iter().filter(|a| !a.is_risky());
    let agreed = sound.clone().filter(|a| a.family() == Family::Agreement);
    sound.map(|alg| (alg.to_string(), alg)).chain(agreed.map(|alg| (format!("X25519.{alg}"), alg))).collect()
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn every_encryption_of_jwcrypto_is_opened_and_the_token_inside_verified() {
    let folder = tempfile::tempdir().expect("a folder");
    judge(&["encrypt", folder.path().to_str().expect("a path")], b"");
    let mut opened = 0;
    for (stem, _) in pairs() {
        for enc in Enc::ALL {
            let path =
                |end: &str| folder.path().join(format!("{stem}.{enc}.{end}")).to_str().expect("a path").to_owned();
            let output = countersign(&["inspect", &path("jwe"), "--jwks", &path("jwks"), "--json"]);
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            let status = |n: usize| found["layers"][n]["status"].as_str().unwrap_or("-").to_owned();
            assert_eq!(
                (found["kind"].as_str(), found["verdict"].as_str(), status(0), status(1), output.status.code()),
                (Some("nested-jwt"), Some("verified"), "decrypted".to_owned(), "verified".to_owned(), Some(0)),
                "{stem} {enc}: {found}"
            );
            opened += 1;
        }
    }
    assert_eq!(opened, 102);
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn jwcrypto_opens_every_encryption_of_ours() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = folder.path().to_str().expect("a path");
    // its keys, so that no private key of ours has to leave
    judge(&["encrypt", made], b"");
    for (stem, alg) in pairs() {
        for enc in Enc::ALL {
            let set = std::fs::read(folder.path().join(format!("{stem}.{enc}.jwks"))).expect("a set");
            let set: serde_json::Value = serde_json::from_slice(&set).expect("JSON");
            let (key, header) = (&set["keys"][0], serde_json::Map::new());
            let content = br#"{"iss":"countersign"}"#;
            let sealing = Sealing { alg, enc, header: &header, compress: alg == KeyAlg::Dir, content };
            let mut n = 0_u8;
            let mut fill = |bytes: &mut [u8]| {
                for b in bytes {
                    n = n.wrapping_mul(13).wrapping_add(7);
                    *b = n;
                }
            };
            let token = if key["kty"] == "oct" {
                let shared = OctKey::from_value(key).expect("a secret");
                sealing.seal(Recipient::Shared(&shared), &mut fill)
            } else {
                let public = PublicJwk::from_value(&PublicJwk::public_part(key)).expect("a public key");
                sealing.seal(Recipient::Public(&public), &mut fill)
            };
            let at = |end: &str| folder.path().join(format!("ours-{stem}.{enc}.{end}"));
            std::fs::write(at("jwe"), token.expect("sealed")).expect("written");
            std::fs::write(at("jwk"), key.to_string()).expect("written");
        }
    }
    let said = judge(&["decrypt", made], b"");
    assert_eq!(said.lines().filter(|l| l.starts_with("ok ours-")).count(), 102, "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
async fn a_client_of_another_hand_identifies_a_person_at_the_embedded_bank() {
    let now = || i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs());
    let world = World::start(Arc::new(move || now().expect("fits")), &[Bank::DanskeFtn]).await.expect("a world");
    let client = world.client("danske-ftn", &[]).expect("keys are made").expect("the bank is there");
    let folder = tempfile::tempdir().expect("a folder");
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, world.ca_pem()).expect("written");
    for key in &client.keys {
        std::fs::write(folder.path().join(format!("{}.pem", key.role)), key.pem.expose()).expect("written");
    }
    let (host, address) = world.hosts().remove(0);
    let mut facts = serde_json::json!({
        "address": address.to_string(),
        "ca": ca,
        "domain": format!("https://{host}/sandbox/external/ftn/idp-oidc"),
        "issuer": format!("https://{host}/ftn-idp"),
        "host": host,
        "acr": "http://ftn.ficora.fi/2017/loatest2",
    });
    for (name, value) in client.inputs {
        facts[name] = value.into();
    }
    std::fs::write(folder.path().join("client.json"), facts.to_string()).expect("written");
    let path = folder.path().to_str().expect("a path").to_owned();
    let said = tokio::task::spawn_blocking(move || run("danske.py", &[&path], b"")).await.expect("it ends");
    assert!(said.contains("ok the id_token is signed by a key of the signed JWKS"), "{said}");
    assert!(said.contains("ok the personal identity code checks"), "{said}");
}
