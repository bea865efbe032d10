//! Distinguished names as RFC 4514 text, and the few facts about a certificate that an error names.

use openssl::sha::sha256;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::jose::b64;
use crate::time::Timestamp;
use crate::x509::{DnForm, Name, OrganizationForm};

/// The RFC 4514 text of a DER name; None: it is no name.
pub(super) fn from_der(der: &[u8]) -> Option<String> {
    Name::read(der).ok().map(|name| name.text(DnForm::Rfc4514, OrganizationForm::Name))
}

/// What is said about a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    pub subject: String,
    pub issuer: String,
    /// DER of the issuer's name, to compare with a list of acceptable ones.
    pub issuer_der: Vec<u8>,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// `subjectAltName`, DNS names and addresses.
    pub names: Vec<String>,
    /// None: no extended key usage, so any.
    pub for_clients: Option<bool>,
    /// SHA-256 of the certificate, base64url (RFC 8705 §3.1).
    pub x5t_s256: String,
}

impl Facts {
    pub fn of(der: &[u8]) -> Option<Self> {
        let (_, cert) = X509Certificate::from_der(der).ok()?;
        let names = cert
            .subject_alternative_name()
            .ok()
            .flatten()
            .map(|san| san.value.general_names.iter().filter_map(general_name).collect());
        Some(Self {
            subject: from_der(cert.subject().as_raw())?,
            issuer: from_der(cert.issuer().as_raw())?,
            issuer_der: cert.issuer().as_raw().to_vec(),
            not_before: Timestamp::from_seconds(cert.validity().not_before.timestamp()),
            not_after: Timestamp::from_seconds(cert.validity().not_after.timestamp()),
            names: names.unwrap_or_default(),
            for_clients: cert.extended_key_usage().ok().flatten().map(|u| u.value.client_auth || u.value.any),
            x5t_s256: thumbprint(der),
        })
    }

    pub fn self_issued(&self) -> bool {
        self.subject == self.issuer
    }
}

pub(super) fn thumbprint(der: &[u8]) -> String {
    b64::encode(&sha256(der))
}

fn general_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => <[u8; 4]>::try_from(*bytes).ok().map(|b| std::net::Ipv4Addr::from(b).to_string()),
            16 => <[u8; 16]>::try_from(*bytes).ok().map(|b| std::net::Ipv6Addr::from(b).to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// `2026-11-24 19:07 UTC`
pub(super) fn date(at: Timestamp) -> String {
    match jiff::Timestamp::from_second(at.seconds()) {
        Ok(t) => t.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => format!("{} seconds after 1970", at.seconds()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_readable() {
        assert_eq!(date(Timestamp::from_seconds(0)), "1970-01-01 00:00 UTC");
    }

    #[cfg(feature = "sandbox")]
    #[test]
    fn a_name_reads_from_the_last_part_to_the_first() {
        let mut p = rcgen::CertificateParams::new(vec!["a.example".into(), "127.0.0.1".into()]).unwrap();
        p.distinguished_name = rcgen::DistinguishedName::new();
        p.distinguished_name.push(rcgen::DnType::CountryName, "NO");
        p.distinguished_name.push(rcgen::DnType::OrganizationName, "Bank, AS");
        p.distinguished_name.push(rcgen::DnType::CustomDnType(vec![2, 5, 4, 97]), "PSDNO-FSA-1");
        let der = p.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap().der().to_vec();
        let facts = Facts::of(&der).unwrap();
        assert_eq!(facts.subject, "organizationIdentifier=PSDNO-FSA-1,O=Bank\\, AS,C=NO");
        assert_eq!(facts.names, ["a.example", "127.0.0.1"]);
        assert!(facts.self_issued());
        assert_eq!(from_der(&facts.issuer_der).as_deref(), Some(facts.subject.as_str()));
    }
}
