//! `pkcs11:token=…;object=…`: keys on a card, a stick or an HSM, through its PKCS#11 module (RFC 7512, PKCS#11 2.40).
//!
//! ```text
//!   store ──► host (one per module and process) ──► thread ──► tokens ──► module
//!               asks for the PIN, once                session, one re-open      cryptoki, or a fake
//! ```
//!
//! A module is code that becomes part of this process, so it is loaded only where the person has named it. A private key
//! never comes here: it signs where it is, and what it signed is checked with its public half. Looking needs no PIN as
//! long as public halves or certificates lie on the token.

mod certificate;
mod fault;
mod host;
mod key;
mod library;
mod mechanism;
mod module;
mod objects;
mod reference;
mod system;
#[cfg(test)]
mod tests;
mod tokens;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use fault::Fault;
use host::Host;
use key::{Address, TokenKey, doubled, has};
use mechanism::Mechanism;
use module::{Class, TokenFacts};
use objects::Found;
use reference::{ModuleName, Reference, made};
use tokens::Repeat;

use super::error::shown;
use super::{
    Certify, Delete, Deleted, Generate, Key, KeyError, KeyInfo, KeySpec, KeyStore, KeyUri, Making, Unlock, belongs,
    material,
};

/// How a module is named.
const WAY: &str =
    "name it: [pkcs11] modules = [\"/usr/lib/…/libsofthsm2.so\"] in config.toml, or COUNTERSIGN_PKCS11_MODULES";
const SCHEME: &str = "pkcs11";
/// Bytes of a fresh CKA_ID.
const ID_SIZE: usize = 16;

/// Every token behind the modules that the person configured.
pub struct Pkcs11 {
    modules: Vec<(PathBuf, Arc<Host>)>,
    unlock: Arc<dyn Unlock>,
}

/// The one token that a reference names.
struct Chosen {
    host: Arc<Host>,
    token: TokenFacts,
    reference: Reference,
}

/// What a look at a token showed.
struct Seen {
    token: TokenFacts,
    logged_in: bool,
    keys: Vec<Found>,
}

impl Pkcs11 {
    /// `modules`: paths of modules that the person trusts. None is loaded before it is needed.
    pub fn new(modules: Vec<PathBuf>, unlock: Arc<dyn Unlock>) -> Self {
        let modules = modules.into_iter().map(|path| (path.clone(), Host::of(&path))).collect();
        Self { modules, unlock }
    }

    fn configured(&self) -> Result<(), KeyError> {
        if self.modules.is_empty() {
            return Err(KeyError::new("key.absent", "no PKCS#11 module is configured", WAY));
        }
        Ok(())
    }

    fn modules(&self, reference: &Reference) -> Result<Vec<Arc<Host>>, KeyError> {
        self.configured()?;
        let fits = |path: &PathBuf| reference.module.as_ref().is_none_or(|m| m.fits(path));
        let hosts: Vec<_> = self.modules.iter().filter(|(p, _)| fits(p)).map(|(_, h)| h.clone()).collect();
        if hosts.is_empty() {
            let named = match &reference.module {
                Some(ModuleName::Path(path)) => path.to_string_lossy().into_owned(),
                Some(ModuleName::Name(name)) => name.clone(),
                None => String::new(),
            };
            let text = format!(
                "the reference names the module {}, which is not configured: a reference alone does not make this program load code",
                shown(&named)
            );
            return Err(KeyError::new("key.module", text, format!("if you trust it, {WAY}")));
        }
        Ok(hosts)
    }

