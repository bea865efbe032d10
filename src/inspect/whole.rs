//! What is more than one token: a token response, an HTTP request or response, a curl command, a form, the address that a
//! sign-in ended on.
//! It is taken apart into the tokens in it, each to be looked at by itself, and what stands beside them.

use std::fmt;

use serde_json::{Map, Value};
use url::Url;
use url::form_urlencoded::parse;

use crate::jose::{compact, json};
use crate::redact::MASK;
use crate::secret::{Class, Secret, class_of_name};

/// How many of each are taken; what a person pastes has fewer.
const MOST: usize = 100;
/// Columns of a name.
const LONGEST: usize = 60;
/// Names that tell a form or an object of OAuth from other ones.
const KNOWN: [&str; 14] = [
    "access_token",
    "refresh_token",
    "id_token",
    "client_assertion",
    "software_statement",
    "grant_type",
    "code",
    "state",
    "response",
    "request",
    "request_uri",
    "error",
    "logout_token",
    "registration_access_token",
];

/// A text that holds tokens and other values.
#[derive(Clone, PartialEq)]
pub struct Whole {
    /// What it is, in words.
    pub what: &'static str,
    /// In the order they came. An access token that nobody can read is among them.
    pub parts: Vec<Part>,
    /// What stands beside them: name and value.
    pub beside: Vec<Part>,
    /// A request as rules read it: `method url query headers form json text bearer`.
    pub request: Option<Value>,
    /// A response, likewise: `status headers json text`; `params` of a sign-in.
    pub response: Option<Value>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    pub name: String,
    pub text: Secret,
}

impl fmt::Debug for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Whole({} {:?} {:?})", self.what, self.parts, self.beside)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({:?})", self.name)
    }
}

impl Part {
    /// Its value, masked where its name says that it is secret or personal.
    pub fn shown(&self) -> String {
        let text = self.text.expose();
        match class_of_name(&self.name) {
            Class::Public => crate::text::shorten(&crate::text::clean(text), 200).into_owned(),
            Class::Personal => MASK.to_owned(),
            Class::Secret => format!("{MASK}  ({} chars)", text.chars().count()),
        }
    }
}

/// Takes a text apart; None: it is one thing, or nothing of this kind.
pub fn take_apart(text: &str) -> Option<Whole> {
    let text = text.trim();
    if text.len() > compact::MAX_TOKEN || compact::looks_signed(text) {
        return None;
    }
    let whole = command(text)
        .or_else(|| message(text))
        .or_else(|| object(text))
        .or_else(|| address(text))
        .or_else(|| form(text))?;
    (!whole.parts.is_empty() || whole.beside.iter().any(|b| KNOWN.contains(&b.name.as_str()))).then_some(whole)
}

/// Names and values, sorted into tokens and others.
fn sorted(what: &'static str, members: impl IntoIterator<Item = (String, String)>) -> Whole {
    let (parts, beside) = members
        .into_iter()
        .take(MOST)
        .map(|(name, text)| {
            let name = crate::text::clean(&name);
            Part { name: crate::text::shorten(&name, LONGEST).into_owned(), text: Secret::new(text) }
        })
        .partition(|part| is_token(&part.name, part.text.expose()));
    Whole { what, parts, beside, request: None, response: None }
}

fn is_token(name: &str, text: &str) -> bool {
    let looks =
        text.starts_with("ey") && matches!(text.matches('.').count(), 2 | 4) && !text.contains(char::is_whitespace);
    looks || (matches!(name, "access_token" | "refresh_token" | "registration_access_token") && !text.is_empty())
}

fn object(text: &str) -> Option<Whole> {
    let members = json::parse_object(text.as_bytes()).ok()?;
    let one = ["ciphertext", "signatures", "keys", "kty"].iter().any(|name| members.contains_key(*name));
    if one || (members.contains_key("payload") && members.contains_key("signature")) {
        return None;
    }
    let what = match () {
        () if members.contains_key("access_token") || members.contains_key("id_token") => "a token response",
        () if members.contains_key("client_id") => "a registration",
        () => "JSON",
    };
    Some(sorted(what, texts(&Value::Object(members))))
}

/// The members of an object, and of those in it one level deep.
fn texts(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Object(inner) => {
                let inner = inner.iter().filter_map(|(n, v)| Some((n.clone(), v.as_str()?.to_owned())));
                found.extend(inner);
            }
            // what is deeper may be anybody's
            Value::Array(items) if items.iter().any(|i| i.is_object() || i.is_array()) => {
                found.push((name.clone(), format!("({} items)", items.len())));
            }
            other => found.push((name.clone(), plain(other))),
        }
    }
    found
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `https://…?code=…#id_token=…`.
fn address(text: &str) -> Option<Whole> {
    let url = Some(text).filter(|t| !t.contains(char::is_whitespace)).and_then(|t| Url::parse(t).ok())?;
    let pairs = |text: Option<&str>| text.map(owned).unwrap_or_default();
    let members: Vec<_> = pairs(url.query()).into_iter().chain(pairs(url.fragment())).collect();
    let asks = members.iter().any(|(n, _)| n == "client_id");
    let params = map(members.clone());
    let whole = sorted("an address", members);
    let comes_back = |p: &Part| matches!(p.name.as_str(), "code" | "response" | "error" | "id_token");
    let mut bare = url;
    bare.set_query(None);
    bare.set_fragment(None);
    if asks {
        let request = serde_json::json!({ "method": "GET", "url": bare.as_str(), "query": params });
        return Some(Whole { what: "an authorization request", request: Some(request), ..whole });
    }
    if whole.beside.iter().chain(&whole.parts).any(comes_back) {
        let response = Some(serde_json::json!({ "params": params }));
        return Some(Whole { what: "the answer of a sign-in", response, ..whole });
    }
    Some(whole)
}

