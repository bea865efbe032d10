//! What the inspector does with the world: nothing, but for the file it is given.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use openssl::pkcs12::Pkcs12;
use openssl::pkey::PKey;
use openssl::x509::X509;

use super::*;

fn countersign(dir: &std::path::Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(["--data-dir", dir.to_str().expect("a path"), "inspect"])
        .args(arguments)
        .env_clear()
        .env("HOME", dir)
        .stdin(Stdio::null())
        .output()
        .expect("countersign runs");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn no_socket_is_opened_whatever_a_token_names() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let here = format!("http://{}", listener.local_addr().expect("an address"));
    let header = json!({"jku": format!("{here}/jwks"), "x5u": format!("{here}/x5u"), "kid": "k"});
    let claims = json!({"iss": here, "aud": "c", "exp": now() + 60, "jwks_uri": format!("{here}/keys")});
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("token.jwt");
    std::fs::write(&file, sign(&key(KeySpec::P256), Alg::Es256, &header, &claims)).expect("written");
    let file = file.to_str().expect("a path");
    let (_, stdout, stderr) = countersign(dir.path(), &[file]);
    assert!(stdout.contains("no key"), "{stdout}{stderr}");
    let issuer = format!("issuer={here}");
    let jwks = format!("jwks_uri={here}/jwks");
    let metadata = format!("metadata={{\"issuer\":\"{here}\",\"jwks_uri\":\"{here}/jwks\"}}");
    let rules = ["--as", "generic-oidc/login.id_token", "--env", "server", "--set", &issuer, "--set", &metadata];
    let (_, stdout, stderr) = countersign(dir.path(), &[&[file], &rules[..]].concat());
    assert!(stdout.contains("as generic-oidc/login.id_token"), "{stdout}{stderr}");
    listener.set_nonblocking(true).expect("asked once");
    assert!(listener.accept().is_err(), "the inspector went to {jwks}");
}

#[test]
fn a_sealed_file_is_opened_with_its_passphrase_or_said_to_be_locked() {
    let dir = tempfile::tempdir().expect("a folder");
    let ours = key(KeySpec::P256);
    let certificate = X509::from_der(&super::spv::certificate(&ours)).expect("a certificate");
    let private = PKey::private_key_from_pkcs8(ours.to_pkcs8_der().expose()).expect("a key");
    let mut builder = Pkcs12::builder();
    builder.name("seal").pkey(&private).cert(&certificate);
    let p12 = builder.build2("sesame-seed").expect("sealed").to_der().expect("DER");
    let (file, word) = (dir.path().join("seal.p12"), dir.path().join("word"));
    std::fs::write(&file, p12).expect("written");
    std::fs::write(&word, "sesame-seed\n").expect("written");
    let (file, word) = (file.to_str().expect("a path"), word.to_str().expect("a path"));
    let (status, stdout, stderr) = countersign(dir.path(), &[file, "--unlock-from", word]);
    assert!(stdout.contains("certificate: only decoded") && stdout.contains("Acme AS"), "{status:?} {stdout}{stderr}");
    let (status, stdout, stderr) = countersign(dir.path(), &[file]);
    assert_eq!(status, Some(3), "{stdout}{stderr}");
    assert!(stderr.contains("--unlock-from") || stderr.contains("passphrase"), "{stderr}");
    let der = dir.path().join("seal.cer");
    std::fs::write(&der, certificate.to_der().expect("DER")).expect("written");
    let (_, stdout, stderr) = countersign(dir.path(), &[der.to_str().expect("a path")]);
    assert!(stdout.contains("Acme AS"), "{stdout}{stderr}");
}
