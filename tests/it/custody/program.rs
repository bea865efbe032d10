//! The real program with a folder of its own: a saved profile, and a vault that opens quickly.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;

use age::secrecy::{ExposeSecret as _, SecretString};
use countersign::clock::SystemClock;
use countersign::config::Places;
use countersign::keys::Given;
use countersign::profile::Library;
use countersign::secret::Secret;
use countersign::shell::Session;
use countersign::store::Whose;
use serde_json::Value as Json;

use super::bank::Bank;

const PASSPHRASE: &str = "correct horse battery";

pub struct Program {
    folder: tempfile::TempDir,
}

#[derive(Debug)]
pub struct Said {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    pub fn new(bank: &Bank) -> Self {
        Self::with_profile(&profile(bank))
    }

    /// With that text as the saved profile `acme`.
    pub fn with_profile(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path();
        std::fs::create_dir(dir.join("profiles")).expect("a folder");
        std::fs::write(dir.join("profiles/acme.toml"), text).expect("written");
        std::fs::write(dir.join("passphrase"), PASSPHRASE).expect("written");
        make_vault(dir);
        Self { folder }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Another folder with the same content.
    pub fn copied(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        copy(self.folder.path(), folder.path());
        Self { folder }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("--data-dir").arg(self.folder.path()).args(arguments).env_clear().env("HOME", self.folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn unlocked(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command.arg("--unlock-from").arg(self.folder.path().join("passphrase"));
        command
    }

    pub fn run(&self, arguments: &[&str], kill_at: Option<&str>) -> Said {
        said(self.unlocked(arguments).envs(kill_at.map(|at| ("COUNTERSIGN_KILL_AT", at))))
    }

    /// Without the passphrase.
    pub fn locked(&self, arguments: &[&str]) -> Said {
        said(&mut self.command(arguments))
    }

    pub fn ends_well(&self, arguments: &[&str]) {
        let said = self.run(arguments, None);
        assert_eq!(said.status, Some(0), "{said:?}");
    }

    /// Ended by a signal, as a power cut would.
    pub fn dies(&self, arguments: &[&str], at: Option<&str>) -> Result<(), String> {
        let said = self.run(arguments, at);
        if said.status.is_none() { Ok(()) } else { Err(format!("it lives: {said:?}")) }
    }

    pub fn dies_by(&self, arguments: &[&str], bank: &Bank) -> Result<(), String> {
        let mut child = self.unlocked(arguments).spawn().expect("countersign runs");
        bank.victim(child.id());
        let status = child.wait().expect("it ends");
        if status.code().is_none() { Ok(()) } else { Err(format!("it lives: {status}")) }
    }

    pub fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self.unlocked(arguments).spawn().expect("countersign runs");
        let out = BufReader::new(child.stdout.take().expect("its output"));
        Running { child, out, said: String::new() }
    }

    /// What the list says of the one set.
    pub fn row(&self) -> Json {
        let said = self.locked(&["tokens", "list", "--json"]);
        serde_json::from_str(said.stdout.lines().next().unwrap_or_default()).unwrap_or_else(|_| panic!("{said:?}"))
    }

    /// What is sealed, opened by the library.
    pub fn kept(&self, member: &str) -> String {
        let dir = self.folder.path();
        let mut session = Session::bare(Library::embedded(), Arc::new(SystemClock));
        let places = Places { config: None, data: Some(dir.to_owned()) };
        session.keep(&places, Arc::new(Given(Secret::new(PASSPHRASE))));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let whose = Whose::new("acme", "own", &std::collections::BTreeMap::new());
        let set = runtime.block_on(session.tokens.get(&whose, "user")).expect("it opens").expect("it is kept");
        set.member(member).unwrap_or_else(|| panic!("no {member}")).expose().to_owned()
    }

    pub fn holds_in_clear(&self, text: &str) -> bool {
        holds(self.folder.path(), text.as_bytes())
    }
}

/// A program that goes on.
pub struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    said: String,
}

impl Running {
    /// Until its request is finished, just before it goes out.
    pub fn until_request(mut self) -> Self {
        while !self.said.contains(r#""event":"request""#) {
            let n = self.out.read_line(&mut self.said).expect("a line");
            assert!(n > 0, "it ended before: {}", self.said);
        }
        self
    }

    pub fn end(&mut self) -> (Option<i32>, String) {
        self.out.read_to_string(&mut self.said).expect("its output");
        let status = self.child.wait().expect("it ends");
        (status.code(), self.said.clone())
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().expect("countersign runs");
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    Said { status: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn holds(dir: &Path, text: &[u8]) -> bool {
    std::fs::read_dir(dir).expect("a folder").flatten().any(|entry| match entry.path() {
        path if path.is_dir() => holds(&path, text),
        path => std::fs::read(path).expect("read").windows(text.len()).any(|w| w == text),
    })
}

/// The two files of a vault, as the age tool could have made them, with little work for the passphrase.
fn make_vault(dir: &Path) {
    let identity = age::x25519::Identity::generate();
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(PASSPHRASE.to_owned()));
    recipient.set_work_factor(2);
    let seal = |recipient: &dyn age::Recipient, content: &str| {
        let mut out = Vec::new();
        let sealing = age::Encryptor::with_recipients(std::iter::once(recipient)).expect("a recipient");
        let mut writer = sealing.wrap_output(&mut out).expect("a writer");
        writer.write_all(content.as_bytes()).expect("written");
        writer.finish().expect("finished");
        out
    };
    let key = seal(&recipient, &format!("{}\n", identity.to_string().expose_secret()));
    let content = seal(&identity.to_public(), r#"{"version":1,"keys":{},"secrets":{},"bin":[]}"#);
    std::fs::write(dir.join("vault-key.age"), key).expect("written");
    std::fs::write(dir.join("vault.age"), content).expect("written");
}

fn profile(bank: &Bank) -> String {
    let (port, policy) = (bank.port, bank.policy.word());
    format!(
        r#"schema = 1
id = "acme"
name = "Acme at the bank of this test"
hosts = ["127.0.0.1"]
environment = "own"
[environments.own]
token_endpoint = "http://127.0.0.1:{port}/token"
[inputs.client_id]
default = "c1"
[client]
id = "{{{{ inputs.client_id }}}}"
auth = "none"
[[flow]]
id = "login"
[[flow.step]]
id = "token"
[flow.step.http]
url = "{{{{ env.token_endpoint }}}}"
auth = "client"
form = {{ grant_type = "authorization_code", code = "of-a-person" }}
[[flow.step]]
id = "keep"
[flow.step.save.tokens.user]
access_token = "{{{{ token.json.access_token }}}}"
refresh_token = "{{{{ token.json.refresh_token }}}}"
token_type = "{{{{ token.json.token_type }}}}"
expires_in = "{{{{ token.json.expires_in }}}}"
scope = "{{{{ token.json.scope }}}}"
[[flow]]
id = "refresh"
use = "refresh-token"
with = {{ refresh_policy = "{policy}" }}
"#
    )
}
