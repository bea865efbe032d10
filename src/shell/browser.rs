//! Who opens an address for a person to look at.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::config::Desktop;

/// How long an opener may take before it counts as having opened something.
const SOON: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(50);

/// A browser, if there is one.
pub trait Browser: Send + Sync {
    /// Opens the address. What became of it, in a few words; `Err`: it has to be opened by hand.
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>>;
}

/// Nothing is opened by itself.
pub struct NoBrowser;

impl Browser for NoBrowser {
    fn open<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async { Err("no browser is opened from here: open the address by hand".to_owned()) })
    }
}

/// The desktop's own browser, through the desktop's own opener: no shell, nothing of the environment but the desktop's.
pub struct SystemBrowser(Desktop);

impl SystemBrowser {
    pub const fn new(desktop: Desktop) -> Self {
        Self(desktop)
    }

    #[expect(clippy::disallowed_methods, reason = "its environment is scrubbed, it has no terminal and no open files")]
    fn start(&self, opener: &[&str], url: &str) -> Option<Child> {
        let (program, arguments) = opener.split_first()?;
        let mut command = Command::new(program);
        command.args(arguments).arg(url).env_clear().envs(self.0.variables.iter().map(|(n, v)| (n, v)));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // an interrupt at our terminal is not for the browser
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().ok()
    }
}

/// Programs that open an address, the usual one first.
const OPENERS: &[&[&str]] = if cfg!(target_os = "macos") {
    &[&["/usr/bin/open"]]
} else if cfg!(windows) {
    &[&["rundll32.exe", "url.dll,FileProtocolHandler"]]
} else {
    &[&["xdg-open"], &["gio", "open"], &["wslview"]]
};

impl Browser for SystemBrowser {
    fn open<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<String, String>> {
        Box::pin(async move {
            if !self.0.has_display() {
                return Err("no browser can be opened from this terminal: copy the address with y".to_owned());
            }
            // a later opener never sees what is no address
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                return Err("this is no address for a browser".to_owned());
            }
            for opener in OPENERS {
                if let Some(child) = self.start(opener, url)
                    && opened(child).await
                {
                    return Ok(format!("browser opened with {}", opener[0]));
                }
            }
            Err("no browser could be opened: copy the address with y".to_owned())
        })
    }
}

/// One that is still there after a while is the browser itself: it is left alone.
async fn opened(mut child: Child) -> bool {
    let ended = async {
        loop {
            match child.try_wait() {
                Ok(None) => tokio::time::sleep(LOOK).await,
                Ok(Some(status)) => return status.success(),
                Err(_) => return false,
            }
        }
    };
    tokio::time::timeout(SOON, ended).await.unwrap_or(true)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn opener(script: &str) -> (tempfile::TempDir, SystemBrowser) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("xdg-open");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let variables = vec![("PATH", dir.path().into()), ("DISPLAY", ":0".into())];
        (dir, SystemBrowser::new(Desktop { variables }))
    }

    #[tokio::test]
    async fn an_opener_gets_the_address_as_one_argument_and_nothing_of_ours() {
        let (dir, browser) = opener("printf '%s\\n' \"$#\" \"$1\" >\"$0.args\"; export -p >\"$0.env\"");
        let url = "https://as.bank.example/a?b=$(id)&c=`id`;d='x y";
        assert_eq!(browser.open(url).await.as_deref(), Ok("browser opened with xdg-open"));
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(read("xdg-open.args"), format!("1\n{url}\n"));
        let names: Vec<String> = read("xdg-open.env")
            .lines()
            .filter_map(|l| l.strip_prefix("export ")?.split('=').next().map(str::to_owned))
            .filter(|n| !matches!(n.as_str(), "PWD" | "OLDPWD" | "SHLVL" | "_"))
            .collect();
        assert_eq!(names, ["DISPLAY", "PATH"]);
    }

    #[tokio::test]
    async fn an_opener_that_fails_or_is_not_there_is_told() {
        let (_dir, browser) = opener("exit 3");
        assert!(browser.open("https://as.bank.example/").await.is_err_and(|e| e.contains("copy the address")));
        let nowhere = SystemBrowser::new(Desktop { variables: vec![("PATH", "/nowhere".into())] });
        assert!(nowhere.open("https://as.bank.example/").await.is_err_and(|e| e.contains("this terminal")));
    }

    #[tokio::test]
    async fn only_web_addresses_reach_an_opener() {
        let (dir, browser) = opener("touch \"$0.ran\"");
        for url in ["javascript:alert(1)", "file:///etc/passwd", "-x", "&calc"] {
            assert!(browser.open(url).await.is_err(), "{url}");
        }
        assert!(!dir.path().join("xdg-open.ran").exists());
    }
}
