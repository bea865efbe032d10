//! Certificates that are right and wrong, on both sides.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};

use super::support::*;
use crate::clock::{ShiftedClock, SystemClock};
use crate::flow::exchange::{ClientCertificate, Completeness, NetError, NetPhase};
use crate::net::*;

async fn refused(authority: &Authority, server: (Vec<u8>, KeyPair)) -> NetError {
    let server = Server::start(Some(config(server, None, BOTH)), answer_ok).await;
    let error = secure(&closed_network(server.addr, authority), None).await.unwrap_err();
    assert_eq!((error.phase, error.sent, error.key), (NetPhase::Tls, false, false));
    let tls = error.partial.as_ref().unwrap().tls.as_ref().unwrap();
    assert_eq!(tls.server_chain.len(), 1, "a refused certificate is still shown");
    error
}

#[tokio::test]
async fn the_facts_of_a_good_handshake_are_there() {
    let bank = Authority::new("A");
    let leaf = bank.server(&[HOST], |_| ());
    let der = leaf.0.clone();
    for (version, name) in [(&rustls::version::TLS13, "TLS 1.3"), (&rustls::version::TLS12, "TLS 1.2")] {
        let leaf = (leaf.0.clone(), KeyPair::try_from(leaf.1.serialize_der()).unwrap());
        let server = Server::start(Some(config(leaf, None, &[version])), answer_ok).await;
        let network = closed_network(server.addr, &bank);
        for _ in 0..2 {
            let exchange = secure(&network, None).await.unwrap();
            let facts = exchange.tls.unwrap();
            assert_eq!((facts.version.as_str(), facts.alpn.as_deref()), (name, Some("http/1.1")));
            assert!(facts.cipher.starts_with("TLS_"), "{}", facts.cipher);
            assert_eq!(facts.group.as_deref(), Some("X25519"));
            assert_eq!((facts.resumed, &facts.client_certificate), (false, &ClientCertificate::NotAsked));
            assert_eq!(facts.server_chain, std::slice::from_ref(&der));
            let response = exchange.response.unwrap();
            assert_eq!((response.body.as_slice(), response.completeness), (&b"hi"[..], Completeness::Whole));
            assert!(exchange.phases.tls.is_some() && exchange.phases.dns.is_none());
        }
    }
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused_with_the_names_it_has() {
    let bank = Authority::new("A");
    for names in [&["other.example", "*.bank.example.org", "127.0.0.1"][..], &["*.example"], &["bank.example"], &[]] {
        let error = refused(&bank, bank.server(names, |_| ())).await;
        assert_eq!(error.id, "tls.server-certificate.wrong-host");
        assert!(names.iter().all(|n| error.text.contains(n)), "{}", error.text);
    }
}

#[tokio::test]
async fn an_expired_or_early_certificate_says_when() {
    let bank = Authority::new("A");
    let expired = bank.server(&[HOST], |p| {
        p.not_before = rcgen::date_time_ymd(2019, 1, 1);
        p.not_after = rcgen::date_time_ymd(2020, 2, 3);
    });
    let error = refused(&bank, expired).await;
    assert_eq!(error.id, "tls.server-certificate.expired");
    assert!(error.text.contains("2020-02-03") && error.hint.contains("clock"), "{error:?}");
    let early = bank.server(&[HOST], |p| p.not_before = rcgen::date_time_ymd(2099, 1, 1));
    let error = refused(&bank, early).await;
    assert_eq!(error.id, "tls.server-certificate.not-yet-valid");
    assert!(error.text.contains("2099-01-01"));
}

#[tokio::test]
async fn a_wrong_clock_on_our_side_judges_wrongly_and_says_what_it_reads() {
    let bank = Authority::new("A");
    let leaf = bank.server(&[HOST], |p| p.not_before = rcgen::date_time_ymd(2020, 1, 1));
    let server = Server::start(Some(config(leaf, None, BOTH)), answer_ok).await;
    let to = MappedHost { addr: server.addr, anchors: vec![bank.der.clone()], only_these_anchors: true };
    let clock = Arc::new(ShiftedClock::new(Arc::new(SystemClock), -50 * 365 * 86_400));
    let hosts = HostMap::closed().with(HOST, to);
    let network = Network::new(NetConfig { hosts, ..NetConfig::new(clock) }).unwrap();
    let error = secure(&network, None).await.unwrap_err();
    assert!(error.hint.contains("this machine's clock: it says 19"), "{error:?}");
}

#[tokio::test]
async fn an_unknown_authority_and_a_self_signed_certificate_are_told_apart() {
    let (bank, stranger) = (Authority::new("A"), Authority::new("Stranger \u{202e}CA"));
    let error = refused(&bank, stranger.server(&[HOST], |_| ())).await;
    assert_eq!(error.id, "tls.server-certificate.unknown-issuer");
    assert!(error.text.contains("Stranger") && !error.text.contains('\u{202e}'), "{}", error.text);

    let (key, params) = (KeyPair::generate().unwrap(), CertificateParams::new(vec![HOST.into()]).unwrap());
    let own = params.self_signed(&key).unwrap().der().to_vec();
    assert_eq!(refused(&bank, (own, key)).await.id, "tls.server-certificate.self-signed");
    let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::new(vec![HOST.into()]).unwrap());
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let own = params.self_signed(&key).unwrap().der().to_vec();
    assert_eq!(refused(&bank, (own, key)).await.id, "tls.server-certificate.self-signed");
}

