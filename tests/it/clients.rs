//! Registrations by the real program: written down, compared with the bank's, and given a new certificate.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value as Json, json};

use crate::custody::program::{Program, Said};

/// A registration endpoint on loopback: one record, read and replaced as JSON.
#[derive(Clone)]
struct Bank {
    port: u16,
    record: Arc<Mutex<Json>>,
    refuses: Arc<Mutex<bool>>,
}

impl Bank {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let record = json!({
            "client_id": "c1", "client_id_issued_at": 1_700_000_000, "scope": "accounts payments",
            "registration_access_token": "secret-of-the-registration", "client_secret": "secret-of-the-client",
            "client_secret_expires_at": 4_102_444_800_i64, "tls_client_auth_subject_dn": "CN=before",
        });
        let bank = Self { port, record: Arc::new(Mutex::new(record)), refuses: Arc::default() };
        let serving = bank.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                serving.serve(stream);
            }
        });
        bank
    }

    fn set(&self, name: &str, value: Json) {
        self.record.lock().expect("the record")[name] = value;
    }

    fn serve(&self, mut stream: TcpStream) {
        let Some((put, body)) = request(&mut stream) else { return };
        let mut record = self.record.lock().expect("the record");
        let refused = put && *self.refuses.lock().expect("the switch");
        if put && !refused {
            for (name, value) in body.as_object().into_iter().flatten() {
                record[name] = value.clone();
            }
        }
        let (status, body) = match refused {
            true => (400, json!({ "error": "invalid_client_metadata" }).to_string()),
            false => (200, record.to_string()),
        };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncache-control: no-store\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
    }

    fn profile(&self, key: &str) -> String {
        let port = self.port;
        format!(
            r#"schema = 1
id = "acme"
name = "Acme at the bank of this test"
hosts = ["127.0.0.1"]
environment = "own"
[environments.own]
registration = "http://127.0.0.1:{port}/register/c1"
[keys.transport]
use = "tls"
certificate = "any"
ref = "file:{key}"
[[flow]]
id = "read"
[[flow.step]]
id = "read"
[flow.step.http]
url = "{{{{ env.registration }}}}"
mtls = "transport"
[[flow.step]]
id = "keep"
[flow.step.save]
records = {{ client = "{{{{ read.json }}}}" }}
[flow.step.save.tokens.registration]
access_token = "{{{{ read.json.registration_access_token }}}}"
client_secret = "{{{{ read.json.client_secret }}}}"
[[flow]]
id = "update"
[flow.inputs.changes]
type = "json"
[[flow.step]]
id = "update"
[flow.step.http]
method = "PUT"
url = "{{{{ env.registration }}}}"
mtls = "transport"
json = "{{{{ inputs.changes }}}}"
[[flow.step]]
id = "keep"
[flow.step.save]
records = {{ client = "{{{{ update.json }}}}" }}
"#
        )
    }
}

fn request(stream: &mut TcpStream) -> Option<(bool, Json)> {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&seen).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let headers: BTreeMap<String, String> = head
                .lines()
                .filter_map(|l| l.split_once(':'))
                .map(|(n, v)| (n.to_ascii_lowercase(), v.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                return Some((head.starts_with("PUT"), serde_json::from_str(body).unwrap_or_default()));
            }
        }
        let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
        seen.extend_from_slice(&buffer[..n]);
    }
}

/// A key with a certificate of that name, in a file of its own.
fn key_file(dir: &std::path::Path, name: &str) -> String {
    use openssl::asn1::Asn1Time;
    use openssl::ec::{EcGroup, EcKey};
    use openssl::nid::Nid;
    use openssl::pkey::PKey;
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve");
    let key = PKey::from_ec_key(EcKey::generate(&group).expect("a key")).expect("a key");
    let mut subject = openssl::x509::X509Name::builder().expect("a name");
    subject.append_entry_by_text("CN", name).expect("a name");
    let subject = subject.build();
    let mut b = openssl::x509::X509::builder().expect("a builder");
    b.set_version(2).expect("set");
    b.set_subject_name(&subject).expect("set");
    b.set_issuer_name(&subject).expect("set");
    b.set_pubkey(&key).expect("set");
    b.set_not_before(&Asn1Time::days_from_now(0).expect("a time")).expect("set");
    b.set_not_after(&Asn1Time::days_from_now(20).expect("a time")).expect("set");
    b.sign(&key, openssl::hash::MessageDigest::sha256()).expect("signed");
    let mut pem = key.private_key_to_pem_pkcs8().expect("pem");
    pem.extend(b.build().to_pem().expect("pem"));
    let path = dir.join(format!("{name}.pem"));
    std::fs::write(&path, pem).expect("written");
    path.display().to_string()
}

