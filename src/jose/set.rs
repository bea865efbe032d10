//! A set of keys (RFC 7517 §5), and which of them a token may have been signed with.

use std::fmt;

use serde_json::{Map, Value};

use super::jwk::{JwkError, private_members, purpose, text_member};
use super::{Alg, JoseError, PublicJwk, SecretJwk, b64};
use crate::secret::SecretBytes;

/// Larger sets are not looked at.
pub const MAX_KEYS: usize = 100;

/// Keys that can be used, and what was left out.
#[derive(Clone, Debug, Default)]
pub struct JwkSet {
    keys: Vec<PublicJwk>,
    secrets: Vec<SecretJwk>,
    shared: Vec<OctKey>,
    skipped: Vec<Skipped>,
}

/// A shared secret out of a local file.
#[derive(Clone)]
pub struct OctKey {
    pub kid: Option<String>,
    pub alg: Option<String>,
    pub use_: Option<String>,
    pub key_ops: Option<Vec<String>>,
    pub secret: SecretBytes,
}

impl fmt::Debug for OctKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OctKey({} bytes)", self.secret.expose().len())
    }
}

/// A key of the set that cannot be used here (RFC 7517 §5 lets us go on without it).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// From 0.
    pub index: usize,
    pub kid: Option<String>,
    pub error: JwkError,
}

impl JwkSet {
    /// A set that somebody published: public keys alone.
    ///
    /// # Errors
    /// [`JwkError`] where the whole set is refused: two keys of one `kid`, secrets among public keys, too many keys.
    pub fn parse(value: &Value) -> Result<Self, JwkError> {
        let list = members(value)?;
        let symmetric = list.iter().filter(|k| is_symmetric(k)).count();
        if symmetric > 0 {
            return Err(if symmetric < list.len() { JwkError::Mixed } else { JwkError::Symmetric });
        }
        if let Some(name) = list.iter().filter_map(Value::as_object).find_map(|k| private_members(k).next()) {
            return Err(JwkError::Private(name));
        }
        let mut set = Self::default();
        for (index, item) in list.iter().enumerate() {
            match PublicJwk::from_value(item) {
                Ok(key) => set.keys.push(key),
                Err(error) => set.skip(index, item, error),
            }
        }
        Ok(set)
    }

    /// A set from a file the person trusts: it may hold private keys and shared secrets, which are kept as such.
    ///
    /// # Errors
    /// [`JwkError`] where the whole set is refused.
    pub fn parse_local(value: &Value) -> Result<Self, JwkError> {
        let mut set = Self::default();
        for (index, item) in members(value)?.iter().enumerate() {
            if is_symmetric(item) {
                match OctKey::from_value(item) {
                    Ok(key) => set.shared.push(key),
                    Err(error) => set.skip(index, item, error),
                }
            } else if item.as_object().is_some_and(|map| private_members(map).next().is_some()) {
                match SecretJwk::from_jwk(item) {
                    Ok(key) => {
                        set.keys.push(key.public().clone());
                        set.secrets.push(key);
                    }
                    Err(JoseError::Jwk(error)) => set.skip(index, item, error),
                    Err(_) => set.skip(index, item, JwkError::Mismatch("d")),
                }
            } else {
                match PublicJwk::from_value(item) {
                    Ok(key) => set.keys.push(key),
                    Err(error) => set.skip(index, item, error),
                }
            }
        }
        Ok(set)
    }

    fn skip(&mut self, index: usize, item: &Value, error: JwkError) {
        let kid = item.get("kid").and_then(Value::as_str).map(str::to_owned);
        self.skipped.push(Skipped { index, kid, error });
    }

    /// Every asymmetric key's public part.
    pub fn keys(&self) -> &[PublicJwk] {
        &self.keys
    }
    pub fn secrets(&self) -> &[SecretJwk] {
        &self.secrets
    }
    pub fn shared(&self) -> &[OctKey] {
        &self.shared
    }
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The keys that may have made a signature of `alg`, the likeliest first: those of this `kid`, then those without
    /// one, then the rest. Kind, curve, `alg`, `use` and `key_ops` of each allow it.
    pub fn candidates(&self, kid: Option<&str>, alg: Alg) -> Vec<&PublicJwk> {
        let mut fitting: Vec<_> = self.keys.iter().filter(|key| key.verifies(alg)).collect();
        fitting.sort_by_key(|key| match (kid, key.kid()) {
            (Some(wanted), Some(own)) if wanted == own => 0,
            (Some(_), Some(_)) => 2,
            _ => 1,
        });
        fitting
    }
}

fn members(value: &Value) -> Result<&Vec<Value>, JwkError> {
    let list = value.get("keys").and_then(Value::as_array).ok_or(JwkError::NotASet)?;
    if list.len() > MAX_KEYS {
        return Err(JwkError::TooMany(list.len()));
    }
    let kids: Vec<&str> = list.iter().filter_map(|k| k.get("kid")?.as_str()).collect();
    match kids.iter().enumerate().find(|(i, kid)| kids[..*i].contains(*kid)) {
        Some((_, kid)) => Err(JwkError::DuplicateKid((*kid).to_owned())),
        None => Ok(list),
    }
}

fn is_symmetric(item: &Value) -> bool {
    item.get("kty").and_then(Value::as_str) == Some("oct") || item.get("k").is_some()
}

