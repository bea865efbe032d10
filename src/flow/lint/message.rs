//! A request that somebody brings, and the answer to it, against the rules of the step that would send it.

use serde_json::{Value as Json, json};

use super::{Known, Lint};
use crate::flow::check::{When, phase};
use crate::flow::core::Artefact;
use crate::flow::template::{Scope, to_json};
use crate::flow::verb::is_token_request;
use crate::jose::Compact;
use crate::profile::model::{Check, Verb};

impl Lint {
    pub(super) fn message(&mut self, verb: &Verb, mut scope: Scope, known: &Known) {
        let request = scope.get("request").and_then(to_json).unwrap_or_default();
        scope.set_json("assertion", &assertion(&request));
        scope.mark_unknown("key", "a text does not tell which certificate was shown");
        for name in ["request.state", "request.redirect_uri"] {
            // what the step would wait for
            if !self.given.contains_key(name) {
                scope.mark_unknown(name, format!("{name} is not given"));
            }
        }
        let core = self.run.core;
        let rules = self.run.bank_checks(&self.run.current());
        let of_token = core.on(Artefact::Token).filter(|_| is_token_request(&request));
        let is_answered = self.given.contains_key("response");
        let artefact = if matches!(verb, Verb::Http(_)) { Artefact::Http } else { Artefact::Authorize };
        let all = core.on(artefact).chain(of_token).chain(&rules);
        // what an answer is needed for is not missed where there is none
        let all: Vec<&Check> = all.filter(|c| is_answered || phase(c) == When::Before).collect();
        known.mark(&mut scope, all.iter().copied(), &["key", "assertion"]);
        let on = self.rules.name.clone();
        self.run.run_checks(all, &on, &scope);
    }
}

/// What the client's assertion in it says.
fn assertion(request: &Json) -> Json {
    let text = request.pointer("/form/client_assertion").and_then(Json::as_str);
    let token = text.and_then(|text| Compact::parse(text).ok());
    let said = token.and_then(|t| Some(json!({ "header": t.header(), "claims": t.claims().ok()? })));
    said.unwrap_or_default()
}
