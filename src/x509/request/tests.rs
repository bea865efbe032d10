use openssl::x509::X509Req;
use proptest::prelude::*;

use super::*;
use crate::jose::SecretJwk;
use crate::keys::KeySpec;
use crate::x509::{DnForm, Name, OrganizationForm, QcStatements, Role};

fn psd2() -> Psd2 {
    Psd2 {
        roles: vec![Role::Information, Role::Payment],
        other_roles: vec![],
        authority: "Finanstilsynet".into(),
        authority_id: "NO-FSA".into(),
    }
}

const SUBJECT: &str = "CN=tpp.example, organizationIdentifier=PSDNO-FSA-987654321, O=Blåbær\\, AS , C=NO";

#[test]
fn openssl_verifies_a_request_of_every_kind_of_key() {
    let request = Request::new(SUBJECT, Profile::Qwac, Some(psd2()), vec!["tpp.example".into()]).unwrap();
    for (spec, algs) in [
        (KeySpec::P256, &[Alg::Es256][..]),
        (KeySpec::P384, &[Alg::Es384]),
        (KeySpec::P521, &[Alg::Es512]),
        (KeySpec::Ed25519, &[Alg::EdDsa]),
        (KeySpec::Rsa(2048), &[Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512]),
    ] {
        let key = SecretJwk::generate(spec).unwrap();
        let info = request.info(&key.public().to_spki_der());
        for alg in algs {
            let der = assemble(&info, *alg, &key.sign(*alg, &info).unwrap()).unwrap();
            let read = X509Req::from_der(&der).unwrap();
            let theirs = read.public_key().unwrap();
            assert!(read.verify(&theirs).unwrap(), "{alg:?}");
            assert_eq!(theirs.public_key_to_der().unwrap(), key.public().to_spki_der());
            assert_eq!(read.to_der().unwrap(), der, "{alg:?}: canonical");
        }
    }
    assert_eq!(assemble(b"", Alg::Hs256, b""), None);
}

#[test]
fn a_foreign_parser_finds_everything_in_it() {
    use x509_parser::prelude::{FromDer, ParsedExtension, X509CertificationRequest};
    let key = SecretJwk::generate(KeySpec::P256).unwrap();
    for (profile, usage, extended) in [(Profile::Qwac, (true, false), true), (Profile::Qseal, (true, true), false)] {
        let request = Request::new(SUBJECT, profile, Some(psd2()), vec!["tpp.example".into()]).unwrap();
        let info = request.info(&key.public().to_spki_der());
        let der = assemble(&info, Alg::Es256, &key.sign(Alg::Es256, &info).unwrap()).unwrap();
        let (_, csr) = X509CertificationRequest::from_der(&der).unwrap();
        let subject = Name::read(csr.certification_request_info.subject.as_raw()).unwrap();
        assert_eq!(
            subject.text(DnForm::OpenSsl, OrganizationForm::Name),
            "/C=NO/O=Bl\\xC3\\xA5b\\xC3\\xA6r, AS/organizationIdentifier=PSDNO-FSA-987654321/CN=tpp.example"
        );
        let mut seen = (None, false, false);
        for extension in csr.requested_extensions().unwrap() {
            match extension {
                ParsedExtension::KeyUsage(u) => seen.0 = Some((u.digital_signature(), u.non_repudiation())),
                ParsedExtension::ExtendedKeyUsage(e) => seen.1 = e.client_auth && e.server_auth,
                ParsedExtension::SubjectAlternativeName(n) => seen.2 = n.general_names.len() == 1,
                _ => {}
            }
        }
        assert_eq!(seen, (Some(usage), extended, true));
        let kind = if profile == Profile::Qwac { QcType::Web } else { QcType::Eseal };
        let statements = qc::statements(kind, Some(&psd2()));
        assert!(der.windows(statements.len()).any(|w| w == statements));
        assert_eq!(QcStatements::read(&statements).unwrap().role_names(), ["PSP_AI", "PSP_PI"]);
    }
}

#[test]
fn a_subject_is_read_in_both_forms() {
    let of = |text: &str| parse(text).map(|all| all.into_iter().map(|(_, v)| v).collect::<Vec<_>>());
    let four = vec!["NO".to_owned(), "A, B".to_owned(), "PSDNO-FSA-1".to_owned(), "x".to_owned()];
    assert_eq!(of("CN=x,2.5.4.97=PSDNO-FSA-1,O=A\\, B,C=NO"), Ok(four.clone()));
    assert_eq!(of("cn = x , organizationidentifier=PSDNO-FSA-1, O=A\\2C B, c=NO"), Ok(four.clone()));
    assert_eq!(of("/C=NO/O=A, B/2.5.4.97=PSDNO-FSA-1/CN=x"), Ok(four));
    assert_eq!(of("O=A=B\\ "), Ok(vec!["A=B ".into()]));
    assert_eq!(of("/O=A\\/B+C"), Ok(vec!["A/B+C".into()]));
    assert_eq!(of("O=Bl\\C3\\A5b\u{e6}r"), Ok(vec!["Blåbær".into()]));
    for bad in ["", "/", "O", "O=", "=x", "C=no", "C=NOR", "X=1", "O=a,", "O=a+CN=b", "O=\\C3", "O=a\\", "O=a\\0A"] {
        assert!(parse(bad).is_err(), "{bad}");
    }
    assert!(parse(&format!("O={}", "x".repeat(65))).is_err());
}

#[test]
fn what_an_issuer_would_send_back_is_refused_here() {
    let hosts = || vec!["tpp.example".to_owned()];
    let refused = |subject: &str, change: &dyn Fn(&mut Psd2), dns| {
        let mut psd2 = psd2();
        change(&mut psd2);
        Request::new(subject, Profile::Qwac, Some(psd2), dns).unwrap_err().text
    };
    assert!(refused("O=x,C=NO", &|_| (), hosts()).contains("no organizationIdentifier"));
    assert!(refused("2.5.4.97=PSDNO,C=NO", &|_| (), hosts()).contains("hyphen"));
    assert!(refused(SUBJECT, &|p| p.authority_id = "SE-FINA".into(), hosts()).contains("NO-FSA"));
    assert!(refused(SUBJECT, &|p| p.authority_id = "Finanstilsynet".into(), hosts()).contains("§5.2.3"));
    assert!(refused(SUBJECT, &|p| p.authority.clear(), hosts()).contains("missing"));
    assert!(refused(SUBJECT, &|p| p.roles.clear(), hosts()).contains("role"));
    assert!(refused(SUBJECT, &|_| (), vec![]).contains("host"));
    assert!(refused(SUBJECT, &|_| (), vec!["a b".into()]).contains("host name"));
    assert!(Request::new("O=x,C=NO", Profile::Qseal, None, vec![]).is_ok());
}

proptest! {
    #[test]
    fn no_subject_makes_it_panic(text in r"[A-Za-z0-9=,/\\+ .#å]{0,60}|\PC{0,40}") {
        let _ = parse(&text);
    }
}
