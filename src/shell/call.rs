//! A call with a kept token as a curl command that can be run: with the client certificate or a fresh proof where the token
//! is bound, and without the token itself.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;
use url::Url;

use super::order::references;
use super::session::Session;
use crate::flow::{proof_claims, proof_header};
use crate::jose::{Alg, Bound, b64, compact, verify};
use crate::keys::{Key, KeyError, KeySpec, KeyUri};
use crate::profile::model::KeyUse;
use crate::store::tokens::Label;
use crate::text::{clean, quoted};
use crate::time::Timestamp;
use crate::x509::Passport;

impl Session {
    /// The command. Nothing is sent; a key may be asked for a signature.
    ///
    /// # Errors
    /// `key.not-found` where the access token has ended or its proof key is not at hand; `key.reference` for an address that
    /// is not https; the key's own.
    pub async fn call_as_curl(&self, label: &Label, method: &str, url: &str) -> Result<String, KeyError> {
        let url = Url::parse(url.trim()).ok().filter(|u| u.scheme() == "https" && u.host().is_some());
        let url = url.ok_or_else(|| KeyError::new("key.reference", "that is no https address", "https://HOST/PATH"))?;
        let method = Some(method.trim()).filter(|m| !m.is_empty()).unwrap_or("GET").to_ascii_uppercase();
        if !method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(KeyError::new("key.reference", "that is no method", "GET, POST, PUT, PATCH or DELETE"));
        }
        let token = self.good_access_token(label).await?;
        let bound = Bound::of_token(token.expose());
        let keys = self.keys_of(label).await;
        let proof = match proof_key(&keys, label, &bound)? {
            Some(key) => Some(proof(&**key, &method, &url, token.expose(), self.clock.now()).await?),
            None => None,
        };
        let (name, in_memory) = (set_name(label), self.tokens.whose_in_memory(label).is_some());
        let mut out = String::new();
        if in_memory {
            let _ = writeln!(
                out,
                "# the token is in the workbench alone: y in the list of tokens copies it; then ACCESS_TOKEN=…"
            );
        }
        let mtls = certificate_of(&keys, &bound);
        if let Some((role, uri)) = mtls.filter(|(_, uri)| uri.scheme() != "file") {
            let text = format!("{role} is in {uri}, out of curl's reach");
            let run = format!("countersign run {} call --set path={}", label.profile, quoted(url.path()));
            let _ = writeln!(out, "# the key of the certificate, {}; this program can: {run}", clean(&text));
        }
        let _ = write!(out, "curl -X {method} {}", quoted(url.as_str()));
        let scheme = if proof.is_some() { "DPoP" } else { "Bearer" };
        let source = if in_memory { "$ACCESS_TOKEN".to_owned() } else { format!("$(countersign tokens use {name})") };
        let _ = write!(out, " \\\n  -H \"Authorization: {scheme} {source}\"");
        if let Some(proof) = proof {
            let _ = write!(out, " \\\n  -H {}", quoted(&format!("DPoP: {proof}")));
        }
        if let Some((_, uri)) = mtls.filter(|(_, uri)| uri.scheme() == "file") {
            let path = quoted(uri.rest());
            let _ = write!(out, " \\\n  --cert {path} --key {path}");
        }
        Ok(out)
    }

    /// The keys that a set was got with, by role; those that cannot be opened are not among them.
    async fn keys_of(&self, label: &Label) -> Vec<Held> {
        let mut uris: Vec<(String, KeyUri)> = Vec::new();
        match self.tokens.whose_in_memory(label) {
            Some(whose) => uris.extend(whose.keys.into_iter().filter_map(|(r, u)| Some((r, u.parse().ok()?)))),
            None => {
                let loaded = self.library.load(&label.profile);
                uris.extend(loaded.map(|l| references(&l.profile)).unwrap_or_default());
            }
        }
        let profile = self.library.load(&label.profile).map(|l| l.profile).ok();
        let mut held = Vec::new();
        for (role, uri) in uris {
            let tls = profile.as_ref().and_then(|p| p.role(&role)).is_some_and(|r| r.usage == KeyUse::Tls);
            if let Ok(key) = self.stores.open(&uri).await {
                held.push(Held { role, uri, tls, key });
            }
        }
        held
    }
}

struct Held {
    role: String,
    uri: KeyUri,
    tls: bool,
    key: Arc<dyn Key>,
}

/// `PROFILE/ENVIRONMENT/SET`: no two have it.
fn set_name(label: &Label) -> String {
    format!("{}/{}/{}", label.profile, label.environment, label.set)
}

