//! From the joined TOML shapes to the model: every text compiled, every word known, every complaint with its place.

mod flow;
mod names;
mod new_key;
mod open;
mod part;
mod reads;
mod secrets;
mod seen;
mod verb;
mod wish;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::model::{Assertion, Client, Environment, ErrorHint, Input, KeyRole, KeyUse, Profile};
use super::place::{At, Complaint, Place, Sources};
use super::raw::{RawClient, RawFlow, RawInput, RawKey, RawProfile};
use super::value::{Node, RawValue, Table};
use crate::flow::template::{Exprs, Text, Tree};
use crate::jose::Alg;
use crate::jose::jwe::{Family, KeyAlg};
use crate::secret::Class;
use part::{class, words_of};

pub use secrets::{find_private_key, find_secret};

pub struct Compiler<'a> {
    sources: &'a Sources,
    shared: &'a BTreeMap<String, RawFlow>,
    exprs: &'a Exprs,
    pub complaints: Vec<Complaint>,
}

impl<'a> Compiler<'a> {
    pub fn new(sources: &'a Sources, shared: &'a BTreeMap<String, RawFlow>, exprs: &'a Exprs) -> Self {
        Self { sources, shared, exprs, complaints: Vec::new() }
    }

    /// Compiles what it can and complains about the rest.
    pub fn profile(&mut self, raw: &RawProfile, lineage: Vec<String>) -> Profile {
        let start = raw.id.as_ref().or(raw.name.as_ref()).map_or(Place::default(), |w| w.place);
        if raw.schema.as_ref().is_none_or(|s| s.value != 1) {
            self.complain(raw.schema.as_ref().map_or(start, |s| s.place), "`schema = 1` is wanted at the top");
        }
        let id = raw.id.as_ref().map(|w| w.value.clone()).unwrap_or_default();
        let word = !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !word || id.len() > 64 {
            self.complain(start, "`id` is wanted: lower-case letters, digits and hyphens, at most 64");
        }
        let name = raw.name.as_ref().map_or_else(|| id.clone(), |w| w.value.clone());
        let template = raw.template.unwrap_or(false);
        if raw.hosts.is_none() && !template {
            self.complain(start, "`hosts` is wanted: nothing is ever sent anywhere else");
        }
        let hosts = raw.hosts.iter().flatten().map(|h| self.text(h)).collect();
        let environments = self.environments(&raw.environments);
        if environments.is_empty() && !template {
            self.complain(start, "a profile needs at least one [environments.NAME]");
        }
        let inputs: Vec<Input> = raw.inputs.iter().map(|(n, i)| self.input(n, i)).collect();
        if let Some(input) = inputs.iter().find(|i| i.offers.is_some()) {
            self.complain(input.place, "only a step that asks has `offers`: an input of the profile has `options`");
        }
        let keys: Vec<KeyRole> = raw.keys.iter().map(|(n, k)| self.role(n, k)).collect();
        let mut clients = Vec::new();
        if let Some(client) = &raw.client {
            clients.push(self.client(&At { value: "client".to_owned(), place: start }, client));
        }
        clients.extend(raw.clients.iter().map(|(n, c)| self.client(n, c)));
        let mut levels = BTreeMap::new();
        for (id, level) in raw.levels.iter() {
            let known = if level.value == "off" { Some(None) } else { part::level(&level.value).map(Some) };
            match known {
                Some(l) => {
                    levels.insert(id.value.clone(), l);
                }
                None => self.complain(level.place, "a level is one of must, should, info, off"),
            }
        }
        let mut profile = Profile {
            id,
            name,
            country: words_of(raw.country.as_ref()),
            docs: words_of(raw.docs.as_ref()),
            about: words_of(raw.about.as_ref()),
            evidence: words_of(raw.evidence.as_ref()),
            template,
            lineage,
            hosts,
            environments,
            inputs,
            keys,
            clients,
            lifetimes: self.members(&raw.lifetimes),
            levels,
            flows: Vec::new(),
            checks: raw.check.iter().filter_map(|c| self.check(c)).collect(),
            errors: raw.error.iter().map(|e| self.error(e)).collect(),
            token_sets: std::collections::BTreeSet::new(),
            environment: words_of(raw.environment.as_ref()),
            values: Vec::new(),
            pins: self.pins(&raw.pins),
        };
        profile.values = self.values(&raw.values, &profile.inputs);
        if let Some(name) = &raw.environment
            && profile.environment(&name.value).is_none()
        {
            self.complain(name.place, format!("there is no environment `{}`", name.value));
        }
        for flow in &raw.flow {
            let compiled = self.flow(flow, raw);
            profile.flows.push(compiled);
        }
        profile.token_sets = names::saved_sets(&profile);
        self.places(&profile, &raw.error);
        self.names(&mut profile);
        self.opens(&profile);
        profile
    }

