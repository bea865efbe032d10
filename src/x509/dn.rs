//! A name as text: every bank's form wants another one of these, and a wrong one is refused without a word.

use super::name::{Attribute, Name, ORGANIZATION_IDENTIFIER};

/// How a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DnForm {
    /// `CN=…,O=…,C=NO`: RFC 4514.
    Rfc4514,
    /// `/C=NO/O=…/CN=…`: what `openssl x509 -subject -nameopt compat` and `X509_NAME_oneline` print.
    OpenSsl,
    /// `CN=…,O=…,C=NO`: `openssl -nameopt RFC2253`, which writes every byte beyond ASCII as `\XX`.
    OpenSslRfc2253,
    /// `CN=…, O=…, C=NO`: `X500Principal.toString()` of Java, which quotes where others escape.
    Java,
}

/// How `organizationIdentifier` is named: older programs do not know the name, some forms want it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OrganizationForm {
    Name,
    Oid,
}

impl DnForm {
    pub const ALL: [Self; 4] = [Self::Rfc4514, Self::OpenSsl, Self::OpenSslRfc2253, Self::Java];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Rfc4514 => "rfc4514",
            Self::OpenSsl => "openssl",
            Self::OpenSslRfc2253 => "openssl-rfc2253",
            Self::Java => "java",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }
}

impl Name {
    pub fn text(&self, form: DnForm, organization: OrganizationForm) -> String {
        let (lead, within) = match form {
            DnForm::Java => (", ", " + "),
            DnForm::OpenSsl => ("/", "+"),
            DnForm::Rfc4514 | DnForm::OpenSslRfc2253 => (",", "+"),
        };
        let one = |set: &Vec<Attribute>| -> String {
            set.iter().map(|a| part(a, form, organization)).collect::<Vec<_>>().join(within)
        };
        if form == DnForm::OpenSsl {
            return self.relative_names().iter().map(|set| format!("{lead}{}", one(set))).collect();
        }
        // the last relative name comes first (RFC 4514 §2.1)
        self.relative_names().iter().rev().map(one).collect::<Vec<_>>().join(lead)
    }
}

fn part(a: &Attribute, form: DnForm, organization: OrganizationForm) -> String {
    let by_oid = a.oid == ORGANIZATION_IDENTIFIER && organization == OrganizationForm::Oid;
    let name = if by_oid { None } else { name_in(a, form) };
    let dotted = || if form == DnForm::Java { format!("OID.{}", a.oid) } else { a.oid.clone() };
    let key = name.map_or_else(dotted, str::to_owned);
    let value = match (form, &a.text) {
        // RFC 4514 §2.4 and openssl: a type that has no name has its value as hexadecimal DER
        (DnForm::Rfc4514, _) if name.is_none() => format!("#{}", super::hex(&a.raw)),
        (DnForm::OpenSslRfc2253, _) if name.is_none() => format!("#{}", super::hex_upper(&a.raw)),
        (DnForm::OpenSslRfc2253, None) => format!("#{}", super::hex_upper(&a.raw)),
        (_, None) => format!("#{}", super::hex(&a.raw)),
        (DnForm::Rfc4514, Some(text)) => escaped(text, false),
        (DnForm::OpenSslRfc2253, Some(text)) => escaped(text, true),
        (DnForm::OpenSsl, Some(text)) => one_line(text),
        (DnForm::Java, Some(text)) => quoted(text),
    };
    format!("{key}={value}")
}

fn name_in(a: &Attribute, form: DnForm) -> Option<&'static str> {
    let short = a.short_name()?;
    match form {
        DnForm::Rfc4514 => Some(short),
        DnForm::OpenSsl | DnForm::OpenSslRfc2253 => Some(if short == "STREET" { "street" } else { short }),
        // the names its parser knows; the rest stands as OID.…
        DnForm::Java => match short {
            "SN" => Some("SURNAME"),
            "GN" => Some("GIVENNAME"),
            "serialNumber" => Some("SERIALNUMBER"),
            "title" => Some("T"),
            "emailAddress" => Some("EMAILADDRESS"),
            "businessCategory" | "postalCode" | "jurisdictionC" => None,
            other => Some(other),
        },
    }
}

/// RFC 4514 §2.4; `ascii`: also every byte beyond ASCII.
fn escaped(value: &str, ascii: bool) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len());
    for (i, c) in value.chars().enumerate() {
        match c {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if i == 0 || i == last => out.extend(['\\', c]),
            '#' if i == 0 => out.extend(['\\', c]),
            c if c.is_control() || (ascii && !c.is_ascii()) => {
                out.extend(c.to_string().bytes().map(|b| format!("\\{b:02X}")));
            }
            c => out.push(c),
        }
    }
    out
}

