//! Consents (UK Read/Write API 3.1): an application asks for one, a person grants it; accounts are read by it, or one payment
//! is made.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::{Body, to_bytes};
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::{Map, Value, json};

use super::Wso2;
use super::book::Out;
use crate::sandbox::bearer::{self, BearerError};
use crate::sandbox::peer::Peer;
use crate::sandbox::{answer, json, random};

pub(super) const PATH: &str = "/open-banking/v3.1/aisp/account-access-consents";
pub(super) const ACCOUNTS: &str = "/open-banking/v3.1/aisp/accounts";
const INTERACTION: HeaderName = HeaderName::from_static("x-fapi-interaction-id");
const MAX_BODY: usize = 64 * 1024;
/// What may be asked for.
const PERMISSIONS: &[&str] = &[
    "ReadAccountsBasic",
    "ReadAccountsDetail",
    "ReadBalances",
    "ReadBeneficiariesBasic",
    "ReadBeneficiariesDetail",
    "ReadDirectDebits",
    "ReadOffers",
    "ReadPAN",
    "ReadParty",
    "ReadPartyPSU",
    "ReadProducts",
    "ReadScheduledPaymentsBasic",
    "ReadScheduledPaymentsDetail",
    "ReadStandingOrdersBasic",
    "ReadStandingOrdersDetail",
    "ReadStatementsBasic",
    "ReadStatementsDetail",
    "ReadTransactionsBasic",
    "ReadTransactionsCredits",
    "ReadTransactionsDebits",
    "ReadTransactionsDetail",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    AwaitingAuthorisation,
    Authorised,
    Rejected,
    /// Its payment was made.
    Consumed,
}

/// What a consent is for.
#[derive(Clone)]
pub(super) enum What {
    /// With these permissions.
    Accounts(Vec<String>),
    /// `Data.Initiation`, and `Risk`.
    Payment(Value, Value),
}

impl What {
    /// The scope of a token that stands for it.
    pub const fn scope(&self) -> &'static str {
        match self {
            Self::Accounts(_) => "accounts",
            Self::Payment(..) => "payments",
        }
    }
}

#[derive(Clone)]
pub(super) struct Consent {
    pub client_id: String,
    pub status: Status,
    pub what: What,
    pub made: i64,
    pub changed: i64,
}

#[derive(Default)]
pub(super) struct Consents(Mutex<HashMap<String, Consent>>);

impl Consents {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Consent>> {
        // each change is complete in itself
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new one, which awaits its person.
    pub fn ask(&self, client_id: String, what: What, now: i64) -> io::Result<(String, Consent)> {
        let id = random::uuid()?;
        let consent = Consent { client_id, status: Status::AwaitingAuthorisation, what, made: now, changed: now };
        self.lock().insert(id.clone(), consent.clone());
        Ok((id, consent))
    }

    pub fn find(&self, id: &str) -> Option<Consent> {
        self.lock().get(id).cloned()
    }

