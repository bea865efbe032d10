//! What lies on a token, put together: a private key, its public half and its certificates share an id.

use std::collections::BTreeMap;

use serde_json::json;

use super::fault::Fault;
use super::module::{Class, Facts, Kind, Module, ObjectId, TokenFacts};
use super::system::curve;
use super::tokens::Place;
use crate::jose::der::Reader;
use crate::jose::{PublicJwk, b64};
use crate::keys::{KeyInfo, KeySpec, KeyUri};
use crate::x509::{Passport, linked};

/// Longer than any true chain.
const LONGEST: usize = 10;

/// A key of a token, as far as it is seen.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub label: String,
    pub id: Vec<u8>,
    /// None: not seen before login.
    pub private: Option<Facts>,
    /// None: it has neither public half nor certificate, or is `odd`.
    pub public: Option<PublicJwk>,
    /// Leaf first.
    pub chain: Vec<Vec<u8>>,
    /// There is a certificate of the same id for another key.
    pub stray: bool,
    /// Its public half is there, and of a kind that JOSE has no name for.
    pub odd: bool,
    /// More than one private or public key under the same id.
    pub doubled: bool,
}

/// Id, and the label where there is no id.
type Name = (Vec<u8>, String);

#[derive(Default)]
struct Group {
    private: Vec<Facts>,
    public: Vec<Facts>,
    certificates: Vec<Facts>,
}

/// Every object of a class that can be read; one that cannot is left out.
fn all(module: &mut dyn Module, place: &Place, class: Class) -> Result<Vec<Facts>, Fault> {
    let mut facts = Vec::new();
    for object in module.find(place.session, class, None)? {
        match module.read(place.session, object, class) {
            Ok(read) => facts.push(read),
            Err(Fault::Removed) => return Err(Fault::Removed),
            Err(_) => {}
        }
    }
    Ok(facts)
}

/// DER of every certificate on the token.
pub(super) fn certificates(module: &mut dyn Module, place: &Place) -> Result<Vec<Vec<u8>>, Fault> {
    Ok(all(module, place, Class::Certificate)?.into_iter().map(|f| f.certificate).collect())
}

/// The objects of a class that belong to a key.
pub(super) fn of_key(
    module: &mut dyn Module,
    place: &Place,
    class: Class,
    label: &str,
    id: &[u8],
) -> Result<Vec<(ObjectId, Facts)>, Fault> {
    let mut found = Vec::new();
    for object in module.find(place.session, class, (!id.is_empty()).then_some(id))? {
        let facts = module.read(place.session, object, class)?;
        if facts.id == id && (!id.is_empty() || facts.label == label) {
            found.push((object, facts));
        }
    }
    Ok(found)
}

/// Every key. Before login also what may be one: a public half or a certificate whose private key is not seen yet.
pub(super) fn keys(module: &mut dyn Module, place: &Place) -> Result<Vec<Found>, Fault> {
    let open = !place.token.login_required || module.logged_in(place.session)?;
    let name = |f: &Facts| (f.id.clone(), if f.id.is_empty() { f.label.clone() } else { String::new() });
    let mut groups: BTreeMap<Name, Group> = BTreeMap::new();
    for facts in all(module, place, Class::Private)? {
        groups.entry(name(&facts)).or_default().private.push(facts);
    }
    for facts in all(module, place, Class::Public)? {
        groups.entry(name(&facts)).or_default().public.push(facts);
    }
    let certificates = all(module, place, Class::Certificate)?;
    for facts in &certificates {
        groups.entry(name(facts)).or_default().certificates.push(facts.clone());
    }
    let pool: Vec<Passport> = certificates.iter().filter_map(|f| Passport::read(&f.certificate).ok()).collect();
    Ok(groups.into_values().filter_map(|group| group.found(open, &pool)).collect())
}

