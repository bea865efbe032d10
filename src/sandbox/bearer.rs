//! Bearer tokens at an API (RFC 6750): where one may be, and how one is refused.

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::Response;

use super::answer;
use super::oauth_error::spoken;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum BearerError {
    /// Nothing was shown: the challenge says no more than that a token is wanted (§3.1).
    NoToken,
    InvalidRequest(&'static str),
    InvalidToken(&'static str),
    /// The scope that was missing.
    InsufficientScope(&'static str),
}

/// The token of a request, which only its one `Authorization` header may carry.
pub(super) fn token<'a>(headers: &'a HeaderMap, uri: &Uri) -> Result<&'a str, BearerError> {
    let query = uri.query().unwrap_or_default();
    if url::form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "access_token") {
        return Err(BearerError::InvalidRequest(
            "The access token belongs in the Authorization header, not in the URL.",
        ));
    }
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = sent.next() else { return Err(BearerError::NoToken) };
    if sent.next().is_some() {
        return Err(BearerError::InvalidRequest("There is more than one Authorization header."));
    }
    match value.to_str().unwrap_or_default().split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => {
            if is_token(token) {
                Ok(token)
            } else {
                Err(BearerError::InvalidRequest("The Authorization header is not Bearer, one space and a token."))
            }
        }
        Some(_) => Err(BearerError::NoToken),
        None => Err(BearerError::InvalidRequest("The Authorization header is not Bearer, one space and a token.")),
    }
}

/// `b64token` (§2.1).
fn is_token(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b))
}

impl BearerError {
    pub fn into_response(self, realm: &str) -> Response {
        let (status, error, description) = match &self {
            Self::NoToken => (StatusCode::UNAUTHORIZED, "unauthorized", "This API wants a bearer token.".to_owned()),
            Self::InvalidRequest(why) => (StatusCode::BAD_REQUEST, "invalid_request", (*why).to_owned()),
            Self::InvalidToken(why) => (StatusCode::UNAUTHORIZED, "invalid_token", (*why).to_owned()),
            Self::InsufficientScope(scope) => {
                (StatusCode::FORBIDDEN, "insufficient_scope", format!("The token lacks the scope {scope}."))
            }
        };
        let description = spoken(&description);
        let reason = match self {
            Self::NoToken => String::new(),
            Self::InsufficientScope(scope) => format!(", error=\"{error}\", scope=\"{scope}\""),
            _ => format!(", error=\"{error}\", error_description=\"{description}\""),
        };
        let challenge = format!("Bearer realm=\"{realm}\"{reason}");
        let mut response = answer::problem(status, error, &description);
        // Made of printable ASCII only.
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str], uri: &str) -> Result<String, BearerError> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        token(&headers, &uri.parse().unwrap()).map(str::to_owned)
    }

    #[test]
    fn a_token_is_read_from_its_one_place() {
        assert_eq!(read(&["bearer a.b-c_~+/=="], "/").unwrap(), "a.b-c_~+/==");
        assert_eq!(read(&[], "/"), Err(BearerError::NoToken));
        assert_eq!(read(&["Basic YTpi"], "/"), Err(BearerError::NoToken));
        for (values, uri) in [
            (&["Bearer a", "Bearer b"][..], "/"),
            (&["Bearer a"], "/?access_token=a"),
            (&[], "/?x=1&access%5Ftoken=a"),
            (&["Bearer"], "/"),
            (&["Bearer:a"], "/"),
            (&["Bearer  a"], "/"),
            (&["Bearer a b"], "/"),
            (&["Bearer ="], "/"),
        ] {
            assert!(matches!(read(values, uri), Err(BearerError::InvalidRequest(_))), "{values:?} {uri}");
        }
    }

    #[test]
    fn the_challenge_says_what_is_wrong() {
        let none = BearerError::NoToken.into_response("api");
        assert_eq!(none.status(), 401);
        assert_eq!(none.headers()["www-authenticate"], "Bearer realm=\"api\"");
        let scope = BearerError::InsufficientScope("a:b").into_response("api");
        assert_eq!(scope.status(), 403);
        let challenge = scope.headers()["www-authenticate"].to_str().unwrap();
        assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.ends_with("scope=\"a:b\""));
        assert_eq!(BearerError::InvalidToken("old").into_response("api").status(), 401);
        assert_eq!(BearerError::InvalidRequest("no").into_response("api").status(), 400);
    }
}
