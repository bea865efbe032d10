//! A client registers itself (RFC 7591 §3), and looks after its registration (RFC 7592 §2).

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::OpenBanking;
use super::client::Client;
use super::registration::{NotRegistered, Registration};
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::{answer, json, random};

const MAX_BODY: usize = 64 * 1024;

/// Why nothing was done.
enum Refused {
    Metadata(NotRegistered),
    Bearer(BearerError),
    MediaType,
    TooLarge,
    /// The sandbox itself.
    Failure,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        match self {
            Self::Metadata(NotRegistered(error, why)) => OAuthError::of(error, why).into_response(),
            Self::Bearer(error) => error.into_response("registration"),
            Self::MediaType => answer::unsupported_media_type("application/json"),
            Self::TooLarge => answer::too_large(),
            Self::Failure => answer::server_error(),
        }
    }
}

fn wrong(why: &str) -> Refused {
    Refused::Metadata(NotRegistered("invalid_client_metadata", why.to_owned()))
}

pub(super) async fn register(State(bank): State<Arc<OpenBanking>>, headers: HeaderMap, body: Body) -> Response {
    let made = async {
        let asked = metadata(&headers, body).await?;
        if asked.contains_key("client_id") {
            return Err(wrong("client_id is the server's to give."));
        }
        let (id, token) = names().map_err(|_| Refused::Failure)?;
        let registration = Registration::new(asked, bank.clock.now(), token).map_err(Refused::Metadata)?;
        Ok(kept(&bank, StatusCode::CREATED, id, registration))
    };
    made.await.into_response()
}

pub(super) async fn read(
    State(bank): State<Arc<OpenBanking>>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let read = admitted(&bank, &uri, &id, &headers);
    read.map(|registration| Json(registration.shown(&id))).into_response()
}

/// What is left out is gone, and the token with which it came is another from now on (RFC 7592 §2.2, §3).
pub(super) async fn replace(
    State(bank): State<Arc<OpenBanking>>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let replaced = async {
        let before = admitted(&bank, &uri, &id, &headers)?;
        let mut asked = metadata(&headers, body).await?;
        if asked.remove("client_id").is_none_or(|named| named != id.as_str()) {
            return Err(wrong("client_id is not this client's."));
        }
        let token = random::id().map_err(|_| Refused::Failure)?;
        let registration = Registration::new(asked, before.issued_at, token).map_err(Refused::Metadata)?;
        Ok(kept(&bank, StatusCode::OK, id.clone(), registration))
    };
    replaced.await.into_response()
}

pub(super) async fn delete(
    State(bank): State<Arc<OpenBanking>>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let deleted = admitted(&bank, &uri, &id, &headers).map(|_| {
        bank.clients.delete(&id);
        bank.tokens.revoke_all(&id);
        StatusCode::NO_CONTENT
    });
    deleted.into_response()
}

fn names() -> std::io::Result<(String, String)> {
    Ok((random::letters::<20>()?, random::id()?))
}

fn kept(bank: &OpenBanking, status: StatusCode, id: String, registration: Registration) -> Response {
    let record = registration.shown(&id);
    bank.clients.put(Client::registered(id, registration));
    (status, Json(record)).into_response()
}

async fn metadata(headers: &HeaderMap, body: Body) -> Result<Map<String, Value>, Refused> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(Refused::MediaType);
    }
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| Refused::TooLarge)?;
    json::object(&body).ok_or_else(|| wrong("The body is not one JSON object with unique members."))
}

/// The registration that the token is for. Of one that is not there no more is said than of one that is another's (§2.1).
fn admitted(bank: &OpenBanking, uri: &Uri, id: &str, headers: &HeaderMap) -> Result<Registration, Refused> {
    let token = bearer::token(headers, uri).map_err(Refused::Bearer)?;
    let client = bank.clients.find(id);
    let own = client.as_ref().and_then(Client::registration).filter(|r| r.access_token == token);
    let no = BearerError::InvalidToken("The token is not that of this registration.");
    own.cloned().ok_or(Refused::Bearer(no))
}
