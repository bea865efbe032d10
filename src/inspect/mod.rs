//! The token inspector: what a pasted text is, what stands in it, whether its signature holds, which rules it breaks.
//!
//! One pure function for both faces. It trusts the keys it is given and no others: keys and addresses inside a token
//! are shown, never used or fetched (RFC 8725 §3.10). It must not know banks; their rules are the profiles'.

mod certificate;
mod checks;
mod curl;
mod explain;
mod json_text;
mod jwe;
mod jws;
mod output;
mod passport;
mod ring;
mod rules;
mod sniff;
mod time_checks;
mod times;
mod view;
mod whole;

pub use explain::explain_claim;
pub use jwe::task_for;
pub use passport::passport_json;
pub use ring::KeyRing;
pub use rules::HeldTo;
pub use times::{about, moment, moment_in, moments, relative};
pub use view::{Inspection, KeyUsed, Kind, Layer, Problem, Status};
pub use whole::{Part, Whole, take_apart};

use crate::jose::{CompactError, compact};
use crate::time::Timestamp;
use sniff::Guess;

/// Looks at `text`. Nothing a text may hold makes it fail: what is wrong stands in the answer.
pub fn inspect(text: &str, keys: &KeyRing, now: Timestamp) -> Inspection {
    if text.trim().is_empty() {
        return Inspection::opaque(Problem::new(
            "there is nothing to look at",
            "paste a token, a key or a certificate",
        ));
    }
    if text.len() > compact::MAX_TOKEN {
        let error = CompactError::TooLarge(text.len());
        return Inspection::opaque(Problem::new(error.to_string(), error.hint()));
    }
    match sniff::guess(text) {
        Guess::Jws => jws::inspect(text, keys, now),
        Guess::Jwe => jwe::inspect(text, keys, now),
        Guess::Json => json_text::inspect(text),
        Guess::Pem => certificate::inspect_pem(text, now),
        Guess::Certificate(der) => certificate::inspect_der(&der, now),
        Guess::Opaque => Inspection { problem: None, ..Inspection::bare(Kind::Opaque) },
    }
}

#[cfg(test)]
mod tests;
