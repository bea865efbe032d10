//! Our certificate: sent, refused, kept apart, and keys that do not sign.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use rustls::SupportedProtocolVersion;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Notify, oneshot};

use super::support::*;
use crate::flow::exchange::{ClientCertificate, NetPhase};
use crate::jose::{Alg, SecretJwk};
use crate::keys::memory::Memory;
use crate::keys::{Key, KeyError, KeyInfo, KeySpec};
use crate::net::*;

/// A server that demands certificates of `clients` and answers with the one it saw, base64url SHA-256.
async fn mirror(bank: &Authority, clients: &Authority, versions: &[&'static SupportedProtocolVersion]) -> Server {
    let tls = config(bank.server(&[HOST], |_| ()), Some(clients), versions);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (tcp, _) = listener.accept().await.unwrap();
            let tls = tls.clone();
            tokio::spawn(async move {
                let Ok(stream) = tokio_rustls::TlsAcceptor::from(tls).accept(tcp).await else { return };
                let seen = crate::net::dn::thumbprint(&stream.get_ref().1.peer_certificates().unwrap()[0]);
                let mut conn: Conn = Box::new(stream);
                read_request(&mut conn).await;
                let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{seen}", seen.len());
                conn.write_all(answer.as_bytes()).await.unwrap();
                until_gone(&mut conn).await;
            });
        }
    });
    Server { addr, accepted: Arc::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_key_signs_the_handshake_in_both_versions() {
    let bank = Authority::new("Bank");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = mirror(&bank, &bank, &[version]).await;
        let network = closed_network(server.addr, &bank);
        for spec in [KeySpec::P256, KeySpec::P384, KeySpec::Ed25519, KeySpec::Rsa(2048)] {
            let identity = bank.client(key("TPP, AS", spec), |_| ());
            let exchange = secure(&network, Some(identity.clone())).await.unwrap();
            let facts = exchange.tls.unwrap();
            let ClientCertificate::Sent { subject, x5t_s256 } = facts.client_certificate else { panic!("not sent") };
            assert_eq!(subject, "CN=TPP\\, AS,C=NO");
            assert_eq!(exchange.response.unwrap().body, x5t_s256.as_bytes(), "{spec}");
            assert_eq!(facts.acceptable_issuers, ["CN=Bank"]);
        }
    }
}

