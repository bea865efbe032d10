//! What a token is meant for: services by their address (`resource`, RFC 8707 §2) or their name (`audience`, RFC 8693 §2.1).

use super::{ISSUER, MTLS};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;

/// Each has its name as its path.
const SERVICES: &[&str] = &["accounts", "payments"];
/// The parameters that may come once for each service.
pub(super) const REPEATED: &[&str] = &["resource", "audience"];

/// The addresses of a service: one for each host.
pub(super) fn addresses(path: &str) -> [String; 2] {
    [ISSUER, MTLS].map(|origin| format!("{origin}{path}"))
}

/// The services that a request names by address; none: it does not say.
pub(super) fn resources(form: &Form) -> Result<Vec<String>, OAuthError> {
    let named = form.get("resource").map(|all| all.split(' ')).into_iter().flatten();
    let known =
        |resource: &str| SERVICES.iter().any(|name| addresses(&format!("/{name}")).iter().any(|a| a == resource));
    named.map(|resource| known(resource).then(|| resource.to_owned()).ok_or_else(|| unknown("resource"))).collect()
}

/// The same, and those that it names by name, as a token exchange may.
pub(super) fn all(form: &Form) -> Result<Vec<String>, OAuthError> {
    let mut targets = resources(form)?;
    for name in form.get("audience").map(|all| all.split(' ')).into_iter().flatten() {
        if !SERVICES.contains(&name) {
            return Err(unknown("audience"));
        }
        targets.push(format!("{ISSUER}/{name}"));
    }
    Ok(targets)
}

fn unknown(parameter: &str) -> OAuthError {
    OAuthError::of("invalid_target", format!("{parameter} names no service that tokens are given for."))
}
