//! Why a token is no good, each with the next thing to try.

use crate::flow::template::EvalError;
use crate::flow::view::{ErrorSource, StepError};
use crate::jose::jwe::JweError;
use crate::text;

pub(super) enum Trouble {
    /// A text of the profile has no value.
    Value(EvalError),
    Step(Box<StepError>),
}

impl From<EvalError> for Trouble {
    fn from(error: EvalError) -> Self {
        Self::Value(error)
    }
}

/// The token or the bank's keys are at fault.
pub(super) fn bank(id: &str, text: impl Into<String>, hint: impl Into<String>) -> Trouble {
    told(id, text, hint, ErrorSource::Bank)
}

pub(super) fn told(id: &str, text: impl Into<String>, hint: impl Into<String>, source: ErrorSource) -> Trouble {
    let (text, hint) = (text.into(), hint.into());
    Trouble::Step(Box::new(StepError {
        id: id.to_owned(),
        text: text::clean(&text).into_owned(),
        likely: None,
        hint: Some(text::clean(&hint).into_owned()),
        checks: Vec::new(),
        source,
    }))
}

pub(super) fn no_set() -> Trouble {
    bank(
        "jwks.unreadable",
        "the bank's keys could not be read: no JWK set came",
        "look at the answer; the address may be wrong",
    )
}

/// A refusal of the JWE layer, which knows the bank's fault from our key's.
pub(super) fn sealed(error: &JweError) -> Trouble {
    let (id, source) = match error {
        JweError::NotAllowed { .. } | JweError::Unknown { .. } | JweError::Compressed => {
            ("token.algorithm", ErrorSource::Bank)
        }
        JweError::NotOpened => ("token.not-opened", ErrorSource::Bank),
        JweError::KeyKind { .. } | JweError::KeySays { .. } | JweError::Weak(_) => ("key.algorithm", ErrorSource::Key),
        _ => ("token.unreadable", ErrorSource::Bank),
    };
    told(id, error.to_string(), error.hint(), source)
}

/// A name from outside, fit to stand in an error.
pub(super) fn shown(name: &str) -> String {
    text::shorten(&text::clean(name), 60).into_owned()
}
