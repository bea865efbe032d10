//! What a key store may answer instead of a key.

/// A key store's refusal, with the next thing to try. Never holds key material.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct KeyError {
    /// Stable: `key.reference`, `key.not-found`, `key.unreadable`, `key.algorithm`, `key.refused`, `key.store`.
    pub id: &'static str,
    pub text: String,
    pub hint: String,
}

impl KeyError {
    pub fn new(id: &'static str, text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { id, text: text.into(), hint: hint.into() }
    }
    /// The reference itself is wrong. Shown cut and without control characters: it may have been pasted.
    pub fn reference(text: &str, hint: impl Into<String>) -> Self {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
        Self::new("key.reference", format!("“{shown}” is not a key reference"), hint)
    }
}
