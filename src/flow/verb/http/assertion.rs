//! The client's assertion (RFC 7523 §2.2): signed by a key of the client, or with its secret (OIDC Core §9).

use serde_json::{Map, Value as Json, json};

use super::Papers;
use crate::flow::effect::Effect;
use crate::flow::request::{ClientAuth, Draft};
use crate::flow::run::Run;
use crate::flow::sign::{Recipe, Signed, Then};
use crate::flow::template::{EvalError, Scope};
use crate::profile::model::Client;
use crate::secret::Secret;
use crate::time::Timestamp;

/// Whether this method of client authentication sends an assertion.
pub(super) fn is_due(draft: &Draft) -> bool {
    draft.auth.as_ref().is_some_and(|a| matches!(a.method.as_str(), "private_key_jwt" | "client_secret_jwt"))
}

impl Run {
    pub(super) fn begin_assertion(
        &mut self,
        draft: Draft,
        client: &Client,
        refresh: bool,
        scope: &Scope,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(assertion) = &client.assertion else {
            return self.fail_eval(&EvalError::Wrong("the profile's client has no [client.assertion]".to_owned()), now);
        };
        let mut inner = scope.clone();
        inner.set("client", self.state.client_value(client, scope));
        let method = draft.method.clone().unwrap_or_else(|| "POST".to_owned());
        inner.set_json("request", &json!({ "url": draft.url, "method": method }));
        let id = draft.auth.as_ref().and_then(|a| a.id.clone());
        let mut defaults = Map::new();
        for name in ["iss", "sub"] {
            defaults.insert(name.to_owned(), id.clone().map_or(Json::Null, Json::String));
        }
        defaults.insert("jti".to_owned(), Json::String(self.state.random().uuid()));
        defaults.insert("iat".to_owned(), Json::from(now.seconds()));
        let recipe = Recipe {
            name: "client_assertion",
            role: &assertion.key,
            alg: assertion.alg.as_ref(),
            header: &assertion.header,
            claims: &assertion.claims,
            defaults,
        };
        if draft.auth.as_ref().is_none_or(|a| a.method != "client_secret_jwt") {
            let then = Then::Assert { draft: Box::new(draft), refresh };
            return self.begin_signing(recipe, then, &inner, now);
        }
        let secret = draft.auth.as_ref().and_then(|a| a.secret.clone());
        match self.sign_with_secret(recipe, secret.as_ref(), &inner) {
            Ok(signed) => self.asserted(draft, signed, refresh, now),
            Err(e) => self.fail_eval(&e, now),
        }
    }

    pub(in crate::flow) fn asserted(
        &mut self,
        mut draft: Draft,
        signed: Signed,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        draft.assertion = Some(signed.jwt.clone());
        let papers = Papers { assertion: Some(signed), ..Papers::default() };
        self.begin_signature(draft, papers, refresh, now)
    }
}

/// How the client says who it is, with the profile's values for this request.
pub(super) fn client_auth(client: &Client, scope: &Scope) -> Result<ClientAuth, EvalError> {
    let method = client.auth.eval_text(scope)?.unwrap_or_else(|| "none".to_owned());
    let secret =
        if method.starts_with("client_secret") { client.secret.eval_text(scope)?.map(Secret::new) } else { None };
    Ok(ClientAuth {
        name: client.name.clone(),
        method,
        id: client.id.eval_text(scope)?,
        secret,
        send_client_id: client.send_client_id.eval_text(scope)?.unwrap_or_else(|| "auto".to_owned()),
    })
}
