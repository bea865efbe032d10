//! Every name that an expression reads exists where it reads it.

use std::collections::{BTreeMap, BTreeSet};

use super::Compiler;
use super::reads::{reads, roles, tokens};
use crate::flow::template::{Expr, Text, Tree, nearest};
use crate::profile::model::{Ask, Check, Flow, Http, Jwt, Open, Profile, Repeat, Save, Step, Verb};
use crate::profile::place::{Complaint, Place};

/// What may stand below a name.
#[derive(Clone, Debug)]
enum Below {
    /// Anything: its members are the bank's or the standards'.
    Open,
    Only(BTreeSet<String>),
}

type Names = BTreeMap<String, Below>;

fn only<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Below {
    Below::Only(names.into_iter().map(Into::into).collect())
}

fn with(names: &Names, more: &[&str]) -> Names {
    let mut all = names.clone();
    all.extend(more.iter().map(|n| ((*n).to_owned(), Below::Open)));
    all
}

impl Compiler<'_> {
    pub(super) fn names(&mut self, profile: &mut Profile) {
        let inputs: BTreeSet<String> = profile.inputs.iter().map(|i| i.name.clone()).collect();
        let env = profile
            .environments
            .first()
            .map_or_else(BTreeSet::new, |e| e.values.iter().map(|(k, _)| k.clone()).collect());
        let mut base = Names::new();
        base.insert("inputs".into(), Below::Only(inputs));
        base.insert("metadata".into(), Below::Open);
        base.insert("omit".into(), only::<String>([]));
        for host in &profile.hosts {
            let seen = ["inputs", "omit"].map(|name| (name.to_owned(), base[name].clone()));
            self.text_names(host, &Names::from(seen), Place::default());
        }
        for e in &profile.environments {
            let mut seen = base.clone();
            seen.insert("env".into(), Below::Only(env.clone()));
            for (_, tree) in &e.values {
                self.tree_names(tree, &seen, e.place);
            }
        }
        let mut env_names = env;
        env_names.extend(["production".to_owned(), "name".to_owned()]);
        // a template leaves its environments to those that extend it
        let open = profile.template && profile.environments.is_empty();
        base.insert("env".into(), if open { Below::Open } else { Below::Only(env_names) });
        base.insert("client".into(), only(["id", "auth", "mtls"]));
        base.insert("keys".into(), only(profile.keys.iter().map(|k| k.name.clone())));
        base.insert("tokens".into(), only(profile.token_sets.clone()));
        for bare in ["now", "skew", "saved"] {
            base.insert(bare.into(), only::<String>([]));
        }
        for input in &profile.inputs {
            if let Some(default) = &input.default {
                self.tree_names(default, &base, input.place);
            }
        }
        for key in &profile.keys {
            if let Some(kid) = &key.kid {
                self.text_names(kid, &with(&base, &["key"]), key.place);
            }
            if let Some(new) = &key.new {
                let seen = with(&Names::from([("inputs".to_owned(), base["inputs"].clone())]), &["omit"]);
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
                let seen = with(&base, &["request"]);
                self.tree_names(&a.header, &seen, client.place);
                self.tree_names(&a.claims, &seen, client.place);
                if let Some(alg) = &a.alg {
                    self.text_names(alg, &base, client.place);
                }
            }
        }
        for flow in &mut profile.flows.clone() {
            self.flow_names(profile, flow, &base);
        }
        for check in profile.checks.clone() {
            self.check_names(profile, &check, &base);
        }
        for when in profile.errors.iter().filter_map(|e| e.when.as_ref()) {
            self.expr_names(when, &with(&base, &["request", "response"]), Place::default());
        }
        let of = |f: &Flow| (reads(profile, f), roles(profile, f), tokens(profile, f));
        let found: Vec<_> = profile.flows.iter().map(of).collect();
        for (flow, ((reads, env_reads), roles, tokens)) in profile.flows.iter_mut().zip(found) {
            (flow.reads, flow.env_reads) = (reads, env_reads);
            (flow.roles, flow.tokens) = (roles, tokens);
        }
    }

    fn flow_names(&mut self, profile: &Profile, flow: &Flow, base: &Names) {
        for (index, frame) in flow.frames.iter().enumerate() {
            let mut names = base.clone();
            add_inputs(&mut names, frame.inputs.iter().map(|i| i.name.clone()));
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
            let parent_names =
                frame.parent.map_or_else(|| base.clone(), |p| self.frame_names(flow, p, base, Some(&frame.step)));
            for (_, tree) in &frame.with {
                self.tree_names(tree, &parent_names, place);
            }
            if let Some(when) = &frame.when {
                self.expr_names(when, &parent_names, place);
            }
            names.insert("let".into(), only(frame.lets.iter().map(|(n, _)| n.clone())));
            for (_, tree) in &frame.lets {
                self.tree_names(tree, &names, place);
            }
            let all = self.frame_names(flow, index, base, None);
            for (_, text) in &frame.outputs {
                self.text_names(text, &all, place);
            }
        }
        for step in &flow.steps {
            let names = self.frame_names(flow, step.frame, base, Some(&step.id));
            self.step_names(profile, step, &names);
        }
    }

    /// What a step of that frame sees: the frame's inputs and `let`, and the steps before `until`.
    fn frame_names(&self, flow: &Flow, frame: usize, base: &Names, until: Option<&str>) -> Names {
        let mut names = base.clone();
        add_inputs(&mut names, flow.frames[frame].inputs.iter().map(|i| i.name.clone()));
        names.insert("let".into(), only(flow.frames[frame].lets.iter().map(|(n, _)| n.clone())));
        for (id, below) in published(flow, frame) {
            if until == Some(id.as_str()) {
                break;
            }
            names.insert(id, below);
        }
        names
    }

    fn step_names(&mut self, profile: &Profile, step: &Step, names: &Names) {
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
                authorize.lives.iter().for_each(|t| self.tree_names(t, &with(names, &["response"]), place));
            }
            Verb::Listen(listen) => {
                listen.texts().for_each(|t| self.text_names(t, names, place));
                listen.wait.iter().for_each(|t| self.tree_names(t, names, place));
                let came = with(names, &["came"]);
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
            let names = with(names, rule_names(&step.verb));
            self.rule_names(check, &names);
        }
    }

    fn http_names(&mut self, profile: &Profile, http: &Http, names: &Names, place: Place) {
        http.texts().for_each(|text| self.text_names(text, names, place));
        http.trees().for_each(|tree| self.tree_names(tree, names, place));
        http.roles().for_each(|role| self.known_role(profile, role, place));
        let after = with(names, &["response"]);
        for lives in http.take.iter().filter_map(|t| t.lives.as_ref()).chain(&http.asked) {
            self.tree_names(lives, &after, place);
        }
        if let Some(Repeat { again, every, slower, limit }) = &http.repeat {
            [Some(again), slower.as_ref()].into_iter().flatten().for_each(|e| self.expr_names(e, &after, place));
            [Some(every), limit.as_ref()].into_iter().flatten().for_each(|t| self.tree_names(t, &after, place));
        }
    }

    fn open_names(&mut self, profile: &Profile, open: &Open, names: &Names, place: Place) {
        open.texts().for_each(|text| self.text_names(text, names, place));
        open.trees().for_each(|tree| self.tree_names(tree, names, place));
        open.roles().for_each(|role| self.known_role(profile, role, place));
    }

    fn check_names(&mut self, profile: &Profile, check: &Check, base: &Names) {
        if check.at.is_empty() {
            return self.rule_names(check, base);
        }
        for at in &check.at {
            if at == "client" {
                self.rule_names(check, &with(base, &["claims", "header", "jwt", "request"]));
                continue;
            }
            for flow in &profile.flows {
                for step in flow.steps.iter().filter(|s| s.addresses.contains(at)) {
                    let names = self.frame_names(flow, step.frame, base, Some(&step.id));
                    let mut names = with(&names, rule_names(&step.verb));
                    // a step's own outputs can be read in its checks
                    names.insert(step.id.clone(), Below::Open);
                    self.rule_names(check, &names);
                }
            }
        }
    }

    fn rule_names(&mut self, check: &Check, names: &Names) {
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

    fn text_names(&mut self, text: &Text, names: &Names, place: Place) {
        for expr in text.exprs() {
            self.expr_names(expr, names, place);
        }
    }

    fn tree_names(&mut self, tree: &Tree, names: &Names, place: Place) {
        for expr in tree.exprs() {
            self.expr_names(expr, names, place);
        }
    }

    fn expr_names(&mut self, expr: &Expr, names: &Names, place: Place) {
        for path in expr.names() {
            let complaint = match names.get(&path[0]) {
                None => {
                    let near = nearest(&path[0], names.keys().map(String::as_str));
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

fn add_inputs(names: &mut Names, more: impl Iterator<Item = String>) {
    if let Some(Below::Only(inputs)) = names.get_mut("inputs") {
        inputs.extend(more);
    }
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
