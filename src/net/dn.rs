//! Distinguished names as RFC 4514 text, and the few facts about a certificate that an error names.

use openssl::sha::sha256;
use x509_parser::asn1_rs::Oid;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};

use crate::jose::b64;
use crate::time::Timestamp;

/// The RFC 4514 text of a DER name; None: it is no name.
pub(super) fn from_der(der: &[u8]) -> Option<String> {
    X509Name::from_der(der).ok().map(|(_, name)| text(&name))
}

/// Last relative name first, `+` inside one, values escaped (RFC 4514 §2).
pub(super) fn text(name: &X509Name<'_>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for rdn in name.iter_rdn() {
        let one: Vec<String> = rdn
            .iter()
            .map(|a| match (short_name(a.attr_type()), a.as_str()) {
                (Some(short), Ok(value)) => format!("{short}={}", escaped(value)),
                // RFC 4514 §2.4: a type without a name has its value as hexadecimal BER; only the content is at hand
                // here, so the header of the encoding is written again.
                _ => format!("{}=#{}", a.attr_type(), hex_ber(a.attr_value().tag().0, a.attr_value().data)),
            })
            .collect();
        parts.push(one.join("+"));
    }
    parts.reverse();
    parts.join(",")
}

/// The names of RFC 4514 §3, and those that eIDAS certificates use (ETSI EN 319 412).
fn short_name(oid: &Oid<'_>) -> Option<&'static str> {
    Some(match oid.to_id_string().as_str() {
        "2.5.4.3" => "CN",
        "2.5.4.4" => "SN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "2.5.4.12" => "title",
        "2.5.4.15" => "businessCategory",
        "2.5.4.17" => "postalCode",
        "2.5.4.42" => "GN",
        "2.5.4.97" => "organizationIdentifier",
        "0.9.2342.19200300.100.1.1" => "UID",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return None,
    })
}

fn escaped(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (i, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if i == 0 || i == last => out.extend(['\\', c]),
            '#' if i == 0 => out.extend(['\\', c]),
            c if c.is_control() => out.extend(c.to_string().bytes().map(|b| format!("\\{b:02X}"))),
            c => out.push(c),
        }
    }
    out
}

fn hex_ber(tag: u32, content: &[u8]) -> String {
    let mut ber = vec![u8::try_from(tag).unwrap_or(0x1f)];
    match u8::try_from(content.len()) {
        Ok(short @ 0..=0x7f) => ber.push(short),
        _ => {
            let length = content.len().to_be_bytes();
            let skipped = length.iter().take_while(|b| **b == 0).count();
            // At most eight digits follow.
            ber.push(0x80 | (length.len() - skipped) as u8);
            ber.extend_from_slice(&length[skipped..]);
        }
    }
    ber.extend_from_slice(content);
    ber.iter().fold(String::with_capacity(2 * ber.len()), |hex, b| hex + &format!("{b:02x}"))
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
            subject: text(cert.subject()),
            issuer: text(cert.issuer()),
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
    fn special_characters_are_escaped_where_the_rfc_says() {
        assert_eq!(escaped("Bank, A+B"), "Bank\\, A\\+B");
        assert_eq!(escaped("#1 "), "\\#1\\ ");
        assert_eq!(escaped("a\nb"), "a\\0Ab");
    }

    #[test]
    fn an_unnamed_type_keeps_its_encoding() {
        assert_eq!(hex_ber(0x0c, b"hi"), "0c026869");
        assert!(hex_ber(0x0c, &[0; 300]).starts_with("0c82012c"));
    }

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
