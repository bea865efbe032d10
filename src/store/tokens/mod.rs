//! Tokens that were got, and custody of refresh tokens.
//!
//! ```text
//!   save ──► TokenSet ──sealed──► tokens/PROFILE.ENVIRONMENT.SET       (a saved profile at a real bank)
//!                  └──────────► memory, until the program ends         (an embedded bank; or no place to seal to)
//!
//!   lease ──► Lease ──spend──► InFlight ──answered──► successor on disk ──► predecessor gone, or kept as a back-up
//!     one at a time, in all      │
//!     instances (a file lock)    └─ dropped: what is on disk says that the token may be spent
//! ```

mod heap;
mod lease;
mod sealed;
mod set;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use self::heap::Heap;
use self::lease::Held;
pub use self::lease::{InFlight, Lease, Leased};
use self::sealed::{Sealed, Slot};
pub use self::set::{Label, RefreshLabel, Standing, TokenSet};
use super::Whose;
use crate::keys::{KeyError, Recipient, Wrapping};
use crate::time::Timestamp;

/// Cheap to clone: clones share.
#[derive(Clone, Default)]
pub struct Tokens {
    heap: Heap,
    /// None: nothing outlives the program.
    sealed: Option<Arc<Sealed>>,
}

/// Where a set is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    Sealed,
    /// It ends with the program. Why, where it should not.
    InMemory(Option<String>),
}

/// A set that is kept, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub label: Label,
    /// It ends with the program.
    pub in_memory: bool,
    /// Its refresh token is in flight just now.
    pub busy: bool,
}

/// Where a set was found.
enum At {
    Heap,
    Sealed(Slot),
}

impl Tokens {
    /// Tokens sealed in `dir`; nothing is touched before the first use.
    #[must_use]
    pub fn sealed_in(self, dir: PathBuf, wrapping: Wrapping) -> Self {
        Self { sealed: Some(Arc::new(Sealed::new(dir, wrapping))), ..self }
    }

    /// The same memory, and no disk.
    #[must_use]
    pub fn in_memory(&self) -> Self {
        Self { heap: self.heap.clone(), sealed: None }
    }

    /// The sets of those names, as a run sees them: `{SET: {NAME: VALUE}}`. May ask for the passphrase of the vault.
    pub async fn shown(&self, whose: &Whose, sets: &BTreeSet<String>, now: Timestamp) -> Result<Json, KeyError> {
        let mut all = Map::new();
        for name in sets {
            if let Some((set, at)) = self.find(whose, name).await?
                && let Some(members) = set.shown(whose, self.is_busy(&at, whose, name), now)
            {
                all.insert(name.clone(), members);
            }
        }
        Ok(Json::Object(all))
    }

    /// One set. May ask for the passphrase of the vault.
    pub async fn get(&self, whose: &Whose, name: &str) -> Result<Option<TokenSet>, KeyError> {
        Ok(self.find(whose, name).await?.map(|(set, _)| set))
    }

    async fn find(&self, whose: &Whose, name: &str) -> Result<Option<(TokenSet, At)>, KeyError> {
        if let Some(set) = self.heap.get(whose, name) {
            return Ok(Some((set, At::Heap)));
        }
        let Some((sealed, slot)) = self.slot(whose, name) else { return Ok(None) };
        Ok(sealed.read(&slot).await?.map(|set| (set, At::Sealed(slot))))
    }

    fn slot(&self, whose: &Whose, name: &str) -> Option<(&Arc<Sealed>, Slot)> {
        Some((self.sealed.as_ref()?, Slot::of(whose, name)?))
    }

    fn is_busy(&self, at: &At, whose: &Whose, name: &str) -> bool {
        let on_disk = || self.slot(whose, name).is_some_and(|(sealed, slot)| sealed.is_busy(&slot));
        on_disk() || (matches!(at, At::Heap) && self.heap.is_busy(whose, name))
    }

    /// Keeps a set as it came, in place of the one of that name; a refresh token that it does not replace goes on.
    ///
    /// # Errors
    /// Where one that may hold a refresh token could not be opened: then nothing is replaced.
    pub async fn keep(
        &self,
        whose: &Whose,
        name: &str,
        members: Map<String, Json>,
        now: Timestamp,
    ) -> Result<Kept, KeyError> {
        // one that is in flight would come back over what is kept now
        let _alone = self.alone(whose, name).await?;
        let mut set = TokenSet::new(whose.clone(), name, members, now);
        if let Some(old) = self.heap.get(whose, name) {
            set = set.after(old);
        }
        let Some((sealed, slot)) = self.slot(whose, name) else {
            self.heap.put(set);
            return Ok(Kept::InMemory(None));
        };
        if !set.is_refreshable()
            && sealed.label(&slot)?.is_some_and(|l| l.refresh.is_some())
            && let Some(old) = sealed.read(&slot).await?
        {
            set = set.after(old);
        }
        sealed.sweep();
        // what a person or the bank would have to do again is worth a question; an access token is not
        let insist = set.is_refreshable() || set.member("token_type").is_none();
        let written = match sealed.recipient(insist).await {
            Ok(Some(recipient)) => sealed.write(&slot, &set, &recipient),
            Ok(None) => {
                self.heap.put(set);
                return Ok(Kept::InMemory(None));
            }
            Err(e) => Err(e),
        };
        Ok(match written {
            Ok(()) => {
                self.heap.remove(whose, name);
                Kept::Sealed
            }
            Err(e) => {
                self.heap.put(set);
                Kept::InMemory(Some(format!("tokens.{name} end with the program: {}; {}", e.text, e.hint)))
            }
        })
    }

