//! What the bank publishes: its metadata and its keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use serde_json::{Value, json};

use super::{Dnb, ISSUER, SCOPES, TOKEN_ENDPOINT};
use crate::sandbox::trouble::Trouble;

type Published = ([(HeaderName, &'static str); 1], Json<Value>);

const CACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=3600")];

pub(super) async fn metadata(State(dnb): State<Arc<Dnb>>) -> Published {
    let issuer = if dnb.trouble.has(Trouble::WrongIssuer) { "https://issuer.elsewhere.example" } else { ISSUER };
    let metadata = json!({
        "issuer": issuer,
        "token_endpoint": TOKEN_ENDPOINT,
        "jwks_uri": "https://api.ciam.dnb.no/jwks",
        "scopes_supported": SCOPES,
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "tls_client_certificate_bound_access_tokens": true,
    });
    (CACHED, Json(metadata))
}

/// A rotation leaves the new key alone.
pub(super) async fn jwks(State(dnb): State<Arc<Dnb>>) -> Published {
    (CACHED, Json(json!({ "keys": [dnb.signing_key().public().published()] })))
}
