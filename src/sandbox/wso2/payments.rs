//! Payments (UK Read/Write API 3.1): a consent for one, then the payment itself. Bodies are signed, both ways; what was asked
//! with an idempotency key is answered again, not done again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use openssl::sha::sha256;
use serde_json::{Map, Value, json};

use super::Wso2;
use super::book::Out;
use super::consents::{No, Status, What, admitted, answered, date, object};
use crate::sandbox::bearer::BearerError;
use crate::sandbox::message::{self, Payload};
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, random};

pub(super) const CONSENTS: &str = "/open-banking/v3.1/pisp/domestic-payment-consents";
pub(super) const PAYMENTS: &str = "/open-banking/v3.1/pisp/domestic-payments";
const SCOPE: &str = "payments";
const IDEMPOTENCY: &str = "x-idempotency-key";
const LONGEST_KEY: usize = 40;
/// How long a key is remembered, seconds.
const REMEMBERED: i64 = 24 * 3600;
const MAX_BODY: usize = 64 * 1024;

/// What was asked with an idempotency key, and what was answered.
struct Repeat {
    asked: [u8; 32],
    answer: String,
    forget: i64,
}

/// By client, path and key.
#[derive(Default)]
pub(super) struct Repeats(Mutex<HashMap<(String, &'static str, String), Repeat>>);

/// A request that is signed as it has to be.
struct Signed {
    out: Out,
    body: Map<String, Value>,
    payload: Payload,
    key: String,
    asked: [u8; 32],
}

pub(super) async fn ask(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let made = admit(&bank, &peer, &uri, &headers, &body).and_then(|signed| {
        let now = bank.clock.now();
        if signed.out.intent.is_some() {
            return Err(No::Bearer(BearerError::InvalidToken("A consent is asked for by the application itself.")));
        }
        once(&bank, CONSENTS, &signed, now, || {
            let (initiation, risk) = wanted(&signed.body)?;
            let what = What::Payment(initiation.clone(), risk.clone());
            let asked = bank.consents.ask(signed.out.client_id.clone(), what, now);
            let (id, consent) = asked.map_err(|_| No::Failure)?;
            Ok(json!({
                "Data": { "ConsentId": id, "Status": format!("{:?}", consent.status), "CreationDateTime": date(now),
                          "StatusUpdateDateTime": date(now), "Initiation": initiation },
                "Risk": risk,
                "Links": { "Self": format!("https://{}{CONSENTS}/{id}", bank.flavour.gateway) },
                "Meta": {},
            }))
        })
    });
    answered(&headers, SCOPE, made)
}

pub(super) async fn pay(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let made = admit(&bank, &peer, &uri, &headers, &body).and_then(|signed| {
        let now = bank.clock.now();
        let no = || No::Bearer(BearerError::InvalidToken("No consent stands behind this token."));
        let intent = signed.out.intent.clone().ok_or_else(no)?;
        once(&bank, PAYMENTS, &signed, now, || {
            let consent = bank.consents.find(&intent).filter(|c| c.status == Status::Authorised).ok_or_else(no)?;
            let What::Payment(agreed, agreed_risk) = consent.what else { return Err(no()) };
            let (initiation, risk) = wanted(&signed.body)?;
            let id = signed.body.get("Data").and_then(|d| d.get("ConsentId")).and_then(Value::as_str);
            let other =
                |path| No::Bad("UK.OBIE.Resource.ConsentMismatch", "It is not what was consented to.".into(), path);
            if id != Some(&intent) {
                return Err(other("Data.ConsentId"));
            }
            if *initiation != agreed {
                return Err(other("Data.Initiation"));
            }
            if *risk != agreed_risk {
                return Err(other("Risk"));
            }
            bank.consents.decide(&intent, Status::Consumed, now);
            let payment = random::uuid().map_err(|_| No::Failure)?;
            Ok(json!({
                "Data": { "DomesticPaymentId": payment, "ConsentId": intent, "Status": "AcceptedSettlementInProcess",
                          "CreationDateTime": date(now), "StatusUpdateDateTime": date(now), "Initiation": initiation },
                "Links": { "Self": format!("https://{}{PAYMENTS}/{payment}", bank.flavour.gateway) },
                "Meta": {},
            }))
        })
    });
    answered(&headers, SCOPE, made)
}

fn admit(bank: &Wso2, peer: &Peer, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Result<Signed, No> {
    let out = admitted(bank, peer, uri, headers, SCOPE)?;
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let bad = |code, why: &str, path| No::Bad(code, why.to_owned(), path);
    let key =
        text(IDEMPOTENCY).ok_or_else(|| bad("UK.OBIE.Header.Missing", "x-idempotency-key is missing.", IDEMPOTENCY))?;
    if key.is_empty() || key.len() > LONGEST_KEY || key.trim() != key {
        let why = "x-idempotency-key is longer than 40 characters, or has spaces around it.";
        return Err(bad("UK.OBIE.Header.Invalid", why, IDEMPOTENCY));
    }
    let missing = || bad("UK.OBIE.Signature.Missing", "x-jws-signature is missing.", message::HEADER);
    let signature = text(message::HEADER).ok_or_else(missing)?;
    let client = bank.book.find(&out.client_id).ok_or(No::Failure)?;
    let software = &client.software;
    let iss = format!("{}/{}", software.org, software.id);
    let payload = message::verify(signature, body, &iss, bank.clock.now(), |kid| software.key(kid)).map_err(|why| {
        bad("UK.OBIE.Signature.Invalid", &format!("x-jws-signature is refused: {why}."), message::HEADER)
    })?;
    Ok(Signed { out, body: object(headers, body)?, payload, key: key.to_owned(), asked: sha256(body) })
}

/// Does it, or says again what was said when it was done; the answer is signed (RFC 7515 App. F).
fn once(
    bank: &Wso2,
    path: &'static str,
    signed: &Signed,
    now: i64,
    make: impl FnOnce() -> Result<Value, No>,
) -> Result<Response, No> {
    let name = (signed.out.client_id.clone(), path, signed.key.clone());
    // held while it is done: two that come at once are one
    let mut all = bank.repeats.0.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|_, repeat| repeat.forget > now);
    let text = match all.get(&name) {
        Some(repeat) if repeat.asked == signed.asked => repeat.answer.clone(),
        Some(_) => {
            let why = "The idempotency key was used with another body.";
            return Err(No::Bad("UK.OBIE.Rules.DuplicateReference", why.into(), IDEMPOTENCY));
        }
        None => {
            let answer = make()?.to_string();
            let repeat = Repeat { asked: signed.asked, answer: answer.clone(), forget: now.saturating_add(REMEMBERED) };
            all.insert(name, repeat);
            answer
        }
    };
    let key = bank.signing_key().map_err(|_| No::Failure)?;
    let kid = key.public().thumbprint();
    let signature = message::sign(key, &kid, bank.flavour.issuer, text.as_bytes(), signed.payload, now);
    let signature = signature.ok().and_then(|s| HeaderValue::from_str(&s).ok()).ok_or(No::Failure)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static(message::HEADER), signature),
    ];
    Ok((StatusCode::CREATED, headers, text).into_response())
}

