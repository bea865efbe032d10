//! `POST` to the registration endpoint (RFC 7591 §3.1).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};

use super::book::Registration;
use super::refused::{self, Refused};
use super::{Wso2, metadata, record, request};
use crate::sandbox::flaw::RegistrationFlaw;
use crate::sandbox::peer::Peer;

pub(super) async fn register(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    match entered(&bank, &peer, &headers, body).await {
        Ok(registration) => answered(&bank, StatusCode::CREATED, &registration),
        Err(refused) => refused.into_response(),
    }
}

async fn entered(bank: &Wso2, peer: &Peer, headers: &HeaderMap, body: Body) -> Result<Registration, Refused> {
    refused::on_demand(bank)?;
    let now = bank.clock.now();
    let asked = request::read(bank, peer, headers, body, now).await?;
    if asked.metadata.contains_key("client_id") {
        return Err(Refused::metadata("client_id is the bank's to give."));
    }
    metadata::check(&asked, peer)?;
    let id = bank.book.enter(asked.metadata, &asked.software, now).map_err(|_| Refused::Failure)?;
    bank.book.find(&id).ok_or(Refused::Failure)
}

/// The record, which no cache keeps.
pub(super) fn answered(bank: &Wso2, status: StatusCode, registration: &Registration) -> Response {
    let mut response = (status, Json(record::shown(bank, registration))).into_response();
    if bank.trouble.registration() == Some(RegistrationFlaw::Cacheable) {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
    }
    response
}
