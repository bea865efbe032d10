//! DPoP (RFC 9449): proofs of a key, each good once, with a nonce of ours.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use openssl::sha::sha256;
use serde_json::Value;

use super::SKEW;
use crate::sandbox::jwk::PublicKey;
use crate::sandbox::jwt::Jwt;
use crate::sandbox::{b64, random};

/// Seconds that a nonce is given out; it is taken as long again.
const PERIOD: i64 = 120;
/// Seconds that a proof is young.
const YOUNG: i64 = 60;

pub(super) struct Proofs {
    secret: String,
    /// `jti`s, and when each may be forgotten.
    spent: Mutex<HashMap<String, i64>>,
}

/// Why a proof is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoProof {
    /// Code `use_dpop_nonce`.
    Nonce(String),
    Wrong(&'static str),
}

impl Proofs {
    pub fn new() -> io::Result<Self> {
        Ok(Self { secret: random::id()?, spent: Mutex::default() })
    }

    pub fn nonce(&self, now: i64) -> String {
        self.of_period(now.div_euclid(PERIOD))
    }

    fn of_period(&self, period: i64) -> String {
        b64::encode(&sha256(format!("{}:{period}", self.secret).as_bytes()))
    }

    /// The thumbprint of the key that a request proves, if it comes with a proof; `token` is what it has to be bound to.
    pub fn thumbprint(
        &self,
        headers: &HeaderMap,
        (method, urls): (&str, &[String]),
        token: Option<&str>,
        now: i64,
    ) -> Result<Option<String>, NoProof> {
        let mut sent = headers.get_all("dpop").iter();
        let Some(text) = sent.next() else { return Ok(None) };
        if sent.next().is_some() {
            return Err(NoProof::Wrong("there is more than one proof"));
        }
        let jwt = Jwt::parse(text.to_str().unwrap_or_default()).map_err(NoProof::Wrong)?;
        if jwt.header.get("typ").is_none_or(|typ| typ != "dpop+jwt") {
            return Err(NoProof::Wrong("its typ is not dpop+jwt"));
        }
        let jwk = jwt.header.get("jwk").and_then(Value::as_object).ok_or(NoProof::Wrong("it shows no key"))?;
        let key = PublicKey::from_jwk(jwk).map_err(NoProof::Wrong)?;
        if !jwt.signed_by(&key) {
            return Err(NoProof::Wrong("its signature does not verify with the key that it shows"));
        }
        if jwt.text("htm") != Some(method) {
            return Err(NoProof::Wrong("its htm is not the method"));
        }
        if !jwt.text("htu").is_some_and(|htu| urls.iter().any(|url| url == htu)) {
            return Err(NoProof::Wrong("its htu is not the address"));
        }
        let iat = jwt.time("iat").ok().flatten().ok_or(NoProof::Wrong("its iat is no number"))?;
        if iat > now.saturating_add(SKEW) || iat < now.saturating_sub(YOUNG) {
            return Err(NoProof::Wrong("it is not young, or from the future"));
        }
        let hash = token.map(|token| b64::encode(&sha256(token.as_bytes())));
        if jwt.text("ath") != hash.as_deref() {
            return Err(NoProof::Wrong("its ath is not the hash of the token"));
        }
        let period = now.div_euclid(PERIOD);
        let known = [period, period - 1].map(|p| self.of_period(p));
        if !jwt.text("nonce").is_some_and(|nonce| known.iter().any(|k| k == nonce)) {
            return Err(NoProof::Nonce(self.nonce(now)));
        }
        let jti = jwt.text("jti").filter(|jti| jti.len() >= 12).ok_or(NoProof::Wrong("its jti is missing or short"))?;
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|_, forget| *forget > now);
        if spent.insert(jti.to_owned(), now.saturating_add(YOUNG + SKEW + 1)).is_some() {
            return Err(NoProof::Wrong("its jti was used before"));
        }
        Ok(Some(key.thumbprint()))
    }
}

/// `DPoP-Nonce`, for what comes next.
pub(super) fn give(headers: &mut HeaderMap, nonce: &str) {
    if let Ok(value) = HeaderValue::from_str(nonce) {
        headers.insert("dpop-nonce", value);
    }
}
