//! The token endpoint as Auth0 answers: JSON or a form, the secret in the body or in the Authorization header.

use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{AUDIENCE, Spv, access_token};
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::spoken;
use crate::sandbox::trouble::Trouble;
use crate::sandbox::{answer, b64, json as strict};

const MAX_BODY: usize = 16 * 1024;

/// Status, `error`, `error_description`.
type Refused = (StatusCode, &'static str, String);

pub(super) async fn token(State(spv): State<Arc<Spv>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    match grant(&spv, &head, &body) {
        Err((status, error, why)) => answer::problem(status, error, &spoken(&why)),
        Ok(client) => match spv.signer.issue(&client, spv.clock.now()) {
            Err(_) => answer::server_error(),
            Ok(token) => {
                let lives = access_token::LIFETIME;
                Json(json!({ "access_token": token, "expires_in": lives, "token_type": "Bearer" })).into_response()
            }
        },
    }
}

fn invalid(why: impl Into<String>) -> Refused {
    (StatusCode::BAD_REQUEST, "invalid_request", why.into())
}

fn forbidden(error: &'static str, why: impl Into<String>) -> Refused {
    (StatusCode::FORBIDDEN, error, why.into())
}

/// The client that is granted a token.
fn grant(spv: &Spv, head: &Parts, body: &[u8]) -> Result<String, Refused> {
    let given = parameters(head, body)?;
    let get = |name: &str| given.get(name).map(String::as_str);
    match get("grant_type") {
        Some("client_credentials") => {}
        Some(_) => return Err(forbidden("unsupported_grant_type", "Unsupported grant type")),
        None => return Err(invalid("Missing required parameter: grant_type")),
    }
    let (id, secret) = match (basic(head)?, get("client_id"), get("client_secret")) {
        (Some(_), _, Some(_)) => return Err(invalid("The client authenticates in more than one way.")),
        (Some((id, _)), Some(other), None) if id != other => return Err(invalid("Two different client ids.")),
        (Some(both), ..) => both,
        (None, Some(id), Some(secret)) => (id.to_owned(), secret.to_owned()),
        (None, None, _) => return Err(invalid("Missing required parameter: client_id")),
        (None, _, None) => (String::new(), String::new()),
    };
    if !spv.partners.is(&id, &secret) {
        return Err((StatusCode::UNAUTHORIZED, "access_denied", "Unauthorized".to_owned()));
    }
    match get("audience") {
        Some(AUDIENCE) if spv.trouble.has(Trouble::NotGranted) => {
            let why = format!("Client is not authorized to access {AUDIENCE}. You need to create a client-grant.");
            Err(forbidden("unauthorized_client", why))
        }
        Some(AUDIENCE) => Ok(id),
        Some(other) => {
            let shown: String = other.chars().take(200).collect();
            Err(forbidden("access_denied", format!("Service not found: {shown}")))
        }
        None => Err(forbidden("access_denied", "No audience parameter was provided, and no default is configured")),
    }
}

/// The members of the one JSON object, all of them texts, or the parameters of the form.
fn parameters(head: &Parts, body: &[u8]) -> Result<Form, Refused> {
    if head.uri.query().is_some() {
        return Err(invalid("Parameters belong in the body, not in the URL."));
    }
    let kind = head.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if form::is_form(kind) {
        return form::parse(body).map_err(|why| invalid(format!("The form is not sound: {why}.")));
    }
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(invalid("The body is neither JSON nor a form."));
    }
    let object = strict::object(body).ok_or_else(|| invalid("The body is no JSON object with unique members."))?;
    let text = |(name, value): (String, Value)| match value {
        Value::String(text) => Ok((name, text)),
        _ => Err(invalid("A member of the JSON body is no text.")),
    };
    object.into_iter().map(text).collect()
}

/// Id and secret of the Authorization header, form-decoded (RFC 6749 §2.3.1).
fn basic(head: &Parts) -> Result<Option<(String, String)>, Refused> {
    let Some(value) = head.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let unsound = || invalid("The Authorization header is not Basic with an id and a secret.");
    let encoded = value.to_str().ok().and_then(|v| v.strip_prefix("Basic ")).ok_or_else(unsound)?;
    let decoded = b64::decode_standard(encoded).and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(unsound)?;
    let (id, secret) = decoded.split_once(':').ok_or_else(unsound)?;
    let decode = |text: &str| {
        let pairs = form::parse(format!("v={text}").as_bytes()).map_err(|_| unsound())?;
        pairs.get("v").cloned().ok_or_else(unsound)
    };
    Ok(Some((decode(id)?, decode(secret)?)))
}
