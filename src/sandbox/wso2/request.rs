//! The body of a registration: which kind it is, whether the software signed it, and what it asks for.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::refused::Refused;
use super::software::Software;
use super::statement::{self, NoStatement};
use super::{SKEW, Wso2};
use crate::sandbox::json;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::peer::Peer;

const MAX_BODY: usize = 64 * 1024;
const LONGEST_LIFE: i64 = 1800;
/// Of the JWT, not of the client.
const OF_THE_JWT: &[&str] = &["iss", "iat", "exp", "nbf", "jti", "aud"];

/// What somebody asks to have registered; nothing in it is checked against the rules for metadata yet.
pub(super) struct Asked {
    pub metadata: Map<String, Value>,
    pub software: Arc<Software>,
    pub statement: Jwt,
}

pub(super) async fn read(
    bank: &Wso2,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
    now: i64,
) -> Result<Asked, Refused> {
    let mut kinds = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kinds.next().is_some() {
        return Err(Refused::MediaType);
    }
    let signed = match kind.as_str() {
        "application/jwt" | "application/jose" => true,
        "application/json" => false,
        _ => return Err(Refused::MediaType),
    };
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refused::TooLarge)?;
    if peer.leaf().is_none() {
        return Err(Refused::Certificate("A registration wants a transport certificate."));
    }
    if signed { read_jwt(bank, peer, &body, now) } else { read_json(bank, peer, &body, now) }
}

fn read_json(bank: &Wso2, peer: &Peer, body: &[u8], now: i64) -> Result<Asked, Refused> {
    let metadata = json::object(body);
    let metadata = metadata.ok_or_else(|| Refused::metadata("The body is not one JSON object with unique members."))?;
    let (software, statement) = vouched(bank, peer, &metadata, now)?;
    let metadata = metadata.into_iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str())).collect();
    Ok(Asked { metadata, software, statement })
}

fn read_jwt(bank: &Wso2, peer: &Peer, body: &[u8], now: i64) -> Result<Asked, Refused> {
    let wrong = |why: &str| Refused::metadata(format!("The registration JWT is refused: {why}."));
    let text = std::str::from_utf8(body).map_err(|_| wrong("it is not text"))?;
    let jwt = Jwt::parse_any(text).map_err(wrong)?;
    if jwt.alg() != Some("PS256") {
        return Err(wrong("its alg is not PS256"));
    }
    if jwt.header.get("typ").is_none_or(|typ| typ != "JWT") {
        return Err(wrong("its typ is not JWT"));
    }
    if ["x5c", "x5u", "jku", "jwk"].iter().any(|name| jwt.header.contains_key(*name)) {
        return Err(wrong("its header brings a key, or the address of one"));
    }
    let (software, statement) = vouched(bank, peer, &jwt.claims, now)?;
    let kid = jwt.kid().ok_or_else(|| wrong("it has no kid"))?;
    let key = software.key(kid).ok_or_else(|| wrong("its kid is not in the software's JWKS"))?;
    let (input, signature) = jwt.signed_parts();
    if !key.verifies_pss(input, signature) {
        return Err(wrong("its signature does not verify with the software's key"));
    }
    if jwt.text("iss") != Some(&software.id) {
        return Err(wrong("its iss is not the software_id of the statement"));
    }
    if jwt.text("aud") != Some(bank.flavour.issuer) {
        return Err(wrong("its aud is not this bank"));
    }
    let exp = check_times(&jwt, now)?;
    let jti = jwt.text("jti").filter(|jti| (16..=64).contains(&jti.len()));
    let jti = jti.ok_or_else(|| wrong("its jti is missing, or no unique value"))?;
    if !bank.book.spend(&software.id, jti, exp.saturating_add(LONGEST_LIFE), now) {
        return Err(wrong("its jti was used before"));
    }
    let metadata = jwt.claims.iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str()));
    let metadata = metadata.map(|(name, value)| (name.clone(), value.clone())).collect();
    Ok(Asked { metadata, software, statement })
}

/// The software that the directory vouches for, which is that of the client certificate.
fn vouched(bank: &Wso2, peer: &Peer, metadata: &Map<String, Value>, now: i64) -> Result<(Arc<Software>, Jwt), Refused> {
    let text = metadata.get("software_statement").and_then(Value::as_str);
    let text = text.ok_or_else(|| Refused::metadata("software_statement is missing."))?;
    let found = statement::read(bank, text, now).map_err(|why| match why {
        NoStatement::Invalid(why) => Refused::Statement(format!("The software statement is refused: {why}.")),
        NoStatement::Unapproved => Refused::Unapproved("The issuer of the software statement is not allowed.".into()),
    })?;
    if !bank.is_of(peer, &found.0) {
        return Err(Refused::Certificate("The transport certificate is that of another organisation."));
    }
    Ok(found)
}

/// Returns `exp`.
fn check_times(jwt: &Jwt, now: i64) -> Result<i64, Refused> {
    let wrong = |why: String| Refused::Metadata(format!("The registration JWT is refused: {why}."));
    let time = |name: &str| match jwt.time(name) {
        Ok(Some(seconds)) => Ok(seconds),
        Ok(None) => Err(wrong(format!("its {name} is missing"))),
        Err(_) => Err(wrong(format!("its {name} is not a number of seconds"))),
    };
    let (iat, exp) = (time("iat")?, time("exp")?);
    if iat > now.saturating_add(SKEW) {
        return Err(wrong("it was issued in the future".into()));
    }
    if exp <= now {
        return Err(wrong("it has expired".into()));
    }
    if exp.saturating_sub(iat) > LONGEST_LIFE {
        return Err(wrong("it lives longer than 1800 seconds".into()));
    }
    Ok(exp)
}
