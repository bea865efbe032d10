//! The token endpoint: a client, a grant, and a key or a certificate that the token is bound to.

use std::io;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::client;
use super::decoupled::Kind;
use super::dpop::{self, NoProof};
use super::request::Granted;
use super::tokens::Token;
use super::{ISSUER, LIFETIME, MTLS, OpenBanking, PEOPLE, SCOPES};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, b64, scope};

const MAX_BODY: usize = 64 * 1024;

/// What a token is for.
struct Gave {
    scope: String,
    /// None: the client itself.
    granted: Option<Granted>,
    /// Of the refresh token that was spent for it.
    family: Option<String>,
}

pub(super) async fn token(
    State(bank): State<Arc<OpenBanking>>,
    Extension(peer): Extension<Peer>,
    request: Request,
) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    let made = client::parameters(&head, &body).and_then(|form| {
        let client = client::authenticated(&bank, &peer, &form, now)?;
        let urls = [ISSUER, MTLS].map(|origin| format!("{origin}/token"));
        let jkt = bank.proofs.thumbprint(&head.headers, ("POST", &urls), None, now).map_err(|no| match no {
            NoProof::Nonce(_) => OAuthError::of("use_dpop_nonce", "A proof with the nonce of this server is wanted."),
            NoProof::Wrong(why) => OAuthError::of("invalid_dpop_proof", format!("The proof is refused: {why}.")),
        })?;
        let gave = grant(&bank, &client.id, &form, jkt.as_deref(), now)?;
        issue(&bank, &client.id, gave, jkt, &peer, now).map_err(|_| OAuthError::unavailable())
    });
    let mut response = match made {
        Ok(body) => Json(body).into_response(),
        Err(refused) => refused.into_response(),
    };
    if head.headers.contains_key("dpop") {
        dpop::give(response.headers_mut(), &bank.proofs.nonce(now));
    }
    response
}

fn grant(bank: &OpenBanking, client: &str, form: &Form, jkt: Option<&str>, now: i64) -> Result<Gave, OAuthError> {
    let field = |name: &str| {
        form.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    };
    let person = |granted: Granted| Gave { scope: granted.scope.clone(), granted: Some(granted), family: None };
    match field("grant_type")?.as_str() {
        "client_credentials" => {
            let asked = form.get("scope").map_or("accounts", String::as_str);
            if !scope::parse(asked).is_some_and(|all| all.iter().all(|s| SCOPES.contains(s))) {
                return Err(OAuthError::invalid_scope("scope names what there is not, or is no list of scopes."));
            }
            Ok(Gave { scope: asked.to_owned(), granted: None, family: None })
        }
        "authorization_code" => {
            let granted = bank.codes.redeem(field("code")?, client, now);
            let granted = granted.map_err(|no| OAuthError::invalid_grant(no.why()))?;
            if granted.redirect_uri.as_ref() != Some(field("redirect_uri")?) {
                return Err(OAuthError::invalid_grant("redirect_uri is not the one of the request."));
            }
            if granted.challenge != Some(b64::encode(&sha256(field("code_verifier")?.as_bytes()))) {
                return Err(OAuthError::invalid_grant("code_verifier is not that of the code_challenge."));
            }
            if granted.jkt.is_some() && granted.jkt.as_deref() != jkt {
                return Err(OAuthError::invalid_grant("The code is bound to another DPoP key."));
            }
            Ok(person(granted))
        }
        "refresh_token" => {
            let spent = bank.refresh.spend(field("refresh_token")?, client);
            let (granted, family) = spent.map_err(|no| OAuthError::invalid_grant(no.why()))?;
            let scope = form.get("scope").cloned().unwrap_or_else(|| granted.scope.clone());
            if !scope.split(' ').all(|s| granted.scope.split(' ').any(|g| g == s)) {
                return Err(OAuthError::invalid_scope("scope has what was not granted."));
            }
            Ok(Gave { scope, granted: Some(granted), family: Some(family) })
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            bank.waiting.redeem(field("device_code")?, Kind::Device, client, now).map(person)
        }
        "urn:openid:params:grant-type:ciba" => {
            bank.waiting.redeem(field("auth_req_id")?, Kind::Ciba, client, now).map(person)
        }
        _ => Err(OAuthError::unsupported_grant_type("That is not granted here.")),
    }
}

fn issue(
    bank: &OpenBanking,
    client: &str,
    gave: Gave,
    jkt: Option<String>,
    peer: &Peer,
    now: i64,
) -> io::Result<Value> {
    let bound = jkt.is_some();
    let token = Token {
        client_id: client.to_owned(),
        person: gave.granted.as_ref().map(|g| g.person),
        scope: gave.scope.clone(),
        certificate: peer.certificate().filter(|_| !bound),
        jkt,
        issued: now,
        ends: now.saturating_add(LIFETIME),
    };
    let token = bank.tokens.issue(token)?;
    let kind = if bound { "DPoP" } else { "Bearer" };
    let mut body = json!({ "access_token": token, "token_type": kind, "expires_in": LIFETIME, "scope": gave.scope });
    let Some(granted) = gave.granted else { return Ok(body) };
    let has = |scope: &str| granted.scope.split(' ').any(|s| s == scope);
    if has("openid") && gave.family.is_none() {
        let key = bank.signing_key()?;
        let mut claims = json!({ "iss": ISSUER, "sub": PEOPLE[granted.person], "aud": client, "iat": now,
            "exp": now + LIFETIME, "auth_time": granted.auth_time,
            "at_hash": b64::encode(&sha256(token.as_bytes())[..16]) });
        if let Some(nonce) = &granted.nonce {
            claims["nonce"] = nonce.as_str().into();
        }
        let header = json!({ "alg": "PS256", "typ": "JWT", "kid": key.public().thumbprint() });
        body["id_token"] = key.jws_pss(&header, &claims)?.into();
    }
    if has("offline_access") || gave.family.is_some() {
        body["refresh_token"] = bank.refresh.issue(client, granted, gave.family)?.into();
    }
    Ok(body)
}
