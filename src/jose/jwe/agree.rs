//! ECDH (RFC 7518 §4.6, RFC 8037 §3.2). The other side's point was found on its curve when its JWK was read.

use openssl::bn::{BigNum, BigNumContext};
use openssl::derive::Deriver;
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, PKeyRef, Private};

use super::JweError;
use crate::jose::PublicJwk;
use crate::keys::KeySpec;
use crate::secret::SecretBytes;

/// The x coordinate of the shared point, of the field's size. Zero on X25519 is nothing that two sides agreed on.
pub(super) fn shared(own: &PKeyRef<Private>, theirs: &PublicJwk) -> Option<SecretBytes> {
    let peer = PKey::public_key_from_der(theirs.spki()).ok()?;
    let mut deriver = Deriver::new(own).ok()?;
    deriver.set_peer(&peer).ok()?;
    let shared = SecretBytes::new(deriver.derive_to_vec().ok()?);
    let zero = theirs.spec() == KeySpec::X25519 && openssl::memcmp::eq(shared.expose(), &[0; 32]);
    (!zero).then_some(shared)
}

/// A key for one message, on the recipient's curve, of the caller's random numbers.
pub(super) fn one_time(
    recipient: &PublicJwk,
    fill: &mut dyn FnMut(&mut [u8]),
) -> Result<(PKey<Private>, PublicJwk), JweError> {
    const TRIES: usize = 200;
    let backend = |_: ErrorStack| JweError::Backend;
    if recipient.spec() == KeySpec::X25519 {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        fill(&mut *bytes);
        let key = PKey::private_key_from_raw_bytes(&*bytes, Id::X25519).map_err(backend)?;
        return with_public(key);
    }
    let given = PKey::public_key_from_der(recipient.spki()).and_then(|k| k.ec_key()).map_err(backend)?;
    let nid = given.group().curve_name().ok_or(JweError::Backend)?;
    let group = EcGroup::from_curve_name(nid).map_err(backend)?;
    let mut bytes = zeroize::Zeroizing::new(vec![0; recipient.bits().div_ceil(8) as usize]);
    for _ in 0..TRIES {
        fill(&mut bytes);
        if !recipient.bits().is_multiple_of(8)
            && let Some(first) = bytes.first_mut()
        {
            *first &= (1 << (recipient.bits() % 8)) - 1;
        }
        if let Some(key) = of_scalar(&group, &bytes).map_err(backend)? {
            return with_public(key);
        }
    }
    Err(JweError::Backend)
}

fn with_public(key: PKey<Private>) -> Result<(PKey<Private>, PublicJwk), JweError> {
    let spki = key.public_key_to_der().map_err(|_| JweError::Backend)?;
    Ok((key, PublicJwk::from_spki_der(&spki).map_err(JweError::Epk)?))
}

/// None where the number is no private key of this curve.
fn of_scalar(group: &EcGroup, bytes: &[u8]) -> Result<Option<PKey<Private>>, ErrorStack> {
    let mut context = BigNumContext::new()?;
    let (scalar, mut order) = (BigNum::from_slice(bytes)?, BigNum::new()?);
    group.order(&mut order, &mut context)?;
    if scalar.num_bits() == 0 || scalar >= order {
        return Ok(None);
    }
    let mut point = EcPoint::new(group)?;
    point.mul_generator2(group, &scalar, &mut context)?;
    let key = EcKey::from_private_components(group, &scalar, &point)?;
    PKey::from_ec_key(key).map(Some)
}
