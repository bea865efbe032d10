//! Between SubjectPublicKeyInfo (RFC 5280 §4.1) and the members of a JWK.

use openssl::bn::{BigNum, BigNumContext};
use openssl::nid::Nid;
use openssl::pkey::{HasPublic, Id, PKey, PKeyRef};
use serde_json::{Map, Value};

use super::{JwkError, PublicJwk, parse};
use crate::jose::b64;
use crate::jose::der::Reader;
use crate::keys::KeySpec;

const CURVES: [(&str, KeySpec, Nid, usize); 3] = [
    ("P-256", KeySpec::P256, Nid::X9_62_PRIME256V1, 32),
    ("P-384", KeySpec::P384, Nid::SECP384R1, 48),
    ("P-521", KeySpec::P521, Nid::SECP521R1, 66),
];

pub(super) fn curve_named(name: &str) -> Option<(KeySpec, Nid, usize)> {
    CURVES.iter().find(|c| c.0 == name).map(|(_, spec, nid, size)| (*spec, *nid, *size))
}

pub(super) fn read(der: &[u8]) -> Result<PublicJwk, JwkError> {
    let mut outer = Reader::new(der);
    outer.enter(0x30, "SEQUENCE").map_err(|_| JwkError::NotSpki)?;
    if !outer.is_at_end() {
        return Err(JwkError::NotSpki);
    }
    let key = PKey::public_key_from_der(der).map_err(|_| JwkError::NotSpki)?;
    parse::public(&members(&key)?)
}

/// Kind and size of any key openssl holds.
pub(crate) fn spec_of<T: HasPublic>(key: &PKeyRef<T>) -> Result<KeySpec, JwkError> {
    match key.id() {
        Id::RSA => Ok(KeySpec::Rsa(key.bits())),
        Id::ED25519 => Ok(KeySpec::Ed25519),
        Id::X25519 => Ok(KeySpec::X25519),
        Id::EC => {
            let nid = key.ec_key().map_err(|_| JwkError::NotSpki)?.group().curve_name();
            let known = nid.and_then(|nid| CURVES.iter().find(|c| c.2 == nid));
            known.map(|c| c.1).ok_or_else(|| {
                let name = nid.and_then(|n| n.short_name().ok()).unwrap_or("explicit parameters");
                JwkError::Unsupported { what: "the curve", name: name.to_owned() }
            })
        }
        Id::RSA_PSS => Err(JwkError::Unsupported { what: "the key type", name: "RSASSA-PSS only".to_owned() }),
        _ => Err(JwkError::Unsupported {
            what: "the key type",
            name: "another than EC, RSA, Ed25519, X25519".to_owned(),
        }),
    }
}

/// The required public members of a key.
pub(crate) fn members<T: HasPublic>(key: &PKeyRef<T>) -> Result<Map<String, Value>, JwkError> {
    let pairs = match spec_of(key)? {
        KeySpec::Rsa(_) => {
            let rsa = key.rsa().map_err(|_| JwkError::NotSpki)?;
            vec![("kty", "RSA".into()), ("n", b64::encode(&rsa.n().to_vec())), ("e", b64::encode(&rsa.e().to_vec()))]
        }
        spec @ (KeySpec::Ed25519 | KeySpec::X25519) => {
            let x = key.raw_public_key().map_err(|_| JwkError::NotSpki)?;
            vec![("crv", spec.to_string()), ("kty", "OKP".into()), ("x", b64::encode(&x))]
        }
        spec => {
            let (crv, _, _, size) = CURVES.iter().find(|c| c.1 == spec).ok_or(JwkError::NotSpki)?;
            let (x, y) = coordinates(key, i32::try_from(*size).unwrap_or(0)).map_err(|_| JwkError::NotOnCurve)?;
            vec![("crv", (*crv).into()), ("kty", "EC".into()), ("x", b64::encode(&x)), ("y", b64::encode(&y))]
        }
    };
    Ok(pairs.into_iter().map(|(name, value): (&str, String)| (name.to_owned(), Value::String(value))).collect())
}

fn coordinates<T: HasPublic>(key: &PKeyRef<T>, size: i32) -> Result<(Vec<u8>, Vec<u8>), openssl::error::ErrorStack> {
    let ec = key.ec_key()?;
    let (mut x, mut y) = (BigNum::new()?, BigNum::new()?);
    ec.public_key().affine_coordinates(ec.group(), &mut x, &mut y, &mut *BigNumContext::new()?)?;
    Ok((x.to_vec_padded(size)?, y.to_vec_padded(size)?))
}

pub(crate) fn number(bytes: &[u8]) -> Result<BigNum, JwkError> {
    BigNum::from_slice(bytes).map_err(|_| JwkError::NotSpki)
}
