//! Checking a signature. The algorithm is the caller's or the header's; the key has to agree with it, in kind and in
//! what it says of itself (RFC 8725 §3.1). josekit does the arithmetic; what it is lax about is checked before.

use std::sync::LazyLock;

use josekit::jws::{self, JwsVerifier};
use openssl::bn::BigNum;
use openssl::ec::EcGroup;
use openssl::nid::Nid;

use super::signer::{hmac_digest, sign_hmac};
use super::{Alg, JoseError, PublicJwk, der};

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    #[error("the signature does not fit: another key made it, or the text was changed")]
    Mismatch,
    #[error("a key of the kind {kind} has no {alg} signatures")]
    KeyKind { alg: Alg, kind: String },
    #[error("the key is for {names} only, not for checking {alg}")]
    KeySays { alg: Alg, names: String },
    #[error("the key is too weak to prove anything: {0}")]
    Weak(String),
    #[error("there is no signature")]
    Empty,
    #[error("the signature has {found} bytes; {alg} has {expected}{}", if *.der { ": it is in DER" } else { "" })]
    Length { alg: Alg, expected: usize, found: usize, der: bool },
    #[error("{0} of the signature is not between 1 and n−1")]
    Range(&'static str),
    #[error("{0} is made with a shared secret, not with a key pair")]
    Symmetric(Alg),
    #[error("{0} is not made with a shared secret")]
    NotSymmetric(Alg),
    #[error("the secret has {found} bytes; {alg} needs at least {needed}")]
    ShortSecret { alg: Alg, found: usize, needed: usize },
    #[error("the key could not be used")]
    Backend,
}

impl VerifyError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Mismatch => "compare the kid with the key's thumbprint, and the text with what was sent",
            Self::KeyKind { .. } => {
                "the header names an algorithm of another family than the key's: take the other key"
            }
            Self::KeySays { .. } => "a key's own “alg”, “use” and “key_ops” are obeyed (RFC 7517 §4)",
            Self::Weak(_) => "RSA keys have at least 2048 bits (RFC 7518 §3.3)",
            Self::Empty => "the token ends in a dot: it was never signed, or the signature was cut off",
            Self::Length { der: true, .. } => {
                "this is DER; JWS wants r‖s (RFC 7518 §3.4): convert what the KMS or openssl gave"
            }
            Self::Length { .. } => "the token was cut or another algorithm made the signature",
            Self::Range(_) => "such a signature proves nothing and is refused (RFC 7518 §3.4)",
            Self::Symmetric(_) => "give the shared secret; a public key is never taken for one (RFC 8725 §2.1)",
            Self::NotSymmetric(_) => "give the public key of the signer",
            Self::ShortSecret { .. } => "a secret has at least as many bytes as the hash (RFC 7518 §3.2)",
            Self::Backend => "export the key again with another tool",
        }
    }
}

/// Whether `signature` over `input` was made by the private half of `key`.
///
/// # Errors
/// [`VerifyError`] says which of all conditions failed.
pub fn verify(alg: Alg, key: &PublicJwk, input: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    if hmac_digest(alg).is_some() {
        return Err(VerifyError::Symmetric(alg));
    }
    if !key.spec().signs(alg) {
        return Err(VerifyError::KeyKind { alg, kind: key.kind() });
    }
    if !key.verifies(alg) {
        return Err(VerifyError::KeySays { alg, names: key.purpose() });
    }
    if let Some(weakness) = key.weakness() {
        return Err(VerifyError::Weak(weakness));
    }
    form(alg, key, signature)?;
    let build = || verifier(alg, key.spki()).map_err(|_| VerifyError::Backend);
    let verifier = key.verifiers().get_or_build(alg, build)?;
    verifier.verify(input, signature).map_err(|_| VerifyError::Mismatch)
}

/// Whether `signature` is the MAC of `input` under `secret`.
///
/// # Errors
/// [`VerifyError`] says which of all conditions failed.
pub fn verify_hmac(alg: Alg, secret: &[u8], input: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let mac = sign_hmac(alg, secret, input).map_err(|error| match error {
        JoseError::NotSymmetric(alg) => VerifyError::NotSymmetric(alg),
        JoseError::ShortSecret { alg, found, needed } => VerifyError::ShortSecret { alg, found, needed },
        _ => VerifyError::Backend,
    })?;
    length(alg, mac.len(), signature, false)?;
    if openssl::memcmp::eq(&mac, signature) { Ok(()) } else { Err(VerifyError::Mismatch) }
}

