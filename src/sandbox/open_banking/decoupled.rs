//! A person approves elsewhere: on another device (RFC 8628), or because the bank asks them (CIBA). The sandbox's people
//! answer after the first question for the token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::json;

use super::client::{self, Client};
use super::reach::Reach;
use super::request::Granted;
use super::{ISSUER, OpenBanking, PEOPLE};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::page::html;
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, form, page, random};

const MAX_BODY: usize = 16 * 1024;
const LIVES: i64 = 300;
/// Seconds between two questions.
const INTERVAL: i64 = 1;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Device,
    Ciba,
}

struct Wish {
    kind: Kind,
    client_id: String,
    scope: String,
    reach: Reach,
    /// Who is asked; None: whoever enters the code.
    person: Option<usize>,
    user_code: String,
    asked: u32,
    last: Option<i64>,
    decided: Option<bool>,
    ends: i64,
}

#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<String, Wish>>);

impl Waiting {
    fn put(&self, request: Wish, now: i64) -> std::io::Result<String> {
        let name = random::id()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, r| r.ends.saturating_add(LIVES) > now);
        all.insert(name.clone(), request);
        Ok(name)
    }

    /// What the person granted, once; or what is to be said before that (RFC 8628 §3.5, CIBA §11).
    pub fn redeem(&self, name: &str, kind: Kind, client_id: &str, now: i64) -> Result<Granted, OAuthError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get_mut(name).filter(|r| r.kind == kind && r.client_id == client_id);
        let request = known.ok_or_else(|| OAuthError::invalid_grant("There is no such request of this client."))?;
        if request.ends <= now {
            return Err(OAuthError::of("expired_token", "The person did not answer in time."));
        }
        let early = request.last.is_some_and(|last| now.saturating_sub(last) < INTERVAL);
        (request.last, request.asked) = (Some(now), request.asked.saturating_add(1));
        if early {
            return Err(OAuthError::of("slow_down", "The interval was not kept."));
        }
        if request.decided.is_none() && request.asked > 1 {
            request.decided = Some(request.person.is_none_or(|person| person == 0));
        }
        match request.decided {
            None => Err(OAuthError::of("authorization_pending", "The person has not answered yet.")),
            Some(false) => Err(OAuthError::of("access_denied", "The person said no.")),
            Some(true) => {
                let (scope, person) = (request.scope.clone(), request.person.unwrap_or(0));
                let reach = request.reach.clone();
                all.remove(name);
                Ok(Granted {
                    scope,
                    reach,
                    nonce: None,
                    challenge: None,
                    redirect_uri: None,
                    jkt: None,
                    person,
                    auth_time: now,
                })
            }
        }
    }

    fn decide(&self, user_code: &str, yes: bool, now: i64) -> bool {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.values_mut().find(|r| r.user_code == user_code && r.ends > now && r.decided.is_none());
        found.map(|r| r.decided = Some(yes)).is_some()
    }
}

pub(super) async fn device(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    begun(&bank, &peer, request, Kind::Device).await
}

pub(super) async fn backchannel(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    begun(&bank, &peer, request, Kind::Ciba).await
}

async fn begun(bank: &OpenBanking, peer: &Peer, request: Request, kind: Kind) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    let begun = client::parameters(&head, &body).and_then(|form| {
        let client = client::authenticated(bank, peer, &form, now)?;
        let (scope, person) = wanted(&client, &form, kind)?;
        let user_code = random::letters::<8>().map_err(|_| OAuthError::unavailable())?;
        let request = Wish {
            kind,
            client_id: client.id,
            scope,
            reach: Reach::asked(&form)?,
            person,
            user_code: user_code.clone(),
            asked: 0,
            last: None,
            decided: None,
            ends: now.saturating_add(LIVES),
        };
        let name = bank.waiting.put(request, now).map_err(|_| OAuthError::unavailable())?;
        Ok(match kind {
            Kind::Ciba => json!({ "auth_req_id": name, "expires_in": LIVES, "interval": INTERVAL }),
            Kind::Device => {
                json!({ "device_code": name, "user_code": user_code, "expires_in": LIVES, "interval": INTERVAL,
                "verification_uri": format!("{ISSUER}/device") })
            }
        })
    });
    match begun {
        Ok(body) => Json(body).into_response(),
        Err(refused) => refused.into_response(),
    }
}

fn wanted(client: &Client, form: &Form, kind: Kind) -> Result<(String, Option<usize>), OAuthError> {
    let asked = form.get("scope").map(String::as_str).unwrap_or_default();
    let grant_type = match kind {
        Kind::Device => "urn:ietf:params:oauth:grant-type:device_code",
        Kind::Ciba => "urn:openid:params:grant-type:ciba",
    };
    if !client.may_use(grant_type) {
        return Err(OAuthError::unauthorized_client("The client is not registered for that grant."));
    }
    if !client.may_ask(asked) || kind == Kind::Ciba && !asked.split(' ').any(|s| s == "openid") {
        return Err(OAuthError::invalid_scope("scope is no list of what there is, or lacks openid."));
    }
    if kind == Kind::Device {
        return Ok((asked.to_owned(), None));
    }
    let hints: Vec<&String> =
        ["login_hint", "login_hint_token", "id_token_hint"].iter().filter_map(|name| form.get(*name)).collect();
    let [hint] = hints[..] else {
        return Err(OAuthError::invalid_request("Exactly one hint is wanted."));
    };
    let person = PEOPLE.iter().position(|name| name == hint);
    let person = person.ok_or_else(|| OAuthError::of("unknown_user_id", "Nobody here is called that."))?;
    Ok((asked.to_owned(), Some(person)))
}

pub(super) async fn page() -> Response {
    let body = "<form method=\"post\" action=\"/device\"><label>Code <input name=\"user_code\"></label>\
                <button name=\"decision\" value=\"allow\">Grant</button>\
                <button name=\"decision\" value=\"deny\">Refuse</button></form>";
    html(StatusCode::OK, "en", "Enter the code", body)
}

pub(super) async fn submit(State(bank): State<Arc<OpenBanking>>, body: Body) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let Ok(form) = form::parse(&body) else { return page::error("invalid_request", "The form is not sound.") };
    let yes = form.get("decision").is_some_and(|d| d == "allow");
    let code = form.get("user_code").map(|c| c.trim().to_owned()).unwrap_or_default();
    if bank.waiting.decide(&code, yes, bank.clock.now()) {
        return html(StatusCode::OK, "en", "Done", "<p>Go back to the other device.</p>");
    }
    page::error("invalid_request", "The code is not known, was answered before, or is too old.")
}
