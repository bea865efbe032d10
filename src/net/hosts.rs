//! Where host names lead, when that is not what the resolver says: in a sandbox environment the profile's hosts are answered
//! by the embedded bank on this machine, with certificates for those names from its own authority.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::fault::{Fault, shown};
use super::target::Target;

/// Host names (or `host:port`, which goes before the plain name) that lead to a fixed address.
#[derive(Clone, Debug, Default)]
pub struct HostMap {
    entries: BTreeMap<String, MappedHost>,
    closed: bool,
}

/// One host of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedHost {
    pub addr: SocketAddr,
    /// Certificates trusted as issuers for this host, DER.
    pub anchors: Vec<Vec<u8>>,
    /// Whether the system's authorities and the configured ones are left out for this host.
    pub only_these_anchors: bool,
}

impl HostMap {
    /// Every other host is resolved as usual.
    pub fn open() -> Self {
        Self::default()
    }

    /// No other host can be reached: what a sandbox environment uses.
    pub fn closed() -> Self {
        Self { closed: true, ..Self::default() }
    }

    /// `host` as in a URL, in any case.
    #[must_use]
    pub fn with(mut self, host: &str, to: MappedHost) -> Self {
        self.entries.insert(host.to_ascii_lowercase(), to);
        self
    }

    pub(super) fn find(&self, target: &Target) -> Result<Option<&MappedHost>, Fault> {
        let with_port = format!("{}:{}", target.host, target.port);
        match self.entries.get(&with_port).or_else(|| self.entries.get(&target.host)) {
            None if self.closed => {
                let text = format!("{} is not a host of this sandbox; nothing was sent", shown(&target.authority()));
                Err(Fault::new("net.not-in-sandbox", text, "a sandbox reaches the embedded bank and nothing else"))
            }
            found => Ok(found),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &MappedHost)> {
        self.entries.iter().map(|(k, v)| (k.as_str(), v))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(port: u16) -> MappedHost {
        MappedHost { addr: SocketAddr::from(([127, 0, 0, 1], port)), anchors: vec![], only_these_anchors: true }
    }

    #[test]
    fn the_entry_with_the_port_goes_first_and_a_closed_map_ends_there() {
        let map = HostMap::closed().with("API.bank.example", to(1)).with("api.bank.example:8443", to(2));
        let port = |url| map.find(&Target::parse(url).unwrap()).map(|m| m.map(|m| m.addr.port()));
        assert_eq!(port("https://api.bank.example/").ok(), Some(Some(1)));
        assert_eq!(port("https://api.bank.example:8443/").ok(), Some(Some(2)));
        assert_eq!(port("https://other.example/").map_err(|f| f.id).err(), Some("net.not-in-sandbox"));
        assert!(matches!(HostMap::open().find(&Target::parse("https://other.example/").unwrap()), Ok(None)));
    }
}
