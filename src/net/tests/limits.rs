//! Slow, silent and oversized servers.

use std::io::Write as _;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use super::support::*;
use crate::flow::exchange::{Completeness, NetError, NetPhase};
use crate::net::*;

fn gone(error: &NetError) -> (&'static str, NetPhase, bool) {
    (error.id, error.phase, error.sent)
}

/// A server that says this and then nothing, with the connection open.
async fn then_silent(said: &'static str) -> Server {
    Server::start(None, move |mut conn| async move {
        read_request(&mut conn).await;
        conn.write_all(said.as_bytes()).await.unwrap();
        until_gone(&mut conn).await;
    })
    .await
}

/// Short enough not to be felt, long enough for loopback.
fn short() -> Limits {
    Limits { idle: Duration::from_millis(150), ..Limits::default() }
}

#[tokio::test]
async fn silence_is_a_timeout_of_the_phase_it_fell_in() {
    let error = plain(&then_silent("").await, short()).await.unwrap_err();
    assert_eq!(gone(&error), ("net.timeout.read", NetPhase::Wait, true));
    let error = plain(&then_silent("HTTP/1.1 200 OK\r\nA: b").await, short()).await.unwrap_err();
    assert_eq!(gone(&error), ("net.timeout.read", NetPhase::Wait, true));
    assert!(error.partial.unwrap().response.is_none());

    let error =
        plain(&then_silent("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await, short()).await.unwrap_err();
    assert_eq!(gone(&error), ("net.timeout.read", NetPhase::Body, true));
    let response = error.partial.unwrap().response.unwrap();
    assert_eq!((response.body.as_slice(), response.completeness), (&b"half"[..], Completeness::Incomplete));
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_in_tls_is_a_connect_timeout() {
    let server = then_silent("").await;
    let network = closed_network(server.addr, &Authority::new("A"));
    let url = format!("https://{HOST}/");
    let limits = Limits { connect: Duration::from_millis(150), ..Limits::default() };
    let error = network.send(&get(&url), &allowed(), None, limits).await.unwrap_err();
    assert_eq!(gone(&error), ("net.timeout.connect", NetPhase::Tls, false));
    assert_eq!(error.partial.unwrap().peer, Some(server.addr.to_string()));
}

#[tokio::test]
async fn one_byte_at_a_time_ends_at_the_total_limit() {
    let server = Server::start(None, |mut conn| async move {
        read_request(&mut conn).await;
        conn.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n").await.unwrap();
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while conn.write_all(b"x").await.is_ok() {
            tick.tick().await;
        }
    })
    .await;
    let limits = Limits { total: Duration::from_millis(300), ..short() };
    let began = Instant::now();
    let error = plain(&server, limits).await.unwrap_err();
    assert_eq!(gone(&error), ("net.timeout.total", NetPhase::Body, true));
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(error.partial.unwrap().response.unwrap().body.starts_with(b"x"));
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_told_as_such() {
    #[derive(Debug)]
    struct NoName;
    impl crate::net::dial::Resolve for NoName {
        fn resolve(
            &self,
            _: String,
            _: u16,
        ) -> futures_util::future::BoxFuture<'static, std::io::Result<Vec<std::net::SocketAddr>>> {
            Box::pin(async { Err(std::io::Error::other("Name or service not known")) })
        }
    }
    let config = NetConfig::new(std::sync::Arc::new(crate::clock::SystemClock));
    let network = Network::with_resolver(config, std::sync::Arc::new(NoName)).unwrap();
    let error = secure(&network, None).await.unwrap_err();
    assert_eq!(gone(&error), ("net.dns", NetPhase::Dns, false));
    assert!(error.text.contains(HOST) && error.text.contains("not known"));
}

#[tokio::test]
async fn the_first_part_of_a_long_body_is_kept() {
    let limits = Limits { body: 1000, ..Limits::default() };
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n{}", "x".repeat(5_000_000));
    let response = plain(&Server::says(long).await, limits).await.unwrap().response.unwrap();
    assert_eq!((response.body.len(), response.completeness), (1000, Completeness::OverLimit));
    let exact = format!("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{}", "x".repeat(1000));
    let response = plain(&Server::says(exact).await, limits).await.unwrap().response.unwrap();
    assert_eq!((response.body.len(), response.completeness), (1000, Completeness::Whole));
}

#[tokio::test]
async fn a_compressed_bomb_stops_at_the_limit() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..64 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", bomb.len());
    let limits = Limits { body: 1 << 20, ..Limits::default() };
    let server = Server::says([head.into_bytes(), bomb].concat()).await;
    let response = plain(&server, limits).await.unwrap().response.unwrap();
    assert_eq!((response.body.len(), response.completeness), (1 << 20, Completeness::OverLimit));
}

#[tokio::test]
async fn too_many_headers_or_too_long_ones_are_refused() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(10_000));
    let long = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "x".repeat(1 << 20));
    let storm = "HTTP/1.1 100 Continue\r\n\r\n".repeat(100_000);
    let just_over = format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(257));
    for wire in [many, long, storm, just_over] {
        let error = plain(&Server::says(wire).await, Limits::default()).await.unwrap_err();
        assert_eq!(gone(&error), ("net.head-too-large", NetPhase::Wait, true));
    }
    let just_right = format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{}\r\n", "A: b\r\n".repeat(255));
    let response = plain(&Server::says(just_right).await, Limits::default()).await.unwrap().response.unwrap();
    assert_eq!(response.headers.len(), 256);
}
