//! A redirect URI that is this machine's: what to listen on.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

/// A redirect URI on loopback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its scheme is https: the listener needs a certificate.
    pub tls: bool,
    /// An address, or `localhost`: what the certificate names.
    pub host: String,
    hosts: Vec<IpAddr>,
    pub port: u16,
    /// As it stands in the request line, without the query.
    pub path: String,
    /// What `Host` has to say.
    pub authority: String,
}

impl Place {
    /// None: the answer does not come to this machine.
    pub fn of(redirect_uri: &str) -> Option<Self> {
        let url = Url::parse(redirect_uri).ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        let hosts = match url.host()? {
            Host::Ipv4(ip) if v4 == ip => vec![v4],
            Host::Ipv6(ip) if v6 == ip => vec![v6],
            Host::Domain("localhost") => vec![v4, v6],
            _ => return None,
        };
        let port = url.port_or_known_default().filter(|p| *p != 0)?;
        let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { tls: url.scheme() == "https", host, hosts, port, path: url.path().to_owned(), authority })
    }

    /// Where this machine listens for what is posted to `url`: there, or at the address that a person chose, whichever
    /// interface that is. None: `url` is not on this machine, and nothing was chosen.
    pub fn chosen(url: &str, at: Option<&str>) -> Option<Self> {
        let Some(at) = at else { return Self::of(url) };
        let (url, at) = (Url::parse(url).ok()?, Url::parse(at).ok()?);
        if !matches!(at.scheme(), "http" | "https") || !at.username().is_empty() || at.password().is_some() {
            return None;
        }
        let hosts = match at.host()? {
            Host::Ipv4(ip) => vec![IpAddr::V4(ip)],
            Host::Ipv6(ip) => vec![IpAddr::V6(ip)],
            Host::Domain("localhost") => vec![IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)],
            Host::Domain(_) => return None,
        };
        let port = at.port_or_known_default().filter(|p| *p != 0)?;
        // whoever leads it here leaves the name as it was, or says ours
        let authority = url[url::Position::BeforeHost..url::Position::AfterPort].to_owned();
        let host = at.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { tls: at.scheme() == "https", host, hosts, port, path: url.path().to_owned(), authority })
    }

    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.hosts.iter().map(|ip| SocketAddr::new(*ip, self.port))
    }

    /// The page's own origin.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_listened_on() {
        let listens = |uri: &str| {
            Place::of(uri).map(|p| (p.addresses().map(|a| a.to_string()).collect::<Vec<_>>().join(" "), p.path))
        };
        for (uri, addresses, path) in [
            ("http://127.0.0.1:8613/cb", "127.0.0.1:8613", "/cb"),
            ("http://[::1]:8613/", "[::1]:8613", "/"),
            ("http://localhost:8613/a/b?tenant=1", "127.0.0.1:8613 [::1]:8613", "/a/b"),
            ("http://127.0.0.1/cb", "127.0.0.1:80", "/cb"),
            ("https://localhost:8613/cb", "127.0.0.1:8613 [::1]:8613", "/cb"),
            ("https://[::1]/cb", "[::1]:443", "/cb"),
        ] {
            assert_eq!(listens(uri), Some((addresses.to_owned(), path.to_owned())), "{uri}");
        }
        for uri in [
            "https://tpp.example:8613/cb",
            "http://127.0.0.2:8613/cb",
            "http://0.0.0.0:8613/cb",
            "http://[::]:8613/cb",
            "http://192.168.1.4:8613/cb",
            "http://localhost.evil.example/cb",
            "http://tpp.example/cb",
            "http://u:p@127.0.0.1:8613/cb",
            "http://127.0.0.1:0/cb",
            "com.tpp.app:/cb",
            "",
        ] {
            assert_eq!(listens(uri), None, "{uri}");
        }
    }

    #[test]
    fn another_interface_is_listened_on_only_where_a_person_says_so() {
        let url = "https://tpp.example/event-notifications";
        assert_eq!(Place::chosen(url, None), None);
        let place = Place::chosen(url, Some("http://0.0.0.0:8614")).unwrap();
        let at: Vec<String> = place.addresses().map(|a| a.to_string()).collect();
        assert_eq!(
            (at, place.path.as_str(), place.authority.as_str()),
            (vec!["0.0.0.0:8614".to_owned()], "/event-notifications", "tpp.example")
        );
        for at in
            ["http://tpp.example:1", "ftp://127.0.0.1:1", "127.0.0.1:1", "http://127.0.0.1:0", "http://a:b@127.0.0.1:1"]
        {
            assert_eq!(Place::chosen(url, Some(at)), None, "{at}");
        }
    }
}
