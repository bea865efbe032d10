//! Connections: accepted on loopback, each with its handshake and its requests in a task of its own, so that a slow
//! or silent client holds up nobody. Dropping the future of [`serve`] ends them all.

use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::front::Front;
use super::peer::Peer;
use super::wire::Wire;

/// Longer than any handshake on loopback takes.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a refused client has to read why.
const FAREWELL: Duration = Duration::from_secs(2);

/// Accepts until dropped.
pub(super) async fn serve(tcp: TcpListener, tls: Arc<ServerConfig>, front: Arc<Front>) {
    let acceptor = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = tcp.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, acceptor.clone(), Arc::clone(&front)));
                }
                // Out of descriptors, most likely: let some connections end first.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The same without TLS, for a browser on this machine.
pub(super) async fn serve_plain(tcp: TcpListener, front: Arc<Front>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = tcp.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(plain(stream, Arc::clone(&front)));
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn plain(stream: TcpStream, front: Arc<Front>) {
    let (wire, scissors) = Wire::new(stream);
    let service = service_fn(move |request| {
        let (front, scissors) = (Arc::clone(&front), scissors.clone());
        async move { front.answer(request, &scissors).await }
    });
    let _ = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(wire), service).await;
}

/// One connection from handshake to close. A failure is the client's to notice.
async fn connection(stream: TcpStream, acceptor: TlsAcceptor, front: Arc<Front>) {
    // Without it an answer in two writes waits for a delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let (wire, scissors) = Wire::new(stream);
    let stream = match timeout(HANDSHAKE, acceptor.accept(wire).into_fallible()).await {
        Ok(Ok(stream)) => stream,
        Ok(Err((_, wire))) => return farewell(wire).await,
        Err(_) => return,
    };
    let peer = Peer::of(stream.get_ref().1);
    let service = service_fn(move |mut request| {
        let (front, scissors) = (Arc::clone(&front), scissors.clone());
        request.extensions_mut().insert(peer.clone());
        async move { front.answer(request, &scissors).await }
    });
    let _ = http1::Builder::new().auto_date_header(false).serve_connection(TokioIo::new(stream), service).await;
}

/// Ends a refused handshake so that the alert arrives. In TLS 1.3 the client has sent its request by then; closing on
/// unread bytes would reset the connection and take the alert with it.
async fn farewell(mut wire: Wire) {
    let _ = wire.shutdown().await;
    let mut rest = [0; 4096];
    let drain = async { while wire.read(&mut rest).await.is_ok_and(|n| n > 0) {} };
    let _ = timeout(FAREWELL, drain).await;
}

#[cfg(test)]
mod tests {
    use super::super::ca::{Authority, Issued};
    use super::super::clock::BankClock;
    use super::super::qc::QcType;
    use super::super::testing::{Caller, Hands, NOW, Reply};
    use super::super::tls::{self, Handshake};
    use super::super::trouble::{Switches, Trouble};
    use super::*;
    use axum::routing::{get, post};
    use axum::{Extension, Router};
    use rustls::AlertDescription;
    use std::io;
    use std::net::SocketAddr;
    use tokio::time::Instant;

    const HOST: &str = "api.bank.example";

    struct Rig {
        addr: SocketAddr,
        hands: Hands,
        trouble: Switches,
        servers: Authority,
        qtsp: Authority,
        _server: JoinSet<()>,
    }

    impl Rig {
        async fn start() -> Self {
            let (hands, trouble) = (Hands::new(), Switches::default());
            let (servers, qtsp) = (Authority::new("S", NOW).unwrap(), Authority::new("Q", NOW).unwrap());
            let config = tls::server(HOST, Handshake::Mutual, (&servers, &qtsp), &hands.clock(), &trouble).unwrap();
            let who = |Extension(peer): Extension<Peer>| async move { peer.certificate().unwrap().x5t() };
            let router = Router::new().route("/who", get(who)).route("/form", post(|| async { "" }));
            let front = Front::new(HOST, router, BankClock::new(hands.clock(), trouble.clone()), trouble.clone());
            let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = tcp.local_addr().unwrap();
            let mut server = JoinSet::new();
            server.spawn(serve(tcp, Arc::new(config), Arc::new(front)));
            Self { addr, hands, trouble, servers, qtsp, _server: server }
        }

        fn caller(&self, identity: Option<&Issued>) -> Caller {
            let identity = identity.map(|i| (&i.chain[..], &i.key_pem));
            Caller::new(self.servers.root_der(), identity, &self.hands.clock())
        }

        async fn get(&self, path: &str, headers: &[(&str, &str)]) -> io::Result<Reply> {
            let seal = self.qtsp.client(QcType::Seal).unwrap();
            self.caller(Some(&seal)).send(self.addr, HOST, ("GET", path), headers, "").await
        }
    }

