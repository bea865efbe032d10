//! Dropping an exchange closes its socket within 250 ms, in whichever phase it is. The far end tells when.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt as _;
use tokio::sync::{mpsc, oneshot};

use super::support::*;
use crate::flow::exchange::Request;
use crate::net::*;

const AT_MOST: Duration = Duration::from_secs(3);

/// Starts the exchange, drops it once the other side says that it is where it should be, and waits for the other side to
/// see the end.
async fn drop_when_ready<F>(exchange: F, ready: oneshot::Receiver<()>, gone: oneshot::Receiver<()>) -> Duration
where
    F: Future + Send,
{
    let mut exchange = Box::pin(exchange);
    tokio::select! {
        _ = &mut exchange => panic!("it ended by itself"),
        told = ready => told.unwrap(),
    }
    let dropped = Instant::now();
    drop(exchange);
    gone.await.unwrap();
    dropped.elapsed()
}

/// A server that comes to a point, says so, and then tells when the client is gone.
async fn stops_at<F, Fut>(
    tls: Option<std::sync::Arc<rustls::ServerConfig>>,
    reach: F,
) -> (Server, oneshot::Receiver<()>, oneshot::Receiver<()>)
where
    F: Fn(Conn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Conn> + Send + 'static,
{
    let ((ready, is_ready), (gone, is_gone)) = (oneshot::channel(), oneshot::channel());
    let tell = std::sync::Mutex::new(Some((ready, gone)));
    let server = Server::start(tls, move |conn| {
        let reached = reach(conn);
        let (ready, gone) = tell.lock().unwrap().take().unwrap();
        async move {
            let mut conn = reached.await;
            ready.send(()).unwrap();
            until_gone(&mut conn).await;
            let _ = gone.send(());
        }
    })
    .await;
    (server, is_ready, is_gone)
}

#[tokio::test]
async fn while_the_name_is_looked_up() {
    #[derive(Debug)]
    struct Never(mpsc::UnboundedSender<oneshot::Sender<()>>);
    impl crate::net::dial::Resolve for Never {
        fn resolve(
            &self,
            _: String,
            _: u16,
        ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<std::net::SocketAddr>>> {
            let began = self.0.clone();
            Box::pin(async move {
                let (alive, dropped) = oneshot::channel::<()>();
                let (tell, _keep) = oneshot::channel();
                began.send(tell).unwrap();
                // Lives as long as the look-up is wanted.
                let _alive = alive;
                let _ = dropped.await;
                Ok(vec![])
            })
        }
    }
    let (began, mut is_begun) = mpsc::unbounded_channel();
    let config = NetConfig::new(std::sync::Arc::new(crate::clock::SystemClock));
    let network = Network::with_resolver(config, std::sync::Arc::new(Never(began))).unwrap();
    let mut exchange = Box::pin(secure(&network, None));
    let mut look_up = tokio::select! {
        _ = &mut exchange => panic!("it ended by itself"),
        look_up = is_begun.recv() => look_up.unwrap(),
    };
    let dropped = Instant::now();
    drop(exchange);
    look_up.closed().await;
    assert!(dropped.elapsed() < AT_MOST, "{:?}", dropped.elapsed());
}

/// Whether a socket of this process still tries to reach that port, by the kernel's own table.
#[cfg(target_os = "linux")]
fn syn_sent(port: u16) -> bool {
    let table = std::fs::read_to_string("/proc/self/net/tcp").unwrap();
    let remote = format!(":{port:04X}");
    table
        .lines()
        .filter_map(|l| l.split_whitespace().nth(2).zip(l.split_whitespace().nth(3)))
        .any(|(to, state)| to.ends_with(&remote) && state == "02")
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn while_tcp_connects() {
    // A listener whose queue is full leaves further attempts unanswered.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(Ok(one)) = tokio::time::timeout(Duration::from_millis(50), tokio::net::TcpStream::connect(addr)).await
    {
        queued.push(one);
    }
    let url = format!("http://{addr}/");
    let (network, request, hosts) = (open_network(), get(&url), allowed());
    let mut exchange = Box::pin(network.send(&request, &hosts, None, Limits::default()));
    let trying = async {
        while !syn_sent(addr.port()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = &mut exchange => panic!("it ended by itself"),
        () = trying => {}
    }
    let dropped = Instant::now();
    drop(exchange);
    while syn_sent(addr.port()) {
        assert!(dropped.elapsed() < AT_MOST);
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn while_tls_is_agreed() {
    let (server, ready, gone) = stops_at(None, |mut conn| async move {
        let mut hello = [0; 5];
        tokio::io::AsyncReadExt::read_exact(&mut conn, &mut hello).await.unwrap();
        conn
    })
    .await;
    let network = closed_network(server.addr, &Authority::new("A"));
    let took = drop_when_ready(secure(&network, None), ready, gone).await;
    assert!(took < AT_MOST, "{took:?}");
}

fn tls() -> (Authority, std::sync::Arc<rustls::ServerConfig>) {
    let bank = Authority::new("A");
    let config = config(bank.server(&[HOST], |_| ()), None, BOTH);
    (bank, config)
}

#[tokio::test]
async fn while_the_request_is_sent() {
    let (bank, config) = tls();
    let (server, ready, gone) = stops_at(Some(config), |mut conn| async move {
        // The rest of the body is not read: it fills the buffers and stands.
        tokio::io::AsyncReadExt::read_u8(&mut conn).await.unwrap();
        conn
    })
    .await;
    let network = closed_network(server.addr, &bank);
    let request = Request { method: "POST".into(), body: vec![0; 64 << 20], ..get(&format!("https://{HOST}/")) };
    let hosts = allowed();
    let took = drop_when_ready(network.send(&request, &hosts, None, Limits::default()), ready, gone).await;
    assert!(took < AT_MOST, "{took:?}");
}

#[tokio::test]
async fn while_the_answer_is_waited_for() {
    let (bank, config) = tls();
    let (server, ready, gone) = stops_at(Some(config), |mut conn| async move {
        read_request(&mut conn).await;
        conn
    })
    .await;
    let network = closed_network(server.addr, &bank);
    let took = drop_when_ready(secure(&network, None), ready, gone).await;
    assert!(took < AT_MOST, "{took:?}");
}

#[tokio::test]
async fn while_the_body_comes() {
    let (bank, config) = tls();
    let (server, ready, gone) = stops_at(Some(config), |mut conn| async move {
        read_request(&mut conn).await;
        conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await.unwrap();
        conn.flush().await.unwrap();
        conn
    })
    .await;
    let network = closed_network(server.addr, &bank);
    let took = drop_when_ready(secure(&network, None), ready, gone).await;
    assert!(took < AT_MOST, "{took:?}");
}
