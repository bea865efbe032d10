//! The two hierarchies of a world, made anew at every start: the one that server certificates chain to (what a
//! client of the sandbox must trust), and the demo QTSP that issues the clients' qualified certificates.
//!
//! ```text
//!  root ──► issuing ──► server certificates          QTSP root ──► QTSP issuing ──► QWAC, QSeal
//! ```

use std::io;
use std::time::Duration;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SubjectPublicKeyInfo,
};

use super::qc::{self, QcType, Role};
use crate::secret::Secret;

const DAY: i64 = 86_400;
/// organizationIdentifier (ITU-T X.520 §6.4.6), as TS 119 495 §5.2.1 spells a PSD2 authorisation number.
const ORGANIZATION_IDENTIFIER: &[u64] = &[2, 5, 4, 97];
const DEMO_ORGANIZATION: &str = "PSDNO-FSA-987654321";
const SUPERVISOR: (&str, &str) = ("The Financial Supervisory Authority of Norway", "NO-FSA");

/// A root and the one authority below it that issues.
pub(super) struct Authority {
    root: Certificate,
    issuing: Certificate,
    issuer: Issuer<'static, KeyPair>,
    /// When it was made, epoch seconds; every date in its certificates is relative to it.
    made: i64,
}

/// A certificate with its key: chain leaf first, without the root.
pub(super) struct Issued {
    pub chain: Vec<Vec<u8>>,
    pub chain_pem: String,
    /// PKCS#8 PEM.
    pub key_pem: Secret,
    /// PKCS#8 DER, for servers.
    pub key: KeyPair,
}

impl Authority {
    pub fn new(name: &str, now: i64) -> io::Result<Self> {
        let valid = (now - DAY, now + 365 * DAY);
        let root_key = KeyPair::generate().map_err(io::Error::other)?;
        let root_params = authority(&format!("{name} Root CA"), valid);
        let root = root_params.self_signed(&root_key).map_err(io::Error::other)?;
        let root_issuer = Issuer::new(root_params, root_key);
        let issuing_key = KeyPair::generate().map_err(io::Error::other)?;
        let mut issuing_params = authority(&format!("{name} Issuing CA"), valid);
        issuing_params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let issuing = issuing_params.signed_by(&issuing_key, &root_issuer).map_err(io::Error::other)?;
        Ok(Self { root, issuing, issuer: Issuer::new(issuing_params, issuing_key), made: now })
    }

    pub fn root_der(&self) -> &[u8] {
        self.root.der()
    }

    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// A server certificate for one host, good now.
    pub fn server(&self, host: &str) -> io::Result<Issued> {
        self.issue_server(host, (self.made - DAY, self.made + 90 * DAY))
    }

    /// A server certificate for the same host that ended yesterday.
    pub fn expired_server(&self, host: &str) -> io::Result<Issued> {
        self.issue_server(host, (self.made - 30 * DAY, self.made - DAY))
    }

    fn issue_server(&self, host: &str, valid: (i64, i64)) -> io::Result<Issued> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).map_err(io::Error::other)?;
        params.distinguished_name = name(&[(DnType::CountryName, "NO"), (DnType::CommonName, host)]);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&leaf(params, valid))
    }

    /// A qualified certificate of the demo third-party provider, usable for TLS client authentication.
    pub fn client(&self, kind: QcType) -> io::Result<Issued> {
        self.issue_client(kind, (self.made - DAY, self.made + 90 * DAY))
    }

    /// The same certificate for a key whose private half is elsewhere (SubjectPublicKeyInfo, DER): leaf first.
    pub fn certify(&self, kind: QcType, spki: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        self.certify_params(client_params(kind, (self.made - DAY, self.made + 90 * DAY))?, spki)
    }

    /// A certificate that the Open Banking directory issues to an organisation for its software: leaf first.
    pub fn certify_software(&self, kind: QcType, org: &str, spki: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let mut params = client_params(kind, (self.made - DAY, self.made + 90 * DAY))?;
        params.distinguished_name = name(&[
            (DnType::CountryName, "GB"),
            (DnType::OrganizationName, "Countersign Demo TPP AS"),
            (DnType::CustomDnType(ORGANIZATION_IDENTIFIER.to_vec()), &format!("PSDGB-OB-Unknown{org}")),
            (DnType::CommonName, org),
        ]);
        self.certify_params(params, spki)
    }

    fn certify_params(&self, params: CertificateParams, spki: &[u8]) -> io::Result<Vec<Vec<u8>>> {
        let key = SubjectPublicKeyInfo::from_der(spki).map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(vec![certificate.der().to_vec(), self.issuing.der().to_vec()])
    }

    fn issue_client(&self, kind: QcType, valid: (i64, i64)) -> io::Result<Issued> {
        self.issue(&client_params(kind, valid)?)
    }

    fn issue(&self, params: &CertificateParams) -> io::Result<Issued> {
        let key = KeyPair::generate().map_err(io::Error::other)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(io::Error::other)?;
        Ok(Issued {
            chain: vec![certificate.der().to_vec(), self.issuing.der().to_vec()],
            chain_pem: certificate.pem() + &self.issuing.pem(),
            key_pem: Secret::new(key.serialize_pem()),
            key,
        })
    }
}

