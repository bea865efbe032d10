//! Exact bytes, bodies cut and whole, answers that are no HTTP.

use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt as _;

use super::support::*;
use crate::flow::exchange::{Completeness, NetPhase, Request};
use crate::net::*;

fn pairs(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

#[tokio::test]
async fn what_is_recorded_is_what_the_server_read_byte_for_byte() {
    let read = Arc::new(Mutex::new(Vec::new()));
    let kept = read.clone();
    let head = b"HTTP/1.1 201 Made It\r\nX-Request-ID: 1\r\nset-cookie: a=1\r\nDate: x\r\nSet-Cookie: b=2\r\nContent-Length: 4\r\n\r\n";
    let server = Server::start(None, move |mut conn| {
        let kept = kept.clone();
        async move {
            let request = read_request(&mut conn).await;
            *kept.lock().unwrap() = request;
            conn.write_all(&[&head[..], b"done"].concat()).await.unwrap();
            until_gone(&mut conn).await;
        }
    })
    .await;
    let request = Request {
        method: "POST".into(),
        url: format!("http://{}/token?a=b%20c#never-sent", server.addr),
        headers: pairs(&[
            ("x-fapi-Interaction-ID", "1"),
            ("ACCEPT", "a"),
            ("Authorization", "Bearer t"),
            ("accept", "b"),
        ]),
        body: b"grant_type=x".to_vec(),
        mtls: None,
    };
    let exchange = open_network().send(&request, &allowed(), None, Limits::default()).await.unwrap();

    let want = format!(
        "POST /token?a=b%20c HTTP/1.1\r\nHost: {}\r\nx-fapi-Interaction-ID: 1\r\nACCEPT: a\r\nAuthorization: Bearer t\r\n\
         accept: b\r\nContent-Length: 12\r\n\r\n",
        server.addr
    );
    assert_eq!(String::from_utf8_lossy(&exchange.request_head), want);
    assert_eq!(exchange.request_body, b"grant_type=x");
    assert_eq!(*read.lock().unwrap(), [want.as_bytes(), b"grant_type=x"].concat());

    let response = exchange.response.clone().unwrap();
    assert_eq!((response.status, response.reason.as_str()), (201, "Made It"));
    assert_eq!(response.head, head);
    let cookies = [("X-Request-ID", "1"), ("set-cookie", "a=1"), ("Date", "x"), ("Set-Cookie", "b=2")];
    assert_eq!(response.headers, pairs(&[&cookies[..], &[("Content-Length", "4")]].concat()));
    assert_eq!((response.body.as_slice(), response.completeness), (&b"done"[..], Completeness::Whole));

    let phases = exchange.phases;
    assert!(phases.dns.is_some() && phases.tcp.is_some() && phases.wait.is_some() && phases.body.is_some());
    assert!(phases.tls.is_none() && exchange.tls.is_none());
    assert_eq!(exchange.peer, Some(server.addr.to_string()));
    let as_reqwest = crate::net::response(&exchange).unwrap();
    assert_eq!(as_reqwest.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(as_reqwest.text().await.unwrap(), "done");
}

#[tokio::test]
async fn a_redirect_comes_back_and_is_not_followed() {
    let elsewhere = Server::says(OK).await;
    let to = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    let server = Server::says(to).await;
    let exchange = plain(&server, Limits::default()).await.unwrap();
    assert_eq!(exchange.response.unwrap().status, 307);
    assert_eq!((server.connections(), elsewhere.connections()), (1, 0));
}

#[tokio::test]
async fn bodies_are_told_apart_as_whole_and_cut() {
    use Completeness::{Incomplete, Whole};
    for (wire, body, completeness) in [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "hi", Whole),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more", "hi", Whole),
        ("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", "hi", Incomplete),
        ("HTTP/1.1 200 OK\r\n\r\nto the end", "to the end", Whole),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\nabc", "", Whole),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: r\r\n\r\n",
            "abcde",
            Whole,
        ),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n9\r\nde", "abcde", Incomplete),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "abc", Incomplete),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f_no", "", Incomplete),
        ("HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\n????", "????", Whole),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", Whole),
    ] {
        let exchange = plain(&Server::says(wire).await, Limits::default()).await.unwrap();
        let response = exchange.response.unwrap();
        let got = (String::from_utf8_lossy(&response.body).into_owned(), response.completeness);
        assert_eq!(got, (body.to_owned(), completeness), "{wire:?}");
        assert!(response.head.starts_with(b"HTTP/1.1 20"));
    }
}

