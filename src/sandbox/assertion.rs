//! `private_key_jwt` (RFC 7523 §3) with PS256.

use serde_json::Value;

use super::form::Form;
use super::jwt::Jwt;
use super::oauth_error::OAuthError;
use super::rsa::PublicKey;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far a client's clock may be off, seconds.
const SKEW: i64 = 60;
const LONGEST_LIFE: i64 = 1800;
/// A `jti` shorter than this is no unique identifier.
const SHORTEST_JTI: usize = 16;

/// An assertion whose signature nobody has looked at yet.
pub(super) struct Assertion {
    jwt: Jwt,
    /// `iss` and `sub`.
    pub client_id: String,
}

/// What has to be remembered of one that was good.
#[derive(Debug)]
pub(super) struct Proven {
    pub jti: String,
    pub forget: i64,
}

pub(super) fn refused(why: &str) -> OAuthError {
    OAuthError::invalid_client(format!("The client assertion is refused: {why}."))
}

impl Assertion {
    pub fn read(form: &Form) -> Result<Self, OAuthError> {
        let text = form.get("client_assertion").ok_or_else(|| refused("there is none"))?;
        match form.get("client_assertion_type").map(String::as_str) {
            Some(JWT_BEARER) => {}
            Some(_) => return Err(refused("its client_assertion_type is not the one for JWTs")),
            None => return Err(OAuthError::invalid_request("client_assertion_type is missing.")),
        }
        let jwt = Jwt::parse_any(text).map_err(refused)?;
        let (Some(iss), Some(sub)) = (jwt.text("iss"), jwt.text("sub")) else {
            return Err(refused("iss or sub is missing"));
        };
        if iss != sub {
            return Err(refused("iss and sub differ"));
        }
        if form.get("client_id").is_some_and(|id| id != iss) {
            return Err(refused("the parameter client_id is not its sub"));
        }
        let client_id = iss.to_owned();
        Ok(Self { jwt, client_id })
    }

    /// Whether the key that `key` finds for its `kid` signed it, for one of these audiences, now.
    pub fn prove<'k>(
        &self,
        key: impl FnOnce(&str) -> Option<&'k PublicKey>,
        audiences: &[&str],
        now: i64,
    ) -> Result<Proven, OAuthError> {
        proven(&self.jwt, &["JWT", "client-authentication+jwt"], key, audiences, now).map_err(|why| refused(&why))
    }
}

/// What holds for every assertion (RFC 7523 §3): the key that `key` finds for its `kid` signed it, its `typ` is one of these
/// or none, it is for one of these audiences, and good now.
pub(super) fn proven<'k>(
    jwt: &Jwt,
    types: &[&str],
    key: impl FnOnce(&str) -> Option<&'k PublicKey>,
    audiences: &[&str],
    now: i64,
) -> Result<Proven, String> {
    if jwt.alg() != Some("PS256") {
        return Err("its alg is not PS256".to_owned());
    }
    if jwt.header.get("typ").is_some_and(|typ| typ.as_str().is_none_or(|typ| !types.contains(&typ))) {
        return Err("its typ is that of another kind of JWT".to_owned());
    }
    let key = jwt.kid().and_then(key).ok_or("its kid is not in the client's JWKS")?;
    let (input, signature) = jwt.signed_parts();
    if !key.verifies_pss(input, signature) {
        return Err("its signature does not verify with the client's key".to_owned());
    }
    let meant = match jwt.claims.get("aud") {
        Some(Value::String(aud)) => audiences.contains(&aud.as_str()),
        Some(Value::Array(all)) => {
            matches!(&all[..], [Value::String(aud)] if audiences.contains(&aud.as_str()))
        }
        _ => false,
    };
    if !meant {
        return Err("its aud is not this server".to_owned());
    }
    let exp = check_times(jwt, now)?;
    let jti = jwt.text("jti").filter(|jti| jti.chars().count() >= SHORTEST_JTI);
    let jti = jti.ok_or("its jti is missing or shorter than 16 characters")?;
    Ok(Proven { jti: jti.to_owned(), forget: exp.saturating_add(SKEW) })
}

/// Returns `exp`.
fn check_times(jwt: &Jwt, now: i64) -> Result<i64, String> {
    let time = |name: &str| jwt.time(name).map_err(|_| format!("its {name} is not a number of seconds"));
    let needed = |name: &str| time(name)?.ok_or_else(|| format!("its {name} is missing"));
    let (iat, exp) = (needed("iat")?, needed("exp")?);
    if iat > now.saturating_add(SKEW) {
        return Err("it was issued in the future".to_owned());
    }
    if exp <= iat {
        return Err("its exp is not after its iat".to_owned());
    }
    if exp <= now.saturating_sub(SKEW) {
        return Err("it has expired".to_owned());
    }
    if exp.saturating_sub(iat) > LONGEST_LIFE {
        return Err("it lives longer than 1800 seconds".to_owned());
    }
    Ok(exp)
}
