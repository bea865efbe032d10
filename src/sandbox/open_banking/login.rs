//! The page for a person, or the person played; and the answer, which names its issuer (RFC 9207) or is signed (JARM).

use std::io;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::request::{self, Asked, Granted, Refused};
use super::{ISSUER, OpenBanking, PEOPLE};
use crate::sandbox::callback::{Callback, ReturnAddress};
use crate::sandbox::page::{escape, html};
use crate::sandbox::{answer, form, page};

const MAX_BODY: usize = 4 * 1024;
/// Seconds that a page can be answered.
const LOGIN: i64 = 600;
/// Seconds that a signed answer lives.
const ANSWER: i64 = 60;

pub(super) async fn authorize(State(bank): State<Arc<OpenBanking>>, RawQuery(query): RawQuery) -> Response {
    let now = bank.clock.now();
    match request::read(&bank, query.unwrap_or_default().as_bytes(), now) {
        Err(Refused::Nowhere(why)) => page::error("invalid_request", &why),
        Err(Refused::Back(back, error, why)) => refused(&back, error, why).into_response(),
        Ok(asked) => match bank.logins.put(asked.clone(), now.saturating_add(LOGIN), now) {
            Ok(session) => choice(&session, &asked),
            Err(_) => answer::server_error(),
        },
    }
}

fn choice(session: &str, asked: &Asked) -> Response {
    let person = |(index, name): (usize, &&str)| {
        let checked = if index == 0 { " checked" } else { "" };
        format!("<label><input type=\"radio\" name=\"person\" value=\"{index}\"{checked}> {name}</label>")
    };
    let people: String = PEOPLE.iter().enumerate().map(person).collect();
    let details = asked.reach.details.iter().filter_map(|detail| detail["type"].as_str());
    let wanted: Vec<&str> = asked.scope.split(' ').chain(details).collect();
    let body = format!(
        "<p><strong>Countersign Demo</strong> asks for: {}</p><form method=\"post\" action=\"/login\">\
         <input type=\"hidden\" name=\"session\" value=\"{}\">{people}\
         <button name=\"decision\" value=\"allow\">Grant</button>\
         <button name=\"decision\" value=\"deny\">Refuse</button></form>",
        escape(&wanted.join(" ")),
        escape(session),
    );
    html(StatusCode::OK, "en", "Sign in", &body)
}

/// `POST` of the page's form.
pub(super) async fn submit(State(bank): State<Arc<OpenBanking>>, headers: HeaderMap, body: Body) -> Response {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form::is_form(kind) {
        return answer::unsupported_media_type("application/x-www-form-urlencoded");
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    match answered(&bank, &body, bank.clock.now()) {
        Ok(callback) => callback.into_response(),
        Err(why) => page::error("invalid_request", why),
    }
}

fn answered(bank: &OpenBanking, body: &[u8], now: i64) -> Result<Callback, &'static str> {
    let form = form::parse(body)?;
    let field = |name: &str| form.get(name).map(String::as_str);
    let person = match field("decision") {
        Some("deny") => None,
        Some("allow") => {
            let index = field("person").and_then(|index| index.parse().ok()).filter(|index| *index < PEOPLE.len());
            Some(index.ok_or("Nobody was chosen.")?)
        }
        _ => return Err("Nothing was decided."),
    };
    let asked = bank.logins.take(field("session").unwrap_or_default(), now);
    Ok(decide(bank, &asked.ok_or("The page was answered before, or is too old.")?, person, now))
}

fn refused(back: &ReturnAddress, error: &'static str, why: &str) -> Callback {
    back.with(vec![("error", error.to_owned()), ("error_description", why.to_owned()), ("iss", ISSUER.to_owned())])
}

fn decide(bank: &OpenBanking, asked: &Asked, person: Option<usize>, now: i64) -> Callback {
    let parameters = match person {
        None => vec![("error", "access_denied".to_owned())],
        Some(person) => {
            let granted = Granted {
                scope: asked.scope.clone(),
                reach: asked.reach.clone(),
                nonce: asked.nonce.clone(),
                challenge: Some(asked.challenge.clone()),
                redirect_uri: Some(asked.back.redirect_uri.clone()),
                jkt: asked.jkt.clone(),
                person,
                auth_time: now,
            };
            match bank.codes.issue(&asked.client_id, granted, now) {
                Ok(code) => vec![("code", code)],
                Err(_) => vec![("error", "server_error".to_owned())],
            }
        }
    };
    if asked.jarm {
        let back = ReturnAddress { state: None, ..asked.back.clone() };
        return match signed(bank, asked, &parameters, now) {
            Ok(response) => back.with(vec![("response", response)]),
            Err(_) => refused(&asked.back, "server_error", "The answer could not be signed."),
        };
    }
    let issuer = [("iss", ISSUER.to_owned())];
    asked.back.with(parameters.into_iter().chain(issuer).collect())
}

/// JARM §2.1.
fn signed(bank: &OpenBanking, asked: &Asked, parameters: &[(&'static str, String)], now: i64) -> io::Result<String> {
    let state = asked.back.state.iter().map(|state| ("state", state));
    let own = parameters.iter().map(|(name, value)| (*name, value)).chain(state);
    let mut claims: Map<String, Value> = own.map(|(name, value)| (name.to_owned(), value.as_str().into())).collect();
    claims.insert("iss".to_owned(), ISSUER.into());
    claims.insert("aud".to_owned(), asked.client_id.as_str().into());
    claims.insert("exp".to_owned(), now.saturating_add(ANSWER).into());
    let key = bank.signing_key()?;
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": key.public().thumbprint() });
    Ok(key.jws_pss(&header, &Value::Object(claims))?)
}

/// Plays the person whose browser is sent to `url`: the first of them grants what is asked for.
pub(super) fn play(bank: &OpenBanking, url: &str, redirect_uri: &str) -> Option<Result<String, String>> {
    let query = url.strip_prefix(ISSUER)?.strip_prefix("/authorize?")?;
    let now = bank.clock.now();
    let callback = match request::read(bank, query.as_bytes(), now) {
        Err(Refused::Nowhere(why)) => return Some(Err(why)),
        Err(Refused::Back(back, error, why)) => refused(&back, error, why),
        Ok(asked) => decide(bank, &asked, Some(0), now),
    };
    let there = callback.address() == redirect_uri;
    Some(if there { Ok(callback.as_text()) } else { Err("The bank sends its answer to another address.".to_owned()) })
}