fn client_params(kind: QcType, valid: (i64, i64)) -> io::Result<CertificateParams> {
    let (common_name, hosts) = match kind {
        QcType::Seal => ("Countersign Demo TPP AS", vec![]),
        QcType::Web => ("tpp.countersign.example", vec!["tpp.countersign.example".to_owned()]),
    };
    let mut params = CertificateParams::new(hosts).map_err(io::Error::other)?;
    params.distinguished_name = name(&[
        (DnType::CountryName, "NO"),
        (DnType::OrganizationName, "Countersign Demo TPP AS"),
        (DnType::CustomDnType(ORGANIZATION_IDENTIFIER.to_vec()), DEMO_ORGANIZATION),
        (DnType::CommonName, common_name),
    ]);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    if kind == QcType::Web {
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    }
    params.custom_extensions = vec![qc::extension(kind, &[Role::Payments, Role::Accounts], SUPERVISOR.0, SUPERVISOR.1)];
    Ok(leaf(params, valid))
}

fn authority(common_name: &str, valid: (i64, i64)) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&[
        (DnType::CountryName, "NO"),
        (DnType::OrganizationName, "Countersign Sandbox"),
        (DnType::CommonName, common_name),
    ]);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    between(params, valid)
}

fn leaf(mut params: CertificateParams, valid: (i64, i64)) -> CertificateParams {
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    between(params, valid)
}

fn between(mut params: CertificateParams, (from, until): (i64, i64)) -> CertificateParams {
    let at = |seconds: i64| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
    (params.not_before, params.not_after) = (at(from), at(until));
    params.use_authority_key_identifier_extension = true;
    params
}

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

#[cfg(test)]
impl Authority {
    /// A client certificate that ended yesterday.
    pub fn expired_client(&self) -> io::Result<Issued> {
        self.issue_client(QcType::Seal, (self.made - 30 * DAY, self.made - DAY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::stack::Stack;
    use openssl::x509::store::X509StoreBuilder;
    use openssl::x509::verify::X509VerifyParam;
    use openssl::x509::{X509, X509StoreContext};
    use x509_parser::prelude::{FromDer, X509Certificate};

    const NOW: i64 = 1_790_000_000;

    fn chain_is_good(authority: &Authority, chain: &[Vec<u8>], at: i64) -> bool {
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(X509::from_der(authority.root_der()).unwrap()).unwrap();
        let mut params = X509VerifyParam::new().unwrap();
        params.set_time(at);
        store.set_param(&params).unwrap();
        let mut between = Stack::new().unwrap();
        between.push(X509::from_der(&chain[1]).unwrap()).unwrap();
        let leaf = X509::from_der(&chain[0]).unwrap();
        let mut context = X509StoreContext::new().unwrap();
        context.init(&store.build(), &leaf, &between, openssl::x509::X509StoreContextRef::verify_cert).unwrap()
    }

    #[test]
    fn chains_hold_to_their_own_root_while_they_last() {
        let (servers, qtsp) = (Authority::new("A", NOW).unwrap(), Authority::new("B", NOW).unwrap());
        let server = servers.server("api.bank.example").unwrap();
        assert!(chain_is_good(&servers, &server.chain, NOW));
        assert!(!chain_is_good(&qtsp, &server.chain, NOW));
        assert!(!chain_is_good(&servers, &server.chain, NOW + 91 * DAY));
        assert!(!chain_is_good(&servers, &servers.expired_server("api.bank.example").unwrap().chain, NOW));
        assert!(chain_is_good(&qtsp, &qtsp.client(QcType::Web).unwrap().chain, NOW));
        assert_eq!(server.chain_pem.matches("BEGIN CERTIFICATE").count(), 2);
        assert!(server.key_pem.expose().starts_with("-----BEGIN PRIVATE KEY-----"));
    }

    #[test]
    fn client_certificates_name_the_organisation_and_may_be_used_in_tls() {
        let qtsp = Authority::new("Demo QTSP", NOW).unwrap();
        for (kind, server_too) in [(QcType::Seal, false), (QcType::Web, true)] {
            let issued = qtsp.client(kind).unwrap();
            let (_, leaf) = X509Certificate::from_der(&issued.chain[0]).unwrap();
            let organisation = leaf
                .subject()
                .iter_attributes()
                .find(|a| a.attr_type().to_id_string() == "2.5.4.97")
                .map(|a| a.as_str().unwrap());
            assert_eq!(organisation, Some(DEMO_ORGANIZATION));
            assert!(leaf.key_usage().unwrap().unwrap().value.digital_signature());
            let usage = leaf.extended_key_usage().unwrap().unwrap().value;
            assert!(usage.client_auth && usage.server_auth == server_too);
            assert!(leaf.extensions().iter().any(|e| e.oid.to_id_string() == "1.3.6.1.5.5.7.1.3"));
            assert!(leaf.validity().not_before.timestamp() <= NOW && leaf.validity().not_after.timestamp() > NOW);
        }
    }
}
