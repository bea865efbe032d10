//! From a host name to a TCP connection: all addresses, the next one started when the last is slow (RFC 8305 §5).

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::fault::{Fault, shown};
use crate::flow::exchange::NetPhase;

/// Turns names into addresses.
pub(super) trait Resolve: fmt::Debug + Send + Sync {
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// The operating system's resolver. A look-up that is given up goes on in a thread of its own until the system ends it.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, host: String, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

pub(super) async fn addresses(resolver: &dyn Resolve, host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
    let none = |why: &str| {
        let text = format!("no address was found for {}{why}", shown(host));
        Fault::new("net.dns", text, "check the spelling of the host, and whether this machine is online")
            .at(NetPhase::Dns)
    };
    match resolver.resolve(host.to_owned(), port).await {
        Ok(found) if found.is_empty() => Err(none("")),
        Ok(found) => Ok(found),
        // The resolver's message names a cause (“Name or service not known”), never more than the host.
        Err(e) => Err(none(&format!(": {}", shown(&e.to_string())))),
    }
}

/// How long an address has before the next one is tried beside it (RFC 8305 §8).
const HEAD_START: Duration = Duration::from_millis(250);

/// The first address that answers. Dropping this closes every attempt.
pub(super) async fn connect(addrs: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Fault> {
    let mut waiting = interleaved(addrs).into_iter();
    let mut trying = FuturesUnordered::new();
    let mut failed: Vec<(SocketAddr, io::Error)> = Vec::new();
    loop {
        let more = waiting.next();
        let last = more.is_none();
        if let Some(addr) = more {
            trying.push(async move { (addr, TcpStream::connect(addr).await) });
        }
        let next = async {
            if last {
                return trying.next().await;
            }
            // Slow: the next address starts, this attempt goes on.
            tokio::time::timeout(HEAD_START, trying.next()).await.unwrap_or(None)
        };
        match next.await {
            Some((addr, Ok(stream))) => {
                // Otherwise a head and a small body may wait for each other's acknowledgement. Without effect on truth.
                let _ = stream.set_nodelay(true);
                return Ok((stream, addr));
            }
            Some((addr, Err(error))) => failed.push((addr, error)),
            None if last => return Err(unreachable(&failed)),
            None => {}
        }
    }
}

/// Families in turn, beginning with the resolver's first: a family that leads nowhere costs one head start.
fn interleaved(addrs: &[SocketAddr]) -> Vec<SocketAddr> {
    let first_is_v6 = addrs.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (Vec<_>, Vec<_>) = addrs.iter().copied().partition(|a| a.is_ipv6() == first_is_v6);
    let mut out = Vec::with_capacity(addrs.len());
    one.reverse();
    other.reverse();
    while !one.is_empty() || !other.is_empty() {
        out.extend(one.pop());
        out.extend(other.pop());
    }
    out
}

fn unreachable(failed: &[(SocketAddr, io::Error)]) -> Fault {
    let where_: Vec<String> = failed.iter().take(4).map(|(a, _)| a.to_string()).collect();
    let where_ = where_.join(", ");
    let refused = failed.iter().any(|(_, e)| e.kind() == io::ErrorKind::ConnectionRefused);
    let fault = if refused {
        let text = format!("the connection to {where_} was refused");
        Fault::new("net.refused", text, "nothing listens on that port; check host and port, or start the server")
    } else {
        let why = failed.last().map(|(_, e)| e.kind().to_string()).unwrap_or_default();
        Fault::new("net.unreachable", format!("{where_} cannot be reached: {why}"), "check the network of this machine")
    };
    fault.at(NetPhase::Connect)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let a: Vec<SocketAddr> = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"].map(|a| a.parse().unwrap()).into();
        let order: Vec<String> = interleaved(&a).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]);
    }

    #[tokio::test]
    async fn a_refusing_address_gives_way_to_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Bound and not listening: nobody else gets the port, and nobody answers there.
        let silent = tokio::net::TcpSocket::new_v4().unwrap();
        silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let dead = silent.local_addr().unwrap();
        let live = listener.local_addr().unwrap();
        assert_eq!(connect(&[dead, live]).await.unwrap().1, live);
        assert_eq!(connect(&[dead]).await.unwrap_err().id, "net.refused");
    }
}