    #[tokio::test]
    async fn the_bank_sees_the_certificate_that_was_proved() {
        let rig = Rig::start().await;
        for kind in [QcType::Seal, QcType::Web] {
            let mine = rig.qtsp.client(kind).unwrap();
            for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
                let identity = Some((&mine.chain[..], &mine.key_pem));
                let caller = Caller::with_versions(rig.servers.root_der(), identity, &rig.hands.clock(), versions);
                let reply = caller.send(rig.addr, HOST, ("GET", "/who"), &[], "").await.unwrap();
                let expected = super::super::peer::Fingerprint::of(&mine.chain[0]).x5t();
                assert_eq!((reply.status, &reply.body[..]), (200, expected.as_bytes()));
            }
        }
    }

    #[tokio::test]
    async fn a_handshake_without_a_certificate_ends_in_an_alert_that_says_so() {
        let rig = Rig::start().await;
        assert_eq!(rig.caller(None).alert(rig.addr, HOST).await, AlertDescription::CertificateRequired);
    }

    #[tokio::test]
    async fn certificates_of_strangers_expired_ones_and_server_ones_end_in_an_alert() {
        let rig = Rig::start().await;
        let stranger = Authority::new("Elsewhere", NOW).unwrap().client(QcType::Seal).unwrap();
        let impostor = Authority::new("Q", NOW).unwrap().client(QcType::Seal).unwrap();
        for (identity, alert) in [
            (stranger, AlertDescription::UnknownCA),
            (impostor, AlertDescription::DecryptError),
            (rig.qtsp.expired_client().unwrap(), AlertDescription::CertificateExpired),
            (rig.qtsp.server("tpp.example").unwrap(), AlertDescription::UnsupportedCertificate),
        ] {
            assert_eq!(rig.caller(Some(&identity)).alert(rig.addr, HOST).await, alert);
        }
        let chain = rig.qtsp.client(QcType::Seal).unwrap();
        rig.hands.forward(100 * 86_400);
        let unaware = Caller::new(rig.servers.root_der(), Some((&chain.chain, &chain.key_pem)), &Hands::new().clock());
        assert_eq!(unaware.alert(rig.addr, HOST).await, AlertDescription::CertificateExpired);
    }

    #[tokio::test]
    async fn a_silent_client_holds_up_nobody() {
        let rig = Rig::start().await;
        let _silent = TcpStream::connect(rig.addr).await.unwrap();
        assert_eq!(rig.get("/who", &[]).await.unwrap().status, 200);
    }

    #[tokio::test]
    async fn every_answer_carries_the_date_of_the_clock_and_is_not_cached() {
        let rig = Rig::start().await;
        for path in ["/who", "/nowhere"] {
            let reply = rig.get(path, &[]).await.unwrap();
            assert_eq!(reply.header("date"), "Mon, 21 Sep 2026 14:13:20 GMT");
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }

    #[tokio::test]
    async fn unknown_paths_methods_and_hosts_are_answered_in_json() {
        let rig = Rig::start().await;
        rig.get("/nowhere", &[]).await.unwrap().assert_refused(404, "not_found", "path");
        let reply = rig.get("/form", &[]).await.unwrap();
        reply.assert_refused(405, "method_not_allowed", "method");
        assert_eq!(reply.header("allow"), "POST");
        let host = |value| [("host", value)];
        rig.get("/who", &host("evil.example")).await.unwrap().assert_refused(421, "misdirected_request", "host");
        assert_eq!(rig.get("/who", &host("API.bank.example:8443")).await.unwrap().status, 200);
    }

    #[tokio::test]
    async fn trouble_is_met_while_it_is_on() {
        let rig = Rig::start().await;
        rig.trouble.on(Trouble::Status503);
        let reply = rig.get("/who", &[]).await.unwrap();
        reply.assert_refused(503, "temporarily_unavailable", "maintenance");
        assert_eq!(reply.header("retry-after"), "5");

        rig.trouble.on(Trouble::Reset);
        let error = rig.get("/who", &[]).await.unwrap_err();
        let shown = format!("{error:?}");
        assert!(shown.contains("ConnectionReset"), "{shown}");
        rig.trouble.clear();

        rig.trouble.on(Trouble::ClockSkew(-600));
        assert_eq!(rig.get("/who", &[]).await.unwrap().header("date"), "Mon, 21 Sep 2026 14:03:20 GMT");

        rig.trouble.on(Trouble::Slow(40));
        let before = Instant::now();
        assert_eq!(rig.get("/who", &[]).await.unwrap().status, 200);
        assert!(before.elapsed() >= Duration::from_millis(40));

        rig.trouble.on(Trouble::ExpiredCertificate);
        let error = rig.get("/who", &[]).await.unwrap_err();
        assert!(format!("{error:?}").contains("Expired"), "{error:?}");

        rig.trouble.clear();
        assert_eq!(rig.get("/who", &[]).await.unwrap().status, 200);
    }
}
