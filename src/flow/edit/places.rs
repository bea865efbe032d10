//! What of a step can be changed, as it was last built.

use serde_json::Value as Json;
use url::Url;

use super::{Part, Place};
use crate::flow::masked_tree;
use crate::flow::view::StepView;
use crate::redact::Redactor;
use crate::secret::{Class, class_of_name};

/// A place and what stands there.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    pub place: Place,
    pub value: Json,
    pub class: Class,
}

impl Standing {
    /// By its name, and by what the run knows to be secret or personal in it, however deep.
    pub fn class_in(&self, redactor: &Redactor) -> Class {
        let name = self.place.short();
        let masked = masked_tree(&self.value, &name, Class::Public, redactor);
        if masked == self.value { self.class } else { self.class.max(Class::Secret) }
    }
}

/// Headers that follow from the rest of the request: they are made anew for each.
const MADE: [&str; 2] = ["content-length", "host"];

/// Everything that can be changed, tokens first: what the request carries follows from them.
pub fn places(step: &StepView) -> Vec<Standing> {
    let mut out = Vec::new();
    let mut add = |place: Place, value: Json, class: Class| out.push(Standing { place, value, class });
    for token in step.artefacts.iter().filter(|a| a.opened_by.is_none() && a.kind == "jws") {
        for (part, members) in [(Part::Header, &token.header), (Part::Claims, &token.claims)] {
            for (name, value) in members.as_object().into_iter().flatten() {
                add(Place::of_token(&token.name, part, name), value.clone(), class_of_name(name));
            }
        }
        add(Place::Signature(token.name.clone()), Json::from("as it is made"), Class::Public);
    }
    let Some(request) = &step.request else { return out };
    add(Place::Method, Json::from(request.method.as_str()), Class::Public);
    if let Ok(mut url) = Url::parse(&request.url) {
        let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        url.set_query(None);
        add(Place::Url, Json::from(url.as_str()), Class::Public);
        for (name, value) in query {
            let class = class_of_name(&name);
            add(Place::Query(name), Json::from(value), class);
        }
    }
    if step.verb == "authorize" {
        return out;
    }
    if let Some(role) = &request.mtls {
        add(Place::Certificate, Json::from(role.as_str()), Class::Public);
    }
    let is_token = |value: &str| step.artefacts.iter().any(|a| a.token == value);
    for header in request.headers.iter().filter(|h| !MADE.iter().any(|m| h.name.eq_ignore_ascii_case(m))) {
        if !is_token(&header.value) {
            add(Place::Header(header.name.clone()), Json::from(header.value.as_str()), header.class);
        }
    }
    match serde_json::from_slice::<Json>(&request.body) {
        Ok(Json::Object(members)) => {
            for (name, value) in members {
                let class = class_of_name(&name);
                add(Place::member(&name), value, class);
            }
        }
        _ if !request.fields.is_empty() => {
            for field in request.fields.iter().filter(|f| !is_token(&f.value)) {
                add(Place::Form(field.name.clone()), Json::from(field.value.as_str()), field.class);
            }
        }
        _ => {
            if let Some(text) = std::str::from_utf8(&request.body).ok().filter(|t| !t.is_empty() && !is_token(t)) {
                add(Place::Text, Json::from(text), Class::Public);
            }
        }
    }
    out
}
