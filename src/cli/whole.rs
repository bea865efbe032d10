//! A whole that was taken apart, as `inspect` tells it.

use serde_json::{Map, Value, json};

use crate::inspect::{Inspection, Part, Whole};
use crate::text::clean;

/// A whole, and what each of its parts turned out to be.
pub struct Taken {
    pub whole: Whole,
    /// What the rules say of the message as a whole.
    pub message: Option<Inspection>,
    pub looked: Vec<Inspection>,
}

impl Whole {
    pub(super) fn print(&self) {
        say!("{}", self.what);
        for Part { name, .. } in &self.parts {
            say!("  {}  (below)", clean(name));
        }
        for part in &self.beside {
            say!("  {} = {}", clean(&part.name), part.shown());
        }
    }
}

impl Taken {
    /// `kind` (always `parts`), `what`, `parts` with the name of each before what `inspect` says of it, and `beside`: name and
    /// value of everything else, secrets masked; `as`, `assumed` and `checks` where rules were for the message itself.
    pub fn to_json(&self) -> Value {
        let parts = self.whole.parts.iter().zip(&self.looked).map(|(part, found)| {
            let mut out = Map::new();
            out.insert("name".to_owned(), part.name.as_str().into());
            if let Value::Object(members) = found.to_json() {
                out.extend(members);
            }
            Value::Object(out)
        });
        let beside: Vec<Value> =
            self.whole.beside.iter().map(|p| json!({ "name": p.name, "value": p.shown() })).collect();
        let mut out =
            json!({ "kind": "parts", "what": self.whole.what, "parts": parts.collect::<Vec<_>>(), "beside": beside });
        if let (Some(Value::Object(said)), Value::Object(out)) =
            (self.message.as_ref().map(Inspection::to_json), &mut out)
        {
            let rules = said.into_iter().filter(|(name, _)| matches!(name.as_str(), "as" | "assumed" | "checks"));
            out.extend(rules);
        }
        out
    }
}
