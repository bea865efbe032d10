//! Values that must not be seen by accident, and how sensitive a value is.

use std::fmt;
use zeroize::Zeroizing;

/// How sensitive a value is; a value made of others has the highest class among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Client ids, public keys, certificates.
    #[default]
    Public,
    /// Names, national identity numbers, account numbers: masked, never logged.
    Personal,
    /// Keys, codes, tokens, assertions: masked, never written outside the encrypted store.
    Secret,
}

/// A secret text: wiped when dropped, and `Debug` shows nothing of it. There is no `Display`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }
    /// The text itself. Every caller is a place where the secret leaves its wrapper on purpose.
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(********)")
    }
}

/// Secret bytes (an encoded private key): wiped when dropped, `Debug` shows only how many.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({} bytes)", self.0.len())
    }
}

/// Member, parameter and header names that are secret wherever they appear (RFC 6749, 7523, 7591, 7636, 8628, 9126, CIBA).
pub fn class_of_name(name: &str) -> Class {
    const SECRET: &[&str] = &[
        "access_token",
        "refresh_token",
        "id_token",
        "client_secret",
        "client_assertion",
        "assertion",
        "code",
        "code_verifier",
        "device_code",
        "registration_access_token",
        "initial_access_token",
        "subject_token",
        "actor_token",
        "login_hint_token",
        "id_token_hint",
        "request",
        "password",
        "authorization",
        "dpop",
        "token",
        "client_notification_token",
        "auth_req_id",
        "proxy-authorization",
        "cookie",
        "set-cookie",
        "x-api-key",
        "apikey",
        "api_key",
        "state",
        "nonce",
        "passphrase",
        "pin",
    ];
    const PERSONAL: &[&str] = &["psu-id", "psu-ip-address", "login_hint", "x-fapi-customer-ip-address", "x-psu-id"];
    let name = name.to_ascii_lowercase();
    if SECRET.contains(&name.as_str()) {
        Class::Secret
    } else if PERSONAL.contains(&name.as_str()) {
        Class::Personal
    } else {
        Class::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(********)");
        assert_eq!(format!("{:?}", SecretBytes::new(vec![1, 2, 3])), "SecretBytes(3 bytes)");
    }

    #[test]
    fn names_are_matched_in_any_case() {
        assert_eq!(class_of_name("Authorization"), Class::Secret);
        assert_eq!(class_of_name("PSU-ID"), Class::Personal);
        assert_eq!(class_of_name("scope"), Class::Public);
    }
}
