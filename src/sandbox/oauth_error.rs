//! Refusals of an authorization server (RFC 6749 §5.2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::answer;

/// One refusal, in the words of the bank.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: String,
    challenge: Option<&'static str>,
}

impl OAuthError {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), challenge: None }
    }
    pub fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", description)
    }
    pub fn invalid_client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }
    pub fn invalid_scope(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_scope", description)
    }
    pub fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_grant", description)
    }
    pub fn unauthorized_client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unauthorized_client", description)
    }
    pub fn unsupported_grant_type(description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", description)
    }
    /// A code of an extension.
    pub fn of(error: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }
    /// The server's own fault.
    pub fn unavailable() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The service failed to answer.")
    }
    /// For a client that tried to authenticate in the `Authorization` header.
    pub fn challenge(mut self, challenge: &'static str) -> Self {
        self.challenge = Some(challenge);
        self
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let mut response = answer::problem(self.status, self.error, &spoken(&self.description));
        let headers = response.headers_mut();
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        response
    }
}

/// The characters that `error_description` may have (RFC 6749 §5.2).
pub(super) fn spoken(description: &str) -> String {
    let fits = |c: char| matches!(c, ' ' | '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    description.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_challenge_follow_the_error() {
        let refused = OAuthError::invalid_client("no").challenge("Basic realm=\"x\"").into_response();
        assert_eq!(refused.status(), 401);
        assert_eq!(refused.headers()["www-authenticate"], "Basic realm=\"x\"");
        let refused = OAuthError::invalid_scope("no").into_response();
        assert_eq!(refused.status(), 400);
        assert!(!refused.headers().contains_key("www-authenticate"));
    }

    #[test]
    fn a_description_has_only_the_characters_it_may_have() {
        assert_eq!(spoken("a \"b\" \\ é\n'c'"), "a ?b? ? ??'c'");
    }
}
