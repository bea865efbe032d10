//! What becomes of a token: revoked, it is good for nothing; bound to a key, it is good with a fresh proof of that key alone.

use super::*;
use crate::sandbox::b64;
use crate::sandbox::jwk;
use openssl::sha::sha256;

impl Rig {
    fn proof(&self, key: &jwk::PrivateKey, (method, path): (&str, &str), token: Option<&str>, nonce: &str) -> String {
        let jti = self.jtis.fetch_add(1, Ordering::Relaxed);
        let header = json!({ "alg": "ES256", "typ": "dpop+jwt", "jwk": key.public().published() });
        let mut claims = json!({ "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.hands.now(),
                                 "jti": format!("proof-{jti:012}"), "nonce": nonce });
        if let Some(token) = token {
            claims["ath"] = b64::encode(&sha256(token.as_bytes())).into();
        }
        let encoded = |part: &Value| b64::encode(part.to_string().as_bytes());
        let input = format!("{}.{}", encoded(&header), encoded(&claims));
        format!("{input}.{}", b64::encode(&key.sign(input.as_bytes()).unwrap()))
    }

    async fn prove(&self, proof: &str) -> Reply {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_assertion_type", CLIENT_JWT)
            .append_pair("client_assertion", &self.sign(&self.claims()))
            .append_pair("grant_type", "client_credentials")
            .finish();
        self.send(("POST", "/token"), &[FORM, ("dpop", proof)], &body).await
    }

    async fn shown(&self, token: &str, proof: &str) -> Reply {
        self.send(("GET", "/accounts"), &[("authorization", &format!("DPoP {token}")), ("dpop", proof)], "").await
    }
}

#[tokio::test]
async fn a_revoked_token_is_refused_at_the_api_and_no_longer_active() {
    let rig = Rig::start().await;
    let (first, second) = (rig.own_token().await, rig.own_token().await);
    assert_eq!(rig.accounts(&first).await.status, 200);
    for _ in 0..2 {
        assert_eq!(rig.ask("/revoke", &[("token", &first)]).await.status, 200, "of what is gone, too (RFC 7009 §2.2)");
        rig.accounts(&first).await.assert_refused(401, "invalid_token", "not known");
    }
    assert_eq!(rig.introspect(&first).await, json!({ "active": false }));
    assert_eq!(rig.accounts(&second).await.status, 200, "the other stays");
    rig.ask("/revoke", &[]).await.assert_refused(400, "invalid_request", "token");
    rig.hands.forward(300);
    rig.accounts(&second).await.assert_refused(401, "invalid_token", "has ended");
}

#[tokio::test]
async fn a_proof_is_good_once_with_the_nonce_of_the_server_and_for_its_own_key_and_token() {
    let rig = Rig::start().await;
    let (key, other) = (jwk::PrivateKey::generate().unwrap(), jwk::PrivateKey::generate().unwrap());
    let refused = rig.prove(&rig.proof(&key, ("POST", "/token"), None, "no-nonce")).await;
    refused.assert_refused(400, "use_dpop_nonce", "nonce");
    let nonce = refused.header("dpop-nonce").to_owned();
    let proof = rig.proof(&key, ("POST", "/token"), None, &nonce);
    let body = rig.prove(&proof).await.json();
    assert_eq!(body["token_type"], "DPoP", "{body}");
    let token = body["access_token"].as_str().unwrap().to_owned();
    assert_eq!(rig.introspect(&token).await["cnf"]["jkt"], key.public().thumbprint());
    rig.prove(&proof).await.assert_refused(400, "invalid_dpop_proof", "used before");
    let elsewhere = rig.proof(&key, ("POST", "/par"), None, &nonce);
    rig.prove(&elsewhere).await.assert_refused(400, "invalid_dpop_proof", "htu");

    let here = ("GET", "/accounts");
    let good = rig.proof(&key, here, Some(&token), &nonce);
    assert_eq!(rig.shown(&token, &good).await.status, 200);
    let again = rig.shown(&token, &good).await;
    again.assert_refused(401, "invalid_dpop_proof", "used before");
    assert!(again.header("www-authenticate").contains("invalid_dpop_proof"));
    rig.shown(&token, &rig.proof(&other, here, Some(&token), &nonce)).await.assert_refused(
        401,
        "invalid_token",
        "proof",
    );
    let of_another = rig.proof(&key, here, Some("another"), &nonce);
    rig.shown(&token, &of_another).await.assert_refused(401, "invalid_dpop_proof", "ath");
    rig.accounts(&token).await.assert_refused(401, "invalid_token", "scheme");
    // a nonce that is too old is asked for anew, and a proof that is
    rig.hands.forward(250);
    rig.shown(&token, &rig.proof(&key, here, Some(&token), &nonce)).await.assert_refused(
        401,
        "use_dpop_nonce",
        "nonce",
    );
}
