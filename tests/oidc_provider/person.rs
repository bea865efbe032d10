//! A person without a browser: goes through the server's pages of signing in and of consent, and on to where they end.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use openssl::ssl::{SslConnector, SslMethod, SslStream};
use url::Url;

pub struct Person {
    tls: Arc<SslConnector>,
    cookies: BTreeMap<String, String>,
}

struct Page {
    status: u16,
    location: Option<String>,
    body: String,
}

/// Where the pages end: what the browser asks for at the redirect URI.
pub struct Ending {
    pub url: Url,
    /// Of a form that the page posts there.
    pub form: Option<String>,
}

impl Ending {
    /// What a person would paste.
    pub fn pasted(&self) -> String {
        self.form.clone().unwrap_or_else(|| self.url.to_string())
    }
}

impl Person {
    pub fn trusting(ca: &Path) -> Self {
        let mut tls = SslConnector::builder(SslMethod::tls_client()).expect("openssl");
        tls.set_ca_file(ca).expect("the authority");
        Self { tls: Arc::new(tls.build()), cookies: BTreeMap::new() }
    }

    fn stream(&self, url: &Url) -> SslStream<TcpStream> {
        let (host, port) = (url.host_str().expect("a host"), url.port_or_known_default().expect("a port"));
        let socket = TcpStream::connect((host, port)).expect("connected");
        self.tls.connect(host, socket).expect("the server proves its name")
    }

    fn ask(&mut self, url: &Url, form: Option<&str>) -> Page {
        let mut stream = self.stream(url);
        let cookies: Vec<String> = self.cookies.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let method = if form.is_some() { "POST" } else { "GET" };
        let body = form.unwrap_or_default();
        let request = format!(
            "{method} {target} HTTP/1.0\r\nHost: {host}\r\nAccept: text/html\r\nCookie: {}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            cookies.join("; "),
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("asked");
        let mut answer = Vec::new();
        // the server closes without a TLS goodbye
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {answer}"));
        let mut location = None;
        for (name, value) in head.lines().filter_map(|l| l.split_once(": ")) {
            if name.eq_ignore_ascii_case("location") {
                location = Some(value.to_owned());
            }
            if name.eq_ignore_ascii_case("set-cookie")
                && let Some((name, value)) = value.split(';').next().and_then(|c| c.split_once('='))
            {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
        Page { status, location, body: body.to_owned() }
    }

    /// Signs in and says yes to everything, until the server would send the browser to another origin.
    pub fn signs_in(&mut self, address: &str) -> Ending {
        let mut url = Url::parse(address).expect("an address");
        let home = url.origin();
        let mut page = self.ask(&url, None);
        for _ in 0..20 {
            let next;
            if let Some(location) = page.location.take() {
                next = (url.join(&location).expect("an address"), None);
            } else if let Some((action, fields)) = form(&page.body) {
                next = (url.join(&action).expect("an address"), Some(fields));
            } else {
                panic!("{} {url}: {}", page.status, page.body);
            }
            url = next.0;
            if url.origin() != home {
                return Ending { url, form: next.1 };
            }
            page = self.ask(&url, next.1.as_deref());
        }
        panic!("the pages do not end: {url}");
    }

    /// Enters the code that a device shows, signs in, and says yes: ends with a page of the server.
    pub fn lets_the_device_in(&mut self, address: &str) -> String {
        let mut url = Url::parse(address).expect("an address");
        let mut page = self.ask(&url, None);
        for _ in 0..20 {
            let next = if let Some(location) = page.location.take() {
                (url.join(&location).expect("an address"), None)
            } else if let Some((action, fields)) = form(&page.body) {
                (url.join(&action).expect("an address"), Some(fields))
            } else {
                return page.body;
            };
            url = next.0;
            page = self.ask(&url, next.1.as_deref());
        }
        panic!("the pages do not end: {url}");
    }
}

/// The first form of a page, filled in: where it goes, and its body.
fn form(html: &str) -> Option<(String, String)> {
    let start = html.find("<form")?;
    let form = &html[start..start + html[start..].find("</form>")?];
    let (head, inside) = form.split_once('>')?;
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    for field in inside.split("<input").skip(1).chain(inside.split("<button").skip(1)) {
        let tag = field.split('>').next().unwrap_or_default();
        let Some(name) = attribute(tag, "name") else { continue };
        let value = match name.as_str() {
            "login" => "alice".to_owned(),
            "password" => "alice's".to_owned(),
            "abort" => continue,
            _ => attribute(tag, "value").unwrap_or_default(),
        };
        body.append_pair(&name, &value);
    }
    Some((attribute(head, "action").unwrap_or_default(), body.finish()))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[at..].split('"').next()?;
    Some(
        value
            .replace("&amp;", "&")
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">"),
    )
}