impl Group {
    fn found(mut self, open: bool, pool: &[Passport]) -> Option<Found> {
        let read = |f: &Facts| Passport::read(&f.certificate).ok();
        let mut own: Vec<Passport> = self.certificates.iter().filter_map(read).collect();
        let authority = |p: &Passport| p.basic_constraints.is_some_and(|b| b.ca);
        let keyless = self.private.is_empty() && self.public.is_empty();
        if self.private.is_empty() && open || keyless && own.iter().all(authority) {
            return None;
        }
        let doubled = self.private.len() > 1 || self.public.len() > 1;
        let (private, public) = (self.private.pop(), self.public.pop());
        let named = private.as_ref().or(public.as_ref()).or(self.certificates.first())?;
        let (label, id) = (named.label.clone(), named.id.clone());
        let half = [&public, &private].into_iter().flatten().find_map(public_half);
        let half = half.or_else(|| own.iter().find(|p| !authority(p)).and_then(|p| p.key.jwk.clone()));
        let odd = half.is_none() && (public.is_some() || !own.is_empty());
        let before = own.len();
        own.retain(|p| half.as_ref().is_some_and(|h| p.belongs_to(h)));
        let stray = own.len() < before;
        let chain = own.into_iter().max_by_key(|p| p.not_after).map_or_else(Vec::new, |leaf| chain(leaf, pool));
        Some(Found { label, id, private, public: half, chain, stray, odd, doubled })
    }
}

/// The issuers of a certificate, as far as they lie on the token.
fn chain(leaf: Passport, pool: &[Passport]) -> Vec<Vec<u8>> {
    let mut chain = vec![leaf];
    while let Some(last) = chain.last().filter(|last| chain.len() < LONGEST && last.issuer != last.subject) {
        let issued =
            |above: &&Passport| above.subject == last.issuer && linked(&[last.der.clone(), above.der.clone()]).is_ok();
        let Some(above) = pool.iter().filter(issued).max_by_key(|p| p.not_after) else { break };
        chain.push(above.clone());
    }
    chain.into_iter().map(|p| p.der).collect()
}

/// From the attributes of a public key; a private one has some of them.
fn public_half(facts: &Facts) -> Option<PublicJwk> {
    let from_spki = || PublicJwk::from_spki_der(&facts.spki).ok();
    match facts.kind? {
        Kind::Ec if !facts.ec_point.is_empty() => {
            let (crv, size) = match curve(&facts.ec_params)? {
                KeySpec::P256 => ("P-256", 32),
                KeySpec::P384 => ("P-384", 48),
                KeySpec::P521 => ("P-521", 66),
                KeySpec::Ed25519 | KeySpec::X25519 | KeySpec::Rsa(_) => return None,
            };
            // PKCS#11 wraps the point into an OCTET STRING; some modules do not, and both begin with 04
            let point = match facts.ec_point.len() == 2 * size + 1 {
                true => &facts.ec_point[..],
                false => Reader::new(&facts.ec_point).enter(0x04, "OCTET STRING").ok()?.content(),
            };
            let (4, xy) = point.split_first().map(|(form, xy)| (*form, xy))? else { return None };
            let (x, y) = xy.split_at_checked(size)?;
            let jwk = json!({ "kty": "EC", "crv": crv, "x": b64::encode(x), "y": b64::encode(y) });
            PublicJwk::from_value(&jwk).ok()
        }
        Kind::Rsa if !facts.modulus.is_empty() && !facts.exponent.is_empty() => {
            let bare = |n: &[u8]| b64::encode(&n[n.iter().take_while(|b| **b == 0).count()..]);
            let jwk = json!({ "kty": "RSA", "n": bare(&facts.modulus), "e": bare(&facts.exponent) });
            PublicJwk::from_value(&jwk).ok()
        }
        _ => from_spki(),
    }
}

impl Found {
    /// None: its public half is not known.
    pub fn info(&self, uri: KeyUri, token: &TokenFacts, logged_in: bool) -> Option<KeyInfo> {
        let public = self.public.clone()?;
        let waits = token.login_required && !logged_in;
        let exportable = self.private.as_ref().is_some_and(|p| p.extractable == Some(true));
        let warnings = [
            exportable.then(|| "the private key can be taken off the token (CKA_EXTRACTABLE)".to_owned()),
            self.stray.then(|| "a certificate on the token has this key's id and is for another key".to_owned()),
            waits.then(|| {
                format!(
                    "the token asks for its PIN before the key signs{}",
                    if self.private.is_none() { "; until then only the public half is seen" } else { "" }
                )
            }),
        ];
        let warnings: Vec<String> = warnings.into_iter().flatten().collect();
        Some(KeyInfo {
            uri,
            label: self.label.clone(),
            spec: public.spec(),
            public,
            exportable,
            costly: waits,
            chain: self.chain.clone(),
            warning: (!warnings.is_empty()).then(|| warnings.join("; ")),
        })
    }
}
