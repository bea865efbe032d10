//! ID tokens: what is in a good one, and that every flaw shows.

use super::*;
use crate::sandbox::jwe::testing::open;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::rsa::PublicKey;
use crate::sandbox::rsa::testing::from_jwk;
use crate::sandbox::{IdTokenFlaw, Trouble};

/// An ID token, opened.
struct Opened {
    outer: Value,
    header: Value,
    claims: Value,
    jwt: String,
}

impl Rig {
    async fn id_token(&self) -> String {
        self.token_answer().await["id_token"].as_str().unwrap().to_owned()
    }

    async fn token_answer(&self) -> Value {
        self.redeem(&self.fields(&self.code().await)).await.json()
    }

    async fn opened(&self) -> Opened {
        let (outer, content) = open(&self.id_token().await, &self.encryption).unwrap();
        let jwt = String::from_utf8(content).unwrap();
        let (header, claims) = parts(&jwt);
        Opened { outer, header, claims, jwt }
    }

    /// The published key of that kid.
    async fn published_key(&self, kid: &Value) -> Option<PublicKey> {
        let (.., jwks) = self.published("signed-jwks").await;
        jwks["keys"].as_array().unwrap().iter().find(|key| key["kid"] == *kid).map(from_jwk)
    }
}

fn verifies(jwt: &str, key: &PublicKey) -> bool {
    let jwt = Jwt::parse_any(jwt).unwrap();
    let (input, signature) = jwt.signed_parts();
    key.verifies(input, signature)
}

#[tokio::test]
async fn a_good_one_says_who_signed_in_for_which_request() {
    let rig = Rig::start().await;
    let token = rig.opened().await;
    let kid = rig.encryption.public().thumbprint();
    assert_eq!(token.outer, json!({ "alg": "RSA-OAEP", "enc": "A128GCM", "kid": kid, "typ": "JWT" }));
    assert_eq!((&token.header["alg"], &token.header["typ"]), (&json!("RS256"), &json!("JWT")));
    assert!(verifies(&token.jwt, &rig.published_key(&token.header["kid"]).await.unwrap()));
    let claims = &token.claims;
    for (name, value) in [
        ("iss", json!(ISSUER)),
        ("aud", json!(rig.id)),
        ("nonce", json!(NONCE)),
        ("acr", json!(ACR)),
        ("iat", json!(NOW)),
        ("auth_time", json!(NOW)),
        ("exp", json!(NOW + 600)),
        ("urn:oid:2.5.4.4", json!("Meikäläinen")),
        ("urn:oid:1.2.246.575.1.14", json!("Maija Malli")),
        ("urn:oid:1.3.6.1.5.5.7.9.1", json!("1972-02-29")),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    let hetu = claims["urn:oid:1.2.246.21"].as_str().unwrap();
    assert!(hetu.starts_with("290272-901") && checks(hetu), "{hetu}");
    let again = rig.opened().await;
    assert_ne!(claims["sub"], again.claims["sub"], "the subject is not stable");
}

/// The control character, counted another way than the bank does.
fn checks(hetu: &str) -> bool {
    let number: u32 = format!("{}{}", &hetu[..6], &hetu[7..10]).parse().unwrap();
    "0123456789ABCDEFHJKLMNPRSTUVWXY".chars().nth((number % 31) as usize) == hetu.chars().last()
}

#[tokio::test]
async fn without_the_scope_nothing_is_said_of_the_person() {
    let rig = Rig::start().await;
    let code = rig.code_for(&rig.object().claim("scope", "openid")).await;
    let answer = rig.redeem(&rig.fields(&code)).await.json();
    let (_, content) = open(answer["id_token"].as_str().unwrap(), &rig.encryption).unwrap();
    let (_, claims) = parts(std::str::from_utf8(&content).unwrap());
    assert!(!claims.to_string().contains("urn:oid"));
}

#[tokio::test]
async fn every_flaw_in_a_claim_shows() {
    use IdTokenFlaw::*;
    let rig = Rig::start().await;
    let token = async |flaw| {
        rig.world.trouble().on(Trouble::IdToken(flaw));
        rig.opened().await.claims
    };
    for (flaw, name, right) in [
        (WrongNonce, "nonce", NONCE.to_owned()),
        (WrongAcr, "acr", ACR.to_owned()),
        (WrongAudience, "aud", rig.id.clone()),
        (WrongIssuer, "iss", ISSUER.to_owned()),
    ] {
        let claims = token(flaw).await;
        assert!(claims[name].is_string() && claims[name] != right, "{claims}");
    }
    assert!(token(Expired).await["exp"].as_i64().unwrap() < NOW - 60);
    let old = token(Old).await;
    assert!(old["iat"].as_i64().unwrap() < NOW - 660 && old["exp"].as_i64().unwrap() > NOW);
    assert!(token(OldSignIn).await["auth_time"].as_i64().unwrap() < NOW - 60);
    let texts = token(DatesAsTexts).await;
    assert!(["exp", "iat", "auth_time"].iter().all(|name| texts[*name].is_string()));
    assert_eq!(rig.token_answer().await["expires_in"], "600");
    assert!(!token(NoPerson).await.to_string().contains("urn:oid"));
    let wrong = token(WrongControlCharacter).await;
    assert!(!checks(wrong["urn:oid:1.2.246.21"].as_str().unwrap()), "{wrong}");
}

#[tokio::test]
async fn every_flaw_in_a_signature_shows() {
    let rig = Rig::start().await;
    let right = rig.opened().await.header["kid"].clone();
    let key = rig.published_key(&right).await.unwrap();
    let on = |flaw| rig.world.trouble().on(Trouble::IdToken(flaw));
    on(IdTokenFlaw::WrongKey);
    let token = rig.opened().await;
    assert!(token.header["kid"] == right && !verifies(&token.jwt, &key));
    on(IdTokenFlaw::UnknownKid);
    let token = rig.opened().await;
    assert!(rig.published_key(&token.header["kid"]).await.is_none());
    on(IdTokenFlaw::OtherAlg);
    let token = rig.opened().await;
    assert!(token.header["alg"] == "RS384" && !verifies(&token.jwt, &key));
    on(IdTokenFlaw::Unsigned);
    let token = rig.opened().await;
    assert!(token.header["alg"] == "none" && token.jwt.ends_with('.'));
    rig.world.trouble().clear();
    rig.world.trouble().on(Trouble::RotatedKey);
    let token = rig.opened().await;
    assert!(
        token.header["kid"] != right && verifies(&token.jwt, &rig.published_key(&token.header["kid"]).await.unwrap())
    );
}

#[tokio::test]
async fn every_flaw_in_the_encryption_shows() {
    let rig = Rig::start().await;
    let on = |flaw| rig.world.trouble().on(Trouble::IdToken(flaw));
    on(IdTokenFlaw::OtherEnc);
    assert_eq!(rig.opened().await.outer["enc"], "A256GCM");
    on(IdTokenFlaw::OtherKeyAlg);
    assert_eq!(rig.opened().await.outer["alg"], "RSA-OAEP-256");
    on(IdTokenFlaw::OtherRecipient);
    let token = rig.id_token().await;
    let header = parts(&format!("{}.e30", token.split('.').next().unwrap())).0;
    assert_eq!(header["kid"], rig.encryption.public().thumbprint());
    assert!(open(&token, &rig.encryption).is_none());
    on(IdTokenFlaw::NotEncrypted);
    assert_eq!(rig.id_token().await.split('.').count(), 3);
}
