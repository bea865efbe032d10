//! What KMS calls kinds of keys and signatures, and what we call them.

use aws_sdk_kms::types::{KeySpec as Theirs, SigningAlgorithmSpec};
use openssl::hash::{MessageDigest, hash};

use crate::jose::Alg;
use crate::keys::KeySpec;

/// None: a kind that signs nothing this program makes, or only with the whole message in KMS's hands.
pub(super) fn ours(theirs: &Theirs) -> Option<KeySpec> {
    Some(match theirs {
        Theirs::EccNistP256 => KeySpec::P256,
        Theirs::EccNistP384 => KeySpec::P384,
        Theirs::EccNistP521 => KeySpec::P521,
        Theirs::Rsa2048 => KeySpec::Rsa(2048),
        Theirs::Rsa3072 => KeySpec::Rsa(3072),
        Theirs::Rsa4096 => KeySpec::Rsa(4096),
        _ => return None,
    })
}

pub(super) fn theirs(ours: KeySpec) -> Option<Theirs> {
    Some(match ours {
        KeySpec::P256 => Theirs::EccNistP256,
        KeySpec::P384 => Theirs::EccNistP384,
        KeySpec::P521 => Theirs::EccNistP521,
        KeySpec::Rsa(2048) => Theirs::Rsa2048,
        KeySpec::Rsa(3072) => Theirs::Rsa3072,
        KeySpec::Rsa(4096) => Theirs::Rsa4096,
        KeySpec::Rsa(_) | KeySpec::Ed25519 | KeySpec::X25519 => return None,
    })
}

/// How one algorithm is asked for.
pub(super) struct Recipe {
    pub theirs: SigningAlgorithmSpec,
    digest: MessageDigest,
    /// Bytes of r and of s, for ECDSA.
    pub integer: Option<usize>,
}

impl Recipe {
    pub fn of(alg: Alg) -> Option<Self> {
        use SigningAlgorithmSpec as S;
        let (theirs, digest, integer) = match alg {
            Alg::Es256 => (S::EcdsaSha256, MessageDigest::sha256(), Some(32)),
            Alg::Es384 => (S::EcdsaSha384, MessageDigest::sha384(), Some(48)),
            Alg::Es512 => (S::EcdsaSha512, MessageDigest::sha512(), Some(66)),
            Alg::Rs256 => (S::RsassaPkcs1V15Sha256, MessageDigest::sha256(), None),
            Alg::Rs384 => (S::RsassaPkcs1V15Sha384, MessageDigest::sha384(), None),
            Alg::Rs512 => (S::RsassaPkcs1V15Sha512, MessageDigest::sha512(), None),
            Alg::Ps256 => (S::RsassaPssSha256, MessageDigest::sha256(), None),
            Alg::Ps384 => (S::RsassaPssSha384, MessageDigest::sha384(), None),
            Alg::Ps512 => (S::RsassaPssSha512, MessageDigest::sha512(), None),
            Alg::EdDsa | Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => return None,
        };
        Some(Self { theirs, digest, integer })
    }

    pub fn digest(&self, input: &[u8]) -> Option<Vec<u8>> {
        hash(self.digest, input).ok().map(|d| d.to_vec())
    }
}
