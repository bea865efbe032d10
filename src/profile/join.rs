//! Lays one profile upon the one it extends: tables key by key, lists with ids by id, other values replace.

use super::raw::{RawAssertion, RawClient, RawFlow, RawInput, RawKey, RawProfile, RawStep};
use super::value::{Node, RawValue};

fn replace<T>(base: &mut Option<T>, over: Option<T>) {
    if over.is_some() {
        *base = over;
    }
}

/// Objects join member by member; anything else replaces.
pub fn value(base: &mut RawValue, over: RawValue) {
    match (&mut base.value, over.value) {
        (Node::Map(members), Node::Map(added)) => {
            for (name, new) in added {
                match members.iter_mut().find(|(n, _)| n.value == name.value) {
                    Some((_, old)) => value(old, new),
                    None => members.push((name, new)),
                }
            }
        }
        (slot, new) => *slot = new,
    }
    base.place = over.place;
}

fn optional_value(base: &mut Option<RawValue>, over: Option<RawValue>) {
    match (base.as_mut(), over) {
        (Some(old), Some(new)) => value(old, new),
        (None, Some(new)) => *base = Some(new),
        (_, None) => {}
    }
}

pub fn input(base: &mut RawInput, over: RawInput) {
    replace(&mut base.label, over.label);
    replace(&mut base.help, over.help);
    replace(&mut base.reference, over.reference);
    replace(&mut base.kind, over.kind);
    replace(&mut base.default, over.default);
    replace(&mut base.options, over.options);
    replace(&mut base.pattern, over.pattern);
    replace(&mut base.optional, over.optional);
    replace(&mut base.class, over.class);
    replace(&mut base.save, over.save);
    replace(&mut base.advanced, over.advanced);
}

fn key(base: &mut RawKey, over: RawKey) {
    replace(&mut base.label, over.label);
    replace(&mut base.help, over.help);
    replace(&mut base.usage, over.usage);
    replace(&mut base.algs, over.algs);
    replace(&mut base.min_bits, over.min_bits);
    replace(&mut base.optional, over.optional);
    replace(&mut base.kid, over.kid);
    replace(&mut base.certificate, over.certificate);
    replace(&mut base.psd2, over.psd2);
    replace(&mut base.reference, over.reference);
    replace(&mut base.chain, over.chain);
    replace(&mut base.new, over.new);
}

fn assertion(base: &mut RawAssertion, over: RawAssertion) {
    replace(&mut base.key, over.key);
    replace(&mut base.alg, over.alg);
    optional_value(&mut base.header, over.header);
    optional_value(&mut base.claims, over.claims);
}

fn client(base: &mut RawClient, over: RawClient) {
    replace(&mut base.id, over.id);
    replace(&mut base.secret, over.secret);
    replace(&mut base.auth, over.auth);
    replace(&mut base.send_client_id, over.send_client_id);
    replace(&mut base.mtls, over.mtls);
    if let Some(new) = over.assertion {
        assertion(base.assertion.get_or_insert_default(), new);
    }
}

/// Lays a flow upon the flow it uses: its own steps replace by id or follow.
pub fn flow(base: &mut RawFlow, over: RawFlow) {
    base.id = over.id;
    replace(&mut base.title, over.title);
    replace(&mut base.about, over.about);
    replace(&mut base.evidence, over.evidence);
    base.inputs.join(over.inputs, input);
    base.lets.join(over.lets, value);
    base.with.join(over.with, value);
    base.outputs.join(over.outputs, |old, new| *old = new);
    by_id(&mut base.step, over.step, |s: &RawStep| s.id.value.clone());
    by_id(&mut base.check, over.check, |c| c.id.value.clone());
}

fn by_id<T>(base: &mut Vec<T>, over: Vec<T>, id: impl Fn(&T) -> String) {
    for new in over {
        match base.iter_mut().find(|old| id(old) == id(&new)) {
            Some(old) => *old = new,
            None => base.push(new),
        }
    }
}

pub fn profile(base: &mut RawProfile, over: RawProfile) {
    replace(&mut base.schema, over.schema);
    replace(&mut base.id, over.id);
    replace(&mut base.name, over.name);
    replace(&mut base.country, over.country);
    replace(&mut base.docs, over.docs);
    replace(&mut base.about, over.about);
    replace(&mut base.evidence, over.evidence);
    replace(&mut base.extends, over.extends);
    base.template = over.template; // not inherited
    replace(&mut base.hosts, over.hosts);
    base.environments.join(over.environments, value);
    base.inputs.join(over.inputs, input);
    base.keys.join(over.keys, key);
    match (base.client.as_mut(), over.client) {
        (Some(old), Some(new)) => client(old, new),
        (None, Some(new)) => base.client = Some(new),
        (_, None) => {}
    }
    base.clients.join(over.clients, client);
    base.lifetimes.join(over.lifetimes, value);
    base.levels.join(over.levels, |old, new| *old = new);
    by_id(&mut base.flow, over.flow, |f| f.id.value.clone());
    by_id(&mut base.check, over.check, |c| c.id.value.clone());
    // the nearer hint is asked first
    base.error.splice(0..0, over.error);
    replace(&mut base.environment, over.environment);
    base.values.join(over.values, value);
    base.pins.join(over.pins, |old, new| *old = new);
}
