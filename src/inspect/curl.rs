//! A curl command line, as the HTTP request that it sends. It is read, never run: files that it names stay closed, and
//! variables of the shell stay as they are written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// What a command line sends.
pub(super) struct Curl {
    /// Head and body as in RFC 9112 §2.1.
    pub text: String,
    /// The body comes from a file or from several parts: it cannot be told from here.
    pub body_elsewhere: bool,
    /// The file of the certificate that it shows.
    pub certificate: Option<String>,
}

/// Options that take the next word (curl 8's manual); of all others only the option itself is skipped.
const SHORT_WITH_VALUE: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
const LONG_WITH_VALUE: &str = "
    abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to
    continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw data-urlencode
    delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-ca-embed dump-header ech egd-file engine
    etag-compare etag-save expect100-timeout form form-string ftp-account ftp-alternative-to-user ftp-method ftp-port
    ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header help hostpubmd5 hostpubsha256 hsts interface
    ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb libcurl limit-rate local-port login-options
    mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file noproxy oauth2-bearer output output-dir
    parallel-max parallel-max-host pass pinnedpubkey preproxy proto proto-default proto-redir proxy proxy-cacert
    proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key proxy-key-type proxy-pass
    proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser
    proxy-user proxy1.0 pubkey quote random-file range rate referer request request-target resolve retry retry-delay
    retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service socks5-hostname
    speed-limit speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword
    tlsuser trace trace-ascii trace-config unix-socket upload-file upload-flags url url-query user user-agent variable
    vlan-priority write-out";

fn takes_value(name: &str) -> bool {
    LONG_WITH_VALUE.split_whitespace().any(|known| known == name)
}

/// None: it is no curl command, or one without an address.
pub(super) fn read(text: &str) -> Option<Curl> {
    if !matches!(text.split_whitespace().next()?, "curl" | "curl.exe") {
        return None;
    }
    // a line that goes on, in a text with the line ends of Windows
    let words = shlex::split(&text.replace("\\\r\n", " "))?;
    let mut command = Command::default();
    let mut words = words.into_iter().skip(1);
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) if takes_value(name) => (name, Some(value.to_owned())),
                _ if takes_value(long) => (long, words.next()),
                _ => (long, None),
            };
            command.long(name, value.unwrap_or_default());
        } else if let Some(cluster) = word.strip_prefix('-').filter(|c| !c.is_empty()) {
            for (at, letter) in cluster.char_indices() {
                if SHORT_WITH_VALUE.contains(letter) {
                    let rest = &cluster[at + letter.len_utf8()..];
                    let value = if rest.is_empty() { words.next().unwrap_or_default() } else { rest.to_owned() };
                    command.long(long_name(letter), value);
                    break;
                }
                command.long(long_name(letter), String::new());
            }
        } else if command.url.as_ref().is_none_or(|url| !url.contains("://") && word.contains("://")) {
            // what an option of a later curl leaves behind is no address where another word is one
            command.url = Some(word);
        }
    }
    command.request()
}

const fn long_name(letter: char) -> &'static str {
    match letter {
        'X' => "request",
        'H' => "header",
        'd' => "data",
        'u' => "user",
        'A' => "user-agent",
        'b' => "cookie",
        'e' => "referer",
        'E' => "cert",
        'F' => "form",
        'T' => "upload-file",
        'G' => "get",
        'I' => "head",
        _ => "",
    }
}

#[derive(Default)]
struct Command {
    url: Option<String>,
    method: Option<String>,
    headers: Vec<String>,
    data: Vec<String>,
    query: Vec<String>,
    json: bool,
    get: bool,
    head: bool,
    upload: bool,
    body_elsewhere: bool,
    certificate: Option<String>,
}

impl Command {
    fn long(&mut self, name: &str, value: String) {
        match name {
            "url" => self.url = Some(value),
            "request" => self.method = Some(value),
            "header" => self.headers.push(value),
            "user-agent" => self.headers.push(format!("user-agent: {value}")),
            "referer" => self.headers.push(format!("referer: {value}")),
            "cookie" => self.headers.push(format!("cookie: {value}")),
            "user" => self.headers.push(format!("authorization: Basic {}", STANDARD.encode(value))),
            "oauth2-bearer" => self.headers.push(format!("authorization: Bearer {value}")),
            "data-raw" => self.data.push(value),
            "url-query" => self.query.extend(urlencoded(value.strip_prefix('+').unwrap_or(&value))),
            "data" | "data-ascii" | "data-binary" | "json" => {
                self.json |= name == "json";
                if value.starts_with('@') {
                    self.body_elsewhere = true;
                } else {
                    self.data.push(value);
                }
            }
            "data-urlencode" => match urlencoded(&value) {
                Some(pair) => self.data.push(pair),
                None => self.body_elsewhere = true,
            },
            "form" | "form-string" => self.body_elsewhere = true,
            "upload-file" => (self.upload, self.body_elsewhere) = (true, true),
            "get" => self.get = true,
            "head" => self.head = true,
            // a password may stand behind the colon
            "cert" => self.certificate = value.split(':').next().map(str::to_owned),
            _ => {}
        }
    }

