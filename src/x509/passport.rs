//! What a certificate says of itself. Nothing is trusted by reading it.

use openssl::pkey::{Id, PKey};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};

use super::name::{Name, ORGANIZATION_IDENTIFIER};
use super::organization::OrganizationId;
use super::qc::{QC_STATEMENTS, QcStatements};
use super::{hex, hex_upper, oid};
use crate::jose::der::Reader;
use crate::jose::{JwkError, PublicJwk, b64};
use crate::time::Timestamp;

/// Larger than any certificate in use.
const LARGEST: usize = 64 * 1024;
/// Names in `subjectAltName`, usages, extensions: more than any true certificate has.
const MOST: usize = 1000;

/// Why bytes are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("a certificate of {0} bytes is too large")]
    TooLarge(usize),
    #[error("the block holds no X.509 certificate")]
    NotX509,
    #[error("{0} bytes follow the certificate")]
    Trailing(usize),
    #[error("the certificate breaks its form: {0}")]
    Form(&'static str),
    #[error("the extension {0} is not as RFC 5280 has it")]
    Extension(String),
    #[error("the extension {0} stands twice (RFC 5280 §4.2)")]
    Twice(String),
}

impl CertificateError {
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::TooLarge(_) | Self::NotX509 | Self::Trailing(_) => {
                "the base64 lines were cut or altered, or hold something else"
            }
            _ => "ask its issuer for a new one: others will refuse it too",
        }
    }
}

/// A certificate, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Passport {
    pub der: Vec<u8>,
    pub subject: Name,
    pub issuer: Name,
    /// Hexadecimal bytes with colons between.
    pub serial: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// As openssl names it; dotted where it is unknown.
    pub signature_algorithm: String,
    pub key: SubjectKey,
    /// `digitalSignature`, …; None: the extension is not there.
    pub key_usage: Option<Vec<&'static str>>,
    /// `clientAuth`, …, dotted where unknown; None: the extension is not there, so any (RFC 5280 §4.2.1.12).
    pub ext_key_usage: Option<Vec<String>>,
    /// `dns:…`, `ip:…`, `email:…`, `uri:…`, `dn:…`.
    pub alt_names: Vec<String>,
    pub basic_constraints: Option<BasicConstraints>,
    pub qc: Option<QcStatements>,
    /// Extensions that must be understood and are not read here.
    pub unknown_critical: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    pub ca: bool,
    pub path_len: Option<u32>,
}

/// The key a certificate is for.
#[derive(Clone, Debug, PartialEq)]
pub struct SubjectKey {
    /// `EC P-256`, `RSA 2048`, `EC brainpoolP256r1`, …; the dotted algorithm of a key that is unknown.
    pub kind: String,
    /// 0: unknown.
    pub bits: u32,
    pub spki: Vec<u8>,
    /// None: a kind that JOSE has no name for, or a key that is wrong in itself.
    pub jwk: Option<PublicJwk>,
}

impl Passport {
    /// # Errors
    /// [`CertificateError`] for what is no certificate, or breaks a rule of its form.
    pub fn read(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > LARGEST {
            return Err(CertificateError::TooLarge(der.len()));
        }
        let (rest, certificate) = x509_parser::parse_x509_certificate(der).map_err(|_| CertificateError::NotX509)?;
        if !rest.is_empty() {
            return Err(CertificateError::Trailing(rest.len()));
        }
        // RFC 5280 §4.1.1.2
        if certificate.signature_algorithm != certificate.signature {
            return Err(CertificateError::Form(
                "the inner and the outer signature algorithm differ (RFC 5280 §4.1.1.2)",
            ));
        }
        let name = |raw: &[u8], which| Name::read(raw).map_err(|_| CertificateError::Form(which));
        let mut passport = Self {
            der: der.to_vec(),
            subject: name(certificate.subject().as_raw(), "the subject is no name")?,
            issuer: name(certificate.issuer().as_raw(), "the issuer is no name")?,
            serial: certificate.raw_serial_as_string(),
            not_before: Timestamp::from_seconds(certificate.validity().not_before.timestamp()),
            not_after: Timestamp::from_seconds(certificate.validity().not_after.timestamp()),
            signature_algorithm: signature_name(&certificate),
            key: SubjectKey::read(&certificate),
            key_usage: None,
            ext_key_usage: None,
            alt_names: Vec::new(),
            basic_constraints: None,
            qc: None,
            unknown_critical: Vec::new(),
        };
        passport.read_extensions(&certificate)?;
        Ok(passport)
    }