impl OctKey {
    /// # Errors
    /// [`JwkError`] where it is no `oct` key.
    pub fn from_value(value: &Value) -> Result<Self, JwkError> {
        let map: &Map<String, Value> = value.as_object().ok_or(JwkError::NotAnObject)?;
        match text_member(map, "kty")? {
            "oct" => {}
            other => return Err(JwkError::Unsupported { what: "the key type", name: other.to_owned() }),
        }
        let secret = b64::decode(text_member(map, "k")?).map_err(|error| JwkError::Base64 { member: "k", error })?;
        if secret.is_empty() {
            return Err(JwkError::Range { member: "k", rule: "is empty" });
        }
        let text = |name| map.get(name).and_then(Value::as_str).map(str::to_owned);
        let key_ops = map
            .get("key_ops")
            .and_then(Value::as_array)
            .map(|ops| ops.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Ok(Self { kid: text("kid"), alg: text("alg"), use_: text("use"), key_ops, secret: SecretBytes::new(secret) })
    }

    /// A secret that says nothing of itself.
    pub const fn bare(secret: SecretBytes) -> Self {
        Self { kid: None, alg: None, use_: None, key_ops: None, secret }
    }

    /// Whether `use` and `key_ops`, where they are there, allow it.
    pub(super) fn is_for(&self, use_: &str, does: &[&str]) -> bool {
        self.use_.as_deref().is_none_or(|own| own == use_)
            && self.key_ops.as_ref().is_none_or(|own| own.iter().any(|op| does.contains(&op.as_str())))
    }

    /// What the secret says it is for, in words: for messages.
    pub(super) fn purpose(&self) -> String {
        purpose(self.alg.as_deref(), self.use_.as_deref(), self.key_ops.as_deref())
    }

    /// Whether this secret may be used for `alg`, by what it says of itself.
    pub fn makes(&self, alg: Alg) -> bool {
        self.alg.as_deref().is_none_or(|own| own == alg.name()) && self.is_for("sig", &["sign", "verify"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::vectors;
    use crate::keys::KeySpec;
    use serde_json::json;

    fn ec(kid: Option<&str>) -> Value {
        let mut jwk: Value = serde_json::from_str(vectors::A3_JWK).unwrap();
        if let Some(kid) = kid {
            jwk["kid"] = json!(kid);
        }
        jwk
    }

    #[test]
    fn candidates_go_by_kid_then_by_what_fits() {
        let rsa: Value = serde_json::from_str(vectors::A2_JWK).unwrap();
        let mut enc = ec(Some("enc"));
        enc["use"] = json!("enc");
        let set = JwkSet::parse(&json!({"keys": [rsa, ec(Some("b")), ec(None), enc, ec(Some("a"))]})).unwrap();
        let kids = |kid, alg| set.candidates(kid, alg).iter().map(|k| k.kid().unwrap_or("-")).collect::<Vec<_>>();
        assert_eq!(kids(Some("a"), Alg::Es256), ["a", "-", "b"]);
        assert_eq!(kids(None, Alg::Es256), ["b", "-", "a"]);
        assert_eq!(kids(Some("zz"), Alg::Es256), ["-", "b", "a"]);
        assert_eq!(kids(Some("a"), Alg::Ps256), ["-"]);
        assert!(kids(Some("a"), Alg::Es384).is_empty() && kids(None, Alg::Hs256).is_empty());
    }

    #[test]
    fn a_set_that_could_deceive_is_refused_whole() {
        let oct = json!({"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"});
        let private: Value = serde_json::from_str(vectors::ED25519_JWK).unwrap();
        let many = json!({"keys": vec![ec(None); 101]});
        for (set, error) in [
            (json!([]), JwkError::NotASet),
            (json!({"keys": {}}), JwkError::NotASet),
            (json!({"keys": [ec(Some("a")), ec(Some("b")), ec(Some("a"))]}), JwkError::DuplicateKid("a".into())),
            (json!({"keys": [ec(None), oct]}), JwkError::Mixed),
            (json!({"keys": [oct]}), JwkError::Symmetric),
            (json!({"keys": [ec(None), private]}), JwkError::Private("d")),
            (many, JwkError::TooMany(101)),
        ] {
            assert_eq!(JwkSet::parse(&set).unwrap_err(), error);
        }
        assert!(JwkSet::parse(&json!({"keys": vec![ec(None); 100]})).is_ok());
    }

    #[test]
    fn a_key_of_another_kind_is_left_out_and_named() {
        let set = JwkSet::parse(&json!({"keys": [{"kty": "AKP", "kid": "pq"}, ec(None), 7]})).unwrap();
        assert_eq!((set.keys().len(), set.skipped().len()), (1, 2));
        assert_eq!((set.skipped()[0].index, set.skipped()[0].kid.as_deref()), (0, Some("pq")));
    }

    #[test]
    fn a_local_set_keeps_its_secrets_to_itself() {
        let private = SecretJwk::generate(KeySpec::P256).unwrap();
        let oct = json!({"kty": "oct", "kid": "s", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ", "alg": "HS256"});
        let set = JwkSet::parse_local(&json!({"keys": [private.to_private_value(), oct, ec(None)]})).unwrap();
        assert_eq!((set.keys().len(), set.secrets().len(), set.shared().len()), (2, 1, 1));
        assert!(set.shared()[0].makes(Alg::Hs256) && !set.shared()[0].makes(Alg::Hs512));
        let shown = format!("{set:?}");
        assert!(!shown.contains("\"d\"") && !shown.contains("AyM1") && shown.contains("OctKey(25 bytes)"), "{shown}");
    }
}
