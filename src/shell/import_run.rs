//! A run that somebody else wrote into a file: read within limits, sealed once more, kept beside one's own.

use std::path::Path;

use super::session::{Session, seed};
use crate::history::{Account, Foreign, clock, foreign};
use crate::redact::Redactor;
use crate::store::{StoreError, read_capped};
use crate::text::clean;

/// Bytes of such a file: a kept run has at most 16 MB.
const LARGEST: u64 = 24 << 20;

/// A run that was taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRun {
    /// The id that it has here.
    pub id: String,
    /// `acme-nordbank / uat: token`
    pub what: String,
    pub events: usize,
    /// Events of kinds that are not known.
    pub unknown: usize,
    /// Lines that could not be read, and events too large or too many.
    pub lost: usize,
}

impl ImportedRun {
    /// How much of it there is, and what was left out.
    pub fn to_words(&self) -> String {
        let unknown = match self.unknown {
            0 => String::new(),
            n => format!("; {n} of kinds that are not known were left out"),
        };
        let lost =
            if self.lost == 0 { String::new() } else { format!("; {} could not be read or were too many", self.lost) };
        format!("{}, {} events{unknown}{lost}", self.what, self.events)
    }
}

impl Session {
    /// What a file of somebody else says of a run.
    ///
    /// # Errors
    /// A file that cannot be read, or holds no run.
    pub fn foreign_run(&self, file: &Path) -> Result<Foreign, StoreError> {
        let content = read_capped(file, LARGEST)?;
        let seed = seed().map_err(|p| StoreError::new(p.text, p.hint))?;
        foreign(&content, &Redactor::new(seed)).map_err(|e| {
            let hint = "one that can be read: countersign history export ID --format json run.json (a HAR or Markdown has \
                        no steps and checks)";
            StoreError::new(format!("{}: {e}", clean(&file.to_string_lossy())), hint)
        })
    }

    /// Keeps it, marked as imported.
    ///
    /// # Errors
    /// As [`Self::foreign_run`]; a run that is kept already; a history that is off, or cannot be written.
    pub fn import_run(&self, file: &Path) -> Result<ImportedRun, StoreError> {
        let Foreign { mut events, unknown, lost } = self.foreign_run(file)?;
        let account = Account::new(&events, lost);
        let text = |name: &str| account.run[name].as_str().unwrap_or_default().to_owned();
        let (run, what) = (text("id"), format!("{} / {}: {}", text("profile"), text("env"), text("flow")));
        let known = self.history.runs("")?.into_iter().find(|kept| !run.is_empty() && kept.run == run);
        if let Some(known) = known {
            let hint = format!("countersign history show {}", known.id);
            return Err(StoreError::new(format!("this run is kept already, as {}", known.id), hint));
        }
        let now = self.clock.now();
        if let Some(first) = events.first_mut() {
            first["imported"] = clock(now).into();
        }
        let id = self.history.adopt(&run, &events, now)?.ok_or_else(|| {
            StoreError::new("no run is kept here", "the demo keeps none; else [history] runs in config.toml is 0")
        })?;
        Ok(ImportedRun { id, what: clean(&what).into_owned(), events: events.len(), unknown, lost })
    }
}