    async fn choose(&self, reference: &Reference) -> Result<Chosen, KeyError> {
        let (mut fitting, mut there, mut broken) = (Vec::new(), Vec::new(), None);
        for host in self.modules(reference)? {
            let asked = reference.clone();
            let look = host.call(move |tokens, _| Ok((tokens.fitting(&asked)?, tokens.present()?)));
            match look.await {
                Ok((fit, present)) => {
                    fitting.extend(fit.into_iter().map(|(_, token)| (host.clone(), token)));
                    there.extend(present.into_iter().map(|(_, token)| token));
                }
                Err(e) => broken = broken.or(Some(e)),
            }
        }
        match (fitting.pop(), fitting.len(), broken) {
            (Some((host, token)), 0, _) => {
                let reference = Reference::pinned(&token, reference.slot);
                Ok(Chosen { host, token, reference })
            }
            (Some(_), more, _) => Err(tokens::several(more + 1, reference)),
            (None, _, Some(e)) => Err(e),
            (None, _, None) => Err(tokens::none(reference, &there)),
        }
    }

    /// The key that a reference names; asks for the PIN only where nothing of it is seen without.
    async fn find(&self, chosen: &Chosen, reference: &Reference) -> Result<(Found, bool), KeyError> {
        let (place, wanted) = (chosen.reference.clone(), reference.clone());
        let looked = chosen.host.unlocked(&*self.unlock, chosen.host.times.quick, move |tokens, _| {
            tokens.on(&place, Repeat::Once, |module, place| {
                let mut keys = objects::keys(module, place)?;
                keys.retain(|k| wanted.fits_object(&k.label, &k.id));
                if keys.is_empty() {
                    place.logged_in(module)?;
                }
                Ok((keys, module.logged_in(place.session)?))
            })
        });
        let (mut keys, logged_in) = looked.await?;
        let token = shown(&chosen.token.label);
        match (keys.pop(), keys.len()) {
            (Some(one), 0) if one.doubled => Err(doubled(2, &one.label)),
            (Some(one), 0) => Ok((one, logged_in)),
            (Some(_), more) => {
                let text = format!("{} keys {} are on the token “{token}”", more + 1, reference.object_named());
                Err(KeyError::new("key.ambiguous", text, "add id=%…, as countersign keys list shows it"))
            }
            (None, _) => {
                let text = format!("there is no key {} on the token “{token}”", reference.object_named());
                Err(KeyError::new("key.not-found", text, "countersign keys list shows what is there; names are exact"))
            }
        }
    }

    async fn get(&self, uri: &KeyUri) -> Result<TokenKey, KeyError> {
        let reference = Reference::parse(uri)?;
        let chosen = self.choose(&reference).await?;
        let (found, logged_in) = self.find(&chosen, &reference).await?;
        self.key(uri, chosen, &found, logged_in)
    }

    fn key(&self, uri: &KeyUri, chosen: Chosen, found: &Found, logged_in: bool) -> Result<TokenKey, KeyError> {
        let info = found.info(uri.clone(), &chosen.token, logged_in).ok_or_else(|| {
            let label = shown(&found.label);
            let (why, hint) = match found.odd {
                true => {
                    ("is of a kind that is not used here", "take an EC key on P-256, P-384 or P-521, or an RSA key")
                }
                false => (
                    "cannot be used: its public half is not on the token",
                    "store its certificate or public key beside it, under the same id",
                ),
            };
            KeyError::new("key.unreadable", format!("the key “{label}” {why}"), hint)
        })?;
        let address = Address { token: chosen.reference, label: found.label.clone(), id: found.id.clone() };
        Ok(TokenKey { info, address, host: chosen.host, unlock: self.unlock.clone() })
    }

    async fn look(&self) -> Result<Vec<Seen>, KeyError> {
        let (mut seen, mut broken) = (Vec::new(), None);
        for (_, host) in &self.modules {
            let look = host.call(|tokens, given_up| {
                tokens.each(|module, place| {
                    if given_up.now() {
                        return Err(Fault::GivenUp);
                    }
                    let logged_in = module.logged_in(place.session)?;
                    Ok(Seen { token: place.token.clone(), logged_in, keys: objects::keys(module, place)? })
                })
            });
            match look.await {
                Ok(one) => seen.extend(one),
                Err(e) if self.modules.len() > 1 => {
                    self.unlock.hear(&format!("{e}: {}", e.hint));
                    broken = Some(e);
                }
                Err(e) => broken = Some(e),
            }
        }
        match broken {
            Some(e) if seen.is_empty() => Err(e),
            _ => Ok(seen),
        }
    }

