//! The bank's staff, handed a client's own entity statement and signed JWK set. What they look at is the network's habit;
//! the bank's own rules are not published.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clients::Agreement;
use super::{BASE_URI, Danske, SKEW};
use crate::sandbox::bank::Answer;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::rsa::PublicKey;

pub(super) fn staff(danske: &Danske, show: &BTreeMap<String, String>) -> Answer {
    let now = danske.clock.now();
    let shown = |name: &str| show.get(name).ok_or_else(|| format!("There is no {name}."));
    let statement = read(shown("entity_statement")?, "The entity statement", "entity-statement+jwt", now)?;
    let jwks = read(shown("signed_jwks")?, "The signed JWKS", "jwk-set+jwt", now)?;
    let agreement = statement.kid().and_then(|kid| danske.clients.of_entity(kid));
    let agreement = agreement.ok_or("The entity statement is signed by an entity key that is not known.")?;
    for (jwt, what) in [(&statement, "The entity statement"), (&jwks, "The signed JWKS")] {
        let (input, signature) = jwt.signed_parts();
        if jwt.kid() != statement.kid() || !agreement.entity.verifies(input, signature) {
            return Err(format!("{what} is not signed by the entity key."));
        }
    }
    check_statement(&statement, &agreement)?;
    check_keys(&jwks, &agreement)?;
    Ok(BTreeMap::new())
}

fn read(text: &str, what: &str, typ: &str, now: i64) -> Result<Jwt, String> {
    let jwt = Jwt::parse_any(text.trim_ascii()).map_err(|why| format!("{what} cannot be read: {why}."))?;
    if jwt.alg() != Some("RS256") || jwt.header.get("typ").and_then(Value::as_str) != Some(typ) {
        return Err(format!("{what} is not RS256 with typ {typ}."));
    }
    if jwt.text("iss") != Some(BASE_URI) || jwt.text("sub") != Some(BASE_URI) {
        return Err(format!("{what} has other iss and sub than {BASE_URI}."));
    }
    match (jwt.time("iat"), jwt.time("exp")) {
        (Ok(Some(iat)), Ok(Some(exp))) if iat <= now.saturating_add(SKEW) && exp > now => Ok(jwt),
        _ => Err(format!("{what} is not valid now.")),
    }
}

fn check_statement(statement: &Jwt, agreement: &Agreement) -> Result<(), String> {
    let keys = statement.claims.get("jwks").and_then(|jwks| jwks.get("keys"));
    if !has(keys, &agreement.entity, "sig") {
        return Err("The entity statement does not hold its own key.".to_owned());
    }
    let metadata = statement.claims.get("metadata").and_then(|m| m.get("openid_relying_party"));
    let metadata = metadata.ok_or("The entity statement has no openid_relying_party.")?;
    let uris = metadata.get("redirect_uris").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let agreed = |uri: &Value| uri.as_str().is_some_and(|uri| agreement.redirect_uris.contains(&uri));
    if uris.is_empty() || !uris.iter().all(agreed) {
        return Err("redirect_uris are not those that were agreed.".to_owned());
    }
    for (member, value) in [
        ("id_token_signed_response_alg", "RS256"),
        ("id_token_encrypted_response_alg", "RSA-OAEP"),
        ("id_token_encrypted_response_enc", "A128GCM"),
        ("request_object_signing_alg", "RS256"),
        ("token_endpoint_auth_method", "private_key_jwt"),
    ] {
        if metadata.get(member).and_then(Value::as_str) != Some(value) {
            return Err(format!("{member} is not {value}."));
        }
    }
    Ok(())
}

fn check_keys(jwks: &Jwt, agreement: &Agreement) -> Result<(), String> {
    let keys = jwks.claims.get("keys");
    for (key, usage) in [(&agreement.signing, "sig"), (&agreement.encryption, "enc")] {
        if !has(keys, key, usage) {
            return Err(format!("The signed JWKS does not hold the registered key for {usage}."));
        }
    }
    Ok(())
}

/// Whether the key stands there for that use, under its thumbprint, and nothing private stands there.
fn has(keys: Option<&Value>, key: &PublicKey, usage: &str) -> bool {
    let keys = keys.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let is_public = |jwk: &Value| ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().all(|m| jwk.get(*m).is_none());
    let ours = key.published();
    let same = |jwk: &Value| ["kty", "kid", "n", "e"].iter().all(|m| jwk.get(*m) == ours.get(*m));
    keys.iter().all(is_public) && keys.iter().any(|jwk| same(jwk) && jwk.get("use").is_none_or(|u| u == usage))
}
