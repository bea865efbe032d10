//! RSA keys as the banks hold them: made, published and used through openssl.

use std::sync::OnceLock;

use openssl::bn::BigNum;
use openssl::encrypt::Encrypter;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private, Public};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::{sha1, sha256};
use openssl::sign::{RsaPssSaltlen, Signer, Verifier};
use serde_json::{Map, Value, json};

use super::b64;
use crate::secret::Secret;

const BITS: u32 = 2048;
/// Bytes of a number in a key that somebody brings.
const LONGEST: usize = 1024;

/// A public key of 2048 bits or more.
#[derive(Clone)]
pub(super) struct PublicKey {
    key: PKey<Public>,
    n: String,
    e: String,
}

impl PublicKey {
    /// The key in a SubjectPublicKeyInfo (RFC 3279 §2.3.1), DER.
    pub fn from_spki(der: &[u8]) -> Result<Self, &'static str> {
        let key = PKey::public_key_from_der(der).map_err(|_| "it is no public key")?;
        let rsa = key.rsa().map_err(|_| "it is no RSA key")?;
        if rsa.n().num_bits() < 2048 {
            return Err("it is shorter than 2048 bits");
        }
        Ok(Self::of(key, rsa.n().to_vec(), rsa.e().to_vec()))
    }

    /// The key in a JWK (RFC 7518 §6.3.1), or what is wrong.
    pub fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, &'static str> {
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|m| jwk.contains_key(*m)) {
            return Err("it holds private members: treat it as compromised and make a new one");
        }
        let number = |name: &str| {
            let bytes = jwk.get(name).and_then(Value::as_str).and_then(b64::decode)?;
            BigNum::from_slice(&bytes).ok().filter(|_| bytes.len() <= LONGEST)
        };
        let (Some(n), Some(e)) = (number("n"), number("e")) else {
            return Err("its n or e is no number in base64url, or too long");
        };
        let der = Rsa::from_public_components(n, e).and_then(|rsa| rsa.public_key_to_der());
        Self::from_spki(&der.map_err(|_| "it is no RSA key")?)
    }

    fn of(key: PKey<Public>, n: Vec<u8>, e: Vec<u8>) -> Self {
        Self { key, n: b64::encode(&n), e: b64::encode(&e) }
    }

    /// RS256 over the whole input (RFC 7518 §3.3).
    pub fn verifies(&self, input: &[u8], signature: &[u8]) -> bool {
        let check = || -> Result<bool, ErrorStack> {
            Verifier::new(MessageDigest::sha256(), &self.key)?.verify_oneshot(signature, input)
        };
        check().unwrap_or(false)
    }

    /// PS256 over the whole input: a salt as long as the hash (RFC 7518 §3.5).
    pub fn verifies_pss(&self, input: &[u8], signature: &[u8]) -> bool {
        let check = || -> Result<bool, ErrorStack> {
            let mut verifier = Verifier::new(MessageDigest::sha256(), &self.key)?;
            verifier.set_rsa_padding(Padding::PKCS1_PSS)?;
            verifier.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
            verifier.set_rsa_mgf1_md(MessageDigest::sha256())?;
            verifier.verify_oneshot(signature, input)
        };
        check().unwrap_or(false)
    }

    /// RSAES-OAEP with one hash for both places (RFC 7518 §4.3).
    pub fn wrap(&self, content_key: &[u8], hash: MessageDigest) -> Result<Vec<u8>, ErrorStack> {
        let mut encrypter = Encrypter::new(&self.key)?;
        encrypter.set_rsa_padding(Padding::PKCS1_OAEP)?;
        encrypter.set_rsa_oaep_md(hash)?;
        encrypter.set_rsa_mgf1_md(hash)?;
        let mut wrapped = vec![0; encrypter.encrypt_len(content_key)?];
        let length = encrypter.encrypt(content_key, &mut wrapped)?;
        wrapped.truncate(length);
        Ok(wrapped)
    }

    /// RFC 7638 §3: SHA-256 over the required members in lexicographic order.
    pub fn thumbprint(&self) -> String {
        b64::encode(&sha256(self.required_members().as_bytes()))
    }

    /// The same members under SHA-1, as the Open Banking directory names keys.
    pub fn thumbprint_sha1(&self) -> String {
        b64::encode(&sha1(self.required_members().as_bytes()))
    }

    fn required_members(&self) -> String {
        let (e, n) = (&self.e, &self.n);
        format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
    }

    /// As a bank publishes a signing key, with the thumbprint as `kid`.
    pub fn published(&self) -> Value {
        self.published_as(&self.thumbprint(), "RS256")
    }

    pub fn published_as(&self, kid: &str, alg: &str) -> Value {
        json!({ "kty": "RSA", "kid": kid, "use": "sig", "alg": alg, "n": self.n, "e": self.e })
    }
}

