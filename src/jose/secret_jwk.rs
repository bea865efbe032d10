//! A private key in memory: wiped when dropped, nothing of it in `Debug`, no `Display`.

mod parts;
mod pem;

use std::fmt;

use josekit::jws::JwsSigner;
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use serde_json::Value;

use super::jwk::spec_of;
use super::slots::Slots;
use super::{Alg, JoseError, PublicJwk, signer};
use crate::keys::KeySpec;
use crate::secret::SecretBytes;

#[derive(Clone)]
pub struct SecretJwk {
    public: PublicJwk,
    pkcs8: SecretBytes,
    signers: Slots<dyn JwsSigner>,
}

impl fmt::Debug for SecretJwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretJwk({} {})", self.public.kind(), self.public.thumbprint())
    }
}

impl SecretJwk {
    /// The one private key of a PEM file: PKCS#8, SEC1 (with or without its parameters), PKCS#1.
    ///
    /// # Errors
    /// [`JoseError`] with the next thing to try.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, JoseError> {
        Self::from_pkey(&pem::read(bytes)?)
    }

    /// A private JWK. Its public members have to belong to its private ones.
    ///
    /// # Errors
    /// [`JoseError`] names the member that is missing or does not fit.
    pub fn from_jwk(value: &Value) -> Result<Self, JoseError> {
        let public = PublicJwk::from_value(&PublicJwk::public_part(value)).map_err(JoseError::Jwk)?;
        let key = parts::read(value, &public)?;
        let read = Self::from_pkey(&key)?;
        if read.public.thumbprint() != public.thumbprint() {
            return Err(JoseError::Damaged);
        }
        Ok(Self { public, ..read })
    }

    /// # Errors
    /// [`JoseError`] for what is no PKCS#8, and for keys of other kinds.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, JoseError> {
        Self::from_pkey(&PKey::private_key_from_pkcs8(der).map_err(|_| JoseError::Unreadable)?)
    }

    /// Makes a key. The random numbers are openssl's; only the shell calls this.
    ///
    /// # Errors
    /// [`JoseError::NotMade`] for sizes that are not made.
    pub fn generate(spec: KeySpec) -> Result<Self, JoseError> {
        let ec = |nid| PKey::from_ec_key(EcKey::generate(&*EcGroup::from_curve_name(nid)?)?);
        let key = match spec {
            KeySpec::P256 => ec(Nid::X9_62_PRIME256V1),
            KeySpec::P384 => ec(Nid::SECP384R1),
            KeySpec::P521 => ec(Nid::SECP521R1),
            KeySpec::Ed25519 => PKey::generate_ed25519(),
            KeySpec::X25519 => PKey::generate_x25519(),
            KeySpec::Rsa(bits) if (2048..=8192).contains(&bits) && bits % 8 == 0 => {
                Rsa::generate(bits).and_then(PKey::from_rsa)
            }
            KeySpec::Rsa(_) => return Err(JoseError::NotMade(spec)),
        };
        Self::from_pkey(&key.map_err(|_| JoseError::Backend)?)
    }

    fn from_pkey(key: &PKey<Private>) -> Result<Self, JoseError> {
        spec_of(key).map_err(JoseError::Jwk)?;
        let consistent = match (key.rsa(), key.ec_key()) {
            (Ok(rsa), _) => rsa.check_key().unwrap_or(false),
            (_, Ok(ec)) => ec.check_key().is_ok(),
            _ => true,
        };
        if !consistent {
            return Err(JoseError::Damaged);
        }
        let spki = key.public_key_to_der().map_err(|_| JoseError::Unreadable)?;
        let pkcs8 = key.private_key_to_pkcs8().map_err(|_| JoseError::Unreadable)?;
        let public = PublicJwk::from_spki_der(&spki).map_err(JoseError::Jwk)?;
        Ok(Self { public, pkcs8: SecretBytes::new(pkcs8), signers: Slots::default() })
    }

    pub const fn public(&self) -> &PublicJwk {
        &self.public
    }
    pub const fn spec(&self) -> KeySpec {
        self.public.spec()
    }
    #[must_use]
    pub fn with_kid(self, kid: &str) -> Self {
        Self { public: self.public.with_kid(kid), ..self }
    }

    /// The JWS form of a signature: `r ‖ s` for ES*, a salt as long as the hash for PS*.
    ///
    /// # Errors
    /// [`JoseError`] where the key does not fit the algorithm or says it is for something else.
    pub fn sign(&self, alg: Alg, input: &[u8]) -> Result<Vec<u8>, JoseError> {
        signer::sign(self, alg, input)
    }

    /// For a store that keeps the key.
    pub fn to_pkcs8_der(&self) -> SecretBytes {
        self.pkcs8.clone()
    }
    pub(super) const fn signers(&self) -> &Slots<dyn JwsSigner> {
        &self.signers
    }
    pub(super) const fn pkcs8(&self) -> &SecretBytes {
        &self.pkcs8
    }

    /// The private JWK, for tests of what must not leave.
    #[cfg(test)]
    pub(crate) fn to_private_value(&self) -> Value {
        parts::private_value(self)
    }
}

#[cfg(test)]
mod tests;
