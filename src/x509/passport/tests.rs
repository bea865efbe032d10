use openssl::nid::Nid;
use proptest::prelude::*;
use std::sync::LazyLock;

use super::*;
use crate::x509::testing::{DAY, Made, NOW, Plan, make};
use crate::x509::{DnForm, OrganizationForm, QcType, Role};

#[test]
fn a_qualified_seal_is_read_whole() {
    let made = make(&Plan { client_auth: Some(true), ..Plan::seal() }, None);
    let p = Passport::read(&made.der()).unwrap();
    assert_eq!((p.subject.get("O"), p.subject.get("CN")), (Some("Acme AS"), Some("Acme Seal")));
    assert_eq!(p.subject.get("organizationIdentifier"), Some("PSDNO-FSA-987654321"));
    assert_eq!(p.organization().unwrap().authority_id().as_deref(), Some("NO-FSA"));
    assert_eq!(
        p.subject.text(DnForm::OpenSsl, OrganizationForm::Name),
        "/C=NO/O=Acme AS/organizationIdentifier=PSDNO-FSA-987654321/CN=Acme Seal"
    );
    assert_eq!((p.serial.as_str(), p.signature_algorithm.as_str()), ("4d", "ecdsa-with-SHA256"));
    assert_eq!((p.not_before, p.not_after), (NOW.plus_seconds(-DAY), NOW.plus_seconds(365 * DAY)));
    assert_eq!((p.days_left(NOW), p.days_left(NOW.plus_seconds(366 * DAY))), (365, -1));
    assert_eq!(p.key_usage, Some(vec!["digitalSignature", "nonRepudiation"]));
    assert_eq!(p.ext_key_usage, Some(vec!["serverAuth".to_owned(), "clientAuth".to_owned()]));
    assert_eq!(p.alt_names, ["dns:tpp.example", "ip:127.0.0.1"]);
    assert_eq!(p.basic_constraints, Some(BasicConstraints { ca: false, path_len: None }));
    let qc = p.qc.as_ref().unwrap();
    assert!(qc.compliance && qc.types == [QcType::Eseal] && qc.faults.is_empty());
    assert_eq!(qc.psd2.as_ref().unwrap().roles, [Role::Payment, Role::Information]);
    assert_eq!((p.key.kind.as_str(), p.key.bits), ("EC P-256", 256));
    assert!(p.belongs_to(p.key.jwk.as_ref().unwrap()));
    assert_eq!((p.x5t().len(), p.x5t_hex().len(), p.x5t_s256().len(), p.sha256_hex().len()), (27, 40, 43, 64));
}

#[test]
fn a_key_that_jose_does_not_know_is_named() {
    let made = make(&Plan { curve: Nid::BRAINPOOL_P256R1, ..Plan::seal() }, None);
    let p = Passport::read(&made.der()).unwrap();
    assert_eq!((p.key.kind.as_str(), p.key.bits, p.key.jwk), ("EC brainpoolP256r1", 256, None));
}

#[test]
fn what_breaks_the_form_is_refused_by_name() {
    let good = make(&Plan::seal(), None).der();
    assert_eq!(Passport::read(&[]), Err(CertificateError::NotX509));
    assert_eq!(Passport::read(&[&good[..], &[0]].concat()), Err(CertificateError::Trailing(1)));
    assert_eq!(Passport::read(&vec![0x30; LARGEST + 1]), Err(CertificateError::TooLarge(LARGEST + 1)));
    let extra =
        |id, value| Passport::read(&make(&Plan { qc: None, extra: Some((id, value)), ..Plan::seal() }, None).der());
    assert_eq!(extra("1.3.6.1.5.5.7.1.3", b"\x04\x00"), Err(CertificateError::Extension("1.3.6.1.5.5.7.1.3".into())));
    assert_eq!(extra("2.5.29.37", b"\x30\x00"), Err(CertificateError::Extension("2.5.29.37".into())));
    assert_eq!(extra("2.5.29.15", b"\x03\x02\x07\x80"), Err(CertificateError::Twice("2.5.29.15".into())));
    assert!(extra("1.2.3.4", b"\x05\x00").is_ok());
}

static GOOD: LazyLock<Made> = LazyLock::new(|| make(&Plan { client_auth: Some(true), ..Plan::seal() }, None));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Passport::read(&bytes);
        let _ = QcStatements::read(&bytes);
        let _ = Name::read(&bytes);
    }

    #[test]
    fn no_flipped_bit_and_no_cut_makes_it_panic(place in any::<prop::sample::Index>(), bit in 0_u8..8, cut in any::<bool>()) {
        let mut der = GOOD.der();
        let i = place.index(der.len());
        der[i] ^= 1 << bit;
        if cut {
            der.truncate(i);
        }
        if let Ok(p) = Passport::read(&der) {
            for form in DnForm::ALL {
                let _ = (p.subject.text(form, OrganizationForm::Oid), p.issuer.text(form, OrganizationForm::Name));
            }
            let _ = (p.organization(), p.days_left(NOW), p.x5t());
        }
    }
}
