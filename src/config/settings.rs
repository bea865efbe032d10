//! What the person decided once for all runs: `config.toml` in the configuration directory, and the environment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::reading::{Complaint, Reading};

/// Modules that may be named; each is loaded with its first use.
const MOST_MODULES: usize = 16;

/// Settings; what is not said has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// PKCS#11 modules that the person trusts. Nothing else is ever loaded.
    pub pkcs11_modules: Vec<PathBuf>,
    /// Runs that are kept at most; 0: none. None: not said.
    pub history_runs: Option<u32>,
    /// Megabytes of them.
    pub history_megabytes: Option<u32>,
    pub theme: Theme,
    /// The screen is drawn with ASCII characters alone.
    pub ascii: bool,
}

/// Which colours the screen has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// By the terminal's background, where it tells it; else plain.
    #[default]
    Auto,
    Dark,
    Light,
    /// The terminal's own sixteen.
    Plain,
}

impl Theme {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "auto" => Self::Auto,
            "dark" => Self::Dark,
            "light" => Self::Light,
            "plain" => Self::Plain,
            _ => return None,
        })
    }
}

impl Settings {
    /// `name` is the file's, for complaints.
    pub fn parse(name: &str, text: &str) -> (Self, Vec<Complaint>) {
        let mut reading = Reading::new(name, text);
        let mut settings = Self::default();
        for (key, value) in reading.table().unwrap_or_default() {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("pkcs11", DeValue::Table(table)) => settings.pkcs11(table, &mut reading),
                ("pkcs11", _) => {
                    reading.complain(Some(&value.span()), "`pkcs11` is no table", "[pkcs11] on a line of its own");
                }
                ("history", DeValue::Table(table)) => settings.history(table, &mut reading),
                ("history", _) => {
                    reading.complain(Some(&value.span()), "`history` is no table", "[history] on a line of its own");
                }
                ("theme", DeValue::String(word)) if Theme::of(word).is_some() => {
                    settings.theme = Theme::of(word).unwrap_or_default();
                }
                ("theme", _) => {
                    let hint = "theme = \"auto\", \"dark\", \"light\" or \"plain\"";
                    reading.complain(Some(&value.span()), "this is no theme; auto it is", hint);
                }
                ("ascii", DeValue::Boolean(ascii)) => settings.ascii = *ascii,
                ("ascii", _) => reading.complain(Some(&value.span()), "`ascii` is true or false", "ascii = true"),
                (other, _) => {
                    let known = ["theme", "ascii", "history", "pkcs11"];
                    let near = crate::flow::template::nearest(other, known);
                    let hint = near.map_or_else(
                        || "known: theme, ascii, [history], [pkcs11]".to_owned(),
                        |n| format!("did you mean {n}?"),
                    );
                    reading.unknown(&key.span(), other, hint);
                }
            }
        }
        (settings, reading.complaints)
    }

    fn history(&mut self, table: &DeTable<'_>, reading: &mut Reading<'_>) {
        const EXAMPLE: &str = "runs = 500, megabytes = 100; runs = 0 keeps none";
        for (key, value) in table {
            let setting = match key.get_ref().as_ref() {
                "runs" => &mut self.history_runs,
                "megabytes" => &mut self.history_megabytes,
                other => {
                    reading.unknown(&key.span(), other, "known in [history]: runs, megabytes");
                    continue;
                }
            };
            let number = match value.get_ref() {
                DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse().ok(),
                _ => None,
            };
            match number {
                Some(number) => *setting = Some(number),
                None => {
                    reading.complain(Some(&value.span()), format!("`{}` is a whole number", key.get_ref()), EXAMPLE)
                }
            }
        }
    }

    fn pkcs11(&mut self, table: &DeTable<'_>, reading: &mut Reading<'_>) {
        const EXAMPLE: &str = "modules = [\"/usr/lib/softhsm/libsofthsm2.so\"]";
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("modules", DeValue::Array(items)) => {
                    for item in items {
                        let path = item.get_ref().as_str().map(Path::new);
                        match path.filter(|p| p.is_absolute() && self.pkcs11_modules.len() < MOST_MODULES) {
                            Some(path) => self.pkcs11_modules.push(path.to_owned()),
                            None => reading.complain(
                                Some(&item.span()),
                                format!(
                                    "a module is a full path in quotes, at most {MOST_MODULES}; this one was left out"
                                ),
                                EXAMPLE,
                            ),
                        }
                    }
                }
                ("modules", _) => reading.complain(Some(&value.span()), "`modules` is no list", EXAMPLE),
                (other, _) => reading.unknown(&key.span(), other, "known in [pkcs11]: modules"),
            }
        }
    }

    /// Adds what the environment says.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the environment is read in `config` alone")]
    pub fn with_environment(self) -> (Self, Vec<Complaint>) {
        self.with_modules(std::env::var_os("COUNTERSIGN_PKCS11_MODULES").as_deref())
    }

    fn with_modules(mut self, paths: Option<&OsStr>) -> (Self, Vec<Complaint>) {
        let mut complaints = Vec::new();
        for path in paths.into_iter().flat_map(std::env::split_paths).filter(|p| !p.as_os_str().is_empty()) {
            if path.is_absolute() && self.pkcs11_modules.len() < MOST_MODULES {
                self.pkcs11_modules.push(path);
            } else {
                let shown = path.to_string_lossy();
                complaints.push(Complaint {
                    text: format!("COUNTERSIGN_PKCS11_MODULES: “{}” was left out", crate::text::clean(&shown)),
                    hint: format!("a module is a full path, at most {MOST_MODULES} of them"),
                });
            }
        }
        (self, complaints)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Settings, Vec<String>) {
        let (settings, complaints) = Settings::parse("config.toml", text);
        (settings, complaints.into_iter().map(|c| format!("{} ({})", c.text, c.hint)).collect())
    }

    #[test]
    fn modules_are_read_from_the_file_and_the_environment() {
        let (settings, complaints) = told("# mine\n[pkcs11]\nmodules = [\"/a.so\", '/b c.so']\n");
        let (settings, more) = settings.with_modules(Some(OsStr::new("/d.so::e.so")));
        assert_eq!(settings.pkcs11_modules, ["/a.so", "/b c.so", "/d.so"].map(PathBuf::from));
        assert!(complaints.is_empty());
        assert!(more.len() == 1 && more[0].text.contains("“e.so”"), "{more:?}");
        assert_eq!(told("").0.with_modules(None), (Settings::default(), vec![]));
    }

    #[test]
    fn how_much_history_is_kept_is_said_in_whole_numbers() {
        let (settings, complaints) = told("[history]\nruns = 0\nmegabytes = 7\n");
        assert_eq!((settings.history_runs, settings.history_megabytes, complaints), (Some(0), Some(7), vec![]));
        let (settings, complaints) = told("[history]\nruns = -1\nmegabytes = \"7\"\ndays = 3\n");
        assert_eq!(settings, Settings::default());
        let lines: Vec<&str> = complaints.iter().map(|c| c.split_once(": ").unwrap().0).collect();
        assert_eq!(lines, ["config.toml:2", "config.toml:3", "config.toml:4"], "{complaints:?}");
    }

    #[test]
    fn what_has_no_effect_is_told_with_its_line() {
        let (settings, complaints) =
            told("colour = 1\n\n[pkcs11]\nmodule = \"/a.so\"\nmodules = [\n  \"a.so\",\n  7,\n  \"/good.so\"]\n");
        assert_eq!(settings.pkcs11_modules, [PathBuf::from("/good.so")]);
        let lines: Vec<&str> = complaints.iter().map(|c| c.split_once(": ").unwrap().0).collect();
        assert_eq!(lines, ["config.toml:1", "config.toml:4", "config.toml:6", "config.toml:7"], "{complaints:?}");
        for (text, part) in [
            ("pkcs11 = 1", ":1: `pkcs11` is no table"),
            ("[pkcs11]\nmodules = 1", ":2: `modules`"),
            ("\nx = = s3cret", ":2: this is no TOML"),
        ] {
            let (settings, complaints) = told(text);
            assert_eq!(settings, Settings::default());
            assert!(
                complaints.len() == 1 && complaints[0].contains(part) && !complaints[0].contains("s3cret"),
                "{complaints:?}"
            );
        }
    }
}
