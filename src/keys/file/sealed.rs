//! Key files under a passphrase: PKCS#12, and PKCS#8 or an older PEM that is encrypted.
//!
//! A wrong passphrase and a file that was changed look the same, so both have one text. RC2 and 3DES, which old Windows and
//! Java exports use, come from OpenSSL's legacy provider.

use std::sync::LazyLock;

use openssl::pkcs12::Pkcs12;
use openssl::pkey::{PKey, Private};
use openssl::provider::Provider;

use super::content::{Found, leaf_first, pem_chain};
use crate::jose::{JoseError, SecretJwk, pem};
use crate::keys::KeyError;
use crate::secret::{Secret, SecretBytes};

/// How a file is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sealed {
    Pkcs12,
    /// EncryptedPrivateKeyInfo (RFC 5958 §3), DER.
    Pkcs8,
    Pem,
}

/// Stays loaded: a provider that is dropped takes its algorithms with it.
static LEGACY: LazyLock<Option<Provider>> = LazyLock::new(|| Provider::try_load(None, "legacy", true).ok());

/// Iterations of a key derivation; beyond them a file is there to keep a processor busy.
const MOST_ITERATIONS: u64 = 10_000_000;

impl Sealed {
    /// None: the file is open, or nothing that we know.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.first() == Some(&0x30) {
            return match content(bytes)?.first()? {
                0x30 => Some(Self::Pkcs8),
                _ => Pkcs12::from_der(bytes).is_ok().then_some(Self::Pkcs12),
            };
        }
        let blocks = pem::blocks(bytes).ok()?;
        let sealed = |b: &pem::Block| b.label == "ENCRYPTED PRIVATE KEY" || b.encrypted;
        blocks.iter().any(sealed).then_some(Self::Pem)
    }

    pub fn open(self, bytes: &[u8], passphrase: &Secret) -> Result<Found, KeyError> {
        LazyLock::force(&LEGACY);
        let passphrase = passphrase.expose();
        match self {
            Self::Pkcs12 => pkcs12(bytes, passphrase),
            Self::Pkcs8 => {
                affordable(bytes)?;
                let key = PKey::private_key_from_pkcs8_passphrase(bytes, passphrase.as_bytes()).map_err(|_| wrong())?;
                Ok(Found { secret: secret(&key)?, chain: Vec::new() })
            }
            Self::Pem => {
                let blocks = pem::blocks(bytes).map_err(|e| KeyError::jose(&JoseError::Pem(e)))?;
                let keys = blocks.iter().filter(|b| b.label.ends_with("PRIVATE KEY")).count();
                if keys != 1 {
                    return Err(KeyError::jose(&JoseError::SeveralKeys(keys)));
                }
                blocks.iter().try_for_each(|b| affordable(b.der.expose()))?;
                let key = PKey::private_key_from_pem_passphrase(bytes, passphrase.as_bytes()).map_err(|_| wrong())?;
                let secret = secret(&key)?;
                Ok(Found { chain: leaf_first(pem_chain(&blocks), secret.public()), secret })
            }
        }
    }

    /// What a person should know of the cipher.
    pub fn warning(bytes: &[u8]) -> Option<String> {
        // pbeWithSHAAnd128BitRC2-CBC and pbeWithSHAAnd40BitRC2-CBC (RFC 7292 appendix C)
        const RC2: &[u8] = &[0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x01];
        let found = bytes.windows(RC2.len() + 1).any(|w| w.starts_with(RC2) && matches!(w.last(), Some(5 | 6)));
        found
            .then(|| "parts of this file are sealed with RC2, which protects nothing today; export it again".to_owned())
    }
}

fn wrong() -> KeyError {
    KeyError::new(
        "key.passphrase",
        "the passphrase does not open it: it is another one, or the file was changed",
        "try again with the passphrase of the export; upper and lower case count",
    )
}

fn pkcs12(bytes: &[u8], passphrase: &str) -> Result<Found, KeyError> {
    affordable(bytes)?;
    let parsed = Pkcs12::from_der(bytes).and_then(|p| p.parse2(passphrase)).map_err(|_| wrong())?;
    let Some(key) = parsed.pkey else {
        let hint = "export the key with the certificate; a file of certificates alone has none";
        return Err(KeyError::new("key.unreadable", "the file holds no private key", hint));
    };
    let secret = secret(&key)?;
    let all =
        parsed.cert.iter().map(|c| c.to_der()).chain(parsed.ca.iter().flatten().map(openssl::x509::X509Ref::to_der));
    let chain = all.collect::<Result<Vec<_>, _>>().map_err(|_| KeyError::jose(&JoseError::Unreadable))?;
    Ok(Found { chain: leaf_first(chain, secret.public()), secret })
}

fn secret(key: &PKey<Private>) -> Result<SecretJwk, KeyError> {
    let der = SecretBytes::new(key.private_key_to_pkcs8().map_err(|_| KeyError::jose(&JoseError::Unreadable))?);
    SecretJwk::from_pkcs8_der(der.expose()).map_err(|e| KeyError::jose(&e))
}

/// Refuses a file that would take hours to try.
fn affordable(der: &[u8]) -> Result<(), KeyError> {
    match most_iterations(der, 0) > MOST_ITERATIONS {
        true => {
            let text = format!("the file asks for more than {MOST_ITERATIONS} rounds of key derivation");
            Err(KeyError::new("key.unreadable", text, "export the key again; tools use some thousands to a million"))
        }
        false => Ok(()),
    }
}

/// The largest INTEGER that follows a salt: PBKDF2, PKCS#12's own derivation, and the MAC all have it there.
fn most_iterations(mut der: &[u8], depth: usize) -> u64 {
    const DEEPEST: usize = 24;
    let (mut most, mut before) = (0, 0);
    while let Some((tag, inner, rest)) = element(der) {
        if tag == 0x02 && before == 0x04 {
            let number = inner.iter().take(9).fold(0_u64, |n, b| n.saturating_mul(256).saturating_add(u64::from(*b)));
            most = most.max(number);
        }
        if (tag & 0x20 != 0 || tag == 0x04) && depth < DEEPEST {
            most = most.max(most_iterations(inner, depth + 1));
        }
        (before, der) = (tag, rest);
    }
    most
}

fn content(der: &[u8]) -> Option<&[u8]> {
    element(der).map(|(_, inner, _)| inner)
}

/// Tag, content and what follows; None where there is no element of definite length.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |n, b| n << 8 | usize::from(*b)), rest)
        }
        _ => return None,
    };
    let (inner, rest) = rest.split_at_checked(length)?;
    Some((tag, inner, rest))
}

#[cfg(test)]
mod tests;
