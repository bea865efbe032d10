//! The token endpoint: an assertion or a certificate, and a grant, for a token bound to the certificate.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use openssl::sha::sha256;
use serde_json::json;

use super::book::{Out, Registration};
use super::grants::Granted;
use super::id_token::Beside;
use super::login::PEOPLE;
use super::{Wso2, id_token, name};
use crate::sandbox::assertion::{self, Assertion};
use crate::sandbox::form::{self, Form};
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::{Fingerprint, Peer};
use crate::sandbox::{answer, b64, random, scope};

const MAX_BODY: usize = 64 * 1024;
const GRANTS: &[&str] = &["client_credentials", "authorization_code", "refresh_token"];
/// Seconds.
const LIFETIME: i64 = 3600;

pub(super) async fn token(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    match grant(&bank, &peer, &head, &body, now) {
        Err(refused) => refused.into_response(),
        Ok((client, gave)) => issue(&bank, &client, gave, peer.certificate(), now),
    }
}

/// What a token is for.
enum Gave {
    /// The application itself; its scope.
    Application(String),
    /// Somebody's consent; the family of the refresh token that was spent for it; whether an ID token is due.
    Consent { granted: Granted, scope: String, family: Option<String>, id_token: bool },
}

/// Signed, and bound to the certificate (RFC 9068, RFC 8705 §3.1).
fn issue(bank: &Wso2, client: &Registration, gave: Gave, certificate: Option<Fingerprint>, now: i64) -> Response {
    let id = &client.client_id;
    let made = || -> std::io::Result<serde_json::Value> {
        let (scope, granted, intent) = match &gave {
            Gave::Application(scope) => (scope, None, None),
            Gave::Consent { granted, scope, .. } => (scope, Some(granted), Some(granted.intent.clone())),
        };
        let ends = now.saturating_add(LIFETIME);
        let key = bank.signing_key()?;
        let header = json!({ "alg": "PS256", "typ": "at+jwt", "kid": key.public().thumbprint() });
        let claims = json!({
            "iss": bank.flavour.issuer,
            "sub": granted.map_or(id.as_str(), |g| PEOPLE.get(g.person).copied().unwrap_or_default()),
            "client_id": id,
            "aud": bank.flavour.gateway,
            "iat": now,
            "exp": ends,
            "jti": random::uuid()?,
            "scope": scope,
            "cnf": { "x5t#S256": certificate.map(Fingerprint::x5t) },
        });
        let token = key.jws_pss(&header, &claims)?;
        let out = Out { client_id: id.clone(), scope: scope.clone(), intent, certificate, ends };
        bank.book.give(&token, out);
        let mut body = json!({ "access_token": token, "token_type": "Bearer", "expires_in": LIFETIME, "scope": scope });
        if let Gave::Consent { granted, family, id_token, .. } = &gave {
            body["refresh_token"] = bank.refresh.issue(id, granted.clone(), family.clone())?.into();
            if *id_token {
                let beside = Beside { token: Some(&token), ..Beside::default() };
                body["id_token"] = id_token::issue(bank, id, granted, &beside, now)?.into();
            }
        }
        Ok(body)
    };
    match made() {
        Ok(body) => ([(header::PRAGMA, HeaderValue::from_static("no-cache"))], Json(body)).into_response(),
        Err(_) => answer::server_error(),
    }
}

fn grant(bank: &Wso2, peer: &Peer, head: &Parts, body: &[u8], now: i64) -> Result<(Registration, Gave), OAuthError> {
    let form = parameters(head, body)?;
    let kind = form.get("grant_type").ok_or_else(|| OAuthError::invalid_request("grant_type is missing."))?;
    if !GRANTS.contains(&kind.as_str()) {
        return Err(OAuthError::unsupported_grant_type("That is not granted here."));
    }
    let client = authenticated(bank, peer, &form, now)?;
    let registered = client.metadata.get("grant_types").and_then(serde_json::Value::as_array);
    if !registered.is_some_and(|all| all.iter().any(|g| g == kind.as_str())) {
        return Err(OAuthError::unauthorized_client("The client is not registered for that grant."));
    }
    let gave = match kind.as_str() {
        "authorization_code" => redeemed(bank, &client, &form, now)?,
        "refresh_token" => refreshed(bank, &client, &form)?,
        _ => Gave::Application(application(&client, &form)?),
    };
    Ok((client, gave))
}

fn application(client: &Registration, form: &Form) -> Result<String, OAuthError> {
    let registered = client.text("scope").unwrap_or_default();
    within(form.get("scope").map_or(registered, String::as_str), registered)
}

