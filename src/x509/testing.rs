//! Certificates made on the spot, with openssl.

use openssl::asn1::{Asn1Object, Asn1OctetString, Asn1Time};
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};

use super::qc::{Psd2, QcType, Role};
use super::{oid, qc};
use crate::time::Timestamp;

pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);
pub(crate) const DAY: i64 = 86_400;

pub(crate) struct Made {
    pub key: PKey<Private>,
    pub certificate: X509,
}

impl Made {
    pub fn der(&self) -> Vec<u8> {
        self.certificate.to_der().unwrap()
    }
}

/// What a test varies.
#[derive(Clone)]
pub(crate) struct Plan<'a> {
    pub common_name: &'a str,
    pub curve: Nid,
    pub ca: bool,
    pub digital_signature: bool,
    /// None: no extension.
    pub client_auth: Option<bool>,
    pub qc: Option<QcType>,
    pub roles: &'a [Role],
    pub organization: &'a str,
    pub days: i64,
    /// DER of one more extension, by identifier.
    pub extra: Option<(&'a str, &'a [u8])>,
}

impl Plan<'static> {
    pub fn seal() -> Self {
        Self {
            common_name: "Acme Seal",
            curve: Nid::X9_62_PRIME256V1,
            ca: false,
            digital_signature: true,
            client_auth: None,
            qc: Some(QcType::Eseal),
            roles: &[Role::Payment, Role::Information],
            organization: "PSDNO-FSA-987654321",
            days: 365,
            extra: None,
        }
    }
    pub fn authority(name: &'static str) -> Self {
        Self { common_name: name, ca: true, qc: None, organization: "", days: 3650, ..Self::seal() }
    }
}

/// A certificate of that plan, issued by another one or by itself.
pub(crate) fn make(plan: &Plan<'_>, issuer: Option<&Made>) -> Made {
    let group = EcGroup::from_curve_name(plan.curve).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut name = X509NameBuilder::new().unwrap();
    name.append_entry_by_text("C", "NO").unwrap();
    name.append_entry_by_text("O", "Acme AS").unwrap();
    if !plan.organization.is_empty() {
        name.append_entry_by_text("2.5.4.97", plan.organization).unwrap();
    }
    name.append_entry_by_text("CN", plan.common_name).unwrap();
    let name = name.build();
    let mut b = X509Builder::new().unwrap();
    b.set_version(2).unwrap();
    b.set_serial_number(&openssl::bn::BigNum::from_u32(77).unwrap().to_asn1_integer().unwrap()).unwrap();
    b.set_subject_name(&name).unwrap();
    b.set_issuer_name(issuer.map_or(&*name, |i| i.certificate.subject_name())).unwrap();
    b.set_pubkey(&key).unwrap();
    b.set_not_before(&Asn1Time::from_unix(NOW.seconds() - DAY).unwrap()).unwrap();
    b.set_not_after(&Asn1Time::from_unix(NOW.seconds() + plan.days * DAY).unwrap()).unwrap();
    let mut constraints = BasicConstraints::new();
    constraints.critical();
    let mut usage = KeyUsage::new();
    usage.critical();
    if plan.ca {
        constraints.ca();
        usage.key_cert_sign().crl_sign();
    } else {
        usage.non_repudiation();
        if plan.digital_signature {
            usage.digital_signature();
        }
        let san = SubjectAlternativeName::new().dns("tpp.example").ip("127.0.0.1").build(&b.x509v3_context(None, None));
        b.append_extension(san.unwrap()).unwrap();
        if let Some(client) = plan.client_auth {
            let mut e = ExtendedKeyUsage::new();
            e.server_auth();
            if client {
                e.client_auth();
            }
            b.append_extension(e.build().unwrap()).unwrap();
        }
    }
    b.append_extension(constraints.build().unwrap()).unwrap();
    b.append_extension(usage.build().unwrap()).unwrap();
    if let Some(kind) = plan.qc {
        let authority = ("Finanstilsynet".to_owned(), "NO-FSA".to_owned());
        let psd2 =
            Psd2 { roles: plan.roles.to_vec(), other_roles: vec![], authority: authority.0, authority_id: authority.1 };
        let value = qc::issued(kind, (!plan.roles.is_empty()).then_some(&psd2));
        b.append_extension(other(qc::QC_STATEMENTS, &value)).unwrap();
    }
    if let Some((id, value)) = plan.extra {
        assert!(oid::content(id).is_some());
        b.append_extension(other(id, value)).unwrap();
    }
    b.sign(issuer.map_or(&key, |i| &i.key), MessageDigest::sha256()).unwrap();
    Made { key, certificate: b.build() }
}

fn other(id: &str, value: &[u8]) -> X509Extension {
    let value = Asn1OctetString::new_from_bytes(value).unwrap();
    X509Extension::new_from_der(&Asn1Object::from_str(id).unwrap(), false, &value).unwrap()
}
