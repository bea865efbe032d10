//! A certification request signed by any key, wherever its private part lives.

use super::{Key, KeyError, KeySpec};
use crate::jose::{Alg, verify};
use crate::x509::{Request, assemble};

/// PKCS#10, DER. Without `alg` the key's usual one: RSA signs with PKCS #1 v1.5, which every issuer takes.
///
/// # Errors
/// The key's own, `key.algorithm` for one that has no place in X.509, and `key.store` where the signature that came back
/// is not the key's.
pub async fn csr(key: &dyn Key, request: &Request, alg: Option<Alg>) -> Result<Vec<u8>, KeyError> {
    let info = key.info();
    let usual = match info.spec {
        KeySpec::P256 => Some(Alg::Es256),
        KeySpec::P384 => Some(Alg::Es384),
        KeySpec::P521 => Some(Alg::Es512),
        KeySpec::Ed25519 => Some(Alg::EdDsa),
        KeySpec::X25519 => None,
        KeySpec::Rsa(_) => Some(Alg::Rs256),
    };
    let alg = alg.or(usual).ok_or_else(|| {
        let text = format!("a key of the kind {} signs nothing, and a request is signed", info.spec);
        KeyError::new("key.algorithm", text, "take an EC, RSA or Ed25519 key")
    })?;
    if !info.spec.signs(alg) {
        return Err(KeyError::algorithm(info.spec, alg));
    }
    let signed = request.info(&info.public.to_spki_der());
    let signature = key.sign(alg, &signed).await?;
    verify(alg, &info.public, &signed, &signature).map_err(|_| {
        let text = "the signature that came back is not this key's";
        KeyError::new("key.store", text, "look at the store: it may hold another key under this name")
    })?;
    assemble(&signed, alg, &signature).ok_or_else(|| KeyError::algorithm(info.spec, alg))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::SecretJwk;
    use crate::keys::memory::Memory;
    use crate::x509::Profile;

    #[tokio::test]
    async fn a_key_of_a_store_signs_what_openssl_accepts() {
        let request = Request::new("O=Acme AS,C=NO", Profile::Qseal, None, vec![]).unwrap();
        let store = Memory::new();
        for (name, spec, alg, good) in [
            ("a", KeySpec::P256, None, true),
            ("b", KeySpec::Rsa(2048), Some(Alg::Ps256), true),
            ("c", KeySpec::P256, Some(Alg::Es384), false),
            ("d", KeySpec::X25519, None, false),
            ("e", KeySpec::X25519, Some(Alg::EdDsa), false),
        ] {
            let key = store.insert(name, SecretJwk::generate(spec).unwrap(), vec![]).unwrap();
            match csr(&*key, &request, alg).await {
                Ok(der) => {
                    let read = openssl::x509::X509Req::from_der(&der).unwrap();
                    assert!(good && read.verify(&read.public_key().unwrap()).unwrap());
                }
                Err(e) => assert_eq!((good, e.id), (false, "key.algorithm")),
            }
        }
    }
}