/// The scope, if it has nothing that is not in `most`.
fn within(asked: &str, most: &str) -> Result<String, OAuthError> {
    let values = scope::parse(asked)
        .ok_or_else(|| OAuthError::invalid_scope("scope is not a list of values with one space between them."))?;
    if !values.iter().all(|value| most.split(' ').any(|m| m == *value)) {
        return Err(OAuthError::invalid_scope("The client is not registered for every scope it asks for."));
    }
    Ok(asked.to_owned())
}

fn redeemed(bank: &Wso2, client: &Registration, form: &Form, now: i64) -> Result<Gave, OAuthError> {
    let field = |name: &str| {
        form.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    };
    let (code, redirect_uri) = (field("code")?, field("redirect_uri")?);
    let no = OAuthError::invalid_grant;
    let granted = bank.codes.redeem(code, &client.client_id, now).map_err(|n| no(n.why()))?;
    if *redirect_uri != granted.redirect_uri {
        return Err(no("redirect_uri is not the one of the authorization request."));
    }
    match (&granted.challenge, form.get("code_verifier")) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if b64::encode(&sha256(verifier.as_bytes())) == *challenge => {}
        _ => return Err(no("code_verifier is not that of the code_challenge.")),
    }
    let scope = granted.scope.clone();
    Ok(Gave::Consent { granted, scope, family: None, id_token: true })
}

fn refreshed(bank: &Wso2, client: &Registration, form: &Form) -> Result<Gave, OAuthError> {
    let token = form.get("refresh_token");
    let token = token.ok_or_else(|| OAuthError::invalid_request("The parameter refresh_token is missing."))?;
    let spent = bank.refresh.spend(token, &client.client_id);
    let (granted, family) = spent.map_err(|n| OAuthError::invalid_grant(n.why()))?;
    let scope = form.get("scope").map_or(Ok(granted.scope.clone()), |asked| within(asked, &granted.scope))?;
    Ok(Gave::Consent { granted, scope, family: Some(family), id_token: false })
}

fn authenticated(bank: &Wso2, peer: &Peer, form: &Form, now: i64) -> Result<Registration, OAuthError> {
    let Some(leaf) = peer.leaf() else {
        return Err(OAuthError::invalid_client("The token endpoint wants a transport certificate."));
    };
    let client = if form.contains_key("client_assertion") {
        let assertion = Assertion::read(form)?;
        let client = bank.book.find(&assertion.client_id);
        let client = client.ok_or_else(|| assertion::refused("no such client"))?;
        if client.text("token_endpoint_auth_method") != Some("private_key_jwt") {
            return Err(assertion::refused("the client is registered for another method"));
        }
        let audiences = [bank.flavour.token_endpoint, bank.flavour.issuer];
        let proven = assertion.prove(|kid| client.software.key(kid), &audiences, now)?;
        if !bank.book.spend(&client.client_id, &proven.jti, proven.forget, now) {
            return Err(assertion::refused("its jti was used before"));
        }
        client
    } else {
        let id = form.get("client_id").ok_or_else(|| OAuthError::invalid_request("client_id is missing."))?;
        let client = bank.book.find(id).ok_or_else(|| OAuthError::invalid_client("There is no such client."))?;
        let registered = client.text("tls_client_auth_subject_dn").unwrap_or_default();
        if !name::subject(leaf).is_some_and(|shown| name::same(registered, &shown)) {
            return Err(OAuthError::invalid_client("The client does not authenticate by this certificate."));
        }
        client
    };
    if !bank.is_of(peer, &client.software) {
        return Err(OAuthError::invalid_client("The transport certificate is that of another organisation."));
    }
    Ok(client)
}

/// Parameters come in the body, as a form, and the client proves itself in one way (RFC 6749 §2.3, §3.2).
pub(super) fn parameters(head: &Parts, body: &[u8]) -> Result<Form, OAuthError> {
    if head.uri.query().is_some() {
        return Err(OAuthError::invalid_request("Parameters belong in the body, not in the URL."));
    }
    let mut kinds = head.headers.get_all(header::CONTENT_TYPE).iter();
    let kind = kinds.next().and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) || kinds.next().is_some() {
        return Err(OAuthError::invalid_request("The body is not application/x-www-form-urlencoded."));
    }
    let form = form::parse(body);
    let form = form.map_err(|why| OAuthError::invalid_request(format!("The form is not sound: {why}.")))?;
    if head.headers.contains_key(header::AUTHORIZATION) || form.contains_key("client_secret") {
        return Err(OAuthError::invalid_request("Clients authenticate by an assertion or a certificate alone."));
    }
    Ok(form)
}
