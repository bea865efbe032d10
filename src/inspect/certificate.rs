//! Certificates and other PEM blocks: what they say of themselves, and whether they hang together. Nothing is trusted.

use super::{Inspection, Kind, Layer, Problem, Status, json_text, passport, passport_json, times};
use crate::jose::{PublicJwk, Verdict, pem};
use crate::profile::{BankSuit, Summary};
use crate::text;
use crate::time::Timestamp;
use crate::x509::{Passport, linked};

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
    if answer.layers.len() > 1 {
        let chain: Vec<Vec<u8>> = answer.layers.iter().map(|layer| layer.payload.clone()).collect();
        answer.checks.push(passport::chain(&linked(&chain)));
    }
    if answer.layers.is_empty() { Inspection { kind: Kind::Opaque, ..answer } } else { answer }
}

impl Inspection {
    /// Of a certificate that is nobody's authority, also what each role of these profiles would make of it.
    #[must_use]
    pub fn for_banks(mut self, profiles: &[Summary], now: Timestamp) -> Self {
        if let (Kind::Certificate, Some(first)) = (self.kind, self.layers.first())
            && let Ok(leaf) = Passport::read(&first.payload)
            && !leaf.basic_constraints.is_some_and(|b| b.ca)
        {
            self.suits = BankSuit::all(&leaf, profiles, now);
        }
        self
    }

    fn with_certificate(mut self, der: &[u8], now: Timestamp) -> Self {
        let passport = match Passport::read(der) {
            Ok(passport) => passport,
            Err(error) => {
                self.problem = Some(Problem::new(error.to_string(), error.hint()));
                return self;
            }
        };
        let problem = validity(&passport, now);
        self.problem = self.problem.or(problem);
        // the rules are those of whom the chain is for
        if self.layers.is_empty() {
            self.checks = passport::checks(&passport, now);
        }
        let claims = passport_json(&passport, now);
        self.layers.push(Layer {
            claims: Some(claims),
            payload: der.to_vec(),
            ..Layer::new(Kind::Certificate, Status::Of(Verdict::Decoded))
        });
        self
    }
}

fn validity(passport: &Passport, now: Timestamp) -> Option<Problem> {
    let (start, end) = (passport.not_before, passport.not_after);
    if end < now {
        let text = format!("the certificate ended {}", times::about(now, end));
        return Some(Problem::new(text, "whoever holds it needs a new one"));
    }
    (start > now).then(|| {
        let text = format!("the certificate begins {}", times::about(now, start));
        Problem::new(text, "wait, or compare the clocks")
    })
}
