//! How a key is named to a bank: no standard says, so every bank has its own way.

use super::Passport;
use crate::jose::PublicJwk;

/// What a `kid` is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KidMode {
    /// RFC 7638 thumbprint of the key, SHA-256, base64url.
    JktSha256,
    /// The same with SHA-1: the directory of OBIE, WSO2.
    JktSha1,
    /// SHA-1 of the certificate, base64url (RFC 7515 §4.1.7).
    X5t,
    /// SHA-1 of the certificate, capital hexadecimal digits.
    X5tHex,
    /// SHA-256 of the certificate, base64url (RFC 7515 §4.1.8).
    X5tS256,
}

impl KidMode {
    pub const ALL: [Self; 5] = [Self::JktSha256, Self::JktSha1, Self::X5t, Self::X5tHex, Self::X5tS256];

    pub const fn word(self) -> &'static str {
        match self {
            Self::JktSha256 => "jkt_sha256",
            Self::JktSha1 => "jkt_sha1",
            Self::X5t => "x5t",
            Self::X5tHex => "x5t_hex",
            Self::X5tS256 => "x5t_s256",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.word() == word)
    }

    /// None: the mode wants a certificate and there is none.
    pub fn kid(self, key: &PublicJwk, certificate: Option<&Passport>) -> Option<String> {
        match self {
            Self::JktSha256 => Some(key.thumbprint()),
            Self::JktSha1 => Some(key.thumbprint_sha1()),
            Self::X5t => certificate.map(Passport::x5t),
            Self::X5tHex => certificate.map(Passport::x5t_hex),
            Self::X5tS256 => certificate.map(Passport::x5t_s256),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::b64;
    use crate::x509::testing::{Plan, make};
    use openssl::hash::MessageDigest;

    #[test]
    fn each_mode_names_what_it_says() {
        let made = make(&Plan::seal(), None);
        let passport = Passport::read(&made.der()).unwrap();
        let key = passport.key.jwk.clone().unwrap();
        let digest = |d| made.certificate.digest(d).unwrap().to_vec();
        let hex: String = digest(MessageDigest::sha1()).iter().map(|b| format!("{b:02X}")).collect();
        for (word, kid) in [
            ("jkt_sha256", key.thumbprint()),
            ("jkt_sha1", key.thumbprint_sha1()),
            ("x5t", b64::encode(&digest(MessageDigest::sha1()))),
            ("x5t_hex", hex),
            ("x5t_s256", b64::encode(&digest(MessageDigest::sha256()))),
        ] {
            let mode = KidMode::parse(word).unwrap();
            assert_eq!((mode.word(), mode.kid(&key, Some(&passport))), (word, Some(kid)));
        }
        assert_eq!(KidMode::X5t.kid(&key, None), None);
        assert_eq!(KidMode::parse("fixed"), None);
    }
}
