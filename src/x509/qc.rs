//! `qcStatements` (RFC 3739 §3.2.6): what makes a certificate a qualified one (ETSI EN 319 412-5), and what its holder
//! may do in payments (ETSI TS 119 495 §5.1).

use super::der::{OID, UTF8, sequence, tlv};
use super::name::string;
use super::oid;
use crate::jose::DerError;
use crate::jose::der::Reader;

/// The extension.
pub(super) const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
const COMPLIANCE: &str = "0.4.0.1862.1.1";
const SSCD: &str = "0.4.0.1862.1.4";
const TYPE: &str = "0.4.0.1862.1.6";
const PSD2: &str = "0.4.0.19495.2";
/// More than any true certificate has, of statements, types and roles each.
const MOST: usize = 64;

/// What a qualified certificate is for (EN 319 412-5 §4.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum QcType {
    /// What a person signs with.
    Esign,
    /// What an organisation signs with: QSeal.
    Eseal,
    /// What an organisation shows in TLS: QWAC.
    Web,
}

impl QcType {
    pub const ALL: [Self; 3] = [Self::Esign, Self::Eseal, Self::Web];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Esign => "esign",
            Self::Eseal => "eseal",
            Self::Web => "web",
        }
    }
    const fn oid(self) -> &'static str {
        match self {
            Self::Esign => "0.4.0.1862.1.6.1",
            Self::Eseal => "0.4.0.1862.1.6.2",
            Self::Web => "0.4.0.1862.1.6.3",
        }
    }
}

/// What a payment service provider may do (TS 119 495 §5.1 and annex A).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Account servicing.
    Account,
    /// Payment initiation.
    Payment,
    /// Account information.
    Information,
    /// Issuing card-based payment instruments.
    Cards,
}

impl Role {
    pub const ALL: [Self; 4] = [Self::Account, Self::Payment, Self::Information, Self::Cards];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "PSP_AS",
            Self::Payment => "PSP_PI",
            Self::Information => "PSP_AI",
            Self::Cards => "PSP_IC",
        }
    }
    const fn oid(self) -> &'static str {
        match self {
            Self::Account => "0.4.0.19495.1.1",
            Self::Payment => "0.4.0.19495.1.2",
            Self::Information => "0.4.0.19495.1.3",
            Self::Cards => "0.4.0.19495.1.4",
        }
    }
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// The statements of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QcStatements {
    /// The issuer says that it is a qualified certificate.
    pub compliance: bool,
    /// The private key is in a qualified device.
    pub sscd: bool,
    pub types: Vec<QcType>,
    /// Dotted identifiers of types that are not known here.
    pub other_types: Vec<String>,
    pub psd2: Option<Psd2>,
    /// Dotted identifiers of statements that are not read here.
    pub others: Vec<String>,
    /// What is not as the standard says.
    pub faults: Vec<String>,
}

/// The statement of TS 119 495.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Psd2 {
    pub roles: Vec<Role>,
    /// Dotted identifiers of roles that are not known here.
    pub other_roles: Vec<String>,
    /// The competent authority.
    pub authority: String,
    /// `NO-FSA`.
    pub authority_id: String,
}

