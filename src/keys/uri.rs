//! A key reference: `scheme:rest`, as it stands in a profile and on the command line. Never a secret.

use std::fmt;
use std::str::FromStr;

use super::KeyError;

/// `file:PATH`, `memory:NAME`, and the schemes of the other stores.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyUri {
    scheme: String,
    rest: String,
}

impl KeyUri {
    pub fn new(scheme: impl Into<String>, rest: impl Into<String>) -> Self {
        Self { scheme: scheme.into(), rest: rest.into() }
    }
    pub fn scheme(&self) -> &str {
        &self.scheme
    }
    pub fn rest(&self) -> &str {
        &self.rest
    }
}

impl fmt::Display for KeyUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.rest)
    }
}

impl FromStr for KeyUri {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bad =
            || KeyError::reference(text, "a reference is SCHEME:NAME, for example file:signing.pem or memory:signing");
        let (scheme, rest) = text.split_once(':').ok_or_else(bad)?;
        let word = !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !word || rest.is_empty() || rest.chars().any(char::is_control) || text.len() > 4096 {
            return Err(bad());
        }
        // a PIN has no place in anything that is written down (RFC 7512 §2.4); the text is not repeated
        let names = rest.split([';', '?', '&']).filter_map(|a| a.split_once('=')).map(|(name, _)| name);
        if let Some(name) = names.filter(|_| scheme == "pkcs11").find(|n| matches!(*n, "pin-value" | "pin-source")) {
            return Err(KeyError::pin_in_reference(name));
        }
        Ok(Self::new(scheme, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_and_prints_the_same() {
        for text in ["file:keys/signing.pem", "memory:signing", "awskms:key-id=alias/a;region=eu-west-1"] {
            assert_eq!(text.parse::<KeyUri>().map(|u| u.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for text in ["", "signing", ":x", "file:", "FILE:x", "file:a\u{1b}[2J"] {
            assert!(text.parse::<KeyUri>().is_err(), "{text:?}");
        }
        let error = "pkcs11:object=a?pin-value=1234".parse::<KeyUri>().unwrap_err();
        assert!(error.text.contains("pin-value") && !format!("{error:?}").contains("1234"), "{error:?}");
    }
}
