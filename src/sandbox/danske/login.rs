//! The end user: signs in on the page and lets the client know, or does not; or is played without a browser.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::authorize::{self, Outcome};
use super::pending::Consent;
use super::person::PEOPLE;
use super::refused::Refused;
use super::request_object::Asked;
use super::{AUTHORIZATION_ENDPOINT, Danske};
use crate::sandbox::callback::Callback;
use crate::sandbox::flaw::Refusal;
use crate::sandbox::{answer, form};

const MAX_BODY: usize = 4 * 1024;

/// `POST` of the login page's form.
pub(super) async fn submit(State(danske): State<Arc<Danske>>, headers: HeaderMap, body: Body) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) {
        return answer::unsupported_media_type("application/x-www-form-urlencoded");
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    match answered(&danske, &body, danske.clock.now()) {
        Ok(callback) => callback.into_response(),
        Err(refused) => refused.page(),
    }
}

fn answered(danske: &Danske, body: &[u8], now: i64) -> Result<Callback, Refused> {
    let invalid = |why: &str| Refused::new(Refusal::InvalidRequest, why);
    let form = form::parse(body).map_err(invalid)?;
    let field = |name: &str| form.get(name).map(String::as_str);
    let person = match field("decision") {
        Some("deny") => None,
        Some("allow") => {
            let index = field("person").and_then(|index| index.parse().ok()).filter(|index| *index < PEOPLE.len());
            Some(index.ok_or_else(|| invalid("Nobody was chosen."))?)
        }
        _ => return Err(invalid("Nothing was decided.")),
    };
    let session = field("session").unwrap_or_default();
    let asked = danske.pending.logins.take(session, now);
    let asked = asked.ok_or_else(|| invalid("The page was answered before, or is too old."))?;
    Ok(decide(danske, asked, person, now))
}

/// What goes back to the client when that person signs in, or nobody does.
fn decide(danske: &Danske, asked: Asked, person: Option<usize>, now: i64) -> Callback {
    let back = asked.back.clone();
    let Some(person) = person else {
        return back.with(Refused::new(Refusal::AccessDenied, "The person cancelled.").parameters());
    };
    let client = asked.client.clone();
    match danske.pending.codes.issue(&client, Consent { asked, person, auth_time: now }, now) {
        Ok(code) => back.code(&code),
        Err(_) => back.with(Refused::failure().parameters()),
    }
}

/// Plays the end user whose browser is sent to `url`: the first of them signs in. What the browser ends on at
/// `redirect_uri`, or the body of the form that it posts there.
pub(super) fn play(danske: &Danske, url: &str, redirect_uri: &str) -> Option<Result<String, String>> {
    let query = url.strip_prefix(AUTHORIZATION_ENDPOINT)?.strip_prefix('?')?;
    let now = danske.clock.now();
    let callback = match authorize::begin(danske, query.as_bytes(), now) {
        Outcome::Nowhere(refused) => return Some(Err(refused.in_words())),
        Outcome::Back(callback) => callback,
        Outcome::Login(session, _) => match danske.pending.logins.take(&session, now) {
            Some(asked) => decide(danske, asked, Some(0), now),
            None => return Some(Err(Refused::failure().in_words())),
        },
    };
    let there = callback.address() == redirect_uri;
    Some(if there { Ok(callback.as_text()) } else { Err("The bank sends its answer to another address.".to_owned()) })
}
