//! The request object (RFC 9101): a signed JWT that says what the client asks for, and the rules it is held to.

use serde_json::Value;

use super::clients::Client;
use super::refused::Refused;
use super::{ACR, ISSUER, SKEW};
use crate::sandbox::callback::ReturnAddress;
use crate::sandbox::flaw::Refusal;
use crate::sandbox::form::Form;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::{b64, scope};

const LONGEST_LIFE: i64 = 600;
const SCOPES: &[&str] = &["openid", "ftn_hetu"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Locale {
    En,
    Fi,
    Sv,
}

impl Locale {
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fi => "fi",
            Self::Sv => "sv",
        }
    }
}

/// A request that holds every rule.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub client: String,
    pub nonce: String,
    /// Claims about the person are asked for.
    pub person: bool,
    pub locale: Locale,
    pub service_name: String,
    /// S256 (RFC 7636 §4.2).
    pub challenge: Option<String>,
    pub back: ReturnAddress,
}

fn object(why: impl Into<String>) -> Refused {
    Refused::new(Refusal::InvalidRequestObject, why)
}

/// Holds a request object to the rules, and the parameters around it to the object.
pub(super) fn check(client: &Client, outer: &Form, jwt: &Jwt, back: ReturnAddress, now: i64) -> Result<Asked, Refused> {
    check_header(jwt, client)?;
    let signing = &client.agreement.signing;
    let (input, signature) = jwt.signed_parts();
    if !signing.verifies(input, signature) {
        return Err(object("The signature does not verify with the registered key."));
    }
    check_party(jwt, client)?;
    check_times(jwt, now)?;
    let asked_scope = check_scope(text(jwt, "scope")?)?;
    if text(jwt, "response_type")? != "code" {
        return Err(Refused::new(Refusal::UnsupportedResponseType, "response_type is not code."));
    }
    if text(jwt, "prompt")? != "login" {
        return Err(object("prompt is not login."));
    }
    if text(jwt, "acr_values")? != ACR {
        return Err(object("acr_values is not the one of this environment."));
    }
    match jwt.claims.get("response_mode").map(Value::as_str) {
        None | Some(Some("form_post")) => {}
        Some(_) => return Err(object("response_mode is not form_post.")),
    }
    let (nonce, state) = (text(jwt, "nonce")?, text(jwt, "state")?);
    if entropy(nonce) < 128.0 || entropy(state) < 128.0 {
        return Err(object("nonce or state has less than 128 bits."));
    }
    if nonce == state {
        return Err(object("nonce and state are the same."));
    }
    if text(jwt, "ftn_spname")? != client.agreement.service_name {
        return Err(object("ftn_spname is not the registered one."));
    }
    let locale = match jwt.claims.get("ui_locales").map(Value::as_str) {
        None | Some(Some("fi")) => Locale::Fi,
        Some(Some("en")) => Locale::En,
        Some(Some("sv")) => Locale::Sv,
        Some(_) => return Err(object("ui_locales is not en, fi or sv.")),
    };
    check_outer(jwt, outer)?;
    Ok(Asked {
        client: client.id.clone(),
        nonce: nonce.to_owned(),
        person: asked_scope.contains(&"ftn_hetu"),
        locale,
        service_name: client.agreement.service_name.to_owned(),
        challenge: challenge(jwt)?,
        back,
    })
}

fn check_header(jwt: &Jwt, client: &Client) -> Result<(), Refused> {
    if jwt.alg() != Some("RS256") {
        return Err(object("alg is not RS256."));
    }
    match jwt.header.get("typ").map(Value::as_str) {
        None | Some(Some("JWT")) => {}
        Some(_) => return Err(object("typ is not JWT.")),
    }
    if jwt.kid() == Some(client.agreement.signing.thumbprint().as_str()) {
        Ok(())
    } else {
        Err(object("kid is not the registered one."))
    }
}

/// Who asks whom; and what has no place in an object (RFC 9101 §4, §10.8).
fn check_party(jwt: &Jwt, client: &Client) -> Result<(), Refused> {
    if text(jwt, "iss")? != client.id {
        return Err(object("iss is not the client id."));
    }
    if text(jwt, "aud")? != ISSUER {
        return Err(object("aud is not the issuer of this environment."));
    }
    if jwt.claims.contains_key("client_id") && jwt.text("client_id") != Some(&client.id) {
        return Err(object("client_id is not the client id."));
    }
    if jwt.text("sub") == Some(&client.id) {
        return Err(object("sub is the client id: this could be used as a client assertion."));
    }
    match ["request", "request_uri"].iter().find(|name| jwt.claims.contains_key(**name)) {
        Some(name) => Err(object(format!("{name} has no place in a request object."))),
        None => Ok(()),
    }
}

