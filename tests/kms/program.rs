//! The program as a person starts it, in a home of its own.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// A home, and the data directory in it.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// With moto, where the environment has one.
    pub fn program(&self, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("--data-dir").arg(self.path().join("data")).args(args).env("HOME", self.path());
        Ended::of(&mut command)
    }

    /// With nothing of AWS in the environment but this.
    pub fn bare(&self, env: &[(&str, &str)], args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
        command.arg("--data-dir").arg(self.path().join("data")).args(args);
        for (name, _) in std::env::vars().filter(|(n, _)| n.starts_with("AWS_")) {
            command.env_remove(name);
        }
        Ended::of(command.env("HOME", self.path()).envs(env.iter().copied()))
    }
}

pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Ended {
    fn of(command: &mut Command) -> Self {
        let began = Instant::now();
        let Output { status, stdout, stderr } = command.output().expect("started");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let (stdout, stderr) = (text(stdout), text(stderr));
        Self { status: status.code().expect("a status"), stdout, stderr, took: began.elapsed() }
    }

    /// It ended well.
    pub fn well(self) -> Self {
        assert_eq!(self.status, 0, "{}{}", self.stdout, self.stderr);
        self
    }

    pub fn says(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, status, "{}{}", self.stdout, self.stderr);
        for word in words {
            assert!(self.stderr.contains(word) || self.stdout.contains(word), "{word}: {}{}", self.stdout, self.stderr);
        }
        self
    }
}