    pub fn decide(&self, id: &str, status: Status, now: i64) {
        if let Some(consent) = self.lock().get_mut(id) {
            (consent.status, consent.changed) = (status, now);
        }
    }
}

/// Why the API does not answer as it was asked to.
pub(super) enum No {
    Bearer(BearerError),
    Certificate,
    /// Code, message, the member it is about.
    Bad(&'static str, String, &'static str),
    NotFound,
    Failure,
}

pub(super) async fn create(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let Ok(body) = to_bytes(body, MAX_BODY).await else { return answer::too_large() };
    let now = bank.clock.now();
    let made = admitted(&bank, &peer, &uri, &headers, "accounts").and_then(|out| {
        if out.intent.is_some() {
            return Err(No::Bearer(BearerError::InvalidToken("A consent is asked for by the application itself.")));
        }
        let permissions = permissions(&headers, &body)?;
        let asked = bank.consents.ask(out.client_id, What::Accounts(permissions.clone()), now);
        let (id, consent) = asked.map_err(|_| No::Failure)?;
        Ok(plain(StatusCode::CREATED, shown(&bank, &id, &consent, &permissions)))
    });
    answered(&headers, "accounts", made)
}

pub(super) async fn read(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let found = admitted(&bank, &peer, &uri, &headers, "accounts").and_then(|out| {
        let consent = bank.consents.find(&id).filter(|c| c.client_id == out.client_id).ok_or(No::NotFound)?;
        let What::Accounts(permissions) = &consent.what else { return Err(No::NotFound) };
        Ok(plain(StatusCode::OK, shown(&bank, &id, &consent, permissions)))
    });
    answered(&headers, "accounts", found)
}

pub(super) async fn accounts(
    State(bank): State<Arc<Wso2>>,
    Extension(peer): Extension<Peer>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
) -> Response {
    let found = admitted(&bank, &peer, &uri, &headers, "accounts").and_then(|out| {
        let no = || No::Bearer(BearerError::InvalidToken("No consent stands behind this token."));
        let id = out.intent.as_deref().ok_or_else(no)?;
        let consent = bank.consents.find(id).filter(|c| c.status == Status::Authorised).ok_or_else(no)?;
        let What::Accounts(permissions) = consent.what else { return Err(no()) };
        if !permissions.iter().any(|p| p.starts_with("ReadAccounts")) {
            return Err(No::Bearer(BearerError::InsufficientScope("accounts")));
        }
        let account = json!({ "AccountId": "22289", "Currency": "GBP", "AccountType": "Personal",
                              "AccountSubType": "CurrentAccount", "Nickname": "Bills" });
        let page = format!("https://{}{ACCOUNTS}", bank.flavour.gateway);
        let body = json!({ "Data": { "Account": [account] }, "Links": { "Self": page }, "Meta": { "TotalPages": 1 } });
        Ok(plain(StatusCode::OK, body))
    });
    answered(&headers, "accounts", found)
}

fn plain(status: StatusCode, body: Value) -> Response {
    (status, Json(body)).into_response()
}

/// A token with that scope, shown with the certificate that it was given to.
pub(super) fn admitted(
    bank: &Wso2,
    peer: &Peer,
    uri: &Uri,
    headers: &HeaderMap,
    scope: &'static str,
) -> Result<Out, No> {
    if peer.leaf().is_none() {
        return Err(No::Certificate);
    }
    let token = bearer::token(headers, uri).map_err(No::Bearer)?;
    let out = bank.book.out(token, peer.certificate(), bank.clock.now());
    let invalid = "The token is not known, has ended, or was given to another certificate.";
    let out = out.ok_or(No::Bearer(BearerError::InvalidToken(invalid)))?;
    if !out.scope.split(' ').any(|s| s == scope) {
        return Err(No::Bearer(BearerError::InsufficientScope(scope)));
    }
    Ok(out)
}

/// The body, if it says that it is JSON and is an object.
pub(super) fn object(headers: &HeaderMap, body: &[u8]) -> Result<Map<String, Value>, No> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json") {
        return Err(No::Bad("UK.OBIE.Header.Invalid", "Content-Type is not application/json.".into(), "Content-Type"));
    }
    json::object(body)
        .ok_or_else(|| No::Bad("UK.OBIE.Resource.InvalidFormat", "The body is no JSON object.".into(), ""))
}

fn permissions(headers: &HeaderMap, body: &[u8]) -> Result<Vec<String>, No> {
    let body = object(headers, body)?;
    let missing = |path| No::Bad("UK.OBIE.Field.Missing", format!("{path} is missing."), path);
    if !body.get("Risk").is_some_and(Value::is_object) {
        return Err(missing("Risk"));
    }
    let wanted = body.get("Data").and_then(|d| d.get("Permissions")).and_then(Value::as_array);
    let wanted = wanted.filter(|all| !all.is_empty()).ok_or_else(|| missing("Data.Permissions"))?;
    let one = |value: &Value| {
        let known = value.as_str().filter(|p| PERMISSIONS.contains(p)).map(str::to_owned);
        let why = "A permission is asked for that there is not.";
        known.ok_or_else(|| No::Bad("UK.OBIE.Field.Invalid", why.into(), "Data.Permissions"))
    };
    wanted.iter().map(one).collect()
}

fn shown(bank: &Wso2, id: &str, consent: &Consent, permissions: &[String]) -> Value {
    json!({
        "Data": {
            "ConsentId": id,
            "Status": format!("{:?}", consent.status),
            "CreationDateTime": date(consent.made),
            "StatusUpdateDateTime": date(consent.changed),
            "Permissions": permissions,
        },
        "Risk": {},
        "Links": { "Self": format!("https://{}{PATH}/{id}", bank.flavour.gateway) },
        "Meta": {},
    })
}

/// RFC 3339, as the API has every time.
pub(super) fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).unwrap_or_default().to_string()
}

/// The interaction id comes back, whatever is said (FAPI 1 Baseline §6.2.1).
pub(super) fn answered(headers: &HeaderMap, realm: &str, result: Result<Response, No>) -> Response {
    let mut response = match result {
        Ok(response) => response,
        Err(No::Bearer(error)) => error.into_response(realm),
        Err(No::Certificate) => {
            let why = "The API wants a transport certificate.";
            answer::problem(StatusCode::UNAUTHORIZED, "invalid_client", why)
        }
        Err(No::Bad(code, message, path)) => {
            let error = json!({ "ErrorCode": code, "Message": message, "Path": path });
            let body = json!({ "Code": "400 BadRequest", "Id": random::uuid().unwrap_or_default(),
                               "Message": "The request is not right.", "Errors": [error] });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Err(No::NotFound) => answer::problem(StatusCode::NOT_FOUND, "not_found", "There is no such consent."),
        Err(No::Failure) => answer::server_error(),
    };
    let id = headers.get(INTERACTION).cloned();
    let id = id.or_else(|| random::uuid().ok().and_then(|id| id.parse().ok()));
    response.headers_mut().extend(id.map(|id| (INTERACTION, id)));
    response
}
