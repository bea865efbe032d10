//! The way back to the client: where the browser is sent, and with what (RFC 6749 §4.1.2, Form Post Response Mode §2).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::page;

/// Where an answer goes; only a registered address gets here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReturnAddress {
    pub redirect_uri: String,
    pub state: Option<String>,
    pub mode: Mode,
}

/// How the browser carries the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Query,
    Fragment,
    FormPost,
}

impl ReturnAddress {
    pub fn code(&self, code: &str) -> Callback {
        self.with(vec![("code", code.to_owned())])
    }

    pub fn with(&self, mut parameters: Vec<(&'static str, String)>) -> Callback {
        parameters.extend(self.state.iter().map(|state| ("state", state.clone())));
        Callback { address: self.clone(), parameters }
    }
}

pub(super) struct Callback {
    address: ReturnAddress,
    parameters: Vec<(&'static str, String)>,
}

impl Callback {
    pub fn address(&self) -> &str {
        &self.address.redirect_uri
    }

    /// What a person copies from the browser: the URL, or the body of the form.
    pub fn as_text(&self) -> String {
        if self.address.mode == Mode::FormPost { self.encoded() } else { self.url() }
    }

    fn encoded(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.parameters).finish()
    }

    fn url(&self) -> String {
        let uri = &self.address.redirect_uri;
        let mark = match self.address.mode {
            Mode::Fragment => '#',
            _ if uri.contains('?') => '&',
            _ => '?',
        };
        format!("{uri}{mark}{}", self.encoded())
    }
}

impl IntoResponse for Callback {
    fn into_response(self) -> Response {
        if self.address.mode == Mode::FormPost {
            return page::form_post(&self.address.redirect_uri, &self.parameters);
        }
        match HeaderValue::from_str(&self.url()) {
            // 303: what was posted to the bank is not posted on (RFC 9700 §4.12)
            Ok(url) => (StatusCode::SEE_OTHER, [(header::LOCATION, url)]).into_response(),
            Err(_) => page::error("server_error", "The address cannot be sent."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_keeps_its_own_query() {
        let back = |uri: &str| ReturnAddress {
            redirect_uri: uri.to_owned(),
            state: Some("a b".to_owned()),
            mode: Mode::Query,
        };
        assert_eq!(back("https://rp.example").code("c").as_text(), "https://rp.example?code=c&state=a+b");
        assert_eq!(back("https://rp.example/?x=1").code("c").as_text(), "https://rp.example/?x=1&code=c&state=a+b");
        let fragment = ReturnAddress { mode: Mode::Fragment, ..back("https://rp.example/?x=1") };
        assert_eq!(fragment.code("c").as_text(), "https://rp.example/?x=1#code=c&state=a+b");
        let form = ReturnAddress { mode: Mode::FormPost, ..back("https://rp.example") };
        assert_eq!(form.code("c").as_text(), "code=c&state=a+b");
    }
}
