//! A public key as a JWK (RFC 7517, 7518 §6, 8037 §2). What is in here has been looked at: the numbers are of the right
//! size, the point is on its curve, nothing private is left. Whether to trust it is the holder's business.

mod error;
mod members;
mod parse;
mod roca;
mod spki;

use josekit::jws::JwsVerifier;
use serde_json::{Map, Value};

pub use error::JwkError;
pub(super) use members::{private_members, text_member};
pub(super) use spki::{number, spec_of};

use super::slots::Slots;
use super::{Alg, pem, thumbprint};
use crate::keys::KeySpec;

/// RSA keys below this are weak (RFC 7518 §3.3, §3.5).
const MIN_RSA_BITS: u32 = 2048;

/// A valid public key. Its JSON form has `crv, kid, kty, x, y` or `kty, n, e, kid` first, in that order.
#[derive(Clone, Debug, PartialEq)]
pub struct PublicJwk {
    value: Value,
    spki: Vec<u8>,
    spec: KeySpec,
    /// Of a generator whose keys can be factored.
    roca: bool,
    verifiers: Slots<dyn JwsVerifier>,
}

impl PublicJwk {
    /// Takes a JWK in; refuses one with private members ([`Self::public_part`] takes them out).
    ///
    /// # Errors
    /// [`JwkError`] names the member and the rule.
    pub fn from_value(value: &Value) -> Result<Self, JwkError> {
        let map = value.as_object().ok_or(JwkError::NotAnObject)?;
        if map.get("kty").and_then(Value::as_str) == Some("oct") {
            return Err(JwkError::Symmetric);
        }
        if let Some(name) = private_members(map).next() {
            return Err(JwkError::Private(name));
        }
        parse::public(map)
    }

    /// The same JWK without its private members, and with `key_ops` turned to what the public half does. Not validated.
    pub fn public_part(value: &Value) -> Value {
        value.as_object().map_or(Value::Null, |map| Value::Object(members::public_part(map)))
    }

