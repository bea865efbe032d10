//! What the server publishes: its metadata (RFC 8414, OpenID Connect Discovery) and its keys.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::details::TYPES;
use super::registration::GRANTS;
use super::{ISSUER, MTLS, OpenBanking, SCOPES};
use crate::sandbox::answer;
use crate::sandbox::trouble::Trouble;

const ENDPOINTS: [(&str, &str); 8] = [
    ("registration_endpoint", "/register"),
    ("token_endpoint", "/token"),
    ("pushed_authorization_request_endpoint", "/par"),
    ("introspection_endpoint", "/introspect"),
    ("revocation_endpoint", "/revoke"),
    ("userinfo_endpoint", "/userinfo"),
    ("device_authorization_endpoint", "/device_authorization"),
    ("backchannel_authentication_endpoint", "/backchannel"),
];

pub(super) async fn metadata(State(bank): State<Arc<OpenBanking>>) -> Response {
    let wrong = bank.trouble.has(Trouble::WrongIssuer);
    let mut metadata = json!({
        "issuer": if wrong { "https://issuer.elsewhere.example" } else { ISSUER },
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "jwks_uri": format!("{ISSUER}/jwks"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt"],
        "grant_types_supported": GRANTS,
        "authorization_details_types_supported": TYPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["PS256"],
        "userinfo_signing_alg_values_supported": ["PS256"],
        "request_object_signing_alg_values_supported": ["PS256"],
        "authorization_signing_alg_values_supported": ["PS256"],
        "dpop_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt", "tls_client_auth"],
        "token_endpoint_auth_signing_alg_values_supported": ["PS256"],
        "backchannel_token_delivery_modes_supported": ["poll"],
        "request_parameter_supported": true,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "tls_client_certificate_bound_access_tokens": true,
    });
    let mut aliases = serde_json::Map::new();
    for (name, path) in ENDPOINTS {
        metadata[name] = format!("{ISSUER}{path}").into();
        aliases.insert(name.to_owned(), Value::from(format!("{MTLS}{path}")));
    }
    metadata["mtls_endpoint_aliases"] = Value::Object(aliases);
    Json(metadata).into_response()
}

pub(super) async fn jwks(State(bank): State<Arc<OpenBanking>>) -> Response {
    let Ok(key) = bank.signing_key() else { return answer::server_error() };
    Json(json!({ "keys": [key.public().published_as(&key.public().thumbprint(), "PS256")] })).into_response()
}