/// The key of the proof: the one that the token names, or of the role `dpop` where the token is opaque.
fn proof_key<'k>(keys: &'k [Held], label: &Label, bound: &[Bound]) -> Result<Option<&'k Arc<dyn Key>>, KeyError> {
    let named = bound.iter().find_map(|b| if let Bound::ProofKey(jkt) = b { Some(jkt) } else { None });
    let is_dpop = label.token_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("dpop"));
    let found = match named {
        Some(jkt) => keys.iter().find(|h| h.key.info().public.thumbprint() == *jkt),
        None if is_dpop => keys.iter().find(|h| h.role == "dpop"),
        None => return Ok(None),
    };
    found.map(|held| Some(&held.key)).ok_or_else(|| {
        let text = "the token is bound to a key for proofs (RFC 9449 §6.1) that is not among those of the profile";
        KeyError::new("key.not-found", text, "bind the key that it was got with, or get another token")
    })
}

/// The certificate that goes along: the one that the token names, else that of the profile's role for TLS.
fn certificate_of<'k>(keys: &'k [Held], bound: &[Bound]) -> Option<(&'k str, &'k KeyUri)> {
    let print = |held: &Held| {
        let leaf = held.key.info().chain.first()?;
        Passport::read(leaf).ok().map(|p| p.x5t_s256())
    };
    let named = bound.iter().find_map(|b| if let Bound::Certificate(x5t) = b { Some(x5t) } else { None });
    let found = match named {
        Some(x5t) => keys.iter().find(|h| print(h).as_ref() == Some(x5t)),
        None => keys.iter().find(|h| h.tls),
    };
    found.map(|h| (h.role.as_str(), &h.uri))
}

/// RFC 9449 §4.2, with the hash of the token (`ath`).
async fn proof(key: &dyn Key, method: &str, url: &Url, token: &str, now: Timestamp) -> Result<String, KeyError> {
    let info = key.info();
    let alg = match info.spec {
        KeySpec::P256 => Alg::Es256,
        KeySpec::P384 => Alg::Es384,
        KeySpec::P521 => Alg::Es512,
        KeySpec::Ed25519 => Alg::EdDsa,
        KeySpec::Rsa(_) => Alg::Ps256,
        KeySpec::X25519 => return Err(KeyError::algorithm(info.spec, Alg::EdDsa)),
    };
    let mut htu = url.clone();
    htu.set_query(None);
    htu.set_fragment(None);
    let mut header = proof_header(info.public.as_value());
    header.insert("alg".into(), alg.name().into());
    let claims = proof_claims(unguessable()?, method, htu.as_str(), Some(token), now);
    let input = compact::signing_input(&header, Json::Object(claims).to_string().as_bytes());
    let signature = key.sign(alg, input.as_bytes()).await?;
    verify(alg, &info.public, input.as_bytes(), &signature).map_err(|_| {
        let text = "the signature that came back is not this key's";
        KeyError::new("key.store", text, "look at the store: it may hold another key under this name")
    })?;
    Ok(compact::assemble(&input, &signature))
}

#[expect(clippy::disallowed_methods, reason = "a jti drawn for one proof, outside of any run")]
fn unguessable() -> Result<String, KeyError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        KeyError::new(
            "key.store",
            "the operating system gave no random numbers",
            "no proof can be made on this machine",
        )
    })?;
    Ok(b64::encode(&bytes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jose::{Compact, SecretJwk};
    use crate::keys::memory::Memory;

    #[tokio::test]
    async fn a_proof_is_for_this_call_alone_and_its_key_is_the_one_the_token_names() {
        let store = Memory::new();
        let key = store.insert("dpop", SecretJwk::generate(KeySpec::P256).unwrap(), vec![]).unwrap();
        let url = Url::parse("https://api.example/a?b=c#d").unwrap();
        let jwt = proof(&*key, "GET", &url, "token", Timestamp::from_seconds(1_800_000_000)).await.unwrap();
        let claims = Compact::parse(&jwt).unwrap().claims().unwrap();
        let of = |name: &str| claims[name].as_str().unwrap().to_owned();
        assert_eq!((of("htm"), of("htu")), ("GET".into(), "https://api.example/a".into()));
        assert_eq!(of("ath"), b64::encode(&openssl::sha::sha256(b"token")));

        let label: Label = serde_json::from_value(json!({
            "profile": "acme", "environment": "server", "set": "user", "came": 0, "ends": null, "access": true,
            "refresh": null, "scope": null, "token_type": "DPoP"
        }))
        .unwrap();
        let print = key.info().public.thumbprint();
        let keys = [Held { role: "dpop".into(), uri: KeyUri::new("memory", "dpop"), tls: false, key }];
        assert!(proof_key(&keys, &label, &[Bound::ProofKey(print)]).unwrap().is_some());
        assert!(proof_key(&keys, &label, &[]).unwrap().is_some(), "an opaque one");
        let other = [Bound::ProofKey("x".repeat(43))];
        assert_eq!(proof_key(&keys, &label, &other).err().map(|e| e.id), Some("key.not-found"));
    }
}
