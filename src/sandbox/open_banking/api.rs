//! What tokens are good for: who the person is, their accounts; and what a token is (RFC 7662), or that it is no more (RFC
//! 7009).

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{OriginalUri, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::dpop::{self, NoProof};
use super::tokens::Token;
use super::{ISSUER, OpenBanking, PEOPLE, client, target};
use crate::sandbox::answer;
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;

const MAX_BODY: usize = 16 * 1024;
const INTERACTION: HeaderName = HeaderName::from_static("x-fapi-interaction-id");

pub(super) async fn introspect(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    match asked(&bank, &peer, request).await {
        Err(refused) => refused,
        Ok((client_id, token)) => {
            // another client's is as good as none
            let found = bank.tokens.find(&token, bank.clock.now()).filter(|t| t.client_id == client_id);
            Json(found.map_or_else(|| json!({ "active": false }), |t| t.introspected())).into_response()
        }
    }
}

pub(super) async fn revoke(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    match asked(&bank, &peer, request).await {
        Err(refused) => refused,
        Ok((client_id, token)) => {
            bank.tokens.revoke(&token, &client_id);
            StatusCode::OK.into_response()
        }
    }
}

/// The client and the token that it asks about.
async fn asked(bank: &OpenBanking, peer: &Peer, request: Request) -> Result<(String, String), Response> {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|_| answer::too_large())?;
    let read = || {
        let form = client::parameters(&head, &body)?;
        let client = client::authenticated(bank, peer, &form, bank.clock.now())?;
        let token = form.get("token").ok_or_else(|| OAuthError::invalid_request("The parameter token is missing."))?;
        Ok((client.id, token.clone()))
    };
    read().map_err(|refused: OAuthError| refused.into_response())
}

pub(super) async fn userinfo(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let token = match admitted(&bank, &peer, &uri, &headers, "openid") {
        Ok(token) => token,
        Err(refused) => return *refused,
    };
    let Some(person) = token.person else {
        return BearerError::InvalidToken("No person stands behind this token.").into_response("userinfo");
    };
    let claims = json!({ "iss": ISSUER, "aud": token.client_id, "sub": PEOPLE[person], "name": PEOPLE[person] });
    // signed for whoever asks for that first (OIDC Core §5.3.2)
    let accept = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !accept.trim_start().starts_with("application/jwt") {
        return Json(claims).into_response();
    }
    let signed = bank.signing_key().and_then(|key| {
        let header = json!({ "alg": "PS256", "typ": "JWT", "kid": key.public().thumbprint() });
        Ok(key.jws_pss(&header, &claims)?)
    });
    match signed {
        Ok(text) => ([(header::CONTENT_TYPE, HeaderValue::from_static("application/jwt"))], text).into_response(),
        Err(_) => answer::server_error(),
    }
}

pub(super) async fn accounts(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let mut response = match admitted(&bank, &peer, &uri, &headers, "accounts") {
        Ok(_) => Json(json!({ "accounts": [{ "id": "22289", "currency": "GBP" }] })).into_response(),
        Err(refused) => *refused,
    };
    response.headers_mut().extend(headers.get(INTERACTION).cloned().map(|id| (INTERACTION, id)));
    response
}

/// A token with that scope, shown with the key or the certificate that it is bound to.
fn admitted(
    bank: &OpenBanking,
    peer: &Peer,
    uri: &Uri,
    headers: &HeaderMap,
    scope: &'static str,
) -> Result<Token, Box<Response>> {
    let now = bank.clock.now();
    let no = |why| Err(Box::new(BearerError::InvalidToken(why).into_response("api")));
    let shown = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let proven =
        shown.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("DPoP")).map(|(_, token)| token);
    let name = match proven {
        Some(name) => name,
        None => bearer::token(headers, uri).map_err(|e| Box::new(e.into_response("api")))?,
    };
    let Some(token) = bank.tokens.find(name, now) else { return no("The token is not known, or has ended.") };
    if token.jkt.is_some() != proven.is_some() {
        return no("The token comes under another scheme than the one that it was given for.");
    }
    if let Some(jkt) = &token.jkt {
        let urls = target::addresses(uri.path());
        match bank.proofs.thumbprint(headers, ("GET", &urls), Some(name), now) {
            Ok(Some(found)) if found == *jkt => {}
            Ok(_) => return no("The proof is missing, or that of another key."),
            Err(NoProof::Wrong(why)) => return Err(Box::new(challenge("invalid_dpop_proof", why, None))),
            Err(NoProof::Nonce(nonce)) => {
                return Err(Box::new(challenge("use_dpop_nonce", "a nonce is wanted", Some(&nonce))));
            }
        }
    } else if token.certificate.is_some() && token.certificate != peer.certificate() {
        return no("The token is bound to another certificate.");
    }
    if !token.is_for(uri.path()) {
        return no("The token is for another service.");
    }
    if !token.scope.split(' ').any(|s| s == scope) {
        return Err(Box::new(BearerError::InsufficientScope(scope).into_response("api")));
    }
    Ok(token)
}

/// RFC 9449 §7.1, §9.
fn challenge(error: &'static str, why: &str, nonce: Option<&str>) -> Response {
    let mut response = answer::problem(StatusCode::UNAUTHORIZED, error, why);
    let text = format!("DPoP error=\"{error}\", algs=\"ES256\"");
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
    }
    if let Some(nonce) = nonce {
        dpop::give(response.headers_mut(), nonce);
    }
    response
}
