//! Where a URL points, and whether it is one we may call at all.

use std::net::IpAddr;

use url::{Host, Url};

use super::fault::{Fault, shown};

/// A URL that may be called: https, or http to this machine.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub url: Url,
    /// The host as it stands in the URL; an IPv6 address has its brackets.
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub loopback: bool,
}

impl Target {
    pub fn parse(text: &str) -> Result<Self, Fault> {
        // The parser's own message is not used: the text may hold a code or a token.
        let bad = |what: &str| Fault::new("net.request", format!("the URL {what}"), "correct the step's URL");
        let url = Url::parse(text).map_err(|_| bad("cannot be read"))?;
        let Some(host) = url.host() else { return Err(bad("names no host")) };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad("holds a user name or password; send credentials in a header"));
        }
        let loopback = is_loopback(&host.to_owned());
        let tls = match url.scheme() {
            "https" => true,
            "http" if loopback => false,
            "http" => return Err(not_https(&host.to_string())),
            other => {
                let text = format!("“{}” is not a scheme that can be called", shown(other));
                return Err(Fault::new("net.not-https", text, "use an https URL"));
            }
        };
        let port = url.port_or_known_default().unwrap_or(if tls { 443 } else { 80 });
        Ok(Self { host: host.to_string(), port, tls, loopback, url })
    }

    /// Whether the port is the one the scheme means when none is written.
    pub fn default_port(&self) -> bool {
        self.port == if self.tls { 443 } else { 80 }
    }

    /// `host`, or `host:port` where the port has to be written.
    pub fn authority(&self) -> String {
        if self.default_port() { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    /// The host for a resolver or a certificate: an IPv6 address without its brackets.
    pub fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// What stands in the request line: path and query, without the fragment.
    pub fn path(&self) -> &str {
        &self.url[url::Position::BeforePath..url::Position::AfterQuery]
    }
}

pub(super) fn not_https(host: &str) -> Fault {
    let text = format!("{} would be called without TLS", shown(host));
    Fault::new("net.not-https", text, "use an https URL; plain http is for this machine only")
}

/// `localhost`, 127.0.0.0/8, ::1. Other names may point to this machine today and elsewhere tomorrow.
fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(ip) => IpAddr::V4(*ip).is_loopback(),
        Host::Ipv6(ip) => IpAddr::V6(*ip).is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_http_to_this_machine_are_targets() {
        for (url, authority) in [
            ("https://api.bank.example/x?y#z", "api.bank.example"),
            ("https://API.Bank.Example:8443/", "api.bank.example:8443"),
            ("http://localhost:9/", "localhost:9"),
            ("http://127.0.0.9/", "127.0.0.9"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(Target::parse(url).map(|t| t.authority()).ok().as_deref(), Some(authority), "{url}");
        }
    }

    #[test]
    fn other_schemes_plain_http_and_credentials_in_the_url_are_refused() {
        for (url, id) in [
            ("http://api.bank.example/", "net.not-https"),
            ("http://localhost.example/", "net.not-https"),
            ("ftp://localhost/", "net.not-https"),
            ("file:///etc/passwd", "net.request"),
            ("https://user:pw@api.bank.example/", "net.request"),
            ("api.bank.example", "net.request"),
        ] {
            assert_eq!(Target::parse(url).map_err(|f| f.id).err(), Some(id), "{url}");
        }
    }

    #[test]
    fn no_refusal_repeats_the_query() {
        let fault = Target::parse("https://user@bank.example/?code=s3cret").unwrap_err();
        assert!(!format!("{fault:?}").contains("s3cret"));
    }
}
