//! The parts of a certificate that stand in attributes of their own (PKCS#11 2.40 §4.6.3).

use x509_parser::certificate::X509Certificate;

use super::key::Address;
use super::module::NewCertificate;
use crate::keys::KeyError;
use crate::x509::Passport;

/// Leaf first: it gets the key's label and id, the others none.
pub(super) fn parts(chain: &[Vec<u8>], key: &Address) -> Result<Vec<NewCertificate>, KeyError> {
    const MOST: usize = 10;
    let bad = |text: String, hint: &str| KeyError::new("key.certificate", text, hint);
    if chain.len() > MOST {
        let text = format!("a chain of {} certificates is too long", chain.len());
        return Err(bad(text, "give the key's own and those of its issuers"));
    }
    let part = |(n, der): (usize, &Vec<u8>)| {
        Passport::read(der).map_err(|e| bad(format!("certificate {} cannot be used: {e}", n + 1), e.hint()))?;
        let (_, read): (_, X509Certificate<'_>) = x509_parser::parse_x509_certificate(der)
            .map_err(|_| bad(format!("certificate {} cannot be used", n + 1), "ask its issuer for a new one"))?;
        let common_name = read.subject().iter_common_name().next().and_then(|c| c.as_str().ok().map(str::to_owned));
        let leaf = n == 0;
        Ok(NewCertificate {
            der: der.clone(),
            subject: read.subject().as_raw().to_vec(),
            issuer: read.issuer().as_raw().to_vec(),
            serial: integer(read.raw_serial()),
            label: if leaf { key.label.clone() } else { common_name.unwrap_or_else(|| "issuer".to_owned()) },
            id: if leaf { key.id.clone() } else { Vec::new() },
        })
    };
    chain.iter().enumerate().map(part).collect()
}

/// DER of an INTEGER. A serial number has at most 20 bytes (RFC 5280 §4.1.2.2); of longer ones, nothing is kept.
fn integer(content: &[u8]) -> Vec<u8> {
    match u8::try_from(content.len()) {
        Ok(length @ ..0x80) => [&[0x02, length], content].concat(),
        _ => Vec::new(),
    }
}
