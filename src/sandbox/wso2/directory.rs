//! The directory: it knows organisations and their software, publishes their keys, and vouches for them.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::book::Out;
use super::token::parameters;
use super::{Wso2, statement};
use crate::sandbox::assertion::{self, Assertion};
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::rsa::PublicKey;
use crate::sandbox::{answer, random};

const MAX_BODY: usize = 64 * 1024;
/// Seconds.
const LIFETIME: i64 = 600;
/// Set apart from the bank's own clients.
const AT_THE_DIRECTORY: &str = "directory/";
const CACHED: [(HeaderName, &str); 1] = [(header::CACHE_CONTROL, "public, max-age=3600")];

pub(super) fn router(bank: Arc<Wso2>) -> Router {
    Router::new()
        .route("/token", post(token))
        .route("/jwks", get(own_keys))
        .route("/api/v1rc2/tpp/{org}/ssa/{software}", get(ssa))
        .route("/{org}/{file}", get(published))
        .route("/{org}/revoked/{file}", get(revoked))
        .with_state(bank)
}

async fn token(State(bank): State<Arc<Wso2>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    match granted(&bank, &head, &body, now) {
        Err(refused) => refused.into_response(),
        Ok(software) => {
            let Ok(token) = random::hex() else { return answer::server_error() };
            let out = Out {
                client_id: format!("{AT_THE_DIRECTORY}{software}"),
                scope: String::new(),
                intent: None,
                certificate: None,
                ends: now.saturating_add(LIFETIME),
            };
            bank.book.give(&token, out);
            Json(json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME })).into_response()
        }
    }
}

/// The software that asks.
fn granted(bank: &Wso2, head: &Parts, body: &[u8], now: i64) -> Result<String, OAuthError> {
    let form = parameters(head, body)?;
    if form.get("grant_type").is_none_or(|grant| grant != "client_credentials") {
        return Err(OAuthError::unsupported_grant_type("Only client_credentials is granted here."));
    }
    let assertion = Assertion::read(&form)?;
    let software = bank.software.find(&assertion.client_id);
    let software = software.ok_or_else(|| assertion::refused("no such software"))?;
    let proven = assertion.prove(|kid| software.key(kid), &[bank.flavour.directory_token_endpoint], now)?;
    let who = format!("{AT_THE_DIRECTORY}{}", software.id);
    if !bank.book.spend(&who, &proven.jti, proven.forget, now) {
        return Err(assertion::refused("its jti was used before"));
    }
    Ok(software.id.clone())
}

async fn ssa(
    State(bank): State<Arc<Wso2>>,
    OriginalUri(uri): OriginalUri,
    Path((org, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let now = bank.clock.now();
    let token = match bearer::token(&headers, &uri) {
        Ok(token) => token,
        Err(e) => return e.into_response("directory"),
    };
    if bank.book.holder(token, now) != Some(format!("{AT_THE_DIRECTORY}{id}")) {
        return BearerError::InvalidToken("The token is not good for this software.").into_response("directory");
    }
    let Some(software) = bank.software.find(&id).filter(|s| s.org == org) else { return answer::not_found().await };
    match statement::issue(&bank, &software, now) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/jwt")], text).into_response(),
        Err(_) => answer::server_error(),
    }
}

async fn own_keys(State(bank): State<Arc<Wso2>>) -> Response {
    bank.keys.directory.get().map_or_else(|_| answer::server_error(), |key| set(&[key.public()]))
}

/// `ORG.jwks` and `SOFTWARE.jwks`.
async fn published(State(bank): State<Arc<Wso2>>, Path((org, file)): Path<(String, String)>) -> Response {
    let Some(name) = file.strip_suffix(".jwks") else { return answer::not_found().await };
    if name == org {
        return set(&[]);
    }
    match bank.software.find(name).filter(|software| software.org == org) {
        Some(software) => set(&software.signing.iter().collect::<Vec<_>>()),
        None => answer::not_found().await,
    }
}

async fn revoked(Path((_, file)): Path<(String, String)>) -> Response {
    if file.strip_suffix(".jwks").is_some() { set(&[]) } else { answer::not_found().await }
}

fn set(keys: &[&PublicKey]) -> Response {
    let keys: Vec<Value> = keys.iter().map(|key| key.published_as(&key.thumbprint_sha1(), "PS256")).collect();
    (StatusCode::OK, CACHED, Json(json!({ "keys": keys }))).into_response()
}
