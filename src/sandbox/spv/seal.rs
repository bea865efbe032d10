//! The two fallback headers, judged as the bank would: a certificate of a trusted seal, and a JWT that its key signed.

use axum::http::HeaderMap;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Public};
use openssl::sha::{sha1, sha256};
use openssl::sign::Verifier;
use serde_json::{Map, Value};

use super::certificate;
use super::{FALLBACK_AUDIENCE, SKEW};
use crate::sandbox::ca::Authority;
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::qc::QcType;
use crate::sandbox::{b64, json, jwt::Jwt};

const CERTIFICATE: &str = "spv-psd2-fallback-tpp-cert";
const SEAL: &str = "spv-psd2-fallback-tpp-qseal";
const LONGEST_HEADER: usize = 16 * 1024;
const LONGEST_LIFE: i64 = 3600;

/// A third party that proved who it is.
#[derive(Debug)]
pub(super) struct Sealed {
    pub name: String,
    pub certificate: Fingerprint,
    pub jti: String,
    pub exp: i64,
    /// SHA-256 over the JWT.
    pub jwt: [u8; 32],
}

pub(super) fn verify(headers: &HeaderMap, qtsp: &Authority, now: i64) -> Result<Sealed, &'static str> {
    let certificate = one(headers, CERTIFICATE).ok_or("the certificate header is not there once")?;
    let seal = one(headers, SEAL).ok_or("the seal header is not there once")?;
    let jwk = b64::decode_standard(certificate).ok_or("the certificate header is not base64 with its padding")?;
    let jwk = json::object(&jwk).ok_or("the certificate header holds no JSON object with unique members")?;
    let chain = chain(&jwk)?;
    let leaf = certificate::trusted(&chain, qtsp, now)?;
    if !certificate::is_qualified(&chain[0], QcType::Seal) {
        return Err("the certificate is no qualified seal of a payment service provider");
    }
    let (key, alg) = certificate::sealing_key(&leaf)?;
    if !is_key_of(&jwk, &key) {
        return Err("the JWK is not the certificate's key");
    }
    let jwt = Jwt::parse_any(seal)?;
    check_header(&jwt, alg, &chain[0])?;
    let (input, signature) = jwt.signed_parts();
    if !signed(&key, alg, input, signature) {
        return Err("the JWT is not signed by the certificate's key");
    }
    let names = certificate::names(&leaf);
    let name = jwt.text("iss").filter(|iss| names.iter().any(|n| n == iss));
    let name = name.ok_or("iss is not the name in the certificate")?;
    if jwt.text("aud") != Some(FALLBACK_AUDIENCE) {
        return Err("aud is not the text `spv fallback prod`");
    }
    let exp = check_times(&jwt, now)?;
    let jti =
        jwt.text("jti").filter(|jti| bits(jti) >= 128).ok_or("jti is missing or has no room for 128 random bits")?;
    let (name, jti) = (name.to_owned(), jti.to_owned());
    Ok(Sealed { name, certificate: Fingerprint::of(&chain[0]), jti, exp, jwt: sha256(seal.as_bytes()) })
}

fn one<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let mut all = headers.get_all(name).iter();
    let (value, None) = (all.next()?, all.next()) else { return None };
    value.to_str().ok().filter(|v| v.len() <= LONGEST_HEADER)
}

/// `x5c`, after the JWK's other members have been found to be those of a public key (RFC 7517 §4).
fn chain(jwk: &Map<String, Value>) -> Result<Vec<Vec<u8>>, &'static str> {
    if ["d", "p", "q", "dp", "dq", "qi", "oth", "k"].iter().any(|m| jwk.contains_key(*m)) {
        return Err("the JWK holds private members: treat the key as compromised");
    }
    let x5c = jwk.get("x5c").and_then(Value::as_array).ok_or("the JWK has no x5c")?;
    let decode = |c: &Value| c.as_str().and_then(b64::decode_standard);
    let chain: Option<Vec<_>> = x5c.iter().map(decode).collect();
    chain.ok_or("x5c is not a list of DER in standard base64")
}

/// The JWK's members against the key's own numbers.
fn is_key_of(jwk: &Map<String, Value>, key: &PKey<Public>) -> bool {
    let number = |name: &str| jwk.get(name).and_then(Value::as_str).and_then(b64::decode);
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let same = || -> Result<bool, ErrorStack> {
        if let Ok(rsa) = key.rsa() {
            let own = (Some(rsa.n().to_vec()), Some(rsa.e().to_vec()));
            return Ok(text("kty") == Some("RSA") && (number("n"), number("e")) == own);
        }
        let ec = key.ec_key()?;
        let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
        ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut *BigNumContext::new()?)?;
        let own = (Some(x.to_vec_padded(32)?), Some(y.to_vec_padded(32)?));
        Ok(text("kty") == Some("EC") && text("crv") == Some("P-256") && (number("x"), number("y")) == own)
    };
    same().unwrap_or(false)
}

/// `alg` fits the key; `x5t` and `kid` name the leaf, in base64url and in upper-case hexadecimal.
fn check_header(jwt: &Jwt, alg: &str, leaf: &[u8]) -> Result<(), &'static str> {
    let hash = sha1(leaf);
    let hex: String = hash.iter().map(|b| format!("{b:02X}")).collect();
    let text = |name: &str| jwt.header.get(name).and_then(Value::as_str);
    if jwt.alg() != Some(alg) {
        return Err("alg is not the one of RS256 and ES256 that fits the certificate's key");
    }
    if text("typ") != Some("JWT") {
        return Err("typ is not JWT");
    }
    if text("x5t") != Some(&b64::encode(&hash)) {
        return Err("x5t is not the certificate's SHA-1 thumbprint");
    }
    if jwt.kid() != Some(&hex) {
        return Err("kid is not the certificate's SHA-1 thumbprint in upper-case hexadecimal");
    }
    Ok(())
}

fn signed(key: &PKey<Public>, alg: &str, input: &[u8], signature: &[u8]) -> bool {
    let check = || -> Result<bool, ErrorStack> {
        if alg == "RS256" {
            return Verifier::new(MessageDigest::sha256(), key)?.verify_oneshot(signature, input);
        }
        if signature.len() != 64 {
            return Ok(false);
        }
        let (r, s) = signature.split_at(32);
        EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?
            .verify(&sha256(input), &*key.ec_key()?)
    };
    check().unwrap_or(false)
}

/// Returns `exp`.
fn check_times(jwt: &Jwt, now: i64) -> Result<i64, &'static str> {
    let time = |name: &str| jwt.time(name).ok().flatten();
    let (Some(iat), Some(nbf), Some(exp)) = (time("iat"), time("nbf"), time("exp")) else {
        return Err("iat, nbf and exp are not all there as numbers of seconds");
    };
    if nbf != iat {
        return Err("nbf is not iat");
    }
    if iat > now.saturating_add(SKEW) {
        return Err("iat lies in the future");
    }
    if exp <= now.saturating_sub(SKEW) {
        return Err("it has expired: a new one is due after an hour");
    }
    if exp <= iat || exp.saturating_sub(iat) > LONGEST_LIFE {
        return Err("exp is not within an hour after iat");
    }
    Ok(exp)
}

/// What the text's alphabet has room for.
fn bits(text: &str) -> usize {
    let per_char = if text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') { 4 } else { 6 };
    text.bytes().filter(|b| b.is_ascii_alphanumeric() || *b == b'_').count() * per_char
}
