//! Certificates as the bank reads them: through openssl, with the qualified statements taken out by a reader of another hand
//! than the program's.

use openssl::nid::Nid;
use openssl::pkey::{Id, PKey, Public};
use openssl::stack::Stack;
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509VerifyParam;
use openssl::x509::{X509, X509StoreContext, X509StoreContextRef, X509VerifyResult};
use x509_parser::asn1_rs::Oid;
use x509_parser::der_parser::parse_der;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::sandbox::ca::Authority;
use crate::sandbox::qc::QcType;

const QC_STATEMENTS: &str = "1.3.6.1.5.5.7.1.3";
const COMPLIANCE: &str = "0.4.0.1862.1.1";
const TYPE: &str = "0.4.0.1862.1.6";
const PSD2: &str = "0.4.0.19495.2";
/// More certificates than any true chain has.
const LONGEST: usize = 5;

/// A chain that leads to the QTSP's root now, leaf first.
pub(super) fn trusted(chain: &[Vec<u8>], qtsp: &Authority, now: i64) -> Result<X509, &'static str> {
    if chain.is_empty() || chain.len() > LONGEST {
        return Err("there is no chain of one to five certificates");
    }
    let read = |der: &Vec<u8>| X509::from_der(der).map_err(|_| "a certificate cannot be read");
    let chain = chain.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    for pair in chain.windows(2) {
        let key = pair[1].public_key().map_err(|_| "a certificate's key cannot be read")?;
        let by_name = pair[1].issued(&pair[0]) == X509VerifyResult::OK;
        if !by_name || !pair[0].verify(&key).unwrap_or(false) {
            return Err("a certificate does not certify the one before it");
        }
    }
    let verified = || -> Result<bool, openssl::error::ErrorStack> {
        let mut params = X509VerifyParam::new()?;
        params.set_time(now);
        let mut store = X509StoreBuilder::new()?;
        store.set_param(&params)?;
        store.add_cert(X509::from_der(qtsp.root_der())?)?;
        let mut between = Stack::new()?;
        for certificate in &chain[1..] {
            between.push(certificate.clone())?;
        }
        X509StoreContext::new()?.init(&store.build(), &chain[0], &between, X509StoreContextRef::verify_cert)
    };
    match verified() {
        Ok(true) => chain.into_iter().next().ok_or("there is no chain of one to five certificates"),
        _ => {
            Err("the chain does not lead to a trust service provider the bank knows, or a certificate of it has ended")
        }
    }
}

/// Whether the certificate is qualified, of that type, and for a payment service provider with a role.
pub(super) fn is_qualified(der: &[u8], kind: QcType) -> bool {
    let wanted = match kind {
        QcType::Seal => "0.4.0.1862.1.6.2",
        QcType::Web => "0.4.0.1862.1.6.3",
    };
    let Ok((_, certificate)) = X509Certificate::from_der(der) else { return false };
    let Some(extension) = certificate.extensions().iter().find(|e| e.oid.to_id_string() == QC_STATEMENTS) else {
        return false;
    };
    let Ok((_, tree)) = parse_der(extension.value) else { return false };
    let (mut compliant, mut of_type, mut psd2) = (false, false, false);
    for statement in tree.as_sequence().map(Vec::as_slice).unwrap_or_default() {
        let Ok([id, info @ ..]) = statement.as_sequence().map(Vec::as_slice) else { continue };
        let inner = info.first().and_then(|i| i.as_sequence().ok()).map(Vec::as_slice).unwrap_or_default();
        match id.as_oid().map(Oid::to_id_string).as_deref() {
            Ok(COMPLIANCE) => compliant = true,
            Ok(TYPE) => of_type = inner.iter().any(|t| t.as_oid().is_ok_and(|oid| oid.to_id_string() == wanted)),
            Ok(PSD2) => psd2 = inner.first().is_some_and(|r| r.as_sequence().is_ok_and(|roles| !roles.is_empty())),
            _ => {}
        }
    }
    compliant && of_type && psd2
}

/// The registered name: O of the subject, or CN.
pub(super) fn names(certificate: &X509) -> Vec<String> {
    let all = [Nid::ORGANIZATIONNAME, Nid::COMMONNAME].into_iter();
    let entries = all.flat_map(|nid| certificate.subject_name().entries_by_nid(nid));
    entries.filter_map(|e| e.data().to_string().ok()).collect()
}

/// Its key and the one algorithm that fits: RSA of 2048 bits or more, or EC P-256.
pub(super) fn sealing_key(certificate: &X509) -> Result<(PKey<Public>, &'static str), &'static str> {
    let key = certificate.public_key().map_err(|_| "the certificate's key cannot be read")?;
    let alg = match key.id() {
        Id::RSA if key.bits() >= 2048 => "RS256",
        Id::EC if key.ec_key().is_ok_and(|k| k.group().curve_name() == Some(Nid::X9_62_PRIME256V1)) => "ES256",
        _ => return Err("the certificate's key is neither RSA of 2048 bits nor EC P-256"),
    };
    Ok((key, alg))
}