#[tokio::test]
async fn a_certificate_for_something_else_is_refused() {
    let bank = Authority::new("A");
    let client = bank.server(&[HOST], |p| p.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]);
    assert_eq!(refused(&bank, client).await.id, "tls.server-certificate.wrong-purpose");
}

#[tokio::test]
async fn the_configured_authority_counts_besides_the_systems() {
    let bank = Authority::new("A");
    let names = ["localhost", "127.0.0.1"];
    let server = Server::start(Some(config(bank.server(&names, |_| ()), None, BOTH)), answer_ok).await;
    let request = get(&format!("https://localhost:{}/", server.addr.port()));
    let extra = NetConfig { extra_anchors: vec![bank.der.clone()], ..NetConfig::new(Arc::new(SystemClock)) };
    let network = Network::new(extra).unwrap();
    for name in names {
        let request = get(&format!("https://{name}:{}/", server.addr.port()));
        let exchange = network.send(&request, &allowed(), None, Limits::default()).await.unwrap();
        assert_eq!(exchange.response.unwrap().status, 200);
    }
    assert_eq!(network.fetch(&request.url).await.unwrap().body, b"hi");
    let without = open_network().send(&request, &allowed(), None, Limits::default()).await.unwrap_err();
    // A machine without any authority has another problem, and says so.
    assert!(["tls.server-certificate.unknown-issuer", "tls.trust-store"].contains(&without.id), "{without:?}");
    let bad = NetConfig { extra_anchors: vec![b"junk".to_vec()], ..NetConfig::new(Arc::new(SystemClock)) };
    assert_eq!(Network::new(bad).unwrap_err().id, "net.config");
}

#[tokio::test]
async fn a_sandbox_document_is_fetched_from_the_bank_in_it_and_from_nowhere_else() {
    let bank = Authority::new("A");
    let server = Server::start(Some(config(bank.server(&[HOST], |_| ()), None, BOTH)), answer_ok).await;
    let network = closed_network(server.addr, &bank);
    for url in [format!("https://{HOST}/jwks"), format!("https://{HOST}:8443/jwks")] {
        assert_eq!(network.fetch(&url).await.unwrap().body, b"hi", "{url}");
    }
    assert_eq!(network.fetch("https://elsewhere.example/").await.unwrap_err().id, "net.not-in-sandbox");
    let stranger = closed_network(server.addr, &Authority::new("B"));
    let error = stranger.fetch(&format!("https://{HOST}/")).await.unwrap_err();
    assert_eq!((error.id, error.phase), ("tls.server-certificate.unknown-issuer", NetPhase::Tls));
}

#[tokio::test]
async fn a_demanded_certificate_that_we_lack_is_named_in_both_versions() {
    let bank = Authority::new("Bank CA");
    for version in [&rustls::version::TLS13, &rustls::version::TLS12] {
        let tls = config(bank.server(&[HOST], |_| ()), Some(&bank), &[version]);
        let server = Server::start(Some(tls), answer_ok).await;
        let error = secure(&closed_network(server.addr, &bank), None).await.unwrap_err();
        assert_eq!((error.id, error.phase), ("tls.client-certificate.required", NetPhase::Tls), "{error:?}");
        let facts = error.partial.unwrap().tls.unwrap();
        assert_eq!(facts.client_certificate, ClientCertificate::AskedNoneSent);
        assert_eq!(facts.acceptable_issuers, ["CN=Bank CA"]);
    }
}

#[tokio::test]
async fn what_does_not_speak_our_tls_is_told_apart() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let old_only: &[u8] = &[0x15, 3, 1, 0, 2, 2, 70];
    let no_cipher: &[u8] = &[0x15, 3, 3, 0, 2, 2, 40];
    let http = &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..];
    for (says, id) in [(old_only, "tls.version"), (no_cipher, "tls.cipher"), (http, "tls.not-tls"), (b"", "tls.closed")]
    {
        let server = Server::start(None, move |mut conn| async move {
            let mut hello = [0; 5];
            conn.read_exact(&mut hello).await.unwrap();
            let mut rest = vec![0; usize::from(u16::from_be_bytes([hello[3], hello[4]]))];
            conn.read_exact(&mut rest).await.unwrap();
            conn.write_all(says).await.unwrap();
        })
        .await;
        let error = secure(&closed_network(server.addr, &Authority::new("A")), None).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), (id, NetPhase::Tls, false));
    }
}

#[tokio::test]
async fn a_body_that_ends_without_goodbye_is_incomplete() {
    use tokio::io::AsyncWriteExt as _;
    let bank = Authority::new("A");
    let server = Server::start(Some(config(bank.server(&[HOST], |_| ()), None, BOTH)), |mut conn| async move {
        read_request(&mut conn).await;
        conn.write_all(b"HTTP/1.1 200 OK\r\n\r\nto the end?").await.unwrap();
        conn.flush().await.unwrap();
        // Dropped: TCP ends, TLS has not said so.
    })
    .await;
    let response = secure(&closed_network(server.addr, &bank), None).await.unwrap().response.unwrap();
    assert_eq!((response.body.as_slice(), response.completeness), (&b"to the end?"[..], Completeness::Incomplete));
}
