//! A key and its certificates as one text, for stores that keep what they are given: PEM, which every tool reads.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::file::{Found, parse};
use super::{Key, KeyError, KeySpec};
use crate::jose::jwe::Task;
use crate::jose::{Alg, SecretJwk, verify};
use crate::secret::Secret;

/// More than any text of a key of this kind without certificates; to be known before the key is made.
#[cfg(any(feature = "keyring", test))]
pub(super) const fn largest_pem(spec: KeySpec) -> usize {
    match spec {
        KeySpec::P256 | KeySpec::P384 | KeySpec::P521 | KeySpec::Ed25519 | KeySpec::X25519 => 450,
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

/// Signs and verifies, or agrees with another key: only then is a key that was stored and read back there.
pub(super) async fn proven(key: &dyn Key) -> Result<(), KeyError> {
    const INPUT: &[u8] = b"countersign self-test";
    let info = key.info();
    if info.spec == KeySpec::X25519 {
        return agrees(key).await;
    }
    let alg = Alg::ALL.into_iter().find(|alg| info.spec.signs(*alg)).ok_or_else(broken)?;
    let signature = key.sign(alg, INPUT).await?;
    verify(alg, &info.public, INPUT, &signature).map_err(|_| broken())
}

async fn agrees(key: &dyn Key) -> Result<(), KeyError> {
    let other = generate(KeySpec::X25519).await?;
    let theirs = other.unwrap_for(&Task::Agree { epk: key.info().public.clone() }).map_err(|e| KeyError::jwe(&e))?;
    let ours = key.as_unwrap().ok_or_else(broken)?.agree(other.public()).await?;
    let same =
        theirs.is_some_and(|theirs| ours.len() == theirs.expose().len() && openssl::memcmp::eq(theirs.expose(), &ours));
    same.then_some(()).ok_or_else(broken)
}

fn broken() -> KeyError {
    KeyError::new("key.store", "the key could not be made", "try again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::local::LocalKey;
    use crate::keys::{KeyInfo, KeyUri, Unwrap};
    use futures_util::future::BoxFuture;
    use std::sync::Arc;

    /// Names one key and uses another.
    struct Confused(KeyInfo, Arc<dyn Key>);

    impl Key for Confused {
        fn info(&self) -> &KeyInfo {
            &self.0
        }
        fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
            self.1.sign(alg, input)
        }
        fn as_unwrap(&self) -> Option<&dyn Unwrap> {
            self.1.as_unwrap()
        }
    }

    #[tokio::test]
    async fn a_key_that_is_not_the_one_it_names_is_not_proven() {
        for spec in [KeySpec::P256, KeySpec::Ed25519, KeySpec::X25519] {
            let [one, other] = [(); 2].map(|()| {
                let secret = SecretJwk::generate(spec).unwrap();
                LocalKey::new(KeyUri::new("memory", "k"), "k".to_owned(), secret, Vec::new()).unwrap().shared()
            });
            assert_eq!(proven(&*one).await, Ok(()), "{spec}");
            let confused = Confused(one.info().clone(), other);
            assert_eq!(proven(&confused).await.unwrap_err().id, "key.store", "{spec}");
        }
    }

    #[test]
    fn what_is_kept_reads_back_and_is_no_larger_than_was_said() {
        let small = [KeySpec::P256, KeySpec::P521, KeySpec::Ed25519, KeySpec::X25519];
        for spec in small.into_iter().chain([KeySpec::Rsa(2048), KeySpec::Rsa(4096)]) {
            let secret = SecretJwk::generate(spec).unwrap();
            let pem = to_pem(&secret, &[]);
            assert!(pem.expose().len() <= largest_pem(spec), "{spec}: {}", pem.expose().len());
            assert_eq!(from_pem(&pem).unwrap().secret.public().thumbprint(), secret.public().thumbprint());
        }
    }
}
