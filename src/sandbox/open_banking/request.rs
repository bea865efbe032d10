//! Authorization requests: in the query, signed (RFC 9101), or pushed before (RFC 9126).

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Value, json};

use super::client::{self, Client};
use super::reach::{Reach, TooFar};
use super::{ISSUER, OpenBanking, SKEW, target};
use crate::sandbox::callback::{Mode, ReturnAddress};
use crate::sandbox::form::{self, Form};
use crate::sandbox::jwt::Jwt;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, b64};

const MAX_BODY: usize = 64 * 1024;
const LONGEST_LIFE: i64 = 3600;
/// Seconds that a pushed request lives.
const PUSHED: i64 = 60;
const REFERENCE: &str = "urn:ietf:params:oauth:request_uri:";
/// Of a request object, not of the request.
const OF_THE_JWT: &[&str] = &["iss", "aud", "iat", "nbf", "exp", "jti"];

/// A request that holds every rule.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub client_id: String,
    pub scope: String,
    pub reach: Reach,
    pub nonce: Option<String>,
    pub challenge: String,
    /// The DPoP key that the code is bound to (RFC 9449 §10).
    pub jkt: Option<String>,
    /// The answer comes as one JWT (JARM).
    pub jarm: bool,
    pub back: ReturnAddress,
}

/// A person's consent, as a code or a refresh token stands for it.
#[derive(Clone)]
pub(super) struct Granted {
    pub scope: String,
    pub reach: Reach,
    pub nonce: Option<String>,
    /// None: no code is redeemed.
    pub challenge: Option<String>,
    pub redirect_uri: Option<String>,
    pub jkt: Option<String>,
    pub person: usize,
    pub auth_time: i64,
}

/// Why nobody is sent on: there is no address to go back to, or the reason goes there.
pub(super) enum Refused {
    Nowhere(String),
    Back(Box<ReturnAddress>, &'static str, &'static str),
}

pub(super) async fn push(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    let pushed = client::parameters(&head, &body).and_then(|form| {
        let client = client::authenticated(&bank, &peer, &form, now)?;
        if form.contains_key("request_uri") {
            return Err(OAuthError::invalid_request("A pushed request does not refer to another."));
        }
        let form = match form.get("request") {
            Some(object) => {
                object_of(&client, object, now).map_err(|why| OAuthError::of("invalid_request_object", why))?
            }
            None => form,
        };
        check(&client, &form).map_err(|refused| match refused {
            Refused::Nowhere(why) => OAuthError::invalid_request(why),
            Refused::Back(_, error, why) => OAuthError::of(error, why),
        })?;
        bank.pushed.put((client.id, form), now.saturating_add(PUSHED), now).map_err(|_| OAuthError::unavailable())
    });
    match pushed {
        Ok(name) => {
            let body = json!({ "request_uri": format!("{REFERENCE}{name}"), "expires_in": PUSHED });
            (StatusCode::CREATED, Json(body)).into_response()
        }
        Err(refused) => refused.into_response(),
    }
}

/// What the authorization endpoint is asked for.
pub(super) fn read(bank: &OpenBanking, query: &[u8], now: i64) -> Result<Asked, Refused> {
    let nowhere = |why: &str| Refused::Nowhere(why.to_owned());
    let outer = form::parse_repeating(query, target::REPEATED)
        .map_err(|why| Refused::Nowhere(format!("The query is not sound: {why}.")))?;
    let id = outer.get("client_id").ok_or_else(|| nowhere("The parameter client_id is missing."))?;
    let client = bank.clients.find(id).ok_or_else(|| nowhere("There is no such client."))?;
    let form = match (outer.get("request_uri"), outer.get("request")) {
        (Some(_), Some(_)) => return Err(nowhere("request and request_uri do not go together.")),
        (Some(reference), None) => {
            let name = reference.strip_prefix(REFERENCE).unwrap_or_default();
            let pushed = bank.pushed.take(name, now).filter(|(owner, _)| owner == id);
            pushed.ok_or_else(|| nowhere("The pushed request is not known, was used before, or is too old."))?.1
        }
        (None, Some(object)) => object_of(&client, object, now).map_err(Refused::Nowhere)?,
        (None, None) => outer,
    };
    check(&client, &form)
}

