//! Every name that an expression reads exists where it reads it.

use std::collections::BTreeSet;

use super::Compiler;
use super::reads::{reads, roles, tokens};
use super::seen::{Below, Names, only};
use crate::flow::template::{Expr, Text, Tree, nearest};
use crate::profile::model::{Ask, Check, Flow, Http, Jwt, Open, Profile, Repeat, Save, Step, Verb};
use crate::profile::place::{Complaint, Place};

impl Compiler<'_> {
    pub(super) fn names(&mut self, profile: &mut Profile) {
        let inputs: BTreeSet<String> = profile.inputs.iter().map(|i| i.name.clone()).collect();
        let env = profile
            .environments
            .first()
            .map_or_else(BTreeSet::new, |e| e.values.iter().map(|(k, _)| k.clone()).collect());
        let mut base = Names::default();
        base.insert("inputs", only(inputs.clone()));
        base.insert("omit", only::<String>([]));
        for host in &profile.hosts {
            self.text_names(host, &base, Place::default());
        }
        base.insert("metadata", Below::Open);
        for e in &profile.environments {
            let mut seen = Names::within(&base);
            seen.insert("env", only(env.clone()));
            for (_, tree) in &e.values {
                self.tree_names(tree, &seen, e.place);
            }
        }
        let mut env_names = env;
        env_names.extend(["production".to_owned(), "name".to_owned()]);
        // a template leaves its environments to those that extend it
        let open = profile.template && profile.environments.is_empty();
        base.insert("env", if open { Below::Open } else { only(env_names) });
        base.insert("client", only(["id", "auth", "mtls"]));
        base.insert("keys", only(profile.keys.iter().map(|k| k.name.clone())));
        base.insert("tokens", only(profile.token_sets.clone()));
        for bare in ["now", "skew", "saved"] {
            base.insert(bare, only::<String>([]));
        }
        for input in &profile.inputs {
            if let Some(default) = &input.default {
                self.tree_names(default, &base, input.place);
            }
        }
        for key in &profile.keys {
            if let Some(kid) = &key.kid {
                self.text_names(kid, &base.with(&["key"]), key.place);
            }
            if let Some(new) = &key.new {
                let mut seen = Names::default();
                seen.insert("inputs", only(inputs.clone()));
                seen.insert("omit", Below::Open);
                let texts = [&new.alias, &new.region].into_iter().chain(&new.description).chain(&new.replica);
                texts.chain(new.tags.iter().map(|(_, t)| t)).for_each(|t| self.text_names(t, &seen, new.place));
            }
        }
        for client in &profile.clients {
            for text in [&client.id, &client.auth, &client.send_client_id].into_iter().chain(&client.mtls) {
                self.text_names(text, &base, client.place);
            }
            if let Some(a) = &client.assertion {
                self.known_role(profile, &a.key, client.place);
                let seen = base.with(&["request"]);
                self.tree_names(&a.header, &seen, client.place);
                self.tree_names(&a.claims, &seen, client.place);
                if let Some(alg) = &a.alg {
                    self.text_names(alg, &base, client.place);
                }
            }
        }
        for flow in &profile.flows {
            self.flow_names(profile, flow, &base);
        }
        for check in &profile.checks {
            self.check_names(profile, check, &base);
        }
        for when in profile.errors.iter().filter_map(|e| e.when.as_ref()) {
            self.expr_names(when, &base.with(&["request", "response"]), Place::default());
        }
        let of = |f: &Flow| (reads(profile, f), roles(profile, f), tokens(profile, f));
        let found: Vec<_> = profile.flows.iter().map(of).collect();
        for (flow, ((reads, env_reads), roles, tokens)) in profile.flows.iter_mut().zip(found) {
            (flow.reads, flow.env_reads) = (reads, env_reads);
            (flow.roles, flow.tokens) = (roles, tokens);
        }
    }

    fn flow_names(&mut self, profile: &Profile, flow: &Flow, base: &Names<'_>) {
        let published: Vec<_> = (0..flow.frames.len()).map(|frame| published(flow, frame)).collect();
        for (index, frame) in flow.frames.iter().enumerate() {
            let mut names = Names::within(base);
            names.add_inputs(frame.inputs.iter().map(|i| i.name.clone()));
            let place = flow.steps.iter().find(|s| s.frame == index).map_or(Place::default(), |s| s.place);
            for input in &frame.inputs {
                if let Some(default) = &input.default {
                    self.tree_names(default, &names, input.place);
                }
            }
            for ask in flow
                .steps
                .iter()
                .filter(|s| s.frame == index)
                .filter_map(|s| if let Verb::Ask(a) = &s.verb { Some(a) } else { None })
            {
                for input in &ask.ask {
                    if let Some(default) = &input.default {
                        self.tree_names(default, &names, input.place);
                    }
                }
            }
            let parent_names = match frame.parent {
                Some(parent) => frame_names(flow, parent, &published[parent], base, Some(&frame.step)),
                None => Names::within(base),
            };
            for (_, tree) in &frame.with {
                self.tree_names(tree, &parent_names, place);
            }
            if let Some(when) = &frame.when {
                self.expr_names(when, &parent_names, place);
            }
            names.insert("let", only(frame.lets.iter().map(|(n, _)| n.clone())));
            for (_, tree) in &frame.lets {
                self.tree_names(tree, &names, place);
            }
            let all = frame_names(flow, index, &published[index], base, None);
            for (_, text) in &frame.outputs {
                self.text_names(text, &all, place);
            }
        }
        for step in &flow.steps {
            let names = frame_names(flow, step.frame, &published[step.frame], base, Some(&step.id));
            self.step_names(profile, step, &names);
        }
    }

    fn step_names(&mut self, profile: &Profile, step: &Step, names: &Names<'_>) {
        let place = step.place;
        if let Some(when) = &step.when {
            self.expr_names(when, names, place);
        }
        if let Some(confirm) = &step.confirm {
            self.text_names(confirm, names, place);
        }
        match &step.verb {
            Verb::Key(key) => self.known_role(profile, &key.role, place),
            Verb::Jwt(Jwt { key, alg, header, claims, given }) => {
                self.known_role(profile, key, place);
                alg.iter().chain(given).for_each(|t| self.text_names(t, names, place));
                self.tree_names(header, names, place);
                self.tree_names(claims, names, place);
            }
            Verb::Http(http) => self.http_names(profile, http, names, place),
            Verb::Open(open) => self.open_names(profile, open, names, place),
            Verb::Authorize(authorize) => {
                authorize.texts().for_each(|t| self.text_names(t, names, place));
                self.tree_names(&authorize.query, names, place);
                authorize.lives.iter().for_each(|t| self.tree_names(t, &names.with(&["response"]), place));
            }
            Verb::Listen(listen) => {
                listen.texts().for_each(|t| self.text_names(t, names, place));
                listen.wait.iter().for_each(|t| self.tree_names(t, names, place));
                let came = names.with(&["came"]);
                listen.open.iter().for_each(|open| self.open_names(profile, open, &came, place));
            }
            Verb::Ask(Ask { text, show, deadline, .. }) => {
                self.text_names(text, names, place);
                show.iter().for_each(|(_, t)| self.text_names(t, names, place));
                deadline.iter().for_each(|t| self.tree_names(t, names, place));
            }
            Verb::Save(Save { values, tokens, metadata, records, pins, drop }) => {
                values.iter().chain(records).chain(pins).for_each(|t| self.tree_names(t, names, place));
                tokens.iter().for_each(|(_, t)| self.tree_names(t, names, place));
                metadata.iter().chain(drop).for_each(|t| self.text_names(t, names, place));
            }
        }
        for check in &step.checks {
            let names = names.with(rule_names(&step.verb));
            self.rule_names(check, &names);
        }
    }

    fn http_names(&mut self, profile: &Profile, http: &Http, names: &Names<'_>, place: Place) {
        http.texts().for_each(|text| self.text_names(text, names, place));
        http.trees().for_each(|tree| self.tree_names(tree, names, place));
        http.roles().for_each(|role| self.known_role(profile, role, place));
        let after = names.with(&["response"]);
        for lives in http.take.iter().filter_map(|t| t.lives.as_ref()).chain(&http.asked) {
            self.tree_names(lives, &after, place);
        }
        if let Some(Repeat { again, every, slower, limit }) = &http.repeat {
            [Some(again), slower.as_ref()].into_iter().flatten().for_each(|e| self.expr_names(e, &after, place));
            [Some(every), limit.as_ref()].into_iter().flatten().for_each(|t| self.tree_names(t, &after, place));
        }
    }

    fn open_names(&mut self, profile: &Profile, open: &Open, names: &Names<'_>, place: Place) {
        open.texts().for_each(|text| self.text_names(text, names, place));
        open.trees().for_each(|tree| self.tree_names(tree, names, place));
        open.roles().for_each(|role| self.known_role(profile, role, place));
    }

    fn check_names(&mut self, profile: &Profile, check: &Check, base: &Names<'_>) {
        if check.at.is_empty() {
            return self.rule_names(check, base);
        }
        for at in &check.at {
            if at == "client" {
                self.rule_names(check, &base.with(&["claims", "header", "jwt", "request"]));
                continue;
            }
            for flow in &profile.flows {
                for step in flow.steps.iter().filter(|s| s.addresses.contains(at)) {
                    let names = frame_names(flow, step.frame, &published(flow, step.frame), base, Some(&step.id));
                    let mut names = names.with(rule_names(&step.verb));
                    // a step's own outputs can be read in its checks
                    names.insert(step.id.as_str(), Below::Open);
                    self.rule_names(check, &names);
                }
            }
        }
    }

    fn rule_names(&mut self, check: &Check, names: &Names<'_>) {
        self.expr_names(&check.rule, names, check.place);
        if let Some(when) = &check.when {
            self.expr_names(when, names, check.place);
        }
        self.text_names(&check.say, names, check.place);
    }

    fn known_role(&mut self, profile: &Profile, name: &str, place: Place) {
        if profile.role(name).is_none() {
            let near =
                nearest(name, profile.keys.iter().map(|k| k.name.as_str())).map(|n| format!("did you mean `{n}`?"));
            self.complaints.push(Complaint::new(place, format!("there is no key role `{name}`")).hint(near));
        }
    }

    fn text_names(&mut self, text: &Text, names: &Names<'_>, place: Place) {
        for expr in text.exprs() {
            self.expr_names(expr, names, place);
        }
    }

    fn tree_names(&mut self, tree: &Tree, names: &Names<'_>, place: Place) {
        for expr in tree.exprs() {
            self.expr_names(expr, names, place);
        }
    }

    fn expr_names(&mut self, expr: &Expr, names: &Names<'_>, place: Place) {
        for path in expr.names() {
            let complaint = match names.get(&path[0]) {
                None => {
                    let near = nearest(&path[0], names.all());
                    Complaint::new(place, format!("nothing here is called `{}`", path[0]))
                        .hint(near.map(|n| format!("did you mean `{n}`?")))
                }
                Some(Below::Only(known)) => match path.get(1) {
                    Some(member) if !known.contains(member) => {
                        let near = nearest(member, known.iter().map(String::as_str));
                        Complaint::new(place, format!("`{}` has no `{member}`", path[0]))
                            .hint(near.map(|n| format!("did you mean `{n}`?")))
                    }
                    None if matches!(path[0].as_str(), "inputs" | "env" | "keys") => {
                        Complaint::new(place, format!("`{}` needs a member: {}.NAME", path[0], path[0]))
                    }
                    _ => continue,
                },
                Some(Below::Open) => continue,
            };
            if !self.complaints.contains(&complaint) {
                self.complaints.push(complaint);
            }
        }
    }
}

