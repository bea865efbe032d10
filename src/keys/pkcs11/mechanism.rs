//! Which mechanism makes which JOSE algorithm. The hash is made here, so that the module sees 64 bytes and no message.

use openssl::sha::{sha256, sha384, sha512};

use crate::jose::Alg;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    pub fn of(self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => sha256(input).to_vec(),
            Self::Sha384 => sha384(input).to_vec(),
            Self::Sha512 => sha512(input).to_vec(),
        }
    }

    pub const fn size(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// DER of DigestInfo up to the digest (RFC 8017 §9.2, note 1).
    fn digest_info(self) -> [u8; 19] {
        let (last, size) = match self {
            Self::Sha256 => (1, 32),
            Self::Sha384 => (2, 48),
            Self::Sha512 => (3, 64),
        };
        let oid = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, last];
        let mut out = [0x30, 17 + size, 0x30, 13, 0x06, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 0, 4, size];
        out[6..15].copy_from_slice(&oid);
        out
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signing {
    /// Over the digest; the answer is r ‖ s, as JWS has it.
    Ecdsa(Hash),
    /// Over DigestInfo.
    RsaPkcs(Hash),
    /// Over the digest, with a salt of its size.
    RsaPss(Hash),
}

impl Signing {
    pub const fn of(alg: Alg) -> Option<Self> {
        Some(match alg {
            Alg::Es256 => Self::Ecdsa(Hash::Sha256),
            Alg::Es384 => Self::Ecdsa(Hash::Sha384),
            Alg::Es512 => Self::Ecdsa(Hash::Sha512),
            Alg::Rs256 => Self::RsaPkcs(Hash::Sha256),
            Alg::Rs384 => Self::RsaPkcs(Hash::Sha384),
            Alg::Rs512 => Self::RsaPkcs(Hash::Sha512),
            Alg::Ps256 => Self::RsaPss(Hash::Sha256),
            Alg::Ps384 => Self::RsaPss(Hash::Sha384),
            Alg::Ps512 => Self::RsaPss(Hash::Sha512),
            Alg::EdDsa | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => return None,
        })
    }

    /// What the module is given.
    pub fn data(self, input: &[u8]) -> Vec<u8> {
        match self {
            Self::Ecdsa(hash) | Self::RsaPss(hash) => hash.of(input),
            Self::RsaPkcs(hash) => [&hash.digest_info()[..], &hash.of(input)].concat(),
        }
    }

    pub const fn mechanism(self) -> Mechanism {
        match self {
            Self::Ecdsa(_) => Mechanism::ECDSA,
            Self::RsaPkcs(_) => Mechanism::RSA_PKCS,
            Self::RsaPss(_) => Mechanism::RSA_PSS,
        }
    }
}

/// RSA-OAEP of RFC 7518 §4.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrapping {
    OaepSha1,
    OaepSha256,
}

impl Wrapping {
    pub fn of(alg: &str) -> Option<Self> {
        match alg {
            "RSA-OAEP" => Some(Self::OaepSha1),
            "RSA-OAEP-256" => Some(Self::OaepSha256),
            _ => None,
        }
    }
}

/// A mechanism by its number and its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mechanism {
    pub number: u64,
    pub name: &'static str,
}

impl Mechanism {
    pub const ECDSA: Self = Self { number: 0x1041, name: "CKM_ECDSA" };
    pub const RSA_PKCS: Self = Self { number: 0x1, name: "CKM_RSA_PKCS" };
    pub const RSA_PSS: Self = Self { number: 0xd, name: "CKM_RSA_PKCS_PSS" };
    pub const RSA_OAEP: Self = Self { number: 0x9, name: "CKM_RSA_PKCS_OAEP" };
    pub const MAKE_EC: Self = Self { number: 0x1040, name: "CKM_EC_KEY_PAIR_GEN" };
    pub const MAKE_RSA: Self = Self { number: 0x0, name: "CKM_RSA_PKCS_KEY_PAIR_GEN" };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{SecretJwk, verify};
    use crate::keys::KeySpec;

    #[test]
    fn the_numbers_are_those_of_the_standard() {
        use cryptoki::mechanism::MechanismType as T;
        for (ours, theirs) in [
            (Mechanism::ECDSA, T::ECDSA),
            (Mechanism::RSA_PKCS, T::RSA_PKCS),
            (Mechanism::RSA_PSS, T::RSA_PKCS_PSS),
            (Mechanism::RSA_OAEP, T::RSA_PKCS_OAEP),
            (Mechanism::MAKE_EC, T::ECC_KEY_PAIR_GEN),
            (Mechanism::MAKE_RSA, T::RSA_PKCS_KEY_PAIR_GEN),
        ] {
            assert_eq!(ours.number, crate::keys::pkcs11::system::wide(*theirs), "{}", ours.name);
        }
    }

    /// PKCS #1 v1.5 over our DigestInfo is what openssl makes over the message.
    #[test]
    fn digest_info_is_what_a_verifier_expects() {
        let secret = SecretJwk::generate(KeySpec::Rsa(2048)).unwrap();
        let key = openssl::pkey::PKey::private_key_from_der(secret.to_pkcs8_der().expose()).unwrap();
        for alg in [Alg::Rs256, Alg::Rs384, Alg::Rs512] {
            let mut signer = openssl::pkey_ctx::PkeyCtx::new(&key).unwrap();
            signer.sign_init().unwrap();
            signer.set_rsa_padding(openssl::rsa::Padding::PKCS1).unwrap();
            let mut signature = Vec::new();
            signer.sign_to_vec(&Signing::of(alg).unwrap().data(b"x"), &mut signature).unwrap();
            assert_eq!(verify(alg, secret.public(), b"x", &signature), Ok(()), "{alg}");
        }
    }
}