    fn read_extensions(&mut self, certificate: &X509Certificate<'_>) -> Result<(), CertificateError> {
        let extensions = certificate.extensions();
        if extensions.len() > MOST {
            return Err(CertificateError::Form("it has too many extensions"));
        }
        for (i, extension) in extensions.iter().enumerate() {
            let id = extension.oid.to_id_string();
            if extensions[..i].iter().any(|e| e.oid == extension.oid) {
                return Err(CertificateError::Twice(id));
            }
            match extension.parsed_extension() {
                ParsedExtension::KeyUsage(usage) => self.key_usage = Some(key_usages(usage)),
                ParsedExtension::ExtendedKeyUsage(_) => self.ext_key_usage = Some(ext_usages(extension.value)?),
                ParsedExtension::SubjectAlternativeName(names) => {
                    if names.general_names.len() > MOST {
                        return Err(CertificateError::Form("it has too many names"));
                    }
                    self.alt_names = names.general_names.iter().map(alt_name).collect();
                }
                ParsedExtension::BasicConstraints(b) => {
                    self.basic_constraints = Some(BasicConstraints { ca: b.ca, path_len: b.path_len_constraint });
                }
                _ if id == QC_STATEMENTS => {
                    let read = QcStatements::read(extension.value);
                    self.qc = Some(read.map_err(|_| CertificateError::Extension(id))?);
                }
                ParsedExtension::ParseError { .. } => return Err(CertificateError::Extension(id)),
                ParsedExtension::UnsupportedExtension { .. } if extension.critical => self.unknown_critical.push(id),
                _ => {}
            }
        }
        Ok(())
    }

    /// base64url of the SHA-1 of the certificate (RFC 7515 §4.1.7). A name, nothing to rely on.
    pub fn x5t(&self) -> String {
        b64::encode(&openssl::sha::sha1(&self.der))
    }
    /// The same in capital hexadecimal digits.
    pub fn x5t_hex(&self) -> String {
        hex_upper(&openssl::sha::sha1(&self.der))
    }
    /// base64url of the SHA-256 of the certificate (RFC 7515 §4.1.8, RFC 8705 §3.1).
    pub fn x5t_s256(&self) -> String {
        b64::encode(&openssl::sha::sha256(&self.der))
    }
    pub fn sha256_hex(&self) -> String {
        hex(&openssl::sha::sha256(&self.der))
    }

    /// The text of `organizationIdentifier` in the subject.
    pub fn organization_identifier(&self) -> Option<&str> {
        self.subject.get(ORGANIZATION_IDENTIFIER)
    }
    /// The same, taken apart; None where there is none or it is not as the standard says.
    pub fn organization(&self) -> Option<OrganizationId> {
        self.organization_identifier().and_then(|text| OrganizationId::parse(text).ok())
    }

    /// Whether it is for that key.
    pub fn belongs_to(&self, key: &PublicJwk) -> bool {
        self.key.jwk.as_ref().is_some_and(|own| own.thumbprint() == key.thumbprint())
    }

    /// Whole days until it ends, negative when it has.
    pub const fn days_left(&self, now: Timestamp) -> i64 {
        (self.not_after.seconds() - now.seconds()).div_euclid(86_400)
    }
}

