//! The private key of a PEM file, in whichever of the three forms tools write it.

use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;

use super::parts::ec_from_scalar;
use crate::jose::der::Reader;
use crate::jose::pem::{Block, blocks};
use crate::jose::{DerError, JoseError};

pub(super) fn read(bytes: &[u8]) -> Result<PKey<Private>, JoseError> {
    let blocks = blocks(bytes).map_err(JoseError::Pem)?;
    let keys: Vec<&Block> = blocks.iter().filter(|b| b.label.ends_with("PRIVATE KEY")).collect();
    let block = match keys[..] {
        [] => return Err(JoseError::NoPrivateBlock),
        [one] => one,
        _ => return Err(JoseError::SeveralKeys(keys.len())),
    };
    if block.encrypted {
        return Err(JoseError::Encrypted);
    }
    let der = block.der.expose();
    let key = match block.label.as_str() {
        "ENCRYPTED PRIVATE KEY" => return Err(JoseError::Encrypted),
        "PRIVATE KEY" => PKey::private_key_from_pkcs8(der).ok(),
        "RSA PRIVATE KEY" => Rsa::private_key_from_der(der).and_then(PKey::from_rsa).ok(),
        "EC PRIVATE KEY" => {
            EcKey::private_key_from_der(der).and_then(PKey::from_ec_key).ok().or_else(|| sec1(der).ok().flatten())
        }
        _ => None,
    };
    key.ok_or(JoseError::Unreadable)
}

/// RFC 5915 with its parameters left out: the length of the number tells the curve (it has that of the order).
fn sec1(der: &[u8]) -> Result<Option<PKey<Private>>, DerError> {
    let mut body = Reader::new(der).enter(0x30, "SEQUENCE")?;
    body.enter(0x02, "version")?;
    let d = body.enter(0x04, "private key")?.content();
    if body.peek() == Some(0xa0) {
        return Ok(None);
    }
    let nid = match d.len() {
        32 => Nid::X9_62_PRIME256V1,
        48 => Nid::SECP384R1,
        66 => Nid::SECP521R1,
        _ => return Ok(None),
    };
    Ok(EcGroup::from_curve_name(nid).and_then(|group| ec_from_scalar(&group, d)).ok())
}
