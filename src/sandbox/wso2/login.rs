//! The account holder: sees who asks for what, and grants it, or does not; or is played without a browser.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::authorize::{self, Asked, Outcome, Refused};
use super::consents::{Status, What};
use super::grants::Granted;
use super::{Wso2, id_token, payments};
use crate::sandbox::callback::Callback;
use crate::sandbox::page::{escape, html};
use crate::sandbox::{answer, form, page};

const MAX_BODY: usize = 4 * 1024;
/// None of them lives.
pub(super) const PEOPLE: &[&str] = &["Ada Example", "Bo Sample"];

pub(super) fn page(bank: &Wso2, session: &str, asked: &Asked) -> Response {
    let (wish, wanted) = match bank.consents.find(&asked.intent).map(|c| c.what) {
        Some(What::Payment(initiation, _)) => ("make a payment", payments::in_words(&initiation)),
        Some(What::Accounts(permissions)) => ("see your accounts", permissions),
        None => ("see nothing", Vec::new()),
    };
    let wanted: String = wanted.iter().map(|p| format!("<li>{}</li>", escape(p))).collect();
    let choice = |(index, name): (usize, &&str)| {
        let checked = if index == 0 { " checked" } else { "" };
        format!("<label><input type=\"radio\" name=\"person\" value=\"{index}\"{checked}> {name}</label>")
    };
    let people: String = PEOPLE.iter().enumerate().map(choice).collect();
    let body = format!(
        "<p><strong>Countersign Demo</strong> asks to {wish}:</p><ul>{wanted}</ul>\
         <form method=\"post\" action=\"{}\"><input type=\"hidden\" name=\"session\" value=\"{}\">{people}\
         <button name=\"decision\" value=\"allow\">Grant</button>\
         <button name=\"decision\" value=\"deny\">Refuse</button></form>",
        bank.flavour.login_path,
        escape(session),
    );
    html(StatusCode::OK, "en", "Consent", &body)
}

/// `POST` of the page's form.
pub(super) async fn submit(State(bank): State<Arc<Wso2>>, headers: HeaderMap, body: Body) -> Response {
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

fn answered(bank: &Wso2, body: &[u8], now: i64) -> Result<Callback, &'static str> {
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
    let asked = asked.ok_or("The page was answered before, or is too old.")?;
    Ok(decide(bank, &asked, person, now))
}

/// What goes back to the client when that person grants the consent, or nobody does.
fn decide(bank: &Wso2, asked: &Asked, person: Option<usize>, now: i64) -> Callback {
    let back = &asked.back;
    let Some(person) = person else {
        bank.consents.decide(&asked.intent, Status::Rejected, now);
        return back.with(Refused::new("access_denied", "The account holder refused.").parameters());
    };
    bank.consents.decide(&asked.intent, Status::Authorised, now);
    let granted = Granted {
        scope: asked.scope.clone(),
        intent: asked.intent.clone(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
        redirect_uri: back.redirect_uri.clone(),
        person,
        auth_time: now,
    };
    let made = bank.codes.issue(&asked.client_id, granted.clone(), now).and_then(|code| {
        let mut parameters = vec![("code", code)];
        if asked.hybrid {
            let bound = id_token::Beside { code: Some(&parameters[0].1), state: back.state.as_deref(), token: None };
            parameters.push(("id_token", id_token::issue(bank, &asked.client_id, &granted, &bound, now)?));
        }
        Ok(parameters)
    });
    match made {
        Ok(parameters) => back.with(parameters),
        Err(_) => back.with(Refused::new("server_error", "The service failed to answer.").parameters()),
    }
}

/// Plays the account holder whose browser is sent to `url`: the first of them grants what is asked for. What the browser
/// ends on at `redirect_uri`, or the body of the form that it posts there.
pub(super) fn play(bank: &Wso2, url: &str, redirect_uri: &str) -> Option<Result<String, String>> {
    let query = url.strip_prefix(bank.flavour.authorization_endpoint)?.strip_prefix('?')?;
    let now = bank.clock.now();
    let callback = match authorize::begin(bank, query.as_bytes(), now) {
        Outcome::Nowhere(why) => return Some(Err(why)),
        Outcome::Back(callback) => callback,
        Outcome::Login(_, asked) => decide(bank, &asked, Some(0), now),
    };
    let there = callback.address() == redirect_uri;
    Some(if there { Ok(callback.as_text()) } else { Err("The bank sends its answer to another address.".to_owned()) })
}
