//! The token endpoint: a client, a grant, and a key or a certificate that the token is bound to.

use std::io;
use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use openssl::sha::sha256;
use serde_json::{Value, json};

use super::client::Client;
use super::decoupled::Kind;
use super::dpop::{self, NoProof};
use super::exchange::{self, Asking, Exchanged};
use super::reach::Reach;
use super::registration::GRANTS;
use super::request::Granted;
use super::tokens::Token;
use super::{ISSUER, LIFETIME, OpenBanking, PEOPLE, bearer, client, target};
use crate::sandbox::form::Form;
use crate::sandbox::oauth_error::OAuthError;
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, b64};

const MAX_BODY: usize = 64 * 1024;

/// What a token is for.
struct Gave {
    scope: String,
    reach: Reach,
    basis: Basis,
}

/// Why it is given.
enum Basis {
    /// The client asks for itself.
    Own,
    /// A person agreed; `family` is that of the refresh token that was spent for it.
    Consent {
        granted: Granted,
        family: Option<String>,
    },
    /// An assertion says so; None: for the client.
    Assertion(Option<usize>),
    Exchange(Exchanged),
}

impl Basis {
    fn person(&self) -> Option<usize> {
        match self {
            Self::Own => None,
            Self::Consent { granted, .. } => Some(granted.person),
            Self::Assertion(person) => *person,
            Self::Exchange(exchanged) => exchanged.person,
        }
    }
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
        let urls = target::addresses("/token");
        let jkt = bank.proofs.thumbprint(&head.headers, ("POST", &urls), None, now).map_err(|no| match no {
            NoProof::Nonce(_) => OAuthError::of("use_dpop_nonce", "A proof with the nonce of this server is wanted."),
            NoProof::Wrong(why) => OAuthError::of("invalid_dpop_proof", format!("The proof is refused: {why}.")),
        })?;
        let asking = Asking { client: &client, jkt: jkt.as_deref(), certificate: peer.certificate() };
        let gave = grant(&bank, &asking, &form, now)?;
        issue(&bank, &asking, gave, now).map_err(|_| OAuthError::unavailable())
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

fn grant(bank: &OpenBanking, asking: &Asking<'_>, form: &Form, now: i64) -> Result<Gave, OAuthError> {
    let (client, jkt) = (asking.client.id.as_str(), asking.jkt);
    let field = |name: &str| {
        form.get(name).ok_or_else(|| OAuthError::invalid_request(format!("The parameter {name} is missing.")))
    };
    let person = |granted: Granted| {
        let (scope, reach) = (granted.scope.clone(), granted.reach.narrowed(form)?);
        Ok(Gave { scope, reach, basis: Basis::Consent { granted, family: None } })
    };
    let grant_type = field("grant_type")?;
    if GRANTS.contains(&grant_type.as_str()) && !asking.client.may_use(grant_type) {
        return Err(OAuthError::unauthorized_client("The client is not registered for that grant."));
    }
    match grant_type.as_str() {
        "client_credentials" => {
            Ok(Gave { scope: asked(asking.client, form)?, reach: Reach::asked(form)?, basis: Basis::Own })
        }
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => {
            let (scope, reach) = (asked(asking.client, form)?, Reach::asked(form)?);
            Ok(Gave { scope, reach, basis: Basis::Assertion(bearer::redeem(bank, field("assertion")?, now)?) })
        }
        "urn:ietf:params:oauth:grant-type:token-exchange" => {
            let (scope, exchanged) = exchange::exchange(bank, form, asking, now)?;
            Ok(Gave { scope, reach: exchanged.reach.clone(), basis: Basis::Exchange(exchanged) })
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
            person(granted)
        }
        "refresh_token" => {
            let spent = bank.refresh.spend(field("refresh_token")?, client);
            let (granted, family) = spent.map_err(|no| OAuthError::invalid_grant(no.why()))?;
            let scope = form.get("scope").cloned().unwrap_or_else(|| granted.scope.clone());
            if !scope.split(' ').all(|s| granted.scope.split(' ').any(|g| g == s)) {
                return Err(OAuthError::invalid_scope("scope has what was not granted."));
            }
            let reach = granted.reach.narrowed(form)?;
            Ok(Gave { scope, reach, basis: Basis::Consent { granted, family: Some(family) } })
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            bank.waiting.redeem(field("device_code")?, Kind::Device, client, now).and_then(person)
        }
        "urn:openid:params:grant-type:ciba" => {
            bank.waiting.redeem(field("auth_req_id")?, Kind::Ciba, client, now).and_then(person)
        }
        _ => Err(OAuthError::unsupported_grant_type("That is not granted here.")),
    }
}

/// The scope of a token that no person limits.
fn asked(client: &Client, form: &Form) -> Result<String, OAuthError> {
    let asked = form.get("scope").map_or("accounts", String::as_str);
    if !client.may_ask(asked) {
        return Err(OAuthError::invalid_scope("scope names what this client has not, or is no list of scopes."));
    }
    Ok(asked.to_owned())
}

fn issue(bank: &OpenBanking, asking: &Asking<'_>, gave: Gave, now: i64) -> io::Result<Value> {
    let bound = asking.jkt.is_some();
    let mut token = Token {
        client_id: asking.client.id.clone(),
        person: gave.basis.person(),
        scope: gave.scope.clone(),
        reach: gave.reach,
        actors: Vec::new(),
        certificate: asking.certificate.filter(|_| !bound),
        jkt: asking.jkt.map(str::to_owned),
        issued: now,
        ends: now.saturating_add(LIFETIME),
    };
    let mut body =
        json!({ "token_type": if bound { "DPoP" } else { "Bearer" }, "expires_in": LIFETIME, "scope": gave.scope });
    if !token.reach.details.is_empty() {
        // as granted (RFC 9396 §7)
        body["authorization_details"] = token.reach.details.as_slice().into();
    }
    match gave.basis {
        Basis::Own | Basis::Assertion(_) => {
            body["access_token"] = bank.tokens.issue(token)?.into();
        }
        Basis::Exchange(exchanged) => {
            token.actors = exchanged.actors;
            token.ends = token.ends.min(exchanged.ends);
            body["expires_in"] = token.ends.saturating_sub(now).into();
            body["issued_token_type"] = exchange::ACCESS_TOKEN.into();
            body["access_token"] = bank.tokens.issue(token)?.into();
        }
        Basis::Consent { granted, family } => {
            let token = bank.tokens.issue(token)?;
            let has = |scope: &str| granted.scope.split(' ').any(|s| s == scope);
            if has("openid") && family.is_none() {
                body["id_token"] = id_token(bank, &asking.client.id, &granted, &token, now)?.into();
            }
            body["access_token"] = token.into();
            let lasting = has("offline_access") && asking.client.may_use("refresh_token");
            if lasting || family.is_some() {
                body["refresh_token"] = bank.refresh.issue(&asking.client.id, granted, family)?.into();
            }
        }
    }
    Ok(body)
}

/// OIDC Core §3.1.3.6.
fn id_token(bank: &OpenBanking, client: &str, granted: &Granted, token: &str, now: i64) -> io::Result<String> {
    let key = bank.signing_key()?;
    let mut claims = json!({ "iss": ISSUER, "sub": PEOPLE[granted.person], "aud": client, "iat": now,
        "exp": now + LIFETIME, "auth_time": granted.auth_time,
        "at_hash": b64::encode(&sha256(token.as_bytes())[..16]) });
    if let Some(nonce) = &granted.nonce {
        claims["nonce"] = nonce.as_str().into();
    }
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": key.public().thumbprint() });
    Ok(key.jws_pss(&header, &claims)?)
}