#[tokio::test]
async fn a_broken_chunk_is_an_error_that_keeps_what_came() {
    for chunk in ["-1\r\nabc\r\n", "zz\r\nabc", "fffffffffffffffff\r\n", "3\r\nabcX\r\n"] {
        let wire = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n{chunk}");
        let error = plain(&Server::says(wire).await, Limits::default()).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), ("net.malformed", NetPhase::Body, true), "{chunk:?}");
        let response = error.partial.unwrap().response.unwrap();
        assert!(response.body.starts_with(b"ok"), "{chunk:?}");
        assert_eq!(response.completeness, Completeness::Incomplete);
    }
}

#[tokio::test]
async fn what_is_no_http_is_named_and_nothing_of_it_repeated() {
    for wire in [
        "s3cret nonsense\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\ns3cret header without colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: s3cret\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ] {
        let error = plain(&Server::says(wire).await, Limits::default()).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), ("net.malformed", NetPhase::Wait, true), "{wire:?}");
        assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        assert!(error.partial.unwrap().response.is_none());
    }
}

#[tokio::test]
async fn a_server_that_leaves_before_a_whole_head_is_an_error() {
    for wire in ["", "HTTP/1.1 200 OK\r\nA: b\r\n"] {
        let error = plain(&Server::says(wire).await, Limits::default()).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), ("net.closed", NetPhase::Wait, true));
        assert!(!error.partial.unwrap().request_head.is_empty());
    }
}

#[tokio::test]
async fn an_early_answer_is_heard_although_the_body_was_not_read() {
    let server = Server::start(None, |mut conn| async move {
        use tokio::io::AsyncReadExt as _;
        conn.read_u8().await.unwrap();
        conn.write_all(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").await.unwrap();
    })
    .await;
    let request = Request { method: "POST".into(), body: vec![b'x'; 8 << 20], ..get(&server.url()) };
    let exchange = open_network().send(&request, &allowed(), None, Limits::default()).await.unwrap();
    assert_eq!(exchange.response.unwrap().status, 413);
    assert!(exchange.request_body.len() < 8 << 20, "only what was sent is recorded");
}

#[tokio::test]
async fn nothing_is_opened_for_a_host_that_is_not_allowed() {
    let server = Server::says(OK).await;
    let only_bank = Allowed::new([HOST]).unwrap();
    for (url, id) in [
        (server.url(), "net.host-not-allowed"),
        (format!("https://{}/?token=s3cret", server.addr), "net.host-not-allowed"),
        (format!("http://{HOST}/"), "net.not-https"),
        ("https://user:s3cret@api.bank.example/".into(), "net.request"),
    ] {
        let error = open_network().send(&get(&url), &only_bank, None, Limits::default()).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), (id, NetPhase::Refused, false), "{url}");
        assert!(error.partial.is_none() && !format!("{error:?}").contains("s3cret"));
    }
    let bank = Authority::new("Sandbox");
    let sandbox = closed_network(server.addr, &bank);
    let error = sandbox.send(&get(&server.url()), &allowed(), None, Limits::default()).await.unwrap_err();
    assert_eq!((error.id, error.phase), ("net.not-in-sandbox", NetPhase::Refused));
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn a_closed_port_is_refused_by_name() {
    let silent = tokio::net::TcpSocket::new_v4().unwrap();
    silent.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = silent.local_addr().unwrap();
    let error = open_network().send(&get(&format!("http://{addr}/")), &allowed(), None, Limits::default()).await;
    let error = error.unwrap_err();
    assert_eq!((error.id, error.phase, error.sent), ("net.refused", NetPhase::Connect, false));
    assert!(error.text.contains(&addr.to_string()) && !error.hint.is_empty());
}

#[tokio::test]
async fn a_document_is_fetched_whole_or_not_at_all() {
    let network = open_network();
    let server = Server::says("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}").await;
    let got = network.fetch(&server.url()).await.unwrap();
    assert_eq!(
        (got.status, got.content_type.as_deref(), got.body.as_slice()),
        (200, Some("application/json"), &b"{}"[..])
    );

    let elsewhere = Server::says(OK).await;
    let to = format!("HTTP/1.1 302 Found\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", elsewhere.url());
    assert_eq!(network.fetch(&Server::says(to).await.url()).await.unwrap().status, 302);
    assert_eq!(elsewhere.connections(), 0);

    let large = format!("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n{}", "x".repeat(2_000_000));
    assert_eq!(network.fetch(&Server::says(large).await.url()).await.unwrap_err().id, "net.too-large");
    let cut = Server::says("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n").await;
    let error = network.fetch(&format!("{}?code=s3cret", cut.url())).await.unwrap_err();
    assert_eq!(error.id, "net.io");
    assert!(!format!("{error:?}").contains("s3cret"));
    assert_eq!(network.fetch("http://bank.example/").await.unwrap_err().id, "net.not-https");
}
