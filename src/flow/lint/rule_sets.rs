//! What a text can be held against: the client's assertions, its DPoP proofs, every step that makes or opens a token, and every
//! request.

use crate::profile::model::{Expect, Flow, Http, Profile, Step, Verb};

/// What rules speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Of {
    /// The client's assertions.
    Client,
    /// Its DPoP proofs.
    Proof,
    /// What the step at that position of the flow makes or opens.
    Step(usize),
}

/// Rules that speak of one kind of text, under the name by which they are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// `client`, `dpop`, or `flow.step`.
    pub name: String,
    pub title: String,
    /// Position of the flow in the profile.
    pub flow: usize,
    pub of: Of,
    pub takes: Takes,
}

/// The kind of text that rules speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Signed,
    /// An encrypted token.
    Sealed,
    /// Either of them.
    Token,
    /// An HTTP request or response; an authorization request, or its answer.
    Message,
}

/// Each once: a step of a shared flow stands under the flow that uses it most directly.
pub fn rule_sets(profile: &Profile) -> Vec<RuleSet> {
    let mut all = Vec::new();
    let uses = |uses: fn(&Http) -> bool| {
        let any = |f: &Flow| f.steps.iter().any(|s| matches!(&s.verb, Verb::Http(http) if uses(http)));
        profile.flows.iter().position(any)
    };
    let named = |name: &str, title: &str, flow, of| RuleSet {
        name: name.to_owned(),
        title: title.to_owned(),
        flow,
        of,
        takes: Takes::Signed,
    };
    if profile.clients.first().is_some_and(|c| c.assertion.is_some()) {
        let flow = uses(|http| http.auth.is_some());
        all.extend(flow.map(|flow| named("client", "client assertions", flow, Of::Client)));
    }
    let proofs = uses(|http| http.dpop.is_some()).filter(|_| profile.role("dpop").is_some());
    all.extend(proofs.map(|flow| named("dpop", "DPoP proofs", flow, Of::Proof)));
    let mut seen: Vec<&String> = Vec::new();
    let mut steps: Vec<(usize, &Flow, usize, &Step)> = profile
        .flows
        .iter()
        .enumerate()
        .flat_map(|(f, flow)| flow.steps.iter().enumerate().map(move |(s, step)| (f, flow, s, step)))
        .filter(|(.., step)| takes(step).is_some())
        .collect();
    steps.sort_by_key(|(f, .., step)| (step.path.matches('.').count(), *f));
    for (f, flow, s, step) in steps {
        if let Some(address) = step.addresses.first()
            && !seen.contains(&address)
        {
            seen.push(address);
            all.push(of_step(flow, f, step, s));
        }
    }
    all.sort_by_key(|set| (matches!(set.of, Of::Step(_)), set.flow, set.of));
    all
}

impl RuleSet {
    /// The step whose place the text takes.
    pub(super) const fn position(&self) -> usize {
        match self.of {
            Of::Step(step) => step,
            Of::Client | Of::Proof => 0,
        }
    }

    /// The rules of that name; a step also goes by the name of the shared flow that it is of.
    pub fn find(profile: &Profile, name: &str) -> Option<Self> {
        let all = rule_sets(profile);
        let step = |set: &RuleSet| match set.of {
            Of::Step(s) => Some(&profile.flows[set.flow].steps[s]),
            Of::Client | Of::Proof => None,
        };
        let by_address = || all.iter().find(|set| step(set).is_some_and(|s| s.addresses.iter().any(|a| a == name)));
        if let Some(found) = all.iter().find(|set| set.name == name).or_else(by_address) {
            return Some(found.clone());
        }
        // a step of a shared flow where another flow uses it less directly
        let (flow_id, path) = name.split_once('.')?;
        let flow = profile.flows.iter().position(|f| f.id == flow_id)?;
        let at = profile.flows[flow].steps.iter().position(|s| s.path == path)?;
        let step = &profile.flows[flow].steps[at];
        takes(step).map(|_| of_step(&profile.flows[flow], flow, step, at))
    }
}

fn of_step(flow: &Flow, f: usize, step: &Step, s: usize) -> RuleSet {
    let takes = takes(step).unwrap_or(Takes::Token);
    let title = format!("{}: {}", flow.title, step.title);
    RuleSet { name: format!("{}.{}", flow.id, step.path), title, flow: f, of: Of::Step(s), takes }
}

/// None: nothing that could be brought.
fn takes(step: &Step) -> Option<Takes> {
    match (&step.verb, step.verb.opens().map(|open| open.expect)) {
        (Verb::Jwt(_), _) | (_, Some(Expect::Jws)) => Some(Takes::Signed),
        (_, Some(Expect::Jwe | Expect::Nested)) => Some(Takes::Sealed),
        (_, Some(Expect::Any)) => Some(Takes::Token),
        (Verb::Http(_) | Verb::Authorize(_), None) => Some(Takes::Message),
        _ => None,
    }
}