fn check_times(jwt: &Jwt, now: i64) -> Result<(), Refused> {
    let time = |name: &str| jwt.time(name).map_err(|_| object(format!("{name} is not a number.")));
    let exp = time("exp")?.ok_or_else(|| object("exp is missing."))?;
    let (iat, nbf) = (time("iat")?, time("nbf")?);
    if exp <= now.saturating_sub(SKEW) {
        return Err(object("It has expired."));
    }
    if iat.is_some_and(|iat| iat > now.saturating_add(SKEW)) || nbf.is_some_and(|nbf| nbf > now.saturating_add(SKEW)) {
        return Err(object("It is not valid yet."));
    }
    // without iat the earliest it can have been made is now
    let latest = iat.unwrap_or(now.saturating_add(SKEW)).saturating_add(LONGEST_LIFE);
    if exp > latest {
        return Err(object("exp is more than 10 minutes after the issue."));
    }
    Ok(())
}

fn check_scope(scope: &str) -> Result<Vec<&str>, Refused> {
    let invalid = |why: &str| Refused::new(Refusal::InvalidScope, why);
    let asked = scope::parse(scope).ok_or_else(|| invalid("scope is not a list with one space between its values."))?;
    if !asked.contains(&"openid") {
        return Err(invalid("scope has no openid."));
    }
    if !asked.iter().all(|value| SCOPES.contains(value)) {
        return Err(invalid("scope has a value that is not known."));
    }
    Ok(asked)
}

/// OIDC Core §6.1: the parameters outside are there for OAuth, and are the same.
fn check_outer(jwt: &Jwt, outer: &Form) -> Result<(), Refused> {
    let invalid = |why: String| Refused::new(Refusal::InvalidRequest, why);
    for name in ["response_type", "scope"] {
        let value = outer.get(name).ok_or_else(|| invalid(format!("The parameter {name} is missing.")))?;
        if jwt.text(name) != Some(value) {
            return Err(invalid(format!("The parameter {name} differs from the request object.")));
        }
    }
    Ok(())
}

/// PKCE is not documented, and honoured where it is used (RFC 7636 §4.3).
fn challenge(jwt: &Jwt) -> Result<Option<String>, Refused> {
    let Some(challenge) = jwt.claims.get("code_challenge") else { return Ok(None) };
    let sound = challenge.as_str().filter(|c| b64::decode(c).is_some_and(|hash| hash.len() == 32));
    match (sound, jwt.text("code_challenge_method")) {
        (Some(challenge), Some("S256")) => Ok(Some(challenge.to_owned())),
        _ => Err(object("code_challenge is not one of S256.")),
    }
}

fn text<'a>(jwt: &'a Jwt, name: &str) -> Result<&'a str, Refused> {
    let missing = || object(format!("{name} is missing or not a text."));
    jwt.text(name).filter(|text| !text.is_empty()).ok_or_else(missing)
}

/// At most so many bits: what a text of that length and alphabet can hold.
fn entropy(text: &str) -> f64 {
    let hex = text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let length = text.bytes().filter(|b| !hex || *b != b'-').count();
    // a version-4 UUID has six fixed bits
    let fixed = if hex && text.len() == 36 { 6.0 } else { 0.0 };
    f64::from(u32::try_from(length).unwrap_or(u32::MAX)) * if hex { 4.0 } else { 5.954 } - fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_too_little_and_32_hexadecimal_digits_are_enough() {
        assert!(entropy("d71a4edca5504b93a585f03dfb14267a") >= 128.0);
        assert!(entropy("d71a4edc-a550-4b93-a585-f03dfb14267a") < 128.0);
        assert!(entropy("kT3vH5Qm0aLz9XcB7wRn2Y") >= 128.0);
        assert!(entropy("kT3vH5Qm0aLz9XcB7wRn2") < 128.0);
        assert!(entropy("") < 1.0);
    }
}
