//! Rows O15 and O17 of abuse, over real sockets: whatever is sent to the port, the true answer is still taken.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;
use crate::flow::callback::Mode;
use crate::secret::Secret;

const STATE: &str = "hWq3nT0kq1xQv4b2Jr8c7A";

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn asked(port: u16) -> Authorization {
    Authorization {
        url: Secret::new("https://as.bank.example/authorize"),
        redirect_uri: format!("http://127.0.0.1:{port}/cb"),
        state: Secret::new(STATE),
        mode: Mode::Query,
        jarm: false,
        wait: Duration::from_mins(1),
    }
}

async fn open(read: Duration) -> (Listener, u16) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let request = asked(port);
    let place = Place::of(&request.redirect_uri).unwrap();
    (Listener::open_for(place, request, Vec::new(), read, NOW).await.unwrap(), port)
}

async fn sends(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    // who is dropped early cannot take all of it
    let _ = stream.write_all(bytes).await;
    stream
}

async fn hears(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn truth(port: u16) -> String {
    format!("GET /cb?code=1&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n")
}

async fn answer(listener: &mut Listener) -> Params {
    loop {
        if let Heard::Answer(params) = listener.next().await {
            return params;
        }
    }
}

#[tokio::test]
async fn what_is_no_http_is_dropped_without_a_word() {
    let (mut listener, port) = open(Duration::from_secs(20)).await;
    let long = [b"GET /".to_vec(), vec![b'a'; 1 << 20]].concat();
    let many = format!("GET /cb HTTP/1.1\r\n{}", "X-A: b\r\n".repeat(1 << 16));
    for bytes in [
        &long[..],
        many.as_bytes(),
        b"GET /cb\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /cb\0?code=1 HTTP/1.1\r\n\r\n",
        b"GET /cb HTTP/1.1\r\nHost : x\r\n\r\n",
    ] {
        assert_eq!(hears(sends(port, bytes).await).await, "", "{}", String::from_utf8_lossy(&bytes[..20]));
    }
    let bad = format!("GET /cb?code=%z&state={STATE} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    assert!(hears(sends(port, bad.as_bytes()).await).await.starts_with("HTTP/1.1 400 "));
    assert!(hears(sends(port, truth(port).as_bytes()).await).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(answer(&mut listener).await.one("code"), Some("1"));
}

#[tokio::test]
async fn a_slow_request_ends_in_time_and_holds_up_nobody() {
    let (mut listener, port) = open(Duration::from_millis(300)).await;
    let slow = sends(port, b"GET /cb?code=1&sta").await;
    let silent = sends(port, b"").await;
    assert!(hears(sends(port, truth(port).as_bytes()).await).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(answer(&mut listener).await.one("code"), Some("1"));
    assert_eq!((hears(slow).await, hears(silent).await), (String::new(), String::new()));
}

#[tokio::test]
async fn a_crowd_of_idle_sockets_holds_up_nobody() {
    let (mut listener, port) = open(Duration::from_mins(1)).await;
    let mut idle = Vec::new();
    for _ in 0..400 {
        idle.push(sends(port, b"G").await);
    }
    let page = tokio::spawn(async move { hears(sends(port, truth(port).as_bytes()).await).await });
    assert_eq!(answer(&mut listener).await.one("code"), Some("1"));
    assert!(page.await.unwrap().starts_with("HTTP/1.1 200 "));
    // the oldest were let go long before their time
    assert_eq!(hears(idle.swap_remove(0)).await, "");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let request = asked(taken.local_addr().unwrap().port());
    let place = Place::of(&request.redirect_uri).unwrap();
    let error = Listener::open(place, request, Vec::new(), NOW).await.err().unwrap();
    assert!(
        error.id == "callback.port" && error.text.contains("another program") && error.hint.contains("paste"),
        "{error:?}"
    );
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn only_loopback_is_listened_on_and_dropping_closes_it() {
    let (listener, port) = open(Duration::from_secs(5)).await;
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let hex = format!(":{port:04X} ");
    let ours: Vec<&str> = sockets.lines().filter(|l| l.contains(&hex) && l.contains(" 0A ")).collect();
    assert!(ours.len() == 1 && ours[0].contains("0100007F:"), "{ours:?}");
    let held = sends(port, b"GET /").await;
    drop(listener);
    assert_eq!(hears(held).await, "");
    let closed = async {
        while TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            tokio::task::yield_now().await
        }
    };
    tokio::time::timeout(Duration::from_secs(5), closed).await.unwrap();
}

/// A browser that takes the certificate after looking at its fingerprint, as of the time of its making.
async fn browser(port: u16, fingerprint: &str) -> Result<tokio_rustls::client::TlsStream<TcpStream>, std::io::Error> {
    #[derive(Debug)]
    struct Compares(String);
    impl rustls::client::danger::ServerCertVerifier for Compares {
        fn verify_server_cert(
            &self,
            leaf: &rustls_pki_types::CertificateDer<'_>,
            _: &[rustls_pki_types::CertificateDer<'_>],
            name: &rustls_pki_types::ServerName<'_>,
            _: &[u8],
            _: rustls_pki_types::UnixTime,
        ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
            let cert = openssl::x509::X509::from_der(leaf).unwrap();
            let names = cert.subject_alt_names().unwrap();
            assert!(names.iter().any(|n| n.dnsname() == Some(&name.to_str())));
            let at = openssl::asn1::Asn1Time::from_unix(NOW.seconds()).unwrap();
            assert!(cert.not_before() < at && cert.not_after() > at);
            let found: String = openssl::sha::sha256(leaf).iter().map(|b| format!("{b:02X}:")).collect();
            if found.trim_end_matches(':') == self.0 {
                Ok(rustls::client::danger::ServerCertVerified::assertion())
            } else {
                Err(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer))
            }
        }
        fn verify_tls12_signature(
            &self,
            _: &[u8],
            _: &rustls_pki_types::CertificateDer<'_>,
            _: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            unreachable!("both sides know TLS 1.3")
        }
        fn verify_tls13_signature(
            &self,
            message: &[u8],
            leaf: &rustls_pki_types::CertificateDer<'_>,
            signed: &rustls::DigitallySignedStruct,
        ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
            let known = crate::net::provider::provider().signature_verification_algorithms;
            rustls::crypto::verify_tls13_signature(message, leaf, signed, &known)
        }
        fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
            crate::net::provider::provider().signature_verification_algorithms.supported_schemes()
        }
    }
    let config = rustls::ClientConfig::builder_with_provider(crate::net::provider::provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Compares(fingerprint.to_owned())))
        .with_no_client_auth();
    let tcp = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = rustls_pki_types::ServerName::try_from("localhost").unwrap();
    tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await
}

#[tokio::test]
async fn a_redirect_uri_with_https_is_listened_on_with_a_certificate_of_ours() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let request = Authorization { redirect_uri: format!("https://localhost:{port}/cb"), ..asked(port) };
    let place = Place::of(&request.redirect_uri).unwrap();
    let mut listener = Listener::open_for(place, request, Vec::new(), Duration::from_secs(20), NOW).await.unwrap();
    let fingerprint = listener.fingerprint.clone().unwrap();

    // in the clear nothing is taken
    assert!(!hears(sends(port, truth(port).as_bytes()).await).await.contains("HTTP"));
    // a browser that does not know the certificate is told of
    assert!(browser(port, "AA").await.is_err());
    let Heard::Note(note) = listener.next().await else { panic!("no note") };
    assert!(note.contains("does not know the certificate"), "{note}");

    let mut stream = browser(port, &fingerprint).await.unwrap();
    let get = format!("GET /cb?code=1&state={STATE} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    stream.write_all(get.as_bytes()).await.unwrap();
    let mut page = Vec::new();
    let _ = stream.read_to_end(&mut page).await;
    assert!(page.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&page));
    assert_eq!(answer(&mut listener).await.one("code"), Some("1"));
}