    /// Deletes every object of a key.
    async fn remove(&self, key: &TokenKey) -> Result<(), KeyError> {
        let address = key.address.clone();
        let removed = key.host.unlocked(&*self.unlock, key.host.times.quick, move |tokens, _| {
            tokens.on(&address.token, Repeat::Never, |module, place| {
                place.logged_in(module)?;
                let mut objects = Vec::new();
                for class in [Class::Private, Class::Public, Class::Certificate] {
                    objects.extend(objects::of_key(module, place, class, &address.label, &address.id)?);
                }
                place.writing(module, |module, session| {
                    objects.iter().try_for_each(|(object, _)| module.destroy(session, *object))
                })
            })
        });
        removed.await
    }

    async fn make(&self, uri: &KeyUri, spec: KeySpec) -> Result<Arc<dyn Key>, KeyError> {
        let reference = Reference::parse(uri)?;
        let label = reference.object.clone().ok_or_else(|| {
            KeyError::new("key.reference", "a new key wants a name: object=…", "pkcs11:token=QSeal;object=signing")
        })?;
        let mechanism = match spec {
            KeySpec::P256 | KeySpec::P384 | KeySpec::P521 => Mechanism::MAKE_EC,
            KeySpec::Rsa(2048..) => Mechanism::MAKE_RSA,
            KeySpec::Rsa(_) | KeySpec::Ed25519 | KeySpec::X25519 => {
                let text = format!("a token makes no {spec} key here");
                return Err(KeyError::new("key.algorithm", text, "ES256, ES384, ES512, or RSA of 2048 bits and more"));
            }
        };
        let chosen = self.choose(&reference).await?;
        let id = match &reference.id {
            Some(id) => id.clone(),
            None => fresh_id()?,
        };
        let (place, asked) = (chosen.reference.clone(), id.clone());
        let done = chosen.host.unlocked(&*self.unlock, chosen.host.times.make, move |tokens, given_up| {
            tokens.on(&place, Repeat::Never, |module, place| {
                place.logged_in(module)?;
                let taken = objects::keys(module, place)?.into_iter().find(|k| k.label == label || k.id == asked);
                if let Some(key) = taken {
                    let (label, token) = (shown(&key.label), shown(&place.token.label));
                    let text = format!("there is already a key “{label}” on the token “{token}”");
                    let hint = "choose another name and id, or delete that key first";
                    return Err(KeyError::new("key.exists", text, hint).into());
                }
                has(module, place, mechanism)?;
                place.writing(module, |module, session| module.generate(session, spec, &label, &asked))?;
                if given_up.now() {
                    // it was said that nothing was made, and so it must be
                    for class in [Class::Private, Class::Public] {
                        for (object, _) in objects::of_key(module, place, class, &label, &asked)? {
                            place.writing(module, |module, session| module.destroy(session, object))?;
                        }
                    }
                    return Err(Fault::GivenUp);
                }
                Ok(())
            })
        });
        done.await?;
        let exact = Reference { id: Some(id), ..reference };
        let (found, logged_in) = self.find(&chosen, &exact).await?;
        let key = self.key(uri, chosen, &found, logged_in)?;
        let held = match &found.private {
            Some(private) => private.extractable == Some(false) && private.sensitive == Some(true),
            None => false,
        };
        let proven = match held {
            true => material::proven(&key).await,
            false => Err(KeyError::new(
                "key.store",
                "the token made a key that could leave it, and that key was deleted again",
                "ask the token's vendor: CKA_SENSITIVE and CKA_EXTRACTABLE were not heeded",
            )),
        };
        if let Err(e) = proven {
            // best effort: the error that is told is the first one
            let _ = self.remove(&key).await;
            return Err(e);
        }
        Ok(Arc::new(key))
    }
}

