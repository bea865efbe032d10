//! The same against another TLS library: it chooses other alerts, takes other keys, and can be made old.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod, SslVerifyMode, SslVersion};
use openssl::x509::X509;

use super::support::*;
use crate::flow::exchange::{ClientCertificate, NetPhase};
use crate::keys::KeySpec;

fn serve(bank: &Authority, clients: Option<&Authority>, version: SslVersion) -> SocketAddr {
    let (leaf, key) = bank.server(&[HOST], |_| ());
    serve_as(&leaf, &key.serialize_der(), clients, version)
}

/// A server of one version that demands a certificate of `clients`, where given, and answers one request after another.
fn serve_as(leaf: &[u8], key: &[u8], clients: Option<&Authority>, version: SslVersion) -> SocketAddr {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).unwrap();
    builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    builder.set_min_proto_version(Some(version)).unwrap();
    builder.set_max_proto_version(Some(version)).unwrap();
    builder.set_certificate(&X509::from_der(leaf).unwrap()).unwrap();
    builder.set_private_key(&PKey::private_key_from_pkcs8(key).unwrap()).unwrap();
    if let Some(ca) = clients {
        let ca = X509::from_der(&ca.der).unwrap();
        builder.add_client_ca(&ca).unwrap();
        builder.cert_store_mut().add_cert(ca).unwrap();
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    }
    let (acceptor, listener) = (builder.build(), TcpListener::bind("127.0.0.1:0").unwrap());
    let addr = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let Ok(mut stream) = acceptor.accept(tcp.unwrap()) else { continue };
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|n| n > 0) {
                let _ = stream.write_all(OK);
                let _ = stream.shutdown();
            }
        }
    });
    addr
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_taken_demanded_and_refused() {
    let (bank, other) = (Authority::new("Bank"), Authority::new("Other"));
    for (version, name) in [(SslVersion::TLS1_3, "TLS 1.3"), (SslVersion::TLS1_2, "TLS 1.2")] {
        let network = closed_network(serve(&bank, Some(&bank), version), &bank);
        for spec in [KeySpec::P256, KeySpec::P384, KeySpec::Ed25519, KeySpec::Rsa(2048)] {
            let exchange = secure(&network, Some(bank.client(key("tpp", spec), |_| ()))).await.unwrap();
            let facts = exchange.tls.unwrap();
            assert_eq!((facts.version.as_str(), exchange.response.unwrap().status), (name, 200), "{spec}");
            assert!(matches!(facts.client_certificate, ClientCertificate::Sent { .. }));
            assert_eq!(facts.acceptable_issuers, ["CN=Bank"]);
        }
        let error = secure(&network, None).await.unwrap_err();
        assert_eq!((error.id, error.phase), ("tls.client-certificate.required", NetPhase::Tls), "{error:?}");
        let error = secure(&network, Some(other.client(key("tpp", KeySpec::P256), |_| ()))).await.unwrap_err();
        assert_eq!((error.id, error.phase), ("tls.client-certificate.unknown-ca", NetPhase::Tls), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_too_old_is_named_as_such() {
    let bank = Authority::new("Bank");
    for version in [SslVersion::TLS1_1, SslVersion::TLS1] {
        let error = secure(&closed_network(serve(&bank, None, version), &bank), None).await.unwrap_err();
        assert_eq!((error.id, error.phase, error.sent), ("tls.version", NetPhase::Tls, false), "{error:?}");
    }
}

#[tokio::test]
async fn a_server_with_a_short_key_is_refused() {
    let bank = Authority::new("Bank");
    let rsa = PKey::from_rsa(openssl::rsa::Rsa::generate(1024).unwrap()).unwrap();
    let spki = rcgen::SubjectPublicKeyInfo::from_der(&rsa.public_key_to_der().unwrap()).unwrap();
    let leaf = rcgen::CertificateParams::new(vec![HOST.into()]).unwrap().signed_by(&spki, &bank.issuer).unwrap();
    for version in [SslVersion::TLS1_3, SslVersion::TLS1_2] {
        let addr = serve_as(leaf.der(), &rsa.private_key_to_pkcs8().unwrap(), None, version);
        let error = secure(&closed_network(addr, &bank), None).await.unwrap_err();
        assert_eq!((error.id, error.sent), ("tls.server-certificate.invalid", false), "{error:?}");
    }
}