impl SubjectKey {
    fn read(certificate: &X509Certificate<'_>) -> Self {
        let spki = certificate.public_key().raw.to_vec();
        match PublicJwk::from_spki_der(&spki) {
            Ok(jwk) => Self { kind: jwk.kind(), bits: jwk.bits(), spki, jwk: Some(jwk) },
            Err(error) => {
                let algorithm = || certificate.public_key().algorithm.algorithm.to_id_string();
                let (kind, bits) = foreign(&spki, &error).unwrap_or_else(|| (algorithm(), 0));
                Self { kind, bits, spki, jwk: None }
            }
        }
    }
}

/// Kind and size of a key that JOSE does not know but openssl does: brainpool curves (RFC 5639), RSASSA-PSS keys.
fn foreign(spki: &[u8], error: &JwkError) -> Option<(String, u32)> {
    let key = PKey::public_key_from_der(spki).ok()?;
    let kind = match (key.id(), error) {
        (Id::EC, JwkError::Unsupported { name, .. }) => format!("EC {name}"),
        (Id::RSA_PSS, _) => format!("RSASSA-PSS {}", key.bits()),
        (Id::RSA, _) => format!("RSA {}", key.bits()),
        _ => return None,
    };
    Some((kind, key.bits()))
}

fn signature_name(certificate: &X509Certificate<'_>) -> String {
    let id = certificate.signature_algorithm.algorithm.to_id_string();
    oid::signature(&id).map_or(id, str::to_owned)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as the parser hands it out")]
fn key_usages(usage: &x509_parser::extensions::KeyUsage) -> Vec<&'static str> {
    [
        (usage.digital_signature(), "digitalSignature"),
        (usage.non_repudiation(), "nonRepudiation"),
        (usage.key_encipherment(), "keyEncipherment"),
        (usage.data_encipherment(), "dataEncipherment"),
        (usage.key_agreement(), "keyAgreement"),
        (usage.key_cert_sign(), "keyCertSign"),
        (usage.crl_sign(), "cRLSign"),
        (usage.encipher_only(), "encipherOnly"),
        (usage.decipher_only(), "decipherOnly"),
    ]
    .into_iter()
    .filter(|(set, _)| *set)
    .map(|(_, name)| name)
    .collect()
}

/// In the order they stand.
fn ext_usages(der: &[u8]) -> Result<Vec<String>, CertificateError> {
    let bad = || CertificateError::Extension("2.5.29.37".to_owned());
    let mut outer = Reader::new(der);
    let mut list = outer.enter(0x30, "SEQUENCE").map_err(|_| bad())?;
    let mut found = Vec::new();
    while !list.is_at_end() {
        let content = list.enter(0x06, "OBJECT IDENTIFIER").map_err(|_| bad())?.content();
        let id = oid::text(content).filter(|_| found.len() < MOST).ok_or_else(bad)?;
        found.push(oid::usage(&id).map_or(id, str::to_owned));
    }
    if found.is_empty() || !outer.is_at_end() { Err(bad()) } else { Ok(found) }
}

fn alt_name(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::DNSName(name) => format!("dns:{name}"),
        GeneralName::RFC822Name(name) => format!("email:{name}"),
        GeneralName::URI(name) => format!("uri:{name}"),
        GeneralName::IPAddress(bytes) => match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
            (Ok(four), _) => format!("ip:{}", core::net::Ipv4Addr::from(four)),
            (_, Ok(sixteen)) => format!("ip:{}", core::net::Ipv6Addr::from(sixteen)),
            _ => format!("ip:#{}", hex(bytes)),
        },
        GeneralName::DirectoryName(name) => {
            let read = Name::read(name.as_raw());
            read.map_or_else(
                |_| "dn:?".to_owned(),
                |n| format!("dn:{}", n.text(super::DnForm::Rfc4514, super::OrganizationForm::Name)),
            )
        }
        GeneralName::RegisteredID(id) => format!("oid:{id}"),
        _ => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests;
