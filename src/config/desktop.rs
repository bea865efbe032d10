//! What a program that opens a browser has to know of the desktop, and nothing else of the environment.

use std::ffi::OsString;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desktop {
    pub variables: Vec<(&'static str, OsString)>,
}

/// Where the display is, who is in front of it, and which browser they like.
const VARIABLES: [&str; 26] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "BROWSER",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "DBUS_SESSION_BUS_ADDRESS",
    "DESKTOP_SESSION",
    "KDE_FULL_SESSION",
    "KDE_SESSION_VERSION",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "XDG_CURRENT_DESKTOP",
    "XDG_DATA_DIRS",
    "XDG_DATA_HOME",
    "XDG_RUNTIME_DIR",
    "XDG_SESSION_TYPE",
    "WSL_DISTRO_NAME",
    "WSL_INTEROP",
    "SystemRoot",
    "USERPROFILE",
];

impl Desktop {
    #[expect(clippy::disallowed_methods, reason = "the environment is read in `config` alone")]
    pub fn read() -> Self {
        let set = |name: &'static str| std::env::var_os(name).filter(|v| !v.is_empty()).map(|v| (name, v));
        Self { variables: VARIABLES.into_iter().filter_map(set).collect() }
    }

    pub fn has(&self, name: &str) -> bool {
        self.variables.iter().any(|(n, _)| *n == name)
    }

    /// Whether a window can come up at all.
    pub fn has_display(&self) -> bool {
        cfg!(any(target_os = "macos", windows))
            || ["DISPLAY", "WAYLAND_DISPLAY", "WSL_INTEROP"].iter().any(|name| self.has(name))
    }
}
