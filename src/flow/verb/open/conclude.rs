//! What a judged token leaves: checks, artefacts, outputs, or the reason why it is no good.

use serde_json::{Map, Value as Json, json};

use super::judge::Judgement;
use super::read::names;
use super::trouble::{bank, shown};
use super::{Inner, Opening, Trouble};
use crate::flow::core::Artefact as On;
use crate::flow::effect::Effect;
use crate::flow::personal;
use crate::flow::run::{Held, Outputs, Run};
use crate::flow::template::{EvalError, Scope, Text, from_json};
use crate::flow::view::{Artefact, CheckView, Level, OpenedBy, Outcome};
use crate::jose::{Compact, Verdict};
use crate::profile::model::{Expect, Open, Unverified};
use crate::secret::Class;
use crate::time::Timestamp;

/// Claims whose values are moments.
const DATES: [&str; 4] = ["exp", "iat", "nbf", "auth_time"];

/// What a token says, read.
#[derive(Default)]
pub(super) struct Contents {
    pub header: Json,
    pub claims: Json,
    text: String,
    /// Dates that came as texts, and were read as numbers.
    texts: Vec<&'static str>,
}

impl Contents {
    /// Of a token whose payload cannot be read.
    pub(super) fn of_header(header: Json) -> Self {
        Self { header, ..Self::default() }
    }
}

/// What the step expects of the claims.
pub(super) struct Expected {
    pub iss: Option<String>,
    pub aud: Option<String>,
    pub nonce: Option<String>,
    pub lenient: bool,
}

impl Run {
    pub(super) fn conclude(&mut self, opening: &Opening, judgement: &Judgement, now: Timestamp) -> Vec<Effect> {
        let step = self.current();
        let Some(open) = step.verb.opens() else { return Vec::new() };
        let scope = self.scope_of(&step, now);
        let read = || {
            let lenient = lenient(open, &scope)?;
            if let Inner::Signed(token, _) = &opening.inner {
                typ(open, token, &scope)?;
            }
            let contents = contents(open, opening, lenient)?;
            let given = |t: Option<&Text>| t.map(|t| t.eval_text(&scope)).transpose().map(Option::flatten);
            let expected = Expected {
                iss: given(open.iss.as_ref())?,
                aud: given(open.aud.as_ref())?,
                nonce: given(open.nonce.as_ref())?,
                lenient,
            };
            Ok::<_, Trouble>((contents, expected))
        };
        let (contents, after) = match read() {
            Ok((contents, expected)) => {
                let after = self.after(open, Some(opening), &contents, judgement, &expected, &scope);
                (contents, after)
            }
            Err(trouble) => return self.fail_open(trouble, now),
        };
        self.show(opening, &contents, judgement);
        if step.class == Class::Personal {
            self.state.register_answered(personal::texts(&contents.claims));
        }
        let core = self.core;
        self.run_checks(core.on(On::Opened), &step.path, &after);
        let checks = self.bank_checks(&step);
        self.run_checks(&checks, &step.path, &after);
        if let Some(trouble) = self.unverified(open, judgement) {
            return self.fail_open(trouble, now);
        }
        let outputs = outputs(&contents, &after, judgement);
        if self.is_looking() { self.delivered(outputs, now) } else { self.hold(Held::Outputs(outputs), false, now) }
    }

    /// What the checks see of it.
    pub(super) fn after(
        &self,
        open: &Open,
        opening: Option<&Opening>,
        contents: &Contents,
        judgement: &Judgement,
        expected: &Expected,
        scope: &Scope,
    ) -> Scope {
        let key = judgement.key.as_ref().map_or(Json::Null, |k| {
            json!({ "thumbprint": k.thumbprint(), "kid": k.kid(), "pinned": judgement.pinned, "from": judgement.from.to_string(), "jwk": k.as_value() })
        });
        let mut after = scope.clone();
        after.set_json("header", &contents.header);
        after.set_json("claims", &contents.claims);
        if self.current().class == Class::Personal {
            after.mark_personal(vec!["claims".to_owned()]);
        }
        after.set("verdict", judgement.verdict.word().into());
        after.set_json("key", &key);
        let jwe = opening.and_then(|o| o.jwe.clone());
        after.set_json("jwe", &jwe.map_or(Json::Null, |(header, _)| Json::Object(header)));
        let Expected { iss, aud, nonce, lenient } = expected;
        after.set_json(
            "open",
            &json!({ "iss": iss, "aud": aud, "nonce": nonce, "id_token": open.nonce.is_some(), "lenient": lenient, "texts": contents.texts }),
        );
        after
    }

    /// The token among the run's artefacts: what can be verified, and what it was encrypted in.
    fn show(&mut self, opening: &Opening, contents: &Contents, judgement: &Judgement) {
        let class = self.current().class;
        let step = self.step();
        let id = step.id.clone();
        let verified_by = (judgement.verdict == Verdict::Verified)
            .then(|| OpenedBy { whose: judgement.from.clone(), key: judgement.key.clone() });
        let of = |name: String, kind, header: Json, claims: Json, token: &str, opened_by| Artefact {
            step: id.clone(),
            name,
            kind,
            header,
            claims,
            token: token.to_owned(),
            class,
            opened_by,
        };
        let signed = matches!(opening.inner, Inner::Signed(..));
        let kind = if opening.jwe.is_some() && signed { "nested-jwt" } else { "jws" };
        step.artefacts.clear();
        if signed {
            let (header, claims) = (contents.header.clone(), contents.claims.clone());
            step.artefacts.push(of(id.clone(), kind, header, claims, &contents.text, verified_by));
        }
        if let Some((header, opened_by)) = &opening.jwe {
            let claims = if signed { Json::Null } else { contents.claims.clone() };
            let name = if signed { format!("{id}.encrypted") } else { id.clone() };
            step.artefacts.push(of(
                name,
                "jwe",
                Json::Object(header.clone()),
                claims,
                &opening.text,
                Some(opened_by.clone()),
            ));
        }
    }

