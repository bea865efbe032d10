//! DPoP (RFC 9449): a proof with each request that has a key for it, and one more try with the nonce a server wants.

use serde_json::{Map, Value as Json, json};
use url::Url;

use super::Papers;
use crate::flow::answer::Answer;
use crate::flow::effect::Effect;
use crate::flow::request::{Built, Draft};
use crate::flow::run::Run;
use crate::flow::sign::{Signed, Then};
use crate::flow::template::Scope;
use crate::profile::model::Http;
use crate::time::Timestamp;

/// Longer ones are no nonce.
const LONGEST: usize = 1024;
/// A proof that waited longer for a person's word is made again, seconds: servers take young ones alone (RFC 9449 §11.1).
const YOUNG: i64 = 15;

impl Run {
    /// Makes the proof, where the request wants one.
    pub(in crate::flow) fn begin_proof(
        &mut self,
        draft: Draft,
        papers: Papers,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        let Some(role) = draft.dpop.clone() else { return self.drafted(draft, papers, refresh, now) };
        match draft.build() {
            Ok(built) => {
                let claims = self.claims(&built, draft.bearer.as_deref(), now);
                let then = Then::Prove { draft: Box::new(draft), papers: Box::new(papers), refresh };
                self.begin_proof_of(&role, claims, then, now)
            }
            Err(e) => self.fail_eval(&e, now),
        }
    }

    fn claims(&self, built: &Built, token: Option<&str>, now: Timestamp) -> Map<String, Json> {
        let (method, url) = (built.request.method.as_str(), built.value["url"].as_str().unwrap_or_default());
        let mut claims = claims(self.state.random().uuid(), method, url, token, now);
        if let Some(nonce) = origin(&built.request.url).and_then(|o| self.state.nonces.get(&o)) {
            claims.insert("nonce".into(), nonce.as_str().into());
        }
        claims
    }

    pub(in crate::flow) fn proved(
        &mut self,
        mut draft: Draft,
        mut papers: Papers,
        proof: Signed,
        refresh: bool,
        now: Timestamp,
    ) -> Vec<Effect> {
        draft.proof = Some(proof.jwt.clone());
        papers.proof = Some(proof);
        self.drafted(draft, papers, refresh, now)
    }

    /// Remembers the nonce that a server wants next (RFC 9449 §8.2). Whether there was one.
    pub(super) fn hear_nonce(&mut self, built: &Built, answer: &Answer) -> bool {
        let nonce = answer.headers.get("dpop-nonce").and_then(Json::as_str);
        let nonce = nonce.filter(|n| !n.is_empty() && n.len() <= LONGEST && n.bytes().all(|b| b.is_ascii_graphic()));
        let Some((origin, nonce)) = origin(&built.request.url).zip(nonce) else { return false };
        self.state.nonces.insert(origin, nonce.to_owned());
        true
    }

    /// The request once more, where all it lacked was a nonce; once for each step.
    pub(super) fn again_with_nonce(
        &mut self,
        http: &Http,
        built: &Built,
        answer: &Answer,
        scope: &Scope,
        now: Timestamp,
    ) -> Option<Vec<Effect>> {
        let challenge = answer.headers.get("www-authenticate").and_then(Json::as_str).unwrap_or_default();
        let wants = answer.error.as_deref() == Some("use_dpop_nonce") || challenge.contains("use_dpop_nonce");
        if !wants || self.renonced || !is_proved(built) {
            return None;
        }
        self.renonced = true;
        Some(self.begin_request(http, scope, true, now))
    }
}

fn is_proved(built: &Built) -> bool {
    built.request.headers.iter().any(|(name, _)| name == "DPoP")
}

/// Whether a proof waited too long to be sent as it is.
pub(super) fn is_old(built: &Built, drafted_at: Timestamp, now: Timestamp) -> bool {
    is_proved(built) && drafted_at.plus_seconds(YOUNG) < now
}

fn origin(url: &str) -> Option<String> {
    Url::parse(url).ok().map(|u| u.origin().ascii_serialization())
}

/// The claims of a proof (RFC 9449 §4.2), but for a nonce. `htu`: the address without query and fragment; `token`: what it is
/// shown with, bound by its hash.
pub fn claims(jti: String, htm: &str, htu: &str, token: Option<&str>, now: Timestamp) -> Map<String, Json> {
    let mut claims = Map::new();
    claims.insert("jti".into(), jti.into());
    claims.insert("htm".into(), htm.into());
    claims.insert("htu".into(), htu.into());
    claims.insert("iat".into(), now.seconds().into());
    if let Some(token) = token {
        let hash = crate::jose::b64::encode(&openssl::sha::sha256(token.as_bytes()));
        claims.insert("ath".into(), hash.into());
    }
    claims
}

/// The header of a proof (RFC 9449 §4.2), but for `alg`.
pub fn header(jwk: &Json) -> Map<String, Json> {
    let Json::Object(members) = json!({ "typ": "dpop+jwt", "jwk": jwk }) else { return Map::new() };
    members
}
