//! What a client may be registered with: WSO2's own rules, and those of UK DCR and RFC 7591.

use serde_json::{Map, Value};

use super::refused::Refused;
use super::request::Asked;
use super::{SCOPES, name, redirects};
use crate::sandbox::peer::Peer;
use crate::sandbox::scope;

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const GRANTS: &[&str] =
    &["client_credentials", "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer", CIBA];
const RESPONSES: &[&str] = &["code", "code id_token"];
/// What only the bank says of a client (RFC 7592 §2.2).
const OF_THE_BANK: &[&str] =
    &["client_id_issued_at", "client_secret_expires_at", "registration_access_token", "registration_client_uri"];
const BACKCHANNEL: &[&str] = &[
    "backchannel_token_delivery_mode",
    "backchannel_client_notification_endpoint",
    "backchannel_authentication_request_signing_alg",
    "backchannel_user_code_parameter_supported",
];

type Metadata = Map<String, Value>;

/// Whether all of it can be registered.
pub(super) fn check(asked: &Asked, peer: &Peer) -> Result<(), Refused> {
    let metadata = &asked.metadata;
    if let Some(name) = OF_THE_BANK.iter().find(|name| metadata.contains_key(**name)) {
        return Err(Refused::metadata(format!("{name} is the bank's to say.")));
    }
    redirects::check(metadata, &asked.software, &asked.statement).map_err(Refused::RedirectUri)?;
    if metadata.get("software_id").is_some_and(|id| *id != asked.software.id.as_str()) {
        return Err(Refused::metadata("software_id is not that of the statement."));
    }
    authentication(metadata, peer)
        .and_then(|()| grants(metadata))
        .and_then(|()| signatures(metadata))
        .and_then(|()| scopes(metadata, asked))
        .and_then(|()| backchannel(metadata))
        .map_err(Refused::Metadata)
}

fn text<'a>(metadata: &'a Metadata, name: &str) -> Option<&'a str> {
    metadata.get(name).and_then(Value::as_str)
}

fn list<'a>(metadata: &'a Metadata, name: &str) -> Result<Vec<&'a str>, String> {
    let items = metadata.get(name).and_then(Value::as_array).ok_or_else(|| format!("{name} is no list."))?;
    items.iter().map(|item| item.as_str().ok_or_else(|| format!("{name} holds more than texts."))).collect()
}

fn authentication(metadata: &Metadata, peer: &Peer) -> Result<(), String> {
    let subject = text(metadata, "tls_client_auth_subject_dn");
    match text(metadata, "token_endpoint_auth_method") {
        Some("private_key_jwt") if text(metadata, "token_endpoint_auth_signing_alg") != Some("PS256") => {
            Err("private_key_jwt wants token_endpoint_auth_signing_alg PS256.".into())
        }
        Some("private_key_jwt") if metadata.contains_key("tls_client_auth_subject_dn") => {
            Err("tls_client_auth_subject_dn is for tls_client_auth.".into())
        }
        Some("private_key_jwt") => Ok(()),
        Some("tls_client_auth") => {
            let shown = peer.leaf().and_then(name::subject);
            let same = shown.zip(subject).is_some_and(|(shown, registered)| name::same(registered, &shown));
            if same { Ok(()) } else { Err("tls_client_auth_subject_dn is not the subject of the certificate.".into()) }
        }
        _ => Err("token_endpoint_auth_method is neither private_key_jwt nor tls_client_auth.".into()),
    }
}

fn grants(metadata: &Metadata) -> Result<(), String> {
    let grants = list(metadata, "grant_types")?;
    if grants.is_empty() || grants.iter().any(|grant| !GRANTS.contains(grant)) {
        return Err("A grant type is not allowed here.".into());
    }
    let responses = if metadata.contains_key("response_types") { list(metadata, "response_types")? } else { vec![] };
    if responses.iter().any(|response| !RESPONSES.contains(response)) {
        return Err("A response type is not allowed here.".into());
    }
    if grants.contains(&"authorization_code") == responses.is_empty() {
        return Err("authorization_code and a response type with code come together.".into());
    }
    if text(metadata, "application_type") != Some("web") {
        return Err("application_type is not web.".into());
    }
    Ok(())
}

fn signatures(metadata: &Metadata) -> Result<(), String> {
    for name in ["id_token_signed_response_alg", "request_object_signing_alg"] {
        if text(metadata, name) != Some("PS256") {
            return Err(format!("{name} is not PS256."));
        }
    }
    let (alg, enc) = ["id_token_encrypted_response_alg", "id_token_encrypted_response_enc"].into();
    match (text(metadata, alg), text(metadata, enc)) {
        (None, Some(_)) => Err(format!("{enc} stands without {alg}.")),
        (Some("RSA-OAEP" | "RSA-OAEP-256"), None | Some("A256GCM" | "A128GCM")) | (None, None) => Ok(()),
        _ => Err(format!("{alg} or its enc is not allowed here.")),
    }
}

fn scopes(metadata: &Metadata, asked: &Asked) -> Result<(), String> {
    let scope = text(metadata, "scope").filter(|scope| scope.len() <= 256).and_then(scope::parse);
    let scope = scope.ok_or("scope is no list of values with one space between them.")?;
    let roles = asked.statement.claims.get("software_roles").and_then(Value::as_array);
    let has = |role: &str| roles.is_some_and(|roles| roles.iter().any(|r| r == role));
    for value in scope {
        let covered = match value {
            "accounts" => has("AISP"),
            "payments" => has("PISP"),
            "fundsconfirmations" => has("CBPII"),
            other => SCOPES.contains(&other),
        };
        if !covered {
            return Err("A scope is unknown, or not covered by the roles of the software.".into());
        }
    }
    Ok(())
}

fn backchannel(metadata: &Metadata) -> Result<(), String> {
    let wanted = list(metadata, "grant_types")?.contains(&CIBA);
    let given = BACKCHANNEL.iter().any(|name| metadata.contains_key(*name));
    if wanted != given {
        return Err("The members for CIBA and its grant come together.".into());
    }
    let notified = text(metadata, "backchannel_client_notification_endpoint").map(|uri| uri.starts_with("https://"));
    match (text(metadata, "backchannel_token_delivery_mode"), notified) {
        (Some("poll"), None) | (Some("ping"), Some(true)) => Ok(()),
        _ if !wanted => Ok(()),
        _ => Err("CIBA is poll, or ping with an https address.".into()),
    }
}
