//! Answers that are not about OAuth: every one of them JSON, none of them kept by a cache.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
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

pub(super) fn too_many_requests() -> Response {
    let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Global limit has been reached");
    for (name, value) in [("retry-after", "7"), ("x-ratelimit-limit", "10"), ("x-ratelimit-remaining", "0")] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What a gateway says when it gets no answer from the bank behind it.
pub(super) fn html_page() -> Response {
    let page = "<!doctype html><title>Bad gateway</title><h1>502 Bad gateway</h1>";
    (StatusCode::BAD_GATEWAY, Html(page)).into_response()
}

/// A failure inside the sandbox itself.
pub(super) fn server_error() -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The service failed to answer.")
}
