//! Whose things they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::keys::KeyUri;

/// A client is known to a bank by its keys, and a token may be bound to a certificate (RFC 8705 §3), so that what was got
/// with one set of keys is of no use with another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Whose {
    pub profile: String,
    pub environment: String,
    /// References by role, as text.
    pub keys: BTreeMap<String, String>,
}

impl Whose {
    pub fn new(profile: &str, environment: &str, keys: &BTreeMap<String, KeyUri>) -> Self {
        let keys = keys.iter().map(|(role, uri)| (role.clone(), uri.to_string())).collect();
        Self { profile: profile.to_owned(), environment: environment.to_owned(), keys }
    }

    /// Without its keys: a saved profile is one client, whichever keys it has now.
    pub fn client(&self) -> (String, String) {
        (self.profile.clone(), self.environment.clone())
    }
}