#[expect(clippy::disallowed_methods, reason = "a name for a key on a token, which a run never sees")]
fn fresh_id() -> Result<Vec<u8>, KeyError> {
    let mut id = vec![0; ID_SIZE];
    getrandom::fill(&mut id)
        .map_err(|_| KeyError::new("key.store", "the operating system gave no random numbers", "try again"))?;
    Ok(id)
}

impl KeyStore for Pkcs11 {
    fn scheme(&self) -> &'static str {
        SCHEME
    }

    /// Asks for no PIN.
    fn list(&self) -> BoxFuture<'_, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(async {
            self.configured()?;
            let seen = self.look().await?;
            let mut tokens: BTreeMap<&str, usize> = BTreeMap::new();
            seen.iter().for_each(|s| *tokens.entry(&s.token.label).or_default() += 1);
            let mut listed = Vec::new();
            for Seen { token, logged_in, keys } in &seen {
                let twin = tokens.get(token.label.as_str()).is_some_and(|n| *n > 1);
                for key in keys {
                    let alike = keys.iter().filter(|k| k.label == key.label).count() > 1;
                    let uri = made(token, twin, &key.label, &key.id, alike);
                    listed.extend(key.info(uri, token, *logged_in));
                }
            }
            Ok(listed)
        })
    }

    fn open<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { Ok(Arc::new(self.get(uri).await?) as Arc<dyn Key>) })
    }

    fn as_generate(&self) -> Option<&dyn Generate> {
        Some(self)
    }

    fn why_no_import(&self) -> &'static str {
        ": a key that was outside a token is not made safe by bringing it in; make one there with keys new, and bring \
         its certificate with keys certify"
    }

    fn as_certify(&self) -> Option<&dyn Certify> {
        Some(self)
    }

    fn as_delete(&self) -> Option<&dyn Delete> {
        Some(self)
    }
}

impl Generate for Pkcs11 {
    fn generate<'a>(&'a self, uri: &'a KeyUri, making: &'a Making) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move { self.make(uri, making.spec).await })
    }
}

impl Delete for Pkcs11 {
    fn delete<'a>(&'a self, uri: &'a KeyUri) -> BoxFuture<'a, Result<Deleted, KeyError>> {
        Box::pin(async move {
            let key = self.get(uri).await?;
            self.remove(&key).await.map(|()| Deleted::ForGood)
        })
    }

    fn restore<'a>(&'a self, _: &'a KeyUri) -> BoxFuture<'a, Result<(), KeyError>> {
        let text = "a token has no bin: what was deleted there is gone";
        Box::pin(async move { Err(KeyError::new("key.not-found", text, "make a new key, and have it certified")) })
    }
}

impl Certify for Pkcs11 {
    fn certify<'a>(&'a self, uri: &'a KeyUri, chain: Vec<Vec<u8>>) -> BoxFuture<'a, Result<Arc<dyn Key>, KeyError>> {
        Box::pin(async move {
            let key = self.get(uri).await?;
            if chain.is_empty() {
                return Err(KeyError::new(
                    "key.certificate",
                    "there is no certificate",
                    "give the one that was issued",
                ));
            }
            belongs(&key.info.public, &chain)?;
            let new = certificate::parts(&chain, &key.address)?;
            let new = Arc::new(new);
            let place = key.address.token.clone();
            let kept = key.host.unlocked(&*self.unlock, key.host.times.quick, move |tokens, _| {
                tokens.on(&place, Repeat::Never, |module, place| {
                    place.logged_in(module)?;
                    let there = objects::certificates(module, place)?;
                    place.writing(module, |module, session| {
                        let missing = new.iter().filter(|c| !there.contains(&c.der));
                        missing.into_iter().try_for_each(|c| module.keep(session, c))
                    })
                })
            });
            kept.await?;
            Ok(Arc::new(self.get(uri).await?) as Arc<dyn Key>)
        })
    }
}
