//! `private_key_jwt` (RFC 7523 §3) as the Finnish Trust Network has it: which client is this?

use serde_json::Value;

use super::clients::Client;
use super::refused::Refused;
use super::{Danske, ISSUER, SKEW, TOKEN_ENDPOINT};
use crate::sandbox::flaw::Refusal;
use crate::sandbox::form::Form;
use crate::sandbox::jwt::Jwt;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_LIFE: i64 = 600;

/// The client, or the reason why the assertion does not prove that it is that client.
pub(super) fn authenticate(danske: &Danske, form: &Form, now: i64) -> Result<Client, Refused> {
    let missing = |name: &str| Refused::new(Refusal::InvalidRequest, format!("The parameter {name} is missing."));
    let field = |name: &str| form.get(name).ok_or_else(|| missing(name));
    let (id, kind, text) = (field("client_id")?, field("client_assertion_type")?, field("client_assertion")?);
    if kind != JWT_BEARER {
        return Err(Refused::new(Refusal::InvalidRequest, "client_assertion_type is not the one for JWTs."));
    }
    let client = danske.clients.find(id);
    let client = client.ok_or_else(|| Refused::new(Refusal::UnauthorizedClient, "No such client is registered."))?;
    let jwt = Jwt::parse_any(text).map_err(refused)?;
    check_header(&jwt, &client)?;
    let (input, signature) = jwt.signed_parts();
    if !client.agreement.signing.verifies(input, signature) {
        return Err(refused("its signature does not verify with the registered key"));
    }
    if jwt.text("iss") != Some(&client.id) {
        return Err(refused("its iss is not the client id"));
    }
    // The documentation can be read as asking for an id of the request; RFC 7523 §3 wants the client's.
    if jwt.text("sub") != Some(&client.id) {
        return Err(refused("its sub is not the client id"));
    }
    if !jwt.text("aud").is_some_and(|aud| aud == TOKEN_ENDPOINT || aud == ISSUER) {
        return Err(refused("its aud is not the token endpoint"));
    }
    let exp = check_times(&jwt, now)?;
    let jti = jwt.text("jti").filter(|jti| !jti.is_empty()).ok_or_else(|| refused("its jti is missing"))?;
    let forget = exp.saturating_add(SKEW).max(now.saturating_add(LONGEST_LIFE));
    if !danske.clients.spend(&client, jti, forget, now) {
        return Err(refused("its jti was used before"));
    }
    Ok(client)
}

fn refused(why: &str) -> Refused {
    Refused::new(Refusal::InvalidClient, format!("The client assertion is refused: {why}."))
}

fn check_header(jwt: &Jwt, client: &Client) -> Result<(), Refused> {
    if jwt.alg() != Some("RS256") {
        return Err(refused("its alg is not RS256"));
    }
    match jwt.header.get("typ").map(Value::as_str) {
        None | Some(Some("JWT")) => {}
        Some(_) => return Err(refused("its typ is not JWT")),
    }
    if jwt.kid() == Some(client.agreement.signing.thumbprint().as_str()) {
        Ok(())
    } else {
        Err(refused("its kid is not the registered one"))
    }
}

/// Returns `exp`.
fn check_times(jwt: &Jwt, now: i64) -> Result<i64, Refused> {
    let time = |name: &str| jwt.time(name).map_err(|_| refused(&format!("its {name} is not a number")));
    let exp = time("exp")?.ok_or_else(|| refused("its exp is missing"))?;
    let (iat, nbf) = (time("iat")?, time("nbf")?);
    if exp <= now.saturating_sub(SKEW) {
        return Err(refused("it has expired"));
    }
    if iat.is_some_and(|iat| iat > now.saturating_add(SKEW)) || nbf.is_some_and(|nbf| nbf > now.saturating_add(SKEW)) {
        return Err(refused("it is not valid yet"));
    }
    if exp > iat.unwrap_or(now.saturating_add(SKEW)).saturating_add(LONGEST_LIFE) {
        return Err(refused("it lives longer than 10 minutes"));
    }
    Ok(exp)
}
