//! The verbs of a step.

use super::Compiler;
use crate::flow::callback::Mode;
use crate::flow::custody::Policy;
use crate::flow::template::{Text, Tree};
use crate::profile::model::{
    Ask, Authorize, Http, Jwt, KeyStep, Listen, Repeat, Save, Signature, Spend, Take, TakeFrom, Verb,
};
use crate::profile::raw::{
    RawAsk, RawAuthorize, RawHttp, RawJwt, RawListen, RawRepeat, RawSave, RawSignature, RawSpend, RawStep,
};
use crate::secret::class_of_name;

impl Compiler<'_> {
    /// The step's verb; a complaint where there is not exactly one.
    pub(super) fn verb(&mut self, step: &RawStep) -> Option<Verb> {
        let mut verbs: Vec<Verb> = Vec::new();
        if let Some(key) = &step.key {
            verbs.push(Verb::Key(KeyStep { role: key.role.value.clone(), make: key.make.unwrap_or(true) }));
        }
        if let Some(jwt) = &step.jwt {
            verbs.push(Verb::Jwt(self.jwt(jwt)));
        }
        if let Some(http) = &step.http {
            verbs.push(Verb::Http(Box::new(self.http(http))));
        }
        if let Some(open) = &step.open {
            verbs.push(Verb::Open(Box::new(self.open(open))));
        }
        if let Some(authorize) = &step.authorize {
            verbs.push(Verb::Authorize(Box::new(self.authorize(authorize))));
        }
        if let Some(listen) = &step.listen {
            verbs.push(Verb::Listen(Box::new(self.listen(listen))));
        }
        if let Some(ask) = &step.ask {
            verbs.push(Verb::Ask(self.ask(ask)));
        }
        if let Some(save) = &step.save {
            verbs.push(Verb::Save(self.save(save)));
        }
        let one = verbs.pop();
        if one.is_none() || !verbs.is_empty() || step.uses.is_some() {
            self.complain(
                step.id.place,
                format!(
                    "step `{}` needs exactly one of key, jwt, http, open, authorize, listen, ask, save, use",
                    step.id.value
                ),
            );
            return None;
        }
        one
    }

    fn jwt(&mut self, raw: &RawJwt) -> Jwt {
        Jwt {
            key: raw.key.value.clone(),
            alg: raw.alg.as_ref().map(|t| self.text(t)),
            header: raw.header.as_ref().map_or(Tree::Map(Vec::new()), |v| self.tree(v)),
            claims: self.tree(&raw.claims),
            given: raw.given.as_ref().map(|t| self.text(t)),
        }
    }

    fn http(&mut self, raw: &RawHttp) -> Http {
        let take = raw.take.iter().map(|(name, t)| {
            let from = match (&t.json, &t.header) {
                (Some(p), None) if p.value.is_empty() || p.value.starts_with('/') => TakeFrom::Json(p.value.clone()),
                (None, Some(h)) => TakeFrom::Header(h.value.to_ascii_lowercase()),
                _ => {
                    self.complain(name.place, "`take` needs one of json (a pointer such as /access_token) and header");
                    TakeFrom::Json(String::new())
                }
            };
            Take {
                class: self.class_of(t.class.as_ref()).max(class_of_name(&name.value)),
                name: name.value.clone(),
                from,
                lives: t.lives.as_ref().map(|v| self.tree(v)),
                optional: t.optional.unwrap_or(false),
            }
        });
        let take = take.collect();
        Http {
            url: self.text(&raw.url),
            method: raw.method.as_ref().map(|t| self.text(t)),
            query: raw.query.as_ref().map(|v| self.tree(v)),
            headers: raw.headers.as_ref().map(|v| self.tree(v)),
            form: raw.form.as_ref().map(|v| self.tree(v)),
            json: raw.json.as_ref().map(|v| self.tree(v)),
            jwt: raw.jwt.as_ref().map(|t| self.text(t)),
            text: raw.text.as_ref().map(|t| self.text(t)),
            content_type: raw.content_type.as_ref().map(|t| self.text(t)),
            accept: raw.accept.as_ref().map(|t| self.text(t)),
            auth: raw.auth.as_ref().map(|t| self.text(t)),
            bearer: raw.bearer.as_ref().map(|t| self.text(t)),
            dpop: raw.dpop.as_ref().map(|t| self.text(t)),
            mtls: raw.mtls.as_ref().map(|t| self.text(t)),
            expect: raw.expect.iter().flatten().map(|v| super::part::json(&v.value)).collect(),
            take,
            asked: raw.asked.as_ref().map(|v| self.tree(v)),
            signature: raw.signature.as_ref().map(|s| self.signature(raw, s)),
            spend: raw.spend.as_ref().map(|s| self.spend(raw, s)),
            repeat: raw.repeat.as_ref().and_then(|r| self.repeat(r)),
        }
    }

    /// A refresh token goes as a member of the form, by its own name (RFC 6749 §6).
    fn spend(&mut self, http: &RawHttp, raw: &RawSpend) -> Spend {
        if http.form.is_none() {
            self.complain(raw.tokens.place, "`spend` needs a form that holds refresh_token");
        }
        let policy = self.text(&raw.policy);
        if policy.as_literal().is_some_and(|word| Policy::parse(word).is_none()) {
            let known = Policy::ALL.map(Policy::word).join(", ");
            self.complain(raw.policy.place, format!("`policy` is one of {known}"));
        }
        Spend { tokens: raw.tokens.value.clone(), policy }
    }

    fn signature(&mut self, http: &RawHttp, raw: &RawSignature) -> Signature {
        if http.form.is_none() && http.json.is_none() && http.jwt.is_none() && http.text.is_none() {
            self.complain(raw.key.place, "`signature` needs a body that it is over: form, json, jwt or text");
        }
        Signature {
            key: self.text(&raw.key),
            alg: raw.alg.as_ref().map(|t| self.text(t)),
            header: raw.header.as_ref().map_or(Tree::Map(Vec::new()), |v| self.tree(v)),
            name: raw.name.as_ref().map_or_else(|| Text::literal("x-jws-signature"), |t| self.text(t)),
        }
    }

    fn repeat(&mut self, raw: &RawRepeat) -> Option<Repeat> {
        Some(Repeat {
            again: self.expr(&raw.again)?,
            every: self.tree(&raw.every),
            slower: raw.slower.as_ref().and_then(|e| self.expr(e)),
            limit: raw.limit.as_ref().map(|v| self.tree(v)),
        })
    }

    fn authorize(&mut self, raw: &RawAuthorize) -> Authorize {
        let response_mode = raw.response_mode.as_ref().map(|t| self.text(t));
        if let (Some(raw), Some(word)) = (&raw.response_mode, response_mode.as_ref().and_then(Text::as_literal))
            && Mode::parse(word).is_none()
        {
            self.complain(raw.place, "`response_mode` is query, fragment or form_post, each also with .jwt, or jwt");
        }
        Authorize {
            url: self.text(&raw.url),
            query: self.tree(&raw.query),
            redirect_uri: self.text(&raw.redirect_uri),
            state: self.text(&raw.state),
            iss: raw.iss.as_ref().map(|t| self.text(t)),
            response_mode,
            lives: raw.lives.as_ref().map(|v| self.tree(v)),
        }
    }

    fn listen(&mut self, raw: &RawListen) -> Listen {
        let answer = raw.answer.unwrap_or(202);
        if !(200..300).contains(&answer) {
            self.complain(raw.url.place, "`answer` is a status from 200 to 299");
        }
        if let Some(open) = &raw.open
            && let Some(word) = open.refetch.as_ref().or(open.pin.as_ref())
        {
            self.complain(word.place, "what came is opened with keys that are at hand: jwks or own");
        }
        Listen {
            url: self.text(&raw.url),
            at: raw.at.as_ref().map(|t| self.text(t)),
            wait: raw.wait.as_ref().map(|v| self.tree(v)),
            bearer: raw.bearer.as_ref().map(|t| self.text(t)),
            open: raw.open.as_ref().map(|o| self.open(o)),
            answer,
        }
    }

    fn ask(&mut self, raw: &RawAsk) -> Ask {
        Ask {
            text: self.text(&raw.text),
            show: raw.show.iter().map(|(n, t)| (n.value.clone(), self.text(t))).collect(),
            ask: raw.ask.iter().map(|(n, i)| self.input(n, i)).collect(),
            wait: raw.wait.unwrap_or(true),
            proposal: raw.proposal.unwrap_or(false),
            deadline: raw.deadline.as_ref().map(|v| self.tree(v)),
        }
    }

    fn save(&mut self, raw: &RawSave) -> Save {
        Save {
            values: raw.values.as_ref().map(|v| self.tree(v)),
            tokens: self.members(&raw.tokens),
            metadata: raw.metadata.as_ref().map(|t| self.text(t)),
            records: raw.records.as_ref().map(|v| self.tree(v)),
            pins: raw.pins.as_ref().map(|v| self.tree(v)),
            drop: raw.drop.iter().flatten().map(|t| self.text(t)).collect(),
        }
    }
}