impl QcStatements {
    /// # Errors
    /// Where it is no list of statements. A statement that is not as it should be is a fault, and the others are read.
    pub(crate) fn read(der: &[u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(der);
        let mut list = outer.enter(0x30, "SEQUENCE")?;
        let mut found = Self::default();
        let mut seen = Vec::new();
        if !outer.is_at_end() {
            return Err(DerError::Expected("end", 0));
        }
        while !list.is_at_end() {
            let mut statement = list.enter(0x30, "SEQUENCE")?;
            let id = identifier(&mut statement)?;
            if seen.len() == MOST {
                return Err(DerError::Expected("fewer statements", 0));
            }
            if seen.contains(&id) {
                found.faults.push(format!("the statement {id} stands twice"));
            }
            match id.as_str() {
                COMPLIANCE => found.compliance = true,
                SSCD => found.sscd = true,
                TYPE => {
                    if found.read_types(&mut statement).is_err() {
                        found.faults.push("QcType is not as EN 319 412-5 §4.2.3 has it".to_owned());
                    }
                }
                PSD2 => match psd2(&mut statement, &mut found.faults) {
                    Ok(statement) => found.psd2 = Some(statement),
                    Err(_) => found.faults.push("the PSD2 statement is not as TS 119 495 §5.1 has it".to_owned()),
                },
                _ => found.others.push(id.clone()),
            }
            seen.push(id);
        }
        Ok(found)
    }

    fn read_types(&mut self, statement: &mut Reader<'_>) -> Result<(), DerError> {
        let mut list = statement.enter(0x30, "SEQUENCE")?;
        for _ in 0..MOST {
            if list.is_at_end() {
                return Ok(());
            }
            let id = identifier(&mut list)?;
            match QcType::ALL.into_iter().find(|t| t.oid() == id) {
                Some(kind) => self.types.push(kind),
                None => self.other_types.push(id),
            }
        }
        Err(DerError::Expected("fewer types", 0))
    }

    /// The short names of the roles, and the dotted identifiers of unknown ones.
    pub fn role_names(&self) -> Vec<String> {
        let Some(psd2) = &self.psd2 else { return Vec::new() };
        psd2.roles.iter().map(|r| r.name().to_owned()).chain(psd2.other_roles.iter().cloned()).collect()
    }
}

fn identifier(reader: &mut Reader<'_>) -> Result<String, DerError> {
    let content = reader.enter(0x06, "OBJECT IDENTIFIER")?.content();
    oid::text(content).ok_or(DerError::Expected("OBJECT IDENTIFIER", 0))
}

/// `PSD2QcType ::= SEQUENCE { SEQUENCE OF { OID, UTF8String }, nCAName UTF8String, nCAId UTF8String }`
fn psd2(statement: &mut Reader<'_>, faults: &mut Vec<String>) -> Result<Psd2, DerError> {
    let mut info = statement.enter(0x30, "SEQUENCE")?;
    let mut roles = info.enter(0x30, "SEQUENCE")?;
    let mut found = Psd2::default();
    for _ in 0..MOST {
        if roles.is_at_end() {
            break;
        }
        let mut one = roles.enter(0x30, "SEQUENCE")?;
        let id = identifier(&mut one)?;
        let name = text(&mut one)?;
        match Role::ALL.into_iter().find(|r| r.oid() == id) {
            Some(role) => {
                if role.name() != name {
                    faults.push(format!("the role {} is named “{name}”", role.name()));
                }
                found.roles.push(role);
            }
            None => found.other_roles.push(id),
        }
    }
    found.authority = text(&mut info)?;
    found.authority_id = text(&mut info)?;
    if !roles.is_at_end() || !info.is_at_end() || !statement.is_at_end() {
        return Err(DerError::Expected("end", 0));
    }
    Ok(found)
}

fn text(reader: &mut Reader<'_>) -> Result<String, DerError> {
    let (tag, _, content) = reader.element()?;
    string(tag, content.content()).ok_or(DerError::Expected("UTF8String", 0))
}

/// The extension's value for a request: its type and, for a payment service provider, roles and authority. That it is
/// qualified is for the issuer to say.
pub(super) fn statements(kind: QcType, psd2: Option<&Psd2>) -> Vec<u8> {
    let id = |dotted: &str| tlv(OID, &oid::content(dotted).unwrap_or_default());
    let mut all = vec![sequence(&[id(TYPE), sequence(&[id(kind.oid())])])];
    if let Some(psd2) = psd2 {
        let role = |r: &Role| sequence(&[id(r.oid()), tlv(UTF8, r.name().as_bytes())]);
        let roles: Vec<Vec<u8>> = psd2.roles.iter().map(role).collect();
        let authority = [tlv(UTF8, psd2.authority.as_bytes()), tlv(UTF8, psd2.authority_id.as_bytes())].concat();
        all.push(sequence(&[id(PSD2), sequence(&[sequence(&roles), authority])]));
    }
    sequence(&all)
}

/// The same with the issuer's word that it is qualified.
#[cfg(test)]
pub(super) fn issued(kind: QcType, psd2: Option<&Psd2>) -> Vec<u8> {
    let compliance = sequence(&[tlv(OID, &oid::content(COMPLIANCE).unwrap())]);
    let mut outer = Reader::new(&statements(kind, psd2)).enter(0x30, "SEQUENCE").unwrap().content().to_vec();
    outer.extend(compliance);
    tlv(0x30, &outer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Psd2 {
        Psd2 {
            roles: vec![Role::Payment, Role::Information],
            other_roles: vec![],
            authority: "Finanstilsynet".into(),
            authority_id: "NO-FSA".into(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let found = QcStatements::read(&statements(QcType::Eseal, Some(&own()))).unwrap();
        assert_eq!((found.compliance, found.types.as_slice()), (false, &[QcType::Eseal][..]));
        assert_eq!((found.psd2.as_ref(), found.faults.len()), (Some(&own()), 0));
        assert_eq!(found.role_names(), ["PSP_PI", "PSP_AI"]);
        assert_eq!(QcStatements::read(&statements(QcType::Web, None)).unwrap().role_names(), Vec::<String>::new());
    }

    #[test]
    fn unknown_and_wrong_statements_are_named_and_hide_nothing() {
        let id = |dotted: &str| tlv(OID, &oid::content(dotted).unwrap());
        let role = |oid: &str, name: &str| sequence(&[id(oid), tlv(UTF8, name.as_bytes())]);
        let roles = sequence(&[role("0.4.0.19495.1.3", "PSP_PI"), role("0.4.0.19495.1.9", "X")]);
        let psd2 = sequence(&[roles, tlv(UTF8, b"N"), tlv(0x13, b"NO-FSA")]);
        let der = sequence(&[
            sequence(&[id(COMPLIANCE)]),
            sequence(&[id(SSCD)]),
            sequence(&[id("0.4.0.1862.1.5"), sequence(&[])]),
            sequence(&[id(TYPE), sequence(&[id("0.4.0.1862.1.6.9"), id(QcType::Web.oid())])]),
            sequence(&[id(PSD2), psd2]),
            sequence(&[id(PSD2), sequence(&[])]),
        ]);
        let found = QcStatements::read(&der).unwrap();
        assert!(found.compliance && found.sscd);
        assert_eq!(
            (found.others.as_slice(), found.other_types.as_slice()),
            (&["0.4.0.1862.1.5".to_owned()][..], &["0.4.0.1862.1.6.9".to_owned()][..])
        );
        assert_eq!(found.role_names(), ["PSP_AI", "0.4.0.19495.1.9"]);
        assert_eq!(found.faults.len(), 3, "{:?}", found.faults);
        assert!(QcStatements::read(&tlv(0x30, &sequence(&[id(SSCD)]).repeat(65))).is_err());
        assert!(QcStatements::read(b"\x30\x00\x00").is_err());
    }
}