/// RFC 9101 §6: what stands in the object counts, and nothing beside it.
fn object_of(client: &Client, text: &str, now: i64) -> Result<Form, String> {
    let no = |why: &str| format!("The request object is refused: {why}.");
    let jwt = Jwt::parse_any(text).map_err(no)?;
    if jwt.alg() != Some("PS256") {
        return Err(no("its alg is not PS256"));
    }
    if jwt.header.get("typ").is_some_and(|typ| typ != "oauth-authz-req+jwt" && typ != "JWT") {
        return Err(no("its typ is that of another kind of JWT"));
    }
    let key = jwt.kid().and_then(|kid| client.key(kid)).ok_or_else(|| no("its kid is not among the client's keys"))?;
    let (input, signature) = jwt.signed_parts();
    if !key.verifies_pss(input, signature) {
        return Err(no("its signature does not verify with the client's key"));
    }
    if jwt.text("iss") != Some(&client.id) || jwt.text("client_id") != Some(&client.id) {
        return Err(no("its iss or client_id is not the client"));
    }
    if jwt.text("aud") != Some(ISSUER) {
        return Err(no("its aud is not this server"));
    }
    if ["request", "request_uri"].iter().any(|name| jwt.claims.contains_key(*name)) {
        return Err(no("there is a request inside it"));
    }
    let time = |name: &str| jwt.time(name).ok().flatten().ok_or_else(|| no(&format!("its {name} is no number")));
    let (nbf, exp) = (time("nbf")?, time("exp")?);
    if nbf > now.saturating_add(SKEW) || exp <= now || exp.saturating_sub(nbf) > LONGEST_LIFE {
        return Err(no("it is not good now, or lives longer than 60 minutes"));
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let plain = |name: &str, value: &Value| match value {
        Value::Array(all) if target::REPEATED.contains(&name) => all.iter().map(text).collect::<Vec<_>>().join(" "),
        one => text(one),
    };
    let own = jwt.claims.iter().filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str()));
    Ok(own.map(|(name, value)| (name.clone(), plain(name, value))).collect())
}

fn check(client: &Client, form: &Form) -> Result<Asked, Refused> {
    let text = |name: &str| form.get(name).map(String::as_str);
    // a registered address alone is safe to go back to
    let redirect_uri = text("redirect_uri").filter(|uri| client.goes_to(uri));
    let redirect_uri =
        redirect_uri.ok_or_else(|| Refused::Nowhere("redirect_uri is not registered for this client.".to_owned()))?;
    let mode = match text("response_mode").map(|m| m.trim_end_matches(".jwt")) {
        Some("fragment") => Mode::Fragment,
        Some("form_post") => Mode::FormPost,
        _ => Mode::Query,
    };
    let jarm = text("response_mode").is_some_and(|m| m.rsplit('.').next() == Some("jwt"));
    let back = ReturnAddress { redirect_uri: redirect_uri.to_owned(), state: text("state").map(str::to_owned), mode };
    let no = |error, why| Err(Refused::Back(Box::new(back.clone()), error, why));
    if !client.may_use("authorization_code") {
        return no("unauthorized_client", "The client is not registered for authorization_code.");
    }
    if text("response_type") != Some("code") {
        return no("unsupported_response_type", "response_type has to be code.");
    }
    if back.state.as_ref().is_none_or(|s| s.len() < 8) {
        return no("invalid_request", "state is missing or short.");
    }
    let is_hash = |c: &&str| b64::decode(c).is_some_and(|bytes| bytes.len() == 32);
    let Some(challenge) =
        text("code_challenge").filter(is_hash).filter(|_| text("code_challenge_method") == Some("S256"))
    else {
        return no("invalid_request", "PKCE with S256 is wanted.");
    };
    let asked = text("scope").unwrap_or_default();
    if !client.may_ask(asked) {
        return no("invalid_scope", "scope names what this client has not, or is no list of scopes.");
    }
    if asked.split(' ').any(|s| s == "openid") && text("nonce").is_none_or(|n| n.len() < 8) {
        return no("invalid_request", "nonce is missing or short.");
    }
    let reach = match Reach::asked(form) {
        Ok(reach) => reach,
        Err(TooFar(error, why)) => return no(error, why),
    };
    Ok(Asked {
        client_id: client.id.clone(),
        scope: asked.to_owned(),
        reach,
        nonce: text("nonce").map(str::to_owned),
        challenge: challenge.to_owned(),
        jkt: text("dpop_jkt").map(str::to_owned),
        jarm,
        back,
    })
}