    pub(super) fn complain(&mut self, place: Place, text: impl Into<String>) {
        self.complaints.push(Complaint::new(place, text));
    }

    fn environments(&mut self, raw: &Table<RawValue>) -> Vec<Environment> {
        let mut out: Vec<Environment> = Vec::new();
        for (name, value) in raw.iter() {
            let Node::Map(members) = &value.value else {
                self.complain(value.place, "an environment is a table");
                continue;
            };
            let mut e = Environment {
                name: name.value.clone(),
                label: name.value.clone(),
                production: false,
                sandbox: None,
                disabled: None,
                values: Vec::new(),
                place: name.place,
            };
            for (key, v) in members {
                match (key.value.as_str(), &v.value) {
                    ("production", Node::Plain(Json::Bool(b))) => e.production = *b,
                    ("label", Node::Text(t)) => e.label.clone_from(t),
                    ("disabled", Node::Text(t)) => e.disabled = Some(t.clone()),
                    ("sandbox", Node::Text(t)) => e.sandbox = Some(t.clone()),
                    ("like", Node::Text(_)) => {}
                    ("production" | "label" | "disabled" | "sandbox" | "like", _) => {
                        self.complain(v.place, format!("`{}` has the wrong type", key.value));
                    }
                    (k, _) => e.values.push((k.to_owned(), self.tree(v))),
                }
            }
            out.push(e);
        }
        self.likes(raw, &mut out);
        out
    }

    /// `like = "production"`: that environment's values, these over them.
    fn likes(&mut self, raw: &Table<RawValue>, out: &mut [Environment]) {
        for (name, value) in raw.iter() {
            let Node::Map(members) = &value.value else { continue };
            let Some((_, like)) = members.iter().find(|(k, _)| k.value == "like") else { continue };
            let Node::Text(target) = &like.value else { continue };
            let Some(base) = out.iter().find(|e| e.name == *target && e.name != name.value).map(|e| e.values.clone())
            else {
                self.complain(like.place, format!("there is no other environment `{target}`"));
                continue;
            };
            let Some(own) = out.iter_mut().find(|e| e.name == name.value) else { continue };
            let mut joined = base;
            for (k, v) in std::mem::take(&mut own.values) {
                match joined.iter_mut().find(|(n, _)| *n == k) {
                    Some((_, old)) => *old = v,
                    None => joined.push((k, v)),
                }
            }
            own.values = joined;
        }
        if let Some((first, rest)) = out.split_first() {
            for e in rest {
                let missing = first.values.iter().find(|(k, _)| !e.values.iter().any(|(n, _)| n == k));
                let extra = e.values.iter().find(|(k, _)| !first.values.iter().any(|(n, _)| n == k));
                if let Some((k, _)) = missing.or(extra) {
                    let text = format!("environments `{}` and `{}` differ: only one has `{k}`", first.name, e.name);
                    self.complaints.push(Complaint::new(e.place, text));
                }
            }
        }
    }

