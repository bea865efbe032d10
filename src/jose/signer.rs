//! Signing with a key in memory and with a shared secret. josekit makes the signatures of asymmetric keys.

use josekit::jws::{self, JwsSigner};
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;

use super::{Alg, JoseError, SecretJwk};

pub(super) fn sign(key: &SecretJwk, alg: Alg, input: &[u8]) -> Result<Vec<u8>, JoseError> {
    let public = key.public();
    if !key.spec().signs(alg) {
        return Err(JoseError::Algorithm { alg, spec: key.spec() });
    }
    if let Some(weakness) = public.weakness() {
        return Err(JoseError::Weak(weakness));
    }
    if !public.verifies(alg) {
        return Err(JoseError::KeySays { alg, names: public.purpose() });
    }
    let build = || signer(alg, key.pkcs8().expose()).map_err(|_| JoseError::Backend);
    let signer = key.signers().get_or_build(alg, build)?;
    signer.sign(input).map_err(|_| JoseError::Backend)
}

fn signer(alg: Alg, der: &[u8]) -> Result<Box<dyn JwsSigner>, josekit::JoseError> {
    Ok(match alg {
        Alg::Rs256 => Box::new(jws::RS256.signer_from_der(der)?),
        Alg::Rs384 => Box::new(jws::RS384.signer_from_der(der)?),
        Alg::Rs512 => Box::new(jws::RS512.signer_from_der(der)?),
        Alg::Ps256 => Box::new(jws::PS256.signer_from_der(der)?),
        Alg::Ps384 => Box::new(jws::PS384.signer_from_der(der)?),
        Alg::Ps512 => Box::new(jws::PS512.signer_from_der(der)?),
        Alg::Es256 => Box::new(jws::ES256.signer_from_der(der)?),
        Alg::Es384 => Box::new(jws::ES384.signer_from_der(der)?),
        Alg::Es512 => Box::new(jws::ES512.signer_from_der(der)?),
        // `signs` let no symmetric algorithm through to here; a wrong call ends in an error of josekit.
        Alg::EdDsa | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => Box::new(jws::EdDSA.signer_from_der(der)?),
    })
}

/// The digest of an HMAC algorithm, and the least length of its secret (RFC 7518 §3.2).
pub(super) fn hmac_digest(alg: Alg) -> Option<(MessageDigest, usize)> {
    match alg {
        Alg::Hs256 => Some((MessageDigest::sha256(), 32)),
        Alg::Hs384 => Some((MessageDigest::sha384(), 48)),
        Alg::Hs512 => Some((MessageDigest::sha512(), 64)),
        _ => None,
    }
}

/// The MAC of HS256, HS384, HS512.
///
/// # Errors
/// [`JoseError`] for other algorithms and for secrets shorter than the hash.
pub fn sign_hmac(alg: Alg, secret: &[u8], input: &[u8]) -> Result<Vec<u8>, JoseError> {
    let (digest, needed) = hmac_digest(alg).ok_or(JoseError::NotSymmetric(alg))?;
    if secret.len() < needed {
        return Err(JoseError::ShortSecret { alg, found: secret.len(), needed });
    }
    let mac = || Signer::new(digest, &*PKey::hmac(secret)?)?.sign_oneshot_to_vec(input);
    mac().map_err(|_| JoseError::Backend)
}
