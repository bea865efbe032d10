//! Which clients exist where: every registration with the bank's answers, dated. In the open and without a secret, so that
//! a list needs no passphrase; what of an answer is secret lies sealed among the tokens.
//!
//! ```text
//!   register ──► Client ──read, update──► a further answer, where it differs ──delete──► its end, dated
//! ```

mod client;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

pub use crate::flow::difference::{Change, drift};
pub use client::{Answer, Client, End, HeldCertificate, HeldKey, Statement};

use super::file::open_lock;
use super::{StoreError, Whose, read_capped, write_private};

const VERSION: u32 = 1;
const LIMIT: u64 = 16 << 20;

/// Cheap to clone: clones share what is in memory.
#[derive(Clone, Default)]
pub struct Ledger {
    /// None: it ends with the program.
    dir: Option<PathBuf>,
    memory: Arc<Mutex<BTreeMap<(String, String), Page>>>,
}

/// The registrations of one profile in one environment, the newest last.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Page {
    version: u32,
    pub profile: String,
    pub environment: String,
    pub clients: Vec<Client>,
}

impl Page {
    /// The registration that is good now.
    pub fn current(&self) -> Option<&Client> {
        self.clients.last().filter(|c| c.deleted.is_none())
    }
}

impl Ledger {
    #[must_use]
    pub fn in_dir(self, dir: PathBuf) -> Self {
        Self { dir: Some(dir), ..self }
    }

    /// The same memory, and no disk.
    #[must_use]
    pub fn in_memory(&self) -> Self {
        Self { dir: None, memory: self.memory.clone() }
    }

    fn file(&self, profile: &str, environment: &str) -> Option<PathBuf> {
        let safe = |t: &str| {
            !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && t.len() <= 60
        };
        let dir = self.dir.as_ref().filter(|_| safe(profile) && safe(environment))?;
        Some(dir.join(format!("{profile}.{environment}.json")))
    }

    /// # Errors
    /// [`StoreError`] where a page is there and cannot be read.
    pub fn page(&self, profile: &str, environment: &str) -> Result<Page, StoreError> {
        let fresh = || Page {
            version: VERSION,
            profile: profile.to_owned(),
            environment: environment.to_owned(),
            clients: Vec::new(),
        };
        match self.file(profile, environment) {
            Some(path) if path.exists() => read(&path),
            Some(_) => Ok(fresh()),
            None => {
                let memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                let key = (profile.to_owned(), environment.to_owned());
                Ok(memory.get(&key).cloned().unwrap_or_else(fresh))
            }
        }
    }

    /// Changes a page and writes it whole.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read or written.
    pub fn change(&self, whose: &Whose, act: impl FnOnce(&mut Page)) -> Result<(), StoreError> {
        let file = self.file(&whose.profile, &whose.environment);
        // another instance keeps it for milliseconds
        let alone =
            file.as_ref().map(|path| open_lock(&path.with_extension("lock")).and_then(|f| f.lock().map(|()| f)));
        let _alone = alone.transpose().map_err(|_| {
            let hint = "look at the data directory; file locks do not work on some network shares";
            StoreError::new("the list of registrations could not be locked against other instances", hint)
        })?;
        let mut page = self.page(&whose.profile, &whose.environment)?;
        act(&mut page);
        match file {
            Some(path) => {
                let text = serde_json::to_vec_pretty(&page)
                    .map_err(|_| StoreError::new("a registration could not be written down", "try again"))?;
                write_private(&path, &text)
            }
            None => {
                // one insertion: complete whatever another thread did
                let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
                memory.insert(whose.client(), page);
                Ok(())
            }
        }
    }

    /// Every page, and what could not be read.
    pub fn pages(&self) -> (Vec<Page>, Vec<StoreError>) {
        let (mut pages, mut problems) = (Vec::new(), Vec::new());
        pages.extend(self.memory.lock().unwrap_or_else(PoisonError::into_inner).values().cloned());
        let listed = self.dir.as_ref().and_then(|dir| std::fs::read_dir(dir).ok());
        let mut paths: Vec<PathBuf> = listed.into_iter().flatten().flatten().map(|e| e.path()).collect();
        paths.sort();
        for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
            match read(path) {
                Ok(page) => pages.push(page),
                Err(e) => problems.push(e),
            }
        }
        (pages, problems)
    }
}

fn read(path: &std::path::Path) -> Result<Page, StoreError> {
    let bytes = read_capped(path, LIMIT)?;
    let page = serde_json::from_slice(&bytes).ok().filter(|p: &Page| p.version == VERSION);
    page.ok_or_else(|| {
        let text = format!("{} is no list of registrations of this version", path.display());
        StoreError::new(text, "put it back from a backup; it is left as it is")
    })
}

#[cfg(test)]
mod tests;
