//! Answers that are not about OAuth: every one of them JSON, none of them kept by a cache.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// `{"error": …, "error_description": …}` with that status.
pub(super) fn problem(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

pub(super) async fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "not_found", "There is nothing at this path.")
}

/// The router adds `Allow`.
pub(super) async fn method_not_allowed() -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This path does not take that method.")
}

pub(super) fn too_large() -> Response {
    problem(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "The body is larger than this endpoint takes.")
}

pub(super) fn unsupported_media_type(wanted: &str) -> Response {
    problem(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", &format!("Send the body as {wanted}."))
}

pub(super) fn misdirected() -> Response {
    problem(StatusCode::MISDIRECTED_REQUEST, "misdirected_request", "This server does not answer for that host.")
}

pub(super) fn unavailable() -> Response {
    let mut response =
        problem(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", "The service is down for maintenance.");
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// A failure inside the sandbox itself.
pub(super) fn server_error() -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The service failed to answer.")
}
