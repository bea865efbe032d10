//! Registration: a person submits a JWT that proves possession of the key inside it, staff answer with a client id.
//!
//! The real bank takes it through a contact form. `POST /contact/clients` is the sandbox's stand-in for that form.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{Dnb, REGISTRATION_AUDIENCE, SCOPES, SKEW};
use crate::sandbox::answer;
use crate::sandbox::bank::Answer;
use crate::sandbox::clients::Client;
use crate::sandbox::jwk::PublicKey;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::random;

const MAX_BODY: usize = 64 * 1024;
const LONGEST_LIFE: i64 = 30 * 86_400;

/// Why a registration is not accepted: the kind of fault, and the words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Rejected {
    pub error: &'static str,
    pub why: String,
}

fn malformed(why: &str) -> Rejected {
    Rejected { error: "invalid_jwt", why: format!("The JWT cannot be used: {why}.") }
}
fn wrong(why: impl Into<String>) -> Rejected {
    Rejected { error: "invalid_claims", why: why.into() }
}
fn unsuitable(why: &str) -> Rejected {
    Rejected { error: "unsupported_key", why: format!("cnf.jwk cannot be registered: {why}.") }
}

pub(super) async fn submit(State(dnb): State<Arc<Dnb>>, headers: HeaderMap, body: Body) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if !["text/plain", "application/jose"].contains(&kind.as_str()) {
        return answer::unsupported_media_type("text/plain or application/jose");
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    match register(&dnb, &String::from_utf8_lossy(&body)) {
        Ok(id) => (StatusCode::CREATED, Json(json!({ "client_id": id }))).into_response(),
        Err(Rejected { error, why }) => answer::problem(StatusCode::BAD_REQUEST, error, &why),
    }
}

/// The staff, handed the JWT by the person who runs the flow.
pub(super) fn staff(dnb: &Dnb, show: &BTreeMap<String, String>) -> Answer {
    let jwt = show.get("jwt").ok_or("There is no JWT in the form.")?;
    let id = register(dnb, jwt).map_err(|rejected| rejected.why)?;
    Ok(BTreeMap::from([("client_id".to_owned(), id)]))
}

/// Registers the key in a registration JWT and returns the new client's id. The client's certificate is the one it
/// first authenticates with.
pub(super) fn register(dnb: &Dnb, text: &str) -> Result<String, Rejected> {
    let jwt = Jwt::parse(text.trim_ascii()).map_err(malformed)?;
    check_header(&jwt)?;
    let jwk = confirmed_key(&jwt)?;
    let key = PublicKey::from_jwk(jwk).map_err(unsuitable)?;
    let kid = jwk.get("kid").and_then(Value::as_str).filter(|kid| !kid.is_empty());
    let kid = kid.ok_or_else(|| unsuitable("it has no kid"))?;
    if jwt.kid().is_some_and(|header| header != kid) {
        return Err(malformed("the kid in its header is not that of cnf.jwk"));
    }
    if !jwt.signed_by(&key) {
        return Err(malformed(&jwt.why_not_signed().replace("the registered key", "the key in cnf.jwk")));
    }
    if jwt.text("aud") != Some(REGISTRATION_AUDIENCE) {
        return Err(wrong(format!("aud is not the text {REGISTRATION_AUDIENCE}.")));
    }
    check_times(&jwt, dnb.clock.now())?;
    let id = random::uuid()
        .map_err(|_| Rejected { error: "server_error", why: "The form is out of order: try again.".to_owned() })?;
    dnb.clients.add(Client { id: id.clone(), key, kid: kid.to_owned(), scopes: SCOPES, certificate: None });
    Ok(id)
}

/// The documented header is `{"alg":"ES256"}`; a `kid` and a `typ` are let through.
fn check_header(jwt: &Jwt) -> Result<(), Rejected> {
    if jwt.header.keys().any(|name| !["alg", "kid", "typ"].contains(&name.as_str())) {
        return Err(malformed("its header holds more than alg"));
    }
    match jwt.header.get("typ") {
        None => Ok(()),
        Some(typ) if typ == "JWT" => Ok(()),
        Some(_) => Err(malformed("its typ is not JWT")),
    }
}

/// `cnf` holds one JWK and nothing else (RFC 7800 §3.2).
fn confirmed_key(jwt: &Jwt) -> Result<&Map<String, Value>, Rejected> {
    let cnf = jwt.claims.get("cnf").and_then(Value::as_object);
    let cnf = cnf.ok_or_else(|| wrong("There is no cnf with the public key: this is not a registration JWT."))?;
    match (cnf.get("jwk").and_then(Value::as_object), cnf.len()) {
        (Some(jwk), 1) => Ok(jwk),
        _ => Err(wrong("cnf does not hold a jwk and nothing else.")),
    }
}

fn check_times(jwt: &Jwt, now: i64) -> Result<(), Rejected> {
    let time = |name: &str| match jwt.time(name) {
        Ok(Some(seconds)) => Ok(seconds),
        Ok(None) => Err(wrong(format!("{name} is missing."))),
        Err(_) => Err(wrong(format!("{name} is not a number of seconds."))),
    };
    let (iat, exp) = (time("iat")?, time("exp")?);
    if iat > now.saturating_add(SKEW) {
        return Err(wrong("iat lies in the future."));
    }
    if exp <= now {
        return Err(wrong("The JWT has expired: make a new one with the same key."));
    }
    if exp <= iat {
        return Err(wrong("exp is not after iat."));
    }
    if exp > iat.saturating_add(LONGEST_LIFE) {
        return Err(wrong("exp is more than 30 days after iat."));
    }
    Ok(())
}
