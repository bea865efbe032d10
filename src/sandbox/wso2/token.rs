//! The token endpoint: the client for itself, or with what a person agreed to; with an assertion or a certificate.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::assertion::{self, Assertion};
use super::book::Registration;
use super::{Wso2, name};
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::{Fingerprint, Peer};
use crate::sandbox::{answer, random, scope};

const MAX_BODY: usize = 64 * 1024;
/// Seconds.
const LIFETIME: i64 = 3600;

pub(super) async fn token(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    match grant(&bank, &peer, &head, &body, now) {
        Err(refused) => refused.into_response(),
        Ok(granted) => issue(&bank, &granted, peer.certificate(), now),
    }
}

/// What is given.
struct Granted {
    client: Registration,
    scope: String,
    refresh_token: Option<String>,
}

/// Signed, and bound to the certificate (RFC 9068, RFC 8705 §3.1).
fn issue(bank: &Wso2, granted: &Granted, certificate: Option<Fingerprint>, now: i64) -> Response {
    let Granted { client, scope, refresh_token } = granted;
    let ends = now.saturating_add(LIFETIME);
    let made = || -> std::io::Result<String> {
        let key = bank.signing_key()?;
        let header = json!({ "alg": "PS256", "typ": "at+jwt", "kid": key.public().thumbprint() });
        let claims = json!({
            "iss": bank.flavour.issuer,
            "sub": client.client_id,
            "client_id": client.client_id,
            "aud": bank.flavour.gateway,
            "iat": now,
            "exp": ends,
            "jti": random::uuid()?,
            "scope": scope,
            "cnf": { "x5t#S256": certificate.map(Fingerprint::x5t) },
        });
        Ok(key.jws_pss(&header, &claims)?)
    };
    let Ok(token) = made() else { return answer::server_error() };
    bank.book.give(&token, &client.client_id, certificate, ends);
    let mut body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": scope });
    if let Some(refresh_token) = refresh_token {
        body["refresh_token"] = refresh_token.as_str().into();
    }
    ([(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(body)).into_response()
}

fn grant(bank: &Wso2, peer: &Peer, head: &Parts, body: &[u8], now: i64) -> Result<Granted, OAuthError> {
    let form = parameters(head, body)?;
    let wanted = form.get("grant_type").ok_or_else(|| OAuthError::invalid_request("grant_type is missing."))?;
    if !["client_credentials", "authorization_code", "refresh_token"].contains(&wanted.as_str()) {
        return Err(OAuthError::unsupported_grant_type("That grant is not given here."));
    }
    let client = authenticated(bank, peer, &form, now)?;
    let grants = client.metadata.get("grant_types").and_then(|v| v.as_array());
    if !grants.is_some_and(|all| all.iter().any(|grant| grant == wanted.as_str())) {
        return Err(OAuthError::unauthorized_client("The client is not registered for that grant."));
    }
    let agreed = match wanted.as_str() {
        "authorization_code" => bank.consents.redeem(&client, &form, now)?,
        "refresh_token" => bank.consents.rotate(&client, &form)?,
        _ => {
            let scope = for_itself(&client, &form)?;
            return Ok(Granted { client, scope, refresh_token: None });
        }
    };
    Ok(Granted { client, scope: agreed.consent.scope, refresh_token: Some(agreed.refresh_token) })
}

/// The scopes of a client that asks for itself.
fn for_itself(client: &Registration, form: &Form) -> Result<String, OAuthError> {
    let registered = client.text("scope").unwrap_or_default();
    let scope = form.get("scope").map_or(registered, String::as_str);
    let asked = scope::parse(scope)
        .ok_or_else(|| OAuthError::invalid_scope("scope is not a list of values with one space between them."))?;
    if !asked.iter().all(|value| registered.split(' ').any(|r| r == *value)) {
        return Err(OAuthError::invalid_scope("The client is not registered for every scope it asks for."));
    }
    Ok(scope.to_owned())
}

fn authenticated(bank: &Wso2, peer: &Peer, form: &Form, now: i64) -> Result<Registration, OAuthError> {
    let Some(leaf) = peer.leaf() else {
        return Err(OAuthError::invalid_client("The token endpoint wants a transport certificate."));
    };
    let client = if form.contains_key("client_assertion") {
        let assertion = Assertion::read(form)?;
        let client = bank.book.find(&assertion.client_id);
        let client = client.ok_or_else(|| assertion::refused("no such client"))?;
        if client.text("token_endpoint_auth_method") != Some("private_key_jwt") {
            return Err(assertion::refused("the client is registered for another method"));
        }
        let audiences = [bank.flavour.token_endpoint, bank.flavour.issuer];
        let proven = assertion.prove(&client.software, &audiences, now)?;
        if !bank.book.spend(&client.client_id, &proven.jti, proven.forget, now) {
            return Err(assertion::refused("its jti was used before"));
        }
        client
    } else {
        let id = form.get("client_id").ok_or_else(|| OAuthError::invalid_request("client_id is missing."))?;
        let client = bank.book.find(id).ok_or_else(|| OAuthError::invalid_client("There is no such client."))?;
        let registered = client.text("tls_client_auth_subject_dn").unwrap_or_default();
        if !name::subject(leaf).is_some_and(|shown| name::same(registered, &shown)) {
            return Err(OAuthError::invalid_client("The client does not authenticate by this certificate."));
        }
        client
    };
    if !bank.is_of(peer, &client.software) {
        return Err(OAuthError::invalid_client("The transport certificate is that of another organisation."));
    }
    Ok(client)
}

/// Parameters come in the body, as a form, and the client proves itself in one way (RFC 6749 §2.3, §3.2).
pub(super) fn parameters(head: &Parts, body: &[u8]) -> Result<Form, OAuthError> {
    if head.uri.query().is_some() {
        return Err(OAuthError::invalid_request("Parameters belong in the body, not in the URL."));
    }
    let mut kinds = head.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) || kinds.next().is_some() {
        return Err(OAuthError::invalid_request("The body is not application/x-www-form-urlencoded."));
    }
    let form = form::parse(body);
    let form = form.map_err(|why| OAuthError::invalid_request(format!("The form is not sound: {why}.")))?;
    if head.headers.contains_key(header::AUTHORIZATION) || form.contains_key("client_secret") {
        return Err(OAuthError::invalid_request("Clients authenticate by an assertion or a certificate alone."));
    }
    Ok(form)
}