fn owned(form: &str) -> Vec<(String, String)> {
    parse(form.as_bytes()).take(MOST).map(|(n, v)| (n.into_owned(), v.into_owned())).collect()
}

fn form(text: &str) -> Option<Whole> {
    let names = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let is_form = !text.contains(char::is_whitespace)
        && text.split('&').all(|pair| pair.split_once('=').is_some_and(|(n, _)| !n.is_empty() && n.chars().all(names)));
    let members = is_form.then(|| owned(text))?;
    members.iter().any(|(n, _)| KNOWN.contains(&n.as_str())).then(|| sorted("a form", members))
}

/// What a curl command sends.
fn command(text: &str) -> Option<Whole> {
    let curl = super::curl::read(text)?;
    let mut whole = Whole { what: "a curl command", ..message(&curl.text)? };
    let mut beside =
        |name: &str, text: String| whole.beside.push(Part { name: name.to_owned(), text: Secret::new(text) });
    if let Some(file) = curl.certificate {
        beside("--cert", file);
    }
    if curl.body_elsewhere {
        beside("body", "(in a file or in parts, that are not read here)".to_owned());
        whole.request = None;
    }
    Some(whole)
}

/// Head and body of an HTTP message (RFC 9112 §2.1).
fn message(text: &str) -> Option<Whole> {
    let (head, body) = ["\r\n\r\n", "\n\n"].iter().find_map(|gap| text.split_once(gap)).unwrap_or((text, ""));
    let mut lines = head.lines();
    let start = lines.next()?;
    let mut words = start.split_whitespace();
    let (first, target, version) = (words.next()?, words.next()?, words.next());
    let response = first.starts_with("HTTP/");
    let method = first.len() <= 10 && first.bytes().all(|b| b.is_ascii_uppercase());
    if !response
        && !(method
            && version.is_none_or(|v| v.starts_with("HTTP/"))
            && (target.starts_with('/') || target.contains("://")))
    {
        return None;
    }
    let header = |line: &str| line.split_once(':').map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned()));
    let headers: Vec<(String, String)> = lines.take(MOST).filter_map(header).collect();
    let find = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let mut members: Vec<(String, String)> = Vec::new();
    let mut bearer = None;
    for (name, value) in &headers {
        match (name.as_str(), value.split_once(' ')) {
            ("authorization", Some((scheme, token))) if !scheme.eq_ignore_ascii_case("basic") => {
                bearer = Some(token.trim().to_owned());
                members.push(("access_token".to_owned(), token.trim().to_owned()));
            }
            _ => members.push((name.clone(), value.clone())),
        }
    }
    let body = body.trim();
    let as_json = json::parse_object(body.as_bytes()).ok().map(Value::Object);
    let is_form = find("content-type").is_some_and(|t| t.contains("form-urlencoded"))
        || (as_json.is_none() && form(body).is_some());
    let fields = if is_form { owned(body) } else { Vec::new() };
    members.extend(fields.clone());
    members.extend(as_json.as_ref().map(texts).unwrap_or_default());
    if as_json.is_none() && !is_form && !body.is_empty() {
        members.push(("body".to_owned(), body.to_owned()));
    }
    let url = match (response, Url::parse(target).ok(), find("host")) {
        (true, ..) => None,
        (_, Some(url), _) if target.contains("://") => Some(url),
        (.., Some(host)) => Url::parse(&format!("https://{host}{target}")).ok(),
        _ => None,
    };
    if let Some(url) = &url {
        members.extend(url.query().map(owned).unwrap_or_default());
    }
    let headers: Map<String, Value> = headers.iter().map(|(n, v)| (n.clone(), v.as_str().into())).collect();
    let answer = response.then(|| {
        let status = target.parse::<u16>().ok();
        serde_json::json!({ "status": status, "headers": headers, "json": as_json, "text": body })
    });
    let request = url.filter(|_| !response).map(|mut url| {
        let query = map(url.query().map(owned).unwrap_or_default());
        url.set_query(None);
        url.set_fragment(None);
        let other = (as_json.is_none() && !is_form && !body.is_empty()).then_some(body);
        serde_json::json!({ "method": first, "url": url.as_str(), "query": query, "headers": headers,
            "form": map(fields), "json": as_json, "text": other, "bearer": bearer })
    });
    let what = if response { "an HTTP response" } else { "an HTTP request" };
    Some(Whole { request, response: answer, ..sorted(what, members) })
}

