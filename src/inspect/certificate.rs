//! Certificates and other PEM blocks: what they say of themselves. No chain is built, nothing is trusted.

use serde_json::{Value, json};
use x509_parser::certificate::X509Certificate;

use super::{Inspection, Kind, Layer, Problem, Status, json_text, times};
use crate::jose::{PublicJwk, Verdict, b64, pem};
use crate::text;
use crate::time::Timestamp;

pub(super) fn inspect_der(der: &[u8], now: Timestamp) -> Inspection {
    Inspection { problem: None, ..Inspection::bare(Kind::Certificate) }.with_certificate(der, now)
}

pub(super) fn inspect_pem(text: &str, now: Timestamp) -> Inspection {
    let blocks = match pem::blocks(text.as_bytes()) {
        Ok(blocks) => blocks,
        Err(error) => return Inspection::opaque(Problem::new(error.to_string(), error.hint())),
    };
    if blocks.iter().any(|b| b.label.ends_with("PRIVATE KEY")) {
        let hint = "it belongs into a key store; if it was sent to somebody, replace it";
        return Inspection::opaque(Problem::new("this is a private key: it is not shown", hint));
    }
    let mut answer = Inspection::bare(Kind::Certificate);
    for block in &blocks {
        answer = match block.label.as_str() {
            "CERTIFICATE" | "X509 CERTIFICATE" => answer.with_certificate(block.der.expose(), now),
            "PUBLIC KEY" => return json_text::of_key(PublicJwk::from_spki_der(block.der.expose())),
            other => {
                let label = text::clean(other);
                let label = text::shorten(&label, 40);
                Inspection {
                    problem: Some(Problem::new(
                        format!("a PEM block “{label}” is not shown"),
                        "certificates and public keys are",
                    )),
                    ..answer
                }
            }
        };
    }
    if answer.layers.is_empty() { Inspection { kind: Kind::Opaque, ..answer } } else { answer }
}

impl Inspection {
    fn with_certificate(mut self, der: &[u8], now: Timestamp) -> Self {
        let Ok(([], certificate)) = x509_parser::parse_x509_certificate(der) else {
            let hint = "the base64 lines were cut or altered, or hold something else";
            self.problem = Some(Problem::new("the block holds no X.509 certificate", hint));
            return self;
        };
        let problem = validity(&certificate, now);
        self.problem = self.problem.or(problem);
        let claims = members(&certificate, der);
        self.layers.push(Layer {
            claims: Some(claims),
            payload: der.to_vec(),
            ..Layer::new(Kind::Certificate, Status::Of(Verdict::Decoded))
        });
        self
    }
}

fn members(certificate: &X509Certificate<'_>, der: &[u8]) -> Value {
    let validity = certificate.validity();
    let key = PublicJwk::from_spki_der(certificate.public_key().raw);
    let (kind, thumbprint) = match &key {
        Ok(key) => (key.kind(), Some(key.thumbprint())),
        Err(error) => (error.to_string(), None),
    };
    json!({
        "subject": certificate.subject().to_string(),
        "issuer": certificate.issuer().to_string(),
        "serial": certificate.raw_serial_as_string(),
        "not_before": times::moment(validity.not_before.timestamp()),
        "not_after": times::moment(validity.not_after.timestamp()),
        "key": kind,
        "key_thumbprint": thumbprint,
        "x5t#S256": b64::encode(&openssl::sha::sha256(der)),
        "x5t": b64::encode(&openssl::sha::sha1(der)),
    })
}

fn validity(certificate: &X509Certificate<'_>, now: Timestamp) -> Option<Problem> {
    let at = |time: x509_parser::time::ASN1Time| Timestamp::from_seconds(time.timestamp());
    let (start, end) = (at(certificate.validity().not_before), at(certificate.validity().not_after));
    if end < now {
        let text = format!("the certificate ended {}", times::about(now, end));
        return Some(Problem::new(text, "whoever holds it needs a new one"));
    }
    (start > now).then(|| {
        let text = format!("the certificate begins {}", times::about(now, start));
        Problem::new(text, "wait, or compare the clocks")
    })
}
