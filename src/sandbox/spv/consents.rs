//! The dedicated PSD2 interface (Berlin Group NextGenPSD2, redirect approach): a QWAC in the handshake, a consent that the
//! customer signs, then the accounts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::accounts::holdings;
use super::certificate::is_qualified;
use super::person::{CUSTOMERS, is_national_id};
use super::{PSD2_HOST, Spv, random};
use crate::sandbox::bank::Answer;
use crate::sandbox::json as strict;
use crate::sandbox::peer::{Fingerprint, Peer};
use crate::sandbox::qc::QcType;
use crate::sandbox::trouble::Trouble;

const MAX_BODY: usize = 16 * 1024;

struct Consent {
    certificate: Fingerprint,
    signed: bool,
}

/// The consents by their id.
#[derive(Default)]
pub(super) struct Consents(Mutex<HashMap<String, Consent>>);

impl Consents {
    /// The customer signs the one whose address is shown.
    pub fn sign(&self, show: &BTreeMap<String, String>) -> Answer {
        let prefix = format!("https://{PSD2_HOST}/sca/");
        let id = show.get("address").and_then(|a| a.strip_prefix(&prefix)).ok_or("This is no address of the bank.")?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get_mut(id).ok_or("The bank does not know this consent.")?.signed = true;
        Ok(BTreeMap::from([("done".to_owned(), "yes".to_owned())]))
    }

    /// None: there is none of that third party. Else whether it was signed.
    fn state(&self, id: &str, certificate: Fingerprint) -> Option<bool> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).filter(|c| c.certificate == certificate).map(|c| c.signed)
    }
}

/// Status, code and text of one message (NextGenPSD2 §4.13).
type Refused = (StatusCode, &'static str, &'static str);

fn told(headers: &HeaderMap, answered: Result<Response, Refused>) -> Response {
    let mut response = answered.unwrap_or_else(|(status, code, text)| {
        let message = json!({ "category": "ERROR", "code": code, "text": text });
        (status, Json(json!({ "tppMessages": [message] }))).into_response()
    });
    if let Some(id) = headers.get("x-request-id") {
        response.headers_mut().insert("x-request-id", id.clone());
    }
    response
}

/// A third party with a QWAC, and a request that has an id.
fn third_party(peer: &Peer, headers: &HeaderMap) -> Result<Fingerprint, Refused> {
    let qwac = peer.leaf().is_some_and(|leaf| is_qualified(leaf, QcType::Web));
    let certificate = peer.certificate().filter(|_| qwac);
    let certificate = certificate.ok_or((
        StatusCode::UNAUTHORIZED,
        "CERTIFICATE_INVALID",
        "The client certificate is no QWAC of a payment service provider.",
    ))?;
    if !text(headers, "x-request-id").is_some_and(is_uuid) {
        return Err((StatusCode::BAD_REQUEST, "FORMAT_ERROR", "X-Request-ID is no UUID."));
    }
    Ok(certificate)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

pub(super) async fn create(
    State(spv): State<Arc<Spv>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let body = to_bytes(body, MAX_BODY).await.unwrap_or_default();
    told(&headers, made(&spv, &peer, &headers, &body))
}

fn made(spv: &Spv, peer: &Peer, headers: &HeaderMap, body: &[u8]) -> Result<Response, Refused> {
    let wrong = |text| (StatusCode::BAD_REQUEST, "FORMAT_ERROR", text);
    let certificate = third_party(peer, headers)?;
    if text(headers, "psu-ip-address").is_none_or(|ip| ip.parse::<std::net::IpAddr>().is_err()) {
        return Err(wrong("PSU-IP-Address is missing or no address."));
    }
    if !text(headers, "tpp-redirect-uri").is_some_and(|uri| uri.starts_with("https://")) {
        return Err(wrong("TPP-Redirect-URI is missing or not https."));
    }
    match text(headers, "psu-id") {
        Some(number) if !is_national_id(number) => return Err(wrong("PSU-ID is no national identity number.")),
        Some(number) if !CUSTOMERS.contains(&number) => {
            return Err((StatusCode::UNAUTHORIZED, "PSU_CREDENTIALS_INVALID", "The customer is not known here."));
        }
        _ => {}
    }
    let asked = strict::object(body).ok_or_else(|| wrong("The body is no JSON object with unique members."))?;
    if !is_consent(&asked) {
        return Err(wrong(
            "access, recurringIndicator, validUntil, frequencyPerDay or combinedServiceIndicator is wrong.",
        ));
    }
    let failed = (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "The service failed to answer.");
    let id = random::uuid().map_err(|_| failed)?;
    let mut all = spv.consents.0.lock().unwrap_or_else(PoisonError::into_inner);
    all.insert(id.clone(), Consent { certificate, signed: false });
    let link = |path: &str| json!({ "href": format!("https://{PSD2_HOST}{path}") });
    let body = json!({
        "consentStatus": "received",
        "consentId": id,
        "_links": { "scaRedirect": link(&format!("/sca/{id}")), "status": link(&format!("/v1/consents/{id}/status")) },
    });
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    response.headers_mut().insert("aspsp-sca-approach", HeaderValue::from_static("REDIRECT"));
    if let Ok(place) = HeaderValue::from_str(&format!("/v1/consents/{id}")) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// The members that a consent has to have (NextGenPSD2 §6.3.1.1).
fn is_consent(asked: &Map<String, Value>) -> bool {
    let access = asked.get("access").and_then(Value::as_object);
    let date = asked.get("validUntil").and_then(Value::as_str).unwrap_or_default();
    access.is_some_and(|a| !a.is_empty())
        && asked.get("recurringIndicator").is_some_and(Value::is_boolean)
        && date.len() == 10
        && date.bytes().enumerate().all(|(i, b)| if matches!(i, 4 | 7) { b == b'-' } else { b.is_ascii_digit() })
        && asked.get("frequencyPerDay").and_then(Value::as_u64).is_some_and(|n| n > 0)
        && asked.get("combinedServiceIndicator").is_some_and(Value::is_boolean)
}

pub(super) async fn status(
    State(spv): State<Arc<Spv>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let answered = third_party(&peer, &headers).and_then(|certificate| {
        let unknown = (StatusCode::FORBIDDEN, "CONSENT_UNKNOWN", "There is no such consent of yours.");
        let signed = spv.consents.state(&id, certificate).ok_or(unknown)?;
        Ok(Json(json!({ "consentStatus": if signed { "valid" } else { "received" } })).into_response())
    });
    told(&headers, answered)
}

pub(super) async fn accounts(
    State(spv): State<Arc<Spv>>,
    Extension(peer): Extension<Peer>,
    headers: HeaderMap,
) -> Response {
    let answered = third_party(&peer, &headers).and_then(|certificate| {
        let id = text(&headers, "consent-id");
        let id = id.ok_or((StatusCode::BAD_REQUEST, "FORMAT_ERROR", "Consent-ID is missing."))?;
        match spv.consents.state(id, certificate) {
            None => Err((StatusCode::FORBIDDEN, "CONSENT_UNKNOWN", "There is no such consent of yours.")),
            Some(signed) if !signed || spv.trouble.has(Trouble::NotGranted) => {
                Err((StatusCode::UNAUTHORIZED, "CONSENT_INVALID", "The consent is not valid."))
            }
            Some(_) => Ok(Json(json!({ "accounts": holdings() })).into_response()),
        }
    });
    told(&headers, answered)
}