/// As rules read a form: a name that comes twice has a list. None where there is nothing.
fn map(pairs: Vec<(String, String)>) -> Option<Map<String, Value>> {
    let mut out = Map::new();
    for (name, value) in pairs {
        match out.get_mut(&name) {
            Some(Value::Array(all)) => all.push(value.into()),
            Some(one) => *one = Value::Array(vec![one.take(), value.into()]),
            None => drop(out.insert(name, value.into())),
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJhIn0.AAAA";

    fn names(parts: &[Part]) -> Vec<&str> {
        parts.iter().map(|p| p.name.as_str()).collect()
    }

    #[test]
    fn each_kind_of_whole_gives_its_tokens() {
        let response =
            format!(r#"{{"access_token":"opaque","id_token":"{JWT}","expires_in":300,"token_type":"Bearer"}}"#);
        let request = format!(
            "POST /token?x=1 HTTP/1.1\r\nHost: as.example\r\nDPoP: {JWT}\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=client_credentials&client_assertion={JWT}"
        );
        let call = format!("GET https://api.example/accounts HTTP/1.1\nAuthorization: Bearer {JWT}\n");
        let answer = format!("HTTP/1.1 200 OK\ncontent-type: application/json\n\n{response}");
        for (text, what, parts, beside) in [
            (response.clone(), "a token response", vec!["access_token", "id_token"], vec!["expires_in", "token_type"]),
            (
                request,
                "an HTTP request",
                vec!["dpop", "client_assertion"],
                vec!["host", "content-type", "grant_type", "x"],
            ),
            (call, "an HTTP request", vec!["access_token"], vec![]),
            (
                answer,
                "an HTTP response",
                vec!["access_token", "id_token"],
                vec!["content-type", "expires_in", "token_type"],
            ),
            (
                format!("https://tpp.example/cb?code=abc&state=s&iss=https%3A%2F%2Fas.example#id_token={JWT}"),
                "the answer of a sign-in",
                vec!["id_token"],
                vec!["code", "state", "iss"],
            ),
            (
                "https://tpp.example/cb?error=access_denied&state=s".to_owned(),
                "the answer of a sign-in",
                vec![],
                vec!["error", "state"],
            ),
            (
                format!("grant_type=refresh_token&refresh_token=r&client_assertion={JWT}"),
                "a form",
                vec!["refresh_token", "client_assertion"],
                vec!["grant_type"],
            ),
        ] {
            let whole = take_apart(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((whole.what, names(&whole.parts), names(&whole.beside)), (what, parts, beside), "{text}");
        }
        for text in [
            JWT,
            "8xLOxBtZp8",
            "{\"kty\":\"EC\"}",
            "https://example.com/",
            "{}",
            "a=b",
            "",
            "GET",
            "hello world HTTP/1.1",
        ] {
            assert_eq!(take_apart(text), None, "{text}");
        }
    }

    #[test]
    fn a_request_is_what_rules_read() {
        let text =
            "POST /as/token?a=1&a=2 HTTP/1.1\nHost: as.example:8443\nAuthorization: DPoP tok\n\ngrant_type=x&scope=a+b";
        let request = take_apart(text).unwrap().request.unwrap();
        assert_eq!(request["url"], "https://as.example:8443/as/token");
        assert_eq!(request["query"]["a"], serde_json::json!(["1", "2"]));
        assert_eq!((&request["form"]["scope"], &request["bearer"]), (&"a b".into(), &"tok".into()));
    }

    #[test]
    fn a_command_is_the_request_that_it_sends() {
        let text = format!(
            "curl -X POST 'https://as.example/token' \\\n  --cert qwac.pem \\\n  -d grant_type=client_credentials -d client_assertion={JWT}"
        );
        let whole = take_apart(&text).unwrap();
        assert_eq!((whole.what, names(&whole.parts)), ("a curl command", vec!["client_assertion"]));
        assert_eq!(names(&whole.beside), ["content-type", "grant_type", "--cert"]);
        let request = whole.request.unwrap();
        assert_eq!((&request["method"], &request["form"]["client_assertion"]), (&"POST".into(), &JWT.into()));
        // a body that is not at hand is not said to be empty
        let text = "curl -d @token.txt -H 'Authorization: Bearer abc' https://as.example/token";
        assert_eq!(take_apart(text).unwrap().request, None);
    }

    #[test]
    fn secrets_beside_the_tokens_are_masked() {
        let whole = take_apart("https://tpp.example/cb?code=hunter2&scope=openid").unwrap();
        let shown: Vec<String> = whole.beside.iter().map(Part::shown).collect();
        assert_eq!(shown, ["********  (7 chars)", "openid"]);
        assert!(!format!("{whole:?}").contains("hunter2"));
    }
}
