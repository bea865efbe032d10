//! What a flow needs before it can run: the inputs it reads and the key roles it uses.

use std::collections::BTreeSet;

use crate::flow::template::{Expr, Text, Tree};
use crate::profile::model::{Check, Client, Environment, Flow, Input, Profile, Verb};

fn verb_exprs(verb: &Verb) -> Vec<&Expr> {
    let mut out: Vec<&Expr> = Vec::new();
    match verb {
        Verb::Key(_) => {}
        Verb::Jwt(j) => {
            out.extend(j.alg.iter().chain(&j.given).flat_map(Text::exprs));
            out.extend(j.header.exprs());
            out.extend(j.claims.exprs());
        }
        Verb::Http(h) => {
            out.extend(h.texts().flat_map(Text::exprs));
            out.extend(h.trees().chain(&h.asked).flat_map(Tree::exprs));
            if let Some(r) = &h.repeat {
                out.extend([&r.again].into_iter().chain(&r.slower));
                out.extend([&r.every].into_iter().chain(&r.limit).flat_map(Tree::exprs));
            }
        }
        Verb::Open(o) => {
            out.extend(o.texts().flat_map(Text::exprs));
            out.extend(o.trees().flat_map(Tree::exprs));
        }
        Verb::Authorize(a) => out.extend(a.exprs()),
        Verb::Listen(l) => out.extend(l.exprs()),
        Verb::Ask(a) => {
            out.extend(a.text.exprs());
            out.extend(a.show.iter().flat_map(|(_, t)| t.exprs()));
            out.extend(a.ask.iter().flat_map(|i| i.default.iter().chain(&i.offers)).flat_map(Tree::exprs));
        }
        Verb::Save(s) => {
            out.extend(s.values.iter().chain(&s.records).chain(&s.pins).flat_map(Tree::exprs));
            out.extend(s.tokens.iter().flat_map(|(_, t)| t.exprs()));
            out.extend(s.metadata.iter().chain(&s.drop).flat_map(Text::exprs));
        }
    }
    out
}

/// Inputs that a flow reads, through its steps and its clients, and the environment values that they mention.
pub(super) fn reads(profile: &Profile, flow: &Flow) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut exprs: Vec<&Expr> = flow.steps.iter().flat_map(|s| verb_exprs(&s.verb)).collect();
    for frame in &flow.frames {
        exprs.extend(frame.with.iter().chain(&frame.lets).flat_map(|(_, t)| t.exprs()));
    }
    for auth in flow.steps.iter().filter_map(|s| if let Verb::Http(h) = &s.verb { h.auth.as_ref() } else { None }) {
        for c in may_be(profile, auth) {
            exprs.extend(c.id.exprs().chain(c.auth.exprs()));
            if c.auth.as_literal().is_none_or(|method| method.starts_with("client_secret")) {
                exprs.extend(c.secret.exprs());
            }
            if let Some(a) = &c.assertion {
                exprs.extend(a.header.exprs().into_iter().chain(a.claims.exprs()));
            }
        }
    }
    let (mut inputs, mut env) = (BTreeSet::new(), BTreeSet::new());
    // `client.id` is that of the first
    let by_id: Vec<&Expr> = profile.clients.iter().take(1).flat_map(|c| c.id.exprs()).collect();
    for path in exprs.iter().flat_map(|e| e.names()) {
        match (path[0].as_str(), path.get(1)) {
            ("inputs", Some(name)) => {
                inputs.insert(name.clone());
            }
            ("env", Some(name)) => {
                env.insert(name.clone());
            }
            ("client", Some(m)) if m == "id" => inputs.extend(below("inputs", &by_id)),
            _ => {}
        }
    }
    (inputs, env)
}

/// The client that `auth` names, or any where that is not known before a run.
fn may_be<'p>(profile: &'p Profile, auth: &Text) -> impl Iterator<Item = &'p Client> {
    let name = auth.as_literal().map(str::to_owned);
    profile.clients.iter().filter(move |c| name.as_ref().is_none_or(|n| *n == c.name))
}

/// The members of that root that any of the expressions reads.
fn below(root: &str, exprs: &[&Expr]) -> BTreeSet<String> {
    exprs.iter().flat_map(|e| e.names()).filter(|p| p[0] == root).filter_map(|p| p.get(1).cloned()).collect()
}

impl Profile {
    /// Inputs that a flow cannot do without in one environment, or in any where none is chosen: neither optional nor with
    /// a default.
    pub fn wants<'p>(&'p self, flow: &Flow, environment: Option<&Environment>) -> impl Iterator<Item = &'p Input> {
        let mut names = flow.reads.clone();
        let chosen: Vec<&Environment> = match environment {
            Some(one) => vec![one],
            None => self.environments.iter().collect(),
        };
        for environment in chosen {
            let mut read = flow.env_reads.clone();
            // a value may read those that stand before it
            for (name, tree) in environment.values.iter().rev() {
                if read.contains(name) {
                    names.extend(below("inputs", &tree.exprs()));
                    read.extend(below("env", &tree.exprs()));
                }
            }
        }
        self.inputs.iter().filter(move |i| names.contains(&i.name) && !i.optional && i.default.is_none())
    }
}

pub(super) fn roles(profile: &Profile, flow: &Flow) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for step in &flow.steps {
        match &step.verb {
            Verb::Key(k) => {
                out.insert(k.role.clone());
            }
            Verb::Jwt(j) => {
                out.insert(j.key.clone());
            }
            Verb::Http(h) => {
                out.extend(h.roles().map(str::to_owned));
                if let Some(auth) = &h.auth {
                    for c in may_be(profile, auth) {
                        out.extend(c.mtls.as_ref().and_then(Text::as_literal).map(str::to_owned));
                        out.extend(c.assertion.as_ref().map(|a| a.key.clone()));
                    }
                }
            }
            Verb::Open(_) | Verb::Listen(_) => {
                out.extend(step.verb.opens().into_iter().flat_map(crate::profile::model::Open::roles).cloned())
            }
            Verb::Authorize(_) | Verb::Ask(_) | Verb::Save(_) => {}
        }
    }
    out
}

/// Kept token sets that a flow reads: its steps, what decides whether they are taken, and their rules.
pub(super) fn tokens(profile: &Profile, flow: &Flow) -> BTreeSet<String> {
    let mut exprs: Vec<&Expr> = Vec::new();
    for step in &flow.steps {
        exprs.extend(verb_exprs(&step.verb).into_iter().chain(&step.when));
        let hangs = |c: &&Check| c.at.iter().any(|at| step.addresses.contains(at));
        let checks = profile.checks.iter().filter(hangs).chain(&step.checks);
        exprs.extend(checks.flat_map(|c| c.when.iter().chain([&c.rule]).chain(c.say.exprs())));
    }
    for frame in &flow.frames {
        exprs.extend(frame.with.iter().chain(&frame.lets).flat_map(|(_, t)| t.exprs()));
        // an input that nobody sets may be a kept token
        exprs.extend(frame.inputs.iter().filter_map(|i| i.default.as_ref()).flat_map(Tree::exprs));
        exprs.extend(frame.when.iter().chain(frame.outputs.iter().flat_map(|(_, t)| t.exprs())));
    }
    let paths = exprs.iter().flat_map(|e| e.names()).filter(|p| p[0] == "tokens");
    let read = paths.flat_map(|p| match p.get(1) {
        Some(set) => vec![set.clone()],
        None => profile.token_sets.iter().cloned().collect(),
    });
    read.collect()
}