/// As `X509_NAME_oneline` does: what could be mistaken for a border is escaped, what is not printable ASCII is `\xXX`.
fn one_line(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for b in value.bytes() {
        match b {
            b'/' | b'+' => out.extend(['\\', char::from(b)]),
            b' '..=b'~' => out.push(char::from(b)),
            other => out.extend(format!("\\x{other:02X}").chars()),
        }
    }
    out
}

/// As `X500Principal.toString()` does: a value with a special character, an outer blank or two blanks in a row stands in
/// quotes.
fn quoted(value: &str) -> String {
    let special = value.contains([',', '+', '=', '\n', '<', '>', '#', ';', '\\', '"']);
    let outer = |c: Option<char>| matches!(c, Some(' ' | '\n'));
    let blanks = value.contains("  ") || outer(value.chars().next()) || outer(value.chars().last());
    let body: String =
        value.chars().flat_map(|c| [Some('\\').filter(|_| c == '"' || c == '\\'), Some(c)]).flatten().collect();
    if special || blanks { format!("\"{body}\"") } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::der::{OID, SEQUENCE, SET, UTF8, sequence, tlv};
    use crate::x509::oid;

    fn name(parts: &[&[(&str, &str)]]) -> Name {
        let one =
            |(id, value): &(&str, &str)| sequence(&[tlv(OID, &oid::content(id).unwrap()), tlv(UTF8, value.as_bytes())]);
        let sets: Vec<Vec<u8>> =
            parts.iter().map(|set| tlv(SET, &set.iter().map(one).collect::<Vec<_>>().concat())).collect();
        Name::read(&tlv(SEQUENCE, &sets.concat())).unwrap()
    }

    #[test]
    fn one_name_in_every_form() {
        use OrganizationForm::{Name as ByName, Oid};
        let name = name(&[
            &[("2.5.4.6", "NO")],
            &[("2.5.4.10", "Bank, \"A+B\" / Blåbær")],
            &[("2.5.4.97", "PSDNO-FSA-987654321")],
            &[("2.5.4.3", "#1 x "), ("2.5.4.5", "9")],
        ]);
        let hex = "0c1350534"; // the beginning of UTF8String "PSD…"
        let oid = name.text(DnForm::Rfc4514, Oid);
        assert!(oid.contains(&format!(",2.5.4.97=#{hex}")), "{oid}");
        let oid = name.text(DnForm::OpenSslRfc2253, Oid);
        assert!(oid.contains(&format!(",2.5.4.97=#{}", hex.to_uppercase())), "{oid}");
        assert_eq!(
            name.text(DnForm::Rfc4514, ByName),
            "CN=\\#1 x\\ +serialNumber=9,organizationIdentifier=PSDNO-FSA-987654321,O=Bank\\, \\\"A\\+B\\\" / Blåbær,C=NO"
        );
        assert_eq!(
            name.text(DnForm::OpenSslRfc2253, ByName),
            "CN=\\#1 x\\ +serialNumber=9,organizationIdentifier=PSDNO-FSA-987654321,O=Bank\\, \\\"A\\+B\\\" / Bl\\C3\\A5b\\C3\\A6r,C=NO"
        );
        assert_eq!(
            name.text(DnForm::OpenSsl, Oid),
            "/C=NO/O=Bank, \"A\\+B\" \\/ Bl\\xC3\\xA5b\\xC3\\xA6r/2.5.4.97=PSDNO-FSA-987654321/CN=#1 x +serialNumber=9"
        );
        assert_eq!(
            name.text(DnForm::Java, Oid),
            "CN=\"#1 x \" + SERIALNUMBER=9, OID.2.5.4.97=PSDNO-FSA-987654321, O=\"Bank, \\\"A+B\\\" / Blåbær\", C=NO"
        );
        assert!(name.text(DnForm::Java, ByName).contains(", organizationIdentifier=PSDNO-FSA-987654321, "));
    }

    #[test]
    fn a_type_without_a_name_stands_by_number() {
        let name = name(&[&[("1.2.3.4", "hi")], &[("2.5.4.3", "a\nb")]]);
        assert_eq!(name.text(DnForm::Rfc4514, OrganizationForm::Name), "CN=a\\0Ab,1.2.3.4=#0c026869");
        assert_eq!(name.text(DnForm::Java, OrganizationForm::Name), "CN=\"a\nb\", OID.1.2.3.4=hi");
        assert_eq!(name.text(DnForm::OpenSsl, OrganizationForm::Name), "/1.2.3.4=hi/CN=a\\x0Ab");
    }
}
