//! Metadata and keys.

use super::*;
use crate::sandbox::Trouble;
use rustls::AlertDescription;

#[tokio::test]
async fn the_metadata_is_that_of_the_real_issuer() {
    let rig = Rig::start().await;
    let reply = rig.ciam(("GET", "/.well-known/openid-configuration"), &[], "").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/json"));
    let metadata = reply.json();
    assert_eq!(metadata["issuer"], "https://api.ciam.dnb.no");
    assert_eq!(metadata["token_endpoint"], "https://api.ciam.dnb.no/as/token.oauth2");
    assert_eq!(metadata["jwks_uri"], "https://api.ciam.dnb.no/jwks");
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["private_key_jwt"]));
    assert_eq!(reply.header("cache-control"), "public, max-age=3600");
    assert_eq!(rig.ciam(("POST", "/jwks"), &[], "").await.status, 405);
}

#[tokio::test]
async fn the_issuer_can_be_made_wrong_and_right_again() {
    let rig = Rig::start().await;
    let path = ("GET", "/.well-known/openid-configuration");
    rig.world.trouble().on(Trouble::WrongIssuer);
    assert_ne!(rig.ciam(path, &[], "").await.json()["issuer"], "https://api.ciam.dnb.no");
    rig.world.trouble().off(Trouble::WrongIssuer);
    assert_eq!(rig.ciam(path, &[], "").await.json()["issuer"], "https://api.ciam.dnb.no");
}

#[tokio::test]
async fn a_rotation_leaves_the_new_key_alone_in_the_jwks() {
    let rig = Rig::start().await;
    let kids = async || -> Vec<Value> {
        let jwks = rig.ciam(("GET", "/jwks"), &[], "").await.json();
        assert!(!jwks.to_string().contains("\"d\""));
        jwks["keys"].as_array().unwrap().iter().map(|k| k["kid"].clone()).collect()
    };
    let before = kids().await;
    rig.world.trouble().on(Trouble::RotatedKey);
    let after = kids().await;
    assert!(before.len() == 1 && after.len() == 1 && before != after);
}

#[tokio::test]
async fn neither_host_answers_without_a_certificate() {
    let rig = Rig::start().await;
    let nobody = Caller::new(rig.servers.root_der(), None, &rig.hands.clock());
    for host in [CIAM_HOST, API_HOST] {
        assert_eq!(nobody.alert(rig.addr(host), host).await, AlertDescription::CertificateRequired);
    }
}
