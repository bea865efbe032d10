//! The token endpoint: `client_credentials`, nothing else.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::{Dnb, access_token, assertion};
use crate::sandbox::answer;
use crate::sandbox::clients::Client;
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;
use crate::sandbox::scope;

const MAX_BODY: usize = 64 * 1024;

pub(super) async fn token(State(dnb): State<Arc<Dnb>>, Extension(peer): Extension<Peer>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = dnb.clock.now();
    match grant(&dnb, &peer, &head, &body, now) {
        Err(refused) => refused.into_response(),
        Ok((client, scope)) => match access_token::issue(&dnb, &client, &scope, peer.certificate(), now) {
            Err(_) => answer::server_error(),
            Ok(token) => {
                let body = json!({
                    "access_token": token,
                    "token_type": "Bearer",
                    "expires_in": access_token::LIFETIME,
                });
                ([(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(body)).into_response()
            }
        },
    }
}

/// Who is granted what.
fn grant(dnb: &Dnb, peer: &Peer, head: &Parts, body: &[u8], now: i64) -> Result<(Client, String), OAuthError> {
    let form = parameters(head, body)?;
    match form.get("grant_type").map(String::as_str) {
        Some("client_credentials") => {}
        Some(_) => return Err(OAuthError::unsupported_grant_type("Only client_credentials is granted here.")),
        None => return Err(OAuthError::invalid_request("grant_type is missing.")),
    }
    one_method(head, &form)?;
    let client = assertion::authenticate(dnb, peer, &form, now)?;
    let scope = form.get("scope").map_or("", String::as_str);
    let asked = scope::parse(scope)
        .ok_or_else(|| OAuthError::invalid_scope("scope is not a list of values with one space between them."))?;
    if !asked.iter().all(|value| client.scopes.contains(value)) {
        return Err(OAuthError::invalid_scope("The client is not granted every scope it asks for."));
    }
    Ok((client, scope.to_owned()))
}

/// Parameters come in the body, as a form (RFC 6749 §3.2).
fn parameters(head: &Parts, body: &[u8]) -> Result<Form, OAuthError> {
    if head.uri.query().is_some() {
        return Err(OAuthError::invalid_request("Parameters belong in the body, not in the URL."));
    }
    let mut kinds = head.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) || kinds.next().is_some() {
        return Err(OAuthError::invalid_request("The body is not application/x-www-form-urlencoded."));
    }
    form::parse(body).map_err(|why| OAuthError::invalid_request(format!("The form is not sound: {why}.")))
}

/// A client authenticates in one way only, and here that is an assertion (RFC 6749 §2.3).
fn one_method(head: &Parts, form: &Form) -> Result<(), OAuthError> {
    let assertion = form.contains_key("client_assertion");
    let header = head.headers.contains_key(header::AUTHORIZATION);
    if assertion && (header || form.contains_key("client_secret")) {
        return Err(OAuthError::invalid_request("The client authenticates in more than one way."));
    }
    if header {
        let refused = OAuthError::invalid_client("Clients authenticate with private_key_jwt, not in a header.");
        return Err(refused.challenge("Basic realm=\"api.ciam.dnb.no\""));
    }
    Ok(())
}