/// A private key: a bank's own, or one that a demo client is given.
pub(super) struct PrivateKey {
    key: PKey<Private>,
    public: PublicKey,
}

impl PrivateKey {
    pub fn generate() -> Result<Self, ErrorStack> {
        Self::of(Rsa::generate(BITS)?)
    }

    fn of(rsa: Rsa<Private>) -> Result<Self, ErrorStack> {
        let (n, e) = (rsa.n().to_vec(), rsa.e().to_vec());
        let public = PKey::from_rsa(Rsa::from_public_components(rsa.n().to_owned()?, rsa.e().to_owned()?)?)?;
        Ok(Self { key: PKey::from_rsa(rsa)?, public: PublicKey::of(public, n, e) })
    }

    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// RSASSA-PKCS1-v1_5 with that hash.
    fn sign(&self, input: &[u8], hash: MessageDigest) -> Result<Vec<u8>, ErrorStack> {
        Signer::new(hash, &self.key)?.sign_oneshot_to_vec(input)
    }

    /// RSASSA-PSS with SHA-256.
    pub fn sign_pss(&self, input: &[u8]) -> Result<Vec<u8>, ErrorStack> {
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key)?;
        signer.set_rsa_padding(Padding::PKCS1_PSS)?;
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)?;
        signer.set_rsa_mgf1_md(MessageDigest::sha256())?;
        signer.sign_oneshot_to_vec(input)
    }

    /// A compact JWS with PS256, whatever its header says.
    pub fn jws_pss(&self, header: &Value, claims: &Value) -> Result<String, ErrorStack> {
        let input = signing_input(header, claims);
        let signature = self.sign_pss(input.as_bytes())?;
        Ok(format!("{input}.{}", b64::encode(&signature)))
    }

    /// SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), DER.
    pub fn spki(&self) -> Result<Vec<u8>, ErrorStack> {
        self.key.public_key_to_der()
    }

    /// A compact JWS; `alg` is taken from the header, RS256 where it names no other hash.
    pub fn jws(&self, header: &Value, claims: &Value) -> Result<String, ErrorStack> {
        let hash = if header["alg"] == "RS384" { MessageDigest::sha384() } else { MessageDigest::sha256() };
        let input = signing_input(header, claims);
        let signature = self.sign(input.as_bytes(), hash)?;
        Ok(format!("{input}.{}", b64::encode(&signature)))
    }

    /// PKCS#8 PEM, for the demo client that is to use it.
    pub fn to_pem(&self) -> Result<Secret, ErrorStack> {
        let pem = self.key.private_key_to_pem_pkcs8()?;
        // PEM is ASCII by construction.
        Ok(Secret::new(String::from_utf8(pem).unwrap_or_default()))
    }
}

