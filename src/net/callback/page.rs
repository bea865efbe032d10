//! What the listener answers: fixed pages that repeat nothing of what came.

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Takes the code out of the address bar and the history.
const SCRIPT: &str = "history.replaceState(null,'',location.pathname)";
const STYLE: &str =
    "body{font:16px/1.5 sans-serif;max-width:36em;margin:4em auto;padding:0 1em;color-scheme:light dark}";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Page {
    /// The answer was taken, now or before.
    Done,
    /// 400: not the answer that is waited for.
    NotIt,
    /// 403: posted from elsewhere.
    Foreign,
    NotFound,
    /// 405, with what is allowed.
    Method(&'static str),
    /// 413.
    TooLarge,
    /// 421: another name of this machine.
    Misdirected,
}

impl Page {
    const fn status(self) -> &'static str {
        match self {
            Self::Done => "200 OK",
            Self::NotIt => "400 Bad Request",
            Self::Foreign => "403 Forbidden",
            Self::NotFound => "404 Not Found",
            Self::Method(_) => "405 Method Not Allowed",
            Self::TooLarge => "413 Content Too Large",
            Self::Misdirected => "421 Misdirected Request",
        }
    }

    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Done => ("Done", "countersign has the bank's answer. You can close this page and go back to it."),
            Self::NotIt => (
                "Not the answer",
                "This is not the answer that countersign waits for. It is still waiting: sign in from the address that it shows.",
            ),
            _ => ("Nothing here", "countersign waits here for a bank's answer, and for nothing else."),
        }
    }

    /// The whole response.
    pub fn response(self) -> String {
        let (title, text) = self.words();
        let body = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
             <h1>{title}</h1><p>{text}</p><script>{SCRIPT}</script></html>\n"
        );
        let mut out = format!("HTTP/1.1 {}\r\n", self.status());
        if let Self::Method(allow) = self {
            // writing to a text cannot fail
            let _ = write!(out, "Allow: {allow}\r\n");
        }
        let _ = write!(
            out,
            "Content-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nContent-Security-Policy: default-src 'none'; \
             script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n\
             Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
             X-Frame-Options: DENY\r\nCross-Origin-Opener-Policy: same-origin\r\nConnection: close\r\n\r\n{body}",
            body.len(),
            STANDARD.encode(openssl::sha::sha256(SCRIPT.as_bytes())),
            STANDARD.encode(openssl::sha::sha256(STYLE.as_bytes())),
        );
        out
    }
}
