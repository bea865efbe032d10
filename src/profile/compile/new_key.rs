//! `[keys.ROLE.new]`: what a key is to be that a KMS makes for the role.

use super::Compiler;
use crate::profile::model::NewKey;
use crate::profile::raw::RawNewKey;

/// The most tags that AWS takes.
const MOST_TAGS: usize = 50;

impl Compiler<'_> {
    pub(super) fn new_key(&mut self, raw: &RawNewKey) -> NewKey {
        if !raw.alias.value.starts_with("alias/") {
            self.complain(raw.alias.place, "an alias begins with `alias/`");
        }
        for (name, _) in raw.tags.iter().filter(|(n, _)| n.value.is_empty() || n.value.len() > 128) {
            self.complain(name.place, "the name of a tag has 1 to 128 characters");
        }
        if raw.tags.iter().count() > MOST_TAGS {
            self.complain(raw.alias.place, format!("a key has at most {MOST_TAGS} tags"));
        }
        NewKey {
            alias: self.text(&raw.alias),
            description: raw.description.as_ref().map(|t| self.text(t)),
            region: self.text(&raw.region),
            replica: raw.replica.as_ref().map(|t| self.text(t)),
            tags: raw.tags.iter().map(|(n, t)| (n.value.clone(), self.text(t))).collect(),
            place: raw.alias.place,
        }
    }
}
