//! The online bank for third parties: every request, of pages and their resources alike, proves anew who asks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::seal::{self, Sealed};
use super::{FALLBACK_HOST, SKEW, Spv};
use crate::sandbox::answer;
use crate::sandbox::oauth_error::spoken;
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::trouble::Trouble;

/// The JWTs that were shown. One may come again while it lives; its `jti` in another one may not.
#[derive(Default)]
pub(super) struct Seen(Mutex<HashMap<(Fingerprint, String), Use>>);

/// SHA-256 over the JWT that a `jti` came in, and when it may be forgotten.
struct Use {
    jwt: [u8; 32],
    forget: i64,
}

impl Seen {
    fn admits(&self, shown: &Sealed, now: i64) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, used| used.forget > now);
        let first = Use { jwt: shown.jwt, forget: shown.exp.saturating_add(SKEW) };
        seen.entry((shown.certificate, shown.jti.clone())).or_insert(first).jwt == shown.jwt
    }
}

fn admitted(spv: &Spv, headers: &HeaderMap) -> Result<Sealed, Box<Response>> {
    let now = spv.clock.now();
    let refused = |why: &str| {
        let why = spoken(&format!("The request is not let in: {why}."));
        Box::new(answer::problem(StatusCode::UNAUTHORIZED, "access_denied", &why))
    };
    let shown = seal::verify(headers, &spv.qtsp, now).map_err(refused)?;
    if !spv.seen.admits(&shown, now) {
        return Err(refused("its jti was used in another JWT"));
    }
    if spv.trouble.has(Trouble::NotGranted) {
        let why = "The fallback is closed: use the dedicated interface.";
        return Err(Box::new(answer::problem(StatusCode::FORBIDDEN, "access_denied", why)));
    }
    Ok(shown)
}

pub(super) async fn page(State(spv): State<Arc<Spv>>, headers: HeaderMap) -> Response {
    match admitted(&spv, &headers) {
        Err(refused) => *refused,
        Ok(tpp) => {
            let name = tpp.name.replace('&', "&amp;").replace('<', "&lt;");
            Html(format!("<!doctype html><title>Nettbank</title><h1>Nettbank</h1><p>Let in: {name}</p>"))
                .into_response()
        }
    }
}

/// A page that sends to another host, where the headers must not go.
pub(super) async fn elsewhere(State(spv): State<Arc<Spv>>, headers: HeaderMap) -> Response {
    match admitted(&spv, &headers) {
        Err(refused) => *refused,
        Ok(_) => {
            let to = format!("https://other.{FALLBACK_HOST}/");
            (StatusCode::FOUND, [(header::LOCATION, to)]).into_response()
        }
    }
}
