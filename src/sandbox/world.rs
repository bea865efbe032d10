//! A world: some banks with their authorities, served on loopback for as long as it is kept.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::bank::{Bank, Embedded};
use super::ca::Authority;
use super::clock::{BankClock, Clock};
use super::demo::{Brought, DemoClient};
use super::front::Front;
use super::listener::{serve, serve_plain};
use super::people::People;
use super::tls;
use super::trouble::Switches;

/// Dropping it stops every server and closes every connection.
pub struct World {
    hosts: Vec<(String, SocketAddr)>,
    /// Hosts with pages for a browser, and where it finds them.
    pages: Vec<(&'static str, SocketAddr)>,
    ca_der: Vec<u8>,
    ca_pem: String,
    banks: Vec<Arc<dyn Embedded>>,
    trouble: Switches,
    /// Aborted when dropped.
    servers: JoinSet<()>,
}

impl World {
    /// Makes new authorities, keys and clients, and listens on ephemeral loopback ports.
    ///
    /// Needs a tokio runtime with I/O and time enabled. Certificates are good around what `clock` says now.
    ///
    /// # Errors
    /// When no key can be made or no port be opened.
    pub async fn start(clock: Clock, banks: &[Bank]) -> io::Result<Self> {
        let now = clock();
        Self::of(clock, banks, &Authority::new("Sandbox", now)?, &Arc::new(Authority::new("Demo QTSP", now)?)).await
    }

    /// A world of given authorities, so that tests can issue more of their certificates.
    pub(super) async fn of(
        clock: Clock,
        banks: &[Bank],
        authority: &Authority,
        qtsp: &Arc<Authority>,
    ) -> io::Result<Self> {
        let trouble = Switches::default();
        let bank_clock = BankClock::new(Arc::clone(&clock), trouble.clone());
        let mut world = Self {
            hosts: Vec::new(),
            pages: Vec::new(),
            ca_der: authority.root_der().to_vec(),
            ca_pem: authority.root_pem(),
            banks: Vec::new(),
            trouble: trouble.clone(),
            servers: JoinSet::new(),
        };
        for bank in banks {
            let bank = bank.open(qtsp, bank_clock.clone(), trouble.clone())?;
            for site in Arc::clone(&bank).sites() {
                let name = site.name();
                let tls = tls::server(name, site.handshake, (authority, qtsp), &clock, &trouble)?;
                let front = Front::new(name, site.router, bank_clock.clone(), trouble.clone());
                let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                world.hosts.push((site.host.to_owned(), tcp.local_addr()?));
                world.servers.spawn(serve(tcp, Arc::new(tls), Arc::new(front)));
            }
            if let Some(site) = Arc::clone(&bank).pages() {
                let front = Front::new("127.0.0.1", site.router, bank_clock.clone(), trouble.clone());
                let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
                world.pages.push((site.host, tcp.local_addr()?));
                world.servers.spawn(serve_plain(tcp, Arc::new(front)));
            }
            world.banks.push(bank);
        }
        Ok(world)
    }

    /// Every host of the banks (with its port, where that is not 443), and the loopback address that answers for it.
    pub fn hosts(&self) -> Vec<(String, SocketAddr)> {
        self.hosts.clone()
    }

    /// Where a browser on this machine finds the page that a bank has at `url`. None: no bank has pages there.
    pub fn for_browser(&self, url: &str) -> Option<String> {
        self.pages.iter().find_map(|(host, addr)| {
            let path = url.strip_prefix("https://")?.strip_prefix(host)?;
            path.starts_with('/').then(|| format!("http://{addr}{path}"))
        })
    }

    /// The root that the servers' certificates chain to, DER.
    pub fn ca_der(&self) -> Vec<u8> {
        self.ca_der.clone()
    }

    pub fn ca_pem(&self) -> String {
        self.ca_pem.clone()
    }

    /// The client that a bank of this world knows already, with the keys that a person brings in place of its own. None:
    /// there is no such bank.
    ///
    /// # Errors
    /// When a brought key is none, or no certificate can be made for it.
    pub fn client(&self, bank: &str, brought: &[Brought]) -> io::Result<Option<DemoClient>> {
        self.banks.iter().find(|b| b.id() == bank).map(|b| b.client(brought)).transpose()
    }

    pub fn people(&self) -> People {
        People::new(&self.banks)
    }

    pub fn trouble(&self) -> &Switches {
        &self.trouble
    }

    /// What is served where, for a person: origin and address.
    pub fn describe(&self) -> Vec<(String, String)> {
        let hosts = self.hosts.iter().map(|(host, addr)| (format!("https://{host}"), addr.to_string()));
        let pages = self.pages.iter().map(|(host, addr)| (format!("pages of {host}"), format!("http://{addr}")));
        hosts.chain(pages).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Caller, Hands};
    use super::*;
    use std::time::Duration;
    use tokio::net::TcpStream;

    async fn start() -> (World, Caller, Hands) {
        let hands = Hands::new();
        let world = World::start(hands.clock(), &[Bank::Dnb]).await.unwrap();
        let client = world.client("dnb", &[]).unwrap().unwrap();
        let transport = client.keys.iter().find(|k| k.role == "transport").unwrap();
        let caller = Caller::new(&world.ca_der(), Some((&transport.chain, &transport.pem)), &hands.clock());
        (world, caller, hands)
    }

    #[tokio::test]
    async fn every_host_answers_on_loopback_for_its_own_name() {
        let (world, caller, _hands) = start().await;
        let names: Vec<String> = world.hosts().into_iter().map(|(host, _)| host).collect();
        assert_eq!(names, ["api.ciam.dnb.no", "prevalidation.api.dnb.no"]);
        for (host, addr) in world.hosts() {
            assert!(addr.ip().is_loopback());
            caller.send(addr, &host, ("GET", "/nowhere"), &[], "").await.unwrap().assert_refused(404, "not_found", "");
            assert!(world.describe().contains(&(format!("https://{host}"), addr.to_string())));
        }
        let (_, other) = &world.hosts()[1];
        let wrong_name = caller.send(*other, "api.ciam.dnb.no", ("GET", "/"), &[], "").await.unwrap_err();
        assert!(format!("{wrong_name:?}").contains("NotValidForName"), "{wrong_name:?}");
        assert!(world.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
        assert!(world.client("nobody", &[]).unwrap().is_none() && Bank::named("dnb") == Some(Bank::Dnb));
    }

    #[tokio::test]
    async fn two_worlds_share_nothing() {
        let (one, caller, hands) = start().await;
        let (two, ..) = start().await;
        let (host, addr) = &two.hosts()[0];
        assert!(caller.send(*addr, host, ("GET", "/jwks"), &[], "").await.is_err());
        let [one, two] = [one, two].map(|w| w.client("dnb", &[]).unwrap().unwrap());
        assert_ne!(one.inputs, two.inputs);
        assert_ne!(one.keys[0].pem, two.keys[0].pem);
        drop(hands);
    }

    #[tokio::test]
    async fn dropping_a_world_closes_ports_and_open_connections() {
        let (world, caller, _hands) = start().await;
        let (host, addr) = world.hosts()[0].clone();
        let mut open = caller.connect(addr, &host).await.unwrap();
        drop(world);
        let all_closed = async {
            while TcpStream::connect(addr).await.is_ok() {
                tokio::task::yield_now().await;
            }
            let mut rest = Vec::new();
            let _ = tokio::io::AsyncReadExt::read_to_end(&mut open, &mut rest).await;
        };
        tokio::time::timeout(Duration::from_secs(10), all_closed).await.unwrap();
    }
}
