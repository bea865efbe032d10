//! The token endpoint: a code and a client assertion for an ID token.

use std::sync::Arc;

use axum::Json;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::clients::Client;
use super::pending::Consent;
use super::refused::Refused;
use super::{Danske, assertion, id_token};
use crate::sandbox::flaw::{IdTokenFlaw, Refusal};
use crate::sandbox::form::{self, Form};
use crate::sandbox::{answer, b64, random};

const MAX_BODY: usize = 64 * 1024;
const LIFETIME: i64 = 600;

pub(super) async fn token(State(danske): State<Arc<Danske>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = danske.clock.now();
    let issued = granted(&danske, &head, &body, now).and_then(|(client, consent)| {
        let id_token = id_token::issue(&danske, &client, &consent, now);
        id_token.and_then(|id| Ok((id, random::id()?))).map_err(|_| Refused::failure())
    });
    match issued {
        Err(refused) => refused.json(),
        Ok((id_token, access_token)) => {
            let texts = danske.trouble.id_token() == Some(IdTokenFlaw::DatesAsTexts);
            let expires_in = if texts { Value::from(LIFETIME.to_string()) } else { LIFETIME.into() };
            let body = json!({ "id_token": id_token, "access_token": access_token, "token_type": "Bearer",
                               "expires_in": expires_in });
            ([(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(body)).into_response()
        }
    }
}

fn granted(danske: &Danske, head: &Parts, body: &[u8], now: i64) -> Result<(Client, Consent), Refused> {
    let invalid = |why: String| Refused::new(Refusal::InvalidRequest, why);
    let form = parameters(head, body)?;
    let field = |name: &str| form.get(name).ok_or_else(|| invalid(format!("The parameter {name} is missing.")));
    if field("grant_type")? != "authorization_code" {
        let why = "Only authorization_code is granted here.";
        return Err(Refused::new(Refusal::UnsupportedGrantType, why));
    }
    let (code, redirect_uri) = (field("code")?, field("redirect_uri")?);
    let client = assertion::authenticate(danske, &form, now)?;
    if let Some(error) = danske.trouble.at_token() {
        return Err(Refused::on_demand(error));
    }
    let no = |why: &str| Refused::new(Refusal::InvalidGrant, why);
    let consent = danske.pending.codes.redeem(code, &client.id, now).map_err(|no_grant| no(no_grant.why()))?;
    if *redirect_uri != consent.asked.back.redirect_uri {
        return Err(no("redirect_uri is not the one of the authorization request."));
    }
    verify(&consent, form.get("code_verifier")).map_err(no)?;
    Ok((client, consent))
}

/// RFC 7636 §4.6, where the request had a challenge.
fn verify(consent: &Consent, verifier: Option<&String>) -> Result<(), &'static str> {
    match (&consent.asked.challenge, verifier) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("There is a code_verifier, but there was no code_challenge."),
        (Some(_), None) => Err("code_verifier is missing."),
        (Some(challenge), Some(verifier)) if b64::encode(&sha256(verifier.as_bytes())) == *challenge => Ok(()),
        (Some(_), Some(_)) => Err("code_verifier is not the one of the code_challenge."),
    }
}

/// Parameters come in the body, as a form, and the client proves itself in one way (RFC 6749 §2.3, §3.2).
fn parameters(head: &Parts, body: &[u8]) -> Result<Form, Refused> {
    let invalid = |why: &str| Refused::new(Refusal::InvalidRequest, why);
    if head.uri.query().is_some() {
        return Err(invalid("Parameters belong in the body, not in the URL."));
    }
    let mut kinds = head.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) || kinds.next().is_some() {
        return Err(invalid("The body is not application/x-www-form-urlencoded."));
    }
    let form = form::parse(body).map_err(|why| invalid(&format!("The form is not sound: {why}.")))?;
    if head.headers.contains_key(header::AUTHORIZATION) || form.contains_key("client_secret") {
        return Err(invalid("The client authenticates in more than one way."));
    }
    Ok(form)
}
