//! What a profile's steps make, signed by keys of each kind and judged by jwcrypto; and keys of ours that it encrypts to.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use countersign::jose::SecretJwk;
use countersign::jose::jwe::{Jwe, Policy};
use countersign::keys::KeySpec;

use super::run;

/// A folder with the profile, and nothing else of this machine.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        let profile = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/made.toml");
        home.printed(&["profiles", "import", profile.to_str().expect("a path")]);
        home
    }

    fn printed(&self, arguments: &[&str]) -> Vec<u8> {
        let output = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .arg("--data-dir")
            .arg(self.0.path())
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .stdin(Stdio::null())
            .output()
            .expect("countersign runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// A private key in a file, made by the openssl program.
    fn key(&self, name: &str, kind: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let made = Command::new("openssl").arg("genpkey").args(kind.split(' ')).arg("-out").arg(&path).output();
        assert!(made.is_ok_and(|o| o.status.success()), "openssl makes a key of {kind}");
        path
    }
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn jwcrypto_verifies_whatever_a_profile_makes_by_keys_of_each_kind() {
    let rsa = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    let ec = |curve: &str| format!("-algorithm EC -pkeyopt ec_paramgen_curve:{curve}");
    let kinds = [
        (ec("P-256"), &["ES256"][..]),
        (ec("P-384"), &["ES384"]),
        (ec("P-521"), &["ES512"]),
        ("-algorithm ED25519".to_owned(), &["EdDSA"]),
        (rsa.to_owned(), &["PS256", "PS384", "PS512", "RS256", "RS384", "RS512"]),
    ];
    let home = Home::new();
    let mut judged = 0;
    for (n, (kind, algs)) in kinds.iter().enumerate() {
        let signing = home.key(&format!("signing-{n}.pem"), kind);
        let opening = home.key(&format!("opening-{n}.pem"), if n % 2 == 0 { "-algorithm X25519" } else { rsa });
        let paths = [&signing, &opening].map(|path| path.to_str().expect("a path").to_owned());
        let binds = [format!("signing=file:{}", paths[0]), format!("encryption=file:{}", paths[1])];
        for alg in *algs {
            for (what, print) in [
                ("token", &["--dry-run", "--print", "token.client_assertion"][..]),
                ("request", &["--print", "made.jwt"]),
                ("statement", &["--print", "made.jwt"]),
                ("jwks", &["--print", "made.jwt"]),
            ] {
                let set = format!("alg={alg}");
                let start = ["run", "judged", what, "--env", "test", "--set", &set];
                let bind = ["--bind", &binds[0], "--bind", &binds[1]];
                let jwt = home.printed(&[&start[..], &bind, print].concat());
                let said = run("made.py", &[what, alg, &paths[0], &paths[1]], &jwt);
                assert!(said.contains("ok the signature") && said.contains("ok a changed one is wrong"), "{said}");
                judged += 1;
            }
        }
    }
    assert_eq!(judged, 10 * 4);
}

#[test]
#[ignore = "needs jwcrypto (.ci/run provides it)"]
fn what_jwcrypto_encrypts_to_keys_made_here_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = [KeySpec::X25519, KeySpec::P256, KeySpec::P384, KeySpec::P521, KeySpec::Rsa(2048)].map(|spec| {
        let name = spec.to_string().replace(' ', "-");
        let key = SecretJwk::generate(spec).expect("a key");
        let path = folder.path().join(format!("{name}.jwk"));
        std::fs::write(path, key.public().as_value().to_string()).expect("written");
        (name, key)
    });
    run("made.py", &["to", folder.path().to_str().expect("a path")], b"");
    let mut opened = 0;
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        let path = file.expect("an entry").path();
        let Some(name) =
            path.file_stem().and_then(|n| n.to_str()).filter(|_| path.extension().is_some_and(|e| e == "jwe"))
        else {
            continue;
        };
        let token = std::fs::read_to_string(&path).expect("a token");
        let admitted = Jwe::parse(&token).and_then(|jwe| jwe.admit(&Policy::sound())).expect("a sound token");
        for (kind, key) in &made {
            let content = key.open_jwe(&admitted);
            let own = name.starts_with(&format!("{kind}."));
            assert_eq!(content.is_ok_and(|c| c.expose() == br#"{"iss":"judge"}"#), own, "{name} with {kind}");
        }
        opened += 1;
    }
    assert_eq!(opened, (4 * 4 + 2) * 6);
}