fn started() -> (Bank, Program, tempfile::TempDir, String) {
    let keys = tempfile::tempdir().expect("a folder");
    let bank = Bank::open();
    let program = Program::with_profile(&bank.profile(&key_file(keys.path(), "before")));
    program.ends_well(&["run", "acme", "read"]);
    let new = key_file(keys.path(), "after");
    (bank, program, keys, new)
}

fn ends(said: &Said, status: i32, texts: &[&str]) {
    assert_eq!(said.status, Some(status), "{said:?}");
    for text in texts {
        assert!(said.stdout.contains(text) || said.stderr.contains(text), "no “{text}” in {said:?}");
    }
}

#[test]
fn a_registration_is_listed_without_a_passphrase_and_its_secrets_lie_sealed() {
    let (_bank, program, _keys, _) = started();
    let list = program.locked(&["clients", "list"]);
    let breaks = "no token, no call, no change of the registration";
    ends(
        &list,
        0,
        &["acme/own  c1", "! ends", "transport certificate (CN=before)", breaks, "2100-01-01  client secret"],
    );
    for secret in ["secret-of-the-registration", "secret-of-the-client"] {
        assert!(!program.holds_in_clear(secret) && !list.stdout.contains(secret), "{secret}");
    }
    let member = program.run(&["tokens", "copy", "acme/registration", "--member", "nothing"], None);
    ends(&member, 2, &["has no nothing"]);
}

#[test]
fn what_the_bank_changed_is_told_once() {
    let (bank, program, _keys, _) = started();
    ends(&program.run(&["clients", "drift", "acme"], None), 0, &["is as it was"]);
    bank.set("scope", "accounts".into());
    bank.set("grant_types", json!(["client_credentials"]));
    let drifted = program.run(&["clients", "drift", "acme"], None);
    ends(&drifted, 1, &["grant_types: new", "scope: accounts payments → accounts"]);
    ends(&program.run(&["clients", "drift", "acme"], None), 0, &["is as it was"]);
    bank.set("scope", "payments".into());
    let as_json = program.run(&["clients", "drift", "acme", "--json"], None);
    let found: Json = serde_json::from_str(as_json.stdout.trim()).unwrap_or_else(|_| panic!("{as_json:?}"));
    assert_eq!(found.pointer("/changes/0/now"), Some(&json!("payments")));
    ends(&program.locked(&["clients", "show", "acme"]), 0, &["scope: accounts → payments"]);
}

#[test]
fn a_new_certificate_is_in_the_profile_once_the_bank_has_taken_it() {
    let (bank, program, _keys, new) = started();
    let profile = || std::fs::read_to_string(program.folder().join("profiles/acme.toml")).expect("the profile");
    let before = profile();
    let to = format!("transport=file:{new}");
    ends(&program.run(&["clients", "certificate", "acme", &to], None), 5, &["CN=before", "CN=after", "--yes"]);
    *bank.refuses.lock().expect("the switch") = true;
    let refused = program.run(&["clients", "certificate", "acme", &to, "--yes"], None);
    ends(&refused, 1, &["invalid_client_metadata", "the profile is as it was"]);
    assert_eq!(profile(), before);
    *bank.refuses.lock().expect("the switch") = false;
    let taken = program.run(&["clients", "certificate", "acme", &to, "--yes"], None);
    ends(&taken, 0, &["tls_client_auth_subject_dn: CN=before → CN=after", "from now on"]);
    assert_eq!(profile(), before.replace("before.pem", "after.pem"), "and nothing else changed");
    assert_eq!(bank.record.lock().expect("the record")["tls_client_auth_subject_dn"], "CN=after");
    ends(&program.locked(&["clients", "list"]), 0, &["transport certificate (CN=after)"]);
}
