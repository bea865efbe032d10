//! What the bank publishes: its entity statement and its signed JWK set (OpenID Federation §3.1, §5.2.1).

use std::io;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::refused::Refused;
use super::{AUTHORIZATION_ENDPOINT, Danske, ISSUER, JWKS_URI, TOKEN_ENDPOINT};
use crate::sandbox::flaw::TrustFlaw as Flaw;
use crate::sandbox::rsa::PrivateKey;
use crate::sandbox::trouble::Trouble;

const DAY: i64 = 86_400;
const JWKS_LIFETIME: i64 = 7200;
const ELSEWHERE: &str = "https://issuer.elsewhere.example";

pub(super) async fn entity_statement(State(danske): State<Arc<Danske>>) -> Response {
    published(statement(&danske), "application/entity-statement+jwt", "no-store")
}

pub(super) async fn signed_jwks(State(danske): State<Arc<Danske>>) -> Response {
    published(jwks(&danske), "application/jwk-set+jwt", "public, max-age=600")
}

fn published(made: io::Result<String>, kind: &'static str, cached: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(cached)),
    ];
    match made {
        Ok(jwt) => (headers, jwt).into_response(),
        Err(_) => Refused::failure().json(),
    }
}

/// The key that a client pins.
fn entity_key(danske: &Danske) -> io::Result<&PrivateKey> {
    let changed = danske.trouble.trust() == Some(Flaw::OtherEntityKey);
    Ok(if changed { danske.keys.stray.get()? } else { danske.keys.entity.get()? })
}

fn statement(danske: &Danske) -> io::Result<String> {
    let (flaw, now, key) = (danske.trouble.trust(), danske.clock.now(), entity_key(danske)?);
    let inside = if flaw == Some(Flaw::StatementKidNotInside) { danske.keys.stray.get()? } else { key };
    let iat = if flaw == Some(Flaw::StatementExpired) { now - 2 * DAY } else { now };
    let exp = if flaw == Some(Flaw::StatementExpired) { now - DAY } else { now + 365 * DAY };
    let provider = json!({ "openid_provider": provider(danske) });
    let claims = json!({
        "iss": ISSUER,
        "sub": if flaw == Some(Flaw::StatementOfAnother) { ELSEWHERE } else { ISSUER },
        "iat": iat,
        "exp": exp,
        "jwks": { "keys": [inside.public().published()] },
        "metadata": if flaw == Some(Flaw::StatementWithoutProvider) { json!({}) } else { provider },
    });
    let mut header = json!({ "alg": "RS256", "typ": "entity-statement+jwt", "kid": key.public().thumbprint() });
    if let (Some(Flaw::StatementWithoutTyp), Some(members)) = (flaw, header.as_object_mut()) {
        members.remove("typ");
    }
    Ok(key.jws(&header, &claims)?)
}

fn provider(danske: &Danske) -> Value {
    json!({
        "issuer": if danske.trouble.has(Trouble::WrongIssuer) { ELSEWHERE } else { ISSUER },
        "authorization_endpoint": AUTHORIZATION_ENDPOINT,
        "token_endpoint": TOKEN_ENDPOINT,
        "signed_jwks_uri": JWKS_URI,
        "client_registration_types_supported": ["explicit"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "scopes_supported": ["openid", "ftn_hetu"],
        "acr_values_supported": [super::ACR],
        "ui_locales_supported": ["en", "fi", "sv"],
        "request_parameter_supported": true,
        "request_uri_parameter_supported": false,
        "request_object_signing_alg_values_supported": ["RS256"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "id_token_encryption_alg_values_supported": ["RSA-OAEP"],
        "id_token_encryption_enc_values_supported": ["A128GCM"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
    })
}

/// Two keys, the next one published before it is used. After a rotation the new one stands alone.
fn jwks(danske: &Danske) -> io::Result<String> {
    let (flaw, now, key) = (danske.trouble.trust(), danske.clock.now(), entity_key(danske)?);
    let keys = match (flaw, danske.trouble.has(Trouble::RotatedKey)) {
        (Some(Flaw::JwksWithoutKeys), _) => vec![],
        (_, true) => vec![danske.signing_key()?],
        (_, false) => vec![danske.signing_key()?, danske.keys.next.get()?],
    };
    let keys: Vec<Value> = keys.iter().map(|key| key.public().published()).collect();
    let issuer = if flaw == Some(Flaw::JwksOfAnother) { ELSEWHERE } else { ISSUER };
    let iat = if flaw == Some(Flaw::JwksExpired) { now - 2 * JWKS_LIFETIME } else { now };
    let claims = json!({ "keys": keys, "iss": issuer, "sub": issuer, "iat": iat, "exp": iat + JWKS_LIFETIME });
    let mut header = json!({ "alg": "RS256", "typ": "jwk-set+jwt", "kid": key.public().thumbprint() });
    if let (Some(Flaw::JwksWithoutTyp), Some(members)) = (flaw, header.as_object_mut()) {
        members.remove("typ");
    }
    let signer = if flaw == Some(Flaw::JwksWrongKey) { danske.keys.stray.get()? } else { key };
    Ok(signer.jws(&header, &claims)?)
}
