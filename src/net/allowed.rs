//! The hosts a profile may be called at. Nothing is ever sent anywhere else.

use url::Host;

use super::fault::{Fault, shown};
use super::target::Target;
use crate::flow::exchange::NetError;

/// A profile's allow list. An entry is `host` (the scheme's own port; on this machine any port) or `host:port`. Names are
/// exact: no wildcards, no suffixes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed(Vec<(String, Option<u16>)>);

impl Allowed {
    /// # Errors
    /// `net.request` for an entry that is no host.
    pub fn new<S: AsRef<str>>(hosts: impl IntoIterator<Item = S>) -> Result<Self, NetError> {
        hosts.into_iter().map(|h| entry(h.as_ref()).map_err(Fault::refused)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a person's browser may be sent there: the profile's own hosts, over https or to this machine.
    ///
    /// # Errors
    /// `net.request`, `net.not-https`, `net.host-not-allowed`.
    pub fn opens(&self, url: &str) -> Result<(), NetError> {
        Target::parse(url).and_then(|target| self.check(&target)).map_err(Fault::refused)
    }

    pub(super) fn check(&self, target: &Target) -> Result<(), Fault> {
        let fits = |(host, port): &(String, Option<u16>)| {
            *host == target.host && port.map_or(target.loopback || target.default_port(), |p| p == target.port)
        };
        if self.0.iter().any(fits) {
            return Ok(());
        }
        let name = shown(&target.authority());
        let text = format!("{name} is not among the profile's hosts; nothing was sent");
        Err(Fault::new(
            "net.host-not-allowed",
            text,
            format!("if it is the bank's, add “{name}” to the profile's hosts"),
        ))
    }
}

fn entry(text: &str) -> Result<(String, Option<u16>), Fault> {
    let bad = || {
        let text = format!("“{}” is not a host", shown(text));
        Fault::new("net.request", text, "an entry of the host list is HOST or HOST:PORT, without a scheme or path")
    };
    // An IPv6 address without brackets has more than one colon and no port.
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if host.ends_with(']') || !host.contains(':') => {
            (host, Some(port.parse().map_err(|_| bad())?))
        }
        _ => (text, None),
    };
    let bracketed = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    Host::parse(&bracketed).map(|h| (h.to_string(), port)).map_err(|_| bad())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(list: &[&str], url: &str) -> bool {
        Allowed::new(list).unwrap().check(&Target::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn names_are_exact_and_ports_are_meant() {
        let list = ["api.bank.example", "mtls.bank.example:8443", "127.0.0.1", "::1"];
        for url in [
            "https://api.bank.example/x",
            "https://API.BANK.example:443/",
            "https://mtls.bank.example:8443/",
            "http://127.0.0.1:4711/",
            "http://[::1]:4711/",
        ] {
            assert!(allowed(&list, url), "{url}");
        }
        for url in [
            "https://api.bank.example:8443/",
            "https://mtls.bank.example/",
            "https://evil.example/api.bank.example",
            "https://api.bank.example.evil.example/",
            "https://x.api.bank.example/",
            "https://api.bank.example./",
            "http://localhost/",
        ] {
            assert!(!allowed(&list, url), "{url}");
        }
    }

    #[test]
    fn what_is_no_host_is_no_entry() {
        for text in ["", "https://bank.example", "bank.example/x", "bank.example:x", "a b", "user@bank.example"] {
            assert!(Allowed::new([text]).is_err(), "{text:?}");
        }
    }
}
