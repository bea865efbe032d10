//! What the bank publishes: its metadata and its keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{SCOPES, Wso2};
use crate::sandbox::answer;
use crate::sandbox::trouble::Trouble;

const CACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=3600")];

pub(super) async fn metadata(State(bank): State<Arc<Wso2>>) -> Response {
    let flavour = bank.flavour;
    let wrong = bank.trouble.has(Trouble::WrongIssuer);
    let metadata = json!({
        "issuer": if wrong { "https://issuer.elsewhere.example" } else { flavour.issuer },
        "token_endpoint": flavour.token_endpoint,
        "registration_endpoint": flavour.registration_endpoint,
        "jwks_uri": flavour.jwks_uri,
        "scopes_supported": SCOPES,
        "response_types_supported": ["code", "code id_token"],
        "grant_types_supported": ["client_credentials", "authorization_code", "refresh_token"],
        "authorization_endpoint": flavour.authorization_endpoint,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth"],
        "token_endpoint_auth_signing_alg_values_supported": ["PS256"],
        "tls_client_certificate_bound_access_tokens": true,
    });
    (CACHED, Json(metadata)).into_response()
}

pub(super) async fn jwks(State(bank): State<Arc<Wso2>>) -> Response {
    let Ok(key) = bank.signing_key() else { return answer::server_error() };
    (CACHED, Json(json!({ "keys": [key.public().published_as(&key.public().thumbprint(), "PS256")] }))).into_response()
}
