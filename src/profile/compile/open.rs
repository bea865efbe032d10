//! The verb `open`: from its words to its model, and what has to hold of it within its flow.

use serde_json::Value as Json;

use super::Compiler;
use super::part::words_of;
use crate::flow::template::{Text, Tree, nearest};
use crate::jose::Alg;
use crate::jose::jwe::{Enc, KeyAlg};
use crate::profile::model::{Expect, Flow, KeyUse, KeysFrom, Open, Profile, Step, Unverified, Verb};
use crate::profile::place::{At, Complaint};
use crate::profile::raw::RawOpen;

impl Compiler<'_> {
    pub(super) fn open(&mut self, raw: &RawOpen) -> Open {
        let expect = match raw.expect.value.as_str() {
            "jws" => Expect::Jws,
            "jwe" => Expect::Jwe,
            "nested" => Expect::Nested,
            "any" => Expect::Any,
            _ => {
                self.complain(raw.expect.place, "`expect` is jws, jwe, nested or any");
                Expect::Jws
            }
        };
        let unverified = match raw.unverified.as_ref().map(|w| (w.value.as_str(), w.place)) {
            None | Some(("fail", _)) => Unverified::Fail,
            Some(("warn", _)) => Unverified::Warn,
            Some(("info", _)) => Unverified::Info,
            Some((_, place)) => {
                self.complain(place, "`unverified` is fail, warn or info");
                Unverified::Fail
            }
        };
        let keys = self.keys_from(raw);
        let known = |alg: &str| Alg::parse(alg).is_some();
        let tree = |c: &mut Self, v: Option<&_>| v.map(|v| c.tree(v));
        let open = Open {
            token: self.text(&raw.token),
            expect,
            payload: raw.payload.as_ref().map(|t| self.text(t)),
            crit: tree(self, raw.crit.as_ref()),
            decrypt: words_of(raw.decrypt.as_ref()),
            keys,
            key_algs: tree(self, raw.key_algs.as_ref()),
            enc_algs: tree(self, raw.enc_algs.as_ref()),
            algs: tree(self, raw.algs.as_ref()),
            typ: tree(self, raw.typ.as_ref()),
            iss: raw.iss.as_ref().map(|t| self.text(t)),
            aud: raw.aud.as_ref().map(|t| self.text(t)),
            nonce: raw.nonce.as_ref().map(|t| self.text(t)),
            lenient_dates: tree(self, raw.lenient_dates.as_ref()),
            refetch: words_of(raw.refetch.as_ref()),
            unverified,
        };
        let place = raw.token.place;
        for (name, tree, known) in [
            ("algs", &open.algs, &known as &dyn Fn(&str) -> bool),
            ("key_algs", &open.key_algs, &|a: &str| KeyAlg::parse(a).is_some()),
            ("enc_algs", &open.enc_algs, &|a: &str| Enc::parse(a).is_some()),
        ] {
            if let Some(bad) = tree.as_ref().and_then(|t| unknown(t, known)) {
                self.complain(place, format!("`{name}` lists `{bad}`, which this program does not know"));
            }
        }
        if open.payload.is_some() && expect != Expect::Jws {
            self.complain(raw.expect.place, "a detached signature is `expect = \"jws\"`");
        }
        if open.crit.is_some() && open.payload.is_none() {
            self.complain(place, "`crit` goes with `payload`: no other token may demand anything");
        }
        if open.decrypt.is_none() && matches!(expect, Expect::Jwe | Expect::Nested) {
            self.complain(raw.expect.place, "an encrypted token needs `decrypt`: the role whose key opens it");
        }
        if open.decrypt.is_some() && expect == Expect::Jws {
            self.complain(raw.expect.place, "`decrypt` has no meaning where a signed token is expected");
        }
        if expect != Expect::Jwe && unverified == Unverified::Fail && matches!(open.keys, KeysFrom::Nowhere) {
            self.complain(place, "the signature needs a key: one of jwks, own, pin; or `unverified = \"warn\"`");
        }
        if open.algs.is_none() && matches!(open.keys, KeysFrom::Jwks(_) | KeysFrom::Pin { .. }) {
            self.complain(place, "`algs` is wanted: the algorithms that the signature may have");
        }
        open
    }

    fn keys_from(&mut self, raw: &RawOpen) -> KeysFrom {
        let places = [raw.jwks.as_ref(), raw.own.as_ref(), raw.pin.as_ref()];
        if let Some(second) = places.iter().flatten().nth(1) {
            self.complain(second.place, "the keys come from one place: jwks, own or pin");
        }
        let inside = raw.inside.as_ref();
        if let Some(pointer) = inside.filter(|p| !p.value.starts_with('/')) {
            self.complain(pointer.place, "`inside` is a JSON pointer such as /jwks");
        }
        match (&raw.jwks, &raw.own, &raw.pin) {
            (_, _, Some(pin)) => KeysFrom::Pin { name: pin.value.clone(), inside: words_of(inside) },
            _ if inside.is_some() => {
                let place = inside.map_or(raw.token.place, |i| i.place);
                self.complain(place, "keys from inside a token prove nothing: `inside` goes with `pin` only");
                KeysFrom::Nowhere
            }
            (Some(jwks), _, _) => KeysFrom::Jwks(self.text(jwks)),
            (_, Some(own), _) => KeysFrom::Own(own.value.clone()),
            _ => KeysFrom::Nowhere,
        }
    }

    /// What can only be said of an `open` within its flow.
    pub(super) fn opens(&mut self, profile: &Profile) {
        for flow in &profile.flows {
            for (index, step) in flow.steps.iter().enumerate() {
                let Verb::Open(open) = &step.verb else { continue };
                self.refetches(flow, index, step, open);
                if let KeysFrom::Pin { name, inside: None } = &open.keys
                    && !flow.steps[..index].iter().any(|s| brings(s, name))
                {
                    let text = format!("no step before brings the keys of the pin `{name}` (an `open` with `inside`)");
                    self.complain(step.place, text);
                }
                if let Some(role) = open.decrypt.as_ref().and_then(|r| profile.role(r))
                    && role.usage != KeyUse::Encrypt
                {
                    self.complain(step.place, format!("the role `{}` is not for decrypting: use = \"enc\"", role.name));
                }
            }
        }
    }

    fn refetches(&mut self, flow: &Flow, index: usize, step: &Step, open: &Open) {
        let Some(target) = &open.refetch else { return };
        let mut before: Vec<&str> = Vec::new();
        for earlier in &flow.steps[..index] {
            if earlier.frame == step.frame {
                before.push(&earlier.id);
            } else if let Some(used) = child(flow, step.frame, earlier.frame) {
                before.push(used);
            }
        }
        if !before.contains(&target.as_str()) {
            let near = nearest(target, before.iter().copied()).map(|n| format!("did you mean `{n}`?"));
            let text = format!("`refetch` names no step before this one: `{target}`");
            self.complaints.push(Complaint::new(step.place, text).hint(near));
        }
    }

    /// The pins of a saved profile.
    pub(super) fn pins(
        &mut self,
        raw: &super::super::value::Table<super::super::raw::RawPin>,
    ) -> std::collections::BTreeMap<String, crate::profile::model::Pin> {
        let mut out = std::collections::BTreeMap::new();
        for (name, pin) in raw.iter() {
            for word in &pin.thumbprints {
                let whole = crate::jose::b64::decode(&word.value).is_ok_and(|bytes| bytes.len() == 32);
                if !whole {
                    self.complain(word.place, "a thumbprint is the SHA-256 of RFC 7638, base64url: 43 characters");
                }
            }
            let text = |word: Option<&At<String>>| words_of(word).unwrap_or_default();
            let thumbprints = pin.thumbprints.iter().map(|w| w.value.clone()).collect();
            let (sha256, approved) = (text(pin.sha256.as_ref()), text(pin.approved.as_ref()));
            out.insert(name.value.clone(), crate::profile::model::Pin { thumbprints, sha256, approved });
        }
        out
    }
}

/// The first name in a literal list that is not known.
fn unknown(tree: &Tree, known: &dyn Fn(&str) -> bool) -> Option<String> {
    let Tree::List(items) = tree else { return None };
    let words = items.iter().filter_map(|i| match i {
        Tree::Text(text) => Text::as_literal(text).map(str::to_owned),
        Tree::Plain(Json::String(s)) => Some(s.clone()),
        Tree::Plain(other) => Some(other.to_string()),
        _ => None,
    });
    words.into_iter().find(|w| !known(w))
}

fn brings(step: &Step, pin: &str) -> bool {
    matches!(&step.verb, Verb::Open(o) if matches!(&o.keys, KeysFrom::Pin { name, inside: Some(_) } if name == pin))
}

/// The step of `frame` that uses the flow in which `inner` lies.
fn child(flow: &Flow, frame: usize, inner: usize) -> Option<&str> {
    let mut at = inner;
    while let Some(parent) = flow.frames[at].parent {
        if parent == frame {
            return Some(&flow.frames[at].step);
        }
        at = parent;
    }
    None
}
