//! The authorization endpoint: a signed request (RFC 9101; FAPI 1 Advanced §5.2.2) leads to the page for the person.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::book::Registration;
use super::consents::{Consent, Status};
use super::{SKEW, Wso2, login};
use crate::sandbox::callback::{Callback, Mode, ReturnAddress};
use crate::sandbox::form::{self, Form};
use crate::sandbox::jwt::Jwt;
use crate::sandbox::oauth_error::spoken;
use crate::sandbox::{b64, page, scope};

const LONGEST_LIFE: i64 = 3600;
/// Seconds that a page can be answered.
const LOGIN: i64 = 600;

/// A request that holds every rule.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub client_id: String,
    pub scope: String,
    pub nonce: String,
    /// The consent that the person is asked to grant.
    pub intent: String,
    /// S256 (RFC 7636 §4.2).
    pub challenge: Option<String>,
    /// An ID token comes along with the code.
    pub hybrid: bool,
    pub back: ReturnAddress,
}

/// Where a request leads.
pub(super) enum Outcome {
    Login(String, Box<Asked>),
    Back(Callback),
    /// There is no address to go back to.
    Nowhere(String),
}

/// `error` and why (RFC 6749 §4.1.2.1, RFC 9101 §6).
pub(super) struct Refused(&'static str, String);

fn object(why: &str) -> Refused {
    Refused("invalid_request_object", format!("The request object is refused: {why}."))
}

impl Refused {
    pub fn new(error: &'static str, why: &str) -> Self {
        Self(error, why.to_owned())
    }

    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        vec![("error", self.0.to_owned()), ("error_description", spoken(&self.1))]
    }
}

pub(super) async fn authorize(State(bank): State<Arc<Wso2>>, RawQuery(query): RawQuery) -> Response {
    match begin(&bank, query.unwrap_or_default().as_bytes(), bank.clock.now()) {
        Outcome::Login(session, asked) => login::page(&bank, &session, &asked),
        Outcome::Back(callback) => callback.into_response(),
        Outcome::Nowhere(why) => page::error("invalid_request", &why),
    }
}

pub(super) fn begin(bank: &Wso2, query: &[u8], now: i64) -> Outcome {
    let (outer, jwt, client) = match readable(bank, query) {
        Ok(read) => read,
        Err(why) => return Outcome::Nowhere(why),
    };
    // a registered address is safe to go back to, whoever wrote it into the object
    let registered = client.metadata.get("redirect_uris").and_then(Value::as_array);
    let is_registered = |uri: &&str| registered.is_some_and(|all| all.iter().any(|r| r == *uri));
    let Some(redirect_uri) = jwt.text("redirect_uri").filter(is_registered) else {
        return Outcome::Nowhere("redirect_uri is not registered for this client.".to_owned());
    };
    let hybrid = jwt.text("response_type") == Some("code id_token");
    let mode = match jwt.text("response_mode") {
        Some("form_post") => Mode::FormPost,
        Some("query") => Mode::Query,
        Some("fragment") => Mode::Fragment,
        _ if hybrid => Mode::Fragment,
        _ => Mode::Query,
    };
    let back =
        ReturnAddress { redirect_uri: redirect_uri.to_owned(), state: jwt.text("state").map(str::to_owned), mode };
    if let Some(told) = bank.trouble.at_authorize() {
        return Outcome::Back(back.with(Refused::new(told.code(), "It was switched on.").parameters()));
    }
    match check(bank, &client, &outer, &jwt, back.clone(), now) {
        Err(refused) => Outcome::Back(back.with(refused.parameters())),
        Ok(asked) => match bank.logins.put(asked.clone(), now.saturating_add(LOGIN), now) {
            Ok(session) => Outcome::Login(session, Box::new(asked)),
            Err(_) => Outcome::Back(back.with(Refused::new("server_error", "Too much is waiting.").parameters())),
        },
    }
}

fn readable(bank: &Wso2, query: &[u8]) -> Result<(Form, Jwt, Registration), String> {
    let outer = form::parse(query).map_err(|why| format!("The query is not sound: {why}."))?;
    let id = outer.get("client_id").ok_or("The parameter client_id is missing.")?;
    let client = bank.book.find(id).ok_or("There is no such client.")?;
    let request = outer.get("request").ok_or("The parameter request is missing: requests are signed here.")?;
    let jwt = Jwt::parse_any(request).map_err(|why| format!("The request object cannot be read: {why}."))?;
    Ok((outer, jwt, client))
}

