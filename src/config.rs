//! What the program knows of its surroundings: directories, the terminal, the environment. Read once, in one place.

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

/// Where everything is kept. None: nothing can be (no home directory), so nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `profiles/*.toml` of the person.
    pub config: Option<PathBuf>,
    /// Tokens, ledgers, logs.
    pub data: Option<PathBuf>,
}

impl Places {
    /// `--data-dir` moves everything; else the operating system's directories.
    pub fn find(data_dir: Option<&Path>) -> Self {
        if let Some(dir) = data_dir {
            return Self { config: Some(dir.to_owned()), data: Some(dir.to_owned()) };
        }
        let dirs = ProjectDirs::from("", "", "countersign");
        Self {
            config: dirs.as_ref().map(|d| d.config_dir().to_owned()),
            data: dirs.as_ref().map(|d| d.data_dir().to_owned()),
        }
    }

    pub fn nowhere() -> Self {
        Self { config: None, data: None }
    }
}

/// A path as a person types it: `~/` is their home, which on the command line the shell would have said.
pub fn at_home(path: &str) -> String {
    let home = path.strip_prefix("~/").zip(directories::BaseDirs::new());
    home.map_or_else(|| path.to_owned(), |(rest, dirs)| dirs.home_dir().join(rest).display().to_string())
}

/// What the environment says about how to talk to the person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is one independent fact about the surroundings")]
pub struct Surroundings {
    pub no_color: bool,
    /// The terminal is at the other end of an SSH connection.
    pub ssh: bool,
    pub tmux: bool,
    pub screen: bool,
}

impl Surroundings {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let term = std::env::var("TERM").unwrap_or_default();
        Self {
            no_color: set("NO_COLOR") || term == "dumb",
            ssh: set("SSH_TTY") || set("SSH_CONNECTION"),
            tmux: set("TMUX"),
            screen: set("STY") || term.starts_with("screen") && !set("TMUX"),
        }
    }
}