    pub(super) fn input(&mut self, name: &At<String>, raw: &RawInput) -> Input {
        let kind = raw.kind.as_ref().map_or(Some(super::model::InputKind::Text), |k| part::input_kind(&k.value));
        if kind.is_none() {
            let place = raw.kind.as_ref().map_or(name.place, |k| k.place);
            self.complain(place, "a type is one of text, url, number, bool, list, json, document");
        }
        let class = self.class_of(raw.class.as_ref());
        let class = class.max(crate::secret::class_of_name(&name.value));
        if let Some(default) = &raw.default
            && class == Class::Secret
            && matches!(&default.value, Node::Text(t) if !t.contains("{{") && !t.is_empty())
        {
            self.complain(default.place, "a secret input has no default: its value would stand in the profile");
        }
        if let Some(pattern) = &raw.pattern
            && regex_lite::Regex::new(&pattern.value).is_err()
        {
            self.complain(pattern.place, "the pattern is no regular expression");
        }
        Input {
            name: name.value.clone(),
            label: raw.label.as_ref().map_or_else(|| name.value.clone(), |l| l.value.clone()),
            help: words_of(raw.help.as_ref()),
            kind: kind.unwrap_or(super::model::InputKind::Text),
            default: raw.default.as_ref().map(|v| self.tree(v)),
            options: raw.options.iter().flatten().filter_map(|v| part::plain_text(&v.value)).collect(),
            offers: raw.offers.as_ref().map(|v| self.tree(v)),
            pattern: words_of(raw.pattern.as_ref()),
            optional: raw.optional.unwrap_or(false),
            class,
            save: raw.save.unwrap_or(true),
            advanced: raw.advanced.unwrap_or(false),
            place: name.place,
        }
    }

    fn role(&mut self, name: &At<String>, raw: &RawKey) -> KeyRole {
        let usage = raw.usage.as_ref().map(|u| (u, part::key_use(&u.value)));
        let usage = match usage {
            Some((_, Some(u))) => u,
            Some((w, None)) => {
                self.complain(w.place, "a key's `use` is sig, enc or tls");
                KeyUse::Sign
            }
            None => {
                self.complain(name.place, format!("key role `{}` needs `use`: sig, enc or tls", name.value));
                KeyUse::Sign
            }
        };
        let (mut algs, mut key_algs) = (Vec::new(), Vec::new());
        for alg in raw.algs.iter().flatten() {
            match Alg::parse(&alg.value) {
                Some(a) => algs.push(a),
                None if usage == KeyUse::Encrypt => match KeyAlg::parse(&alg.value) {
                    Some(a) if a.family() != Family::Shared => key_algs.push(a),
                    _ => {
                        let text = format!("`{}` is no algorithm that a key of ours decrypts with", alg.value);
                        self.complain(alg.place, text);
                    }
                },
                None => {
                    self.complain(alg.place, format!("`{}` is no signature algorithm this program knows", alg.value))
                }
            }
        }
        if usage == KeyUse::Sign && algs.is_empty() {
            self.complain(name.place, format!("key role `{}` needs `algs`", name.value));
        }
        if let Some(reference) = &raw.reference
            && reference.value.parse::<crate::keys::KeyUri>().is_err()
        {
            self.complain(reference.place, "a key reference is SCHEME:NAME, for example file:signing.pem");
        }
        let chain = raw.chain.as_ref().and_then(|chain| {
            let path = chain.value.strip_prefix("file:");
            if path.is_none_or(str::is_empty) {
                self.complain(chain.place, "certificates are named by their file: file:qwac.pem");
            }
            path.map(str::to_owned)
        });
        KeyRole {
            name: name.value.clone(),
            label: raw.label.as_ref().map_or_else(|| name.value.clone(), |l| l.value.clone()),
            help: words_of(raw.help.as_ref()),
            usage,
            algs,
            key_algs,
            min_bits: raw.min_bits,
            optional: raw.optional.unwrap_or(false),
            kid: raw.kid.as_ref().map(|t| self.text(t)),
            wish: self.wish(usage, raw),
            reference: words_of(raw.reference.as_ref()),
            chain,
            new: raw.new.as_ref().map(|n| self.new_key(n)),
            place: name.place,
        }
    }

