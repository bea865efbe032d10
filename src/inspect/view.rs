//! What an inspection answers.

use std::fmt;

use serde_json::Value;

use super::HeldTo;
use crate::flow::view::CheckView;
use crate::jose::Verdict;
use crate::profile::BankSuit;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Jws,
    Jwe,
    NestedJwt,
    Jwk,
    Jwks,
    Certificate,
    Opaque,
}

impl Kind {
    /// As it stands in JSON output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Jws => "jws",
            Self::Jwe => "jwe",
            Self::NestedJwt => "nested-jwt",
            Self::Jwk => "jwk",
            Self::Jwks => "jwks",
            Self::Certificate => "certificate",
            Self::Opaque => "opaque",
        }
    }
}

/// What may be said of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Of(Verdict),
    /// Encryption that was opened. It says nothing of who wrote it.
    Decrypted,
}

impl Status {
    /// As it stands in JSON output.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Of(verdict) => verdict.word(),
            Self::Decrypted => "decrypted",
        }
    }
}

/// The answer. What was pasted may be secret: `Debug` shows kinds and verdicts only.
#[derive(Clone, PartialEq)]
pub struct Inspection {
    pub kind: Kind,
    /// Of signatures and decryption alone.
    pub verdict: Verdict,
    /// Outermost first.
    pub layers: Vec<Layer>,
    pub checks: Vec<CheckView>,
    /// What each bank would make of a certificate; empty until [`Inspection::for_banks`] was asked.
    pub suits: Vec<BankSuit>,
    /// Whose rules are among the checks; None until [`Inspection::held_to`] was asked.
    pub held_to: Option<HeldTo>,
    /// What stands in the way, or what to be told first.
    pub problem: Option<Problem>,
}

#[derive(Clone, PartialEq)]
pub struct Layer {
    pub kind: Kind,
    pub header: Option<Value>,
    /// The members of the payload in the order they came; of a key or a certificate: its own.
    pub claims: Option<Value>,
    /// As it is, also where it is no JSON.
    pub payload: Vec<u8>,
    pub status: Status,
    pub key: Option<KeyUsed>,
    /// Bytes of the signature.
    pub signature_length: Option<usize>,
}

/// The key that made a status true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsed {
    /// RFC 7638. Shared secrets have none: it would tell something of them.
    pub thumbprint: Option<String>,
    /// Where the caller has it from.
    pub from: String,
}

/// Something to be told, with the next thing to try.
#[derive(Clone, PartialEq, Eq)]
pub struct Problem {
    pub text: String,
    pub hint: String,
    /// The text without its white space, where that is what is wrong with it.
    pub stripped: Option<String>,
}

impl fmt::Debug for Inspection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers: Vec<&Layer> = self.layers.iter().collect();
        write!(f, "Inspection({} {} {layers:?} {:?})", self.kind.word(), self.verdict.word(), self.problem)
    }
}

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layer({} {})", self.kind.word(), self.status.word())
    }
}

impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Problem({:?})", self.text)
    }
}

impl Problem {
    pub fn new(text: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { text: text.into(), hint: hint.into(), stripped: None }
    }
}

impl Layer {
    pub(super) const fn new(kind: Kind, status: Status) -> Self {
        Self { kind, header: None, claims: None, payload: Vec::new(), status, key: None, signature_length: None }
    }
}

impl Inspection {
    pub(super) const fn bare(kind: Kind) -> Self {
        Self {
            kind,
            verdict: Verdict::Decoded,
            layers: Vec::new(),
            checks: Vec::new(),
            suits: Vec::new(),
            held_to: None,
            problem: None,
        }
    }
    /// Of what is no token: rules say something of it, and nothing else does.
    pub fn message() -> Self {
        Self::bare(Kind::Opaque)
    }
    pub(super) fn opaque(problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::bare(Kind::Opaque) }
    }
}
