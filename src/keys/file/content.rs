//! What is in a key file: PEM, a JWK, or a JWK Set. Errors name what is wrong and repeat nothing of the content but key ids.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::jose::{JoseError, JwkSet, PublicJwk, SecretJwk, json, pem};
use crate::keys::KeyError;
use crate::keys::error::shown;

pub(in crate::keys) struct Found {
    pub secret: SecretJwk,
    /// Leaf first.
    pub chain: Vec<Vec<u8>>,
}

/// `chosen`: which key of a set, by `kid` or by place.
pub(in crate::keys) fn parse(bytes: &[u8], chosen: Option<&str>) -> Result<Found, KeyError> {
    match bytes.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(KeyError::new("key.unreadable", "the file is empty", "export the key again")),
        Some(b'{' | b'[') => from_json(bytes, chosen),
        Some(_) => from_pem(bytes, chosen),
    }
}

fn jose(error: &JoseError) -> KeyError {
    KeyError::jose(error)
}

fn from_pem(bytes: &[u8], chosen: Option<&str>) -> Result<Found, KeyError> {
    if chosen.is_some() {
        let text = "“#” after the path chooses a key of a JWK Set, and this is no set";
        return Err(KeyError::new("key.reference", text, "leave it out"));
    }
    let secret = SecretJwk::from_pem(bytes).map_err(|e| jose(&e))?;
    let blocks = pem::blocks(bytes).map_err(|e| jose(&JoseError::Pem(e)))?;
    Ok(Found { chain: leaf_first(pem_chain(&blocks), secret.public()), secret })
}

/// The certificates among the blocks, in their order.
pub(super) fn pem_chain(blocks: &[pem::Block]) -> Vec<Vec<u8>> {
    let is_certificate = |label: &str| matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE");
    blocks.iter().filter(|b| is_certificate(&b.label)).map(|b| b.der.expose().to_vec()).collect()
}

/// Files have the authority's certificate first now and then. Where none is the key's, the order stays and the caller
/// finds out.
pub(in crate::keys) fn leaf_first(mut chain: Vec<Vec<u8>>, public: &PublicJwk) -> Vec<Vec<u8>> {
    let own = |der: &Vec<u8>| {
        PublicJwk::from_certificate_der(der).is_ok_and(|theirs| theirs.thumbprint() == public.thumbprint())
    };
    if let Some(at) = chain.iter().position(own) {
        chain[..=at].rotate_right(1);
    }
    chain
}

fn from_json(bytes: &[u8], chosen: Option<&str>) -> Result<Found, KeyError> {
    let value = json::parse(bytes).map_err(|e| KeyError::new("key.unreadable", e.to_string(), e.hint()))?;
    let Some(items) = value.get("keys") else {
        let own_kid = value.get("kid").and_then(Value::as_str);
        return match chosen {
            Some(kid) if own_kid != Some(kid) => Err(missing(kid, own_kid.into_iter())),
            _ => from_jwk(&value),
        };
    };
    // Judges the set as a whole: its size, and that no kid stands twice.
    let refused = |e: crate::jose::JwkError| KeyError::new("key.unreadable", e.to_string(), e.hint());
    JwkSet::parse_local(&value).map_err(refused)?;
    let items = items.as_array().map(Vec::as_slice).unwrap_or_default();
    let kid = |item: &Value| item.get("kid").and_then(Value::as_str).map(str::to_owned);
    let kids: Vec<String> = items.iter().filter_map(kid).collect();
    let names = || kids.iter().map(String::as_str);
    if let Some(choice) = chosen {
        let by_kid = items.iter().find(|i| kid(i).as_deref() == Some(choice));
        let by_place = || choice.parse::<usize>().ok().and_then(|n| items.get(n));
        return from_jwk(by_kid.or_else(by_place).ok_or_else(|| missing(choice, names()))?);
    }
    let private = |item: &&Value| item.get("kty").and_then(Value::as_str) != Some("oct") && item.get("d").is_some();
    match items.iter().filter(private).collect::<Vec<_>>()[..] {
        [] => Err(KeyError::new("key.unreadable", "the set holds no private key", "this is the public half of it")),
        [one] => from_jwk(one),
        ref several => {
            let text = format!("the set holds {} private keys", several.len());
            let hint = format!("choose one: #KID or #0, #1, … after the path; {}", list(names()));
            Err(KeyError::new("key.ambiguous", text, hint))
        }
    }
}

fn from_jwk(value: &Value) -> Result<Found, KeyError> {
    let secret = SecretJwk::from_jwk(value).map_err(|e| jose(&e))?;
    let broken = || {
        KeyError::new(
            "key.certificate",
            "“x5c” is no list of certificates",
            "each is standard base64 of DER (RFC 7517 §4.7)",
        )
    };
    let chain = match value.get("x5c") {
        None => Vec::new(),
        Some(x5c) => {
            let decode = |c: &Value| STANDARD.decode(c.as_str().unwrap_or("?")).map_err(|_| broken());
            x5c.as_array().ok_or_else(broken)?.iter().map(decode).collect::<Result<_, _>>()?
        }
    };
    Ok(Found { secret, chain })
}

fn missing<'k>(chosen: &str, kids: impl Iterator<Item = &'k str>) -> KeyError {
    KeyError::new("key.not-found", format!("there is no key “{}” in it", shown(chosen)), list(kids))
}

fn list<'k>(kids: impl Iterator<Item = &'k str>) -> String {
    const MOST: usize = 8;
    let kids: Vec<String> = kids.take(MOST).map(shown).collect();
    match kids.is_empty() {
        true => "it names no key ids".into(),
        false => format!("its key ids begin: {}", kids.join(", ")),
    }
}
