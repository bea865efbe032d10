//! From members to a key: sizes, ranges, the curve equation.

use openssl::bn::BigNumContext;
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, PKeyRef, Public};
use openssl::rsa::Rsa;
use serde_json::{Map, Value};

use super::members::{bytes_member, sized_member, text_member};
use super::{JwkError, PublicJwk, roca, spki};
use crate::keys::KeySpec;

/// Beyond this an RSA operation costs more than a key is worth.
const MAX_RSA_BITS: u32 = 16_384;
const MIN_RSA_BITS: u32 = 512;

pub(super) fn public(map: &Map<String, Value>) -> Result<PublicJwk, JwkError> {
    for name in ["kid", "alg", "use"] {
        if map.get(name).is_some_and(|v| !v.is_string()) {
            return Err(JwkError::NotAString(name));
        }
    }
    operations(map)?;
    let (pkey, spec) = match text_member(map, "kty")? {
        "EC" => ec(map)?,
        "RSA" => rsa(map)?,
        "OKP" => okp(map)?,
        other => return Err(JwkError::Unsupported { what: "the key type", name: other.to_owned() }),
    };
    let spki = pkey.public_key_to_der().map_err(|_| JwkError::NotSpki)?;
    let pattern = pkey.rsa().is_ok_and(|rsa| roca::has_pattern(rsa.n()));
    Ok(PublicJwk::assemble(map.clone(), spki, spec, pattern))
}

fn operations(map: &Map<String, Value>) -> Result<(), JwkError> {
    let Some(value) = map.get("key_ops") else { return Ok(()) };
    let fault = |rule| Err(JwkError::Range { member: "key_ops", rule });
    let Some(list) = value.as_array().filter(|list| list.iter().all(Value::is_string)) else {
        return fault("is no list of strings");
    };
    if list.iter().enumerate().any(|(i, op)| list[..i].contains(op)) {
        return fault("names an operation twice");
    }
    Ok(())
}

fn ec(map: &Map<String, Value>) -> Result<(PKey<Public>, KeySpec), JwkError> {
    let name = text_member(map, "crv")?;
    let (spec, nid, size) =
        spki::curve_named(name).ok_or_else(|| JwkError::Unsupported { what: "the curve", name: name.to_owned() })?;
    let (x, y) = (sized_member(map, "x", size)?, sized_member(map, "y", size)?);
    let build = || {
        let group = EcGroup::from_curve_name(nid)?;
        let mut context = BigNumContext::new()?;
        let point = [&[4], &x[..], &y[..]].concat();
        let point = openssl::ec::EcPoint::from_bytes(&group, &point, &mut context)?;
        let key = EcKey::from_public_key(&group, &point)?;
        key.check_key()?;
        PKey::from_ec_key(key)
    };
    build().map(|key| (key, spec)).map_err(|_| JwkError::NotOnCurve)
}

fn rsa(map: &Map<String, Value>) -> Result<(PKey<Public>, KeySpec), JwkError> {
    let (n, e) = (spki::number(&unsigned(map, "n")?)?, spki::number(&unsigned(map, "e")?)?);
    let range = |member, rule| Err(JwkError::Range { member, rule });
    let bits = n.num_bits().unsigned_abs();
    if !(MIN_RSA_BITS..=MAX_RSA_BITS).contains(&bits) {
        return range("n", "has no size an RSA key can have (512 to 16384 bits)");
    }
    if !n.is_bit_set(0) {
        return range("n", "is even");
    }
    if !e.is_bit_set(0) || e.num_bits() < 2 || e.num_bits() > 64 {
        return range("e", "is no odd number above 1 of at most 64 bits");
    }
    let build = || PKey::from_rsa(Rsa::from_public_components(n, e)?);
    build().map(|key| (key, KeySpec::Rsa(bits))).map_err(|_| JwkError::NotSpki)
}

/// A number in its shortest form (RFC 7518 §2, Base64urlUInt).
fn unsigned(map: &Map<String, Value>, member: &'static str) -> Result<Vec<u8>, JwkError> {
    let bytes = bytes_member(map, member)?;
    match bytes.first() {
        None => Err(JwkError::Range { member, rule: "is empty" }),
        Some(0) => Err(JwkError::Range { member, rule: "starts with a zero byte (RFC 7518 §6.3.1.1)" }),
        Some(_) => Ok(bytes),
    }
}

fn okp(map: &Map<String, Value>) -> Result<(PKey<Public>, KeySpec), JwkError> {
    match text_member(map, "crv")? {
        "Ed25519" => {
            let x = sized_member(map, "x", 32)?;
            let key = PKey::public_key_from_raw_bytes(&x, Id::ED25519).map_err(|_| JwkError::NotOnCurve)?;
            Ok((key, KeySpec::Ed25519))
        }
        "X25519" => {
            let x = sized_member(map, "x", 32)?;
            let key = PKey::public_key_from_raw_bytes(&x, Id::X25519).map_err(|_| JwkError::NotOnCurve)?;
            if agrees_on_zero(&key) {
                let rule = "is a point of small order: whoever agrees with it gets zero (RFC 7748 §6.1)";
                return Err(JwkError::Range { member: "x", rule });
            }
            Ok((key, KeySpec::X25519))
        }
        other => Err(JwkError::Unsupported { what: "the curve", name: other.to_owned() }),
    }
}

/// Any scalar finds out: all are multiples of 8 and so take a point of small order to zero. OpenSSL gives no zero out.
fn agrees_on_zero(key: &PKeyRef<Public>) -> bool {
    let agree = || -> Result<Vec<u8>, ErrorStack> {
        let any = PKey::private_key_from_raw_bytes(&[9; 32], Id::X25519)?;
        let mut deriver = Deriver::new(&any)?;
        deriver.set_peer(key)?;
        deriver.derive_to_vec()
    };
    agree().map_or(true, |shared| shared.iter().all(|b| *b == 0))
}