#[tokio::test]
async fn a_runtime_with_one_thread_signs_too() {
    let bank = Authority::new("Bank");
    let server = mirror(&bank, &bank, BOTH).await;
    let identity = bank.client(key("tpp", KeySpec::P256), |_| ());
    let exchange = secure(&closed_network(server.addr, &bank), Some(identity)).await.unwrap();
    assert_eq!(exchange.response.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_identity_after_another_is_never_mistaken() {
    let bank = Authority::new("Bank");
    let server = mirror(&bank, &bank, BOTH).await;
    let network = closed_network(server.addr, &bank);
    let (a, b) = (bank.client(key("a", KeySpec::P256), |_| ()), bank.client(key("b", KeySpec::P256), |_| ()));
    for identity in [&a, &b, &a] {
        let exchange = secure(&network, Some(identity.clone())).await.unwrap();
        assert!(!exchange.tls.unwrap().resumed);
        assert_eq!(exchange.response.unwrap().body, crate::net::dn::thumbprint(&identity.chain[0]).as_bytes());
    }
    assert_eq!(secure(&network, None).await.unwrap_err().id, "tls.client-certificate.required");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_certificate_is_told_apart_and_its_fault_is_named() {
    let (bank, other) = (Authority::new("Bank"), Authority::new("Other"));
    let past = |p: &mut rcgen::CertificateParams| p.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let for_servers = |p: &mut rcgen::CertificateParams| {
        p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    };
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = mirror(&bank, &bank, &[version]).await;
        let network = closed_network(server.addr, &bank);
        for (identity, id, hint) in [
            (
                other.client(key("a", KeySpec::P256), |_| ()),
                "tls.client-certificate.unknown-ca",
                "“CN=Other” is not among",
            ),
            (bank.client(key("b", KeySpec::P256), past), "tls.client-certificate.expired", "expired on 2020-01-01"),
            (
                bank.client(key("c", KeySpec::P256), for_servers),
                "tls.client-certificate.rejected",
                "not meant for TLS clients",
            ),
        ] {
            let error = secure(&network, Some(identity)).await.unwrap_err();
            assert_eq!((error.id, error.phase, error.key), (id, NetPhase::Tls, false), "{error:?}");
            assert!(error.hint.contains(hint), "{error:?}");
            let facts = error.partial.unwrap().tls.unwrap();
            assert!(matches!(facts.client_certificate, ClientCertificate::Sent { .. }));
        }
    }
}

/// A certificate by openssl: rcgen makes none for this curve.
fn self_signed(secret: &SecretJwk) -> Vec<u8> {
    let key = openssl::pkey::PKey::private_key_from_pkcs8(secret.to_pkcs8_der().expose()).unwrap();
    let mut cert = openssl::x509::X509::builder().unwrap();
    cert.set_version(2).unwrap();
    cert.set_pubkey(&key).unwrap();
    cert.set_not_before(&openssl::asn1::Asn1Time::days_from_now(0).unwrap()).unwrap();
    cert.set_not_after(&openssl::asn1::Asn1Time::days_from_now(1).unwrap()).unwrap();
    cert.sign(&key, openssl::hash::MessageDigest::sha512()).unwrap();
    cert.build().to_der().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kind_of_key_that_the_server_does_not_take_is_named() {
    let bank = Authority::new("Bank");
    let server = mirror(&bank, &bank, BOTH).await;
    let secret = SecretJwk::generate(KeySpec::P521).unwrap();
    let chain = vec![self_signed(&secret)];
    let key = Memory::new().insert("a", secret, chain.clone()).unwrap();
    let identity = ClientIdentity { chain, key };
    let error = secure(&closed_network(server.addr, &bank), Some(identity)).await.unwrap_err();
    assert_eq!(error.id, "tls.client-certificate.required");
    assert!(error.hint.contains("another kind of key"), "{error:?}");
}

#[tokio::test]
async fn a_certificate_that_is_not_the_keys_is_refused_before_anything_is_opened() {
    let bank = Authority::new("Bank");
    let server = Server::says(OK).await;
    let network = closed_network(server.addr, &bank);
    let mut identity = bank.client(key("a", KeySpec::P256), |_| ());
    identity.key = key("b", KeySpec::P256);
    for chain in [identity.chain.clone(), vec![], vec![b"junk".to_vec()]] {
        let identity = ClientIdentity { chain, ..identity.clone() };
        let error = secure(&network, Some(identity)).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.key), ("key.certificate", NetPhase::Refused, true));
    }
    assert_eq!(server.connections(), 0);
}

/// A key whose store does not do what is asked.
struct Stubborn {
    info: KeyInfo,
    how: How,
}

enum How {
    Refuses,
    Garbage,
    /// Says that it was asked, then never answers.
    Hangs(Mutex<Option<oneshot::Sender<()>>>),
}

impl Stubborn {
    fn like(like: &Arc<dyn Key>, how: How) -> Arc<dyn Key> {
        Arc::new(Self { info: like.info().clone(), how })
    }
}

impl Key for Stubborn {
    fn info(&self) -> &KeyInfo {
        &self.info
    }
    fn sign<'a>(&'a self, _: Alg, _: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            match &self.how {
                How::Refuses => Err(KeyError::new("key.refused", "the PIN is wrong, 2 tries left", "enter it again")),
                How::Garbage => Ok(vec![1, 2, 3]),
                How::Hangs(asked) => {
                    let told = asked.lock().unwrap().take();
                    told.map(|t| t.send(()));
                    std::future::pending().await
                }
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_refuses_is_a_key_error_and_not_a_tls_error() {
    let bank = Authority::new("Bank");
    let good = bank.client(key("a", KeySpec::P256), |_| ());
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let server = mirror(&bank, &bank, &[version]).await;
        let network = closed_network(server.addr, &bank);
        let with = |how| Some(ClientIdentity { key: Stubborn::like(&good.key, how), ..good.clone() });
        let error = secure(&network, with(How::Refuses)).await.unwrap_err();
        assert_eq!((error.id, error.key, error.sent), ("key.refused", true, false));
        assert_eq!((error.text.as_str(), error.hint.as_str()), ("the PIN is wrong, 2 tries left", "enter it again"));
        let error = secure(&network, with(How::Garbage)).await.unwrap_err();
        assert_eq!((error.id, error.key), ("key.store", true));
        let limits = Limits { connect: Duration::from_millis(400), ..Limits::default() };
        let hangs = with(How::Hangs(Mutex::default()));
        let request = get(&format!("https://{HOST}/"));
        let error = network.send(&request, &allowed(), hangs, limits).await.unwrap_err();
        assert_eq!((error.id, error.key, error.phase), ("key.store", true, NetPhase::Tls), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn giving_up_ends_a_signature_that_never_comes() {
    let bank = Authority::new("Bank");
    let tls = config(bank.server(&[HOST], |_| ()), Some(&bank), BOTH);
    // TCP only as far as the test sees: the end of the socket is what counts.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let gone = Arc::new(Notify::new());
    let tell = gone.clone();
    tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.unwrap();
        // Fails when the client is gone.
        if let Ok(mut stream) = tokio_rustls::TlsAcceptor::from(tls).accept(tcp).await {
            let _ = stream.read_u8().await;
        }
        tell.notify_one();
    });
    let good = bank.client(key("a", KeySpec::P256), |_| ());
    let (asked, is_asked) = oneshot::channel();
    let hangs = Stubborn::like(&good.key, How::Hangs(Mutex::new(Some(asked))));
    let network = closed_network(addr, &bank);
    let mut exchange = Box::pin(secure(&network, Some(ClientIdentity { key: hangs, ..good })));
    tokio::select! {
        ended = &mut exchange => panic!("{ended:?}"),
        told = is_asked => told.unwrap(),
    }
    let dropped = Instant::now();
    drop(exchange);
    gone.notified().await;
    assert!(dropped.elapsed() < Duration::from_secs(3), "{:?}", dropped.elapsed());
}
