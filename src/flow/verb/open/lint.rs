//! A token that somebody brings, held against what this step expects of one: the same reading and judging as in a run, but
//! where a run would end, a line says why and the next rule is looked at.

use serde_json::{Map, Value as Json};

use super::conclude::{Contents, Expected, contents, lenient, typ};
use super::judge::{Judgement, Keys};
use super::read::{is_encrypted, kind, signed};
use super::{Inner, Opening, Trouble};
use crate::flow::core::Artefact as On;
use crate::flow::lint::{Hand, Known, Opened, line, reason};
use crate::flow::run::Run;
use crate::flow::template::{Scope, Text, to_json};
use crate::flow::view::{KeyOf, Outcome};
use crate::jose::jwe::{Jwe, Policy};
use crate::jose::{Compact, PublicJwk, Verdict};
use crate::profile::model::{KeysFrom, Open};
use crate::secret::Class;

/// What a claims set is made of that cannot be seen.
const INSIDE: [&str; 5] = ["header", "claims", "verdict", "key", "open"];

impl Run {
    pub(in crate::flow) fn lint_open(
        &mut self,
        open: &Open,
        text: &str,
        hand: &Hand<'_>,
        mut scope: Scope,
        known: &Known,
        on: &str,
    ) {
        if let Err(trouble) = kind(open, is_encrypted(text)) {
            self.tell_trouble(on, &trouble);
        }
        let after = match self.lint_opening(open, text, hand, &scope, on) {
            Ok((opening, reader)) => {
                // the key that opened it is the reader's, and says nothing of who signed
                let keys = hand.keys.iter().filter(|k| reader.as_ref() != Some(&k.thumbprint())).cloned();
                self.lint_contents(open, &opening, &keys.collect::<Vec<_>>(), &mut scope, on)
            }
            Err(why) => {
                for name in INSIDE {
                    scope.mark_unknown(name, why.clone());
                }
                let jwe = Jwe::parse(text).map_or(Json::Null, |jwe| Json::Object(jwe.header().clone()));
                scope.set_json("jwe", &jwe);
                scope.clone()
            }
        };
        let mut after = after;
        let (core, rules) = (self.core, self.bank_checks(&self.current()));
        known.mark(
            &mut after,
            core.on(On::Opened).chain(&rules),
            &["jwe", "header", "claims", "verdict", "key", "open"],
        );
        self.run_checks(core.on(On::Opened), on, &after);
        self.run_checks(&rules, on, &after);
    }

    /// What is in plain sight, and the thumbprint of the key that opened it; or why nothing is.
    fn lint_opening(
        &mut self,
        open: &Open,
        text: &str,
        hand: &Hand<'_>,
        scope: &Scope,
        on: &str,
    ) -> Result<(Opening, Option<String>), String> {
        let say = "key management and content encryption are ones that the step takes";
        let told = |run: &mut Self, trouble: &Trouble| {
            run.tell_trouble(on, trouble);
            words(trouble)
        };
        if !is_encrypted(text) {
            let token = match (&open.payload, open.payload.as_ref().map(|p| p.eval_text(scope))) {
                (None, _) => signed(text, "the token").map_err(|t| told(self, &t))?,
                (_, Some(Ok(Some(payload)))) => {
                    Compact::detached(text, payload.as_bytes(), &[]).map_err(|e| e.to_string())?
                }
                _ => return Err("what the signature is over is not given".to_owned()),
            };
            let inner = Inner::Signed(Box::new(token), text.to_owned());
            return Ok((Opening { inner, text: text.to_owned(), jwe: None }, None));
        }
        let (role, token) = match self.admit(open, text, scope) {
            Ok((role, token)) => {
                let found = format!("{} with {}", token.alg(), token.enc());
                self.add_line(line(on, "token.algorithm", Outcome::Pass, say, &found, "RFC 8725 §3.1"));
                (role, token)
            }
            Err(trouble) => {
                let why = told(self, &trouble);
                // what else is wrong with it is worth knowing too
                let jwe = Jwe::parse(text).and_then(|jwe| jwe.admit(&Policy::sound().with_compressed()));
                (open.decrypt.clone().unwrap_or_default(), jwe.map_err(|_| why)?)
            }
        };
        let Some(Opened { content, reader }) = (hand.open)(&token) else {
            let why = "it is encrypted, and no key at hand opens it".to_owned();
            let say = "it can be opened with the key of its reader";
            self.add_line(line(on, "token.not-opened", Outcome::NotChecked, say, &why, "RFC 7516 §5.2"));
            return Err(why);
        };
        let header = token.jwe().header();
        self.inside(open, text.to_owned(), role, header, content).map(|o| (o, reader)).map_err(|t| told(self, &t))
    }

    /// The signature, the kind of token, and what the rules see of it.
    fn lint_contents(
        &mut self,
        open: &Open,
        opening: &Opening,
        keys_at_hand: &[PublicJwk],
        scope: &mut Scope,
        on: &str,
    ) -> Scope {
        let judgement = match &opening.inner {
            Inner::Signed(token, _) => self.lint_judge(open, opening, token, keys_at_hand, scope, on),
            Inner::Content(_) => {
                Judgement::without_key(Verdict::Decoded, "it was encrypted, and is not signed".to_owned(), false)
            }
        };
        let lenient = self.or_told(lenient(open, scope), on).unwrap_or_default();
        let contents = match contents(open, opening, lenient) {
            Ok(contents) => contents,
            Err(trouble) => {
                self.tell_trouble(on, &trouble);
                scope.mark_unknown("claims", words(&trouble));
                let header =
                    if let Inner::Signed(token, _) = &opening.inner { token.header().clone() } else { Map::new() };
                Contents::of_header(Json::Object(header))
            }
        };
        let mut expects = |name: &str, text: Option<&Text>| {
            text.and_then(|t| {
                t.eval_text(scope).map_err(|e| scope.mark_unknown(format!("open.{name}"), reason(&e))).ok()
            })
            .flatten()
        };
        let expected = Expected {
            iss: expects("iss", open.iss.as_ref()),
            aud: expects("aud", open.aud.as_ref()),
            nonce: expects("nonce", open.nonce.as_ref()),
            lenient,
        };
        let after = self.after(open, Some(opening), &contents, &judgement, &expected, scope);
        if self.current().class == Class::Personal {
            self.state.register_answered(crate::flow::personal::texts(&contents.claims));
        }
        after
    }

