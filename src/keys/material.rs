//! A key and its certificates as one text, for stores that keep what they are given: PEM, which every tool reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::file::{Found, parse};
use super::{Key, KeyError, KeySpec};
use crate::jose::{Alg, SecretJwk, verify};
use crate::secret::Secret;

/// More than any text of a key of this kind without certificates; to be known before the key is made.
#[cfg(any(feature = "keyring", test))]
pub(super) const fn largest_pem(spec: KeySpec) -> usize {
    match spec {
        KeySpec::P256 | KeySpec::P384 | KeySpec::P521 | KeySpec::Ed25519 => 450,
        // modulus, two exponents, two primes and three numbers of their size, in base64 with line ends
        KeySpec::Rsa(bits) => bits as usize / 8 * 46 / 10 * 138 / 100 + 250,
    }
}

pub(super) fn to_pem(secret: &SecretJwk, chain: &[Vec<u8>]) -> Secret {
    let key = secret.to_pkcs8_der();
    let room = (key.expose().len() + chain.iter().map(Vec::len).sum::<usize>()) * 3 / 2 + 80 * (chain.len() + 1);
    // grown text would leave copies of the key behind
    let mut text = zeroize::Zeroizing::new(String::with_capacity(room));
    block(&mut text, "PRIVATE KEY", key.expose());
    chain.iter().for_each(|der| block(&mut text, "CERTIFICATE", der));
    Secret::new(std::mem::take(&mut *text))
}

fn block(text: &mut String, label: &str, der: &[u8]) {
    // 48 bytes make the 64 letters of a line (RFC 7468 §2)
    const LINE: usize = 48;
    text.extend(["-----BEGIN ", label, "-----\n"]);
    for line in der.chunks(LINE) {
        STANDARD.encode_string(line, text);
        text.push('\n');
    }
    text.extend(["-----END ", label, "-----\n"]);
}

pub(super) fn from_pem(text: &Secret) -> Result<Found, KeyError> {
    parse(text.expose().as_bytes(), None)
}

/// The same key with these certificates, the key's own first, in place of those it had.
pub(super) fn certified(pem: &Secret, chain: Vec<Vec<u8>>) -> Result<Secret, KeyError> {
    let found = from_pem(pem)?;
    let chain = super::file::leaf_first(chain, found.secret.public());
    super::belongs(found.secret.public(), &chain)?;
    Ok(to_pem(&found.secret, &chain))
}

/// Makes a key on a thread of its own: finding the primes of an RSA key takes up to seconds.
pub(super) async fn generate(spec: KeySpec) -> Result<SecretJwk, KeyError> {
    let broken = |_| Err(broken());
    let made = tokio::task::spawn_blocking(move || SecretJwk::generate(spec).map_err(|e| KeyError::jose(&e))).await;
    made.unwrap_or_else(broken)
}

/// Signs and verifies: only then is a key that was stored and read back there.
pub(super) async fn proven(key: &dyn Key) -> Result<(), KeyError> {
    const INPUT: &[u8] = b"countersign self-test";
    let info = key.info();
    let alg = Alg::ALL.into_iter().find(|alg| info.spec.signs(*alg)).ok_or_else(broken)?;
    let signature = key.sign(alg, INPUT).await?;
    verify(alg, &info.public, INPUT, &signature).map_err(|_| broken())
}

fn broken() -> KeyError {
    KeyError::new("key.store", "the key could not be made", "try again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back_and_is_no_larger_than_was_said() {
        for spec in [KeySpec::P256, KeySpec::P521, KeySpec::Ed25519, KeySpec::Rsa(2048), KeySpec::Rsa(4096)] {
            let secret = SecretJwk::generate(spec).unwrap();
            let pem = to_pem(&secret, &[]);
            assert!(pem.expose().len() <= largest_pem(spec), "{spec}: {}", pem.expose().len());
            assert_eq!(from_pem(&pem).unwrap().secret.public().thumbprint(), secret.public().thumbprint());
        }
    }
}
