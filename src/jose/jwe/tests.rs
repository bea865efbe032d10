//! Encrypted tokens of others, our own round trips, and every way of bending them.

mod edits;
mod refusals;

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::jose::{OctKey, PublicJwk, SecretJwk, b64, vectors as vectors_of_keys};
use crate::keys::KeySpec;
use crate::secret::SecretBytes;

/// A key of any kind, and what it does with a token.
#[derive(Clone)]
pub(super) enum Holder {
    Pair(Box<SecretJwk>),
    Shared(OctKey),
}

impl Holder {
    fn read(jwk: &str) -> Self {
        let value: Value = serde_json::from_str(jwk).unwrap();
        match value["kty"].as_str() {
            Some("oct") => Self::Shared(OctKey::from_value(&value).unwrap()),
            _ => Self::Pair(Box::new(SecretJwk::from_jwk(&value).unwrap())),
        }
    }

    /// One that fits the algorithms.
    pub(super) fn for_algs(alg: KeyAlg, enc: Enc) -> Self {
        static RSA: LazyLock<SecretJwk> = LazyLock::new(|| SecretJwk::generate(KeySpec::Rsa(2048)).unwrap());
        static EC: LazyLock<SecretJwk> = LazyLock::new(|| SecretJwk::generate(KeySpec::P256).unwrap());
        let shared = |n: usize| Self::Shared(OctKey::bare(SecretBytes::new((1..=n).map(|i| i as u8).collect())));
        match alg {
            KeyAlg::RsaOaep | KeyAlg::RsaOaep256 | KeyAlg::Rsa15 => Self::Pair(Box::new(RSA.clone())),
            KeyAlg::EcdhEs | KeyAlg::EcdhEsKw(_) => Self::Pair(Box::new(EC.clone())),
            KeyAlg::Kw(aes) | KeyAlg::GcmKw(aes) => shared(aes.bytes()),
            KeyAlg::Dir => shared(enc.key_bytes()),
            KeyAlg::Pbes2(_) => shared(11),
        }
    }

    /// Another key of the same kind.
    fn other(&self) -> Self {
        static OTHERS: LazyLock<[SecretJwk; 2]> =
            LazyLock::new(|| [KeySpec::Rsa(2048), KeySpec::P256].map(|s| SecretJwk::generate(s).unwrap()));
        match self {
            Self::Pair(key) => {
                Self::Pair(Box::new(OTHERS.iter().find(|o| o.spec() == key.spec()).unwrap_or(&OTHERS[0]).clone()))
            }
            Self::Shared(key) => {
                let altered = key.secret.expose().iter().map(|b| b ^ 1).collect();
                Self::Shared(OctKey::bare(SecretBytes::new(altered)))
            }
        }
    }

    fn recipient(&self) -> Recipient<'_> {
        match self {
            Self::Pair(key) => Recipient::Public(key.public()),
            Self::Shared(key) => Recipient::Shared(key),
        }
    }

    pub(super) fn open(&self, token: &str, policy: &Policy) -> Result<SecretBytes, JweError> {
        let admitted = Jwe::parse(token)?.admit(policy)?;
        match self {
            Self::Pair(key) => key.open_jwe(&admitted),
            Self::Shared(key) => admitted.open_shared(key),
        }
    }
}

/// Bytes that differ, for as long as the tests are ours.
pub(super) fn chance() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u64;
    move |bytes: &mut [u8]| {
        for b in bytes {
            next = next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *b = (next >> 33) as u8;
        }
    }
}

pub(super) fn everything() -> Policy {
    Policy::only(KeyAlg::ALL.to_vec(), Enc::ALL.to_vec()).with_compressed()
}

pub(super) fn sealed(holder: &Holder, alg: KeyAlg, enc: Enc, header: &Value, compress: bool, content: &[u8]) -> String {
    let header: Map<String, Value> = header.as_object().unwrap().clone();
    let sealing = Sealing { alg, enc, header: &header, compress, content };
    sealing.seal(holder.recipient(), &mut chance()).unwrap()
}

#[test]
fn the_examples_of_the_rfcs_open() {
    for vector in vectors::ALL {
        let opened = Holder::read(vector.key).open(vector.token, &everything());
        let opened = opened.unwrap_or_else(|e| panic!("{}: {e}", vector.from));
        assert_eq!(std::str::from_utf8(opened.expose()).unwrap(), vector.content, "{}", vector.from);
    }
    assert_eq!(vectors::ALL.len(), 12);
}