    /// What a token is that no key verified. One that was checked and is wrong never passes.
    fn unverified(&mut self, open: &Open, judgement: &Judgement) -> Option<Trouble> {
        let verdict = judgement.verdict;
        let expected = verdict == Verdict::Decoded && open.expect == Expect::Jwe;
        if verdict == Verdict::Verified || expected {
            return None;
        }
        let why = judgement.why.clone().unwrap_or_default();
        let outcome = match open.unverified {
            Unverified::Warn if verdict != Verdict::Wrong => Outcome::Warn,
            Unverified::Info if verdict != Verdict::Wrong => Outcome::NotChecked,
            _ => {
                let text = format!("the token's signature is {}: {why}", verdict.word());
                let hint = "look at the token in the inspector: alg, kid and the keys that were tried";
                return Some(bank("token.not-verified", text, hint));
            }
        };
        let on = self.current().path;
        let level = if outcome == Outcome::Warn { Level::Should } else { Level::Info };
        let say = "a key that is trusted verifies the signature";
        self.step().checks.push(CheckView {
            id: "JOSE-09".to_owned(),
            on,
            level,
            outcome,
            say: say.to_owned(),
            expected: say.to_owned(),
            found: crate::text::clean(&why).into_owned(),
            reference: "RFC 8725 §3.10".to_owned(),
        });
        None
    }
}

pub(super) fn lenient(open: &Open, scope: &Scope) -> Result<bool, Trouble> {
    match open.lenient_dates.as_ref().map(|t| t.eval(scope)).transpose()?.flatten() {
        None | Some(Json::Null) => Ok(false),
        Some(Json::Bool(lenient)) => Ok(lenient),
        Some(_) => Err(EvalError::Wrong("`lenient_dates` is neither true nor false".to_owned()).into()),
    }
}

pub(super) fn contents(open: &Open, opening: &Opening, lenient: bool) -> Result<Contents, Trouble> {
    let mut contents = match &opening.inner {
        Inner::Signed(token, text) => {
            let claims = match token.claims() {
                Ok(claims) => claims,
                // a body need not be an object
                Err(_) if open.payload.is_some() => Json::Null,
                Err(e) => return Err(bank("token.payload", format!("the token's payload: {e}"), e.hint())),
            };
            let header = Json::Object(token.header().clone());
            Contents { header, claims, text: text.clone(), texts: Vec::new() }
        }
        Inner::Content(bytes) => {
            let text = String::from_utf8_lossy(bytes.expose()).into_owned();
            let claims = crate::jose::json::parse_object(bytes.expose()).map_or(Json::Null, Json::Object);
            Contents { header: Json::Null, claims, text, texts: Vec::new() }
        }
    };
    if lenient && let Json::Object(claims) = &mut contents.claims {
        contents.texts = read_dates(claims);
    }
    Ok(contents)
}

/// Whether `typ` is one of those that the step allows (RFC 8725 §3.11).
pub(super) fn typ(open: &Open, token: &Compact, scope: &Scope) -> Result<(), Trouble> {
    let Some(allowed) = names_or_omit(open, scope)? else { return Ok(()) };
    let short = |t: &str| t.to_ascii_lowercase().trim_start_matches("application/").to_owned();
    let hint = "it is a token of another kind, or the bank writes “typ” in another way than the profile knows";
    match token.header().get("typ") {
        None if allowed.iter().any(|t| t == "omit") => Ok(()),
        None => Err(bank("token.typ", "the token has no “typ”", hint)),
        Some(Json::String(found)) if allowed.iter().any(|t| t != "omit" && short(t) == short(found)) => Ok(()),
        Some(Json::String(found)) => {
            Err(bank("token.typ", format!("the token's “typ” is “{}”, which is not expected here", shown(found)), hint))
        }
        Some(_) => Err(bank("token.typ", "the token's “typ” is no string", hint)),
    }
}

fn names_or_omit(open: &Open, scope: &Scope) -> Result<Option<Vec<String>>, Trouble> {
    names(open.typ.as_ref(), "typ", scope)
}

/// Turns dates that are texts of digits into numbers, and names them.
fn read_dates(claims: &mut Map<String, Json>) -> Vec<&'static str> {
    let mut texts = Vec::new();
    for name in DATES {
        let Some(Json::String(text)) = claims.get(name) else { continue };
        let digits = (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if let Some(number) = text.parse::<i64>().ok().filter(|_| digits) {
            claims.insert(name.to_owned(), number.into());
            texts.push(name);
        }
    }
    texts
}

fn outputs(contents: &Contents, after: &Scope, judgement: &Judgement) -> Outputs {
    let mut outputs = Outputs::new();
    outputs.insert("header".into(), from_json(&contents.header));
    outputs.insert("claims".into(), from_json(&contents.claims));
    outputs.insert("verdict".into(), judgement.verdict.word().into());
    outputs.insert("text".into(), contents.text.as_str().into());
    for name in ["jwe", "key"] {
        outputs.insert(name.into(), after.get(name).cloned().unwrap_or_default());
    }
    outputs
}
