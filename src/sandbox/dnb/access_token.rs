//! Access tokens: signed by the bank, bound to the certificate that asked (RFC 9068, RFC 8705 §3.1).

use std::io;

use serde_json::json;

use super::{API_AUDIENCE, Dnb, ISSUER};
use crate::sandbox::clients::Client;
use crate::sandbox::jwt::{self, Jwt};
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::random;

/// Seconds.
pub(super) const LIFETIME: i64 = 3600;
const TYP: &str = "at+jwt";

pub(super) fn issue(
    dnb: &Dnb,
    client: &Client,
    scope: &str,
    certificate: Option<Fingerprint>,
    now: i64,
) -> io::Result<String> {
    let claims = json!({
        "iss": ISSUER,
        "sub": client.id,
        "client_id": client.id,
        "aud": API_AUDIENCE,
        "iat": now,
        "exp": now.saturating_add(LIFETIME),
        "jti": random::id()?,
        "scope": scope,
        "cnf": { "x5t#S256": certificate.map(Fingerprint::x5t) },
    });
    Ok(jwt::sign(dnb.signing_key(), TYP, &claims)?)
}

/// What a good token allows.
#[derive(Debug)]
pub(super) struct Granted {
    pub client_id: String,
    pub scope: String,
}

impl Granted {
    pub fn allows(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|granted| granted == scope)
    }
}

/// Checks a token as the API does. A token signed before a rotation is still good.
pub(super) fn check(
    dnb: &Dnb,
    token: &str,
    certificate: Option<Fingerprint>,
    now: i64,
) -> Result<Granted, &'static str> {
    let jwt = Jwt::parse(token).map_err(|_| "The access token is malformed.")?;
    if !dnb.keys.iter().any(|key| jwt.signed_by(key.public())) {
        return Err("The access token was not issued here.");
    }
    // From here on it is our own; what else we sign is no token.
    if jwt.header.get("typ").is_none_or(|typ| typ != TYP) || jwt.text("aud") != Some(API_AUDIENCE) {
        return Err("The access token is not for this API.");
    }
    if jwt.time("exp").ok().flatten().is_none_or(|exp| exp <= now) {
        return Err("The access token has expired.");
    }
    let bound = jwt.claims.get("cnf").and_then(|cnf| cnf.get("x5t#S256")).and_then(|x5t| x5t.as_str());
    if bound.is_none() || bound != certificate.map(Fingerprint::x5t).as_deref() {
        return Err("The access token is bound to another client certificate.");
    }
    match (jwt.text("client_id"), jwt.text("scope")) {
        (Some(client_id), Some(scope)) => Ok(Granted { client_id: client_id.to_owned(), scope: scope.to_owned() }),
        _ => Err("The access token is malformed."),
    }
}