/// What a step of that frame sees: the frame's inputs and `let`, and what it [`published`] before `until`.
fn frame_names<'a>(
    flow: &Flow,
    frame: usize,
    published: &[(String, Below)],
    base: &'a Names<'_>,
    until: Option<&str>,
) -> Names<'a> {
    let mut names = Names::within(base);
    names.add_inputs(flow.frames[frame].inputs.iter().map(|i| i.name.clone()));
    names.insert("let", only(flow.frames[frame].lets.iter().map(|(n, _)| n.clone())));
    for (id, below) in published {
        if until == Some(id.as_str()) {
            break;
        }
        names.insert(id.as_str(), below.clone());
    }
    names
}

/// What rules at a step of that verb read beside the scope.
const fn rule_names(verb: &Verb) -> &'static [&'static str] {
    match verb {
        Verb::Jwt(_) => &["header", "claims", "jwt"],
        Verb::Http(_) => &["request", "response", "assertion", "signature"],
        Verb::Open(_) => &["header", "claims", "jwe", "verdict", "key", "open"],
        Verb::Authorize(_) => &["request", "response"],
        Verb::Listen(_) => &["came", "header", "claims", "jwe", "verdict", "key", "open"],
        Verb::Key(_) | Verb::Ask(_) | Verb::Save(_) => &[],
    }
}