    fn lint_judge(
        &mut self,
        open: &Open,
        opening: &Opening,
        token: &Compact,
        keys_at_hand: &[PublicJwk],
        scope: &mut Scope,
        on: &str,
    ) -> Judgement {
        let say = "alg is one that the step takes";
        if let Some(alg) = self.or_told(self.police(open, token, scope), on) {
            self.add_line(line(on, "token.algorithm", Outcome::Pass, say, alg.name(), "RFC 8725 §3.1"));
        }
        if open.typ.is_some() && self.or_told(typ(open, token, scope), on).is_some() {
            let found = token.header().get("typ").map_or_else(|| "no typ".to_owned(), ToString::to_string);
            self.add_line(line(
                on,
                "token.typ",
                Outcome::Pass,
                "typ is one that the step takes",
                &found,
                "RFC 8725 §3.11",
            ));
        }
        let keys = match &open.keys {
            KeysFrom::Jwks(text) => match text.eval(scope).map(|v| to_json(&v)) {
                // an address is not followed
                Ok(Some(set @ Json::Object(_))) => Keys::of_set(Some(&set), KeyOf::Set),
                _ => Ok(Keys::default()),
            },
            KeysFrom::Own(role) => Ok(Keys::own(role, self.state.keys.get(role))),
            KeysFrom::Pin { name, inside: None } => Ok(self.pinned_keys(name)),
            KeysFrom::Pin { name, inside: Some(pointer) } => Keys::inside(opening, pointer, name).map(|keys| {
                let approved = self.state.pins.get(name);
                if approved.is_none() {
                    scope.mark_unknown("key.pinned", format!("nobody has approved keys as {name} yet"));
                }
                let known = |pin: &crate::profile::model::Pin| {
                    keys.keys.iter().all(|k| pin.thumbprints.contains(&k.thumbprint()))
                };
                Keys { pinned: approved.is_some_and(known), ..keys }
            }),
            KeysFrom::Nowhere => Ok(Keys::default()),
        };
        let keys = self.or_told(keys, on).unwrap_or_default();
        self.lint_with(token, keys, keys_at_hand, scope, on)
    }

    /// The same for a JWT that we sign: with our own key, or one at hand.
    pub(in crate::flow) fn lint_signature(
        &mut self,
        token: &Compact,
        role: Option<&str>,
        keys_at_hand: &[PublicJwk],
        scope: &Scope,
        on: &str,
    ) {
        let keys = role.map_or_else(Keys::default, |role| Keys::own(role, self.state.keys.get(role)));
        self.lint_with(token, keys, keys_at_hand, &mut scope.clone(), on);
    }

    fn lint_with(
        &mut self,
        token: &Compact,
        mut keys: Keys,
        keys_at_hand: &[PublicJwk],
        scope: &mut Scope,
        on: &str,
    ) -> Judgement {
        if keys.keys.is_empty() {
            keys.from = KeyOf::Set;
        }
        for key in keys_at_hand {
            if !keys.keys.contains(key) {
                keys.keys.push(key.clone());
            }
        }
        let judgement = match token.alg() {
            Some(alg) => self.signature(token, alg, &keys, scope),
            None => Judgement::without_key(Verdict::Unsupported, "its algorithm is not known here".to_owned(), false),
        };
        let outcome = match judgement.verdict {
            Verdict::Verified => Outcome::Pass,
            Verdict::Wrong => Outcome::Fail,
            _ => Outcome::NotChecked,
        };
        let why = judgement.why.clone().unwrap_or_else(|| format!("verified with {}", judgement.from));
        if outcome == Outcome::NotChecked {
            scope.mark_unknown("verdict", why.clone());
            scope.mark_unknown("key", why.clone());
        }
        let say = "a key that is trusted verifies the signature";
        self.add_line(line(on, "JOSE-09", outcome, say, &why, "RFC 8725 §3.10"));
        judgement
    }

    fn or_told<T>(&mut self, result: Result<T, Trouble>, on: &str) -> Option<T> {
        result.map_err(|trouble| self.tell_trouble(on, &trouble)).ok()
    }

    fn tell_trouble(&mut self, on: &str, trouble: &Trouble) {
        let told = match trouble {
            Trouble::Value(e) => {
                line(on, "profile.value", Outcome::NotChecked, "what the step expects is known", &reason(e), "")
            }
            Trouble::Step(error) => line(on, &error.id, Outcome::Fail, say_of(&error.id), &error.text, ""),
        };
        self.add_line(told);
    }
}

fn words(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Value(e) => reason(e),
        Trouble::Step(error) => error.text.clone(),
    }
}

/// What would have been right.
fn say_of(id: &str) -> &'static str {
    match id {
        "token.kind" => "it is encrypted, or not, as the step wants it",
        "token.algorithm" => "the algorithms are ones that the step takes",
        "token.typ" => "typ is one that the step takes",
        "token.not-signed" => "what was encrypted is signed",
        "token.not-opened" => "it can be opened with the key of its reader",
        "jwks.refused" | "jwks.unreadable" => "the keys can be read",
        _ => "it can be read",
    }
}
