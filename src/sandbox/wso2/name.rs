//! What the bank reads in a client certificate, through openssl.

use std::fmt::Write as _;
use std::io;

use openssl::nid::Nid;
use openssl::x509::X509;

use crate::sandbox::rsa::PublicKey;

/// organizationIdentifier (ITU-T X.520 §6.4.6).
const ORGANIZATION_IDENTIFIER: &str = "2.5.4.97";

/// The organisation's id in the directory: the common name.
pub(super) fn organisation(der: &[u8]) -> Option<String> {
    let certificate = X509::from_der(der).ok()?;
    let name = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next()?;
    name.data().to_string().ok()
}

/// The subject as RFC 4514 writes it: the last part first.
pub(in crate::sandbox) fn subject(der: &[u8]) -> Option<String> {
    let certificate = X509::from_der(der).ok()?;
    let mut parts = Vec::new();
    for entry in certificate.subject_name().entries() {
        let nid = entry.object().nid();
        let kind = match nid {
            Nid::COMMONNAME | Nid::COUNTRYNAME | Nid::ORGANIZATIONNAME | Nid::ORGANIZATIONALUNITNAME => {
                nid.short_name().ok()?.to_owned()
            }
            _ if entry.object().to_string() == "organizationIdentifier" => "organizationIdentifier".to_owned(),
            _ => return None,
        };
        parts.push(format!("{kind}={}", escaped(&entry.data().to_string().ok()?)));
    }
    parts.reverse();
    Some(parts.join(","))
}

/// Whether two spellings are of one name: organizationIdentifier stands by its name or its number.
pub(in crate::sandbox) fn same(registered: &str, shown: &str) -> bool {
    registered == shown
        || registered == shown.replace("organizationIdentifier=", &format!("{ORGANIZATION_IDENTIFIER}="))
}

/// RFC 4514 §2.4.
fn escaped(value: &str) -> String {
    let mut out = String::new();
    let last = value.chars().count().saturating_sub(1);
    for (at, c) in value.chars().enumerate() {
        let special = "\"+,;<>\\".contains(c) || (at == 0 && "# ".contains(c)) || (at == last && c == ' ');
        if special {
            out.push('\\');
        }
        // to a String, writing cannot fail
        let _ = out.write_char(c);
    }
    out
}

/// The key of the first certificate.
pub(super) fn key_of(chain: &[Vec<u8>]) -> Option<PublicKey> {
    let certificate = X509::from_der(chain.first()?).ok()?;
    PublicKey::from_spki(&certificate.public_key().ok()?.public_key_to_der().ok()?).ok()
}

pub(super) fn chain_pem(chain: &[Vec<u8>]) -> io::Result<String> {
    let mut text = String::new();
    for der in chain {
        text.push_str(&String::from_utf8_lossy(&X509::from_der(der)?.to_pem()?));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::ca::Authority;
    use crate::sandbox::qc::QcType;
    use crate::sandbox::rsa::PrivateKey;

    #[test]
    fn a_subject_is_read_and_compared_in_both_spellings() {
        let qtsp = Authority::new("Demo QTSP", 1_790_000_000).unwrap();
        let key = PrivateKey::generate().unwrap();
        let chain = qtsp.certify_software(QcType::Web, "0015800001HQQrZAAX", &key.spki().unwrap()).unwrap();
        let name = subject(&chain[0]).unwrap();
        let rest = "PSDGB-OB-Unknown0015800001HQQrZAAX,O=Countersign Demo TPP AS,C=GB";
        assert_eq!(name, format!("CN=0015800001HQQrZAAX,organizationIdentifier={rest}"));
        assert!(same(&format!("CN=0015800001HQQrZAAX,2.5.4.97={rest}"), &name) && same(&name, &name));
        assert!(!same("CN=0015800001HQQrZAAX", &name));
        assert_eq!(organisation(&chain[0]).unwrap(), "0015800001HQQrZAAX");
        assert_eq!(key_of(&chain).unwrap().thumbprint(), key.public().thumbprint());
        assert_eq!(chain_pem(&chain).unwrap().matches("BEGIN CERTIFICATE").count(), 2);
        assert_eq!(escaped(" a+b, \"c\" "), "\\ a\\+b\\, \\\"c\\\"\\ ");
    }
}
