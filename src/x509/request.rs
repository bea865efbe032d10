//! Asking an issuer for a certificate: PKCS#10 (RFC 2986) with what a QTSP needs to know for a QWAC or QSeal under PSD2.

use super::der::{IA5, OCTETS, OID, PRINTABLE, SEQUENCE, SET, UTF8, bits, sequence, tlv};
use super::name::{ORGANIZATION_IDENTIFIER, oid_of};
use super::oid;
use super::organization::OrganizationId;
use super::qc::{self, Psd2, QC_STATEMENTS, QcType};
use crate::jose::{Alg, der};

/// What kind of certificate is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Profile {
    /// For TLS: type web, `digitalSignature`, client and server (TS 119 495 §5.3, EN 319 412-4).
    Qwac,
    /// For signatures: type eseal, `digitalSignature` and `nonRepudiation` (EN 319 412-3). No extended key usage, so that
    /// a bank that wants the seal in TLS may have it.
    Qseal,
}

impl Profile {
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "qwac" => Some(Self::Qwac),
            "qseal" => Some(Self::Qseal),
            _ => None,
        }
    }
}

/// What is asked for. That the certificate will be a qualified one is for the issuer to say (EN 319 412-5 §4.2.1).
#[derive(Clone, Debug)]
pub struct Request {
    /// Dotted identifier and value, in the order of issue.
    subject: Vec<(String, String)>,
    profile: Profile,
    psd2: Option<Psd2>,
    dns: Vec<String>,
}

/// Why a request cannot be made of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct RequestError {
    pub text: String,
    pub hint: &'static str,
}

fn error(text: impl Into<String>, hint: &'static str) -> RequestError {
    RequestError { text: text.into(), hint }
}

const FORMS: &str =
    "for example CN=tpp.example,organizationIdentifier=PSDNO-FSA-987654321,O=Acme AS,C=NO, or /C=NO/O=Acme AS/…";

impl Request {
    /// `subject`: RFC 4514 (the last part is issued first) or openssl's `/C=…/O=…`.
    ///
    /// # Errors
    /// [`RequestError`] for what an issuer would send back.
    pub fn new(subject: &str, profile: Profile, psd2: Option<Psd2>, dns: Vec<String>) -> Result<Self, RequestError> {
        let subject = parse(subject)?;
        if let Some(psd2) = &psd2 {
            let organization = subject.iter().find(|(id, _)| id == ORGANIZATION_IDENTIFIER).map(|(_, v)| v.as_str());
            authorised(psd2, organization)?;
        }
        let hint = "a host name of letters, digits, hyphens and dots, up to 253 characters";
        if let Some(bad) = dns.iter().find(|name| !is_host(name)) {
            return Err(error(format!("“{}” is no host name", crate::text::clean(bad)), hint));
        }
        if profile == Profile::Qwac && dns.is_empty() {
            return Err(error("a QWAC names at least one host", "give --san HOST"));
        }
        Ok(Self { subject, profile, psd2, dns })
    }

    /// `CertificationRequestInfo`: what the key signs (RFC 2986 §4.1).
    pub fn info(&self, spki: &[u8]) -> Vec<u8> {
        let extensions = sequence(&self.extensions());
        // extensionRequest (RFC 2985 §5.4.2)
        let attribute = sequence(&[id("1.2.840.113549.1.9.14"), tlv(SET, &extensions)]);
        sequence(&[vec![0x02, 1, 0], self.name(), spki.to_vec(), tlv(0xa0, &attribute)])
    }

    fn name(&self) -> Vec<u8> {
        let part =
            |(oid, value): &(String, String)| tlv(SET, &sequence(&[id(oid), tlv(string_tag(oid), value.as_bytes())]));
        tlv(SEQUENCE, &self.subject.iter().map(part).collect::<Vec<_>>().concat())
    }