    fn request(mut self) -> Option<Curl> {
        let mut url = self.url.as_deref().map(with_scheme).and_then(|u| Url::parse(&u).ok())?;
        let mut body = self.data.join(if self.json { "" } else { "&" });
        let sends = !self.data.is_empty() || self.body_elsewhere;
        if self.get {
            self.query.insert(0, std::mem::take(&mut body));
        }
        let query: Vec<&str> = url.query().into_iter().chain(self.query.iter().map(String::as_str)).collect();
        let query = query.into_iter().filter(|q| !q.is_empty()).collect::<Vec<_>>().join("&");
        url.set_query(Some(query.as_str()).filter(|q| !q.is_empty()));
        let implied = match () {
            () if self.head => "HEAD",
            () if self.upload => "PUT",
            () if sends && !self.get => "POST",
            () => "GET",
        };
        let method = self.method.take().unwrap_or_else(|| implied.to_owned());
        let has = |headers: &[String], name: &str| {
            headers.iter().any(|h| h.split(':').next().is_some_and(|n| n.trim().eq_ignore_ascii_case(name)))
        };
        if sends && !self.get && !has(&self.headers, "content-type") {
            let kind = if self.json { "application/json" } else { "application/x-www-form-urlencoded" };
            self.headers.push(format!("content-type: {kind}"));
        }
        // `-H 'Accept:'` takes a header away
        let stays = |h: &&String| h.split_once(':').is_some_and(|(_, value)| !value.trim().is_empty());
        let headers: Vec<String> = self.headers.iter().filter(stays).map(|h| h.replace(['\r', '\n'], " ")).collect();
        let head = [vec![format!("{method} {url} HTTP/1.1")], headers].concat().join("\r\n");
        Some(Curl {
            text: format!("{head}\r\n\r\n{body}"),
            body_elsewhere: self.body_elsewhere,
            certificate: self.certificate,
        })
    }
}

/// As curl takes `--data-urlencode`; None: a file is named.
fn urlencoded(value: &str) -> Option<String> {
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    match value.find(['=', '@']).map(|at| (value.split_at(at), value.as_bytes()[at])) {
        Some((_, b'@')) => None,
        Some((("", content), _)) => Some(encode(&content[1..])),
        Some(((name, content), _)) => Some(format!("{name}={}", encode(&content[1..]))),
        None => Some(encode(value)),
    }
}

fn with_scheme(address: &str) -> String {
    if address.contains("://") { address.to_owned() } else { format!("http://{address}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(command: &str) -> String {
        read(command).expect(command).text.replace("\r\n", "\n")
    }

    #[test]
    fn options_become_what_they_send() {
        for (command, sent) in [
            ("curl https://as.example/a", "GET https://as.example/a HTTP/1.1\n\n"),
            (
                "curl -sSk -XPOST 'https://as.example/token' \\\n  -H 'Accept: application/json' --data 'a=1' -d b=2",
                "POST https://as.example/token HTTP/1.1\nAccept: application/json\ncontent-type: application/x-www-form-urlencoded\n\na=1&b=2",
            ),
            (
                "curl --request=PUT --json '{\"a\":' --json '1}' as.example",
                "PUT http://as.example/ HTTP/1.1\ncontent-type: application/json\n\n{\"a\":1}",
            ),
            (
                "curl -G -d a=1 --data-urlencode 'b=x y' 'https://as.example/?z=0'",
                "GET https://as.example/?z=0&a=1&b=x+y HTTP/1.1\n\n",
            ),
            (
                "curl -u me:pw -o out -m 5 https://as.example",
                "GET https://as.example/ HTTP/1.1\nauthorization: Basic bWU6cHc=\n\n",
            ),
            (
                "curl.exe -I -H Accept: -A me https://as.example",
                "HEAD https://as.example/ HTTP/1.1\nuser-agent: me\n\n",
            ),
        ] {
            assert_eq!(text(command), sent, "{command}");
        }
    }

    #[test]
    fn what_stays_closed_is_told() {
        let read = read("curl --cert ./qwac.pem:hunter2 --key k.pem -d @body.txt https://as.example").expect("read");
        assert!(read.body_elsewhere && !read.text.contains("body.txt"));
        assert_eq!(read.certificate.as_deref(), Some("./qwac.pem"));
    }

    #[test]
    fn a_header_cannot_end_the_head() {
        assert_eq!(
            text("curl -H 'a: b\r\n\r\nc=d' https://as.example"),
            "GET https://as.example/ HTTP/1.1\na: b    c=d\n\n"
        );
    }

    #[test]
    fn what_is_no_command_is_left_alone() {
        for other in [
            "",
            "curly https://as.example",
            "curl",
            "curl -X POST",
            "curl 'open https://as.example",
            "wget https://as.example",
        ] {
            assert!(read(other).is_none(), "{other}");
        }
    }
}
