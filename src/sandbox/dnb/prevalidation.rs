//! The account pre-validation API: is this a possible account number? Its shapes are the sandbox's own; the bank's
//! are not published.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::access_token::{self, Granted};
use super::{API_HOST, Dnb, INTERNATIONAL, NORWAY, account};
use crate::sandbox::answer;
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::json as strict;
use crate::sandbox::peer::Peer;

const MAX_BODY: usize = 16 * 1024;

/// Every request proves a good token of its own certificate first.
impl FromRequestParts<Arc<Dnb>> for Granted {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, dnb: &Arc<Dnb>) -> Result<Self, Response> {
        let certificate = parts.extensions.get::<Peer>().and_then(Peer::certificate);
        bearer::token(&parts.headers, &parts.uri)
            .and_then(|token| {
                access_token::check(dnb, token, certificate, dnb.clock.now()).map_err(BearerError::InvalidToken)
            })
            .map_err(|refused| refused.into_response(API_HOST))
    }
}

/// `GET /`: what the token is good for.
pub(super) async fn about(granted: Granted) -> Json<Value> {
    Json(json!({ "api": "account-pre-validation", "client_id": granted.client_id, "scope": granted.scope }))
}

/// `POST /v1/accounts/validate`: `{"account_number": …}` for Norway, `{"iban": …}` for anywhere.
pub(super) async fn validate(granted: Granted, headers: HeaderMap, body: Body) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return answer::unsupported_media_type("application/json");
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let Some((scope, name, number, sound)) = strict::object(&body).and_then(|asked| question(&asked)) else {
        let why = "Send an object with either account_number or iban, a text.";
        return answer::problem(StatusCode::BAD_REQUEST, "invalid_request", why);
    };
    if !granted.allows(scope) {
        return BearerError::InsufficientScope(scope).into_response(API_HOST);
    }
    Json(json!({ name: number, "valid": sound })).into_response()
}

/// The scope it takes, the member and its value, and whether the number is a possible one.
fn question(asked: &Map<String, Value>) -> Option<(&'static str, &'static str, String, bool)> {
    let text = |name: &str| asked.get(name).and_then(Value::as_str);
    match (text("account_number"), text("iban"), asked.len()) {
        (Some(number), None, 1) => Some((NORWAY, "account_number", number.to_owned(), account::is_norwegian(number))),
        (None, Some(iban), 1) => Some((INTERNATIONAL, "iban", iban.to_owned(), account::is_iban(iban))),
        _ => None,
    }
}