fn check(
    bank: &Wso2,
    client: &Registration,
    outer: &Form,
    jwt: &Jwt,
    back: ReturnAddress,
    now: i64,
) -> Result<Asked, Refused> {
    signed(bank, client, jwt, now)?;
    // what stands outside has to be what stands inside (OIDC Core §6.1)
    for name in ["client_id", "response_type", "scope"] {
        let inside = jwt.text(name).ok_or_else(|| object(&format!("its {name} is missing")))?;
        match outer.get(name) {
            Some(outside) if outside != inside => {
                return Err(Refused::new("invalid_request", &format!("{name} differs from the request object's.")));
            }
            None if name == "client_id" || name == "response_type" => {
                return Err(Refused::new("invalid_request", &format!("The parameter {name} is missing.")));
            }
            _ => {}
        }
    }
    let response_type = jwt.text("response_type").unwrap_or_default();
    let registered = client.metadata.get("response_types").and_then(Value::as_array);
    if !registered.is_some_and(|all| all.iter().any(|r| r == response_type)) {
        return Err(Refused::new("unsupported_response_type", "response_type is not registered for this client."));
    }
    if response_type == "code id_token" && back.mode == Mode::Query {
        return Err(Refused::new("invalid_request", "An ID token does not come back in a query."));
    }
    let asked_scope = jwt.text("scope").unwrap_or_default();
    let values = scope::parse(asked_scope)
        .filter(|all| all.contains(&"openid") && (all.contains(&"accounts") || all.contains(&"payments")));
    let may = client.text("scope").unwrap_or_default();
    if !values.is_some_and(|all| all.iter().all(|v| may.split(' ').any(|m| m == *v))) {
        let why = "scope has to have openid, accounts or payments, and nothing that is not registered.";
        return Err(Refused::new("invalid_scope", why));
    }
    let nonce = jwt.text("nonce").filter(|n| n.len() >= 8).ok_or_else(|| object("its nonce is missing or short"))?;
    if back.state.as_ref().is_none_or(|s| s.len() < 8) {
        return Err(object("its state is missing or short"));
    }
    let challenge = jwt.text("code_challenge");
    let is_hash = |c: &str| b64::decode(c).is_some_and(|bytes| bytes.len() == 32);
    if challenge.is_some_and(|c| jwt.text("code_challenge_method") != Some("S256") || !is_hash(c)) {
        return Err(object("its code_challenge is no S256 one"));
    }
    let intent = jwt.claims.get("claims").and_then(|c| c.pointer("/id_token/openbanking_intent_id/value"));
    let intent = intent.and_then(Value::as_str).ok_or_else(|| object("it names no openbanking_intent_id"))?;
    let consent = bank.consents.find(intent).filter(|c| c.client_id == client.client_id);
    let scoped = |c: &Consent| asked_scope.split(' ').any(|s| s == c.what.scope());
    if consent.as_ref().is_some_and(|c| !scoped(c)) {
        return Err(Refused::new("invalid_scope", "scope is not that of the consent."));
    }
    match consent.map(|c| c.status) {
        Some(Status::AwaitingAuthorisation | Status::Authorised) => {}
        Some(Status::Consumed) => return Err(Refused::new("invalid_request", "The payment was made already.")),
        Some(Status::Rejected) => return Err(Refused::new("invalid_request", "The consent was rejected.")),
        None => return Err(Refused::new("invalid_request", "There is no such consent of this client.")),
    }
    Ok(Asked {
        client_id: client.client_id.clone(),
        scope: asked_scope.to_owned(),
        nonce: nonce.to_owned(),
        intent: intent.to_owned(),
        challenge: challenge.map(str::to_owned),
        hybrid: response_type == "code id_token",
        back,
    })
}

fn signed(bank: &Wso2, client: &Registration, jwt: &Jwt, now: i64) -> Result<(), Refused> {
    if jwt.alg() != Some("PS256") {
        return Err(object("its alg is not PS256"));
    }
    let key = jwt.kid().and_then(|kid| client.software.key(kid));
    let key = key.ok_or_else(|| object("its kid is not in the software's JWKS"))?;
    let (input, signature) = jwt.signed_parts();
    if !key.verifies_pss(input, signature) {
        return Err(object("its signature does not verify with the software's key"));
    }
    if jwt.text("iss") != Some(&client.client_id) {
        return Err(object("its iss is not the client"));
    }
    if jwt.text("aud") != Some(bank.flavour.issuer) {
        return Err(object("its aud is not this bank"));
    }
    if ["request", "request_uri"].iter().any(|name| jwt.claims.contains_key(*name)) {
        return Err(object("there is a request inside it"));
    }
    let time = |name: &str| match jwt.time(name) {
        Ok(Some(seconds)) => Ok(seconds),
        Ok(None) => Err(object(&format!("its {name} is missing"))),
        Err(_) => Err(object(&format!("its {name} is not a number of seconds"))),
    };
    let (nbf, exp) = (time("nbf")?, time("exp")?);
    if nbf > now.saturating_add(SKEW) || nbf < now.saturating_sub(LONGEST_LIFE) {
        return Err(object("its nbf is in the future, or more than 60 minutes ago"));
    }
    if exp <= now || exp.saturating_sub(nbf) > LONGEST_LIFE {
        return Err(object("it has expired, or lives longer than 60 minutes"));
    }
    Ok(())
}
