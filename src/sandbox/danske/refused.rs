//! Refusals as the bank words them: an error code, the reason and a Trace ID to tell its support.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ERROR_PAGE;
use crate::sandbox::flaw::Refusal;
use crate::sandbox::oauth_error::spoken;
use crate::sandbox::{page, random};

#[derive(Debug)]
pub(super) struct Refused {
    pub error: Refusal,
    why: String,
}

impl Refused {
    pub fn new(error: Refusal, why: impl Into<String>) -> Self {
        Self { error, why: why.into() }
    }

    /// A failure inside the sandbox itself.
    pub fn failure() -> Self {
        Self::new(Refusal::ServerError, "The service failed to answer.")
    }

    /// What a trouble puts in the place of an answer.
    pub fn on_demand(error: Refusal) -> Self {
        Self::new(error, "It was switched on.")
    }

    fn description(&self, noise: &str) -> String {
        let trace = random::uuid().unwrap_or_default();
        spoken(&format!("{}. {} {{Trace ID:{noise}{trace}}}", self.error.code(), self.why))
    }

    /// The parameters of an authorization error response (RFC 6749 §4.1.2.1), spelt as the bank spells them.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![
            ("error", self.error.code().to_owned()),
            ("error_description", self.description("-")),
            ("error_uri", ERROR_PAGE.to_owned()),
        ]
    }

    /// The answer of an endpoint that no browser asks (RFC 6749 §5.2).
    pub fn json(&self) -> Response {
        let status = match self.error {
            Refusal::InvalidClient | Refusal::UnauthorizedClient => StatusCode::UNAUTHORIZED,
            Refusal::ServerError => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        let body = json!({ "error": self.error.code(), "error_description": self.description(""),
                           "error_uri": ERROR_PAGE });
        (status, [(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(body)).into_response()
    }

    /// As the bank's page says it.
    pub fn in_words(&self) -> String {
        self.description("")
    }

    /// The bank's own page, where there is no address to send the browser back to.
    pub fn page(&self) -> Response {
        page::error(self.error.code(), &self.description(""))
    }
}