    fn client(&mut self, name: &At<String>, raw: &RawClient) -> Client {
        let or = |c: &mut Self, t: Option<&At<String>>, default: &str| match t {
            Some(t) => c.text(t),
            None => c.text(&At { value: default.to_owned(), place: name.place }),
        };
        if raw.auth.is_none() {
            self.complain(name.place, format!("client `{}` needs `auth`", name.value));
        }
        let assertion = raw.assertion.as_ref().and_then(|a| {
            let Some(key) = &a.key else {
                self.complain(name.place, "an assertion needs `key`: the role that signs it");
                return None;
            };
            Some(Assertion {
                key: key.value.clone(),
                alg: a.alg.as_ref().map(|t| self.text(t)),
                header: a.header.as_ref().map_or(Tree::Map(Vec::new()), |v| self.tree(v)),
                claims: a.claims.as_ref().map_or(Tree::Map(Vec::new()), |v| self.tree(v)),
            })
        });
        Client {
            name: name.value.clone(),
            id: or(self, raw.id.as_ref(), "{{ inputs.client_id }}"),
            secret: or(self, raw.secret.as_ref(), "{{ inputs.client_secret }}"),
            auth: or(self, raw.auth.as_ref(), "none"),
            send_client_id: or(self, raw.send_client_id.as_ref(), "auto"),
            mtls: raw.mtls.as_ref().map(|t| self.text(t)),
            assertion,
            place: name.place,
        }
    }

    pub fn error(&mut self, raw: &super::raw::RawError) -> ErrorHint {
        if let Some(trace) = &raw.trace
            && regex_lite::Regex::new(&trace.value).is_err()
        {
            self.complain(trace.place, "`trace` is no regular expression");
        }
        ErrorHint {
            code: words_of(raw.code.as_ref()),
            status: raw.status,
            text: words_of(raw.text.as_ref()),
            place: words_of(raw.place.as_ref()),
            when: raw.when.as_ref().and_then(|w| self.expr(w)),
            likely: words_of(raw.likely.as_ref()),
            remedy: words_of(raw.remedy.as_ref()),
            checks: raw.checks.iter().flatten().map(|w| w.value.clone()).collect(),
            trace: words_of(raw.trace.as_ref()),
            revoked: raw.revoked.unwrap_or(false),
        }
    }

    fn values(&mut self, raw: &Table<RawValue>, inputs: &[Input]) -> Vec<(String, Json)> {
        let mut out = Vec::new();
        for (name, value) in raw.iter() {
            let Some(input) = inputs.iter().find(|i| i.name == name.value) else {
                let near = crate::flow::template::nearest(&name.value, inputs.iter().map(|i| i.name.as_str()));
                let hint = near.map(|n| format!("did you mean `{n}`?"));
                self.complaints
                    .push(Complaint::new(name.place, format!("there is no input `{}`", name.value)).hint(hint));
                continue;
            };
            if input.class == Class::Secret || !input.save {
                self.complain(value.place, format!("`{}` is never written into a profile", name.value));
                continue;
            }
            out.push((name.value.clone(), part::json(&value.value)));
        }
        out
    }

    pub(super) fn text(&mut self, raw: &At<String>) -> Text {
        Text::compile_with(&raw.value, self.exprs).unwrap_or_else(|e| {
            let place = self.sources.inside(raw.place, e.at);
            self.complain(place, e.why);
            Text::literal("")
        })
    }

    pub(super) fn tree(&mut self, raw: &RawValue) -> Tree {
        match &raw.value {
            Node::Text(text) => Tree::Text(self.text(&At { value: text.clone(), place: raw.place })),
            Node::Plain(json) => Tree::Plain(json.clone()),
            Node::List(items) => Tree::List(items.iter().map(|i| self.tree(i)).collect()),
            Node::Map(members) => Tree::Map(members.iter().map(|(k, v)| (k.value.clone(), self.tree(v))).collect()),
        }
    }

    pub(super) fn members(&mut self, raw: &Table<RawValue>) -> Vec<(String, Tree)> {
        raw.iter().map(|(n, v)| (n.value.clone(), self.tree(v))).collect()
    }

    pub(super) fn class_of(&mut self, raw: Option<&At<String>>) -> Class {
        let Some(word) = raw else { return Class::Public };
        class(&word.value).unwrap_or_else(|| {
            self.complain(word.place, "a class is public, personal or secret");
            Class::Secret
        })
    }
}
