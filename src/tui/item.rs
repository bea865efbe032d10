//! What the cursor can stand on in a view: a thing with a name and a value, to be copied, revealed or opened.
//!
//! An item is only a place. The value is looked up when it is wanted, so that no second copy of a secret lies around.

use crate::secret::{Class, Secret};

/// A place in the step or in the token that is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Url,
    RequestHeader(usize),
    RequestField(usize),
    ResponseHeader(usize),
    /// The member of the response's body whose bytes begin there.
    Body(usize),
    Output(usize),
    /// What a person is to copy.
    Show(usize),
    Check(usize),
    /// A JWT of the step, as a whole.
    Artefact(usize),
    /// What stands on a line of a token's claims: by layer, by member of theirs, and where in their compact text it begins.
    Claim(usize, usize, usize),
    /// Of a token's header, likewise.
    Header(usize, usize, usize),
    /// A line of a key's card.
    Fact(usize),
    /// The token in the inspector, as a whole.
    Token,
}

/// What stands at an item.
#[derive(Debug)]
pub struct Found {
    pub name: String,
    pub value: Secret,
    pub class: Class,
}

impl Found {
    pub fn new(name: impl Into<String>, value: impl Into<String>, class: Class) -> Self {
        Self { name: name.into(), value: Secret::new(value), class }
    }

    /// Whether it has the form of a compact JOSE token or could be one: what the inspector takes.
    pub fn is_token(&self) -> bool {
        looks_like_token(self.value.expose())
    }
}

/// Three or five parts, the first an encoded JSON object (RFC 7515 §7.1, RFC 7516 §7.1).
pub fn looks_like_token(text: &str) -> bool {
    text.starts_with("ey") && matches!(text.matches('.').count(), 2 | 4) && !text.contains(char::is_whitespace)
}
