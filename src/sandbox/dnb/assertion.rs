//! `private_key_jwt` (RFC 7523 §3) over mutual TLS: which client is this?

use serde_json::Value;

use super::{Dnb, ISSUER, SKEW, TOKEN_ENDPOINT};
use crate::sandbox::clients::{Client, NotAdmitted};
use crate::sandbox::form::Form;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const LONGEST_LIFE: i64 = 1200;
/// A `jti` shorter than this is no unique identifier.
const SHORTEST_JTI: usize = 16;

/// The client, or the reason why the assertion does not prove that it is that client.
pub(super) fn authenticate(dnb: &Dnb, peer: &Peer, form: &Form, now: i64) -> Result<Client, OAuthError> {
    let text = form.get("client_assertion").ok_or_else(|| refused("there is none"))?;
    match form.get("client_assertion_type").map(String::as_str) {
        Some(JWT_BEARER) => {}
        Some(_) => return Err(refused("its client_assertion_type is not the one for JWTs")),
        None => return Err(OAuthError::invalid_request("client_assertion_type is missing.")),
    }
    let jwt = Jwt::parse(text).map_err(refused)?;
    let client = claimed_client(dnb, &jwt)?;
    check_header(&jwt, &client)?;
    if !jwt.signed_by(&client.key) {
        return Err(refused(jwt.why_not_signed()));
    }
    if form.get("client_id").is_some_and(|id| *id != client.id) {
        return Err(refused("the parameter client_id is not its sub"));
    }
    check_audience(&jwt)?;
    let exp = check_times(&jwt, now)?;
    let jti = jwt.text("jti").filter(|jti| jti.chars().count() >= SHORTEST_JTI);
    let jti = jti.ok_or_else(|| refused("its jti is missing or shorter than 16 characters"))?;
    dnb.clients.admit(&client, peer.certificate(), (jti, exp.saturating_add(SKEW)), now).map_err(|why| match why {
        NotAdmitted::Replayed => refused("its jti was used before"),
        NotAdmitted::OtherCertificate => refused("the client is bound to another TLS client certificate"),
    })?;
    Ok(client)
}

fn refused(why: &str) -> OAuthError {
    OAuthError::invalid_client(format!("The client assertion is refused: {why}."))
}

/// `iss` and `sub` name the same known client. A registration JWT, which some documentation shows here, names none.
fn claimed_client(dnb: &Dnb, jwt: &Jwt) -> Result<Client, OAuthError> {
    if jwt.claims.contains_key("cnf") {
        return Err(refused("it has cnf: this is the JWT for registration, not a client assertion"));
    }
    let (Some(iss), Some(sub)) = (jwt.text("iss"), jwt.text("sub")) else {
        return Err(refused("iss or sub is missing"));
    };
    if iss != sub {
        return Err(refused("iss and sub differ"));
    }
    dnb.clients.find(iss).ok_or_else(|| refused("no such client"))
}

fn check_header(jwt: &Jwt, client: &Client) -> Result<(), OAuthError> {
    match jwt.header.get("typ").map(Value::as_str) {
        None | Some(Some("JWT" | "client-authentication+jwt")) => {}
        Some(_) => return Err(refused("its typ is that of another kind of JWT")),
    }
    match jwt.kid() {
        Some(kid) if kid != client.kid => Err(refused("its kid is not registered for this client")),
        _ => Ok(()),
    }
}

/// The token endpoint, alone or as the one element of an array; or the issuer, alone.
fn check_audience(jwt: &Jwt) -> Result<(), OAuthError> {
    let meant = match jwt.claims.get("aud") {
        Some(Value::String(aud)) => aud == TOKEN_ENDPOINT || aud == ISSUER,
        Some(Value::Array(all)) => matches!(&all[..], [Value::String(aud)] if aud == TOKEN_ENDPOINT),
        _ => false,
    };
    if meant { Ok(()) } else { Err(refused("its aud is neither the token endpoint nor the issuer")) }
}

/// Returns `exp`.
fn check_times(jwt: &Jwt, now: i64) -> Result<i64, OAuthError> {
    let time = |name: &str| jwt.time(name).map_err(|_| refused(&format!("its {name} is not a number of seconds")));
    let needed = |name: &str| time(name)?.ok_or_else(|| refused(&format!("its {name} is missing")));
    let (iat, exp, nbf) = (needed("iat")?, needed("exp")?, time("nbf")?);
    if iat > now.saturating_add(SKEW) {
        return Err(refused("it was issued in the future"));
    }
    if nbf.is_some_and(|nbf| nbf > now.saturating_add(SKEW)) {
        return Err(refused("it is not valid yet"));
    }
    if exp <= now.saturating_sub(SKEW) {
        return Err(refused("it has expired"));
    }
    if exp <= iat {
        return Err(refused("its exp is not after its iat"));
    }
    if exp.saturating_sub(iat) > LONGEST_LIFE {
        return Err(refused("it lives longer than 1200 seconds"));
    }
    Ok(exp)
}