#[test]
fn the_key_of_rfc_7518_appendix_c_is_agreed_on() {
    let bob = json!({"kty": "EC", "crv": "P-256", "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
        "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck", "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw"});
    let alice = json!({"kty": "EC", "crv": "P-256", "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
        "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps"});
    let epk = PublicJwk::from_value(&alice).unwrap();
    let shared = SecretJwk::from_jwk(&bob).unwrap().unwrap_for(&Task::Agree { epk }).unwrap().unwrap();
    let parties = wrap::Parties { apu: b"Alice".to_vec(), apv: b"Bob".to_vec() };
    let key = wrap::agreed(shared.expose(), KeyAlg::EcdhEs, Enc::Gcm(Aes::A128), &parties);
    assert_eq!(b64::encode(key.expose()), "VqqN6vgjbSBcIijNcacQGg");
}

#[test]
fn the_secret_of_rfc_8037_appendix_a_6_is_agreed_on() {
    let bob: Value = serde_json::from_str(vectors_of_keys::X25519_JWK).unwrap();
    let alice = json!({"kty": "OKP", "crv": "X25519", "x": "hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo",
        "d": "dwdtCnMYpX08FsFyUbJmRd9ML4frwJkqsXf7pR25LCo"});
    let epk = PublicJwk::from_value(&bob).unwrap();
    let shared = SecretJwk::from_jwk(&alice).unwrap().unwrap_for(&Task::Agree { epk }).unwrap().unwrap();
    assert_eq!(b64::encode(shared.expose()), "Sl2dW6TOLeFyjjv0gDUPJeB-IclH0Z4zdvCbPB4WF0I");
}

#[test]
fn every_algorithm_opens_what_it_sealed_and_no_other_key_does() {
    let content = br#"{"sub":"psu","n":1}"#;
    for alg in KeyAlg::ALL {
        for enc in Enc::ALL {
            let holder = Holder::for_algs(alg, enc);
            for compress in [false, true] {
                let token = sealed(&holder, alg, enc, &json!({"kid": "k", "cty": "JWT"}), compress, content);
                let jwe = Jwe::parse(&token).unwrap();
                assert!(jwe.says_nested() && jwe.kid() == Some("k"));
                assert_eq!(holder.open(&token, &everything()).unwrap().expose(), content, "{alg} {enc}");
            }
            let token = sealed(&holder, alg, enc, &json!({}), false, b"");
            assert!(holder.other().open(&token, &everything()).is_err(), "{alg} {enc}, another key");
            assert_eq!(holder.open(&token, &everything()).unwrap().expose(), b"", "{alg} {enc}, empty");
        }
    }
}

#[test]
fn every_curve_agrees() {
    for spec in [KeySpec::P256, KeySpec::P384, KeySpec::P521, KeySpec::X25519] {
        let holder = Holder::Pair(Box::new(SecretJwk::generate(spec).unwrap()));
        for alg in KeyAlg::ALL.into_iter().filter(|a| a.family() == Family::Agreement) {
            let token = sealed(&holder, alg, Enc::CbcHs(Aes::A256), &json!({}), false, b"x");
            assert_eq!(holder.open(&token, &Policy::sound()).unwrap().expose(), b"x", "{spec} {alg}");
        }
    }
}

#[test]
fn two_tokens_of_one_content_have_nothing_in_common() {
    let holder = Holder::for_algs(KeyAlg::EcdhEs, Enc::Gcm(Aes::A128));
    let mut fill = chance();
    let header = Map::new();
    let sealing =
        Sealing { alg: KeyAlg::EcdhEs, enc: Enc::Gcm(Aes::A128), header: &header, compress: false, content: b"same" };
    let tokens = [(); 2].map(|()| sealing.seal(holder.recipient(), &mut fill).unwrap());
    let parts: Vec<Vec<&str>> = tokens.iter().map(|t| t.split('.').collect()).collect();
    for part in [0, 2, 3, 4] {
        assert_ne!(parts[0][part], parts[1][part]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_content_comes_back(alg in prop::sample::select(&KeyAlg::ALL[..]), enc in prop::sample::select(&Enc::ALL[..]),
                              compress: bool, content in prop::collection::vec(any::<u8>(), 0..400)) {
        let holder = Holder::for_algs(alg, enc);
        let token = sealed(&holder, alg, enc, &json!({}), compress, &content);
        let opened = holder.open(&token, &everything()).unwrap();
        prop_assert_eq!(opened.expose(), content.as_slice());
    }
}
