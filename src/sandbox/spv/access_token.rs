//! Access tokens as Auth0 makes them: JWTs signed with RS256, for one audience, a day long.

use std::io;
use std::sync::{Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::sign::{Signer as Signature, Verifier};
use serde_json::json;

use super::{AUDIENCE, ISSUER};
use crate::sandbox::jwt::Jwt;
use crate::sandbox::{b64, random};

/// Seconds.
pub(super) const LIFETIME: i64 = 86_400;

/// The tenant's key, made when it first signs.
#[derive(Default)]
pub(super) struct Signer(Mutex<Option<PKey<Private>>>);

impl Signer {
    fn key(&self) -> Result<PKey<Private>, ErrorStack> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if made.is_none() {
            *made = Some(PKey::from_rsa(Rsa::generate(2048)?)?);
        }
        made.clone().ok_or_else(ErrorStack::get)
    }

    pub fn issue(&self, client: &str, now: i64) -> io::Result<String> {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": "tenant" });
        let claims = json!({
            "iss": ISSUER,
            "sub": format!("{client}@clients"),
            "aud": AUDIENCE,
            "iat": now,
            "exp": now.saturating_add(LIFETIME),
            "gty": "client-credentials",
            "azp": client,
            "jti": random::id()?,
        });
        let part = |value: &serde_json::Value| b64::encode(value.to_string().as_bytes());
        let input = format!("{}.{}", part(&header), part(&claims));
        let key = self.key()?;
        let signature = Signature::new(MessageDigest::sha256(), &key)?.sign_oneshot_to_vec(input.as_bytes())?;
        Ok(format!("{input}.{}", b64::encode(&signature)))
    }

    /// Checks a token as the API does.
    pub fn check(&self, token: &str, now: i64) -> Result<(), &'static str> {
        let jwt = Jwt::parse_any(token).map_err(|_| "The access token is malformed.")?;
        let (input, signature) = jwt.signed_parts();
        let signed = || Verifier::new(MessageDigest::sha256(), &*self.key()?)?.verify_oneshot(signature, input);
        if jwt.alg() != Some("RS256") || !signed().unwrap_or(false) {
            return Err("The access token was not issued here.");
        }
        if jwt.text("aud") != Some(AUDIENCE) || jwt.text("iss") != Some(ISSUER) {
            return Err("The access token is not for this API.");
        }
        if jwt.time("exp").ok().flatten().is_none_or(|exp| exp <= now) {
            return Err("The access token has expired.");
        }
        Ok(())
    }
}
