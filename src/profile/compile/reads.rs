//! What a flow needs before it can run: the inputs it reads and the key roles it uses.

use std::collections::BTreeSet;

use crate::flow::template::{Expr, Text, Tree};
use crate::profile::model::{Flow, Profile, Verb};

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
            let texts = [&h.method, &h.jwt, &h.text, &h.content_type, &h.accept, &h.auth, &h.bearer, &h.mtls];
            out.extend(texts.into_iter().flatten().chain([&h.url]).flat_map(Text::exprs));
            out.extend([&h.query, &h.headers, &h.form, &h.json].into_iter().flatten().flat_map(Tree::exprs));
        }
        Verb::Open(o) => {
            out.extend(
                [&o.expect, &o.jwks, &o.iss, &o.aud, &o.nonce]
                    .into_iter()
                    .flatten()
                    .chain([&o.token])
                    .flat_map(Text::exprs),
            );
        }
        Verb::Authorize(a) => out.extend(a.exprs()),
        Verb::Ask(a) => {
            out.extend(a.text.exprs());
            out.extend(a.show.iter().flat_map(|(_, t)| t.exprs()));
        }
        Verb::Save(s) => {
            out.extend(s.values.iter().chain(&s.records).flat_map(Tree::exprs));
            out.extend(s.tokens.iter().flat_map(|(_, t)| t.exprs()));
            out.extend(s.metadata.iter().chain(&s.drop).flat_map(Text::exprs));
        }
    }
    out
}

/// Inputs that a flow reads, through its steps, its clients and the environment values they mention.
pub(super) fn reads(profile: &Profile, flow: &Flow) -> BTreeSet<String> {
    let mut exprs: Vec<&Expr> = flow.steps.iter().flat_map(|s| verb_exprs(&s.verb)).collect();
    for frame in &flow.frames {
        exprs.extend(frame.with.iter().chain(&frame.lets).flat_map(|(_, t)| t.exprs()));
    }
    if flow.steps.iter().any(|s| matches!(&s.verb, Verb::Http(h) if h.auth.is_some())) {
        for c in &profile.clients {
            exprs.extend(c.id.exprs().chain(c.auth.exprs()));
            if let Some(a) = &c.assertion {
                exprs.extend(a.header.exprs().into_iter().chain(a.claims.exprs()));
            }
        }
    }
    let mut out = BTreeSet::new();
    let mut env: BTreeSet<&str> = BTreeSet::new();
    for path in exprs.iter().flat_map(|e| e.names()) {
        match (path[0].as_str(), path.get(1)) {
            ("inputs", Some(name)) => {
                out.insert(name.clone());
            }
            ("env", Some(name)) => {
                env.insert(name);
            }
            ("client", Some(m)) if m == "id" => {
                out.extend(
                    profile
                        .clients
                        .iter()
                        .flat_map(|c| c.id.exprs())
                        .flat_map(Expr::names)
                        .filter(|p| p[0] == "inputs")
                        .filter_map(|p| p.get(1).cloned()),
                );
            }
            _ => {}
        }
    }
    for e in &profile.environments {
        for (_, tree) in e.values.iter().filter(|(k, _)| env.contains(k.as_str())) {
            out.extend(
                tree.exprs()
                    .into_iter()
                    .flat_map(Expr::names)
                    .filter(|p| p[0] == "inputs")
                    .filter_map(|p| p.get(1).cloned()),
            );
        }
    }
    out
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
                out.extend(h.mtls.as_ref().and_then(Text::as_literal).map(str::to_owned));
                if h.auth.is_some() {
                    for c in &profile.clients {
                        out.extend(c.mtls.as_ref().and_then(Text::as_literal).map(str::to_owned));
                        out.extend(c.assertion.as_ref().map(|a| a.key.clone()));
                    }
                }
            }
            Verb::Open(_) | Verb::Authorize(_) | Verb::Ask(_) | Verb::Save(_) => {}
        }
    }
    out
}
