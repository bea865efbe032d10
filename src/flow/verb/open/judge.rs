//! The verdict on a signature. Keys and addresses in the token's own header are never looked at (RFC 8725 §3.10).

use serde_json::{Value as Json, json};

use super::trouble::{bank, shown};
use super::{Inner, Opening, Trouble};
use crate::flow::event::KeyFacts;
use crate::flow::run::Run;
use crate::flow::template::Scope;
use crate::flow::view::KeyOf;
use crate::jose::{self, Alg, Compact, JwkSet, PublicJwk, Verdict, VerifyError};
use crate::profile::model::Open;
use crate::secret::Secret;

/// The keys that may verify a token, and where they come from.
#[derive(Default)]
pub(super) struct Keys {
    pub keys: Vec<PublicJwk>,
    /// Why others of the set were left out.
    pub skipped: Vec<String>,
    pub from: KeyOf,
    /// A person approved them.
    pub pinned: bool,
    /// Where they were fetched.
    pub address: Option<String>,
}

/// What was found of a signature.
pub(super) struct Judgement {
    pub verdict: Verdict,
    pub key: Option<PublicJwk>,
    pub from: KeyOf,
    pub pinned: bool,
    /// Why it is not verified.
    pub why: Option<String>,
    /// The token names a key that is not among those at hand.
    pub stranger: bool,
}

impl Keys {
    pub(super) fn of_set(value: Option<&Json>, from: KeyOf) -> Result<Self, Trouble> {
        let Some(value) = value.filter(|v| !v.is_null()) else { return Ok(Self::default()) };
        let set =
            JwkSet::parse(value).map_err(|e| bank("jwks.refused", format!("the key set is refused: {e}"), e.hint()))?;
        let named = |kid: Option<&str>| kid.map(|k| format!(" “{}”", shown(k))).unwrap_or_default();
        let skipped =
            set.skipped().iter().map(|s| format!("the key{} was left out: {}", named(s.kid.as_deref()), s.error));
        Ok(Self { keys: set.keys().to_vec(), skipped: skipped.collect(), from, ..Self::default() })
    }

    pub(super) fn own(role: &str, facts: Option<&KeyFacts>) -> Self {
        let keys = facts.map(|k| k.jwk.clone()).into_iter().collect();
        Self { keys, from: KeyOf::Own(role.to_owned()), ..Self::default() }
    }

    /// The keys that the token itself brings. Nobody has approved them yet.
    pub(super) fn inside(opening: &Opening, pointer: &str, pin: &str) -> Result<Self, Trouble> {
        let Inner::Signed(token, _) = &opening.inner else { return Ok(Self::default()) };
        let claims =
            token.claims().map_err(|e| bank("token.payload", format!("the token's payload: {e}"), e.hint()))?;
        let found = claims.pointer(pointer).ok_or_else(|| {
            bank(
                "jwks.unreadable",
                format!("the token brings no keys under {}", shown(pointer)),
                "look at its claims; the profile names the place with `inside`",
            )
        })?;
        // a bare list stands for a set
        let set = if found.is_array() { json!({ "keys": found }) } else { found.clone() };
        Self::of_set(Some(&set), KeyOf::Pin(pin.to_owned()))
    }
}

impl Run {
    pub(super) fn judge(
        &self,
        open: &Open,
        opening: &Opening,
        keys: &Keys,
        scope: &Scope,
    ) -> Result<Judgement, Trouble> {
        let Inner::Signed(token, _) = &opening.inner else {
            return Ok(Judgement::without_key(
                Verdict::Decoded,
                "it was encrypted, and is not signed".to_owned(),
                false,
            ));
        };
        let alg = self.police(open, token, scope)?;
        Ok(self.signature(token, alg, keys, scope))
    }

    /// The algorithm of the signature, where the step goes along with it.
    pub(super) fn police(&self, open: &Open, token: &Compact, scope: &Scope) -> Result<Alg, Trouble> {
        police(token, self.allowed(open, scope)?.as_deref())
    }

    pub(super) fn signature(&self, token: &Compact, alg: Alg, keys: &Keys, scope: &Scope) -> Judgement {
        if !is_symmetric(alg) {
            return with_keys(token, alg, keys);
        }
        match self.client_secret(scope) {
            Some(secret) => with_secret(token, alg, &secret),
            None => Judgement::without_key(Verdict::NoKey, "there is no client secret to check it with".into(), false),
        }
    }

