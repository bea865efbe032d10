//! Distinguished names (RFC 5280 §4.1.2.4): the parts as they were issued, in order.

use crate::jose::DerError;
use crate::jose::der::Reader;

use super::oid;

/// More parts than any true name has.
const MOST: usize = 64;

/// `organizationIdentifier` (ITU-T X.520 §6.4.6; TS 119 495 §5.2.1).
pub(super) const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";

/// A name: relative names, each of one part or several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    parts: Vec<Vec<Attribute>>,
}

/// One part of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Dotted.
    pub oid: String,
    /// None: the value is of no string type, or not of the one it says.
    pub text: Option<String>,
    /// The value's own DER.
    pub(super) raw: Vec<u8>,
}

impl Name {
    /// # Errors
    /// For anything but the DER of one name.
    pub(crate) fn read(der: &[u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(der);
        let mut inner = outer.enter(0x30, "SEQUENCE")?;
        if !outer.is_at_end() {
            return Err(DerError::Expected("end", der.len()));
        }
        let mut parts = Vec::new();
        let mut count = 0;
        while !inner.is_at_end() {
            let mut set = inner.enter(0x31, "SET")?;
            let mut one = Vec::new();
            while !set.is_at_end() {
                count += 1;
                if count > MOST {
                    return Err(DerError::Expected("a name of fewer parts", 0));
                }
                one.push(attribute(&mut set.enter(0x30, "SEQUENCE")?)?);
            }
            parts.push(one);
        }
        Ok(Self { parts })
    }

    /// In the order of issue, most often the country first.
    pub fn relative_names(&self) -> &[Vec<Attribute>] {
        &self.parts
    }

    pub fn attributes(&self) -> impl Iterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }

    /// The first value of `CN`, `O`, `organizationIdentifier`, or of a dotted identifier.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes().find(|a| a.oid == name || a.short_name() == Some(name)).and_then(|a| a.text.as_deref())
    }

    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }
}

fn attribute(reader: &mut Reader<'_>) -> Result<Attribute, DerError> {
    let oid = oid::text(reader.enter(0x06, "OBJECT IDENTIFIER")?.content());
    let oid = oid.ok_or(DerError::Expected("OBJECT IDENTIFIER", 0))?;
    let (tag, raw, content) = reader.element()?;
    if !reader.is_at_end() {
        return Err(DerError::Expected("end of an attribute", 0));
    }
    Ok(Attribute { oid, text: string(tag, content.content()), raw: raw.to_vec() })
}

/// The string types of a name (RFC 5280 §4.1.2.4, X.690 §8.23). TeletexString is read as Latin-1, as everyone writes it.
pub(super) fn string(tag: u8, bytes: &[u8]) -> Option<String> {
    match tag {
        0x0c => String::from_utf8(bytes.to_vec()).ok(),
        0x12 | 0x13 | 0x16 | 0x1a => bytes.is_ascii().then(|| bytes.iter().map(|b| char::from(*b)).collect()),
        0x14 => Some(bytes.iter().map(|b| char::from(*b)).collect()),
        0x1e => {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|p| u16::from_be_bytes(*p)).collect();
            if rest.is_empty() { String::from_utf16(&units).ok() } else { None }
        }
        0x1c => {
            let (units, rest) = bytes.as_chunks::<4>();
            let text = units.iter().map(|u| char::from_u32(u32::from_be_bytes(*u))).collect();
            if rest.is_empty() { text } else { None }
        }
        _ => None,
    }
}

/// The short names of RFC 4514 §3, and those that eIDAS certificates use (ETSI EN 319 412-2 and -3).
const SHORT: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.42", "GN"),
    (ORGANIZATION_IDENTIFIER, "organizationIdentifier"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
];

impl Attribute {
    pub fn short_name(&self) -> Option<&'static str> {
        SHORT.iter().find(|(oid, _)| *oid == self.oid).map(|(_, name)| *name)
    }

    /// The value as one reads it; `#` and hexadecimal DER where it is no text.
    pub fn shown(&self) -> String {
        self.text.clone().unwrap_or_else(|| format!("#{}", super::hex(&self.raw)))
    }
}

/// The identifier of a short name, in any case.
pub(super) fn oid_of(name: &str) -> Option<&'static str> {
    SHORT.iter().find(|(_, short)| short.eq_ignore_ascii_case(name)).map(|(oid, _)| *oid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_string_type_is_read_as_what_it_says() {
        for (tag, bytes, text) in [
            (0x0c, "Blåbær".as_bytes(), Some("Blåbær")),
            (0x13, b"NO", Some("NO")),
            (0x13, b"\xe5", None),
            (0x14, b"\xe5", Some("å")),
            (0x1e, b"\0A\0\xe5", Some("Aå")),
            (0x1e, b"\0A\0", None),
            (0x1e, b"\xd8\0", None),
            (0x1c, b"\0\x01\xf6\0", Some("😀")),
            (0x1c, b"\0\x11\0\0", None),
            (0x0c, b"\xff", None),
            (0x02, b"1", None),
        ] {
            assert_eq!(string(tag, bytes).as_deref(), text, "{tag:02x} {bytes:?}");
        }
    }
}
