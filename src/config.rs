//! What the program knows of its surroundings: directories, the terminal, the environment. Read once, in one place.

mod desktop;
mod reading;
mod settings;

use std::path::{Path, PathBuf};

use directories::ProjectDirs;

pub use desktop::Desktop;
pub use reading::{Complaint, Reading};
pub use settings::{Settings, Theme};

/// Where everything is kept. None: nothing can be (no home directory), so nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// `config.toml` and `profiles/*.toml` of the person.
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
    /// `TERM`.
    pub term: String,
    /// It shows the 256 colours that do not depend on its palette, and answers what it is asked.
    pub many_colors: bool,
    /// The locale says UTF-8.
    pub utf8: bool,
    /// `VISUAL`, else `EDITOR`.
    pub editor: Option<String>,
    /// Names of the proxy variables that are set; their values may hold passwords.
    pub proxies: Vec<&'static str>,
    /// `SSLKEYLOGFILE` is set.
    pub key_log: bool,
}

impl Surroundings {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn read() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let text = |name: &str| std::env::var(name).unwrap_or_default();
        let term = text("TERM");
        // the first that is set decides (POSIX, locale variables)
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(text).into_iter().find(|v| !v.is_empty()).unwrap_or_default();
        let proxies = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        // the console of Linux prints what it does not know
        let many_colors = ["256", "direct", "kitty", "ghostty", "foot", "alacritty", "wezterm"];
        let many_colors = many_colors.iter().any(|t| term.contains(t)) || (set("COLORTERM") && term != "linux");
        Self {
            many_colors,
            no_color: set("NO_COLOR") || term == "dumb",
            ssh: set("SSH_TTY") || set("SSH_CONNECTION"),
            tmux: set("TMUX"),
            screen: set("STY") || term.starts_with("screen") && !set("TMUX"),
            term,
            utf8: matches!(locale.to_ascii_lowercase().replace('-', ""), l if l.ends_with("utf8")),
            editor: ["VISUAL", "EDITOR"].map(text).into_iter().find(|v| !v.trim().is_empty()),
            proxies: proxies.into_iter().filter(|name| set(name)).collect(),
            key_log: set("SSLKEYLOGFILE"),
        }
    }
}

/// What there is of AWS's own configuration. AWS's SDK reads it; here is only what may be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AwsTraces {
    /// Variables that lead to credentials, those that are set.
    pub variables: Vec<&'static str>,
    /// `~/.aws/config` and `~/.aws/credentials`, or where variables put them.
    pub files: Vec<PathBuf>,
    /// `AWS_EC2_METADATA_DISABLED`.
    pub no_instance_metadata: bool,
}

impl AwsTraces {
    /// What leads to credentials, in the order in which AWS looks.
    pub const VARIABLES: [&str; 5] = [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    ];

    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read")]
    pub fn read() -> Self {
        let text = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
        let home = directories::BaseDirs::new().map(|d| d.home_dir().join(".aws"));
        let file = |variable: &str, name: &str| {
            text(variable).map(PathBuf::from).or_else(|| home.as_ref().map(|h| h.join(name)))
        };
        let files = [file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
        Self {
            variables: Self::VARIABLES.into_iter().filter(|v| text(v).is_some()).collect(),
            files: files.into_iter().flatten().collect(),
            no_instance_metadata: text("AWS_EC2_METADATA_DISABLED").is_some_and(|v| v.eq_ignore_ascii_case("true")),
        }
    }

    /// Whether any of it is there.
    pub fn any(&self) -> bool {
        !self.variables.is_empty() || self.files.iter().any(|f| f.exists())
    }
}
