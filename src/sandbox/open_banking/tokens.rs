//! The access tokens that are out.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::reach::Reach;
use super::{ISSUER, PEOPLE, target};
use crate::sandbox::peer::Fingerprint;
use crate::sandbox::random;

#[derive(Clone)]
pub(super) struct Token {
    pub client_id: String,
    /// None: the client's own.
    pub person: Option<usize>,
    pub scope: String,
    pub reach: Reach,
    /// Who acts with it for its subject, the last first (RFC 8693 §4.1).
    pub actors: Vec<String>,
    /// The DPoP key that it is bound to.
    pub jkt: Option<String>,
    pub certificate: Option<Fingerprint>,
    pub issued: i64,
    pub ends: i64,
}

impl Token {
    /// Whether the service at that path may take it (RFC 8707 §3).
    pub fn is_for(&self, path: &str) -> bool {
        let audience = &self.reach.audience;
        audience.is_empty() || target::addresses(path).iter().any(|address| audience.contains(address))
    }

    /// RFC 7662 §2.2.
    pub fn introspected(&self) -> Value {
        let mut all = json!({ "active": true, "iss": ISSUER, "client_id": self.client_id, "scope": self.scope,
            "iat": self.issued, "exp": self.ends, "token_type": if self.jkt.is_some() { "DPoP" } else { "Bearer" } });
        if let Some(person) = self.person {
            all["sub"] = PEOPLE[person].into();
        }
        match &self.reach.audience[..] {
            [] => {}
            [one] => all["aud"] = one.as_str().into(),
            several => all["aud"] = several.into(),
        }
        if !self.reach.details.is_empty() {
            all["authorization_details"] = self.reach.details.as_slice().into();
        }
        let act = self.actors.iter().rev().fold(None, |before: Option<Value>, actor| {
            let mut act = json!({ "sub": actor });
            if let Some(before) = before {
                act["act"] = before;
            }
            Some(act)
        });
        if let Some(act) = act {
            all["act"] = act;
        }
        if let Some(jkt) = &self.jkt {
            all["cnf"] = json!({ "jkt": jkt });
        } else if let Some(certificate) = self.certificate {
            all["cnf"] = json!({ "x5t#S256": certificate.x5t() });
        }
        all
    }
}

#[derive(Default)]
pub(super) struct Tokens(Mutex<HashMap<String, Token>>);

impl Tokens {
    pub fn issue(&self, token: Token) -> io::Result<String> {
        let name = random::id()?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone(), token);
        Ok(name)
    }

    pub fn find(&self, name: &str, now: i64) -> Option<Token> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).filter(|t| t.ends > now).cloned()
    }

    pub fn revoke_all(&self, client_id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, token| token.client_id != client_id);
    }

    /// Of that client alone; of another's nothing is said or done (RFC 7009 §2.1).
    pub fn revoke(&self, name: &str, client_id: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.get(name).is_some_and(|t| t.client_id == client_id) {
            all.remove(name);
        }
    }
}
