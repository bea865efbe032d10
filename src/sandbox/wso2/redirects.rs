//! Redirect URIs, and the other addresses that have to be on the same host.

use serde_json::{Map, Value};
use url::Url;

use super::software::Software;
use crate::sandbox::jwt::Jwt;

const LONGEST: usize = 256;
/// Members of a statement that stand for the same service.
const PAGES: &[&str] = &["software_client_uri", "software_logo_uri", "software_policy_uri", "software_tos_uri"];

/// What is wrong with them.
pub(super) fn check(metadata: &Map<String, Value>, software: &Software, statement: &Jwt) -> Result<(), String> {
    let uris = metadata.get("redirect_uris").and_then(Value::as_array).ok_or("redirect_uris is no list.")?;
    if uris.is_empty() {
        return Err("redirect_uris is empty.".into());
    }
    let mut hosts = Vec::new();
    for uri in uris {
        let text = uri.as_str().ok_or("A redirect URI is no text.")?;
        let url = Url::parse(text).map_err(|_| "A redirect URI is no absolute URI.")?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if url.scheme() != "https" {
            return Err("A redirect URI is not https.".into());
        }
        if host == "localhost" || host.starts_with("127.") {
            return Err("A redirect URI is on localhost.".into());
        }
        if url.fragment().is_some() || text.len() > LONGEST {
            return Err("A redirect URI has a fragment or more than 256 characters.".into());
        }
        if !software.redirect_uris.iter().any(|known| known == text) {
            return Err("A redirect URI is not in the software statement.".into());
        }
        hosts.push(host);
    }
    let pages = PAGES.iter().filter_map(|name| statement.text(name)).filter_map(|text| Url::parse(text).ok());
    hosts.extend(pages.filter_map(|url| url.host_str().map(str::to_owned)));
    hosts.dedup();
    if hosts.len() > 1 {
        return Err("The redirect URIs and the pages of the software are not on one host.".into());
    }
    Ok(())
}