/// Whether the signature has the size, and for ECDSA the range, that the algorithm gives it.
fn form(alg: Alg, key: &PublicJwk, signature: &[u8]) -> Result<(), VerifyError> {
    let expected = if alg == Alg::EdDsa { 64 } else { key.bits().div_ceil(8) as usize };
    ecdsa_form(alg, signature).unwrap_or_else(|| length(alg, expected, signature, false))
}

/// The form of an ECDSA signature, which needs no key; None for other algorithms.
pub(crate) fn ecdsa_form(alg: Alg, signature: &[u8]) -> Option<Result<(), VerifyError>> {
    let (half, nid) = match alg {
        Alg::Es256 => (32, Nid::X9_62_PRIME256V1),
        Alg::Es384 => (48, Nid::SECP384R1),
        Alg::Es512 => (66, Nid::SECP521R1),
        _ => return None,
    };
    let der = der::to_raw(signature, half).is_ok();
    Some(length(alg, 2 * half, signature, der).and_then(|()| in_range(nid, signature, half)))
}

fn length(alg: Alg, expected: usize, signature: &[u8], der: bool) -> Result<(), VerifyError> {
    match signature.len() {
        0 => Err(VerifyError::Empty),
        found if found == expected => Ok(()),
        found => Err(VerifyError::Length { alg, expected, found, der }),
    }
}

fn in_range(nid: Nid, signature: &[u8], half: usize) -> Result<(), VerifyError> {
    static ORDERS: LazyLock<Vec<(Nid, Vec<u8>)>> = LazyLock::new(|| {
        [(Nid::X9_62_PRIME256V1, 32), (Nid::SECP384R1, 48), (Nid::SECP521R1, 66)]
            .into_iter()
            .filter_map(|(nid, size)| Some((nid, order(nid, size).ok()?)))
            .collect()
    });
    let (_, order) = ORDERS.iter().find(|(curve, _)| *curve == nid).ok_or(VerifyError::Backend)?;
    for (name, number) in [("r", &signature[..half]), ("s", &signature[half..])] {
        // Of one length, so that the order of the bytes is that of the numbers.
        if number >= order.as_slice() || number.iter().all(|b| *b == 0) {
            return Err(VerifyError::Range(name));
        }
    }
    Ok(())
}

/// The order of a curve's group.
fn order(nid: Nid, size: i32) -> Result<Vec<u8>, openssl::error::ErrorStack> {
    let mut order = BigNum::new()?;
    EcGroup::from_curve_name(nid)?.order(&mut order, &mut *openssl::bn::BigNumContext::new()?)?;
    order.to_vec_padded(size)
}

fn verifier(alg: Alg, spki: &[u8]) -> Result<Box<dyn JwsVerifier>, josekit::JoseError> {
    Ok(match alg {
        Alg::Rs256 => Box::new(jws::RS256.verifier_from_der(spki)?),
        Alg::Rs384 => Box::new(jws::RS384.verifier_from_der(spki)?),
        Alg::Rs512 => Box::new(jws::RS512.verifier_from_der(spki)?),
        Alg::Ps256 => Box::new(jws::PS256.verifier_from_der(spki)?),
        Alg::Ps384 => Box::new(jws::PS384.verifier_from_der(spki)?),
        Alg::Ps512 => Box::new(jws::PS512.verifier_from_der(spki)?),
        Alg::Es256 => Box::new(jws::ES256.verifier_from_der(spki)?),
        Alg::Es384 => Box::new(jws::ES384.verifier_from_der(spki)?),
        Alg::Es512 => Box::new(jws::ES512.verifier_from_der(spki)?),
        // `verify` let no symmetric algorithm through to here; a wrong call ends in an error of josekit.
        Alg::EdDsa | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => Box::new(jws::EdDSA.verifier_from_der(spki)?),
    })
}
