//! How far a grant goes beside its scope: to which services (RFC 8707), and for what in detail (RFC 9396).

use serde_json::Value;

use super::{details, target};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;

#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Addresses of services; none: all of them.
    pub audience: Vec<String>,
    /// None: what the scope says.
    pub details: Vec<Value>,
}

/// Code and reason.
#[derive(Debug)]
pub(super) struct TooFar(pub &'static str, pub &'static str);

impl From<TooFar> for OAuthError {
    fn from(TooFar(error, why): TooFar) -> Self {
        Self::of(error, why)
    }
}

impl Reach {
    /// As far as a request asks.
    pub fn asked(form: &Form) -> Result<Self, TooFar> {
        let audience = target::resources(form)?;
        let details = form.get("authorization_details").map(|text| details::read(text)).transpose();
        let details = details.map_err(|why| TooFar("invalid_authorization_details", why))?.unwrap_or_default();
        Ok(Self { audience, details })
    }

    /// As far as a later request asks, and no further than this (RFC 8707 §2.2, RFC 9396 §6.1); as far as this, where it does
    /// not ask.
    pub fn narrowed(&self, form: &Form) -> Result<Self, TooFar> {
        let mut asked = Self::asked(form)?;
        if !self.audience.is_empty() && asked.audience.iter().any(|a| !self.audience.contains(a)) {
            return Err(TooFar("invalid_target", "resource is none of those that were granted."));
        }
        if asked.details.iter().any(|d| !self.details.contains(d)) {
            let why = "authorization_details has what was not granted.";
            return Err(TooFar("invalid_authorization_details", why));
        }
        if asked.audience.is_empty() {
            asked.audience.clone_from(&self.audience);
        }
        if asked.details.is_empty() {
            asked.details.clone_from(&self.details);
        }
        Ok(asked)
    }
}