    /// `tokens`, `tokens.SET`, `token:VALUE`. For the last the sets are opened.
    pub async fn forget(&self, whose: &Whose, what: &str) -> Result<(), KeyError> {
        let sets = self.names(whose).into_iter();
        match (what.strip_prefix("tokens."), what.strip_prefix("token:")) {
            (Some(name), _) => self.forget_set(whose, name).await,
            (_, Some(value)) => {
                for name in sets {
                    self.forget_value(whose, &name, value).await?;
                }
                Ok(())
            }
            _ if what == "tokens" => {
                for name in sets {
                    self.forget_set(whose, &name).await?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn forget_set(&self, whose: &Whose, name: &str) -> Result<(), KeyError> {
        let _alone = self.alone(whose, name).await?;
        self.remove(whose, name)
    }

    fn remove(&self, whose: &Whose, name: &str) -> Result<(), KeyError> {
        self.heap.remove(whose, name);
        self.slot(whose, name).map_or(Ok(()), |(sealed, slot)| sealed.remove(&slot))
    }

    async fn forget_value(&self, whose: &Whose, name: &str, value: &str) -> Result<(), KeyError> {
        let _alone = self.alone(whose, name).await?;
        let Some((mut set, at)) = self.find(whose, name).await? else { return Ok(()) };
        if !set.has(value) {
            return Ok(());
        }
        if set.without(value) {
            return self.remove(whose, name);
        }
        match (&self.sealed, at) {
            (Some(sealed), At::Sealed(slot)) => match sealed.recipient(false).await? {
                Some(recipient) => sealed.write(&slot, &set, &recipient),
                None => Ok(()),
            },
            _ => {
                self.heap.put(set);
                Ok(())
            }
        }
    }

    /// Whose a set in memory is.
    pub fn whose_in_memory(&self, label: &Label) -> Option<Whose> {
        let fits = |set: &TokenSet| {
            set.name == label.set
                && set.whose.profile == label.profile
                && set.whose.environment == label.environment
                && set.label() == *label
        };
        self.heap.all().into_iter().find(fits).map(|set| set.whose)
    }

    /// The names of the sets that are kept for somebody.
    fn names(&self, whose: &Whose) -> BTreeSet<String> {
        let mut names = self.heap.names(whose);
        let labels = self.rows().into_iter().filter(|r| !r.in_memory).map(|r| r.label);
        let own = labels.filter(|l| l.profile == whose.profile && l.environment == whose.environment);
        names.extend(own.map(|l| l.set));
        names
    }

    /// Everything that is kept. Opens nothing: a file that does not say what it is, is left out.
    pub fn rows(&self) -> Vec<TokenRow> {
        let in_memory = self.heap.all().into_iter().map(|set| {
            let busy = self.is_busy(&At::Heap, &set.whose, &set.name);
            TokenRow { label: set.label(), in_memory: true, busy }
        });
        let mut rows: Vec<TokenRow> = in_memory.collect();
        if let Some(sealed) = &self.sealed {
            for slot in sealed.slots() {
                if let Ok(Some(label)) = sealed.label(&slot) {
                    rows.push(TokenRow { label, in_memory: false, busy: sealed.is_busy(&slot) });
                }
            }
        }
        rows.sort_by(|a, b| (&a.label.profile, &a.label.set).cmp(&(&b.label.profile, &b.label.set)));
        rows
    }

    /// Waits until nobody else changes that set, in this instance or another.
    async fn alone(&self, whose: &Whose, name: &str) -> Result<Held, KeyError> {
        Ok(match self.slot(whose, name) {
            Some((sealed, slot)) => Held::File(sealed.alone(&slot).await?),
            None => Held::Memory(self.heap.alone(whose, name).await),
        })
    }

    /// The right to spend the refresh token of a set. Waits while another has it; may ask for the passphrase of the vault.
    ///
    /// # Errors
    /// `key.not-found` where no such refresh token is kept; what does not open.
    pub async fn lease(&self, whose: &Whose, name: &str) -> Result<Lease, KeyError> {
        let held = match self.slot(whose, name) {
            Some((sealed, slot)) if self.heap.get(whose, name).is_none() => {
                lease::Held::File(sealed.alone(&slot).await?)
            }
            _ => lease::Held::Memory(self.heap.alone(whose, name).await),
        };
        super::kill::at("leased");
        // only what is read under the lock counts
        let found = self.find(whose, name).await?.filter(|(set, _)| set.is_refreshable());
        let (set, at) = found.ok_or_else(|| {
            let text = format!("no refresh token is kept in tokens.{name}");
            KeyError::new("key.not-found", text, "sign in again: the flow that asks for a person's consent")
        })?;
        let recipient = match (&self.sealed, &at) {
            (Some(sealed), At::Sealed(_)) => sealed.recipient(false).await?,
            _ => None,
        };
        Ok(Lease::new(self.clone(), whose.clone(), set, recipient, held))
    }

    /// Writes a set where it lies: on disk, or in memory. What the disk does not take stays in memory.
    fn put(&self, set: &TokenSet, recipient: Option<&Recipient>) -> Result<(), KeyError> {
        let (Some((sealed, slot)), Some(recipient)) = (self.slot(&set.whose, &set.name), recipient) else {
            self.heap.put(set.clone());
            return Ok(());
        };
        let written = sealed.write(&slot, set, recipient);
        match &written {
            Ok(()) => self.heap.remove(&set.whose, &set.name),
            Err(_) => self.heap.put(set.clone()),
        }
        written
    }
}

#[cfg(test)]
mod tests;