    /// # Errors
    /// [`JwkError`] for what is no SubjectPublicKeyInfo, and for keys of other kinds.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, JwkError> {
        spki::read(der)
    }

    /// The key a certificate is for. The certificate itself is not checked.
    ///
    /// # Errors
    /// [`JwkError`] for what is no certificate, and for keys of other kinds.
    pub fn from_certificate_der(der: &[u8]) -> Result<Self, JwkError> {
        match x509_parser::parse_x509_certificate(der) {
            Ok(([], certificate)) => Self::from_spki_der(certificate.public_key().raw),
            _ => Err(JwkError::NotACertificate),
        }
    }

    /// From the first `PUBLIC KEY` or `CERTIFICATE` block.
    ///
    /// # Errors
    /// [`JwkError`] where there is none or it is no such thing.
    pub fn from_pem(bytes: &[u8]) -> Result<Self, JwkError> {
        let blocks = pem::blocks(bytes).map_err(JwkError::Pem)?;
        let found = blocks.iter().find_map(|b| match b.label.as_str() {
            "PUBLIC KEY" => Some(Self::from_spki_der(b.der.expose())),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                Some(Self::from_certificate_der(b.der.expose()))
            }
            _ => None,
        });
        found.unwrap_or(Err(JwkError::NoPublicBlock))
    }

    pub fn to_spki_der(&self) -> Vec<u8> {
        self.spki.clone()
    }
    pub(super) fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub(super) const fn verifiers(&self) -> &Slots<dyn JwsVerifier> {
        &self.verifiers
    }

    pub const fn as_value(&self) -> &Value {
        &self.value
    }

    #[must_use]
    pub fn with_kid(&self, kid: &str) -> Self {
        self.with("kid", Value::from(kid))
    }
    /// The same key with one descriptive member (`kid`, `use`, `alg`) set.
    #[must_use]
    fn with(&self, name: &str, value: Value) -> Self {
        let mut map = self.value.as_object().cloned().unwrap_or_default();
        map.insert(name.to_owned(), value);
        Self { value: Value::Object(members::arrange(map)), ..self.clone() }
    }
    #[must_use]
    pub fn with_alg(&self, alg: Alg) -> Self {
        self.with("alg", Value::from(alg.name()))
    }
    #[must_use]
    pub fn with_use(&self, use_: &str) -> Self {
        self.with("use", Value::from(use_))
    }

    /// RFC 7638, SHA-256, base64url.
    pub fn thumbprint(&self) -> String {
        thumbprint::sha256(&self.value)
    }
    /// The same with SHA-1: how WSO2 makes a `kid`. A name, nothing to rely on.
    pub fn thumbprint_sha1(&self) -> String {
        thumbprint::sha1(&self.value)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.value.get(name).and_then(Value::as_str)
    }
    pub fn kid(&self) -> Option<&str> {
        self.text("kid")
    }
    /// As it stands: `ES256`, but also `RSA-OAEP`.
    pub fn alg(&self) -> Option<&str> {
        self.text("alg")
    }
    pub fn use_(&self) -> Option<&str> {
        self.text("use")
    }
    pub fn key_ops(&self) -> Option<Vec<&str>> {
        Some(self.value.get("key_ops")?.as_array()?.iter().filter_map(Value::as_str).collect())
    }
    pub const fn kty(&self) -> &'static str {
        match self.spec {
            KeySpec::P256 | KeySpec::P384 | KeySpec::P521 => "EC",
            KeySpec::Ed25519 | KeySpec::X25519 => "OKP",
            KeySpec::Rsa(_) => "RSA",
        }
    }

    pub const fn spec(&self) -> KeySpec {
        self.spec
    }
    /// Of the modulus, or of the field.
    pub const fn bits(&self) -> u32 {
        match self.spec {
            KeySpec::P256 | KeySpec::Ed25519 | KeySpec::X25519 => 256,
            KeySpec::P384 => 384,
            KeySpec::P521 => 521,
            KeySpec::Rsa(bits) => bits,
        }
    }
    /// `EC P-256`, `RSA 2048`, `Ed25519`, `X25519`.
    pub fn kind(&self) -> String {
        self.spec.to_string()
    }

    /// Why nobody should rely on this key, if so.
    pub fn weakness(&self) -> Option<String> {
        match self.spec {
            KeySpec::Rsa(bits) if bits < MIN_RSA_BITS => {
                Some(format!("RSA with {bits} bits; at least {MIN_RSA_BITS} are due (RFC 7518 §3.3)"))
            }
            _ if self.roca => Some(
                "its modulus has the pattern of a faulty generator and can be factored (CVE-2017-15361)".to_owned(),
            ),
            _ => None,
        }
    }

    /// Whether a signature of `alg` may be checked with this key: its kind, and what it says of itself.
    pub fn verifies(&self, alg: Alg) -> bool {
        self.spec.signs(alg)
            && self.alg().is_none_or(|a| a == alg.name())
            && self.use_().is_none_or(|u| u == "sig")
            && self.key_ops().is_none_or(|ops| ops.contains(&"verify"))
    }

    /// What the key says it is for, in words: for messages.
    pub(super) fn purpose(&self) -> String {
        purpose(self.alg(), self.use_(), self.key_ops().as_deref())
    }

    /// Of what was looked at.
    pub(super) fn assemble(map: Map<String, Value>, spki: Vec<u8>, spec: KeySpec, roca: bool) -> Self {
        Self { value: Value::Object(members::arrange(map)), spki, spec, roca, verifiers: Slots::default() }
    }
}

/// What `alg`, `use` and `key_ops` say, fit to be shown.
pub(super) fn purpose<S: AsRef<str>>(alg: Option<&str>, use_: Option<&str>, key_ops: Option<&[S]>) -> String {
    let ops = |ops: &[S]| ops.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
    let parts = [
        alg.map(|a| format!("alg {a}")),
        use_.map(|u| format!("use {u}")),
        key_ops.map(|o| format!("key_ops {}", ops(o))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    crate::text::shorten(&crate::text::clean(&parts.join(", ")), 80).into_owned()
}

#[cfg(test)]
mod tests;
