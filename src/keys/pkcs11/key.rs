//! One key on a token. Each signature is checked with the public half before it leaves.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::fault::Fault;
use super::host::Host;
use super::mechanism::{Mechanism, Signing, Wrapping};
use super::module::{Class, Facts, Module, ObjectId};
use super::objects;
use super::reference::Reference;
use super::tokens::{Place, Repeat};
use crate::jose::{Alg, VerifyError, verify};
use crate::keys::error::shown;
use crate::keys::{Key, KeyError, KeyInfo, KeySpec, Unlock, Unwrap};

/// Larger than the modulus of any RSA key.
const LARGEST_WRAPPED: usize = 2048;

/// Where a key is: the token it is on, and its id; the label tells where there is no id.
#[derive(Clone, Debug)]
pub(super) struct Address {
    pub token: Reference,
    pub label: String,
    pub id: Vec<u8>,
}

impl Address {
    /// The private key's handle, for this session.
    fn private(&self, module: &mut dyn Module, place: &Place) -> Result<(ObjectId, Facts), Fault> {
        let mut found = objects::of_key(module, place, Class::Private, &self.label, &self.id)?;
        match (found.pop(), found.len()) {
            (Some(one), 0) => Ok(one),
            (Some(_), more) => Err(Fault::Told(doubled(more + 1, &self.label))),
            (None, _) => {
                place.logged_in(module)?;
                let (key, token) = (shown(&self.label), shown(&place.token.label));
                let text = format!("the private key “{key}” is not on the token “{token}”: only its public half is");
                Err(KeyError::new("key.not-found", text, "take the token that the key was made on").into())
            }
        }
    }
}

pub(super) fn doubled(count: usize, label: &str) -> KeyError {
    let text = format!("{count} keys of the token have the id of “{}”", shown(label));
    KeyError::new("key.ambiguous", text, "give one another id, for example with pkcs11-tool --set-id")
}

pub(super) fn has(module: &mut dyn Module, place: &Place, mechanism: Mechanism) -> Result<(), Fault> {
    if module.mechanisms(place.slot)?.contains(&mechanism.number) {
        return Ok(());
    }
    let text = format!("the token “{}” does not have {}", shown(&place.token.label), mechanism.name);
    let hint = "choose another algorithm; pkcs11-tool --list-mechanisms shows what it has";
    Err(KeyError::new("key.algorithm", text, hint).into())
}

/// What the private key's own attributes forbid.
fn allowed(facts: &Facts, label: &str, may: Option<bool>, attribute: &str, what: &str) -> Result<(), Fault> {
    let label = shown(label);
    if may == Some(false) {
        let text = format!("the key “{label}” may not {what}: its {attribute} is false");
        return Err(KeyError::new("key.algorithm", text, "take a key that was made for it, or make one").into());
    }
    if facts.always_authenticate == Some(true) {
        let text = format!("the key “{label}” wants the PIN again for each use (CKA_ALWAYS_AUTHENTICATE)");
        let hint = "that is not offered yet: use a key of the token without it";
        return Err(KeyError::new("key.refused", text, hint).into());
    }
    Ok(())
}

pub(super) struct TokenKey {
    pub info: KeyInfo,
    pub address: Address,
    pub host: Arc<Host>,
    pub unlock: Arc<dyn Unlock>,
}

impl Key for TokenKey {
    fn info(&self) -> &KeyInfo {
        &self.info
    }

    fn sign<'a>(&'a self, alg: Alg, input: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            let how = Signing::of(alg).filter(|_| self.info.spec.signs(alg));
            let how = how.ok_or_else(|| KeyError::algorithm(self.info.spec, alg))?;
            let (address, data) = (self.address.clone(), how.data(input));
            let signed = self.host.unlocked(&*self.unlock, self.host.times.quick, move |tokens, _| {
                tokens.on(&address.token, Repeat::Once, |module, place| {
                    let (key, facts) = address.private(module, place)?;
                    allowed(&facts, &address.label, facts.may_sign, "CKA_SIGN", "sign")?;
                    has(module, place, how.mechanism())?;
                    module.sign(place.session, key, how, &data)
                })
            });
            let signature = signed.await?;
            match verify(alg, &self.info.public, input, &signature) {
                Ok(()) => Ok(signature),
                Err(e @ VerifyError::Weak(_)) => Err(KeyError::new("key.algorithm", e.to_string(), e.hint())),
                Err(_) => Err(false_signature(&self.info.label)),
            }
        })
    }

    fn as_unwrap(&self) -> Option<&dyn Unwrap> {
        matches!(self.info.spec, KeySpec::Rsa(_)).then_some(self)
    }
}

fn false_signature(label: &str) -> KeyError {
    let text =
        format!("ALARM: what the token gave as signature of “{}” is none of this key; it was kept back", shown(label));
    let hint = "the token is broken, or holds another private key under this id: do not use it before you know which";
    KeyError::new("key.signature", text, hint)
}

impl Unwrap for TokenKey {
    fn unwrap<'a>(&'a self, alg: &'a str, encrypted_key: &'a [u8]) -> BoxFuture<'a, Result<Vec<u8>, KeyError>> {
        Box::pin(async move {
            let how = Wrapping::of(alg).ok_or_else(|| {
                let text = format!("keys are not unwrapped with {} on a token", shown(alg));
                KeyError::new("key.algorithm", text, "RSA-OAEP and RSA-OAEP-256 are, where the token can")
            })?;
            if encrypted_key.len() > LARGEST_WRAPPED {
                return Err(Fault::Data.told("", None));
            }
            let (address, data) = (self.address.clone(), encrypted_key.to_vec());
            let name = match how {
                Wrapping::OaepSha1 => "RSA-OAEP",
                Wrapping::OaepSha256 => "RSA-OAEP-256",
            };
            let opened = self.host.unlocked(&*self.unlock, self.host.times.quick, move |tokens, _| {
                tokens.on(&address.token, Repeat::Once, |module, place| {
                    let (key, facts) = address.private(module, place)?;
                    allowed(&facts, &address.label, facts.may_decrypt, "CKA_DECRYPT", "unwrap")?;
                    has(module, place, Mechanism::RSA_OAEP)?;
                    module.unwrap(place.session, key, how, &data).map_err(|fault| match fault {
                        Fault::Mechanism => {
                            let text = format!("the token “{}” cannot do {name}", shown(&place.token.label));
                            let hint = "ask the sender for RSA-OAEP, or keep the decryption key elsewhere";
                            KeyError::new("key.algorithm", text, hint).into()
                        }
                        other => other,
                    })
                })
            });
            Ok(opened.await?.expose().to_vec())
        })
    }
}
