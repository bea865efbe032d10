//! The online bank and its two headers: what lets a request in, and each thing that does not.

use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;
use openssl::sha::sha1;
use openssl::sign::Signer;
use serde_json::json;

use super::*;
use crate::sandbox::jwk::PrivateKey;
use crate::sandbox::qc::QcType;
use crate::sandbox::{Brought, Trouble};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The two headers before they are encoded and signed.
#[derive(Clone)]
struct Draft {
    jwk: Value,
    header: Value,
    claims: Value,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect()
}

impl Draft {
    /// Right in everything, for a P-256 key with that chain.
    fn new(key: &PrivateKey, chain: &[Vec<u8>], now: i64) -> Self {
        let hash = sha1(&chain[0]);
        let x5c: Vec<String> = chain.iter().map(|der| STANDARD.encode(der)).collect();
        let public = key.public().published();
        Self {
            jwk: json!({ "kty": "EC", "crv": "P-256", "x": public["x"], "y": public["y"], "x5c": x5c }),
            header: json!({ "alg": "ES256", "typ": "JWT", "kid": hex(&hash), "x5t": b64::encode(&hash) }),
            claims: json!({ "iss": "Countersign Demo TPP AS", "aud": "spv fallback prod", "iat": now, "nbf": now,
                            "exp": now + 3600, "jti": "3f1c8b0e6a5d4f2e9b7a001122334455" }),
        }
    }
    fn jwk(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.jwk[name] = value.into();
        self
    }
    fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header[name] = value.into();
        self
    }
    fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims[name] = value.into();
        self
    }
    fn certificate(&self) -> String {
        STANDARD.encode(self.jwk.to_string())
    }
    fn seal(&self, key: &PrivateKey) -> String {
        let input = format!("{}.{}", part(&self.header), part(&self.claims));
        format!("{input}.{}", b64::encode(&key.sign(input.as_bytes()).unwrap()))
    }
}

impl Rig {
    fn seal_key(&self) -> PrivateKey {
        PrivateKey::from_pem(&self.demo.keys.iter().find(|k| k.role == "qseal").unwrap().pem)
    }
    fn draft(&self) -> Draft {
        let demo = self.demo.keys.iter().find(|k| k.role == "qseal").unwrap();
        Draft::new(&self.seal_key(), &demo.chain, self.hands.now())
    }
    async fn page(&self, certificate: &str, seal: &str) -> Reply {
        let headers = [("spv-psd2-fallback-tpp-cert", certificate), ("spv-psd2-fallback-tpp-qseal", seal)];
        self.send(FALLBACK_HOST, ("GET", "/accounts/overview.html"), &headers, "").await
    }
    async fn show(&self, draft: &Draft) -> Reply {
        self.page(&draft.certificate(), &draft.seal(&self.seal_key())).await
    }
    /// Refused with 401, for a reason that holds this word.
    async fn refuses(&self, draft: &Draft, word: &str) {
        self.show(draft).await.assert_refused(401, "access_denied", word);
    }
}

#[tokio::test]
async fn both_headers_open_every_page_until_the_jwt_ends() {
    let rig = Rig::start().await;
    let draft = rig.draft();
    let (certificate, seal) = (draft.certificate(), draft.seal(&rig.seal_key()));
    for _ in 0..2 {
        let page = rig.page(&certificate, &seal).await;
        assert_eq!(page.status, 200);
        assert!(String::from_utf8_lossy(&page.body).contains("Let in: Countersign Demo TPP AS"));
    }
    rig.refuses(&draft, "jti").await;
    rig.hands.forward(3659);
    assert_eq!(rig.page(&certificate, &seal).await.status, 200);
    rig.hands.forward(1);
    rig.page(&certificate, &seal).await.assert_refused(401, "access_denied", "expired");
    // the jti may be forgotten with the JWT that it was in
    assert_eq!(rig.show(&rig.draft()).await.status, 200);
    assert_eq!(rig.show(&rig.draft().claim("jti", "Q".repeat(22))).await.status, 200);
}

