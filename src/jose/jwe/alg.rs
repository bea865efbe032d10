//! Algorithms of a JWE: how the content key travels (RFC 7518 §4.1), and how the content is encrypted (§5.1).

use std::fmt;

/// The size of an AES key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aes {
    A128,
    A192,
    A256,
}

impl Aes {
    pub const fn bytes(self) -> usize {
        match self {
            Self::A128 => 16,
            Self::A192 => 24,
            Self::A256 => 32,
        }
    }
}

/// How the content key reaches its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyAlg {
    RsaOaep,
    RsaOaep256,
    /// Weak against chosen ciphertexts (RFC 8725 §3.2): only where a profile names it.
    Rsa15,
    EcdhEs,
    EcdhEsKw(Aes),
    Kw(Aes),
    GcmKw(Aes),
    Dir,
    /// Costly before anything is known of the sender: only where a profile names it.
    Pbes2(Aes),
}

/// What a key management algorithm needs of its reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    Rsa,
    Agreement,
    Shared,
}

impl KeyAlg {
    pub const ALL: [Self; 17] = [
        Self::RsaOaep,
        Self::RsaOaep256,
        Self::Rsa15,
        Self::EcdhEs,
        Self::EcdhEsKw(Aes::A128),
        Self::EcdhEsKw(Aes::A192),
        Self::EcdhEsKw(Aes::A256),
        Self::Kw(Aes::A128),
        Self::Kw(Aes::A192),
        Self::Kw(Aes::A256),
        Self::GcmKw(Aes::A128),
        Self::GcmKw(Aes::A192),
        Self::GcmKw(Aes::A256),
        Self::Dir,
        Self::Pbes2(Aes::A128),
        Self::Pbes2(Aes::A192),
        Self::Pbes2(Aes::A256),
    ];

    /// The registered name, exactly.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RsaOaep => "RSA-OAEP",
            Self::RsaOaep256 => "RSA-OAEP-256",
            Self::Rsa15 => "RSA1_5",
            Self::EcdhEs => "ECDH-ES",
            Self::EcdhEsKw(Aes::A128) => "ECDH-ES+A128KW",
            Self::EcdhEsKw(Aes::A192) => "ECDH-ES+A192KW",
            Self::EcdhEsKw(Aes::A256) => "ECDH-ES+A256KW",
            Self::Kw(Aes::A128) => "A128KW",
            Self::Kw(Aes::A192) => "A192KW",
            Self::Kw(Aes::A256) => "A256KW",
            Self::GcmKw(Aes::A128) => "A128GCMKW",
            Self::GcmKw(Aes::A192) => "A192GCMKW",
            Self::GcmKw(Aes::A256) => "A256GCMKW",
            Self::Dir => "dir",
            Self::Pbes2(Aes::A128) => "PBES2-HS256+A128KW",
            Self::Pbes2(Aes::A192) => "PBES2-HS384+A192KW",
            Self::Pbes2(Aes::A256) => "PBES2-HS512+A256KW",
        }
    }

    /// Case matters (RFC 7516 §4.1.1).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }

    pub const fn family(self) -> Family {
        match self {
            Self::RsaOaep | Self::RsaOaep256 | Self::Rsa15 => Family::Rsa,
            Self::EcdhEs | Self::EcdhEsKw(_) => Family::Agreement,
            Self::Kw(_) | Self::GcmKw(_) | Self::Dir | Self::Pbes2(_) => Family::Shared,
        }
    }

    /// Whether it is refused unless a profile asks for it by name.
    pub const fn is_risky(self) -> bool {
        matches!(self, Self::Rsa15 | Self::Pbes2(_))
    }
}

impl fmt::Display for KeyAlg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the content is encrypted and authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Enc {
    Gcm(Aes),
    /// With HMAC of SHA-256, SHA-384, SHA-512.
    CbcHs(Aes),
}

impl Enc {
    pub const ALL: [Self; 6] = [
        Self::Gcm(Aes::A128),
        Self::Gcm(Aes::A192),
        Self::Gcm(Aes::A256),
        Self::CbcHs(Aes::A128),
        Self::CbcHs(Aes::A192),
        Self::CbcHs(Aes::A256),
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Gcm(Aes::A128) => "A128GCM",
            Self::Gcm(Aes::A192) => "A192GCM",
            Self::Gcm(Aes::A256) => "A256GCM",
            Self::CbcHs(Aes::A128) => "A128CBC-HS256",
            Self::CbcHs(Aes::A192) => "A192CBC-HS384",
            Self::CbcHs(Aes::A256) => "A256CBC-HS512",
        }
    }

    /// Case matters (RFC 7516 §4.1.2).
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name() == name)
    }

    /// Bytes of the content key.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Gcm(aes) => aes.bytes(),
            Self::CbcHs(aes) => 2 * aes.bytes(),
        }
    }
    pub const fn iv_bytes(self) -> usize {
        match self {
            Self::Gcm(_) => 12,
            Self::CbcHs(_) => 16,
        }
    }
    pub const fn tag_bytes(self) -> usize {
        match self {
            Self::Gcm(_) => 16,
            Self::CbcHs(aes) => aes.bytes(),
        }
    }
}

impl fmt::Display for Enc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
