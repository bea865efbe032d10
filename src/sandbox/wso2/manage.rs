//! `GET`, `PUT` and `DELETE` of one registration (RFC 7592 §2).

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use super::book::Registration;
use super::refused::{self, Refused};
use super::register::answered;
use super::{Wso2, metadata, request};
use crate::sandbox::bearer;
use crate::sandbox::flaw::RegistrationFlaw;
use crate::sandbox::peer::Peer;

pub(super) async fn read(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match admitted(&bank, &peer, &uri, &client_id, &headers) {
        Ok(registration) => answered(&bank, StatusCode::OK, &registration),
        Err(refused) => refused.into_response(),
    }
}

pub(super) async fn replace(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(client_id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let registration = match admitted(&bank, &peer, &uri, &client_id, &headers) {
        Ok(registration) => registration,
        Err(refused) => return refused.into_response(),
    };
    match replaced(&bank, &peer, &headers, body, &registration).await {
        Ok(registration) => answered(&bank, StatusCode::OK, &registration),
        Err(refused) => refused.into_response(),
    }
}

async fn replaced(
    bank: &Wso2,
    peer: &Peer,
    headers: &HeaderMap,
    body: Body,
    registration: &Registration,
) -> Result<Registration, Refused> {
    let mut asked = request::read(bank, peer, headers, body, bank.clock.now()).await?;
    if asked.software.id != registration.software.id {
        return Err(Refused::metadata("The software statement is that of another software."));
    }
    if asked.metadata.remove("client_id").is_some_and(|id| id != registration.client_id.as_str()) {
        return Err(Refused::metadata("client_id is that of another client."));
    }
    metadata::check(&asked, peer)?;
    bank.book.replace(&registration.client_id, asked.metadata).ok_or(Refused::Failure)
}

pub(super) async fn delete(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let registration = match admitted(&bank, &peer, &uri, &client_id, &headers) {
        Ok(registration) => registration,
        Err(refused) => return refused.into_response(),
    };
    bank.book.delete(&registration.client_id);
    if bank.trouble.registration() == Some(RegistrationFlaw::DeletedWithBody) {
        return answered(&bank, StatusCode::OK, &registration);
    }
    StatusCode::NO_CONTENT.into_response()
}

/// The registration that the request is about, if it is the token's own. A token that is shown for another is revoked.
fn admitted(
    bank: &Wso2,
    peer: &Peer,
    uri: &Uri,
    client_id: &str,
    headers: &HeaderMap,
) -> Result<Registration, Refused> {
    refused::on_demand(bank)?;
    if peer.leaf().is_none() {
        return Err(Refused::Certificate("A registration wants a transport certificate."));
    }
    let token = bearer::token(headers, uri).map_err(Refused::Bearer)?;
    let found = bank.book.bearer(token, peer.certificate(), bank.clock.now());
    let own = found.filter(|registration| registration.client_id == client_id);
    let own = own.filter(|registration| bank.is_of(peer, &registration.software));
    own.ok_or_else(|| {
        bank.book.revoke(token);
        Refused::Token("The token is not good for this client, or there is no such client.")
    })
}
