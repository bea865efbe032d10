//! The bank's pages for a browser.

use axum::http::StatusCode;
use axum::response::Response;

use super::LOGIN_PATH;
use super::person::{PEOPLE, Person};
use super::request_object::{Asked, Locale};
use crate::sandbox::page::{escape, html};

/// Title, what is shown to whom, the two buttons.
const fn words(locale: Locale) -> (&'static str, &'static str, &'static str, &'static str) {
    match locale {
        Locale::En => ("Identification", "You are identifying yourself to", "Identify", "Cancel"),
        Locale::Fi => ("Tunnistautuminen", "Olet tunnistautumassa palveluun", "Tunnistaudu", "Peruuta"),
        Locale::Sv => ("Identifiering", "Du identifierar dig för", "Identifiera", "Avbryt"),
    }
}

/// Who are you, and may they know?
pub(super) fn login(session: &str, asked: &Asked) -> Response {
    let (title, to, yes, no) = words(asked.locale);
    let choice = |(index, person): (usize, &Person)| {
        let (checked, name, hetu) = (if index == 0 { " checked" } else { "" }, person.name(), person.hetu());
        format!("<label><input type=\"radio\" name=\"person\" value=\"{index}\"{checked}> {name}, {hetu}</label>")
    };
    let people: String = PEOPLE.iter().enumerate().map(choice).collect();
    let body = format!(
        "<p>{to} <strong>{}</strong></p><form method=\"post\" action=\"{LOGIN_PATH}\">\
         <input type=\"hidden\" name=\"session\" value=\"{}\">{people}\
         <button name=\"decision\" value=\"allow\">{yes}</button>\
         <button name=\"decision\" value=\"deny\">{no}</button></form>",
        escape(&asked.service_name),
        escape(session),
    );
    html(StatusCode::OK, asked.locale.tag(), title, &body)
}

/// What the error codes mean.
pub(super) fn codes(codes: &[&str]) -> Response {
    let list: String = codes.iter().map(|code| format!("<li><code>{code}</code></li>")).collect();
    html(StatusCode::OK, "en", "Error codes", &format!("<ul>{list}</ul>"))
}