/// `Data.Initiation` and `Risk`.
fn wanted(body: &Map<String, Value>) -> Result<(&Value, &Value), No> {
    let missing = |path| No::Bad("UK.OBIE.Field.Missing", format!("{path} is missing."), path);
    let risk = body.get("Risk").filter(|r| r.is_object()).ok_or_else(|| missing("Risk"))?;
    let initiation = body.get("Data").and_then(|d| d.get("Initiation")).filter(|i| i.is_object());
    let initiation = initiation.ok_or_else(|| missing("Data.Initiation"))?;
    let text = |pointer| initiation.pointer(pointer).and_then(Value::as_str);
    for (pointer, path) in [
        ("/InstructionIdentification", "Data.Initiation.InstructionIdentification"),
        ("/EndToEndIdentification", "Data.Initiation.EndToEndIdentification"),
        ("/CreditorAccount/SchemeName", "Data.Initiation.CreditorAccount.SchemeName"),
        ("/CreditorAccount/Identification", "Data.Initiation.CreditorAccount.Identification"),
        ("/CreditorAccount/Name", "Data.Initiation.CreditorAccount.Name"),
    ] {
        if text(pointer).is_none_or(|t| t.is_empty() || t.chars().count() > 350) {
            return Err(missing(path));
        }
    }
    let amount = text("/InstructedAmount/Amount").filter(|a| is_amount(a));
    let currency = text("/InstructedAmount/Currency").filter(|c| c.len() == 3);
    if amount.is_none() || currency.is_none() {
        let why = "Amount is digits with a point, Currency three letters.";
        return Err(No::Bad("UK.OBIE.Field.Invalid", why.into(), "Data.Initiation.InstructedAmount"));
    }
    Ok((initiation, risk))
}

/// `^\d{1,13}\.\d{1,5}$`
fn is_amount(text: &str) -> bool {
    let digits = |t: &str, most| (1..=most).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
    text.split_once('.').is_some_and(|(whole, rest)| digits(whole, 13) && digits(rest, 5))
}

/// What the account holder reads.
pub(super) fn in_words(initiation: &Value) -> Vec<String> {
    let text = |pointer| initiation.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    vec![
        format!("{} {}", text("/InstructedAmount/Amount"), text("/InstructedAmount/Currency")),
        format!("to {}, {}", text("/CreditorAccount/Name"), text("/CreditorAccount/Identification")),
    ]
}
