//! `open`: reads a signed token and verifies it. Leaves `header claims jwe verdict key text`.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::exchange::{Exchange, Request};
use crate::flow::run::{Held, Outputs, Pending, Run};
use crate::flow::template::{EvalError, Scope, from_json};
use crate::flow::view::{Artefact, ErrorSource, StepError};
use crate::jose::{self, Alg, JwkSet, PublicJwk, Verdict};
use crate::profile::model::{Open, Unverified, Verb};
use crate::time::Timestamp;

impl Run {
    pub(in crate::flow) fn begin_open(&mut self, open: &Open, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        let jwks = match open.jwks.as_ref().map(|t| t.eval(scope)).transpose() {
            Ok(value) => value.and_then(|v| crate::flow::template::to_json(&v)),
            Err(e) => return self.fail_eval(&e, now),
        };
        match jwks {
            Some(Json::String(url)) => {
                let headers = vec![("Accept".to_owned(), "application/jwk-set+json, application/json".to_owned())];
                let request = Request { method: "GET".to_owned(), url, headers, body: Vec::new(), mtls: None };
                self.busy(Pending::Jwks, |op| Effect::Send { op, request, timeout: Duration::from_secs(20) })
            }
            other => self.opened(open, other.as_ref(), scope, now),
        }
    }

    pub(in crate::flow) fn jwks_came(&mut self, exchange: Exchange, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Verb::Open(open) = &step.verb else { return Vec::new() };
        let body = exchange.response.as_ref().filter(|r| r.status == 200).map(|r| r.body.clone()).unwrap_or_default();
        self.step().exchange = Some(Arc::new(exchange));
        let scope = self.state.scope(step.frame, now);
        match jose::json::parse(&body) {
            Ok(set) => self.opened(open, Some(&set), &scope, now),
            Err(_) => {
                let error = StepError {
                    id: "jwks.unreadable".into(),
                    text: "the bank's keys could not be read: no JWK set came".into(),
                    likely: None,
                    hint: Some("look at the answer; the address may be wrong".into()),
                    checks: Vec::new(),
                    source: ErrorSource::Bank,
                };
                self.fail(error, now)
            }
        }
    }

    fn opened(&mut self, open: &Open, jwks: Option<&Json>, scope: &Scope, now: Timestamp) -> Vec<Effect> {
        match self.read_token(open, jwks, scope) {
            Ok((outputs, verdict, scope)) => {
                let step = self.current();
                let core = self.core;
                self.run_checks(core.on(On::Opened), &step.path, &scope);
                let checks = self.bank_checks(&step);
                self.run_checks(&checks, &step.path, &scope);
                if verdict != Verdict::Verified && open.unverified == Unverified::Fail {
                    let text = format!("the token's signature is {}", verdict.word());
                    let error = StepError {
                        id: "token.not-verified".into(),
                        text,
                        likely: None,
                        hint: Some("look at the token in the inspector: alg, kid and the keys that were tried".into()),
                        checks: Vec::new(),
                        source: ErrorSource::Bank,
                    };
                    return self.fail(error, now);
                }
                self.hold(Held::Outputs(outputs), false, now)
            }
            Err(e) => self.fail_eval(&e, now),
        }
    }

    fn read_token(
        &mut self,
        open: &Open,
        jwks: Option<&Json>,
        scope: &Scope,
    ) -> Result<(Outputs, Verdict, Scope), EvalError> {
        let text = open.token.eval_text(scope)?.ok_or_else(|| EvalError::Missing("token".to_owned()))?;
        let token =
            jose::Compact::parse(&text).map_err(|e| EvalError::Wrong(format!("the token is no compact JWS: {e}")))?;
        let claims = token.claims().map_err(|e| EvalError::Wrong(format!("the token's payload: {e}")))?;
        let allowed = self.allowed(open, scope)?;
        let set = jwks.map(JwkSet::parse).transpose().map_err(|e| EvalError::Wrong(format!("the key set: {e}")))?;
        let own = open.own.as_ref().and_then(|role| self.state.keys.get(role)).map(|k| k.jwk.clone());
        let (verdict, key) = judge(&token, &allowed, set.as_ref(), own.as_ref());
        let header = Json::Object(token.header().clone());
        let expected =
            |t: Option<&crate::flow::template::Text>| t.map(|t| t.eval_text(scope)).transpose().map(Option::flatten);
        let (iss, aud, nonce) =
            (expected(open.iss.as_ref())?, expected(open.aud.as_ref())?, expected(open.nonce.as_ref())?);
        let key_value = key.map_or(Json::Null, |k| json!({ "thumbprint": k.thumbprint(), "jwk": k.as_value() }));
        let mut after = scope.clone();
        after.set_json("header", &header);
        after.set_json("claims", &claims);
        after.set("verdict", verdict.word().into());
        after.set_json("key", &key_value);
        after.set_json("jwe", &Json::Null);
        after.set_json("open", &json!({ "iss": iss, "aud": aud, "nonce": nonce }));
        let class = self.current().class;
        let step = self.step();
        step.artefacts = vec![Artefact {
            step: step.id.clone(),
            name: step.id.clone(),
            kind: "jws",
            header: header.clone(),
            claims: claims.clone(),
            token: text.clone(),
            class,
        }];
        let mut outputs = Outputs::new();
        outputs.insert("header".into(), from_json(&header));
        outputs.insert("claims".into(), from_json(&claims));
        outputs.insert("jwe".into(), ().into());
        outputs.insert("verdict".into(), verdict.word().into());
        outputs.insert("key".into(), from_json(&key_value));
        outputs.insert("text".into(), text.as_str().into());
        Ok((outputs, verdict, after))
    }

    fn allowed(&self, open: &Open, scope: &Scope) -> Result<Vec<Alg>, EvalError> {
        let listed = open.algs.as_ref().map(|t| t.eval(scope)).transpose()?.flatten();
        if let Some(Json::Array(names)) = listed {
            return Ok(names.iter().filter_map(Json::as_str).filter_map(Alg::parse).collect());
        }
        let role = open.own.as_ref().and_then(|r| self.state.profile.role(r));
        Ok(role.map_or_else(Vec::new, |r| r.algs.clone()))
    }
}

/// The verdict on a signature, and the key that gave it. Keys and addresses in the token's own header are ignored.
fn judge(
    token: &jose::Compact,
    allowed: &[Alg],
    set: Option<&JwkSet>,
    own: Option<&PublicJwk>,
) -> (Verdict, Option<PublicJwk>) {
    let Some(alg) = token.alg().filter(|a| allowed.contains(a)) else { return (Verdict::Unsupported, None) };
    let candidates: Vec<PublicJwk> = match set {
        Some(set) => set.candidates(token.kid(), alg).into_iter().cloned().collect(),
        None => own.cloned().into_iter().collect(),
    };
    if candidates.is_empty() {
        return (Verdict::NoKey, None);
    }
    let good = candidates.into_iter().find(|k| jose::verify(alg, k, token.signing_input(), token.signature()).is_ok());
    match good {
        Some(key) => (Verdict::Verified, Some(key)),
        None => (Verdict::Wrong, None),
    }
}
