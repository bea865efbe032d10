//! How the bank refuses around registration (RFC 7591 §3.2.2, RFC 7592 §2), and how its gateway does.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Wso2;
use crate::sandbox::answer;
use crate::sandbox::bearer::BearerError;
use crate::sandbox::flaw::RegistrationFlaw;
use crate::sandbox::oauth_error::spoken;

/// Why nothing was registered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    RedirectUri(String),
    Metadata(String),
    Statement(String),
    Unapproved(String),
    /// The client certificate is not there, or is somebody else's.
    Certificate(&'static str),
    /// The token does not allow this, or there is none: it is revoked.
    Token(&'static str),
    Bearer(BearerError),
    /// Switched on.
    Told(RegistrationFlaw),
    MediaType,
    TooLarge,
    /// The sandbox itself.
    Failure,
}

impl Refused {
    pub fn metadata(why: impl Into<String>) -> Self {
        Self::Metadata(why.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let bad = |error: &str, why: &str| answer::problem(StatusCode::BAD_REQUEST, error, &spoken(why));
        match self {
            Self::RedirectUri(why) => bad("invalid_redirect_uri", &why),
            Self::Metadata(why) => bad("invalid_client_metadata", &why),
            Self::Statement(why) => bad("invalid_software_statement", &why),
            Self::Unapproved(why) => bad("unapproved_software_statement", &why),
            Self::Certificate(why) => answer::problem(StatusCode::UNAUTHORIZED, "invalid_client", why),
            Self::Token(why) => {
                let mut response = answer::problem(StatusCode::UNAUTHORIZED, "invalid_token", why);
                let challenge = HeaderValue::from_static("Bearer realm=\"registration\", error=\"invalid_token\"");
                response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                response
            }
            Self::MediaType => answer::unsupported_media_type("application/jwt, application/jose or application/json"),
            Self::Bearer(error) => error.into_response("registration"),
            Self::Told(flaw) => told(flaw),
            Self::TooLarge => answer::too_large(),
            Self::Failure => answer::server_error(),
        }
    }
}

/// Whether the switch has the bank refuse everything.
pub(super) fn on_demand(bank: &Wso2) -> Result<(), Refused> {
    match bank.trouble.registration() {
        Some(flaw) if flaw.refuses() => Err(Refused::Told(flaw)),
        _ => Ok(()),
    }
}

fn told(flaw: RegistrationFlaw) -> Response {
    let bad = |error: &str| answer::problem(StatusCode::BAD_REQUEST, error, "The sandbox was told to refuse this.");
    let fault = ("900902", "Missing Credentials", "Make sure your API invocation call has a header: 'Authorization'");
    match flaw {
        RegistrationFlaw::InvalidRedirectUri => bad("invalid_redirect_uri"),
        RegistrationFlaw::InvalidClientMetadata => bad("invalid_client_metadata"),
        RegistrationFlaw::InvalidSoftwareStatement => bad("invalid_software_statement"),
        RegistrationFlaw::UnapprovedSoftwareStatement => bad("unapproved_software_statement"),
        RegistrationFlaw::StrangeError => bad("something_else"),
        RegistrationFlaw::NoCertificate => {
            Refused::Certificate("The transport certificate did not reach the bank.").into_response()
        }
        RegistrationFlaw::Forbidden => {
            answer::problem(StatusCode::FORBIDDEN, "access_denied", "The client may not do this.")
        }
        RegistrationFlaw::NotSupported => {
            answer::problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "The bank does not have this.")
        }
        RegistrationFlaw::GatewayJson => {
            let (code, message, description) = fault;
            let body = json!({ "code": code, "message": message, "description": description });
            (StatusCode::UNAUTHORIZED, Json(body)).into_response()
        }
        RegistrationFlaw::GatewayXml => {
            let (code, message, description) = fault;
            let body = format!(
                "<ams:fault xmlns:ams=\"http://wso2.org/apimanager/security\"><ams:code>{code}</ams:code><ams:message>{message}</ams:message><ams:description>{description}</ams:description></ams:fault>"
            );
            (StatusCode::UNAUTHORIZED, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
        }
        _ => answer::server_error(),
    }
}