/// RFC 7515 §5.1.
pub(super) fn signing_input(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| b64::encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

/// A key that is made when it is first used: making one takes a while.
#[derive(Default)]
pub(super) struct LazyKey(OnceLock<PrivateKey>);

impl LazyKey {
    pub fn get(&self) -> Result<&PrivateKey, ErrorStack> {
        if let Some(made) = self.0.get() {
            return Ok(made);
        }
        let made = PrivateKey::generate()?;
        Ok(self.0.get_or_init(|| made))
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// As a client reads a published key.
    pub fn from_jwk(jwk: &Value) -> PublicKey {
        PublicKey::from_jwk(jwk.as_object().unwrap()).unwrap()
    }
}

#[cfg(test)]
impl PrivateKey {
    pub fn from_pem(pem: &Secret) -> Self {
        Self::of(Rsa::private_key_from_pem(pem.expose().as_bytes()).unwrap()).unwrap()
    }

    /// Undoes [`PublicKey::wrap`].
    pub fn unwrap(&self, wrapped: &[u8], hash: MessageDigest) -> Option<Vec<u8>> {
        let mut decrypter = openssl::encrypt::Decrypter::new(&self.key).unwrap();
        decrypter.set_rsa_padding(Padding::PKCS1_OAEP).unwrap();
        decrypter.set_rsa_oaep_md(hash).unwrap();
        decrypter.set_rsa_mgf1_md(hash).unwrap();
        let mut out = vec![0; decrypter.decrypt_len(wrapped).ok()?];
        let length = decrypter.decrypt(wrapped, &mut out).ok()?;
        out.truncate(length);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_verifies_and_nothing_near_it() {
        let key = PrivateKey::generate().unwrap();
        let signature = key.sign(b"input", MessageDigest::sha256()).unwrap();
        assert!(key.public().verifies(b"input", &signature));
        assert!(!key.public().verifies(b"other", &signature));
        assert!(!key.public().verifies(b"input", &signature[1..]));
        assert!(!key.public().verifies(b"input", &key.sign(b"input", MessageDigest::sha384()).unwrap()));
        let again = PrivateKey::from_pem(&key.to_pem().unwrap());
        assert_eq!(again.public().thumbprint(), key.public().thumbprint());
    }

    #[test]
    fn a_pss_signature_is_no_other_and_has_its_salt() {
        let key = PrivateKey::generate().unwrap();
        let signature = key.sign_pss(b"input").unwrap();
        assert!(key.public().verifies_pss(b"input", &signature));
        assert!(!key.public().verifies(b"input", &signature) && !key.public().verifies_pss(b"other", &signature));
        assert!(!key.public().verifies_pss(b"input", &key.sign(b"input", MessageDigest::sha256()).unwrap()));
        let mut signer = Signer::new(MessageDigest::sha256(), &key.key).unwrap();
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer.set_rsa_pss_saltlen(RsaPssSaltlen::custom(20)).unwrap();
        assert!(!key.public().verifies_pss(b"input", &signer.sign_oneshot_to_vec(b"input").unwrap()));
    }

    /// The example of a public documentation and the `kid` that it shows.
    #[test]
    fn the_directorys_kid_is_the_sha1_of_the_same_members() {
        let n = "zNAuqslx6uU9DFSUba7ZfVgN4Bwstv5qB62McqajIXeSqf6oyDVla37yIJpgHq4XYp3YM8X1nodm7WLXnucfqVxXJ0QN-swv4u1c1hV3lQNMHBMNb6Q9mz4eRvgBfkaO3D8H9deqLVxobKdlsZKWQXV9f7g7t9e48j6fh73U9c5whdk3To2QwKPCCANyFqPje9jEe6NuizhOLCUGrdx9N60Y8sIlXlKFFl9UyLKFS68_VWI5Ea3MjTULnZ2eClkZXHFcRld08FVKIpdzKO-dYEvFE_viwMBaFjcwXNRcBDPKXdo5WhCdUV4xy9Mr9v0YhruhY4C-ME5m7G8QqxGXQQ";
        let key = testing::from_jwk(&json!({ "n": n, "e": "AQAB" }));
        assert_eq!(key.thumbprint_sha1(), "cIYo-5zX4OTWZpHrmmiZDVxACJM");
    }

    #[test]
    fn what_is_wrapped_is_unwrapped_with_the_same_hash_only() {
        let key = PrivateKey::generate().unwrap();
        let wrapped = key.public().wrap(b"content key", MessageDigest::sha1()).unwrap();
        assert_eq!(key.unwrap(&wrapped, MessageDigest::sha1()).as_deref(), Some(&b"content key"[..]));
        assert_ne!(key.unwrap(&wrapped, MessageDigest::sha256()).as_deref(), Some(&b"content key"[..]));
    }

    /// RFC 7638 §3.1.
    #[test]
    fn the_thumbprint_is_the_rfcs() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        let key = testing::from_jwk(&json!({ "n": n, "e": "AQAB" }));
        assert_eq!(key.thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn short_and_foreign_keys_are_refused() {
        let spki = |bits| Rsa::generate(bits).unwrap().public_key_to_der().unwrap();
        assert_eq!(PublicKey::from_spki(&spki(1024)).err(), Some("it is shorter than 2048 bits"));
        let ed = PKey::generate_ed25519().unwrap().public_key_to_der().unwrap();
        assert_eq!(PublicKey::from_spki(&ed).err(), Some("it is no RSA key"));
        assert_eq!(PublicKey::from_spki(b"none").err(), Some("it is no public key"));
    }
}
