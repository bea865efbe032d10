//! The record of a client, as it is kept and as it is shown (RFC 7591 §3.2.1).

use serde_json::{Map, Value, json};

use super::book::Registration;
use super::software::Software;
use super::{CALLBACK, SCOPE, Wso2};
use crate::sandbox::flaw::RegistrationFlaw;

/// Members that WSO2's own example asks for and does not get back.
const DROPPED: &[&str] =
    &["token_endpoint_auth_signing_alg", "id_token_encrypted_response_alg", "id_token_encrypted_response_enc"];

/// The metadata of a client that was registered before the world began.
pub(super) fn known_already(software: &Software, ssa: &str) -> Map<String, Value> {
    let metadata = json!({
        "redirect_uris": [CALLBACK],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "PS256",
        "grant_types": ["client_credentials", "authorization_code", "refresh_token"],
        "response_types": ["code id_token"],
        "application_type": "web",
        "id_token_signed_response_alg": "PS256",
        "request_object_signing_alg": "PS256",
        "scope": SCOPE,
        "software_id": software.id,
        "software_statement": ssa,
    });
    let Value::Object(metadata) = metadata else { return Map::new() };
    metadata
}

/// What the client is told.
pub(super) fn shown(bank: &Wso2, registration: &Registration) -> Value {
    let flaw = bank.trouble.registration();
    let is = |wanted: RegistrationFlaw| flaw == Some(wanted);
    let issued_at = registration.issued_at;
    let mut record = Map::new();
    if !is(RegistrationFlaw::NoClientId) {
        record.insert("client_id".into(), registration.client_id.clone().into());
    }
    let as_text = is(RegistrationFlaw::Dialect);
    let issued_at = if as_text { Value::from(issued_at.to_string()) } else { issued_at.into() };
    record.insert("client_id_issued_at".into(), issued_at);
    for (name, value) in &registration.metadata {
        if !(as_text && DROPPED.contains(&name.as_str())) {
            record.insert(name.clone(), value.clone());
        }
    }
    if is(RegistrationFlaw::OtherSoftware) {
        record.insert("software_id".into(), format!("{}3", registration.software.id).into());
    }
    if is(RegistrationFlaw::OtherStatement) {
        record.insert("software_statement".into(), "eyJhbGciOiJQUzI1NiJ9.e30.AAAA".into());
    }
    if is(RegistrationFlaw::SecretWithoutEnd) {
        record.insert("client_secret".into(), registration.access_token.clone().into());
    }
    if bank.flavour.access_token || is(RegistrationFlaw::AccessToken) {
        let uri = format!("{}/{}", bank.flavour.registration_endpoint, registration.client_id);
        record.insert("registration_access_token".into(), registration.access_token.clone().into());
        record.insert("registration_client_uri".into(), uri.into());
    }
    Value::Object(record)
}