#[tokio::test]
async fn headers_that_break_a_rule_are_refused() {
    let rig = Rig::start().await;
    let draft = || rig.draft();
    for (draft, word) in [
        (draft().header("alg", "RS256"), "alg"),
        (draft().header("alg", "none"), "alg"),
        (draft().header("typ", "jwt"), "typ"),
        (draft().header("x5t", "AAAA"), "x5t"),
        (draft().header("kid", rig.draft().header["kid"].as_str().unwrap().to_lowercase()), "kid"),
        (draft().header("crit", json!(["exp"])), "extension"),
        (draft().claim("iss", "Somebody Else AS"), "iss"),
        (draft().claim("aud", "spv fallback test"), "aud"),
        (draft().claim("aud", json!(["spv fallback prod"])), "aud"),
        (draft().claim("nbf", NOW - 1), "nbf"),
        (draft().claim("iat", NOW.to_string()), "numbers"),
        (draft().claim("exp", Value::Null), "numbers"),
        (draft().claim("exp", NOW + 3601), "an hour"),
        (draft().claim("iat", NOW + 61).claim("nbf", NOW + 61), "future"),
        (draft().claim("iat", NOW + 5).claim("nbf", NOW + 5).claim("exp", NOW + 4), "an hour"),
        (draft().claim("jti", "0123456789abcdef"), "jti"),
        (draft().claim("jti", 7), "jti"),
        (draft().jwk("d", "AA"), "private"),
        (draft().jwk("x5c", json!([])), "chain"),
        (draft().jwk("x5c", "AA"), "x5c"),
        (draft().jwk("x5c", json!(["MII-"])), "x5c"),
        (draft().jwk("x5c", json!([STANDARD.encode(b"no certificate")])), "read"),
        (draft().jwk("kty", "RSA"), "certificate's key"),
        (draft().jwk("crv", "P-384"), "certificate's key"),
        (draft().jwk("y", rig.draft().jwk["x"].clone()), "certificate's key"),
    ] {
        rig.refuses(&draft, word).await;
    }
    let (good, key) = (rig.draft(), rig.seal_key());
    let (certificate, seal) = (good.certificate(), good.seal(&key));
    for (certificate, seal, word) in [
        (certificate.as_str(), "", "three segments"),
        ("", seal.as_str(), "JSON object"),
        (&format!("{} {}", &certificate[..8], &certificate[8..]), &seal, "base64"),
        (&b64::encode(good.jwk.to_string().as_bytes()).replace("eyJ", "-yJ"), &seal, "base64"),
        (&STANDARD.encode(br#"{"kty":"EC","kty":"EC"}"#), &seal, "unique members"),
        (&certificate, &good.seal(&PrivateKey::generate().unwrap()), "not signed"),
    ] {
        rig.page(certificate, seal).await.assert_refused(401, "access_denied", word);
    }
    let one = [("spv-psd2-fallback-tpp-cert", certificate.as_str())];
    rig.send(FALLBACK_HOST, ("GET", "/"), &one, "").await.assert_refused(401, "access_denied", "seal header");
    rig.send(FALLBACK_HOST, ("GET", "/"), &[], "").await.assert_refused(401, "access_denied", "certificate header");
}

#[tokio::test]
async fn only_a_qualified_seal_of_a_known_provider_is_let_in() {
    let rig = Rig::start().await;
    let stranger = Authority::new("Elsewhere", NOW).unwrap().client(QcType::Seal).unwrap();
    for (issued, word) in [
        (rig.qtsp.client(QcType::Web).unwrap(), "no qualified seal"),
        (rig.qtsp.server("tpp.example").unwrap(), "no qualified seal"),
        (rig.qtsp.expired_client().unwrap(), "ended"),
        (stranger, "does not lead"),
    ] {
        let key = PrivateKey::from_pem(&issued.key_pem);
        let draft = Draft::new(&key, &issued.chain, NOW);
        rig.page(&draft.certificate(), &draft.seal(&key)).await.assert_refused(401, "access_denied", word);
    }
    let issued = rig.qtsp.client(QcType::Seal).unwrap();
    let key = PrivateKey::from_pem(&issued.key_pem);
    let good = Draft::new(&key, &issued.chain, NOW);
    assert_eq!(rig.page(&good.certificate(), &good.seal(&key)).await.status, 200);
    let x5c = |chain: &[&Vec<u8>]| chain.iter().map(|der| STANDARD.encode(der)).collect::<Vec<_>>();
    let [leaf, issuing] = &issued.chain[..] else { panic!("two certificates") };
    let root = rig.qtsp.root_der().to_vec();
    for (chain, word) in [
        (vec![leaf], "does not lead"),
        (vec![leaf, &root], "before it"),
        (vec![leaf, leaf], "before it"),
        (vec![leaf, issuing, &root, &root, &root, &root], "one to five"),
    ] {
        let draft = good.clone().jwk("x5c", x5c(&chain));
        rig.page(&draft.certificate(), &draft.seal(&key)).await.assert_refused(401, "access_denied", word);
    }
    let with_root = good.clone().jwk("x5c", x5c(&[leaf, issuing, &root])).claim("jti", "b".repeat(32));
    assert_eq!(rig.page(&with_root.certificate(), &with_root.seal(&key)).await.status, 200);
}

#[tokio::test]
async fn a_key_that_a_person_brings_is_certified_and_let_in() {
    let rig = Rig::start().await;
    let rsa = |bits| PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap();
    let p384 = EcGroup::from_curve_name(Nid::SECP384R1).unwrap();
    let p384 = PKey::from_ec_key(EcKey::generate(&p384).unwrap()).unwrap();
    for (key, word) in [(rsa(2048), None), (rsa(1024), Some("2048 bits")), (p384, Some("P-256"))] {
        let brought = Brought { role: "qseal".into(), spki: key.public_key_to_der().unwrap(), certified: false };
        let client = rig.world.client("spv", std::slice::from_ref(&brought)).unwrap().unwrap();
        assert_eq!(client.keys.iter().map(|k| k.role.as_str()).collect::<Vec<_>>(), ["qwac"]);
        let (_, chain) = &client.certified[0];
        let mut draft = Draft::new(&rig.seal_key(), chain, NOW).header("alg", "RS256");
        if let Ok(rsa) = key.rsa() {
            let x5c = draft.jwk["x5c"].take();
            let number = |n: &openssl::bn::BigNumRef| b64::encode(&n.to_vec());
            draft.jwk = json!({ "kty": "RSA", "n": number(rsa.n()), "e": number(rsa.e()), "x5c": x5c });
        }
        let input = format!("{}.{}", part(&draft.header), part(&draft.claims));
        let signature = Signer::new(MessageDigest::sha256(), &key).unwrap().sign_oneshot_to_vec(input.as_bytes());
        let reply = rig.page(&draft.certificate(), &format!("{input}.{}", b64::encode(&signature.unwrap()))).await;
        match word {
            None => assert_eq!(reply.status, 200),
            Some(word) => reply.assert_refused(401, "access_denied", word),
        }
    }
}

#[tokio::test]
async fn a_closed_fallback_and_a_redirect_are_answered_to_who_is_known() {
    let rig = Rig::start().await;
    let (certificate, seal) = (rig.draft().certificate(), rig.draft().seal(&rig.seal_key()));
    let headers = [("spv-psd2-fallback-tpp-cert", &*certificate), ("spv-psd2-fallback-tpp-qseal", &*seal)];
    let away = rig.send(FALLBACK_HOST, ("GET", "/elsewhere"), &headers, "").await;
    assert_eq!((away.status, away.header("location")), (302, "https://other.nettbank.countersign-demo.no/"));
    assert_eq!(rig.send(FALLBACK_HOST, ("GET", "/elsewhere"), &[], "").await.status, 401);
    rig.world.trouble().on(Trouble::NotGranted);
    rig.page(&certificate, &seal).await.assert_refused(403, "access_denied", "closed");
    rig.page(&certificate, "").await.assert_refused(401, "access_denied", "");
}
