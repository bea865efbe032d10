//! The core checks and the standard error codes: data like a bank's, built in, run wherever their artefact appears.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use super::template::Exprs;
use crate::profile::Compiler;
use crate::profile::model::{Check, ErrorHint};
use crate::profile::place::{At, Sources};
use crate::profile::raw::{RawCheck, RawError};

/// What a core check speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Artefact {
    /// Any JWT that is made here: reads `header claims jwt`.
    Jwt,
    /// A client assertion: also `request`.
    Assertion,
    /// A detached signature over a body: `header jwt`, also `request`.
    Signature,
    /// A DPoP proof: also `request`.
    Proof,
    /// Any HTTP exchange: `request response`.
    Http,
    /// A request to a token endpoint.
    Token,
    /// A token that was opened: `header claims verdict key`.
    Opened,
    /// A person sent to the bank: `request response`.
    Authorize,
    /// A key role in use: `key`.
    Key,
    /// The same, before the first step.
    KeyPreflight,
    /// A run before its first step: `preflight registration`, and what stands everywhere.
    Preflight,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    group: Vec<Group>,
    #[serde(default)]
    error: Vec<RawError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    on: At<Artefact>,
    check: Vec<RawCheck>,
}

/// The compiled core.
#[derive(Debug)]
pub struct Core {
    checks: Vec<(Artefact, Check)>,
    pub errors: Vec<ErrorHint>,
}

impl Core {
    pub fn on(&self, artefact: Artefact) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |(a, _)| *a == artefact).map(|(_, c)| c)
    }
    pub fn all(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().map(|(_, c)| c)
    }
    /// Each with what it speaks of.
    pub fn rows(&self) -> &[(Artefact, Check)] {
        &self.checks
    }
    /// What is known of an OAuth error code, a status, or one of our own error ids.
    pub fn error(&self, code: &str) -> Option<&ErrorHint> {
        self.errors.iter().find(|e| e.code.as_deref() == Some(code))
    }
}

const SOURCE: &str = include_str!("../../profiles/core.toml");

/// Compiled at first use.
pub fn core() -> &'static Core {
    static CORE: OnceLock<Core> = OnceLock::new();
    CORE.get_or_init(|| {
        compile(SOURCE).unwrap_or_else(|why| unreachable!("profiles/core.toml is checked by a test: {why}"))
    })
}

fn compile(text: &str) -> Result<Core, String> {
    let mut sources = Sources::default();
    let file: File = sources.read("core.toml", text).map_err(|c| sources.show(&c))?;
    let (shared, exprs) = (BTreeMap::new(), Exprs::default());
    let mut compiler = Compiler::new(&sources, &shared, &exprs);
    let mut checks = Vec::new();
    for group in &file.group {
        checks.extend(group.check.iter().filter_map(|c| compiler.check(c)).map(|c| (group.on.value, c)));
    }
    let errors = file.error.iter().map(|e| compiler.error(e)).collect();
    match compiler.complaints.first() {
        Some(complaint) => Err(sources.show(complaint)),
        None => Ok(Core { checks, errors }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_compiles_and_its_ids_are_unique() {
        let core = compile(SOURCE).unwrap_or_else(|why| panic!("{why}"));
        let mut ids: Vec<_> = core.all().map(|c| c.id.as_str()).collect();
        let all = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
