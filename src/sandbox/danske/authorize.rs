//! The authorization endpoint: a signed request leads to the login page, a bad one back to the client, or nowhere.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};

use super::clients::Client;
use super::pending::LOGIN;
use super::refused::Refused;
use super::request_object::{self, Asked};
use super::{Danske, page};
use crate::sandbox::callback::{Callback, Mode, ReturnAddress};
use crate::sandbox::flaw::Refusal;
use crate::sandbox::form;
use crate::sandbox::jwt::Jwt;

/// Where a request leads.
pub(super) enum Outcome {
    /// To the login page of that session.
    Login(String, Box<Asked>),
    /// Back to the client, with an error.
    Back(Callback),
    /// To the bank's error page: there is no address to go back to.
    Nowhere(Refused),
}

pub(super) async fn authorize(State(danske): State<Arc<Danske>>, RawQuery(query): RawQuery) -> Response {
    match begin(&danske, query.unwrap_or_default().as_bytes(), danske.clock.now()) {
        Outcome::Login(session, asked) => page::login(&session, &asked),
        Outcome::Back(callback) => callback.into_response(),
        Outcome::Nowhere(refused) => refused.page(),
    }
}

pub(super) fn begin(danske: &Danske, query: &[u8], now: i64) -> Outcome {
    let (outer, client) = match known_client(danske, query) {
        Ok(known) => known,
        Err(refused) => return Outcome::Nowhere(refused),
    };
    let Some(request) = outer.get("request") else {
        return Outcome::Nowhere(Refused::new(Refusal::InvalidRequest, "The parameter request is missing."));
    };
    let jwt = match Jwt::parse_any(request) {
        Ok(jwt) => jwt,
        Err(why) => {
            let why = format!("The request object cannot be read: {why}.");
            return Outcome::Nowhere(Refused::new(Refusal::InvalidRequestObject, why));
        }
    };
    // A registered address is safe to go back to, whoever wrote it into the object.
    let Some(redirect_uri) = jwt.text("redirect_uri").filter(|uri| client.agreement.redirect_uris.contains(uri)) else {
        return Outcome::Nowhere(Refused::new(Refusal::InvalidRequest, "redirect_uri is not registered."));
    };
    let back = ReturnAddress {
        redirect_uri: redirect_uri.to_owned(),
        state: jwt.text("state").map(str::to_owned),
        mode: if jwt.text("response_mode") == Some("form_post") { Mode::FormPost } else { Mode::Query },
    };
    if let Some(error) = danske.trouble.at_authorize() {
        return Outcome::Back(back.with(Refused::on_demand(error).parameters()));
    }
    match request_object::check(&client, &outer, &jwt, back.clone(), now) {
        Err(refused) => Outcome::Back(back.with(refused.parameters())),
        Ok(asked) => match danske.pending.logins.put(asked.clone(), now.saturating_add(LOGIN), now) {
            Ok(session) => Outcome::Login(session, Box::new(asked)),
            Err(_) => Outcome::Back(back.with(Refused::failure().parameters())),
        },
    }
}

fn known_client(danske: &Danske, query: &[u8]) -> Result<(form::Form, Client), Refused> {
    let invalid = |why: String| Refused::new(Refusal::InvalidRequest, why);
    let outer = form::parse(query).map_err(|why| invalid(format!("The query is not sound: {why}.")))?;
    let id = outer.get("client_id").ok_or_else(|| invalid("The parameter client_id is missing.".to_owned()))?;
    let client = danske.clients.find(id);
    let client = client.ok_or_else(|| Refused::new(Refusal::UnauthorizedClient, "No such client is registered."))?;
    Ok((outer, client))
}
