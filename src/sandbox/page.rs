//! A bank's pages for a browser: what they all look like, and the one that posts an answer on.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::sha::sha256;

const STYLE: &str = "body{font:16px/1.5 sans-serif;max-width:34em;margin:3em auto;padding:0 1em;color:#222}\
                     .s{background:#003755;color:#fff;padding:.3em .8em}label{display:block;margin:.4em 0}\
                     button{font:inherit;padding:.5em 1.2em;margin:1em .6em 0 0}";
const SUBMIT: &str = "document.forms[0].submit()";

/// Posts the parameters on by itself, or by a button where there are no scripts.
pub(super) fn form_post(action: &str, parameters: &[(&str, String)]) -> Response {
    let fields: String = parameters
        .iter()
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    let body = format!(
        "<form method=\"post\" action=\"{}\">{fields}<button>Continue</button></form><script>{SUBMIT}</script>",
        escape(action)
    );
    let script = format!("; script-src 'sha256-{}'", STANDARD.encode(sha256(SUBMIT.as_bytes())));
    with_script(StatusCode::OK, "en", "Back to the application", &body, &script)
}

pub(super) fn error(code: &str, description: &str) -> Response {
    let body = format!("<p><code>{}</code></p><p>{}</p>", escape(code), escape(description));
    html(StatusCode::BAD_REQUEST, "en", "Something went wrong", &body)
}

/// A page of that language; `body` is HTML, and so is `title`.
pub(super) fn html(status: StatusCode, language: &str, title: &str, body: &str) -> Response {
    with_script(status, language, title, body, "")
}

fn with_script(status: StatusCode, language: &str, title: &str, body: &str, script: &str) -> Response {
    let page = format!(
        "<!doctype html><html lang=\"{language}\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><p class=\"s\">SANDBOX</p><h1>{title}</h1>{body}</body></html>\n"
    );
    // no form-action: a browser would hold the redirect after a form to it
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'{script}; frame-ancestors 'none'; base-uri 'none'",
        STANDARD.encode(sha256(STYLE.as_bytes()))
    );
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    ];
    let mut response = (status, fixed, page).into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            _ => out.push(c),
        }
    }
    out
}
