//! The program against TLS servers of other hands that demand client certificates: nginx, whose handshake ends before it
//! refuses by a page, and OpenSSL's own, which refuses by an alert, with TLS 1.3 only on the first read.
//! `.ci/peers/nginx.sh test` brings them about.

#![allow(clippy::disallowed_methods, clippy::expect_used, clippy::panic, reason = "tests speak plainly")]

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value as Json;

const PROFILE: &str = r#"
schema      = 1
id          = "acme"
extends     = "generic-oidc"
environment = "server"
[values]
issuer      = "https://localhost:PORT"
client_id   = "acme"
[environments.server]
token_endpoint = "{{ env.issuer }}/token"
[keys.transport]
ref = "file:FOLDER/CERTIFICATE.pem"
"#;

/// What one run said: its status, its error and what to do about it, its failed checks, everything.
struct Said {
    status: Option<i32>,
    error: String,
    remedy: String,
    failed: Vec<String>,
    all: String,
}

fn folder() -> PathBuf {
    std::env::var_os("COUNTERSIGN_TEST_TLS_FOLDER").expect(".ci/peers/nginx.sh test sets its folder").into()
}

/// Asks that server for a token, with that certificate or with none.
fn asks(server: &str, certificate: Option<&str>, levels: &str) -> Said {
    let (folder, home) = (folder(), tempfile::tempdir().expect("a folder"));
    let port = std::fs::read_to_string(folder.join(format!("{server}.port"))).expect("a port");
    let text = PROFILE
        .replace("PORT", port.trim())
        .replace("FOLDER", &folder.display().to_string())
        .replace("CERTIFICATE", certificate.unwrap_or("transport"));
    let profiles = home.path().join("data/profiles");
    std::fs::create_dir_all(&profiles).expect("made");
    std::fs::write(profiles.join("acme.toml"), text + levels).expect("written");
    let method = certificate.map_or("client_auth=none", |_| "client_auth=tls_client_auth");
    let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("--data-dir")
        .arg(home.path().join("data"))
        .args(["run", "acme", "token", "--json", "--set", method])
        .env("HOME", home.path())
        .env("SSL_CERT_FILE", folder.join("ca.pem"))
        .stdin(Stdio::null())
        .output()
        .expect("it runs");
    let all = String::from_utf8(output.stdout).expect("text");
    let events: Vec<Json> = all.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    let done = events.iter().rfind(|e| e["event"] == "done").unwrap_or_else(|| panic!("no end: {all}"));
    let word = |name: &str| done["error"][name].as_str().unwrap_or_default().to_owned();
    let failed = events.iter().filter(|e| e["event"] == "check" && e["result"] == "fail");
    let failed = failed.filter_map(|e| e["id"].as_str()).map(str::to_owned).collect();
    Said { status: output.status.code(), error: word("id"), remedy: word("hint"), failed, all }
}

impl Said {
    fn is(&self, status: i32, error: &str) -> &Self {
        assert_eq!((self.status, self.error.as_str()), (Some(status), error), "{}", self.all);
        self
    }

    fn says(&self, word: &str) {
        assert!(self.remedy.contains(word), "{}", self.all);
    }
}

/// The check that knows the dates of our certificate is out of the way.
const BLIND: &str = "[levels]\nTLS-03 = \"off\"\n";

#[test]
#[ignore = "needs nginx and openssl (.ci/run provides them)"]
fn a_front_that_knows_the_certificate_answers_in_both_versions_of_tls() {
    for (front, version) in [("front", "TLSv1.3"), ("front12", "TLSv1.2")] {
        asks(front, Some("transport"), "").is(0, "");
        let record = std::fs::read_to_string(folder().join("access.log")).expect("what it recorded");
        let seen: Vec<Json> = record.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let ours = |e: &&Json| e["server"] == front && e["status"] == 200;
        let seen = seen.iter().find(ours).unwrap_or_else(|| panic!("{record}"));
        assert_eq!((&seen["protocol"], &seen["verify"]), (&version.into(), &"SUCCESS".into()));
        assert_eq!(seen["subject"], "CN=transport,O=TPP Ltd,C=GB");
    }
}

#[test]
#[ignore = "needs nginx and openssl (.ci/run provides them)"]
fn a_front_that_refuses_by_a_page_is_told_as_a_matter_of_tls() {
    for front in ["front", "front12"] {
        asks(front, None, "").is(4, "tls.client-certificate.required").says("bind a key with its certificate");
        asks(front, Some("stranger"), "").is(4, "tls.client-certificate.rejected").says("issuer");
        let said = asks(front, Some("expired"), "");
        assert_eq!(said.is(1, "check.failed").failed, ["TLS-03"], "{}", said.all);
        asks(front, Some("expired"), BLIND).is(4, "tls.client-certificate.rejected").says("dates");
    }
}

#[test]
#[ignore = "needs nginx and openssl (.ci/run provides them)"]
fn an_alert_is_told_for_what_it_is_in_the_handshake_and_on_the_first_read() {
    for server in ["alerts", "alerts12"] {
        asks(server, None, "").is(4, "tls.client-certificate.required").says("certificate");
        let said = asks(server, Some("stranger"), "");
        said.is(4, "tls.client-certificate.unknown-ca").says("CN=Strange CA");
        let said = asks(server, Some("expired"), BLIND);
        said.is(4, "tls.client-certificate.expired").says("our certificate expired on");
    }
}

#[test]
#[ignore = "needs nginx and openssl (.ci/run provides them)"]
fn a_server_with_old_versions_alone_is_told_so() {
    asks("old", Some("transport"), "").is(4, "tls.version").says("TLS 1.2 and 1.3");
}
