//! Between the engine's plain exchange and `reqwest`'s types: the one place that knows both.
//!
//! `http`'s header map forgets the case of names and groups repeated ones, so a request carries its headers a second time,
//! as [`Spelling`] among its extensions; [`super::spell`] writes those.

use http::{HeaderName, HeaderValue, Method};

use super::fault::{Fault, shown};
use super::target::Target;
use crate::flow::exchange::{Exchange, Request};

/// Headers as they go out: in this order and case, `Host` first, `Content-Length` last where there is one.
#[derive(Clone)]
struct Spelling(Vec<(String, String)>);

/// Headers that say where a message ends or whom it is for: the transport's own.
const OURS: &[&str] =
    &["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

/// The request for the wire. Refused (`net.request`) where a part cannot be sent as it stands.
pub(super) fn into_reqwest(request: &Request, target: &Target) -> Result<reqwest::Request, Fault> {
    let bad = |what: String| Fault::new("net.request", what, "correct the step that builds the request");
    let method = match Method::from_bytes(request.method.as_bytes()) {
        Ok(Method::CONNECT) | Err(_) => return Err(bad("the method cannot be sent".into())),
        Ok(method) => method,
    };
    let mut spelling = vec![("Host".to_owned(), target.authority())];
    let mut out = http::Request::builder().method(&method).uri(target.url.as_str());
    for (name, value) in &request.headers {
        if OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)) {
            return Err(bad(format!("the header {} is written by the connection itself", shown(name))));
        }
        let parsed = HeaderName::from_bytes(name.as_bytes());
        let parsed_name = parsed.map_err(|_| bad(format!("“{}” is not a header name", shown(name))))?;
        let parsed_value = HeaderValue::from_str(value);
        let parsed_value = parsed_value
            .map_err(|_| bad(format!("the value of the header {name} has characters that cannot be sent")))?;
        out = out.header(parsed_name, parsed_value);
        spelling.push((name.clone(), value.clone()));
    }
    // RFC 9110 §8.6: a length of zero is said where the method means content.
    if !request.body.is_empty() || matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        spelling.push(("Content-Length".into(), request.body.len().to_string()));
    }
    let cannot = || bad("the URL cannot be sent".into());
    let whole = out.extension(Spelling(spelling)).body(request.body.clone()).map_err(|_| cannot())?;
    reqwest::Request::try_from(whole).map_err(|_| cannot())
}

/// A request in the form the connection takes.
pub(super) struct Outgoing {
    pub request: http::Request<reqwest::Body>,
    /// Request line and headers, as they are to be written.
    pub head: Vec<u8>,
    pub body_length: usize,
}

/// Takes a request apart for the wire. One that was not made by [`into_reqwest`] is spelt as its header map has it.
pub(super) fn for_wire(request: reqwest::Request, target: &Target) -> Result<Outgoing, Fault> {
    let cannot = || Fault::new("net.request", "the request cannot be sent", "correct the step that builds the request");
    let body_length = request.body().map_or(Some(0), |b| b.as_bytes().map(<[u8]>::len)).ok_or_else(cannot)?;
    let request = http::Request::<reqwest::Body>::try_from(request).map_err(|_| cannot())?;
    let from_map = || {
        let rest = request.headers().iter().map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into()));
        [("Host".into(), target.authority())].into_iter().chain(rest).collect()
    };
    let spelling = request.extensions().get::<Spelling>().map_or_else(from_map, |s| s.0.clone());
    let mut head = format!("{} {} HTTP/1.1\r\n", request.method(), target.path());
    for (name, value) in spelling {
        head.extend([&name, ": ", &value, "\r\n"]);
    }
    head.push_str("\r\n");
    Ok(Outgoing { request, head: head.into_bytes(), body_length })
}

/// What came back, as the type that the rest of an application may be used to. None: no complete head came, or its status
/// is none.
pub fn response(exchange: &Exchange) -> Option<reqwest::Response> {
    let seen = exchange.response.as_ref()?;
    let mut out = http::Response::builder().status(seen.status);
    for (name, value) in &seen.headers {
        // What cannot be said in a header map is left out of this copy; the exchange has it.
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            out = out.header(name, value);
        }
    }
    out.body(seen.body.clone()).ok().map(reqwest::Response::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
        Request {
            method: method.into(),
            url: "https://bank.example/a?b=%20c".into(),
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: body.to_vec(),
            mtls: None,
        }
    }

    fn head(request: &Request) -> Result<String, &'static str> {
        let target = Target::parse(&request.url).map_err(|f| f.id)?;
        let out = into_reqwest(request, &target).and_then(|out| for_wire(out, &target)).map_err(|f| f.id)?;
        assert_eq!(out.body_length, request.body.len());
        Ok(String::from_utf8(out.head).unwrap())
    }

    #[test]
    fn the_callers_headers_keep_order_case_and_repeats() {
        let r = request("POST", &[("X-FAPI-Id", "1"), ("accept", "a"), ("x-fapi-ID", "2"), ("ACCEPT", "b")], b"xy");
        let want = "POST /a?b=%20c HTTP/1.1\r\nHost: bank.example\r\nX-FAPI-Id: 1\r\naccept: a\r\nx-fapi-ID: 2\r\n\
                    ACCEPT: b\r\nContent-Length: 2\r\n\r\n";
        assert_eq!(head(&r).as_deref(), Ok(want));
    }

    #[test]
    fn a_length_is_said_where_the_method_means_content() {
        assert!(head(&request("POST", &[], b"")).unwrap().ends_with("Content-Length: 0\r\n\r\n"));
        assert!(!head(&request("GET", &[], b"")).unwrap().contains("Content-Length"));
    }

    #[test]
    fn what_would_change_the_framing_or_split_the_head_is_refused() {
        for headers in
            [("hOst", "evil"), ("Transfer-Encoding", "chunked"), ("X", "a\r\nY: b"), ("X\r\nY", "b"), ("", "b")]
        {
            assert_eq!(head(&request("GET", &[headers], b"")), Err("net.request"), "{headers:?}");
        }
        for method in ["", "GE T", "CONNECT", "GET / HTTP/1.1\r\nX: y\r\n"] {
            assert_eq!(head(&request(method, &[], b"")), Err("net.request"), "{method:?}");
        }
    }
}
