//! The program as a person starts it, with a saved profile for the server in a home of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value as Json;

/// One of the servers that the environment names.
pub struct Op {
    pub issuer: String,
    /// Its certificates, and the keys that were made for its clients.
    pub folder: PathBuf,
}

impl Op {
    /// `mode`: what it demands of everybody, as `.ci/peers/oidc-provider/server.mjs` names that.
    fn in_mode(mode: &str) -> Self {
        const NAME: &str = "COUNTERSIGN_TEST_OP_FOLDER";
        let folder: PathBuf = std::env::var_os(NAME)
            .unwrap_or_else(|| panic!("{NAME} is not set: .ci/peers/oidc-provider.sh test sets it"))
            .into();
        let issuer = std::fs::read_to_string(folder.join(format!("issuer.{mode}"))).expect("the server's issuer");
        Self { issuer, folder }
    }
}

/// A home with one saved profile, `acme`.
pub struct Home {
    pub op: Op,
    folder: tempfile::TempDir,
}

impl Home {
    /// The profile's TOML, in which `ISSUER` and `FOLDER` stand for the server's.
    pub fn with(profile: &str) -> Self {
        Self::at("plain", profile)
    }

    /// The same, for the server in that mode.
    pub fn at(mode: &str, profile: &str) -> Self {
        let op = Op::in_mode(mode);
        let folder = tempfile::tempdir().expect("a folder");
        let text = profile.replace("ISSUER", &op.issuer).replace("FOLDER", &op.folder.display().to_string());
        let home = Self { op, folder };
        home.write("data/profiles/acme.toml", &text);
        home.write("passphrase", "of a vault in a test");
        home
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// What stands in the saved profile now.
    pub fn profile(&self) -> String {
        std::fs::read_to_string(self.path("data/profiles/acme.toml")).expect("the profile")
    }

    /// `--set NAME=@FILE`, the file holding that secret.
    pub fn secret(&self, name: &str, value: &str) -> [String; 2] {
        self.write(&format!("secrets/{name}"), value);
        ["--set".into(), format!("{name}=@{}", self.path(&format!("secrets/{name}")).display())]
    }

    /// A refresh token is kept in a vault, which wants a passphrase.
    pub fn unlock(&self) -> [String; 2] {
        ["--unlock-from".into(), self.path("passphrase").display().to_string()]
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("--data-dir").arg(self.path("data")).args(arguments).stdin(Stdio::null());
        command.env("HOME", self.folder.path()).env("SSL_CERT_FILE", self.op.folder.join("ca.pem"));
        if arguments.first() == Some(&"run") {
            command.args(self.unlock());
        }
        command
    }

    /// `run acme FLOW --json`, to its end.
    pub fn run(&self, flow: &str, more: &[&str]) -> Run {
        let output = self.command(&[&["run", "acme", flow, "--json"], more].concat()).output().expect("it runs");
        Run::read(output.status.code(), &output.stdout, &output.stderr)
    }

    /// `run acme FLOW --print STEP.OUTPUT`: the one value as it is, though it be secret.
    pub fn print(&self, flow: &str, what: &str, more: &[&str]) -> String {
        let output = self.command(&[&["run", "acme", flow, "--print", what], more].concat()).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{flow}: {said}");
        String::from_utf8(output.stdout).expect("text").trim_end().to_owned()
    }
}

/// What one run said, line by line.
pub struct Run {
    pub status: i32,
    pub events: Vec<Json>,
    pub told: String,
}

impl Run {
    pub fn read(status: Option<i32>, stdout: &[u8], stderr: &[u8]) -> Self {
        let text = String::from_utf8_lossy(stdout);
        let told = format!("{text}\n{}", String::from_utf8_lossy(stderr));
        let events =
            text.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|_| panic!("no JSON: {told}"))).collect();
        Self { status: status.unwrap_or(-1), events, told }
    }

    /// It ended done, and every check that was not off held.
    pub fn clean(self) -> Self {
        let failed = self.checks(&["fail", "warn"]);
        assert!(self.status == 0 && failed.is_empty(), "{failed:?}\n{}", self.told);
        self
    }

    /// The ids of the checks that ended so.
    pub fn checks(&self, outcomes: &[&str]) -> Vec<&str> {
        let of = |e: &&Json| e["event"] == "check" && outcomes.iter().any(|o| e["result"] == *o);
        self.events.iter().filter(of).filter_map(|e| e["id"].as_str()).collect()
    }

    /// The response to a step's request.
    pub fn response(&self, step: &str) -> &Json {
        let of = |e: &&Json| e["event"] == "response" && e["step"] == step;
        self.events.iter().rfind(of).unwrap_or_else(|| panic!("{step} was not answered:\n{}", self.told))
    }

    pub fn statuses(&self) -> Vec<i64> {
        self.events.iter().filter(|e| e["event"] == "response").filter_map(|e| e["status"].as_i64()).collect()
    }

    /// How it ended: the id of the error.
    pub fn error(&self) -> &str {
        let done =
            self.events.iter().rfind(|e| e["event"] == "done").unwrap_or_else(|| panic!("no end: {}", self.told));
        done["error"]["id"].as_str().unwrap_or_default()
    }

    /// None of these stands in anything that was said.
    pub fn hides(&self, secrets: &[&str]) -> &Self {
        for secret in secrets {
            assert!(!secret.is_empty() && !self.told.contains(secret), "a secret was told:\n{}", self.told);
        }
        self
    }
}

pub fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// A file beside these tests.
pub fn kept(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc_provider").join(name);
    std::fs::read_to_string(path).expect("the file")
}
