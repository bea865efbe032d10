//! A detached JWS over the body (RFC 7515 App. F, RFC 7797), in a header of the request: what the UK's Read/Write API calls
//! message signing.

use super::Papers;
use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::request::{Body, Draft};
use crate::flow::run::Run;
use crate::flow::sign::{Signed, Then, Wish};
use crate::flow::template::{EvalError, Scope};
use crate::profile::model::{Signature, Verb};
use crate::time::Timestamp;

impl Run {
    /// Signs the body, where the step wants it signed: after all that stands in it, before what is about the whole.
    pub(super) fn begin_signature(
        &mut self,
        draft: Draft,
        papers: Papers,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        let step = self.current();
        let Verb::Http(http) = &step.verb else { return Vec::new() };
        let Some(signature) = &http.signature else { return self.begin_proof(draft, papers, refresh, now) };
        let scope = self.state.scope(step.frame, now);
        match self.state.text(Some(&signature.key), &scope) {
            Ok(None) => self.begin_proof(draft, papers, refresh, now),
            Ok(Some(role)) => self.sign_body(signature, &role, draft, papers, refresh, &scope, now),
            Err(e) => self.fail_eval(&e, now),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a request is made of")]
    fn sign_body(
        &mut self,
        signature: &Signature,
        role: &str,
        draft: Draft,
        papers: Papers,
        refresh: bool,
        scope: &Scope,
        now: Timestamp,
    ) -> Vec<Effect> {
        let made = || {
            let body = draft.build()?.request.body;
            if body.is_empty() {
                return Err(EvalError::Wrong("there is no body to sign".to_owned()));
            }
            let name =
                signature.name.eval_text(scope)?.ok_or_else(|| EvalError::Missing("signature.name".to_owned()))?;
            let alg = self.state.text(signature.alg.as_ref(), scope)?;
            Ok((body, name, alg, signature.header.eval_map(scope)?))
        };
        match made() {
            Ok((body, name, alg, header)) => {
                let shown = if let Body::Json(json) = &draft.body { json.clone() } else { serde_json::Value::Null };
                let then = Then::Vouch { draft: Box::new(draft), name, papers: Box::new(papers), refresh };
                self.begin_detached(role, Wish { alg: alg.as_deref(), header, shown }, &body, then, now)
            }
            Err(e) => self.fail_eval(&e, now),
        }
    }

    pub(in crate::flow) fn vouched(
        &mut self,
        mut draft: Draft,
        name: String,
        mut papers: Papers,
        signed: Signed,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        draft.signature = Some((name, signed.jwt.clone()));
        papers.signature = Some(signed);
        self.begin_proof(draft, papers, refresh, now)
    }

    /// The core's checks of a detached signature; `header jwt key` are in scope.
    pub(super) fn check_signature(&mut self, signed: &Signed, on: &str, scope: &Scope) {
        let mut scope = scope.clone();
        scope.set_json("header", &signed.header);
        scope.set("jwt", signed.jwt.as_str().into());
        let of_role = |role: &String| scope.get("keys").and_then(|k| k.get_attr(role).ok());
        if let Some(key) = signed.role.as_ref().and_then(of_role) {
            scope.set("key", key);
        }
        let core = self.core;
        self.run_checks(core.on(On::Signature), on, &scope);
    }
}
