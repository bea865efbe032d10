//! What a run knows of keys: those of its roles, and the sets that others publish.

use std::sync::Arc;

use minijinja::Value;
use serde_json::Value as Json;

use super::State;
use crate::flow::algorithm::algorithm;
use crate::flow::event::KeyFacts;
use crate::flow::template::{Scope, certificate_value, from_json, omit};
use crate::flow::view::KeyInUse;
use crate::jose::{Alg, b64};
use crate::profile::model::KeyRole;
use crate::time::Timestamp;
use crate::x509::Passport;

/// A key set that was fetched.
#[derive(Clone)]
pub struct KeySet {
    pub value: Arc<Json>,
    pub came: Timestamp,
    /// Last fetched again because of a kid that was not in it.
    pub again: Option<Timestamp>,
}

impl State {
    pub fn keys_in_use(&self) -> Vec<KeyInUse> {
        let of = |(role, facts): (&String, &KeyFacts)| KeyInUse {
            role: role.clone(),
            kind: facts.kind.clone(),
            thumbprint: facts.jwk.thumbprint(),
            x5t_s256: facts.chain.first().map(|der| b64::encode(&openssl::sha::sha256(der))),
        };
        self.keys.iter().map(of).collect()
    }

    /// `keys.ROLE`: what a rule may know of a key. A role without a key is marked unknown.
    pub(super) fn key_value(&self, role: &KeyRole, scope: &mut Scope, now: Timestamp) -> Value {
        let prefix = format!("keys.{}", role.name);
        let Some(facts) = self.keys.get(&role.name) else {
            scope.mark_unknown(prefix, format!("no key is bound to {}", role.name));
            return Value::from_pairs([("bound", Value::from(false))]);
        };
        let mut suits = Value::from(());
        let certificate = match self.certificates.get(&role.name) {
            None => Value::from(()),
            Some(Ok(read)) => {
                suits = role.suit(&read.passport, now).map_or(suits, |suit| Value::from(suit.words()));
                read.value.clone()
            }
            Some(Err(why)) => {
                scope.mark_unknown(format!("{prefix}.certificate"), why.clone());
                Value::from(())
            }
        };
        let key = Value::from_pairs([("jwk", from_json(facts.jwk.as_value())), ("certificate", certificate.clone())]);
        let kid = match &role.kid {
            None => Ok(Some(facts.jwk.thumbprint())),
            Some(text) => {
                let mut inner = scope.clone();
                inner.set("key", key);
                text.eval_text(&inner)
            }
        };
        if let Err(why) = &kid {
            scope.mark_fault(format!("{prefix}.kid"), why.clone());
        }
        let unmade = kid.is_err();
        let kid = kid.unwrap_or_default();
        let jwk = kid.as_ref().map_or_else(|| facts.jwk.clone(), |k| facts.jwk.with_kid(k));
        let opens = || role.key_algs.iter().find(|a| facts.jwk.opens(**a)).map(|a| a.name());
        let alg = algorithm(role, facts).map(Alg::name).or_else(opens).map_or(Value::from(()), Value::from);
        Value::from_pairs([
            ("bound", Value::from(true)),
            ("jwk", from_json(jwk.as_value())),
            // left out where the role leaves it out; not there at all where it cannot be made
            ("kid", kid.map_or_else(|| if unmade { Value::UNDEFINED } else { omit() }, Value::from)),
            ("alg", alg),
            ("bits", Value::from(facts.bits)),
            ("kind", Value::from(facts.kind.as_str())),
            ("uri", Value::from(facts.uri.as_str())),
            ("exportable", Value::from(facts.exportable)),
            ("certificate", certificate),
            ("suits", suits),
            ("chain", Value::from(facts.chain.iter().map(|c| Value::from_bytes(c.clone())).collect::<Vec<_>>())),
        ])
    }
}

/// A certificate, and what rules see of it.
#[derive(Clone)]
pub struct ReadCertificate {
    passport: Arc<Passport>,
    value: Value,
}

pub(in crate::flow) fn read(der: &[u8]) -> Result<ReadCertificate, String> {
    let passport = Passport::read(der).map_err(|e| e.to_string())?;
    Ok(ReadCertificate { value: certificate_value(&passport), passport: Arc::new(passport) })
}
