//! From the members of a private JWK to a key (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2).

use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};
use openssl::rsa::Rsa;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::jose::jwk::{JwkError, number, text_member};
use crate::jose::{JoseError, PublicJwk, b64};
use crate::keys::KeySpec;

pub(super) fn read(value: &Value, public: &PublicJwk) -> Result<PKey<Private>, JoseError> {
    let map = value.as_object().ok_or(JoseError::Jwk(JwkError::NotAnObject))?;
    let key = match public.spec() {
        KeySpec::Rsa(_) => rsa(map)?,
        KeySpec::Ed25519 => {
            let d = sized(map, 32)?;
            PKey::private_key_from_raw_bytes(&d, Id::ED25519)
        }
        KeySpec::X25519 => {
            let d = sized(map, 32)?;
            PKey::private_key_from_raw_bytes(&d, Id::X25519)
        }
        KeySpec::P256 => ec(&sized(map, 32)?, public),
        KeySpec::P384 => ec(&sized(map, 48)?, public),
        KeySpec::P521 => ec(&sized(map, 66)?, public),
    };
    key.map_err(|_| JoseError::Damaged)
}

fn bytes(map: &Map<String, Value>, member: &'static str) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let text = match text_member(map, member) {
        Err(JwkError::Missing(name)) => Err(JwkError::NotPrivate(name)),
        other => other,
    };
    text.and_then(|t| b64::decode(t).map_err(|error| JwkError::Base64 { member, error }))
        .map(Zeroizing::new)
        .map_err(JoseError::Jwk)
}

fn sized(map: &Map<String, Value>, expected: usize) -> Result<Zeroizing<Vec<u8>>, JoseError> {
    let d = bytes(map, "d")?;
    if d.len() == expected {
        Ok(d)
    } else {
        Err(JoseError::Jwk(JwkError::Size { member: "d", expected, found: d.len() }))
    }
}

/// The public point is made from `d`; the caller compares it with the one that was given.
fn ec(d: &[u8], public: &PublicJwk) -> Result<PKey<Private>, ErrorStack> {
    let given = PKey::public_key_from_der(public.spki())?.ec_key()?;
    ec_from_scalar(given.group(), d)
}

pub(super) fn ec_from_scalar(group: &openssl::ec::EcGroupRef, d: &[u8]) -> Result<PKey<Private>, ErrorStack> {
    let nid = group.curve_name().ok_or_else(ErrorStack::get)?;
    let group = EcGroup::from_curve_name(nid)?;
    let d = BigNum::from_slice(d)?;
    let mut point = EcPoint::new(&group)?;
    point.mul_generator2(&group, &d, &mut *openssl::bn::BigNumContext::new()?)?;
    let key = EcKey::from_private_components(&group, &d, &point)?;
    PKey::from_ec_key(key)
}

/// With its factors: a key of `d` alone (which RFC 7518 §6.3.2 allows) no tool writes, and it cannot be checked.
fn rsa(map: &Map<String, Value>) -> Result<Result<PKey<Private>, ErrorStack>, JoseError> {
    if map.contains_key("oth") {
        let fault = JwkError::Unsupported { what: "RSA", name: "more than two primes (oth)".to_owned() };
        return Err(JoseError::Jwk(fault));
    }
    let int = |member| number(&bytes(map, member)?).map_err(JoseError::Jwk);
    let (n, e, d) = (int("n")?, int("e")?, int("d")?);
    let (p, q, dp, dq, qi) = (int("p")?, int("q")?, int("dp")?, int("dq")?, int("qi")?);
    Ok(Rsa::from_private_components(n, e, d, p, q, dp, dq, qi).and_then(PKey::from_rsa))
}

#[cfg(test)]
pub(super) fn private_value(key: &super::SecretJwk) -> Value {
    let pkey = PKey::private_key_from_pkcs8(key.pkcs8.expose()).unwrap();
    let mut map = key.public.as_value().as_object().unwrap().clone();
    let mut put = |name: &str, bytes: Vec<u8>| map.insert(name.into(), Value::from(b64::encode(&bytes)));
    if let Ok(rsa) = pkey.rsa() {
        put("d", rsa.d().to_vec());
        put("p", rsa.p().unwrap().to_vec());
        put("q", rsa.q().unwrap().to_vec());
        put("dp", rsa.dmp1().unwrap().to_vec());
        put("dq", rsa.dmq1().unwrap().to_vec());
        put("qi", rsa.iqmp().unwrap().to_vec());
    } else if let Ok(ec) = pkey.ec_key() {
        put("d", ec.private_key().to_vec_padded(key.public.bits().div_ceil(8) as i32).unwrap());
    } else {
        put("d", pkey.raw_private_key().unwrap());
    }
    Value::Object(map)
}
