//! Software statements (RFC 7591 §2.3): made by the directory, read by the bank.

use std::io;
use std::sync::Arc;

use serde_json::json;

use super::software::Software;
use super::{SKEW, Wso2};
use crate::sandbox::flaw::StatementFlaw;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::{b64, random};

/// The one directory whose statements the bank takes.
const ISSUER: &str = "OpenBanking Ltd";
const DAY: i64 = 86_400;

pub(super) fn issue(bank: &Wso2, software: &Software, now: i64) -> io::Result<String> {
    let flaw = bank.trouble.statement();
    let is = |wanted: StatementFlaw| flaw == Some(wanted);
    let roles = if is(StatementFlaw::NoPayments) { vec!["AISP"] } else { vec!["PISP", "AISP", "CBPII"] };
    let status = if is(StatementFlaw::Withdrawn) { "Withdrawn" } else { "Active" };
    let base = format!("https://{}/{}", bank.flavour.directory, software.org);
    let page = |path: &str| format!("https://tpp.countersign.example/{path}");
    let mut claims = json!({
        "iss": if is(StatementFlaw::OtherIssuer) { "Another Directory" } else { ISSUER },
        "iat": if is(StatementFlaw::Old) { now - 61 * DAY } else { now },
        "jti": random::uuid()?,
        "software_environment": "sandbox",
        "software_mode": "Test",
        "software_id": software.id,
        "software_client_id": software.id,
        "software_client_name": "Countersign Demo",
        "software_client_description": "A client of the embedded banks",
        "software_version": "1.5",
        "software_client_uri": page(""),
        "software_redirect_uris": software.redirect_uris,
        "software_roles": roles,
        "software_logo_uri": page("logo.png"),
        "software_policy_uri": page("policy"),
        "software_tos_uri": page("tos"),
        "organisation_competent_authority_claims": {
            "authority_id": "OBGBR",
            "registration_id": format!("Unknown{}", software.org),
            "status": status,
            "authorisations": [{ "member_state": "GB", "roles": roles }],
        },
        "org_status": status,
        "org_id": software.org,
        "org_name": "Countersign Demo TPP AS",
        "org_jwks_endpoint": format!("{base}/{}.jwks", software.org),
        "org_jwks_revoked_endpoint": format!("{base}/revoked/{}.jwks", software.org),
        "software_jwks_endpoint": format!("{base}/{}.jwks", software.id),
        "software_jwks_revoked_endpoint": format!("{base}/revoked/{}.jwks", software.id),
    });
    if is(StatementFlaw::Expired) {
        claims["exp"] = (now - DAY).into();
    }
    let directory = bank.keys.directory.get()?;
    let kid = directory.public().thumbprint_sha1();
    if is(StatementFlaw::Unsigned) {
        let part = |value: &serde_json::Value| b64::encode(value.to_string().as_bytes());
        return Ok(format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT", "kid": kid })), part(&claims)));
    }
    let header = json!({ "alg": "PS256", "typ": "JWT", "kid": kid });
    let key = if is(StatementFlaw::WrongKey) { bank.keys.stray.get()? } else { directory };
    Ok(key.jws_pss(&header, &claims)?)
}

/// Why a statement does not count.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoStatement {
    Invalid(&'static str),
    /// Its issuer is not one of those the bank takes.
    Unapproved,
}

/// A statement of the directory's, byte for byte, and the software it speaks of.
pub(super) fn read(bank: &Wso2, text: &str, now: i64) -> Result<(Arc<Software>, Jwt), NoStatement> {
    let invalid = NoStatement::Invalid;
    let jwt = Jwt::parse_any(text).map_err(invalid)?;
    let key = bank.keys.directory.get().map_err(|_| invalid("the directory is out of order"))?.public();
    if jwt.alg() != Some("PS256") {
        return Err(invalid("its alg is not PS256"));
    }
    if jwt.kid() != Some(&key.thumbprint_sha1()) {
        return Err(invalid("its kid is not in the directory's JWKS"));
    }
    let (input, signature) = jwt.signed_parts();
    if !key.verifies_pss(input, signature) {
        return Err(invalid("its signature does not verify with the directory's key"));
    }
    if jwt.text("iss") != Some(ISSUER) {
        return Err(NoStatement::Unapproved);
    }
    let time = |name: &str| jwt.time(name).map_err(|_| invalid("a date in it is not a number of seconds"));
    if time("iat")?.is_none_or(|iat| iat > now.saturating_add(SKEW)) || time("exp")?.is_some_and(|exp| exp <= now) {
        return Err(invalid("it has expired, or is not valid yet"));
    }
    if jwt.text("org_status") != Some("Active") {
        return Err(invalid("the organisation is not active"));
    }
    let software = jwt.text("software_id").and_then(|id| bank.software.find(id));
    Ok((software.ok_or(invalid("the directory does not know its software"))?, jwt))
}