    fn extensions(&self) -> Vec<Vec<u8>> {
        let extension = |oid: &str, critical: bool, value: &[u8]| {
            let critical = if critical { vec![0x01, 1, 0xff] } else { vec![] };
            sequence(&[id(oid), critical, tlv(OCTETS, value)])
        };
        let (usage, kind): (&[u8], QcType) = match self.profile {
            // a BIT STRING whose first bit is digitalSignature and second nonRepudiation (RFC 5280 §4.2.1.3)
            Profile::Qwac => (&[0x03, 2, 7, 0x80], QcType::Web),
            Profile::Qseal => (&[0x03, 2, 6, 0xc0], QcType::Eseal),
        };
        let mut all = vec![extension("2.5.29.15", true, usage)];
        if self.profile == Profile::Qwac {
            let usages = sequence(&[id("1.3.6.1.5.5.7.3.2"), id("1.3.6.1.5.5.7.3.1")]);
            all.push(extension("2.5.29.37", false, &usages));
        }
        if !self.dns.is_empty() {
            let names: Vec<Vec<u8>> = self.dns.iter().map(|name| tlv(0x82, name.as_bytes())).collect();
            all.push(extension("2.5.29.17", false, &sequence(&names)));
        }
        all.push(extension(QC_STATEMENTS, false, &qc::statements(kind, self.psd2.as_ref())));
        all
    }
}

/// The whole request from its info and a JWS signature over it. None: an algorithm that has no place in X.509.
pub fn assemble(info: &[u8], alg: Alg, signature: &[u8]) -> Option<Vec<u8>> {
    let null = vec![0x05, 0];
    let sha = |bits: u8| format!("2.16.840.1.101.3.4.2.{bits}");
    // RFC 4055 §3.1: hash, MGF1 with the same hash, salt as long as the hash
    let pss = |hash: u8, salt: u8| {
        let hash = sequence(&[id(&sha(hash)), vec![0x05, 0]]);
        let mask = sequence(&[id("1.2.840.113549.1.1.8"), hash.clone()]);
        let salt = tlv(0xa2, &[0x02, 1, salt]);
        sequence(&[id("1.2.840.113549.1.1.10"), sequence(&[tlv(0xa0, &hash), tlv(0xa1, &mask), salt])])
    };
    let algorithm = match alg {
        Alg::Es256 => sequence(&[id("1.2.840.10045.4.3.2")]),
        Alg::Es384 => sequence(&[id("1.2.840.10045.4.3.3")]),
        Alg::Es512 => sequence(&[id("1.2.840.10045.4.3.4")]),
        Alg::Rs256 => sequence(&[id("1.2.840.113549.1.1.11"), null]),
        Alg::Rs384 => sequence(&[id("1.2.840.113549.1.1.12"), null]),
        Alg::Rs512 => sequence(&[id("1.2.840.113549.1.1.13"), null]),
        Alg::Ps256 => pss(1, 32),
        Alg::Ps384 => pss(2, 48),
        Alg::Ps512 => pss(3, 64),
        Alg::EdDsa => sequence(&[id("1.3.101.112")]),
        Alg::Hs256 | Alg::Hs384 | Alg::Hs512 => return None,
    };
    let signature = match alg {
        Alg::Es256 | Alg::Es384 | Alg::Es512 => der::from_raw(signature),
        _ => signature.to_vec(),
    };
    Some(sequence(&[info.to_vec(), algorithm, bits(&signature)]))
}

fn id(dotted: &str) -> Vec<u8> {
    tlv(OID, &oid::content(dotted).unwrap_or_default())
}

/// RFC 5280 appendix A.1: a country and a serial number are printable, a domain and an address IA5, all else UTF-8.
fn string_tag(oid: &str) -> u8 {
    match oid {
        "2.5.4.6" | "2.5.4.5" => PRINTABLE,
        "0.9.2342.19200300.100.1.25" | "1.2.840.113549.1.9.1" => IA5,
        _ => UTF8,
    }
}

/// Roles, authority and the organisation's number agree (TS 119 495 §5.2.1, §5.2.3).
fn authorised(psd2: &Psd2, organization: Option<&str>) -> Result<(), RequestError> {
    if psd2.roles.is_empty() {
        return Err(error("no role is named", "give --role PSP_AI, PSP_PI, PSP_AS or PSP_IC"));
    }
    if psd2.authority.trim().is_empty() || psd2.authority.chars().count() > 256 {
        return Err(error("the authority's name is missing or too long", "give --nca-name, up to 256 characters"));
    }
    let shape = psd2.authority_id.split_once('-').is_some_and(|(country, name)| {
        let capitals = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase());
        country.len() == 2 && (2..=8).contains(&name.len()) && capitals(country) && capitals(name)
    });
    if !shape {
        return Err(error("the authority's id is not as TS 119 495 §5.2.3 has it", "for example --nca-id NO-FSA"));
    }
    let hint = "add organizationIdentifier=PSDNO-FSA-987654321 to the subject, with your own number";
    let text = organization.ok_or_else(|| error("the subject has no organizationIdentifier", hint))?;
    let id = OrganizationId::parse(text).map_err(|why| error(format!("organizationIdentifier: {why}"), hint))?;
    match id.authority_id() {
        Some(authority) if authority != psd2.authority_id => Err(error(
            format!("organizationIdentifier names {authority}, and the authority is {}", psd2.authority_id),
            "both name the authority that gave the authorisation",
        )),
        _ => Ok(()),
    }
}

