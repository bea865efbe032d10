//! No byte of a private key in anything this program says or leaves behind. The same search finds the key where it is.

use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use countersign::jose::{PublicJwk, SecretJwk};
use countersign::keys::{KeySpec, KeyStore as _, KeyUri, file::Files};

use super::needles::Needles;

const PASSPHRASE: &str = "correct-horse-Battery-9";

struct Said {
    what: String,
    bytes: Vec<u8>,
}

/// Runs the real binary; its output, and what Linux shows of a process to others while it runs.
fn run(dir: &Path, arguments: &[&str], stdin: &[u8]) -> Vec<Said> {
    use std::io::Write as _;
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .arg("--data-dir")
        .arg(dir.join("data"))
        .args(arguments)
        .current_dir(dir)
        .env_clear()
        .env("HOME", dir)
        .envs([("RUST_BACKTRACE", "full"), ("RUST_LOG", "trace")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("countersign runs");
    let shown = ["cmdline", "environ"].map(|f| std::fs::read(format!("/proc/{}/{f}", child.id())).unwrap_or_default());
    let _ = child.stdin.take().expect("its input").write_all(stdin);
    let output = child.wait_with_output().expect("it ends");
    let name = arguments.join(" ");
    let [cmdline, environ] = shown;
    [
        ("standard output", output.stdout),
        ("standard error", output.stderr),
        ("arguments", cmdline),
        ("environment", environ),
    ]
    .map(|(what, bytes)| Said { what: format!("{what} of {name}"), bytes })
    .into()
}

fn files(dir: &Path, said: &mut Vec<Said>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, said);
        } else {
            said.push(Said { what: path.display().to_string(), bytes: std::fs::read(&path).unwrap_or_default() });
        }
    }
}

#[tokio::test]
async fn no_private_key_is_in_what_the_program_says_or_leaves_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path();
    let key = SecretJwk::generate(KeySpec::P256).expect("a key");
    let pem = openssl_pem(&key);
    let jwk = {
        let mut value = key.public().as_value().clone();
        value["d"] = URL_SAFE_NO_PAD.encode(scalar(&key)).into();
        value.to_string()
    };
    let needles = Needles::of(&scalar(&key));
    std::fs::write(dir.join("key.pem"), &pem).expect("written");
    std::fs::write(dir.join("key.jwk"), &jwk).expect("written");
    std::fs::write(dir.join("cut.pem"), &pem[..pem.len() / 2]).expect("written");
    std::fs::write(dir.join("wrong.jwk"), jwk.replace("P-256", "P-384")).expect("written");
    std::fs::write(dir.join("pass.txt"), PASSPHRASE).expect("written");
    std::fs::write(dir.join("other.txt"), "another one 77").expect("written");

    // the positive control: where the key is, the search finds it
    assert!(needles.found(pem.as_bytes()).is_some() && needles.found(jwk.as_bytes()).is_some());
    for (what, needle) in &needles.0 {
        assert!(needles.found(&[b"before ", needle.as_slice(), b" after"].concat()).is_some(), "{what}");
    }

    let unlocked = ["keys", "--unlock-from", "pass.txt"];
    let keys = |rest: &[&'static str]| [&unlocked[..], rest].concat();
    let calls: Vec<(Vec<&str>, &[u8])> = vec![
        (keys(&["import", "key.pem", "--to", "vault:canary"]), b""),
        (keys(&["import", "key.pem", "--to", "vault:canary"]), b""),
        (keys(&["list", "--json"]), b""),
        (keys(&["show", "vault:canary"]), b""),
        (keys(&["show", "vault:canary", "--json"]), b""),
        (keys(&["public", "vault:canary", "--jwks"]), b""),
        (keys(&["csr", "vault:canary", "--profile", "qseal", "--subject", "CN=x"]), b""),
        (vec!["keys", "--unlock-from", "other.txt", "show", "vault:canary"], b""),
        (vec!["keys", "show", "key.jwk"], b""),
        (vec!["keys", "show", "cut.pem"], b""),
        (vec!["keys", "show", "wrong.jwk"], b""),
        (vec!["inspect", "key.pem"], b""),
        (vec!["inspect", "key.jwk", "--json"], b""),
        (vec!["inspect", "-"], jwk.as_bytes()),
        (vec!["inspect", "cut.pem"], b""),
        (vec!["check", "key.jwk"], b""),
        (vec!["profiles", "import", "key.pem"], b""),
        (vec!["profiles", "new", "acme", "--from", "dnb", "--env", "sandbox", "--bind", "signing=vault:canary"], b""),
        (vec!["run", "acme", "token", "--json", "--unlock-from", "pass.txt"], b""),
        (
            vec![
                "run",
                "dnb",
                "call",
                "--env",
                "sandbox",
                "--bind",
                "signing=file:key.pem",
                "--bind",
                "transport=file:key.pem",
            ],
            b"",
        ),
        (vec!["run", "dnb", "token", "--env", "sandbox", "--bind", "signing=file:cut.pem"], b""),
        (vec!["run", "dnb", "token", "--env", "sandbox", "--set", "scope=@key.pem"], b""),
        (keys(&["delete", "vault:canary", "--yes"]), b""),
        (keys(&["restore", "vault:canary"]), b""),
        (vec!["doctor"], b""),
    ];
    let mut said: Vec<Said> = calls.iter().flat_map(|(arguments, stdin)| run(dir, arguments, stdin)).collect();
    files(&dir.join("data"), &mut said);
    assert!(said.iter().any(|s| s.what.ends_with("vault.age")), "the vault was made");
    // what a panic or a log would print
    let opened = Files::default().open(&KeyUri::new("file", dir.join("key.pem").display().to_string())).await;
    let opened = opened.expect("opened");
    let debug = format!("{key:?} {:#?} {:?}", key, opened.info());
    said.push(Said { what: "Debug".into(), bytes: debug.into_bytes() });

    let leaks: Vec<String> =
        said.iter().filter_map(|s| Some(format!("{} ({})", s.what, needles.found(&s.bytes)?))).collect();
    assert!(leaks.is_empty(), "the key stands in {leaks:#?}");
    let passphrase = |s: &&Said| s.bytes.windows(PASSPHRASE.len()).any(|w| w == PASSPHRASE.as_bytes());
    let leaks: Vec<&String> = said.iter().filter(passphrase).map(|s| &s.what).collect();
    assert!(leaks.is_empty(), "the passphrase stands in {leaks:#?}");
}

fn openssl_pem(key: &SecretJwk) -> String {
    let pkey = openssl::pkey::PKey::private_key_from_pkcs8(key.to_pkcs8_der().expose()).expect("a key");
    String::from_utf8(pkey.private_key_to_pem_pkcs8().expect("PEM")).expect("text")
}

/// `d` of RFC 7518 §6.2.2.1.
fn scalar(key: &SecretJwk) -> Vec<u8> {
    let pkey = openssl::pkey::PKey::private_key_from_pkcs8(key.to_pkcs8_der().expose()).expect("a key");
    pkey.ec_key().expect("an EC key").private_key().to_vec_padded(32).expect("32 bytes")
}

/// So that a public key cannot be mistaken for the secret one above.
#[test]
fn a_public_key_is_no_leak() {
    let key = SecretJwk::generate(KeySpec::P256).expect("a key");
    let public: &PublicJwk = key.public();
    assert_eq!(Needles::of(&scalar(&key)).found(public.as_value().to_string().as_bytes()), None);
}
