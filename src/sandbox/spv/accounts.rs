//! The partner API: a customer's accounts, for a bearer token and the customer's number.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::person::{CUSTOMERS, is_national_id};
use super::{API_HOST, Spv};
use crate::sandbox::answer;
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::trouble::Trouble;

pub(super) async fn list(State(spv): State<Arc<Spv>>, headers: HeaderMap, uri: Uri) -> Response {
    let token = bearer::token(&headers, &uri)
        .and_then(|token| spv.signer.check(token, spv.clock.now()).map_err(BearerError::InvalidToken));
    if let Err(refused) = token {
        return refused.into_response(API_HOST);
    }
    let mut shown = headers.get_all("psu-id").iter();
    let customer = match (shown.next().and_then(|v| v.to_str().ok()), shown.next()) {
        (Some(number), None) if is_national_id(number) => number,
        (None, _) => return answer::problem(StatusCode::BAD_REQUEST, "invalid_request", "PSU-ID is missing."),
        _ => {
            let why = "PSU-ID is no national identity number.";
            return answer::problem(StatusCode::BAD_REQUEST, "invalid_request", why);
        }
    };
    if spv.trouble.has(Trouble::NotGranted) || !CUSTOMERS.contains(&customer) {
        let why = "The partner has no access to this customer.";
        return answer::problem(StatusCode::FORBIDDEN, "access_denied", why);
    }
    Json(json!({ "accounts": holdings() })).into_response()
}

/// What every customer here has.
pub(super) fn holdings() -> Value {
    json!([
        { "resourceId": "6f2d1e7c", "bban": "86011117947", "iban": "NO9386011117947", "currency": "NOK",
          "name": "Brukskonto", "balance": "1204.50" },
        { "resourceId": "b0c94a15", "bban": "15032080119", "iban": "NO8515032080119", "currency": "NOK",
          "name": "Sparekonto", "balance": "88000.00" },
    ])
}