fn is_host(name: &str) -> bool {
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    name.len() <= 253 && name.strip_prefix("*.").unwrap_or(name).split('.').all(label)
}

/// Upper bounds of RFC 5280 appendix A.1.
fn most(oid: &str) -> usize {
    match oid {
        "2.5.4.6" => 2,
        "2.5.4.3" | "2.5.4.5" | "2.5.4.10" | "2.5.4.11" => 64,
        "2.5.4.7" | "2.5.4.8" => 128,
        _ => 256,
    }
}

/// A subject in one of two forms, as it is issued.
fn parse(text: &str) -> Result<Vec<(String, String)>, RequestError> {
    let (border, body) = match text.strip_prefix('/') {
        Some(rest) => ('/', rest),
        None => (',', text),
    };
    let mut parts = Vec::new();
    for part in split(body, border)? {
        let (name, value) = part;
        let name = name.trim();
        let unknown =
            || error(format!("“{}” is no part of a subject that is known here", crate::text::clean(name)), FORMS);
        let oid = match oid_of(name) {
            Some(oid) => oid.to_owned(),
            None => oid::content(name).map(|_| name.to_owned()).ok_or_else(unknown)?,
        };
        let fits = |value: &str| match string_tag(&oid) {
            PRINTABLE if oid == "2.5.4.6" => value.len() == 2 && value.bytes().all(|b| b.is_ascii_uppercase()),
            PRINTABLE => value.bytes().all(|b| b.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(&b)),
            IA5 => value.is_ascii(),
            _ => true,
        };
        let length = value.chars().count();
        if value.is_empty() || length > most(&oid) || !fits(&value) || value.chars().any(char::is_control) {
            let hint = "a country is two capital letters; CN, O and OU have at most 64 characters (RFC 5280 App. A.1)";
            return Err(error(format!("the value of {} does not fit", crate::text::clean(name)), hint));
        }
        parts.push((oid, value));
    }
    if border == ',' {
        parts.reverse();
    }
    Ok(parts)
}

/// Name and value of every part; `\` before a character or two hexadecimal digits takes them as they are (RFC 4514 §2.4).
fn split(text: &str, border: char) -> Result<Vec<(String, String)>, RequestError> {
    let bad = || error("the subject is not as it should be", FORMS);
    let mut parts = Vec::new();
    let (mut name, mut value): (Option<String>, Vec<u8>) = (None, Vec::new());
    // how much of the value's end is not to be trimmed
    let mut kept = 0;
    let mut chars = text.chars().peekable();
    loop {
        let next = chars.next();
        match next {
            Some('\\') => {
                let first = chars.next().ok_or_else(bad)?;
                let second = chars.peek().copied().and_then(|c| c.to_digit(16));
                match (first.to_digit(16), second) {
                    (Some(high), Some(low)) => {
                        chars.next();
                        value.push((high * 16 + low) as u8);
                    }
                    _ => value.extend(first.to_string().bytes()),
                }
                kept = value.len();
            }
            Some('=') if name.is_none() => {
                name = Some(String::from_utf8(std::mem::take(&mut value)).map_err(|_| bad())?);
                kept = 0;
            }
            Some('+') if name.is_some() && border == ',' => {
                return Err(error("a part of several values is not made here", "write a plus in a value as \\+"));
            }
            None => {}
            Some(c) if c == border => {}
            Some(' ') if value.is_empty() => {}
            Some(c) => value.extend(c.to_string().bytes()),
        }
        if next.is_none() || (next == Some(border)) {
            while value.len() > kept && value.last() == Some(&b' ') {
                value.pop();
            }
            let value = String::from_utf8(std::mem::take(&mut value)).map_err(|_| bad())?;
            parts.push((name.take().ok_or_else(bad)?, value));
            kept = 0;
        }
        if next.is_none() {
            return Ok(parts);
        }
    }
}

#[cfg(test)]
mod tests;
