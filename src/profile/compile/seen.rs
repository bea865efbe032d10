//! The names that an expression sees where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// What may stand below a name.
#[derive(Clone, Debug)]
pub(super) enum Below {
    /// Anything: its members are the bank's or the standards'.
    Open,
    Only(Rc<BTreeSet<String>>),
}

/// The names that can be read at a place: its own over those of the place around it.
#[derive(Default)]
pub(super) struct Names<'a> {
    own: BTreeMap<String, Below>,
    around: Option<&'a Names<'a>>,
}

impl Names<'_> {
    pub fn within(around: &Self) -> Names<'_> {
        Names { own: BTreeMap::new(), around: Some(around) }
    }

    /// The same with more, below which anything may stand.
    pub fn with(&self, more: &[&str]) -> Names<'_> {
        let own = more.iter().map(|n| ((*n).to_owned(), Below::Open)).collect();
        Names { own, around: Some(self) }
    }

    pub fn insert(&mut self, name: impl Into<String>, below: Below) {
        self.own.insert(name.into(), below);
    }

    pub fn get(&self, name: &str) -> Option<&Below> {
        self.own.get(name).or_else(|| self.around?.get(name))
    }

    pub fn all(&self) -> Vec<&str> {
        let mut all = self.around.map_or_else(Vec::new, Names::all);
        all.extend(self.own.keys().map(String::as_str));
        all
    }

    pub fn add_inputs(&mut self, more: impl Iterator<Item = String>) {
        let mut more = more.peekable();
        if more.peek().is_some()
            && let Some(Below::Only(mut inputs)) = self.get("inputs").cloned()
        {
            Rc::make_mut(&mut inputs).extend(more);
            self.insert("inputs", Below::Only(inputs));
        }
    }
}

pub(super) fn only<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Below {
    Below::Only(Rc::new(names.into_iter().map(Into::into).collect()))
}
