//! What a token is meant for: services by their address (`resource`, RFC 8707 §2) or their name (`audience`, RFC 8693 §2.1).

use super::reach::TooFar;
use super::{ISSUER, MTLS};
use crate::sandbox::form::Form;

/// Each has its name as its path.
const SERVICES: &[&str] = &["accounts", "payments"];
/// The parameters that may come once for each service.
pub(super) const REPEATED: &[&str] = &["resource", "audience"];

/// The addresses of a service: one for each host.
pub(super) fn addresses(path: &str) -> [String; 2] {
    [ISSUER, MTLS].map(|origin| format!("{origin}{path}"))
}

/// Whether that is the address of one.
pub(super) fn is_service(address: &str) -> bool {
    SERVICES.iter().any(|name| addresses(&format!("/{name}")).iter().any(|known| known == address))
}

/// The services that a request names by address; none: it does not say.
pub(super) fn resources(form: &Form) -> Result<Vec<String>, TooFar> {
    let known = |address: &str| is_service(address).then(|| address.to_owned());
    each(form, "resource", known, "resource names no service that tokens are given for.")
}

/// The addresses of those that it names by name, as a token exchange may.
pub(super) fn by_name(form: &Form) -> Result<Vec<String>, TooFar> {
    let known = |name: &str| SERVICES.contains(&name).then(|| format!("{ISSUER}/{name}"));
    each(form, "audience", known, "audience names no service that tokens are given for.")
}

fn each(
    form: &Form,
    parameter: &str,
    known: impl Fn(&str) -> Option<String>,
    why: &'static str,
) -> Result<Vec<String>, TooFar> {
    let named = form.get(parameter).map(|all| all.split(' ')).into_iter().flatten();
    named.map(|one| known(one).ok_or(TooFar("invalid_target", why))).collect()
}