/// The names a frame's steps publish, in order; a used flow is one name.
fn published(flow: &Flow, frame: usize) -> Vec<(String, Below)> {
    let mut out: Vec<(String, Below)> = Vec::new();
    for step in &flow.steps {
        if step.frame == frame {
            out.push((step.id.clone(), outputs(&step.verb)));
            continue;
        }
        // the frame below `frame` that holds this step
        let mut at = step.frame;
        while let Some(parent) = flow.frames[at].parent {
            if parent == frame {
                let inner = &flow.frames[at];
                if !out.iter().any(|(n, _)| *n == inner.step) {
                    let names = inner
                        .outputs
                        .iter()
                        .map(|(n, _)| n.clone())
                        .chain(published(flow, at).into_iter().map(|(n, _)| n));
                    out.push((inner.step.clone(), only(names)));
                }
                break;
            }
            at = parent;
        }
    }
    out
}

fn outputs(verb: &Verb) -> Below {
    match verb {
        Verb::Key(_) | Verb::Save(_) => only::<String>([]),
        Verb::Jwt(_) => only(["jwt", "header", "claims"]),
        Verb::Http(http) => {
            let fixed = ["status", "headers", "json", "text", "error", "received_at", "request"];
            only(fixed.map(str::to_owned).into_iter().chain(http.take.iter().map(|t| t.name.clone())))
        }
        Verb::Open(_) => only(["header", "claims", "jwe", "verdict", "key", "text"]),
        Verb::Listen(listen) => {
            let opened: &[&str] =
                if listen.open.is_some() { &["header", "claims", "jwe", "verdict", "key"] } else { &[] };
            only(["headers", "text", "json", "received_at"].iter().chain(opened).copied())
        }
        Verb::Ask(ask) if ask.wait => only(ask.ask.iter().map(|i| i.name.clone())),
        Verb::Ask(ask) => only(ask.show.iter().map(|(name, _)| name.clone())),
        Verb::Authorize(_) => only(crate::flow::AUTHORIZED),
    }
}

pub(super) fn saved_sets(profile: &Profile) -> BTreeSet<String> {
    let steps = profile.flows.iter().flat_map(|f| &f.steps);
    let names = steps.flat_map(|s| match &s.verb {
        Verb::Save(save) => save.tokens.iter().map(|(name, _)| name.clone()).collect(),
        Verb::Http(http) => http.spend.iter().map(|s| s.tokens.clone()).collect(),
        _ => Vec::new(),
    });
    names.collect()
}