    /// The key of an id token with a MAC (OpenID Connect Core §3.1.3.7).
    fn client_secret(&self, scope: &Scope) -> Option<Secret> {
        let client = self.state.profile.clients.first()?;
        client.secret.eval_text(scope).ok().flatten().filter(|s| !s.is_empty()).map(Secret::new)
    }
}

impl Judgement {
    pub(super) fn without_key(verdict: Verdict, why: String, stranger: bool) -> Self {
        Self { verdict, key: None, from: KeyOf::Nobody, pinned: false, why: Some(why), stranger }
    }
}

const fn is_symmetric(alg: Alg) -> bool {
    matches!(alg, Alg::Hs256 | Alg::Hs384 | Alg::Hs512)
}

fn police(token: &Compact, allowed: Option<&[Alg]>) -> Result<Alg, Trouble> {
    let name = token.alg_name().unwrap_or("(missing)");
    let list = || {
        let names: Vec<&str> = allowed.unwrap_or_default().iter().map(|a| a.name()).collect();
        format!("the bank and this client agreed on {}: compare with the registration", names.join(", "))
    };
    match token.alg() {
        Some(alg) if allowed.is_none_or(|list| list.contains(&alg)) => Ok(alg),
        None if name.trim().is_empty() || name.trim().eq_ignore_ascii_case("none") => Err(bank(
            "token.algorithm",
            "the token is not signed: its “alg” is “none”",
            "anybody could have written it: refuse it (RFC 8725 §3.2)",
        )),
        Some(_) => {
            Err(bank("token.algorithm", format!("the token is signed with {name}, which is not allowed here"), list()))
        }
        None => Err(bank(
            "token.algorithm",
            format!("the token's algorithm “{}” is not known here", shown(name)),
            "names are compared with case; ES*, RS*, PS*, HS* and EdDSA are known",
        )),
    }
}

fn with_secret(token: &Compact, alg: Alg, secret: &Secret) -> Judgement {
    let result = jose::verify_hmac(alg, secret.expose().as_bytes(), token.signing_input(), token.signature());
    let verdict = if result.is_ok() { Verdict::Verified } else { Verdict::Wrong };
    let why = result.err().map(|e| e.to_string());
    Judgement { verdict, key: None, from: KeyOf::ClientSecret, pinned: false, why, stranger: false }
}

/// Tries every key that may have made the signature, the one with the token's kid first. Its own refusal is what is told.
/// Of a published set, a key that goes by another kid is none (OpenID Connect Core §10.1); where a person or the profile
/// has settled on the keys, kid is a hint (RFC 7515 §4.1.4).
fn with_keys(token: &Compact, alg: Alg, keys: &Keys) -> Judgement {
    let kid = token.kid();
    let known = kid.is_none_or(|kid| keys.keys.iter().any(|key| key.kid() == Some(kid)));
    let published = matches!(keys.from, KeyOf::Set);
    let named = |key: &PublicJwk| kid.is_some() && key.kid() == kid;
    let strange = |key: &PublicJwk| kid.is_some() && key.kid().is_some() && !named(key);
    let mut order: Vec<&PublicJwk> = keys
        .keys
        .iter()
        .filter(|key| named(key) || key.verifies(alg))
        .filter(|key| !(published && strange(key)))
        .collect();
    order.sort_by_key(|key| (!named(key), strange(key)));
    let mut fault: Option<VerifyError> = None;
    for key in &order {
        match jose::verify(alg, key, token.signing_input(), token.signature()) {
            Ok(()) => {
                let (from, pinned) = (keys.from.clone(), keys.pinned);
                let key = Some((*key).clone());
                return Judgement { verdict: Verdict::Verified, key, from, pinned, why: None, stranger: false };
            }
            Err(error) if !strange(key) => {
                fault.get_or_insert(error);
            }
            Err(_) => {}
        }
    }
    let stranger = !known || order.is_empty();
    if let Some(fault) = fault {
        return Judgement::without_key(Verdict::Wrong, fault.to_string(), stranger && !known);
    }
    let mut why = match kid {
        Some(kid) => format!("no key at hand could have made it (kid “{}”, {alg})", shown(kid)),
        None => format!("no key at hand could have made it ({alg})"),
    };
    for reason in keys.skipped.iter().take(3) {
        why.push_str("; ");
        why.push_str(reason);
    }
    Judgement::without_key(Verdict::NoKey, why, stranger)
}
