//! Flows: used flows taken in, steps flattened into one line, each in its frame.

use std::collections::BTreeSet;

use super::Compiler;
use super::part::{level, words_of};
use crate::flow::template::Expr;
use crate::profile::join;
use crate::profile::model::{Check, Flow, Frame, Profile, Step, is_unverified};
use crate::profile::place::{At, Complaint};
use crate::profile::raw::{RawCheck, RawError, RawFlow, RawProfile, RawStep};

/// Words a step id may not be: it would hide a root of the scope.
const RESERVED: &[&str] = &[
    "env",
    "inputs",
    "client",
    "keys",
    "key",
    "metadata",
    "tokens",
    "saved",
    "let",
    "now",
    "skew",
    "omit",
    "header",
    "claims",
    "jwt",
    "request",
    "response",
    "assertion",
    "verdict",
    "jwe",
    "params",
    "configuration",
];
/// Used flows inside used flows.
const DEEPEST: usize = 5;

/// A flow with what it uses laid under it, and under which ids its steps are known.
struct Resolved {
    raw: RawFlow,
    ids: Vec<String>,
}

impl Compiler<'_> {
    pub(super) fn flow(&mut self, raw: &RawFlow, profile: &RawProfile) -> Flow {
        let resolved = self.resolve(raw, profile);
        // what nobody has confirmed of a bank, nobody has confirmed of its flows
        let doubted = || words_of(profile.evidence.as_ref()).filter(|e| is_unverified(e));
        let mut flow = Flow {
            id: raw.id.value.clone(),
            title: resolved.raw.title.as_ref().map_or_else(|| raw.id.value.clone(), |t| t.value.clone()),
            about: words_of(resolved.raw.about.as_ref()),
            evidence: words_of(resolved.raw.evidence.as_ref()).or_else(doubted),
            frames: Vec::new(),
            steps: Vec::new(),
            reads: BTreeSet::new(),
            env_reads: BTreeSet::new(),
            roles: BTreeSet::new(),
            tokens: BTreeSet::new(),
        };
        self.frame(&mut flow, &resolved, None, "", "", profile, None, 0);
        flow
    }

    fn resolve(&mut self, raw: &RawFlow, profile: &RawProfile) -> Resolved {
        let mut ids = vec![raw.id.value.clone()];
        let Some(uses) = &raw.uses else { return Resolved { raw: raw.clone(), ids } };
        // the profile's own flow first, but never the flow itself
        let own = profile.flow.iter().find(|f| f.id.value == uses.value && f.id.value != raw.id.value);
        let Some(base) = own.or_else(|| self.shared.get(&uses.value)) else {
            let known = profile.flow.iter().map(|f| f.id.value.as_str()).chain(self.shared.keys().map(String::as_str));
            let near = crate::flow::template::nearest(&uses.value, known).map(|n| format!("did you mean `{n}`?"));
            self.complaints.push(Complaint::new(uses.place, format!("there is no flow `{}`", uses.value)).hint(near));
            return Resolved { raw: raw.clone(), ids };
        };
        let base = base.clone();
        let mut inner = if base.uses.is_some() {
            self.resolve(&base, profile)
        } else {
            Resolved { ids: vec![base.id.value.clone()], raw: base }
        };
        ids.append(&mut inner.ids);
        ids.dedup();
        join::flow(&mut inner.raw, raw.clone());
        Resolved { raw: inner.raw, ids }
    }

    #[expect(clippy::too_many_arguments, reason = "the recursion carries its whole place in the flow")]
    fn frame(
        &mut self,
        flow: &mut Flow,
        from: &Resolved,
        parent: Option<usize>,
        step: &str,
        prefix: &str,
        profile: &RawProfile,
        user: Option<&RawStep>,
        depth: usize,
    ) {
        let index = flow.frames.len();
        let raw = &from.raw;
        let mut with = raw.with.clone();
        if let Some(user) = user {
            with.join(user.with.clone(), join::value);
        }
        let declared = |n: &str| raw.inputs.get(n).is_some() || profile.inputs.get(n).is_some();
        for (name, _) in with.iter().filter(|(n, _)| !declared(&n.value)) {
            let known = raw.inputs.iter().chain(profile.inputs.iter()).map(|(n, _)| n.value.as_str());
            let near = crate::flow::template::nearest(&name.value, known).map(|n| format!("did you mean `{n}`?"));
            self.complaints
                .push(Complaint::new(name.place, format!("`with` names no input: `{}`", name.value)).hint(near));
        }
        let when = user.and_then(|u| u.when.as_ref()).and_then(|w| self.expr(w));
        let frame = Frame {
            parent,
            step: step.to_owned(),
            inputs: raw.inputs.iter().map(|(n, i)| self.input(n, i)).collect(),
            with: self.members(&with),
            lets: self.members(&raw.lets),
            outputs: raw.outputs.iter().map(|(n, t)| (n.value.clone(), self.text(t))).collect(),
            when,
        };
        flow.frames.push(frame);
        let mut seen = BTreeSet::new();
        for s in &raw.step {
            if RESERVED.contains(&s.id.value.as_str()) {
                self.complain(s.id.place, format!("`{}` is a word of the scope and no id for a step", s.id.value));
            }
            if !seen.insert(s.id.value.clone()) {
                self.complain(s.id.place, format!("two steps are called `{}`", s.id.value));
            }
            let path = if prefix.is_empty() { s.id.value.clone() } else { format!("{prefix}.{}", s.id.value) };
            match &s.uses {
                Some(uses) if depth < DEEPEST => {
                    // the profile's own flow first, but never the one this step is part of
                    let target = profile.flow.iter().find(|f| f.id.value == uses.value && f.id.value != flow.id);
                    let Some(target) = target.or_else(|| self.shared.get(&uses.value)) else {
                        self.complain(uses.place, format!("there is no flow `{}`", uses.value));
                        continue;
                    };
                    let target = target.clone();
                    let inner = self.resolve(&target, profile);
                    self.frame(flow, &inner, Some(index), &s.id.value, &path, profile, Some(s), depth + 1);
                }
                Some(uses) => self.complain(uses.place, "flows use each other too deeply, or in a circle"),
                None => self.step(flow, s, index, path, from),
            }
        }
        for (check, at) in raw.check.iter().map(|c| (c, c.at.as_deref().unwrap_or_default())) {
            let stranger = at.iter().find(|a| !raw.step.iter().any(|s| s.id.value == a.value && s.uses.is_none()));
            if let Some(place) = stranger.map(|a| a.place).or_else(|| at.is_empty().then_some(check.id.place)) {
                self.complain(place, format!("`at` of the flow's check `{}` names steps of the flow", check.id.value));
            }
        }
        if raw.step.is_empty() {
            self.complain(raw.id.place, format!("flow `{}` has no steps", raw.id.value));
        }
    }

    fn step(&mut self, flow: &mut Flow, raw: &RawStep, frame: usize, path: String, from: &Resolved) {
        let Some(verb) = self.verb(raw) else { return };
        let mut addresses: Vec<String> = from.ids.iter().map(|f| format!("{f}.{}", raw.id.value)).collect();
        addresses.push(format!("{}.{path}", flow.id));
        addresses.dedup();
        // the flow's own checks hang on the steps that they name
        let here = |c: &&RawCheck| c.at.iter().flatten().any(|a| a.value == raw.id.value);
        let checks: Vec<RawCheck> = raw.check.iter().chain(from.raw.check.iter().filter(here)).cloned().collect();
        let step = Step {
            id: raw.id.value.clone(),
            path,
            frame,
            title: raw.title.as_ref().map_or_else(|| raw.id.value.replace('_', " "), |t| t.value.clone()),
            note: words_of(raw.note.as_ref()),
            reference: words_of(raw.reference.as_ref()),
            when: raw.when.as_ref().and_then(|w| self.expr(w)),
            confirm: raw.confirm.as_ref().map(|t| self.text(t)),
            unknown: words_of(raw.unknown.as_ref()),
            class: self.class_of(raw.class.as_ref()),
            verb,
            checks: checks.iter().filter_map(|c| self.check(c)).collect(),
            addresses,
            place: raw.id.place,
        };
        flow.steps.push(step);
    }

    pub(super) fn expr(&mut self, raw: &At<String>) -> Option<Expr> {
        self.exprs
            .compile(&raw.value)
            .map_err(|e| {
                let place = self.sources.inside(raw.place, e.at);
                self.complain(place, e.why);
            })
            .ok()
    }

    pub fn check(&mut self, raw: &RawCheck) -> Option<Check> {
        let known = level(&raw.level.value);
        if known.is_none() {
            self.complain(raw.level.place, "a level is must, should or info");
        }
        Some(Check {
            remedy: raw.remedy.as_ref().map(|w| w.value.clone()),
            id: raw.id.value.clone(),
            level: known?,
            rule: self.expr(&raw.rule)?,
            say: self.text(&raw.say),
            reference: words_of(raw.reference.as_ref()).unwrap_or_default(),
            at: raw.at.iter().flatten().map(|w| w.value.clone()).collect(),
            when: match &raw.when {
                Some(w) => Some(self.expr(w)?),
                None => None,
            },
            place: raw.id.place,
        })
    }

    /// Every `at` of a check names a step or `client`, and every `where` of an error a step.
    pub(super) fn places(&mut self, profile: &Profile, errors: &[RawError]) {
        let steps = profile.flows.iter().flat_map(|f| &f.steps);
        let known: BTreeSet<&str> = steps.flat_map(|s| s.addresses.iter().chain([&s.id])).map(String::as_str).collect();
        let checks =
            profile.checks.iter().flat_map(|c| c.at.iter().map(|at| (format!("check `{}`: `at`", c.id), at, c.place)));
        let errors = errors.iter().filter_map(|e| e.place.as_ref()).map(|w| ("`where`".to_owned(), &w.value, w.place));
        for (what, named, place) in
            checks.chain(errors).filter(|(_, n, _)| *n != "client" && !known.contains(n.as_str()))
        {
            let near =
                crate::flow::template::nearest(named, known.iter().copied()).map(|n| format!("did you mean `{n}`?"));
            self.complaints.push(Complaint::new(place, format!("{what} names no step: `{named}`")).hint(near));
        }
    }
}
