//! The entity statement and the signed JWK set.

use super::*;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::{Trouble, TrustFlaw};

/// Whether the first JWT is signed by the key of that kid in the second's `jwks`.
fn key_inside(statement: &Value, kid: &Value) -> bool {
    statement["jwks"]["keys"].as_array().unwrap().iter().any(|key| key["kid"] == *kid)
}

#[tokio::test]
async fn the_statement_names_the_real_addresses_and_the_key_that_signs_both() {
    let rig = Rig::start().await;
    let (reply, header, claims) = rig.published("entity-statement").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/entity-statement+jwt"));
    assert_eq!((&header["typ"], &header["alg"]), (&json!("entity-statement+jwt"), &json!("RS256")));
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(ISSUER), &json!(ISSUER)));
    assert_eq!(claims["iat"], NOW);
    assert!(key_inside(&claims, &header["kid"]) && !claims.to_string().contains("\"d\""));
    let provider = &claims["metadata"]["openid_provider"];
    assert_eq!(provider["token_endpoint"], TOKEN_ENDPOINT);
    assert_eq!(provider["authorization_endpoint"], AUTHORIZATION_ENDPOINT);
    assert_eq!(provider["issuer"], ISSUER);

    let (reply, jwks_header, jwks) = rig.published("signed-jwks").await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "application/jwk-set+jwt"));
    assert_eq!(reply.header("cache-control"), "public, max-age=600");
    assert_eq!((&jwks_header["typ"], &jwks_header["kid"]), (&json!("jwk-set+jwt"), &header["kid"]));
    assert_eq!((&jwks["iss"], &jwks["sub"], &jwks["exp"]), (&json!(ISSUER), &json!(ISSUER), &json!(NOW + 7200)));
    let keys = jwks["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2);
    assert!(keys.iter().all(|k| k["use"] == "sig" && k["kty"] == "RSA") && keys[0]["kid"] != keys[1]["kid"]);
    let jwt = Jwt::parse_any(&text(&reply)).unwrap();
    let inside = crate::sandbox::rsa::testing::from_jwk(&claims["jwks"]["keys"][0]);
    let (input, signature) = jwt.signed_parts();
    assert!(inside.verifies(input, signature));
}

#[tokio::test]
async fn a_rotation_leaves_the_new_key_alone() {
    let rig = Rig::start().await;
    let (.., before) = rig.published("signed-jwks").await;
    rig.world.trouble().on(Trouble::RotatedKey);
    let (.., after) = rig.published("signed-jwks").await;
    let kids = |jwks: &Value| -> Vec<Value> {
        jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect()
    };
    let (before, after) = (kids(&before), kids(&after));
    assert!(after.len() == 1 && !before.contains(&after[0]));
}

#[tokio::test]
async fn every_flaw_of_trust_shows() {
    let rig = Rig::start().await;
    let (statement, jwks) = ("entity-statement", "signed-jwks");
    let (_, good_header, _) = rig.published(statement).await;
    let on = |flaw| rig.world.trouble().on(Trouble::Trust(flaw));

    on(TrustFlaw::OtherEntityKey);
    let (_, header, claims) = rig.published(statement).await;
    assert!(header["kid"] != good_header["kid"] && key_inside(&claims, &header["kid"]));
    assert_eq!(rig.published(jwks).await.1["kid"], header["kid"]);
    on(TrustFlaw::StatementExpired);
    assert!(rig.published(statement).await.2["exp"].as_i64().unwrap() < NOW);
    on(TrustFlaw::StatementWithoutTyp);
    assert!(rig.published(statement).await.1.get("typ").is_none());
    on(TrustFlaw::StatementKidNotInside);
    let (_, header, claims) = rig.published(statement).await;
    assert!(!key_inside(&claims, &header["kid"]));
    on(TrustFlaw::StatementOfAnother);
    let (.., claims) = rig.published(statement).await;
    assert_ne!(claims["iss"], claims["sub"]);
    on(TrustFlaw::StatementWithoutProvider);
    assert!(rig.published(statement).await.2["metadata"].get("openid_provider").is_none());
    on(TrustFlaw::JwksOfAnother);
    assert_ne!(rig.published(jwks).await.2["iss"], ISSUER);
    on(TrustFlaw::JwksExpired);
    assert!(rig.published(jwks).await.2["exp"].as_i64().unwrap() <= NOW);
    on(TrustFlaw::JwksWithoutKeys);
    assert_eq!(rig.published(jwks).await.2["keys"], json!([]));
    on(TrustFlaw::JwksWithoutTyp);
    assert!(rig.published(jwks).await.1.get("typ").is_none());

    on(TrustFlaw::JwksWrongKey);
    let (.., claims) = rig.published(statement).await;
    let inside = crate::sandbox::rsa::testing::from_jwk(&claims["jwks"]["keys"][0]);
    let (reply, header, _) = rig.published(jwks).await;
    let jwt = Jwt::parse_any(&text(&reply)).unwrap();
    let (input, signature) = jwt.signed_parts();
    assert!(header["kid"] == good_header["kid"] && !inside.verifies(input, signature));

    rig.world.trouble().clear();
    rig.world.trouble().on(Trouble::WrongIssuer);
    assert_ne!(rig.published(statement).await.2["metadata"]["openid_provider"]["issuer"], ISSUER);
}
